//! Compaction: what was said becomes shorter, what was decided does not.

use rusqlite::params;

use super::{Decision, Memory, MemoryError, context, decisions, stored};
use crate::{
    compression::compress,
    facts::{Facts, facts, is_decision},
    sentences::sentences,
    tokens::Encoding,
    untrusted::within_marks,
};

/// Turns that a context keeps between two compactions.
const MOST_TURNS: usize = 500;
/// Decisions that are found in one history at most.
const MOST_FOUND: usize = 50;
/// How often a compaction begins again because the context has changed in the meantime.
const ATTEMPTS: usize = 3;
/// Role of what a compaction has left.
const SUMMARY: &str = "summary";
/// Role of what a tool has returned, such as a page. Whoever wrote that decides nothing here.
const TOOL: &str = "tool";

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who has said it, such as `user`.
    pub role: String,
    /// What.
    pub text: String,
}

/// A history, made shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compacted {
    /// Decisions, then what is left of the turns.
    pub text: String,
    /// Tokens of it, exactly.
    pub tokens: usize,
    /// Tokens of the decisions and of all turns as they were.
    pub from_tokens: usize,
    /// All decisions of the context, each of them in the text.
    pub decisions: Vec<Decision>,
    /// How many of them were found in the turns just now, and recorded.
    pub found: usize,
    /// Numbers and names that are no longer there.
    pub dropped: Facts,
    /// Secrets that were taken out of the turns.
    pub secrets: usize,
}

impl Memory {
    /// Adds turns to a context, records the decisions in them, and makes the whole fit into a budget. What is left of the
    /// turns takes their place; decisions stay as they are, each in a line of its own.
    ///
    /// # Errors
    /// The budget does not even hold the decisions; then nothing has changed. Or see [`MemoryError`].
    pub fn compact(
        &self,
        owner: &str,
        id: &str,
        turns: &[Turn],
        budget: usize,
        encoding: Encoding,
    ) -> Result<Compacted, MemoryError> {
        let now = self.clock.now();
        let cleaned: Vec<(Turn, usize)> = turns
            .iter()
            .map(|turn| {
                let (text, secrets) = stored(&turn.text);
                (Turn { role: turn.role.clone(), text }, secrets)
            })
            .collect();
        let secrets = cleaned.iter().map(|(_, secrets)| secrets).sum();
        let turns: Vec<Turn> = cleaned.into_iter().map(|(turn, _)| turn).collect();
        for _ in 0..ATTEMPTS {
            let (known, history) = self.read(|transaction| {
                context(transaction, owner, id, now)?;
                Ok((decisions(transaction, id)?, turns_of(transaction, id)?))
            })?;
            // The work takes long where there is much text, and nobody has to wait for it.
            let (compacted, left) = compacted(&known, &history, &turns, budget, encoding, now)?;
            let is_stored = self.write(|transaction| {
                context(transaction, owner, id, now)?;
                if decisions(transaction, id)? != known || turns_of(transaction, id)? != history {
                    return Ok(false);
                }
                for decision in &compacted.decisions[known.len()..] {
                    transaction.execute(
                        "INSERT INTO decision (context, number, text, reason, recorded) VALUES (?1, ?2, ?3, '', ?4)",
                        params![id, decision.number, decision.text, decision.recorded],
                    )?;
                }
                transaction.execute("DELETE FROM turn WHERE context = ?1", [id])?;
                if !left.is_empty() {
                    transaction.execute(
                        "INSERT INTO turn (context, number, role, text) VALUES (?1, 1, ?2, ?3)",
                        params![id, SUMMARY, left],
                    )?;
                }
                Ok(true)
            })?;
            if is_stored {
                return Ok(Compacted { secrets, ..compacted });
            }
        }
        Err(MemoryError::Busy)
    }

    /// What is left of the turns of a context.
    ///
    /// # Errors
    /// See [`MemoryError`].
    pub fn turns(&self, owner: &str, id: &str) -> Result<Vec<Turn>, MemoryError> {
        let now = self.clock.now();
        self.read(|transaction| {
            context(transaction, owner, id, now)?;
            turns_of(transaction, id)
        })
    }
}

/// What a context with these decisions and turns becomes with more turns, and what is left of the turns.
fn compacted(
    known: &[Decision],
    history: &[Turn],
    turns: &[Turn],
    budget: usize,
    encoding: Encoding,
    now: i64,
) -> Result<(Compacted, String), MemoryError> {
    let mut all = known.to_vec();
    let deciding = turns.iter().filter(|turn| turn.role != TOOL);
    for text in deciding.flat_map(|turn| decided(&turn.text)).take(MOST_FOUND) {
        if all.len() < super::MOST_DECISIONS && all.iter().all(|decision| decision.text != text) {
            let number = all.last().map_or(1, |last| last.number + 1);
            all.push(Decision { number, text, reason: String::new(), supersedes: None, recorded: now });
        }
    }
    if history.len() + turns.len() > MOST_TURNS {
        return Err(MemoryError::Full { what: "turns in this context", most: MOST_TURNS });
    }
    let head = written(&all);
    let needed = encoding.count(&head);
    if needed > budget {
        return Err(MemoryError::Budget { needed, budget });
    }
    let said: String = history.iter().chain(turns).map(said).collect();
    let from_tokens = needed + encoding.count(&said);
    let (text, left) = fitted(&head, &said, budget, encoding);
    let compacted = Compacted {
        tokens: encoding.count(&text),
        from_tokens,
        found: all.len() - known.len(),
        dropped: facts(&unmarked(&said)).without(&facts(&unmarked(&text))),
        decisions: all,
        secrets: 0,
        text,
    };
    Ok((compacted, left))
}

/// The decisions, each in its own line and between marks.
pub(super) fn written(decisions: &[Decision]) -> String {
    let lines = decisions.iter().map(|decision| {
        let superseded = decisions.iter().find(|later| later.supersedes == Some(decision.number));
        let note = superseded.map_or_else(String::new, |later| format!(" superseded-by=\"{}\"", later.number));
        format!("<decision n=\"{}\"{note}>{}</decision>\n", decision.number, within_marks(&decision.text))
    });
    lines.collect()
}

/// A turn, each of its sentences an item of its own that begins with the role: no text can look like another's turn, whatever
/// lines it has and whichever of its sentences are left out later.
fn said(turn: &Turn) -> String {
    if turn.role == SUMMARY {
        return format!("{}\n", turn.text);
    }
    let (mut said, mut rest) = (String::new(), turn.text.as_str());
    loop {
        let spans = sentences(rest);
        for span in &spans {
            let sentence = within_marks(&rest[span.clone()]);
            let line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            said.push_str(&format!("- {}: {line}\n", turn.role));
        }
        // A very long text has more of them than are told at a time.
        match spans.last() {
            Some(last) => rest = &rest[last.end..],
            None => return said,
        }
    }
}

/// What was said, without who has said it: the first word of a sentence is no name because something stands before it.
fn unmarked(said: &str) -> String {
    let lines = said.lines().map(|line| {
        let roles = ["- user: ", "- assistant: ", "- tool: "];
        let plain = roles.iter().find_map(|role| line.strip_prefix(role)).map(|plain| format!("\n{plain}\n"));
        plain.unwrap_or_else(|| format!("{line}\n"))
    });
    lines.collect()
}

fn decided(text: &str) -> Vec<String> {
    let found = sentences(text).into_iter().map(|span| text[span].split_whitespace().collect::<Vec<_>>().join(" "));
    found.filter(|sentence| is_decision(sentence) && sentence.chars().count() <= super::MOST_DECISION).collect()
}

/// The head, and as much of the rest as the budget holds.
fn fitted(head: &str, said: &str, budget: usize, encoding: Encoding) -> (String, String) {
    let mut room = budget.saturating_sub(encoding.count(head));
    loop {
        let left = compress(said.trim_end(), room, encoding).text;
        let text = if left.is_empty() {
            head.to_owned()
        } else {
            format!("{head}<context layer=\"history\">\n{left}\n</context>\n")
        };
        // Where the two meet, tokens may be counted otherwise.
        if encoding.count(&text) <= budget || room == 0 {
            return if encoding.count(&text) <= budget { (text, left) } else { (head.to_owned(), String::new()) };
        }
        room = room.saturating_sub(2);
    }
}

fn turns_of(transaction: &rusqlite::Transaction<'_>, id: &str) -> Result<Vec<Turn>, MemoryError> {
    let mut statement = transaction.prepare("SELECT role, text FROM turn WHERE context = ?1 ORDER BY number")?;
    let rows = statement.query_map([id], |row| Ok(Turn { role: row.get(0)?, text: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
