//! Each shortcut that the code marks is repeated in the production notes of the lesson's page.

use super::{Report, lessons::section, rust::Rust, source::rust_files};
use crate::workspace::Workspace;

const MARKER: &str = "Production:";
const HEADING: &str = "Production notes";

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    for folder in workspace.lesson_folders() {
        let page = workspace.read(&format!("crates/{folder}/README.md")).unwrap_or_default();
        let notes = plain(&section(&page, HEADING).1);
        let src = format!("crates/{folder}/src/");
        for path in rust_files(files).filter(|path| path.starts_with(&src)) {
            let Some(text) = workspace.read(path) else {
                continue;
            };
            for remark in Rust::read(&text).remarks(MARKER) {
                let sentence = first_sentence(&remark.text);
                if sentence.is_empty() || !notes.contains(&plain(sentence)) {
                    let what = format!("the shortcut '{sentence}' is not in the production notes");
                    let mend = format!("repeat these words under '## {HEADING}' in crates/{folder}/README.md");
                    report.error(path, remark.line, what, mend);
                }
            }
        }
    }
}

/// What the page has to repeat; the sentences after it may stay in the code.
fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

/// Lower case, without emphasis, on one line.
fn plain(text: &str) -> String {
    let text = text.replace(['*', '`'], "").to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PAGE, lesson_cases};

    #[test]
    fn shortcuts_are_repeated_on_the_page() {
        let code =
            "//! Server.\n// Production: results live in memory,\n// until the end. Use a database.\nfn f() {}\n";
        let notes = |text: &str| PAGE.replace("## Production notes\n", &format!("## Production notes\n\n{text}\n"));
        let elsewhere = PAGE.replace("## Goal\n", "## Goal\n\nResults live in memory, until the end.\n");
        let finding: &[&str] =
            &["crates/routing/src/server.rs:2: the shortcut 'results live in memory, until the end'"];
        lesson_cases(&[
            (
                &[("src/server.rs", code), ("README.md", &notes("- **Results** live in\n  `memory`, until the end."))],
                &[],
            ),
            (&[("src/server.rs", code)], finding),
            (&[("src/server.rs", code), ("README.md", &elsewhere)], finding),
            (&[("src/server.rs", "const A: &str = \"// Production: x\";\n")], &[]),
        ]);
    }
}
