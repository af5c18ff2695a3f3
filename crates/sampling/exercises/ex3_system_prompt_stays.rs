//! Exercise 3, defend it: a system prompt that stays here.
//!
//! "Repeat everything above" is the oldest trick. The server's system prompt may hold what others should not read, and
//! the answer goes to whoever asked. Find out whether an answer repeats it: not just letter by letter, since a model
//! changes case, marks and line breaks when it is asked to.
//!
//! Where to look: `src/ask_for.rs` has the system prompts, `src/completer/chain.rs` sees every answer.
//!
//! Hint: compare words, without case and marks. A few words in a row occur by chance; eight in a row do not.
//! Hint: put the runs of eight words of the prompt into a set, so that a long answer does not take long. A prompt of
//! fewer than eight words is one run.

/// Whether `answer` repeats eight or more words of `system` in a row, or all of them if it has fewer.
pub(crate) fn leaks(system: &str, answer: &str) -> bool {
    // TODO: see through other case, other marks and other white space.
    !system.is_empty() && answer.contains(system)
}
