//! Which tool to call for a question: the one whose description shares most words with it, if its arguments are there.

use mcp_support::llm::{Message, Tool, ToolCall};
use serde_json::Value;

use super::{values::values, words::stems};

/// The call that the question asks for. `None` where no tool fits, or its required arguments are not in the question.
pub(super) fn call(question: &str, tools: &[Tool], id: usize) -> Option<ToolCall> {
    let asked = stems(question);
    let fitting = tools.iter().filter_map(|tool| {
        let arguments = values(question, &tool.parameters);
        let required = tool.parameters["required"].as_array();
        let is_complete = required.into_iter().flatten().filter_map(Value::as_str).all(|it| arguments.contains_key(it));
        let about = stems(&format!("{} {}", tool.name.replace('_', " "), tool.description));
        let shared = asked.iter().filter(|stem| about.contains(stem)).count();
        is_complete.then_some((tool, arguments, shared))
    });
    // The first of several that fit as well.
    let (tool, arguments, shared) = fitting.reduce(|best, next| if next.2 > best.2 { next } else { best })?;
    (shared > 0).then(|| ToolCall { id: format!("call_{id}"), name: tool.name.clone(), arguments: arguments.into() })
}

/// An answer out of what the tools said.
pub(super) fn conclusion(messages: &[Message]) -> String {
    let called = |wanted: &str| {
        let calls = messages.iter().filter_map(|message| match message {
            Message::Assistant { tool_calls, .. } => Some(tool_calls),
            _ => None,
        });
        calls.flatten().find(|call| call.id == wanted).map_or("a tool", |call| call.name.as_str())
    };
    let lines: Vec<String> = messages
        .iter()
        .filter_map(|message| match message {
            Message::ToolResult { call_id, text, is_error: false } => {
                Some(format!("{text} (from {})", called(call_id)))
            }
            Message::ToolResult { call_id, text, .. } => Some(format!("{} failed: {text}", called(call_id))),
            _ => None,
        })
        .collect();
    if lines.is_empty() {
        "None of the tools fits this question, and a model of this size knows nothing itself.".to_owned()
    } else {
        lines.join("\n")
    }
}
