//! Lines that a person types: with editing, completion of commands, and a history that only its owner can read.

use std::{
    io,
    path::{Path, PathBuf},
};

use mcp_support::{private_file, shutdown};
use rustyline::{
    Config, Context, Helper, completion::Completer, error::ReadlineError, highlight::Highlighter, hint::Hinter,
    history::DefaultHistory, validate::Validator,
};
use tokio::sync::oneshot;

/// Lines that are remembered.
const REMEMBERED: usize = 500;
/// Where the history is, under the user's state folder.
const FOLDER: &str = "mcp-web-search";
const FILE: &str = "history";

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, the end of a file, or a signal to end.
    End,
}

/// Whoever hands lines to the menu.
pub(super) trait Lines {
    /// Asks for a line. `remember` says whether it goes into the history.
    async fn line(&mut self, prompt: &str, remember: bool) -> anyhow::Result<Typed>;
}

type Rustyline = rustyline::Editor<Commands, DefaultHistory>;

/// The terminal.
pub(super) struct Editor {
    /// Away while it waits for a line.
    editor: Option<Rustyline>,
    history: Option<PathBuf>,
    /// Puts the terminal back when a signal ends us in the middle of a line.
    _cooked: Cooked,
}

impl Editor {
    /// With its history in `file`, or else under the user's state folder; without one where there is neither.
    ///
    /// # Errors
    /// There is no terminal, or the file cannot be made private.
    pub(super) fn new(file: Option<&Path>, tools: Vec<String>) -> anyhow::Result<Self> {
        let config =
            Config::builder().max_history_size(REMEMBERED)?.history_ignore_dups(true)?.history_ignore_space(true);
        let cooked = Cooked::new();
        let mut editor = Rustyline::with_config(config.build())?;
        editor.set_helper(Some(Commands { words: tools }));
        let history = history(file)?;
        if let Some(history) = &history
            && let Err(error) = editor.load_history(history)
        {
            tracing::debug!(%error, "no history");
        }
        Ok(Self { editor: Some(editor), history, _cooked: cooked })
    }
}

impl Lines for Editor {
    async fn line(&mut self, prompt: &str, remember: bool) -> anyhow::Result<Typed> {
        let Some(mut editor) = self.editor.take() else { return Ok(Typed::End) };
        let prompt = prompt.to_owned();
        let (sender, receiver) = oneshot::channel();
        // A read of a terminal cannot be given up: its thread ends with the process.
        tokio::task::spawn_blocking(move || {
            let typed = editor.readline(&prompt);
            // Nobody waits any more if a signal was faster.
            let _ = sender.send((editor, typed));
        });
        let (mut editor, typed) = tokio::select! {
            typed = receiver => typed?,
            Ok(()) = shutdown::signal() => return Ok(Typed::End),
        };
        let typed = match typed {
            Ok(line) => {
                if remember && !line.trim().is_empty() {
                    editor.add_history_entry(line.as_str())?;
                    if let Some(history) = &self.history
                        && let Err(error) = editor.save_history(history)
                    {
                        tracing::warn!(%error, "the history is not kept");
                        self.history = None;
                    }
                }
                Typed::Line(line)
            }
            Err(ReadlineError::Interrupted) => Typed::Interrupt,
            Err(ReadlineError::Eof) => Typed::End,
            Err(error) => return Err(error.into()),
        };
        self.editor = Some(editor);
        Ok(typed)
    }
}

/// A file that exists and is private, or none.
fn history(file: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    let state = || {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state"))).or_else(|| set("LOCALAPPDATA"))
    };
    match file {
        Some(file) => {
            let name = file.file_name().and_then(|name| name.to_str());
            let name =
                name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the history needs a file name"))?;
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok(Some(private_file::make(folder, name)?))
        }
        // What nobody has asked for is no reason to stop.
        None => Ok(state().and_then(|state| private_file::make(&state.join(FOLDER), FILE).ok())),
    }
}

/// Completes the first word.
struct Commands {
    words: Vec<String>,
}

/// What the menu knows besides the names of tools.
pub(super) const COMMANDS: [&str; 4] = ["help", "menu", "json", "quit"];

impl Completer for Commands {
    type Candidate = String;

    fn complete(&self, line: &str, place: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = line.get(..place).unwrap_or_default();
        let (start, word) = match typed.rsplit_once(' ') {
            // `help` is followed by the name of a tool.
            Some(("help", word)) => (place - word.len(), word),
            Some(_) => return Ok((place, Vec::new())),
            None => (0, typed),
        };
        let known = self.words.iter().map(String::as_str).chain(COMMANDS.into_iter().filter(|_| start == 0));
        Ok((start, known.filter(|known| known.starts_with(word)).map(|known| format!("{known} ")).collect()))
    }
}

impl Hinter for Commands {
    type Hint = String;
}
impl Highlighter for Commands {}
impl Validator for Commands {}
impl Helper for Commands {}

/// The terminal as it was before anything was edited.
struct Cooked {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Cooked {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }
}

impl Drop for Cooked {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}
