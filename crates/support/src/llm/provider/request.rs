//! A conversation as the chat-completions API writes it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use crate::llm::{ChatRequest, Message, ModelError, Part, Sampling, Tool, ToolCall, ToolChoice};

/// Most bytes of a request: a few pictures, and more text than a model reads.
const REQUEST_BYTES: usize = 32 * 1024 * 1024;
/// Most tools of a request (OpenAI's limit).
const TOOLS: usize = 128;
/// Most characters of a tool's name (OpenAI's limit).
const NAME_CHARS: usize = 64;
/// Pictures that the API takes.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The body. Pictures make it long: build it where nobody waits.
pub(super) fn body(
    endpoint: &Endpoint,
    request: &ChatRequest,
    limit: TokenLimit,
    is_stream: bool,
) -> Result<Vec<u8>, ModelError> {
    let messages: Result<Vec<Value>, String> = request.messages.iter().map(message).collect();
    let mut body = json!({ "messages": messages.map_err(|reason| endpoint.refused(&reason))? });
    if !endpoint.is_named_by_url() {
        body["model"] = endpoint.model().into();
    }
    // The API refuses a choice without tools.
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(tool).collect();
        body["tool_choice"] = tool_choice(request.tool_choice).into();
    }
    sampling(&mut body, &request.sampling);
    if let Some(most) = request.sampling.max_tokens {
        body[limit.name()] = most.into();
    }
    if is_stream {
        body["stream"] = true.into();
        body["stream_options"] = json!({ "include_usage": true });
    }
    serde_json::to_vec(&body).map_err(|error| endpoint.refused(&error.to_string()))
}

/// Checks what can be seen before anything is encoded or sent.
pub(super) fn check(endpoint: &Endpoint, request: &ChatRequest) -> Result<(), ModelError> {
    request.sampling.check().map_err(|error| endpoint.refused(&error.to_string()))?;
    fault(request).map_or(Ok(()), |fault| Err(endpoint.refused(&fault)))
}

/// The two names of the most tokens of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenLimit {
    /// `max_tokens`.
    Older,
    /// `max_completion_tokens`.
    Newer,
}

impl TokenLimit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Older => "max_tokens",
            Self::Newer => "max_completion_tokens",
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Older => Self::Newer,
            Self::Newer => Self::Older,
        }
    }
}

fn sampling(body: &mut Value, sampling: &Sampling) {
    let numbers = [
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    if !sampling.stop.is_empty() {
        body["stop"] = sampling.stop.clone().into();
    }
    if let Some(seed) = sampling.seed {
        body["seed"] = seed.into();
    }
}

fn message(message: &Message) -> Result<Value, String> {
    Ok(match message {
        Message::System(text) => json!({ "role": "system", "content": text }),
        Message::User(parts) => json!({ "role": "user", "content": content(parts)? }),
        Message::Assistant { text, tool_calls } if tool_calls.is_empty() => {
            json!({ "role": "assistant", "content": text })
        }
        Message::Assistant { text, tool_calls } => {
            let calls: Vec<Value> = tool_calls.iter().map(call).collect();
            let text = if text.is_empty() { Value::Null } else { text.as_str().into() };
            json!({ "role": "assistant", "content": text, "tool_calls": calls })
        }
        // The API has no field for it; models understand words.
        Message::ToolResult { call_id, text, is_error } => {
            let text = if *is_error { format!("error: {text}") } else { text.clone() };
            json!({ "role": "tool", "tool_call_id": call_id, "content": text })
        }
    })
}

/// A lone text as a string: the older form, which every server knows.
fn content(parts: &[Part]) -> Result<Value, String> {
    if let [Part::Text(text)] = parts {
        return Ok(text.as_str().into());
    }
    parts.iter().map(part).collect()
}

fn part(part: &Part) -> Result<Value, String> {
    Ok(match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image { media_type, data } => {
            if !PICTURES.contains(&media_type.as_str()) {
                return Err(format!("a picture of type {media_type}; it takes {}", PICTURES.join(", ")));
            }
            let url = format!("data:{media_type};base64,{}", STANDARD.encode(data));
            json!({ "type": "image_url", "image_url": { "url": url } })
        }
        Part::Audio { media_type, data } => {
            let format = match media_type.as_str() {
                "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
                "audio/mpeg" | "audio/mp3" => "mp3",
                other => return Err(format!("a sound of type {other}; it takes audio/wav, audio/mpeg")),
            };
            json!({ "type": "input_audio", "input_audio": { "data": STANDARD.encode(data), "format": format } })
        }
    })
}

fn tool(tool: &Tool) -> Value {
    let Tool { name, description, parameters } = tool;
    json!({
        "type": "function",
        "function": { "name": name, "description": description, "parameters": parameters },
    })
}

fn call(call: &ToolCall) -> Value {
    // What the model wrote, where it was no JSON.
    let arguments = call.arguments.as_str().map_or_else(|| call.arguments.to_string(), str::to_owned);
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": arguments } })
}

fn tool_choice(choice: ToolChoice) -> &'static str {
    match choice {
        ToolChoice::Auto => "auto",
        ToolChoice::Required => "required",
        ToolChoice::None => "none",
    }
}

fn fault(request: &ChatRequest) -> Option<String> {
    if request.messages.is_empty() {
        return Some("it holds no message".to_owned());
    }
    let size: usize = request.messages.iter().map(size).sum();
    if size > REQUEST_BYTES {
        return Some(format!("it is longer than {REQUEST_BYTES} bytes"));
    }
    if request.tools.len() > TOOLS {
        return Some(format!("it has {} tools, and at most {TOOLS} can be sent", request.tools.len()));
    }
    if request.tools.is_empty() && request.tool_choice == ToolChoice::Required {
        return Some("a tool must be called, and there is none".to_owned());
    }
    request.tools.iter().find_map(|Tool { name, parameters, .. }| {
        let is_name = (1..=NAME_CHARS).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !is_name {
            return Some(format!("the tool name '{name}' must be 1 to {NAME_CHARS} letters, digits, _ and -"));
        }
        let is_schema = parameters.is_object();
        (!is_schema).then(|| format!("the parameters of the tool {name} are no JSON Schema of an object"))
    })
}

fn size(message: &Message) -> usize {
    match message {
        Message::System(text) | Message::ToolResult { text, .. } => text.len(),
        Message::Assistant { text, tool_calls } => {
            text.len() + tool_calls.iter().map(|call| call.arguments.to_string().len()).sum::<usize>()
        }
        Message::User(parts) => parts.iter().map(part_size).sum(),
    }
}

fn part_size(part: &Part) -> usize {
    match part {
        Part::Text(text) => text.len(),
        Part::Image { data, .. } | Part::Audio { data, .. } => data.len().div_ceil(3) * 4,
    }
}
