//! What a person sees before they decide. Nothing is cut: what is not seen cannot be approved.

use std::fmt::Write as _;

use mcp_support::llm::{Message, Part, ToolCall, ToolChoice};

use super::{
    review::{Draft, Sheet},
    visible::{block, line},
};
use crate::task::Task;

/// A request, as it would go to the model.
pub(super) fn prompt(sheet: &Sheet<'_>) -> String {
    let chat = &sheet.prompt.chat.0;
    let mut shown = format!("\n--- sampling request {} ---\n", sheet.number);
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(shown, "{name:<12}{value}");
    };
    fact("server:", sheet.server);
    fact("purpose:", &format!("{}{}", sheet.purpose, task(&sheet.prompt.task)));
    fact("model:", &format!("{} ({})", line(sheet.model), sheet.reason));
    fact("settings:", &settings(sheet));
    fact("redacted:", sheet.redacted);
    for (index, message) in chat.messages.iter().enumerate() {
        shown.push_str(&format!("{} of {}, {}", index + 1, chat.messages.len(), self::message(message)));
    }
    shown.push_str(&task_text(sheet));
    for tool in &chat.tools {
        shown.push_str(&format!("tool {}:\n{}", line(&tool.name), block(&tool.description)));
        shown.push_str(&block(&tool.parameters.to_string()));
    }
    shown
}

/// A request on one line, where nobody is asked.
pub(super) fn summary(sheet: &Sheet<'_>) -> String {
    let Sheet { number, purpose, model, reason, redacted, .. } = sheet;
    let model = line(model);
    format!("sampling request {number}, {purpose}: to {model} ({reason}); redacted: {redacted}")
}

/// A completion, as the server would get it.
pub(super) fn completion(draft: &Draft) -> String {
    let mut shown = format!("\n--- completion {} ---\n", draft.number);
    let (read, written) = draft.tokens;
    shown.push_str(&format!(
        "{:<12}{}, {read} tokens read and {written} written, ends with {}\n",
        "model:",
        line(&draft.model),
        line(&draft.stop_reason)
    ));
    if !draft.text.is_empty() {
        shown.push_str(&format!("text:\n{}", block(&draft.text)));
    }
    for call in &draft.tool_calls {
        shown.push_str(&format!("the model wants the server to call {}", self::call(call)));
    }
    shown
}

fn settings(sheet: &Sheet<'_>) -> String {
    let chat = &sheet.prompt.chat.0;
    let sampling = &chat.sampling;
    let mut parts = vec![format!("at most {} tokens", sampling.max_tokens.unwrap_or_default())];
    let mut number = |name: &str, value: Option<String>| parts.extend(value.map(|value| format!("{name} {value}")));
    number("temperature", sampling.temperature.map(|value| value.to_string()));
    number("top_p", sampling.top_p.map(|value| value.to_string()));
    number("top_k", sampling.top_k.map(|value| value.to_string()));
    number("frequency penalty", sampling.frequency_penalty.map(|value| value.to_string()));
    number("presence penalty", sampling.presence_penalty.map(|value| value.to_string()));
    number("seed", sampling.seed.map(|value| value.to_string()));
    parts.extend(sampling.stop.iter().map(|stop| format!("stops at '{}'", line(stop))));
    if !chat.tools.is_empty() {
        parts.push(match chat.tool_choice {
            ToolChoice::Auto => "tools as the model likes".to_owned(),
            ToolChoice::Required => "tools must be called".to_owned(),
            ToolChoice::None => "no tools may be called".to_owned(),
        });
    }
    parts.join(", ")
}

/// What the request says that it is for.
fn task(task: &Task) -> String {
    match task {
        Task::Continue => String::new(),
        Task::Summarize { max_words, .. } => format!("; a summary of at most {max_words} words"),
        Task::Classify { .. } => "; one of several labels".to_owned(),
        Task::Extract { .. } => "; values from a text".to_owned(),
        Task::Critique { .. } => "; a critique".to_owned(),
        Task::Answer { .. } => "; an answer to a question".to_owned(),
    }
}

/// What the embedded model is given besides the messages.
fn task_text(sheet: &Sheet<'_>) -> String {
    match &sheet.prompt.task {
        Task::Continue => String::new(),
        task => match serde_json::to_string(task) {
            Ok(json) => format!("the task, in metadata:\n{}", block(&json)),
            Err(error) => format!("the task, in metadata, cannot be shown: {error}\n"),
        },
    }
}

fn message(message: &Message) -> String {
    match message {
        Message::System(text) => format!("system prompt:\n{}", block(text)),
        Message::User(parts) => format!("user:\n{}", parts.iter().map(part).collect::<String>()),
        Message::Assistant { text, tool_calls } => {
            let text = if text.is_empty() { String::new() } else { block(text) };
            let calls: String = tool_calls.iter().map(|call| format!("calls {}", self::call(call))).collect();
            format!("assistant:\n{text}{calls}")
        }
        Message::ToolResult { call_id, text, is_error } => {
            let kind = if *is_error { "error" } else { "result" };
            format!("{kind} of tool call {}:\n{}", line(call_id), block(text))
        }
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => block(text),
        Part::Image { media_type, data } => {
            format!("a picture, {}, {} bytes, not redacted\n", line(media_type), data.len())
        }
        Part::Audio { media_type, data } => {
            format!("a sound, {}, {} bytes, not redacted\n", line(media_type), data.len())
        }
    }
}

fn call(call: &ToolCall) -> String {
    format!("{} ({}) with\n{}", line(&call.name), line(&call.id), block(&call.arguments.to_string()))
}
