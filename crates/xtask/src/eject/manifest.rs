//! The manifest of the new crate: versions as locked, features, lints and profiles as in the workspace.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anyhow::Context as _;
use toml::{Table, Value};

use crate::{
    features,
    workspace::{Lesson, Workspace},
};

const SUPPORT: &str = "mcp-support";
/// The only feature of support that a crate of its own has too: its tests turn it on.
const TESTING: &str = "testing";
/// Features that belong to the course.
const COURSE: [&str; 2] = ["exercises", "solutions"];

/// What becomes of a feature of support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// Its code is there, always.
    On,
    /// Its code is gone.
    Off,
    /// It is a feature of the new crate.
    Stays,
}

/// What the manifests of the lesson, of support and of the workspace say.
pub(super) struct Plan {
    root: Table,
    lesson: Table,
    support: Table,
    lock: Table,
    package: String,
    /// What becomes of each feature of support.
    pub(super) features: Vec<(String, Feature)>,
}

impl Plan {
    pub(super) fn read(workspace: &Workspace, lesson: &Lesson) -> anyhow::Result<Self> {
        let table = |path: &str| -> anyhow::Result<Table> {
            let text = workspace.read(path).with_context(|| format!("cannot read {path}"))?;
            text.parse().with_context(|| format!("{path} is no TOML"))
        };
        let support = table("crates/support/Cargo.toml")?;
        let manifest = table(&format!("crates/{}/Cargo.toml", lesson.folder))?;
        let used = features::of_support(&manifest, &["dependencies", "dev-dependencies"], &support);
        let names = part(&support, &["features"]).into_iter().flat_map(Table::keys).filter(|name| *name != "default");
        let features = names.map(|name| {
            let fate = match used.contains(name) {
                true if name == TESTING => Feature::Stays,
                true => Feature::On,
                false => Feature::Off,
            };
            (name.clone(), fate)
        });
        let features = features.collect();
        let lock = table("Cargo.lock").unwrap_or_default();
        Ok(Self {
            root: table("Cargo.toml")?,
            lesson: manifest,
            support,
            lock,
            package: lesson.package.clone(),
            features,
        })
    }

    /// The text of the manifest. `source` is all code of the crate: of support's dependencies, those that it names stay.
    pub(super) fn manifest(&self, source: &str) -> String {
        let is_named = |name: &str| source.contains(&format!("{}::", name.replace('-', "_")));
        let mut normal = self.dependencies(&self.lesson, "dependencies");
        for (name, value) in self.dependencies(&self.support, "dependencies") {
            let is_optional = value.get("optional").is_some();
            if !is_optional && is_named(&name) || self.of_feature(Feature::On).contains(&name) {
                normal.entry(name).or_insert_with(|| plain(value));
            }
        }
        let mut optional = BTreeSet::new();
        for name in self.of_feature(Feature::Stays) {
            let value = self.dependencies(&self.support, "dependencies").remove(&name);
            if let Some(value) = value.filter(|_| !normal.contains_key(&name)) {
                normal.insert(name.clone(), value);
                optional.insert(name);
            }
        }
        let mut tests = self.dependencies(&self.lesson, "dev-dependencies");
        for (name, value) in self.dependencies(&self.support, "dev-dependencies") {
            if is_named(&name) {
                tests.insert(name, value);
            }
        }
        // For tests the crate depends on itself, with the feature that they need.
        let has_testing = self.features.iter().any(|(_, fate)| *fate == Feature::Stays);
        if has_testing {
            let own = [("path", Value::from(".")), ("features", Value::from(vec![TESTING]))];
            tests.insert(self.package.clone(), table(own));
        }
        let graph = self.graph(normal.keys().chain(tests.keys()));

        let mut text = self.head();
        let mut features = part(&self.lesson, &["features"]).cloned().unwrap_or_default();
        features.retain(|name, _| !COURSE.contains(&name));
        if has_testing {
            let enabled: Vec<String> = optional.iter().map(|name| format!("dep:{name}")).collect();
            features.insert(TESTING.to_owned(), Value::from(enabled));
        }
        section(&mut text, "features", features.iter());
        section(&mut text, "dependencies", normal.iter());
        section(&mut text, "dev-dependencies", tests.iter());
        for (group, lints) in part(&self.root, &["workspace", "lints"]).into_iter().flatten() {
            section(&mut text, &format!("lints.{group}"), lints.as_table().into_iter().flatten());
        }
        self.targets(&mut text);
        self.profiles(&graph, &mut text);
        text
    }

    fn head(&self) -> String {
        let inherited = part(&self.root, &["workspace", "package"]);
        let mut package = part(&self.lesson, &["package"]).cloned().unwrap_or_default();
        package.remove("metadata");
        for (name, value) in &mut package {
            if value.get("workspace").is_some()
                && let Some(shared) = inherited.and_then(|inherited| inherited.get(name))
            {
                *value = shared.clone();
            }
        }
        let mut text = String::from("# Stands alone, also in a folder of another workspace.\n[workspace]\n");
        section(&mut text, "package", package.iter());
        text
    }

    /// A manifest's dependencies without support, each with its version and all features.
    fn dependencies(&self, manifest: &Table, kind: &str) -> BTreeMap<String, Value> {
        let listed = part(manifest, &[kind]).into_iter().flatten().filter(|(name, _)| *name != SUPPORT);
        listed.map(|(name, value)| (name.clone(), self.dependency(name, value))).collect()
    }

    fn dependency(&self, name: &str, own: &Value) -> Value {
        let shared = part(&self.root, &["workspace", "dependencies"]).and_then(|all| all.get(name));
        let mut merged = match shared {
            Some(Value::Table(shared)) => shared.clone(),
            Some(version) => table([("version", version.clone())]).as_table().cloned().unwrap_or_default(),
            None => Table::new(),
        };
        for (key, value) in own.as_table().into_iter().flatten().filter(|(key, _)| *key != "workspace") {
            match (merged.get_mut(key).and_then(Value::as_array_mut), value.as_array()) {
                (Some(features), Some(more)) => features.extend(more.iter().cloned()),
                _ => drop(merged.insert(key.clone(), value.clone())),
            }
        }
        let package = merged.get("package").and_then(Value::as_str).unwrap_or(name).to_owned();
        if let Some(version) = merged.get_mut("version")
            && let Some(locked) = version.as_str().and_then(|required| self.locked(&package, required))
        {
            *version = Value::from(locked);
        }
        short(Value::Table(merged))
    }

    /// The locked version that fits a requirement, as exact as the requirement and at least to the minor version.
    fn locked(&self, package: &str, required: &str) -> Option<String> {
        let numbers = |version: &str| -> Option<Vec<u64>> {
            version.split(['-', '+']).next()?.split('.').map(|part| part.parse().ok()).collect()
        };
        let wanted = numbers(required)?;
        let significant = if wanted.first() == Some(&0) { 2 } else { 1 };
        let versions = self.lock.get("package").and_then(Value::as_array)?.iter();
        let versions = versions.filter(|entry| entry.get("name").and_then(Value::as_str) == Some(package));
        let versions = versions.filter_map(|entry| numbers(entry.get("version")?.as_str()?));
        let fits = |version: &Vec<u64>| {
            version.iter().take(significant).eq(wanted.iter().take(significant)) && *version >= wanted
        };
        let parts = wanted.len().max(2);
        let best = versions.filter(fits).max()?;
        Some(best.iter().take(parts).map(u64::to_string).collect::<Vec<_>>().join("."))
    }

    /// Dependencies that support's features of this fate turn on.
    fn of_feature(&self, wanted: Feature) -> BTreeSet<String> {
        let features = self.features.iter().filter(|(_, fate)| *fate == wanted);
        let lists = features.filter_map(|(name, _)| part(&self.support, &["features"])?.get(name)?.as_array());
        let names = lists.flatten().filter_map(|item| item.as_str()?.strip_prefix("dep:"));
        names.map(str::to_owned).collect()
    }

    /// Names of all packages that these need.
    fn graph<'a>(&self, roots: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
        let entries: Vec<&Value> = self.lock.get("package").and_then(Value::as_array).into_iter().flatten().collect();
        let mut left: Vec<String> = roots.cloned().collect();
        let mut found = BTreeSet::new();
        while let Some(name) = left.pop() {
            if !found.insert(name.clone()) || name == SUPPORT {
                continue;
            }
            let own = entries.iter().filter(|entry| entry.get("name").and_then(Value::as_str) == Some(&name));
            let needs = own.filter_map(|entry| entry.get("dependencies")?.as_array()).flatten();
            left.extend(needs.filter_map(|need| need.as_str()?.split(' ').next()).map(str::to_owned));
        }
        found
    }

    fn targets(&self, text: &mut String) {
        for kind in ["bin", "example", "test"] {
            let targets = self.lesson.get(kind).and_then(Value::as_array).into_iter().flatten();
            for target in targets.filter_map(Value::as_table) {
                if target.get("name").and_then(Value::as_str) != Some("exercises") {
                    section(text, &format!("[{kind}]"), target.iter());
                }
            }
        }
    }

    fn profiles(&self, graph: &BTreeSet<String>, text: &mut String) {
        for (profile, settings) in part(&self.root, &["profile"]).into_iter().flatten() {
            let settings = settings.as_table().cloned().unwrap_or_default();
            section(text, &format!("profile.{profile}"), settings.iter().filter(|(_, value)| !value.is_table()));
            for (package, value) in part(&settings, &["package"]).into_iter().flatten() {
                if package == "*" || *package == self.package || graph.contains(package) {
                    let package = if package == "*" { "\"*\"" } else { package };
                    let name = format!("profile.{profile}.package.{package}");
                    section(text, &name, value.as_table().into_iter().flatten());
                }
            }
        }
    }
}

/// A table in a table in a table.
fn part<'a>(table: &'a Table, names: &[&str]) -> Option<&'a Table> {
    names.iter().try_fold(table, |table, name| table.get(*name)?.as_table())
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A dependency that is optional no longer.
fn plain(mut value: Value) -> Value {
    if let Some(table) = value.as_table_mut() {
        table.remove("optional");
    }
    short(value)
}

/// A version alone needs no table.
fn short(dependency: Value) -> Value {
    let is_alone = dependency.as_table().is_some_and(|table| table.len() == 1);
    dependency.get("version").filter(|_| is_alone).cloned().unwrap_or(dependency)
}

/// Adds a section with its entries, unless there are none.
fn section<'a>(text: &mut String, name: &str, entries: impl Iterator<Item = (&'a String, &'a Value)>) {
    let entries = in_order(entries);
    if !entries.is_empty() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n[{name}]\n{}", entries.join("\n"));
    }
}

/// Entries as people write them: name and version first, tables on one line.
fn in_order<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>) -> Vec<String> {
    let mut entries: Vec<(&String, &Value)> = entries.collect();
    entries.sort_by_key(|(key, _)| (key.as_str() != "name", key.as_str() != "version"));
    let written = entries.into_iter().map(|(key, value)| match value.as_table() {
        Some(table) => format!("{key} = {{ {} }}", in_order(table.iter()).join(", ")),
        None => format!("{key} = {value}"),
    });
    written.collect()
}
