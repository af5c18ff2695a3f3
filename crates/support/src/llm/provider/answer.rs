//! An answer that comes in one piece.

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use super::endpoint::Endpoint;
use crate::{
    fetch::service::read_at_most,
    llm::{ChatReply, ModelError, Sampling, StopReason, ToolCall, Usage},
};

/// Most bytes of an answer.
pub(super) const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Most tool calls of an answer.
pub(super) const TOOL_CALLS: usize = 128;

pub(super) async fn read(
    endpoint: &Endpoint,
    mut response: Response,
    applied: Sampling,
) -> Result<ChatReply, ModelError> {
    let body = read_at_most(&mut response, ANSWER_BYTES).await.map_err(|error| endpoint.broken(&error))?;
    let body = body.ok_or_else(|| endpoint.unreadable(&format!("it is longer than {ANSWER_BYTES} bytes")))?;
    let answer: Answer =
        serde_json::from_slice(&body).map_err(|error| endpoint.unreadable(&unreadable_json(&error)))?;
    let choice = answer.choices.into_iter().next().ok_or_else(|| endpoint.unreadable("it holds no choice"))?;
    let Said { content, refusal, tool_calls } = choice.message;
    let calls = tool_calls.unwrap_or_default();
    if calls.len() > TOOL_CALLS {
        return Err(endpoint.unreadable(&format!("it holds more than {TOOL_CALLS} tool calls")));
    }
    let calls = calls.into_iter().enumerate();
    let tool_calls: Vec<ToolCall> =
        calls.map(|(index, call)| tool_call(index, call.id, call.function.name, &call.function.arguments)).collect();
    Ok(ChatReply {
        // A refusal is what the model says instead of an answer.
        text: content.or(refusal).unwrap_or_default(),
        stop_reason: stop_reason(choice.finish_reason.as_deref(), !tool_calls.is_empty()),
        tool_calls,
        usage: answer.usage.unwrap_or_default().into(),
        model: model(endpoint, answer.model),
        applied,
    })
}

/// What is wrong with JSON, without what it holds.
pub(super) fn unreadable_json(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "it has another shape than a chat completion",
        _ => "it is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// As the model calls itself, or as we call it.
pub(super) fn model(endpoint: &Endpoint, name: Option<String>) -> String {
    let name = name.map(|name| endpoint.clean(&name)).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| endpoint.model().to_owned())
}

/// The API does not tell a stop text from the end. Some servers say `stop` although tools are to be called.
pub(super) fn stop_reason(reason: Option<&str>, has_calls: bool) -> StopReason {
    match reason {
        Some("length") => StopReason::MaxTokens,
        Some("content_filter") => StopReason::ContentFilter,
        _ if has_calls => StopReason::ToolUse,
        _ => StopReason::EndTurn,
    }
}

/// The arguments are a JSON text that the model wrote. What is no JSON stays a text, which no schema of an object takes:
/// whoever checks the arguments tells the model.
pub(super) fn tool_call(index: usize, id: Option<String>, name: String, arguments: &str) -> ToolCall {
    let is_empty = arguments.trim().is_empty();
    let parsed = if is_empty { Ok(Value::Object(serde_json::Map::new())) } else { serde_json::from_str(arguments) };
    ToolCall {
        id: id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{index}")),
        name,
        arguments: parsed.unwrap_or_else(|_| arguments.into()),
    }
}

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
    model: Option<String>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<WireCall>>,
}

#[derive(Deserialize)]
struct WireCall {
    id: Option<String>,
    function: WireFunction,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

/// Tokens, where the endpoint counts them.
#[derive(Deserialize, Default)]
pub(super) struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl From<WireUsage> for Usage {
    fn from(usage: WireUsage) -> Self {
        Self { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens }
    }
}
