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

use mcp_support::llm::Message;

/// The newest whole turns of `messages` that together have at most `most` tokens, counted by `tokens`, after the system
/// messages, which always stay and count too.
pub(crate) fn fitting(messages: &[Message], most: u64, tokens: impl Fn(&Message) -> u64) -> Vec<Message> {
    // TODO: drop the oldest turns, each as a whole.
    let _ = (most, &tokens);
    messages.to_vec()
}
