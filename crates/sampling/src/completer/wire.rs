//! Conversations in the terms of `sampling/createMessage`, in both directions: the server asks, and a host answers.
#![expect(deprecated, reason = "SEP-2577: sampling is deprecated in 2026-07-28; what replaces it is in `model`")]

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::llm::{Message, Part, Tool, ToolCall};
use rmcp::model::{
    self, ContentBlock, CreateMessageResult, Role, SamplingContent, SamplingMessage,
    SamplingMessageContentBlock as Block,
};
use serde_json::Value;

/// The conversation, without system messages, as `messages` of a sampling request.
///
/// Spec(both, sampling): results of tools stand in one message of nothing else, after the message that called them.
pub fn sampling_messages(messages: &[Message]) -> Vec<SamplingMessage> {
    let mut all: Vec<SamplingMessage> = Vec::new();
    let mut results: Vec<Block> = Vec::new();
    for message in messages {
        if let Message::ToolResult { call_id, text, is_error } = message {
            let mut result = model::ToolResultContent::new(call_id.clone(), vec![ContentBlock::text(text.clone())]);
            result.is_error = is_error.then_some(true);
            results.push(Block::ToolResult(result));
            continue;
        }
        if !results.is_empty() {
            all.push(several(Role::User, std::mem::take(&mut results)));
        }
        match message {
            Message::User(parts) => all.push(several(Role::User, parts.iter().map(block).collect())),
            Message::Assistant { text, tool_calls } => {
                all.push(assistant(text, tool_calls));
            }
            Message::System(_) | Message::ToolResult { .. } => {}
        }
    }
    if !results.is_empty() {
        all.push(several(Role::User, results));
    }
    all
}

/// What a host answers to a sampling request.
pub fn sampling_answer(text: &str, tool_calls: &[ToolCall], model: String, stop_reason: &str) -> CreateMessageResult {
    CreateMessageResult::new(assistant(text, tool_calls), model).with_stop_reason(stop_reason)
}

fn assistant(text: &str, tool_calls: &[ToolCall]) -> SamplingMessage {
    let said = (!text.is_empty()).then(|| Block::text(text));
    let called = tool_calls.iter().map(|call| {
        let input = call.arguments.as_object().cloned().unwrap_or_default();
        Block::tool_use(call.id.clone(), call.name.clone(), input)
    });
    several(Role::Assistant, said.into_iter().chain(called).collect())
}

/// One block stands alone, as most clients expect it.
fn several(role: Role, mut blocks: Vec<Block>) -> SamplingMessage {
    match blocks.len() {
        1 => SamplingMessage::new(role, blocks.remove(0)),
        _ => SamplingMessage::new_multiple(role, blocks),
    }
}

fn block(part: &Part) -> Block {
    match part {
        Part::Text(text) => Block::text(text.clone()),
        Part::Image { media_type, data } => Block::Image(model::ImageContent::new(STANDARD.encode(data), media_type)),
        Part::Audio { media_type, data } => Block::Audio(model::AudioContent::new(STANDARD.encode(data), media_type)),
    }
}

/// Tools as a sampling request carries them: they need not be tools of this server.
pub fn sampling_tools(tools: &[Tool]) -> Vec<model::Tool> {
    tools
        .iter()
        .map(|tool| {
            let schema = tool.parameters.as_object().cloned().unwrap_or_default();
            model::Tool::new(tool.name.clone(), tool.description.clone(), Arc::new(schema))
        })
        .collect()
}

/// Tools of a sampling request, for the model of a host.
pub fn chat_tools(tools: &[model::Tool]) -> Vec<Tool> {
    let tools = tools.iter().map(|tool| Tool {
        name: tool.name.to_string(),
        description: tool.description.as_deref().unwrap_or_default().to_owned(),
        parameters: Value::Object(tool.input_schema.as_ref().clone()),
    });
    tools.collect()
}

/// The conversation of a sampling request, for the model of a host.
///
/// # Errors
/// What is malformed: content that does not decode, results that belong to no call.
pub fn chat_messages(messages: &[SamplingMessage]) -> Result<Vec<Message>, String> {
    let mut all = Vec::new();
    for message in messages {
        let (mut parts, mut text, mut tool_calls) = (Vec::new(), String::new(), Vec::new());
        for block in blocks(&message.content) {
            match (message.role.clone(), block) {
                (Role::User, Block::Text(part)) => parts.push(Part::Text(part.text.clone())),
                (Role::User, Block::Image(part)) => {
                    parts.push(Part::Image { media_type: part.mime_type.clone(), data: bytes(&part.data)? });
                }
                (Role::User, Block::Audio(part)) => {
                    parts.push(Part::Audio { media_type: part.mime_type.clone(), data: bytes(&part.data)? });
                }
                (Role::User, Block::ToolResult(result)) => all.push(Message::ToolResult {
                    call_id: result.tool_use_id.clone(),
                    text: result_text(result),
                    is_error: result.is_error == Some(true),
                }),
                (Role::Assistant, Block::Text(part)) => text.push_str(&part.text),
                (Role::Assistant, Block::ToolUse(call)) => tool_calls.push(ToolCall {
                    id: call.id.clone(),
                    name: call.name.clone(),
                    arguments: Value::Object(call.input.clone()),
                }),
                _ => return Err("a message holds content that its role cannot have".to_owned()),
            }
        }
        if !parts.is_empty() {
            all.push(Message::User(parts));
        }
        if message.role == Role::Assistant {
            all.push(Message::Assistant { text, tool_calls });
        }
    }
    Ok(all)
}

fn result_text(result: &model::ToolResultContent) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.as_str());
    texts.collect::<Vec<_>>().join("\n")
}

fn blocks(content: &SamplingContent<Block>) -> &[Block] {
    match content {
        SamplingContent::Single(block) => std::slice::from_ref(block),
        SamplingContent::Multiple(blocks) => blocks,
    }
}

fn bytes(base64: &str) -> Result<bytes::Bytes, String> {
    STANDARD.decode(base64).map(Into::into).map_err(|_| "a picture or a sound is not base64".to_owned())
}
