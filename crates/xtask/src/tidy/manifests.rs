//! What a member's manifest may say: which crate depends on which, and where versions stand.

use toml::{Table, Value};

use super::{Report, line_of, members};
use crate::workspace::Workspace;

/// Fields that every crate takes from the workspace.
const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(workspace: &Workspace, report: &mut Report) {
    let lessons = names_of_lessons(workspace);
    for member in members::folders(workspace) {
        let path = format!("{member}/Cargo.toml");
        // A missing manifest is found with the members.
        let Some(text) = workspace.read(&path) else {
            continue;
        };
        let manifest: Table = match text.parse() {
            Ok(manifest) => manifest,
            Err(error) => {
                let line = error.span().map_or(1, |span| super::line_at(&text, span.start));
                report.error(&path, line, format!("this is no TOML: {}", error.message()), "correct the line");
                continue;
            }
        };
        let mut this = Manifest { path: &path, text: &text, manifest: &manifest, report };
        this.package();
        this.dependencies(&lessons);
    }
    features(workspace, report);
}

/// `cargo test --workspace` tests the features that somebody in the workspace asks for: so the tests ask for all of them.
fn features(workspace: &Workspace, report: &mut Report) {
    let path = "tests/Cargo.toml";
    let Some(text) = workspace.read(path) else { return };
    let read = |text: &str| text.parse::<Table>().unwrap_or_default();
    let tests = read(&text);
    let asked = tests.get("dependencies").and_then(|table| table.get("mcp-support")?.get("features")?.as_array());
    let support = read(&workspace.read("crates/support/Cargo.toml").unwrap_or_default());
    for feature in support.get("features").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
        let is_asked = asked.is_some_and(|asked| asked.iter().any(|name| name.as_str() == Some(feature)));
        if feature != "default" && !is_asked {
            let what = format!("the feature `{feature}` of mcp-support is not tested");
            report.error(path, line_of(&text, "mcp-support"), what, "name it here");
        }
    }
}

/// Every name by which a manifest can depend on a lesson: its package's, and what the workspace's table calls it.
fn names_of_lessons(workspace: &Workspace) -> Vec<String> {
    let packages = workspace.lesson_folders().into_iter().map(|folder| format!("mcp-{folder}"));
    let mut names: Vec<String> = packages.collect();
    let root: Table = workspace.read("Cargo.toml").unwrap_or_default().parse().unwrap_or_default();
    let shared = root.get("workspace").and_then(|table| table.get("dependencies")).and_then(Value::as_table);
    for (alias, value) in shared.into_iter().flatten() {
        if value.get("package").and_then(Value::as_str).is_some_and(|package| names.iter().any(|name| name == package))
        {
            names.push(alias.clone());
        }
    }
    names
}

/// One member's manifest, while it is checked.
struct Manifest<'a> {
    path: &'a str,
    text: &'a str,
    manifest: &'a Table,
    report: &'a mut Report,
}

impl Manifest<'_> {
    fn error(&mut self, needle: &str, what: impl Into<String>, mend: impl Into<String>) {
        self.report.error(self.path, line_of(self.text, needle), what, mend);
    }

    /// An error on the line of a dependency, whose name may be part of others.
    fn dependency_error(&mut self, name: &str, what: String, mend: impl Into<String>) {
        let is_its_line =
            |line: &str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '=']));
        let line = self.text.lines().position(is_its_line).map_or(1, |index| index + 1);
        self.report.error(self.path, line, what, mend);
    }

    fn package(&mut self) {
        let package = self.manifest.get("package");
        for field in INHERITED {
            if !package.and_then(|package| package.get(field)).is_some_and(is_inherited) {
                self.error(
                    field,
                    format!("`{field}` is not the workspace's"),
                    format!("write {field}.workspace = true"),
                );
            }
        }
        if !self.manifest.get("lints").is_some_and(is_inherited) {
            self.error("[lints]", "the workspace's lints do not hold here", "write [lints] workspace = true");
        }
    }

    fn dependencies(&mut self, lessons: &[String]) {
        let targets = self.manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let tables: Vec<&Table> = targets.filter_map(Value::as_table).chain([self.manifest]).collect();
        let is_of_crates = self.path.starts_with("crates/");
        let dependencies =
            tables.iter().flat_map(|table| DEPENDENCIES.iter().filter_map(|kind| table.get(*kind)?.as_table()));
        for (name, value) in dependencies.flatten() {
            if !is_inherited(value) {
                let what = format!("the version of `{name}` stands here");
                self.dependency_error(
                    name,
                    what,
                    format!("move it to [workspace.dependencies] and write {name}.workspace = true"),
                );
            }
            if is_of_crates && lessons.contains(name) {
                let mend = "move what is shared to crates/support, or copy it";
                self.dependency_error(
                    name,
                    format!("`{name}` is a lesson, and nothing under crates/ depends on a lesson"),
                    mend,
                );
            }
        }
    }
}

fn is_inherited(value: &Value) -> bool {
    let literal = ["version", "path", "git"].iter().any(|field| value.get(field).is_some());
    value.get("workspace").and_then(Value::as_bool) == Some(true) && !literal
}

#[cfg(test)]
mod tests {
    use super::super::tests::{EMPTY_WORKSPACE, MANIFEST, cases, lesson_cases};

    #[test]
    fn versions_licence_and_lints_are_the_workspaces() {
        let support = EMPTY_WORKSPACE[3].1;
        let manifest = |from: &str, to: &str| support.replace(from, to);
        let path = "crates/support/Cargo.toml";
        cases(&[
            (&[(path, &manifest("license.workspace", "license-file"))], &["crates/support/Cargo.toml:6: `license`"]),
            (
                &[(path, &manifest("\nversion.workspace = true", "\nversion = \"1.0.0\""))],
                &["crates/support/Cargo.toml:3: `version` is not"],
            ),
            (
                &[(path, &manifest("[lints]\nworkspace = true\n", ""))],
                &["crates/support/Cargo.toml:1: the workspace's lints"],
            ),
            (
                &[(path, &format!("{support}[dependencies]\nserde = \"1\"\n"))],
                &["crates/support/Cargo.toml:10: the version"],
            ),
            (
                &[(path, &format!("{support}[target.'cfg(unix)'.dependencies]\nnix = {{ path = \"../nix\" }}\n"))],
                &["crates/support/Cargo.toml:10: the version"],
            ),
            (&[(path, &format!("{support}[dependencies]\nserde.workspace = true\n"))], &[]),
            (&[(path, "[package\n")], &["crates/support/Cargo.toml:1: this is no TOML"]),
        ]);
    }

    #[test]
    fn every_feature_of_support_is_tested() {
        let support = format!("{}[features]\ndefault = []\nauth = []\nweb = []\n", EMPTY_WORKSPACE[3].1);
        let tests = |features: &str| {
            let table =
                format!("[dependencies]\nmcp-support = {{ workspace = true, features = [{features}] }}\n[lints]");
            EMPTY_WORKSPACE[3].1.replace("[lints]", &table)
        };
        let (some, all) = (tests("\"auth\""), tests("\"auth\", \"web\""));
        let root = ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"tests\"]\n");
        let support = ("crates/support/Cargo.toml", support.as_str());
        cases(&[
            (&[root, support, ("tests/Cargo.toml", &some)], &["tests/Cargo.toml:8: the feature `web` of mcp-support"]),
            (&[root, support, ("tests/Cargo.toml", &all)], &[]),
        ]);
    }

    #[test]
    fn nothing_depends_on_a_lesson() {
        let own = MANIFEST.replace("[lints]", "mcp-routing.workspace = true\n[lints]");
        let renamed = MANIFEST.replace("[lints]", "other.workspace = true\n[lints]");
        let root = "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\n\
                    other = { path = \"crates/routing\", package = \"mcp-routing\" }\n";
        lesson_cases(&[
            (&[("Cargo.toml", &own)], &["crates/routing/Cargo.toml:17: `mcp-routing` is a lesson"]),
            (&[("Cargo.toml", &renamed)], &[]),
            (
                &[("Cargo.toml", &renamed), ("../../Cargo.toml", root)],
                &["crates/routing/Cargo.toml:17: `other` is a lesson"],
            ),
        ]);
    }
}
