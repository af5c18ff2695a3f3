//! The facts of a lesson, in `[package.metadata.lesson]` of its manifest.

use std::collections::HashSet;

use toml::Table;

use super::{Report, line_of};
use crate::{
    course,
    workspace::{Facts, Workspace, lesson},
};

const STATUS: [&str; 3] = ["current", "deprecated", "legacy"];
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
const MEND: &str = "compare with [package.metadata.lesson] in crates/xtask/template/Cargo.toml";

pub(super) fn check(workspace: &Workspace, report: &mut Report) {
    let mut numbers = HashSet::new();
    for folder in workspace.lesson_folders() {
        let path = format!("crates/{folder}/Cargo.toml");
        let text = workspace.read(&path).unwrap_or_default();
        // What is no manifest at all is found with the manifests.
        let Ok(manifest) = text.parse::<Table>() else {
            continue;
        };
        if manifest.is_empty() {
            continue;
        }
        let mut error =
            |needle: &str, what: String, mend: &str| report.error(&path, line_of(&text, needle), what, mend);
        let lesson = match lesson(&folder, &manifest) {
            Ok(Some(lesson)) => lesson,
            Ok(None) => {
                error("[package]", "there is no [package.metadata.lesson]".to_owned(), MEND);
                continue;
            }
            Err(reason) => {
                error("[package.metadata.lesson]", format!("unusable facts: {}", reason.to_string().trim()), MEND);
                continue;
            }
        };
        if lesson.package != format!("mcp-{folder}") {
            let what = format!("the package is called '{}'", lesson.package);
            error("name", what, &format!("write name = \"mcp-{folder}\""));
        }
        for (field, what, mend) in wrong_facts(&lesson.facts, &folder) {
            error(field, what, &mend);
        }
        let number = lesson.facts.number;
        if !numbers.insert(number.clone()) {
            error("number", format!("two lessons have the number {number}"), "change one of them");
        }
    }
}

/// Facts that cannot be: field, what is wrong, what mends it.
fn wrong_facts(facts: &Facts, folder: &str) -> Vec<(&'static str, String, String)> {
    let mut wrong = Vec::new();
    let mut refuse =
        |field, value: &str, mend: String| wrong.push((field, format!("{field} cannot be '{value}'"), mend));
    if facts.position().is_none_or(|position| position == 0) {
        refuse("number", &facts.number, "write 5.1 to 5.17, or more for lessons of your own".to_owned());
    } else if let Some(course) = course::known(folder).filter(|course| course.number != facts.number) {
        refuse("number", &facts.number, format!("write {}, as in the course", course.number));
    }
    if facts.title.trim().is_empty() {
        refuse("title", &facts.title, "give the lesson a title".to_owned());
    }
    if !STATUS.contains(&facts.status.as_str()) {
        refuse("status", &facts.status, format!("write one of {}", STATUS.join(", ")));
    }
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !name.is_empty();
    if facts.transports.is_empty() || !facts.transports.iter().all(is_name) {
        refuse(
            "transports",
            &facts.transports.join(", "),
            "name at least one, such as \"stdio\" or \"http\"".to_owned(),
        );
    }
    let known = |revision: &String| REVISIONS.contains(&revision.as_str());
    if facts.revisions.is_empty() || !facts.revisions.iter().all(known) {
        refuse("revisions", &facts.revisions.join(", "), format!("name at least one of {}", REVISIONS.join(", ")));
    }
    if facts.minutes == 0 {
        refuse("minutes", "0", "estimate how long a reader takes".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MANIFEST, lesson_cases};

    #[test]
    fn facts_are_whole_and_valid() {
        let changed = |from: &str, to: &str| MANIFEST.replace(from, to);
        for (from, to, what) in [
            ("mcp-routing", "routing", "2: the package is called 'routing'"),
            ("minutes = 15\n", "", "7: unusable facts: missing field `minutes`"),
            ("minutes = 15", "minutes = 15\nlevel = 1", "7: unusable facts: unknown field `level`"),
            ("minutes = 15", "minutes = 0", "13: minutes cannot be '0'"),
            ("5.5", "5.x", "8: number cannot be '5.x'"),
            ("5.5", "5.6", "8: number cannot be '5.6'; mend: write 5.5"),
            ("\"Routing\"", "\" \"", "9: title cannot be ' '"),
            ("\"current\"", "\"new\"", "10: status cannot be 'new'"),
            ("\"stdio\", \"http\"", "", "11: transports cannot be ''"),
            ("2025-11-25", "2025-06-18", "12: revisions cannot be"),
        ] {
            let finding = format!("crates/routing/Cargo.toml:{what}");
            lesson_cases(&[(&[("Cargo.toml", &changed(from, to))], &[&finding])]);
        }
    }
}
