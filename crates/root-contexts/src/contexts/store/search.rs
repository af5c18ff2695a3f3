//! Full-text search over the messages that a caller may read.

use std::collections::HashMap;

use rusqlite::{Transaction, named_params};
use schemars::JsonSchema;
use serde::Serialize;

use super::contexts::Asking;
use crate::contexts::{error::ContextError, model::Role};

/// Words of a query that count.
pub const MAX_WORDS: usize = 16;
/// Messages that are ranked: the newest that fit.
const RANKED: u32 = 200;
/// What SQLite puts around a found word: no characters, so no text holds them.
const MARKS: (char, char) = ('\u{fdd0}', '\u{fdd1}');
/// How quickly more of the same stops to count, and how much length does: BM25's usual values.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Hit {
    /// Context that it is in.
    pub context_id: String,
    /// What that is called.
    pub context_name: String,
    /// Position of the message.
    pub position: u32,
    /// Who said it.
    pub role: Role,
    /// What stands around the found words, which are between `**`.
    pub snippet: String,
    /// How well it fits, larger is better; comparable within one answer only.
    pub score: f64,
}

/// What a search is for.
#[derive(Debug, Clone)]
pub(in crate::contexts) struct Wanted {
    /// The words, all of which a message has to hold.
    pub(in crate::contexts) words: Vec<String>,
    /// One context only.
    pub(in crate::contexts) context_id: Option<String>,
    /// Archived contexts too.
    pub(in crate::contexts) archived: bool,
    /// Hits that are returned.
    pub(in crate::contexts) most: usize,
}

/// The words of a query. Signs are not words, so no query can be anything but words.
pub fn words(query: &str) -> Vec<String> {
    query
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .map(str::to_owned)
        .collect()
}

/// Searches, and returns the best hits and how many messages fit, of the newest.
pub(in crate::contexts) fn search(
    transaction: &Transaction<'_>,
    asking: &Asking,
    wanted: &Wanted,
) -> Result<(Vec<Hit>, usize), ContextError> {
    // Each word is a quoted string: FTS5 knows no operators in there.
    let expression: Vec<String> = wanted.words.iter().map(|word| format!("\"{word}\"")).collect();
    let mut statement = transaction.prepare_cached(
        "SELECT c.id, c.name, m.position, m.role, snippet(words, 0, '**', '**', '\u{2026}', 24),
                highlight(words, 0, :open, :close)
         FROM words JOIN messages m ON m.id = words.rowid JOIN contexts c ON c.id = m.context_id
         LEFT JOIN access a ON a.context_id = c.id AND a.principal = :principal
         WHERE words MATCH :expression AND (c.owner = :principal OR a.principal IS NOT NULL)
               AND (:archived OR (c.archived_ms IS NULL AND c.used_ms > :idle_since))
               AND (:context IS NULL OR c.id = :context)
         ORDER BY words.rowid DESC LIMIT :ranked",
    )?;
    let rows = statement.query_map(
        named_params! {":open": MARKS.0.to_string(), ":close": MARKS.1.to_string(), ":principal": asking.principal,
        ":expression": expression.join(" "), ":archived": wanted.archived, ":ranked": RANKED,
        ":idle_since": asking.now.saturating_sub(asking.idle_ms), ":context": wanted.context_id},
        |row| {
            let (role, marked): (String, String) = (row.get(3)?, row.get(5)?);
            let hit = Hit {
                context_id: row.get(0)?,
                context_name: row.get(1)?,
                position: row.get(2)?,
                role: Role::of(&role).ok_or(rusqlite::Error::InvalidQuery)?,
                snippet: row.get(4)?,
                score: 0.0,
            };
            Ok((hit, marked))
        },
    )?;
    let found: Vec<(Hit, String)> = rows.collect::<Result<_, _>>()?;
    let count = found.len();
    let mut hits = scored(found);
    hits.truncate(wanted.most);
    Ok((hits, count))
}

/// Ranks by BM25 over the hits alone, in which every word stands and has the same weight. SQLite's own `bm25()` counts
/// the words of everybody's messages, and its scores would tell about contexts that the caller may not see.
fn scored(found: Vec<(Hit, String)>) -> Vec<Hit> {
    let lengths: Vec<f64> = found.iter().map(|(_, marked)| marked.len() as f64).collect();
    let mean = lengths.iter().sum::<f64>() / (lengths.len().max(1) as f64);
    let mut hits: Vec<Hit> = found
        .into_iter()
        .zip(lengths)
        .map(|((mut hit, marked), length)| {
            let mut counts: HashMap<String, f64> = HashMap::new();
            for part in marked.split(MARKS.0).skip(1) {
                let word = part.split(MARKS.1).next().unwrap_or_default();
                *counts.entry(word.to_lowercase()).or_default() += 1.0;
            }
            let room = K1 * (1.0 - B + B * length / mean);
            let score: f64 = counts.values().map(|count| count * (K1 + 1.0) / (count + room)).sum();
            hit.score = (score * 1000.0).round() / 1000.0;
            hit
        })
        .collect();
    // The sort is stable: of equal ones, the newer first.
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_nothing_but_words() {
        assert_eq!(
            words("refund AND \"card\" OR (x*) NEAR/2 content:y -z"),
            ["refund", "AND", "card", "OR", "x", "NEAR", "2", "content", "y", "z"]
        );
        assert_eq!(words("don't caf\u{e9} 3.5"), ["don", "t", "caf\u{e9}", "3", "5"]);
        assert!(words(" \"\" * ^ + - \u{0} ").is_empty());
        assert_eq!(words(&"a ".repeat(100)).len(), MAX_WORDS);
    }
}
