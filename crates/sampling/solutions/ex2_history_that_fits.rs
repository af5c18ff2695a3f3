//! Exercise 2, extend it: a history that fits.
//!
//! A conversation grows, and a model's window does not. Something has to go: the oldest turns. But a tool use without its
//! result, or a result without its use, is not valid, and a model that gets one answers with an error.
//!
//! Where to look: `src/agent/mod.rs` makes the messages, `sampling_messages` in `src/completer/wire.rs` sends them.
//!
//! Hint: split the messages into turns first. A turn begins at each user message; everything up to the next one belongs
//! to it: the assistant's message, its tool results, and the answer.
//! Hint: walk the turns from the newest to the oldest while they fit. The newest turn always stays, even if it is too large.
//!
//! Learned: what belongs together is dropped together; the newest turn is what the model is asked about.
//! Read on: src/agent/mod.rs; "Tool Use and Result Balance" in the specification's page on sampling.

use mcp_support::llm::Message;

/// The newest whole turns of `messages` that together have at most `most` tokens, counted by `tokens`, after the system
/// messages, which always stay and count too.
pub(crate) fn fitting(messages: &[Message], most: u64, tokens: impl Fn(&Message) -> u64) -> Vec<Message> {
    let (system, rest): (Vec<&Message>, Vec<&Message>) =
        messages.iter().partition(|message| matches!(message, Message::System(_)));
    let mut turns: Vec<Vec<&Message>> = Vec::new();
    for message in rest {
        match turns.last_mut() {
            Some(turn) if !matches!(message, Message::User(_)) => turn.push(message),
            _ => turns.push(vec![message]),
        }
    }
    let mut left = most.saturating_sub(system.iter().map(|message| tokens(message)).sum());
    let mut kept = Vec::new();
    for turn in turns.into_iter().rev() {
        let size = turn.iter().map(|message| tokens(message)).sum();
        // The newest turn is what the model is asked about.
        if size > left && !kept.is_empty() {
            break;
        }
        left = left.saturating_sub(size);
        kept.push(turn);
    }
    let newest_last = kept.into_iter().rev().flatten();
    system.into_iter().chain(newest_last).cloned().collect()
}
