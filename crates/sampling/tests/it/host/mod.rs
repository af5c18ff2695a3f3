//! The host: the real binary, in a terminal and without one.

mod hostile;
mod provider;
mod terminal;
mod unattended;

use std::process::{Command, Output, Stdio};

use mcp_support::client::Revision;
use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};

/// A summary of this leaves its second sentence out.
const TEXT: &str = concat!(
    r#"{"max_words": 20, "text": "Ada Lovelace wrote the first program. Mail her at ada@example.com. "#,
    r#"She worked with Babbage on the engine in London for many years."}"#,
);

/// How long anything may take, in milliseconds. Generous, because test machines are slow.
const PATIENCE: u64 = 30_000;

/// `mcp-sampling host` whose own server asks its client and nobody else.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-sampling"));
    command.arg("host").args(arguments).env("SAMPLING_BACKENDS", "client").env("NO_COLOR", "1").env("TERM", "xterm");
    // Refusals are in rmcp's log, too.
    command.env("RUST_LOG", "off,rmcp=off");
    for name in ["MODEL_BASE_URL", "MODEL_NAME", "MODEL_API_KEY", "EDITOR"] {
        command.env_remove(name);
    }
    command
}

/// The host without a terminal: what it prints, and how it ends.
fn run(command: &mut Command) -> anyhow::Result<Output> {
    Ok(command.stdin(Stdio::null()).output()?)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The host in a terminal.
struct Terminal(PtySession);

impl Terminal {
    fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_command(command(arguments))
    }

    fn start_command(command: Command) -> anyhow::Result<Self> {
        Ok(Self(spawn_command(command, Some(PATIENCE))?))
    }

    /// Calls `summarize` with [`TEXT`] in one revision.
    fn summarize(revision: Revision, arguments: &[&str]) -> anyhow::Result<Self> {
        let revision = revision.to_string();
        let mut all = vec!["--revision", revision.as_str(), "--call", "summarize", "--arguments", TEXT];
        all.extend(arguments);
        Self::start(&all)
    }

    /// Waits for a text, and returns what came before it.
    fn sees(&mut self, text: &str) -> anyhow::Result<String> {
        Ok(self.0.exp_string(text)?)
    }

    fn types(&mut self, line: &str) -> anyhow::Result<()> {
        self.0.send_line(line)?;
        Ok(())
    }

    fn presses_control(&mut self, letter: char) -> anyhow::Result<()> {
        self.0.send_control(letter)?;
        Ok(())
    }

    /// The rest of its output and its exit code.
    fn ends(&mut self) -> anyhow::Result<(String, i32)> {
        let rest = self.0.exp_eof()?;
        match self.0.process().wait()? {
            WaitStatus::Exited(_, code) => Ok((rest, code)),
            other => anyhow::bail!("{other:?} after {rest}"),
        }
    }
}
