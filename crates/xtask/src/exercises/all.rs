//! `cargo xtask check --all`: the exercises themselves are right.

use std::io::Write;

use anyhow::bail;

use super::{Exercise, Outcome, exercises, run_tests};
use crate::workspace::{Lesson, Workspace};

/// Each stub fails by a wrong result, each solution passes, both compile without a warning.
pub(super) fn check(workspace: &Workspace, out: &mut impl Write) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for lesson in workspace.lessons()?.into_iter().filter(|lesson| lesson.facts.exercises > 0) {
        let exercises = exercises(workspace, &lesson)?;
        let stubs = run_tests(workspace, &lesson, "exercises", None)?;
        let solutions = run_tests(workspace, &lesson, "solutions", None)?;
        wrong.extend(findings(&lesson, &exercises, &stubs, &solutions));
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

/// What is wrong with a lesson's exercises, one line each.
fn findings(lesson: &Lesson, exercises: &[Exercise], stubs: &Outcome, solutions: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = |folder: &str, name: &str| format!("crates/{}/{folder}/{name}", lesson.folder);
    for (folder, outcome) in [("exercises", stubs), ("solutions", solutions)] {
        if !outcome.warnings.is_empty() {
            wrong.push(format!("{}: the compiler warns:\n{}", path(folder, ""), outcome.warnings));
        }
    }
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
    fn what_is_wrong_with_exercises_is_found() {
        let manifest = manifest("routing", "5.5").parse().expect("a manifest");
        let lesson = lesson("routing", &manifest).expect("facts").expect("a lesson");
        let story = || Story::of("//! A\n//! Hint: b\n//! Learned: c\n//! Read on: d\n");
        let exercise = |stub, solution| [Exercise { number: 1, name: "ex1_a.rs".to_owned(), stub, solution }];
        let outcome = |text: &str, warnings: &str| Outcome::read(text, warnings.to_owned());
        let green = "test ex1::a ... ok\n";
        let panic = MIXED.replace("tests/exercises/ex1.rs", "exercises/ex1_a.rs");
        let good = exercise(story(), story());
        let silent = exercise(Story::default(), Story::default());
        for (exercises, stubs, solutions, expected) in [
            (&good, outcome(MIXED, ""), outcome(green, ""), vec![]),
            (&good, outcome(green, ""), outcome(green, ""), vec!["exercises/ex1_a.rs: the stub passes"]),
            (
                &good,
                outcome(&panic, ""),
                outcome(green, ""),
                vec!["exercises/ex1_a.rs: 'the strip has no gap' fails by"],
            ),
            (&good, outcome(MIXED, ""), outcome(MIXED, ""), vec!["solutions/ex1_a.rs: 'the strip has no gap' is red"]),
            (&good, outcome(MIXED, ""), outcome("", ""), vec!["solutions/ex1_a.rs: there is no test"]),
            (&good, outcome(MIXED, "unused"), outcome(green, ""), vec!["exercises/: the compiler warns:\nunused"]),
            (
                &silent,
                outcome(MIXED, ""),
                outcome(green, ""),
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
