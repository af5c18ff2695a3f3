//! `cargo xtask docs`: the table of lessons in the README, written from the lessons' manifests.

use std::{fmt::Write as _, fs, io::Write};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::workspace::{Lesson, Workspace};

/// The file that holds the table.
pub(crate) const README: &str = "README.md";
/// The line before the table.
pub(crate) const BEGIN: &str = "<!-- lessons:begin -->";
/// The line after the table.
pub(crate) const END: &str = "<!-- lessons:end -->";
/// The command that writes the table.
pub(crate) const MEND: &str = "cargo xtask docs";

/// Flags of `docs`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Fail instead of writing when something would change
    #[arg(long)]
    check: bool,
}

/// Writes the table, or only checks it.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    let (old, new) = old_and_new(workspace)?;
    if old == new {
        writeln!(out, "{README} is current")?;
    } else if arguments.check {
        bail!("the table of lessons in {README} is not current; mend: {MEND}");
    } else {
        fs::write(workspace.root.join(README), new)?;
        writeln!(out, "wrote the table of lessons in {README}")?;
    }
    Ok(())
}

/// The README as it is, and as it should be.
pub(crate) fn old_and_new(workspace: &Workspace) -> anyhow::Result<(String, String)> {
    let old = workspace.read(README).with_context(|| format!("{README} is missing"))?;
    let (Some(begin), Some(end)) = (old.find(BEGIN), old.find(END)) else {
        bail!("{README} has no lines {BEGIN} and {END}");
    };
    if end < begin {
        bail!("{END} stands before {BEGIN} in {README}");
    }
    let table = table(&workspace.lessons()?);
    let new = format!("{}\n{table}{}", &old[..begin + BEGIN.len()], &old[end..]);
    Ok((old, new))
}

fn table(lessons: &[Lesson]) -> String {
    let mut text = "| lesson | title | run | status | minutes |\n|---|---|---|---|---|\n".to_owned();
    for Lesson { folder, package, facts } in lessons {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | [{}](crates/{folder}/README.md) | `cargo run -p {package}` | {} | {} |",
            facts.number,
            facts.title.replace('|', "\\|"),
            facts.status,
            facts.minutes
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::tests::{fixture, manifest, write};

    fn docs(workspace: &Workspace, check: bool) -> anyhow::Result<()> {
        run(workspace, &Arguments { check }, &mut Vec::new())
    }

    #[test]
    fn the_table_follows_the_manifests() {
        let (_folder, workspace) = fixture(&[
            (README, &format!("# Title\n\n{BEGIN}\nold\n{END}\n\nmore\n")),
            ("crates/routing/Cargo.toml", &manifest("routing", "5.5")),
        ]);
        let error = docs(&workspace, true).expect_err("not current").to_string();
        assert!(error.ends_with("mend: cargo xtask docs"), "{error}");
        docs(&workspace, false).expect("written");
        docs(&workspace, true).expect("current");
        let readme = workspace.read(README).expect("a README");
        let row = "| 5.5 | [Title of routing](crates/routing/README.md) | `cargo run -p mcp-routing` | current | 15 |";
        assert!(readme.contains(&format!("{row}\n{END}\n\nmore\n")), "{readme}");
        write(&workspace, "crates/routing/Cargo.toml", &manifest("routing", "5.6"));
        assert!(docs(&workspace, true).is_err(), "a changed manifest");
    }

    #[test]
    fn a_readme_that_cannot_be_used_is_not_touched() {
        for readme in ["", BEGIN, END, &format!("{END}\n{BEGIN}\n")] {
            let (_folder, workspace) = fixture(&[(README, readme)]);
            assert!(docs(&workspace, false).is_err(), "{readme:?}");
            assert_eq!(workspace.read(README).as_deref(), Some(readme));
        }
    }
}
