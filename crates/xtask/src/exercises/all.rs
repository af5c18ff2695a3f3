//! `cargo xtask check --all`: the exercises themselves are right.

use std::{collections::BTreeMap, io::Write, path::PathBuf, process::Command};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::{Exercise, Outcome, exercises};
use crate::workspace::{Lesson, Workspace};

/// Each stub fails by a wrong result, each solution passes, both compile without a warning.
pub(super) fn check(workspace: &Workspace, out: &mut impl Write) -> anyhow::Result<()> {
    let lessons: Vec<Lesson> = workspace.lessons()?.into_iter().filter(|lesson| lesson.facts.exercises > 0).collect();
    let (stubs, solutions) =
        (Built::of(workspace, &lessons, "exercises")?, Built::of(workspace, &lessons, "solutions")?);
    let mut wrong: Vec<String> = [&stubs, &solutions].into_iter().filter_map(Built::warned).collect();
    for lesson in &lessons {
        let exercises = exercises(workspace, lesson)?;
        wrong.extend(findings(lesson, &exercises, &stubs.run(lesson)?, &solutions.run(lesson)?));
        writeln!(out, "{}: {} exercises", lesson.folder, exercises.len())?;
    }
    for finding in &wrong {
        writeln!(out, "{finding}")?;
    }
    if !wrong.is_empty() {
        bail!("the exercises are not right (errors: {})", wrong.len());
    }
    writeln!(out, "each stub fails, each solution passes")?;
    Ok(())
}

/// The tests of every lesson's exercises. Lesson by lesson, with the features of each alone, would compile most of the tree
/// for each of them.
struct Built {
    feature: &'static str,
    /// By the folder of the lesson.
    programs: BTreeMap<PathBuf, PathBuf>,
    warnings: String,
    root: PathBuf,
}

impl Built {
    fn of(workspace: &Workspace, lessons: &[Lesson], feature: &'static str) -> anyhow::Result<Self> {
        let features: Vec<String> = lessons.iter().map(|lesson| format!("{}/{feature}", lesson.package)).collect();
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--quiet", "--workspace", "--test", "exercises", "--no-run"]);
        cargo.args(["--message-format=json-render-diagnostics", "--features", &features.join(",")]);
        let output = cargo.current_dir(&workspace.root).output().context("cannot start cargo")?;
        let warnings = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        ensure!(output.status.success(), "it does not compile:\n\n{warnings}");
        let programs = String::from_utf8_lossy(&output.stdout).lines().filter_map(program).collect();
        Ok(Self { feature, programs, warnings, root: workspace.root.canonicalize()? })
    }

    fn warned(&self) -> Option<String> {
        (!self.warnings.is_empty()).then(|| format!("{}: the compiler warns:\n{}", self.feature, self.warnings))
    }

    fn run(&self, lesson: &Lesson) -> anyhow::Result<Outcome> {
        let folder = self.root.join("crates").join(&lesson.folder);
        let program = self.programs.get(&folder).with_context(|| format!("{}: no tests were built", lesson.folder))?;
        let mut tests = Command::new(program);
        // One thread writes one test after the other.
        tests.args(["--test-threads=1", "--format=pretty"]).env("RUST_BACKTRACE", "0").current_dir(&folder);
        let output = tests.output().with_context(|| format!("cannot start {}", program.display()))?;
        let outcome = Outcome::read(&String::from_utf8_lossy(&output.stdout), String::new());
        ensure!(!outcome.tests.is_empty(), "{}: no test ran", lesson.folder);
        Ok(outcome)
    }
}

/// A package's folder and its program, where a message of cargo tells of the tests of exercises.
fn program(message: &str) -> Option<(PathBuf, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let manifest = PathBuf::from(message.get("manifest_path")?.as_str()?);
    let program = message.get("executable")?.as_str()?;
    (message.get("target")?.get("name")? == "exercises").then(|| Some((manifest.parent()?.into(), program.into())))?
}

/// What is wrong with a lesson's exercises, one line each.
fn findings(lesson: &Lesson, exercises: &[Exercise], stubs: &Outcome, solutions: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = |folder: &str, name: &str| format!("crates/{}/{folder}/{name}", lesson.folder);
    for Exercise { number, name, stub, solution } in exercises {
        let tests = stubs.of(*number);
        if tests.iter().all(|test| test.passed) {
            wrong.push(format!("{}: the stub passes its tests", path("exercises", name)));
        }
        for test in tests.iter().filter(|test| !test.passed && !test.panicked_in.contains("/tests/exercises/")) {
            wrong.push(format!("{}: '{}' fails by a panic: {}", path("exercises", name), test.words(), test.message));
        }
        let tests = solutions.of(*number);
        if tests.is_empty() {
            wrong.push(format!("{}: there is no test", path("solutions", name)));
        }
        for test in tests.iter().filter(|test| !test.passed) {
            wrong.push(format!("{}: '{}' is red: {}", path("solutions", name), test.words(), test.message));
        }
        if stub.hints.is_empty() {
            wrong.push(format!("{}: no line begins with '//! Hint:'", path("exercises", name)));
        }
        if solution.learned.is_none() || solution.read_on.is_none() {
            let what = "no line begins with '//! Learned:', or none with '//! Read on:'";
            wrong.push(format!("{}: {what}", path("solutions", name)));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{super::outcome::tests::MIXED, super::story::Story, *};
    use crate::workspace::{lesson, tests::manifest};

    #[test]
    fn programs_are_found_in_what_cargo_says() {
        let artifact = |name: &str, program: &str| {
            format!(
                r#"{{"manifest_path":"/w/crates/routing/Cargo.toml","target":{{"name":"{name}"}},"executable":{program}}}"#
            )
        };
        let found = program(&artifact("exercises", r#""/w/target/exercises-1""#));
        assert_eq!(found, Some(("/w/crates/routing".into(), "/w/target/exercises-1".into())));
        for other in
            [artifact("mcp-routing", r#""/w/target/mcp-routing""#), artifact("exercises", "null"), "x".to_owned()]
        {
            assert_eq!(program(&other), None, "{other}");
        }
    }

    #[test]
    fn what_is_wrong_with_exercises_is_found() {
        let manifest = manifest("routing", "5.5").parse().expect("a manifest");
        let lesson = lesson("routing", &manifest).expect("facts").expect("a lesson");
        let story = || Story::of("//! A\n//! Hint: b\n//! Learned: c\n//! Read on: d\n");
        let exercise = |stub, solution| [Exercise { number: 1, name: "ex1_a.rs".to_owned(), stub, solution }];
        let outcome = |text: &str| Outcome::read(text, String::new());
        let green = "test ex1::a ... ok\n";
        let panic = MIXED.replace("tests/exercises/ex1.rs", "exercises/ex1_a.rs");
        let good = exercise(story(), story());
        let silent = exercise(Story::default(), Story::default());
        for (exercises, stubs, solutions, expected) in [
            (&good, outcome(MIXED), outcome(green), vec![]),
            (&good, outcome(green), outcome(green), vec!["exercises/ex1_a.rs: the stub passes"]),
            (&good, outcome(&panic), outcome(green), vec!["exercises/ex1_a.rs: 'the strip has no gap' fails by"]),
            (&good, outcome(MIXED), outcome(MIXED), vec!["solutions/ex1_a.rs: 'the strip has no gap' is red"]),
            (&good, outcome(MIXED), outcome(""), vec!["solutions/ex1_a.rs: there is no test"]),
            (
                &silent,
                outcome(MIXED),
                outcome(green),
                vec!["exercises/ex1_a.rs: no line begins", "solutions/ex1_a.rs: no line begins"],
            ),
        ] {
            let found = findings(&lesson, exercises, &stubs, &solutions);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.starts_with(&format!("crates/routing/{expected}")), "{found}");
            }
        }
    }
}
