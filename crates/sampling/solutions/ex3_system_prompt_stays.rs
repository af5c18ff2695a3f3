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
//!
//! Learned: compare what a change of form does not change; choose a length that chance does not reach.
//! Read on: src/ask_for.rs; OWASP Top 10 for LLM Applications 2025, LLM07: System Prompt Leakage.

use std::collections::HashSet;

/// Words in a row that chance does not repeat.
const RUN: usize = 8;

/// Whether `answer` repeats eight or more words of `system` in a row, or all of them if it has fewer.
pub(crate) fn leaks(system: &str, answer: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (secret, said) = (words(system), words(answer));
    let run = secret.len().min(RUN);
    if run == 0 {
        return false;
    }
    let runs: HashSet<&[String]> = secret.windows(run).collect();
    said.windows(run).any(|window| runs.contains(window))
}
