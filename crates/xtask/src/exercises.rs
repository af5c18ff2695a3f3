//! `cargo xtask check`, `hint` and `solution`: the exercises of a lesson.

mod all;
mod outcome;
mod story;

use std::{io::Write, process::Command};

use anyhow::{Context as _, ensure};
use clap::Args;

use self::{outcome::Outcome, story::Story};
use crate::workspace::{Lesson, Workspace};

/// Which exercises to check.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder under `crates/`, such as `routing`
    #[arg(required_unless_present = "all")]
    lesson: Option<String>,
    /// Only this exercise, such as 1
    number: Option<usize>,
    /// For CI: each stub of each lesson fails, each solution passes
    #[arg(long, conflicts_with = "lesson")]
    all: bool,
}

/// One exercise.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The folder under `crates/`, such as `routing`
    lesson: String,
    /// Its number, such as 1
    number: usize,
}

/// Runs the tests of the learner's files, and says what is still red.
///
/// # Errors
/// Something is red, or cannot be compiled.
pub(crate) fn check(workspace: &Workspace, arguments: &Check, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(folder) = &arguments.lesson else {
        return all::check(workspace, out);
    };
    let lesson = workspace.lesson(folder)?;
    let exercises = match arguments.number {
        Some(number) => vec![exercise(workspace, &lesson, number)?],
        None => exercises(workspace, &lesson)?,
    };
    let filter = arguments.number.map(|number| format!("ex{number}::"));
    let outcome = run_tests(workspace, &lesson, "exercises", filter.as_deref())?;
    if !outcome.warnings.is_empty() {
        writeln!(out, "{}", outcome.warnings)?;
    }
    let mut red = Vec::new();
    for exercise in &exercises {
        if !report(&lesson, exercise, &outcome, out)? {
            red.push(exercise.number.to_string());
        }
    }
    ensure!(red.is_empty(), "still red: {}", red.join(", "));
    Ok(())
}

/// Writes how an exercise stands. `true` when it is done.
fn report(lesson: &Lesson, exercise: &Exercise, outcome: &Outcome, out: &mut impl Write) -> anyhow::Result<bool> {
    let Exercise { number, name, stub, solution } = exercise;
    let folder = &lesson.folder;
    writeln!(out, "\n{}", stub.title)?;
    let tests = outcome.of(*number);
    ensure!(!tests.is_empty(), "tests/exercises/ex{number}.rs holds no test");
    for test in &tests {
        writeln!(out, "  {} {}", if test.passed { "green" } else { "red  " }, test.words())?;
        for line in test.message.lines() {
            writeln!(out, "          {line}")?;
        }
    }
    let is_done = tests.iter().all(|test| test.passed);
    if is_done {
        writeln!(out, "\n  Well done: all of it is green.")?;
        for line in solution.learned.iter().chain(&solution.read_on) {
            writeln!(out, "  {line}")?;
        }
        writeln!(out, "  Compare with ours: cargo xtask solution {folder} {number}")?;
    } else {
        let green = tests.iter().filter(|test| test.passed).count();
        writeln!(out, "\n  {green} of {} are green. Edit crates/{folder}/exercises/{name}", tests.len())?;
        writeln!(out, "  Stuck? cargo xtask hint {folder} {number}")?;
    }
    Ok(is_done)
}

/// Writes the hints of an exercise.
pub(crate) fn hint(workspace: &Workspace, arguments: &One, out: &mut impl Write) -> anyhow::Result<()> {
    let lesson = workspace.lesson(&arguments.lesson)?;
    let exercise = exercise(workspace, &lesson, arguments.number)?;
    writeln!(out, "{}\n", exercise.stub.title)?;
    for (index, hint) in exercise.stub.hints.iter().enumerate() {
        writeln!(out, "{}. {hint}", index + 1)?;
    }
    Ok(())
}

/// Writes the solution of an exercise.
pub(crate) fn solution(workspace: &Workspace, arguments: &One, out: &mut impl Write) -> anyhow::Result<()> {
    let lesson = workspace.lesson(&arguments.lesson)?;
    let exercise = exercise(workspace, &lesson, arguments.number)?;
    let path = format!("crates/{}/solutions/{}", lesson.folder, exercise.name);
    let text = workspace.read(&path).with_context(|| format!("cannot read {path}"))?;
    // The story is known by now.
    let code = text.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    writeln!(out, "// {path}\n")?;
    for line in code {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A stub with its solution.
struct Exercise {
    number: usize,
    /// The file's, in both folders.
    name: String,
    stub: Story,
    solution: Story,
}

fn exercise(workspace: &Workspace, lesson: &Lesson, number: usize) -> anyhow::Result<Exercise> {
    let all = exercises(workspace, lesson)?;
    let missing = format!("there is no exercise {number}; {} has 1 to {}", lesson.folder, all.len());
    all.into_iter().find(|exercise| exercise.number == number).context(missing)
}

/// The exercises of a lesson, in their order.
fn exercises(workspace: &Workspace, lesson: &Lesson) -> anyhow::Result<Vec<Exercise>> {
    let folder = format!("crates/{}/exercises/", lesson.folder);
    let mut found = Vec::new();
    for path in workspace.files() {
        let Some(name) = path.strip_prefix(&folder) else { continue };
        let digits: String = name.chars().skip(2).take_while(char::is_ascii_digit).collect();
        let number = digits.parse().ok().filter(|_| name.starts_with("ex") && name.ends_with(".rs"));
        let number = number.with_context(|| format!("{path} is not called exN_name.rs"))?;
        let text = |path: &str| workspace.read(path).with_context(|| format!("cannot read {path}"));
        let stub = Story::of(&text(&path)?);
        let solution = Story::of(&text(&path.replace("/exercises/", "/solutions/"))?);
        found.push(Exercise { number, name: name.to_owned(), stub, solution });
    }
    ensure!(!found.is_empty(), "{} has no exercises", lesson.folder);
    found.sort_by_key(|exercise| exercise.number);
    Ok(found)
}

/// Runs the tests with a feature of the lesson. What cargo says goes on to the learner; a test that fails is no error.
fn run_tests(workspace: &Workspace, lesson: &Lesson, feature: &str, filter: Option<&str>) -> anyhow::Result<Outcome> {
    let build = ["test", "--quiet", "--package", &lesson.package, "--features", feature, "--test", "exercises"];
    let mut cargo = Command::new("cargo");
    let output =
        cargo.args(build).arg("--no-run").current_dir(&workspace.root).output().context("cannot start cargo")?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "it does not compile:\n\n{said}");
    let mut cargo = Command::new("cargo");
    // One thread writes one test after the other.
    let output = cargo
        .args(build)
        .args(["--", "--test-threads=1", "--format=pretty"])
        .args(filter)
        .env("RUST_BACKTRACE", "0")
        .current_dir(&workspace.root)
        .output()
        .context("cannot start cargo")?;
    let outcome = Outcome::read(&String::from_utf8_lossy(&output.stdout), said);
    ensure!(!outcome.tests.is_empty(), "no test ran:\n\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::tests::{fixture, manifest};

    const STUB: &str = "//! Exercise 1, change it: a.\n//!\n//! Story.\n//!\n//! Hint: first,\n//! of two lines.\n\
        //! Hint: second.\n\nfn f() {}\n";
    const SOLUTION: &str =
        "//! Exercise 1, change it: a.\n//!\n//! Learned: to see.\n//! Read on: there.\n\nfn g() {}\n";

    #[test]
    fn hints_and_solutions_are_shown() {
        let (_folder, workspace) = fixture(&[
            ("crates/routing/Cargo.toml", &manifest("routing", "5.5")),
            ("crates/routing/exercises/ex1_a.rs", STUB),
            ("crates/routing/solutions/ex1_a.rs", SOLUTION),
            ("crates/scaling/Cargo.toml", &manifest("scaling", "5.7")),
        ]);
        let one = |lesson: &str, number| One { lesson: lesson.to_owned(), number };
        let mut out = Vec::new();
        hint(&workspace, &one("routing", 1), &mut out).expect("hints");
        solution(&workspace, &one("routing", 1), &mut out).expect("a solution");
        let text = String::from_utf8(out).expect("text");
        let expected = "Exercise 1, change it: a.\n\n1. first, of two lines.\n2. second.\n\
            // crates/routing/solutions/ex1_a.rs\n\nfn g() {}\n";
        assert_eq!(text, expected);
        for (lesson, number, what) in [
            ("routing", 2, "no exercise 2; routing has 1 to 1"),
            ("scaling", 1, "has no exercises"),
            ("x", 1, "no lesson"),
        ] {
            let error = hint(&workspace, &one(lesson, number), &mut Vec::new()).expect_err(what);
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn red_is_explained_and_green_is_praised() {
        let (_folder, workspace) = fixture(&[
            ("crates/routing/Cargo.toml", &manifest("routing", "5.5")),
            ("crates/routing/exercises/ex1_a.rs", STUB),
            ("crates/routing/solutions/ex1_a.rs", SOLUTION),
        ]);
        let lesson = workspace.lesson("routing").expect("a lesson");
        let exercise = exercise(&workspace, &lesson, 1).expect("an exercise");
        for (outcome, done, lines) in [
            (
                outcome::tests::MIXED,
                false,
                [
                    "  red   the strip has no gap",
                    "          columns of 7",
                    "  1 of 2 are green. Edit crates/routing/ex",
                ],
            ),
            ("test ex1::a_b ... ok\n", true, ["  green a b", "  Learned: to see.", "  Read on: there."]),
        ] {
            let mut out = Vec::new();
            let outcome = Outcome::read(outcome, String::new());
            assert_eq!(report(&lesson, &exercise, &outcome, &mut out).expect("written"), done);
            let text = String::from_utf8(out).expect("text");
            for line in lines {
                assert!(text.contains(line), "{text}");
            }
        }
    }
}
