//! The members of the workspace are the packages that are there.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{Report, TEMPLATES, line_of};
use crate::workspace::{Workspace, subfolders};

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    let text = workspace.read("Cargo.toml").unwrap_or_default();
    for pattern in patterns(&text) {
        if found(workspace, &pattern).is_empty() {
            let what = format!("the member '{pattern}' is no folder");
            report.error("Cargo.toml", line_of(&text, &pattern), what, "remove it from `members`");
        }
    }
    let members = folders(workspace);
    for member in &members {
        let path = format!("{member}/Cargo.toml");
        if !workspace.has(&path) {
            let mend = format!("write it, or delete the folder {member}");
            report.error(&path, 1, "the manifest is missing", mend);
        }
    }
    for path in files.iter().filter(|path| !path.starts_with(TEMPLATES)) {
        if path.strip_suffix("/Cargo.toml").is_some_and(|folder| !members.contains(folder)) {
            let mend = "add its folder to `members` in Cargo.toml";
            report.error(path, 1, "this package is no member of the workspace", mend);
        }
    }
}

/// The folders of the workspace's members, sorted.
pub(super) fn folders(workspace: &Workspace) -> BTreeSet<String> {
    let text = workspace.read("Cargo.toml").unwrap_or_default();
    patterns(&text).iter().flat_map(|pattern| found(workspace, pattern)).collect()
}

/// `members` of the root's manifest.
fn patterns(manifest: &str) -> Vec<String> {
    let root: Table = manifest.parse().unwrap_or_default();
    let members = root.get("workspace").and_then(|table| table.get("members")).and_then(Value::as_array);
    members.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The folders that a member such as `tests` or `crates/*` stands for.
fn found(workspace: &Workspace, pattern: &str) -> Vec<String> {
    match pattern.strip_suffix("/*") {
        Some(folder) => {
            let names = subfolders(&workspace.root.join(folder));
            names.into_iter().map(|name| format!("{folder}/{name}")).collect()
        }
        None => Some(pattern.to_owned()).filter(|path| workspace.has(path)).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{EMPTY_WORKSPACE, cases};

    #[test]
    fn members_are_found() {
        cases(&[
            (
                &[("Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"tests\"]\n")],
                &["Cargo.toml:2: the member 'tests'"],
            ),
            (&[("tools/Cargo.toml", EMPTY_WORKSPACE[3].1)], &["tools/Cargo.toml:1: this package is no member"]),
            (&[("crates/xtask/src/main.rs", "")], &["crates/xtask/Cargo.toml:1: the manifest is missing"]),
            (&[("crates/xtask/Cargo.toml", EMPTY_WORKSPACE[3].1)], &[]),
        ]);
    }
}
