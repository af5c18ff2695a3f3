//! The pages at the root: the README's generated table, and the length of ARCHITECTURE.md.

use super::Report;
use crate::{docs, workspace::Workspace};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const ARCHITECTURE_LINES: usize = 150;

pub(super) fn check(workspace: &Workspace, report: &mut Report) {
    match docs::old_and_new(workspace) {
        Ok((old, new)) if old != new => {
            let line = super::line_of(&old, docs::BEGIN);
            report.error(docs::README, line, "the table of lessons is not current", docs::MEND);
        }
        Ok(_) => {}
        // Unusable facts of a lesson are found in its manifest.
        Err(_) if workspace.lessons().is_err() => {}
        Err(error) => {
            let mend =
                format!("correct that, with the lines {} and {} in it, then {}", docs::BEGIN, docs::END, docs::MEND);
            report.error(docs::README, 1, format!("no table of lessons: {error:#}"), mend);
        }
    }
    match workspace.read(ARCHITECTURE).map(|text| text.lines().count()) {
        None => report.error(ARCHITECTURE, 1, "the file is missing", "write the map of the code and its invariants"),
        Some(lines) if lines > ARCHITECTURE_LINES => {
            let what = format!("{lines} lines, and at most {ARCHITECTURE_LINES} are read");
            report.error(ARCHITECTURE, ARCHITECTURE_LINES + 1, what, "shorten it");
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::cases;

    #[test]
    fn the_pages_at_the_root() {
        let table = |rows: &str| format!("# S\n<!-- lessons:begin -->\n{rows}<!-- lessons:end -->\n");
        let empty = "| lesson | title | run | status | minutes |\n|---|---|---|---|---|\n";
        cases(&[
            (&[("README.md", &table(empty))], &[]),
            (
                &[("README.md", &table("old\n"))],
                &["README.md:2: the table of lessons is not current; mend: cargo xtask docs"],
            ),
            (&[("README.md", "# S\n")], &["README.md:1: no table of lessons: README.md has no lines"]),
            (&[("ARCHITECTURE.md", &"a\n".repeat(150))], &[]),
            (&[("ARCHITECTURE.md", &"a\n".repeat(151))], &["ARCHITECTURE.md:151: 151 lines"]),
        ]);
    }
}
