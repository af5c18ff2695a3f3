//! A history that fits, and stays balanced.

use mcp_support::llm::{Message, ToolCall};
use serde_json::json;

use crate::ex2_history_that_fits::fitting;

fn conversation() -> Vec<Message> {
    let call = |id: &str| ToolCall { id: id.to_owned(), name: "calculator".to_owned(), arguments: json!({}) };
    let result = |id: &str| Message::ToolResult { call_id: id.to_owned(), text: "42".to_owned(), is_error: false };
    vec![
        Message::System("brief".to_owned()),
        Message::user("one"),
        Message::assistant("first"),
        Message::user("two"),
        Message::Assistant { text: String::new(), tool_calls: vec![call("a"), call("b")] },
        result("a"),
        result("b"),
        Message::assistant("second"),
        Message::user("three"),
    ]
}

/// Places of the kept messages in the conversation; each message is one token.
fn kept(most: u64) -> Vec<usize> {
    let all = conversation();
    let kept = fitting(&all, most, |_| 1);
    kept.iter().filter_map(|message| all.iter().position(|it| it == message)).collect()
}

#[test]
fn everything_stays_where_there_is_room() {
    assert_eq!(kept(9), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(kept(1000), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn turns_go_as_a_whole_the_oldest_first() {
    assert_eq!(kept(8), [0, 3, 4, 5, 6, 7, 8]);
    assert_eq!(kept(7), [0, 3, 4, 5, 6, 7, 8]);
    for most in 2..=6 {
        assert_eq!(kept(most), [0, 8], "{most}: no part of a turn with tools");
    }
}

#[test]
fn the_newest_turn_and_the_system_message_always_stay() {
    assert_eq!(kept(0), [0, 8]);
    assert!(fitting(&[], 5, |_| 1).is_empty());
    let large = [Message::user("x"), Message::assistant("y")];
    assert_eq!(fitting(&large, 1, |_| 100), large);
}

#[test]
fn a_gap_is_never_left() {
    // The middle turn is too large: what is older does not come back, although it would fit.
    let all = [Message::user("old"), Message::user("large"), Message::user("new")];
    let size = |message: &Message| if *message == Message::user("large") { 100 } else { 1 };
    assert_eq!(fitting(&all, 10, size), [Message::user("new")]);
}
