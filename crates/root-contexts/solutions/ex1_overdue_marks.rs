//! Exercise 1, change it: marks with an owner and a date.
//!
//! `analyze_project` lists what authors have left to do. A mark without a name is nobody's, and one without a date is
//! for never. Read both: `TODO`, directly followed by `(ada, 2026-12-01): remove the flag`,
//! belongs to ada and is due in December.
//!
//! Where to look: `src/workspace/analyze.rs` finds the marks.
//!
//! Hint: a mark is a whole word: `TODOS` is none. Then there may be one pair of brackets, directly behind it.
//! Hint: in the brackets, a part that is a date (`YYYY-MM-DD`, and in the calendar) is the date; another one is the owner.
//!
//! Learned: what is read from free text is optional part by part; `chrono` knows which dates there are.
//! Read on: src/workspace/analyze.rs, which bounds what it reads; `FIXME` and its like in your own editor.

use chrono::NaiveDate;

/// The words that make a mark.
const WORDS: [&str; 2] = ["TODO", "FIXME"];

/// A mark that an author has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Whose it is.
    pub(crate) owner: Option<String>,
    /// Until when.
    pub(crate) due: Option<NaiveDate>,
    /// What is to be done, without white space around it.
    pub(crate) text: String,
}

/// The first mark of a line: the word `TODO` or `FIXME`, then perhaps `(owner)`, `(date)` or `(owner, date)`, then
/// perhaps a colon.
pub(crate) fn mark(line: &str) -> Option<Mark> {
    let rest = WORDS.iter().filter_map(|word| behind(line, word)).max_by_key(|rest| rest.len())?;
    let (mut owner, mut due, mut text) = (None, None, rest);
    if let Some((inside, behind)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        text = behind;
        for part in inside.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match NaiveDate::parse_from_str(part, "%Y-%m-%d") {
                Ok(date) => due = Some(date),
                Err(_) => owner = Some(part.to_owned()),
            }
        }
    }
    let text = text.trim_start().trim_start_matches(':').trim();
    Some(Mark { owner, due, text: text.to_owned() })
}

/// What stands behind the first `word` that is a word of its own.
fn behind<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.match_indices(word).find_map(|(place, _)| {
        let (before, rest) = (&line[..place], &line[place + word.len()..]);
        let is_word = !before.ends_with(char::is_alphanumeric) && !rest.starts_with(char::is_alphanumeric);
        is_word.then_some(rest)
    })
}
