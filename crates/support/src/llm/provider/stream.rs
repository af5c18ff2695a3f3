//! An answer that comes in pieces, as server-sent events.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use reqwest::{Response, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::Value;
use sse_stream::SseStream;
use tokio::time::timeout;

use super::{
    answer::{self, ANSWER_BYTES, TOOL_CALLS, WireUsage},
    endpoint::Endpoint,
    refusal,
};
use crate::{
    fetch::service::root_cause,
    llm::{ChatReply, ModelError, Sampling, ToolCall, Usage},
};

/// Most bytes of all events: around each token stand some hundred bytes.
const STREAM_BYTES: usize = 8 * ANSWER_BYTES;
/// The longest pause between two events.
const PAUSE: Duration = Duration::from_secs(30);
/// The event after the last one.
const DONE: &str = "[DONE]";

pub(super) async fn read(
    endpoint: &Endpoint,
    response: Response,
    applied: Sampling,
    piece: &mut (dyn for<'a> FnMut(&'a str) + Send),
) -> Result<ChatReply, ModelError> {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // An endpoint that cannot stream answers in one piece.
    if content_type.starts_with("application/json") {
        let reply = answer::read(endpoint, response, applied).await?;
        piece(&reply.text);
        return Ok(reply);
    }
    let mut events = SseStream::from_bytes_stream(Box::pin(bounded(response)));
    let mut assembly = Assembly::default();
    loop {
        let event = timeout(PAUSE, events.next()).await;
        let event = event.map_err(|_| endpoint.unavailable(&format!("nothing came for {} s", PAUSE.as_secs())))?;
        let data = match event {
            None => break,
            Some(Ok(event)) => event.data.unwrap_or_default(),
            Some(Err(sse_stream::Error::Body(error))) => return Err(broken(endpoint, error.downcast_ref())),
            Some(Err(_)) => return Err(endpoint.unreadable("it is no stream of events")),
        };
        match data.trim() {
            "" => {}
            DONE => break,
            data => assembly.add(endpoint, data, piece)?,
        }
    }
    assembly.finish(endpoint, applied)
}

/// Why no more events come.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    CutOff(String),
    #[error("it is longer than {STREAM_BYTES} bytes")]
    TooLong,
}

fn broken(endpoint: &Endpoint, error: Option<&Broken>) -> ModelError {
    match error {
        Some(error @ Broken::TooLong) => endpoint.unreadable(&error.to_string()),
        Some(Broken::CutOff(cause)) => endpoint.unavailable(&format!("its answer was cut off: {cause}")),
        None => endpoint.unavailable("its answer was cut off"),
    }
}

fn bounded(response: Response) -> impl Stream<Item = Result<Bytes, Broken>> {
    let mut size = 0;
    response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(|error| Broken::CutOff(root_cause(&error)))?;
        size += chunk.len();
        if size > STREAM_BYTES { Err(Broken::TooLong) } else { Ok(chunk) }
    })
}

/// What has come so far.
#[derive(Default)]
struct Assembly {
    text: String,
    refusal: String,
    calls: Vec<PartialCall>,
    finish_reason: Option<String>,
    model: Option<String>,
    usage: Option<WireUsage>,
}

#[derive(Default)]
struct PartialCall {
    id: Option<String>,
    name: String,
    arguments: String,
}

impl Assembly {
    fn add(
        &mut self,
        endpoint: &Endpoint,
        data: &str,
        piece: &mut (dyn for<'a> FnMut(&'a str) + Send),
    ) -> Result<(), ModelError> {
        let chunk: Chunk =
            serde_json::from_str(data).map_err(|error| endpoint.unreadable(&answer::unreadable_json(&error)))?;
        if let Some(error) = chunk.error {
            return Err(refusal::in_stream(endpoint, &error));
        }
        // Azure's first chunk has an empty name.
        self.model = self.model.take().or(chunk.model.filter(|model| !model.is_empty()));
        self.usage = chunk.usage.or(self.usage.take());
        // The chunks with the usage, and with what a filter found in the prompt, have no choice.
        let Some(choice) = chunk.choices.into_iter().flatten().next() else { return Ok(()) };
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        let Some(delta) = choice.delta else { return Ok(()) };
        for (said, whole) in [(delta.content, &mut self.text), (delta.refusal, &mut self.refusal)] {
            if let Some(said) = said.filter(|said| !said.is_empty()) {
                piece(&said);
                whole.push_str(&said);
            }
        }
        delta.tool_calls.into_iter().flatten().try_for_each(|call| self.add_call(endpoint, call))
    }

    fn add_call(&mut self, endpoint: &Endpoint, delta: CallDelta) -> Result<(), ModelError> {
        // Some servers send whole calls, and do not number them.
        let index =
            delta.index.unwrap_or(if delta.id.is_some() { self.calls.len() } else { self.calls.len().max(1) - 1 });
        if index >= TOOL_CALLS {
            return Err(endpoint.unreadable(&format!("it holds more than {TOOL_CALLS} tool calls")));
        }
        if index >= self.calls.len() {
            self.calls.resize_with(index + 1, PartialCall::default);
        }
        let call = &mut self.calls[index];
        call.id = call.id.take().or(delta.id);
        if let Some(function) = delta.function {
            if call.name.is_empty() {
                call.name = function.name.unwrap_or_default();
            }
            call.arguments.push_str(&function.arguments.unwrap_or_default());
        }
        Ok(())
    }

    fn finish(self, endpoint: &Endpoint, applied: Sampling) -> Result<ChatReply, ModelError> {
        let Some(finish_reason) = self.finish_reason else {
            return Err(endpoint.unavailable("its answer was cut off: the stream ended before the answer did"));
        };
        if self.calls.iter().any(|call| call.name.is_empty()) {
            return Err(endpoint.unreadable("it holds a tool call without a name"));
        }
        let calls = self.calls.into_iter().enumerate();
        let tool_calls: Vec<ToolCall> =
            calls.map(|(index, call)| answer::tool_call(index, call.id, call.name, &call.arguments)).collect();
        Ok(ChatReply {
            text: if self.text.is_empty() { self.refusal } else { self.text },
            stop_reason: answer::stop_reason(Some(&finish_reason), !tool_calls.is_empty()),
            tool_calls,
            usage: self.usage.map(Usage::from).unwrap_or_default(),
            model: answer::model(endpoint, self.model),
            applied,
        })
    }
}

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<ChunkChoice>>,
    model: Option<String>,
    usage: Option<WireUsage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct ChunkChoice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}
