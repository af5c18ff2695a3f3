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

use chrono::NaiveDate;

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
    // Exercise: read the owner and the date.
    let (_, text) = line.split_once("TODO").or_else(|| line.split_once("FIXME"))?;
    Some(Mark { owner: None, due: None, text: text.trim().to_owned() })
}
