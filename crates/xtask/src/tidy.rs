//! `cargo xtask tidy`: every invariant that a program can see. Each finding is one line that says where, what is wrong,
//! and what mends it.

mod environment;
mod exercises;
mod facts;
mod lessons;
mod links;
mod manifests;
mod members;
mod notes;
mod pages;
pub(crate) mod rust;
mod source;
mod text;

use std::io::Write;

use anyhow::bail;

use crate::workspace::Workspace;

/// Runs every rule and writes all findings. Warnings do not fail.
///
/// # Errors
/// There are errors among the findings.
pub(crate) fn run(workspace: &Workspace, out: &mut impl Write) -> anyhow::Result<()> {
    let findings = check(workspace);
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let warnings = findings.iter().filter(|finding| finding.is_warning).count();
    match findings.len() - warnings {
        0 => writeln!(out, "tidy passed (warnings: {warnings})")?,
        errors => bail!("tidy failed (errors: {errors}, warnings: {warnings})"),
    }
    Ok(())
}

/// All findings: errors, then warnings, each in the order of their places.
fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut report = Report::default();
    let files = workspace.files();
    members::check(workspace, &files, &mut report);
    manifests::check(workspace, &mut report);
    facts::check(workspace, &mut report);
    lessons::check(workspace, &files, &mut report);
    exercises::check(workspace, &files, &mut report);
    pages::check(workspace, &mut report);
    links::check(workspace, &files, &mut report);
    environment::check(workspace, &files, &mut report);
    source::check(workspace, &files, &mut report);
    notes::check(workspace, &files, &mut report);
    text::check(workspace, &files, &mut report);
    report.0.sort();
    report.0
}

/// Templates of files, which are no files of the workspace yet.
const TEMPLATES: &str = "crates/xtask/template/";

/// Something that a rule does not allow.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    is_warning: bool,
    path: String,
    line: usize,
    what: String,
    mend: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { is_warning, path, line, what, mend } = self;
        write!(f, "{path}:{line}: {}{what}; mend: {mend}", if *is_warning { "warning: " } else { "" })
    }
}

/// Where the rules write their findings.
#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn error(&mut self, path: &str, line: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.add(false, path, line, what.into(), mend.into());
    }

    fn warning(&mut self, path: &str, line: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.add(true, path, line, what.into(), mend.into());
    }

    fn add(&mut self, is_warning: bool, path: &str, line: usize, what: String, mend: String) {
        self.0.push(Finding { is_warning, path: path.to_owned(), line, what, mend });
    }
}

/// The line, from 1, of a place in a text.
fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// The first line, from 1, that begins with `needle`, or else the first that contains it, or else 1.
fn line_of(text: &str, needle: &str) -> usize {
    let begins = text.lines().position(|line| line.starts_with(needle));
    begins.or_else(|| text.lines().position(|line| line.contains(needle))).map_or(1, |line| line + 1)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::workspace::tests::{fixture, write};

    /// The files of a workspace without lessons that is tidy.
    pub(crate) const EMPTY_WORKSPACE: &[(&str, &str)] = &[
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
        (
            "README.md",
            "# Servers\n\n<!-- lessons:begin -->\n| lesson | title | run | status | minutes |\n\
             |---|---|---|---|---|\n<!-- lessons:end -->\n",
        ),
        ("ARCHITECTURE.md", "# Architecture\n"),
        (
            "crates/support/Cargo.toml",
            "[package]\nname = \"mcp-support\"\nversion.workspace = true\nedition.workspace = true\n\
             rust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n",
        ),
        (
            "crates/support/src/cli.rs",
            "#[arg(env = \"MCP_BIND\")]\n#[arg(env = \"MCP_ALLOW_HOSTS\")]\n#[arg(env = \"MCP_ALLOW_ORIGINS\")]\n\
             #[arg(env = \"MCP_DRAIN_SECONDS\")]\n#[arg(env = \"MCP_STATELESS\")]\nconst LOG: &str = \"RUST_LOG\";\n",
        ),
    ];

    /// The findings as lines.
    pub(crate) fn findings(workspace: &Workspace) -> Vec<String> {
        check(workspace).iter().map(ToString::to_string).collect()
    }

    /// Files, and the start of each finding that they cause.
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

    /// A rule's cases in a workspace that is tidy but for these files.
    pub(super) fn cases(cases: &[Case<'_>]) {
        for (files, expected) in cases {
            let (_folder, workspace) = fixture(EMPTY_WORKSPACE);
            for (path, text) in *files {
                write(&workspace, path, text);
            }
            expect(&workspace, expected, &format!("{files:?}"));
        }
    }

    /// A rule's cases in a lesson that is tidy but for these files of its own. An empty text removes the file.
    pub(super) fn lesson_cases(cases: &[Case<'_>]) {
        for (files, expected) in cases {
            let (_folder, workspace) = fixture(EMPTY_WORKSPACE);
            for (path, text) in LESSON.iter().chain(*files) {
                write(&workspace, &format!("crates/routing/{path}"), text);
                if text.is_empty() {
                    std::fs::remove_file(workspace.root.join("crates/routing").join(path)).expect("removed");
                }
            }
            let (_, readme) = crate::docs::old_and_new(&workspace).unwrap_or_default();
            write(&workspace, crate::docs::README, if readme.is_empty() { EMPTY_WORKSPACE[1].1 } else { &readme });
            expect(&workspace, expected, &format!("{files:?}"));
        }
    }

    fn expect(workspace: &Workspace, expected: &[&str], case: &str) {
        let found = findings(workspace);
        assert_eq!(found.len(), expected.len(), "{case}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{case}: {found}");
            assert!(found.split_once("; mend: ").is_some_and(|(_, mend)| !mend.is_empty()), "{case}: {found}");
        }
    }

    /// The manifest of [`LESSON`].
    pub(super) const MANIFEST: &str = "[package]\nname = \"mcp-routing\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        [package.metadata.lesson]\nnumber = \"5.5\"\ntitle = \"Routing\"\nstatus = \"current\"\n\
        transports = [\"stdio\", \"http\"]\nrevisions = [\"2025-11-25\", \"2026-07-28\"]\nminutes = 15\nexercises = 0\n\
        [dependencies]\nmcp-support.workspace = true\n[lints]\nworkspace = true\n";

    /// The README of [`LESSON`].
    pub(super) const PAGE: &str = "# 5.5 Routing\n\n## Goal\n\n## Run\n\n## Try it\n\n## How it works\n\n\
        ## In the course\n\n## Go live\n\n## Exercises\n\n## Production notes\n\n## Spec notes\n\n## Take it with you\n";

    const LESSON: &[(&str, &str)] = &[
        ("Cargo.toml", MANIFEST),
        ("README.md", PAGE),
        ("src/main.rs", "fn main() {}\n"),
        ("src/lib.rs", "//! Lesson.\n"),
        ("src/server.rs", "//! Server.\n"),
        ("src/demo.rs", "//! Tour.\n"),
        ("tests/it/main.rs", "#[test]\nfn works() {}\n"),
        ("requests.http", "GET http://127.0.0.1:8000/healthz\n"),
        (
            ".env.example",
            "#MCP_BIND=127.0.0.1:8000\n#MCP_ALLOW_HOSTS=a\n#MCP_ALLOW_ORIGINS=b\n#MCP_DRAIN_SECONDS=10\n#MCP_STATELESS=false\n",
        ),
        ("mcp.json", "{}\n"),
    ];

    #[test]
    fn what_is_tidy_has_no_findings() {
        cases(&[(&[], &[])]);
        lesson_cases(&[(&[], &[])]);
    }

    #[test]
    fn errors_fail_and_warnings_do_not() {
        let (_folder, workspace) = fixture(EMPTY_WORKSPACE);
        write(&workspace, "crates/support/src/lib.rs", &"//!\n".repeat(301));
        let mut out = Vec::new();
        run(&workspace, &mut out).expect("a warning only");
        let text = String::from_utf8(out).expect("text");
        assert!(text.ends_with("tidy passed (warnings: 1)\n"), "{text}");
        write(&workspace, "crates/support/src/lib.rs", "fn f() { unsafe {} }\n");
        let error = run(&workspace, &mut Vec::new()).expect_err("an error").to_string();
        assert_eq!(error, "tidy failed (errors: 1, warnings: 0)");
    }
}
