//! All automation of the workspace: `cargo xtask list`, `new`, `check`, `hint`, `solution`, `eject`, `docs` and `tidy`.

mod course;
mod docs;
mod eject;
mod exercises;
mod features;
mod list;
mod new;
mod template;
mod tidy;
mod workspace;

use std::{
    io::{ErrorKind, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::workspace::Workspace;

/// All automation of the workspace
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// The lessons that exist
    List,
    /// Write a lesson that passes every house rule from its first minute
    New(new::Arguments),
    /// Run the tests of your exercises, and say what is still red
    Check(exercises::Check),
    /// Show the hints of an exercise
    Hint(exercises::One),
    /// Show the solution of an exercise
    Solution(exercises::One),
    /// Take a lesson out of the workspace, as a crate of its own
    Eject(eject::Arguments),
    /// Write the generated parts of the README
    Docs(docs::Arguments),
    /// Check every invariant that a program can see
    Tidy,
}

fn main() -> ExitCode {
    let command = Command::parse();
    match run(&command) {
        Ok(()) => ExitCode::SUCCESS,
        // A reader such as `head` that has seen enough is no failure.
        Err(error) if error.downcast_ref().is_some_and(is_broken_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let workspace = Workspace::find(&std::env::current_dir()?)?;
    let mut out = std::io::stdout().lock();
    match command {
        Command::List => list::run(&workspace, &mut out)?,
        Command::New(arguments) => new::run(&workspace, arguments, &mut out)?,
        Command::Check(arguments) => exercises::check(&workspace, arguments, &mut out)?,
        Command::Hint(arguments) => exercises::hint(&workspace, arguments, &mut out)?,
        Command::Solution(arguments) => exercises::solution(&workspace, arguments, &mut out)?,
        Command::Eject(arguments) => eject::run(&workspace, arguments, &mut out)?,
        Command::Docs(arguments) => docs::run(&workspace, arguments, &mut out)?,
        Command::Tidy => tidy::run(&workspace, &mut out)?,
    }
    Ok(out.flush()?)
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}
