//! The terminal: lines that a person types, each with a deadline, and nothing that they typed before they were asked.
//!
//! Results go to stdout and everything else to stderr: this is no stdio server.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    time::Duration,
};

use mcp_support::cli::has_colour;
use tokio::{
    sync::{Mutex, MutexGuard},
    task::JoinHandle,
};

use super::visible::{block, columns, rows};

/// Longest line, in bytes. A person's edit has many.
const MAX_LINE: u64 = 64 * 1024;

/// Stdin, stdout and stderr of this process.
pub(super) struct Console {
    input: Mutex<Input>,
    is_terminal: bool,
    has_colour: bool,
}

#[derive(Default)]
struct Input {
    /// A read that outlived the question that it was for. Reading a terminal cannot be given up.
    pending: Option<JoinHandle<io::Result<Option<String>>>>,
    has_ended: bool,
}

/// What a person typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(String),
    /// There will be nothing more.
    End,
    TimedOut,
}

impl Console {
    /// Of this process.
    pub(super) fn new() -> Self {
        let has_colour = has_colour(&io::stderr());
        Self { input: Mutex::default(), is_terminal: io::stdin().is_terminal(), has_colour }
    }

    /// Writes to stderr.
    ///
    /// # Errors
    /// Nobody can read it.
    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        write(io::stderr().lock(), text)
    }

    /// Writes a line to stderr that nobody has to see.
    pub(super) fn note(&self, text: &str) {
        // Whoever closed stderr does not want to know.
        let _ = self.say(&format!("{text}\n"));
    }

    /// Writes what was asked for to stdout: marked where it stands among the host's own lines, as it is for a file or
    /// another program.
    ///
    /// # Errors
    /// Nobody can read it.
    pub(super) fn result(&self, text: &str) -> io::Result<()> {
        let stdout = io::stdout().lock();
        match stdout.is_terminal() {
            true => write(stdout, &block(text.trim_end_matches('\n'))),
            false => write(stdout, text),
        }
    }

    /// Makes the host's own words stand out, where that is wanted.
    pub(super) fn strong(&self, text: &str) -> String {
        if self.has_colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// One conversation at a time: requests that come at once are shown one after the other.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn { input: self.input.lock().await, console: self }
    }
}

/// The right to ask.
pub(super) struct Turn<'a> {
    input: MutexGuard<'a, Input>,
    console: &'a Console,
}

impl Turn<'_> {
    /// Throws away what was typed before now: an answer that is older than its question is none. Lines of a script,
    /// which have to be there before, stay.
    pub(super) fn forget_typed_ahead(&mut self) {
        if !self.console.is_terminal {
            return;
        }
        #[cfg(unix)]
        let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
        if self.input.pending.as_ref().is_some_and(JoinHandle::is_finished) {
            self.input.pending = None;
        }
    }

    /// Asks, and waits for a line: until `patience` is over, or as long as it takes.
    pub(super) async fn line(&mut self, question: &str, patience: Option<Duration>) -> Line {
        if self.input.has_ended || raw(io::stderr().lock(), &self.console.strong(question)).is_err() {
            return Line::End;
        }
        let reading = self.input.pending.get_or_insert_with(|| tokio::task::spawn_blocking(read_line));
        let read = match patience {
            None => reading.await,
            Some(patience) => match tokio::time::timeout(patience, reading).await {
                Ok(read) => read,
                Err(_) => {
                    self.console.note("");
                    return Line::TimedOut;
                }
            },
        };
        self.input.pending = None;
        match read {
            Ok(Ok(Some(line))) => {
                if !self.console.is_terminal && !question.is_empty() {
                    // A terminal shows the line that ends the question's.
                    self.console.note("");
                }
                Line::Text(line)
            }
            // Its end, an error, a line without end: nobody who could decide.
            _ => {
                self.input.has_ended = true;
                self.console.note("");
                Line::End
            }
        }
    }

    /// Whether stdin is free for another program, such as an editor.
    pub(super) fn is_free(&self) -> bool {
        self.console.is_terminal && self.input.pending.is_none() && !self.input.has_ended
    }
}

/// Writes lines: on a terminal in rows that fit.
fn write(stream: impl io::Write + io::IsTerminal, text: &str) -> io::Result<()> {
    match stream.is_terminal() {
        true => raw(stream, &rows(text, columns())),
        false => raw(stream, text),
    }
}

fn raw(mut stream: impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn read_line() -> io::Result<Option<String>> {
    let mut line = Vec::new();
    io::stdin().lock().take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() as u64 == MAX_LINE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long"));
    }
    let text = String::from_utf8_lossy(&line);
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}
