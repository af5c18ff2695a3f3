//! The files that every lesson has, and the order of its page.

use super::{Report, line_of, rust::Rust};
use crate::workspace::{Lesson, Workspace};

const FILES: [&str; 9] = [
    "README.md",
    "src/main.rs",
    "src/lib.rs",
    "src/server.rs",
    "src/demo.rs",
    "tests/it/main.rs",
    "requests.http",
    ".env.example",
    "mcp.json",
];

const HEADINGS: [&str; 10] = [
    "Goal",
    "Run",
    "Try it",
    "How it works",
    "In the course",
    "Go live",
    "Exercises",
    "Production notes",
    "Spec notes",
    "Take it with you",
];

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    for folder in workspace.lesson_folders() {
        for file in FILES {
            let path = format!("crates/{folder}/{file}");
            // A topic that outgrew its file is a folder.
            let folder_of_topic = path.replace(".rs", "/mod.rs");
            // A lesson with several servers has each in the folder of its scenario.
            let of_scenarios = file == "src/server.rs" && files.iter().any(|file| is_server_of_scenario(file, &folder));
            if !workspace.has(&path) && !workspace.has(&folder_of_topic) && !of_scenarios {
                let mend = format!("write it; crates/xtask/template/{file} is a start");
                report.error(&path, 1, "the file is missing", mend);
            }
        }
        if let Some(text) = workspace.read(&format!("crates/{folder}/mcp.json"))
            && let Err(error) = serde_json::from_str::<serde_json::Value>(&text)
        {
            let what = format!("this is no JSON: {error}");
            report.error(
                &format!("crates/{folder}/mcp.json"),
                error.line(),
                what,
                "correct the line: people paste this file",
            );
        }
        tests(workspace, files, &folder, report);
        if let Some(page) = workspace.read(&format!("crates/{folder}/README.md")) {
            headings(&format!("crates/{folder}/README.md"), &page, report);
        }
    }
    // Facts that cannot be read are found with the manifests.
    for lesson in workspace.lessons().unwrap_or_default() {
        banner(workspace, &lesson, report);
    }
}

/// `crates/entra-id/src/remote/server/mod.rs`, or the same as a file.
fn is_server_of_scenario(file: &str, folder: &str) -> bool {
    let within = file.strip_prefix(&format!("crates/{folder}/src/")).and_then(|path| path.split_once('/'));
    within.is_some_and(|(_, rest)| rest == "server.rs" || rest == "server/mod.rs")
}

/// The second-level headings of a page, with their lines. Code blocks have none.
pub(super) fn sections(page: &str) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if let Some(heading) = line.strip_prefix("## ").filter(|_| !in_code) {
            found.push((index + 1, heading.trim()));
        }
    }
    found
}

fn headings(path: &str, page: &str, report: &mut Report) {
    let sections = sections(page);
    let mut last = 0;
    for heading in HEADINGS {
        match sections.iter().find(|(_, name)| *name == heading) {
            None => {
                let mend = format!("add the section; the order is {}", HEADINGS.join(", "));
                report.error(path, 1, format!("the heading '## {heading}' is missing"), mend);
            }
            Some((line, _)) if *line < last => {
                let mend = format!("move the section; the order is {}", HEADINGS.join(", "));
                report.error(path, *line, format!("'## {heading}' stands too early"), mend);
            }
            Some((line, _)) => last = *line,
        }
    }
}

fn banner(workspace: &Workspace, lesson: &Lesson, report: &mut Report) {
    let path = format!("crates/{}/README.md", lesson.folder);
    let Some(page) = workspace.read(&path) else {
        return;
    };
    let top = page.split("\n## ").next().unwrap_or_default();
    let has_banner = top.lines().any(|line| line.starts_with('>') && line.to_lowercase().contains("deprecated"));
    if lesson.facts.status == "deprecated" && !has_banner {
        let mend = "say so at the top: > **Deprecated in 2026-07-28.** what replaces it";
        report.error(&path, 1, "the lesson is deprecated and its page does not begin with that", mend);
    }
}

fn tests(workspace: &Workspace, files: &[String], folder: &str, report: &mut Report) {
    let tests = format!("crates/{folder}/tests/");
    let mut sources = files.iter().filter(|path| path.starts_with(&tests) && path.ends_with(".rs"));
    let has_test = sources.any(|path| {
        let text = workspace.read(path).unwrap_or_default();
        let rust = Rust::read(&text);
        rust.attributes().iter().any(|(_, attribute)| {
            let name = attribute.split('(').next().unwrap_or_default().trim();
            name == "test" || name.ends_with("::test")
        })
    });
    if !has_test {
        let mend = "test each tool on all four legs, as in crates/xtask/template/tests/it/wire.rs";
        report.error(&format!("{tests}it/main.rs"), 1, "the lesson has no test over the wire", mend);
    }
}

/// The text of a section of a page, without its heading, and the line of the heading.
pub(super) fn section(page: &str, heading: &str) -> (usize, String) {
    let sections = sections(page);
    let Some(index) = sections.iter().position(|(_, name)| *name == heading) else {
        return (line_of(page, heading), String::new());
    };
    let start = sections[index].0;
    let end = sections.get(index + 1).map_or(usize::MAX, |(line, _)| line - 1);
    let lines = page.lines().enumerate().filter(|(index, _)| (start..end).contains(index));
    (start, lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MANIFEST, PAGE, lesson_cases};

    #[test]
    fn every_lesson_has_its_files() {
        for file in super::FILES.iter().filter(|file| !["README.md", "tests/it/main.rs"].contains(file)) {
            let expected = format!("crates/routing/{file}:1: the file is missing");
            lesson_cases(&[(&[(file, "")], &[&expected])]);
        }
        lesson_cases(&[
            (&[("mcp.json", "{\n  a")], &["crates/routing/mcp.json:2: this is no JSON"]),
            (
                &[("tests/it/main.rs", "")],
                &[
                    "crates/routing/tests/it/main.rs:1: the file is missing",
                    "crates/routing/tests/it/main.rs:1: the lesson has no test",
                ],
            ),
        ]);
    }

    #[test]
    fn a_page_has_its_headings_in_order() {
        let swapped = PAGE.replace("Goal", "X").replace("Run", "Goal").replace("X", "Run");
        let in_code = PAGE.replace("## Run\n", "```sh\n## Run\n```\n");
        lesson_cases(&[
            (
                &[("README.md", &PAGE.replace("## Go live\n", ""))],
                &["crates/routing/README.md:1: the heading '## Go live'"],
            ),
            (&[("README.md", &swapped)], &["crates/routing/README.md:3: '## Run' stands too early"]),
            (&[("README.md", &in_code)], &["crates/routing/README.md:1: the heading '## Run' is missing"]),
            (&[("README.md", &PAGE.replace("## Go live", "## More\n\n## Go live"))], &[]),
        ]);
    }

    #[test]
    fn a_deprecated_lesson_says_so() {
        let manifest = MANIFEST.replace("\"current\"", "\"deprecated\"");
        let banner = PAGE.replace("\n\n## Goal", "\n\n> **Deprecated in 2026-07-28.**\n\n## Goal");
        lesson_cases(&[
            (&[("Cargo.toml", &manifest)], &["crates/routing/README.md:1: the lesson is deprecated"]),
            (&[("Cargo.toml", &manifest), ("README.md", &banner)], &[]),
        ]);
    }

    #[test]
    fn every_lesson_has_tests() {
        let no_test = "crates/routing/tests/it/main.rs:1: the lesson has no test";
        let test = "#[tokio::test(flavor = \"current_thread\")]\nasync fn f() {}";
        lesson_cases(&[
            (&[("tests/it/main.rs", "fn f() {} // #[test]")], &[no_test]),
            (&[("tests/it/main.rs", test)], &[]),
        ]);
    }
}
