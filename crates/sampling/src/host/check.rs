//! From a sampling request to a prompt: what is malformed, too large or not supported here is refused before anybody is
//! asked to read it.
#![expect(deprecated, reason = "SEP-2577: sampling is deprecated in 2026-07-28; this is the side that answers it")]

use std::collections::BTreeSet;

use mcp_support::llm::{ChatRequest, Message, Sampling, Tool, ToolChoice};
use rmcp::model::{
    ContextInclusion, CreateMessageRequestParams, ModelPreferences, SamplingMessage,
    SamplingMessageContentBlock as Block, ToolChoiceMode,
};
use serde_json::Value;

use super::{
    denied::Denied,
    prompt::{Chat, Prompt},
};
use crate::{
    completer::{Preferences, wire::chat_messages},
    error::quoted,
    task::{METADATA, Task},
};

const MAX_MESSAGES: usize = 64;
/// Texts, definitions of tools and metadata together: what a person can be asked to look through.
const MAX_TEXT_BYTES: usize = 256 * 1024;
/// Pictures and sounds together, in base64.
const MAX_MEDIA_BYTES: usize = 8 * 1024 * 1024;
const MAX_TOOLS: usize = 32;
const MAX_NAME_BYTES: usize = 128;
const MAX_HINTS: usize = 16;

/// What a server asks for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) prompt: Prompt,
    pub(super) preferences: Preferences,
}

/// Reads a request. `most_tokens` is the host's own limit for one answer.
pub(super) fn read(params: &CreateMessageRequestParams, most_tokens: u32) -> Result<Asked, Denied> {
    sizes(params)?;
    // Spec(both, sampling): context of other servers is for a host to give, not for a server to take.
    if params.include_context.as_ref().is_some_and(|wanted| *wanted != ContextInclusion::None) {
        return invalid("this host did not declare sampling.context: leave includeContext out, or send none");
    }
    if params.max_tokens == 0 || params.max_tokens > most_tokens {
        return invalid(format!("maxTokens is {}, and this host allows 1 to {most_tokens}", params.max_tokens));
    }
    balanced(&params.messages)?;
    let mut messages = Vec::new();
    messages.extend(params.system_prompt.clone().filter(|text| !text.is_empty()).map(Message::System));
    messages.extend(chat_messages(&params.messages).map_err(Denied::Invalid)?);
    let metadata = params.metadata.as_ref().unwrap_or(&Value::Null);
    let chat = ChatRequest {
        messages,
        tools: tools(params)?,
        tool_choice: match params.tool_choice.as_ref().and_then(|choice| choice.mode.as_ref()) {
            Some(ToolChoiceMode::Required) => ToolChoice::Required,
            Some(ToolChoiceMode::None) => ToolChoice::None,
            _ => ToolChoice::Auto,
        },
        sampling: sampling(params, metadata)?,
    };
    // What a server writes there for other hosts is none of our business, and no error.
    let task: Option<Task> = metadata.get(METADATA).and_then(|task| serde_json::from_value(task.clone()).ok());
    let task = task.map(|task| task.about(&chat.messages));
    let preferences = params.model_preferences.as_ref().map(preferences).transpose()?.unwrap_or_default();
    Ok(Asked { prompt: Prompt { chat: Chat(chat), task: task.unwrap_or(Task::Continue) }, preferences })
}

fn invalid<T>(what: impl Into<String>) -> Result<T, Denied> {
    Err(Denied::Invalid(what.into()))
}

fn sizes(params: &CreateMessageRequestParams) -> Result<(), Denied> {
    if params.messages.is_empty() || params.messages.len() > MAX_MESSAGES {
        return invalid(format!("{} messages, and this host allows 1 to {MAX_MESSAGES}", params.messages.len()));
    }
    let (mut text, mut media) = (params.system_prompt.as_ref().map_or(0, String::len), 0);
    for block in params.messages.iter().flat_map(|message| message.content.iter()) {
        match block {
            Block::Text(part) => text += part.text.len(),
            Block::Image(part) => {
                name("type of a picture", &part.mime_type)?;
                media += part.data.len() + part.mime_type.len();
            }
            Block::Audio(part) => {
                name("type of a sound", &part.mime_type)?;
                media += part.data.len() + part.mime_type.len();
            }
            Block::ToolUse(call) => {
                name("id of a tool use", &call.id)?;
                name("tool", &call.name)?;
                text += json_bytes(&call.input);
            }
            Block::ToolResult(result) => {
                if result.content.iter().any(|part| part.as_text().is_none()) {
                    return invalid("a tool result holds something else than text, which this host does not pass on");
                }
                text +=
                    result.content.iter().filter_map(|part| part.as_text()).map(|part| part.text.len()).sum::<usize>();
            }
            _ => return invalid("a message holds content that this host does not know"),
        }
    }
    text += params.tools.as_ref().map_or(0, json_bytes) + params.metadata.as_ref().map_or(0, json_bytes);
    if text > MAX_TEXT_BYTES {
        return invalid(format!("{text} bytes of text, and this host allows {MAX_TEXT_BYTES}"));
    }
    if media > MAX_MEDIA_BYTES {
        return invalid(format!("{media} bytes of pictures and sounds, and this host allows {MAX_MEDIA_BYTES}"));
    }
    Ok(())
}

fn json_bytes(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX / 4, |text| text.len())
}

fn name(what: &str, text: &str) -> Result<(), Denied> {
    let fits = !text.is_empty() && text.len() <= MAX_NAME_BYTES && text.chars().all(|letter| letter.is_ascii_graphic());
    if fits { Ok(()) } else { invalid(format!("the {what} {} is no name", quoted(text))) }
}

/// Spec(2025-11-25, sampling): each message with tool uses is followed by one with a result for each and nothing else.
fn balanced(messages: &[SamplingMessage]) -> Result<(), Denied> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for message in messages {
        let mut results = BTreeSet::new();
        for block in message.content.iter() {
            if let Block::ToolResult(result) = block {
                results.insert(result.tool_use_id.as_str());
            }
        }
        let count = message.content.iter().filter(|block| matches!(block, Block::ToolResult(_))).count();
        if count > 0 && count != message.content.len() {
            return invalid("Tool results mixed with other content");
        }
        if results != open || count != results.len() {
            return invalid("Tool result missing in request");
        }
        open.clear();
        for block in message.content.iter() {
            if let Block::ToolUse(call) = block
                && !open.insert(&call.id)
            {
                return invalid(format!("two tool uses have the id {}", quoted(&call.id)));
            }
        }
    }
    if open.is_empty() { Ok(()) } else { invalid("Tool result missing in request") }
}

fn tools(params: &CreateMessageRequestParams) -> Result<Vec<Tool>, Denied> {
    let tools = params.tools.as_deref().unwrap_or_default();
    if tools.len() > MAX_TOOLS {
        return invalid(format!("{} tools, and this host allows {MAX_TOOLS}", tools.len()));
    }
    let mut names = BTreeSet::new();
    for tool in tools {
        name("tool", &tool.name)?;
        if !names.insert(tool.name.as_ref()) {
            return invalid(format!("two tools have the name {}", quoted(&tool.name)));
        }
    }
    Ok(tools
        .iter()
        .map(|tool| Tool {
            name: tool.name.to_string(),
            description: tool.description.as_deref().unwrap_or_default().to_owned(),
            parameters: Value::Object((*tool.input_schema).clone()),
        })
        .collect())
}

/// The protocol's own settings, and those that `metadata` holds under their usual names.
fn sampling(params: &CreateMessageRequestParams, metadata: &Value) -> Result<Sampling, Denied> {
    let number = |name: &str| metadata.get(name).and_then(Value::as_f64);
    let sampling = Sampling {
        // By its digits: 0.7 as a 32-bit number is not 0.7 as a 64-bit one.
        temperature: params.temperature.and_then(|value| value.to_string().parse().ok()),
        stop: params.stop_sequences.clone().unwrap_or_default(),
        max_tokens: Some(params.max_tokens),
        top_p: number("top_p"),
        top_k: metadata.get("top_k").and_then(Value::as_u64).and_then(|value| value.try_into().ok()),
        frequency_penalty: number("frequency_penalty"),
        presence_penalty: number("presence_penalty"),
        seed: metadata.get("seed").and_then(Value::as_u64),
    };
    sampling.check().map_err(|error| Denied::Invalid(error.to_string()))?;
    Ok(sampling)
}

fn preferences(wanted: &ModelPreferences) -> Result<Preferences, Denied> {
    let hints: Vec<String> = wanted.hints.iter().flatten().filter_map(|hint| hint.name.clone()).collect();
    if hints.len() > MAX_HINTS || hints.iter().any(|hint| hint.len() > MAX_NAME_BYTES) {
        return invalid(format!("more than {MAX_HINTS} hints, or one of more than {MAX_NAME_BYTES} bytes"));
    }
    let priority = |name: &str, value: Option<f32>| {
        let value = value.unwrap_or_default();
        let fits = (0.0..=1.0).contains(&value);
        if fits { Ok(f64::from(value)) } else { invalid(format!("{name} is {value}, and must be 0 to 1")) }
    };
    Ok(Preferences {
        hints,
        cost: priority("costPriority", wanted.cost_priority)?,
        speed: priority("speedPriority", wanted.speed_priority)?,
        intelligence: priority("intelligencePriority", wanted.intelligence_priority)?,
    })
}

#[cfg(test)]
mod tests;
