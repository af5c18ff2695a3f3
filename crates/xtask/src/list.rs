//! `cargo xtask list`: the lessons that exist.

use std::io::Write;

use crate::workspace::Workspace;

/// Writes one line for each lesson, with a heading.
pub(crate) fn run(workspace: &Workspace, out: &mut impl Write) -> anyhow::Result<()> {
    let mut rows = vec![
        ["lesson", "folder", "package", "title", "status", "transports", "revisions", "minutes"].map(str::to_owned),
    ];
    for lesson in workspace.lessons()? {
        let facts = lesson.facts;
        rows.push([
            facts.number,
            lesson.folder,
            lesson.package,
            facts.title,
            facts.status,
            facts.transports.join(","),
            facts.revisions.join(","),
            facts.minutes.to_string(),
        ]);
    }
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
            format!("{cell:<width$}")
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::tests::{fixture, manifest};

    #[test]
    fn columns_are_aligned() {
        let (_folder, workspace) = fixture(&[("crates/routing/Cargo.toml", &manifest("routing", "5.5"))]);
        let mut out = Vec::new();
        run(&workspace, &mut out).expect("a list");
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].find("package"), lines[1].find("mcp-routing"));
        assert!(lines[1].ends_with("stdio,http  2025-11-25,2026-07-28  15"), "{text}");
    }
}
