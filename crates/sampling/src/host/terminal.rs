//! A person at a terminal decides: approve, edit or refuse. Silence, the end of input and a broken terminal refuse.

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;

use super::{
    console::{Console, Line, Turn},
    denied::Rejection,
    prompt::Edit,
    review::{Draft, Reviewer, Sheet, Verdict},
    screen,
};

/// Most bytes that a person may write instead.
const MAX_EDIT_BYTES: usize = 256 * 1024;
/// An editor may be open for this many times the patience: writing takes longer than reading.
const EDITOR_PATIENCE: u32 = 10;

/// Asks the person in front of the terminal.
pub(super) struct Terminal {
    pub(super) console: Arc<Console>,
    /// How long each answer may take.
    pub(super) patience: Duration,
    /// What `$EDITOR` says, where it is wanted.
    pub(super) editor: Option<String>,
}

/// How a question ended without an answer.
type Answer<T> = Result<T, Rejection>;

#[async_trait]
impl Reviewer for Terminal {
    async fn prompt(&self, sheet: &Sheet<'_>) -> Verdict<Edit> {
        let mut turn = self.console.turn().await;
        match self.ask_about_prompt(&mut turn, sheet).await {
            Ok(verdict) => verdict,
            Err(rejection) => Verdict::Refused(rejection),
        }
    }

    async fn completion(&self, draft: &Draft) -> Verdict<String> {
        let mut turn = self.console.turn().await;
        match self.ask_about_completion(&mut turn, draft).await {
            Ok(verdict) => verdict,
            Err(rejection) => Verdict::Refused(rejection),
        }
    }
}

impl Terminal {
    async fn ask_about_prompt(&self, turn: &mut Turn<'_>, sheet: &Sheet<'_>) -> Answer<Verdict<Edit>> {
        self.console.say(&screen::prompt(sheet)).map_err(|_| Rejection::NotShown)?;
        turn.forget_typed_ahead();
        match self.choose(turn, "approve, edit or refuse? [a/e/r] ", &["a", "e", "r"]).await? {
            "a" => Ok(Verdict::Approved),
            "e" => {
                let last_user = sheet.prompt.last_user();
                let part = match last_user {
                    None => "s",
                    Some(_) => {
                        let question = "edit the system prompt or the last user message? [s/u] ";
                        self.choose(turn, question, &["s", "u"]).await?
                    }
                };
                if part == "s" {
                    let text = self.edit(turn, sheet.prompt.system().unwrap_or_default()).await?;
                    return Ok(Verdict::Edited(Edit::System(text)));
                }
                let text = self.edit(turn, &last_user.unwrap_or_default()).await?;
                Ok(Verdict::Edited(Edit::LastUser(text)))
            }
            _ => Ok(Verdict::Refused(Rejection::Person)),
        }
    }

    async fn ask_about_completion(&self, turn: &mut Turn<'_>, draft: &Draft) -> Answer<Verdict<String>> {
        self.console.say(&screen::completion(draft)).map_err(|_| Rejection::NotShown)?;
        turn.forget_typed_ahead();
        match self.choose(turn, "send it: approve, edit or refuse? [a/e/r] ", &["a", "e", "r"]).await? {
            "a" => Ok(Verdict::Approved),
            "e" => Ok(Verdict::Edited(self.edit(turn, &draft.text).await?)),
            _ => Ok(Verdict::Refused(Rejection::Person)),
        }
    }

    /// One of `choices`, by its letter or a word that begins with it. Anything else is asked again: a slip of the hand
    /// decides nothing.
    async fn choose<'a>(&self, turn: &mut Turn<'_>, question: &str, choices: &[&'a str]) -> Answer<&'a str> {
        const WORDS: [&str; 5] = ["approve", "edit", "refuse", "system", "user"];
        loop {
            let line = self.line(turn, question).await?.trim().to_lowercase();
            let chosen = choices.iter().find(|choice| {
                line == **choice || WORDS.iter().any(|word| line == *word && word.starts_with(**choice))
            });
            match chosen {
                Some(choice) => return Ok(choice),
                None => self.console.note(&format!("please answer with one of: {}", choices.join(", "))),
            }
        }
    }

    async fn line(&self, turn: &mut Turn<'_>, question: &str) -> Answer<String> {
        match turn.line(question, Some(self.patience)).await {
            Line::Text(text) => Ok(text),
            Line::End => Err(Rejection::EndOfInput),
            Line::TimedOut => Err(Rejection::TimedOut(self.patience.as_secs())),
        }
    }

    /// A new text: from the editor where one is wanted and the terminal is free, or else line by line.
    async fn edit(&self, turn: &mut Turn<'_>, old: &str) -> Answer<String> {
        if let Some(editor) = self.editor.as_ref().filter(|_| turn.is_free()) {
            match self.open(editor, old).await {
                Ok(text) => return Ok(text),
                Err(error) => self.console.note(&format!("the editor failed: {error:#}")),
            }
        }
        self.console.note("the new text, ended by a line with a single '.':");
        let mut lines = Vec::new();
        let mut bytes = 0;
        loop {
            let line = self.line(turn, "").await?;
            if line == "." {
                return Ok(lines.join("\n"));
            }
            bytes += line.len() + 1;
            if bytes > MAX_EDIT_BYTES {
                self.console.note(&format!("the text is longer than {MAX_EDIT_BYTES} bytes: refused"));
                return Err(Rejection::Person);
            }
            lines.push(line);
        }
    }

    /// Writes the text to a file that only its owner can read, and waits for the editor to end.
    async fn open(&self, editor: &str, old: &str) -> anyhow::Result<String> {
        let mut words = editor.split_whitespace();
        let program = words.next().context("EDITOR is empty")?;
        let mut file = tempfile::Builder::new().prefix("mcp-sampling-").suffix(".txt").tempfile()?;
        file.write_all(old.as_bytes())?;
        file.flush()?;
        let mut command = tokio::process::Command::new(program);
        command.args(words).arg(file.path()).kill_on_drop(true);
        let deadline = self.patience.saturating_mul(EDITOR_PATIENCE);
        let status = tokio::time::timeout(deadline, command.status()).await.context("it was open for too long")??;
        ensure!(status.success(), "it ended with {status}");
        let size = std::fs::metadata(file.path())?.len();
        ensure!(size <= MAX_EDIT_BYTES as u64, "the text is longer than {MAX_EDIT_BYTES} bytes");
        let text = tokio::fs::read_to_string(file.path()).await?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }
}
