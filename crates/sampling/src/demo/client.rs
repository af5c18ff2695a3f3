//! A client with a model: what a host looks like to the server. The tour and the tests say what the model answers.
#![expect(deprecated, reason = "SEP-2577: this is the client's half of sampling, which the lesson teaches")]

use std::sync::{Arc, Mutex};

use mcp_support::{
    client::{Revision, this_client},
    llm::{ChatRequest, Message, Sampling},
};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult, JsonObject, Role,
        SamplingMessage, SamplingMessageContentBlock as Block,
    },
    service::RequestContext,
};

use crate::{
    completer::{
        stop_reason,
        wire::{chat_messages, chat_tools, sampling_answer},
    },
    embedded::SmallModel,
    task::{METADATA, Task},
};

/// What a model answers to a request; the number counts the requests of this client, from 0.
type Answer = Arc<dyn Fn(&CreateMessageRequestParams, usize) -> Result<CreateMessageResult, ErrorData> + Send + Sync>;

/// A client that declares sampling with tools, and remembers what it was asked.
#[derive(Clone)]
pub struct ModelClient {
    answer: Option<Answer>,
    asked: Arc<Mutex<Vec<CreateMessageRequestParams>>>,
    with_tools: bool,
}

impl Default for ModelClient {
    fn default() -> Self {
        Self { answer: None, asked: Arc::default(), with_tools: true }
    }
}

impl ModelClient {
    /// A client whose model is the small one, in the client's own process.
    pub fn small() -> Self {
        Self::default()
    }

    /// A client whose model answers like this.
    pub fn new(
        answer: impl Fn(&CreateMessageRequestParams, usize) -> Result<CreateMessageResult, ErrorData>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { answer: Some(Arc::new(answer)), ..Self::default() }
    }

    /// A client whose model says this to everything.
    pub fn who_says(text: &'static str) -> Self {
        Self::new(move |_, _| Ok(said(text)))
    }

    /// The same, without `sampling.tools`.
    #[must_use]
    pub fn without_tools(mut self) -> Self {
        self.with_tools = false;
        self
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<CreateMessageRequestParams> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

/// An answer of a model that is called `model-x`.
pub fn said(text: &str) -> CreateMessageResult {
    CreateMessageResult::new(SamplingMessage::new(Role::Assistant, Block::text(text)), "model-x".to_owned())
        .with_stop_reason(CreateMessageResult::STOP_REASON_END_TURN)
}

/// What the small model makes of a sampling request.
///
/// # Errors
/// The request is malformed, or the model cannot take it.
async fn small_model(params: &CreateMessageRequestParams) -> Result<CreateMessageResult, String> {
    let named = params.metadata.as_ref().and_then(|metadata| metadata.get(METADATA));
    let task: Task = named.and_then(|task| serde_json::from_value(task.clone()).ok()).unwrap_or_default();
    let messages = chat_messages(&params.messages)?;
    let task = task.about(&messages);
    let system = params.system_prompt.iter().cloned().map(Message::System);
    let chat = ChatRequest {
        messages: system.chain(messages).collect(),
        tools: chat_tools(params.tools.as_deref().unwrap_or_default()),
        sampling: Sampling {
            temperature: params.temperature.map(f64::from),
            max_tokens: Some(params.max_tokens),
            stop: params.stop_sequences.clone().unwrap_or_default(),
            ..Sampling::default()
        },
        ..ChatRequest::default()
    };
    let reply = SmallModel::new().answer(&task, &chat).await.map_err(|error| error.to_string())?;
    Ok(sampling_answer(&reply.text, &reply.tool_calls, reply.model, stop_reason(reply.stop_reason)))
}

impl ClientHandler for ModelClient {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::builder().enable_sampling().build();
        if self.with_tools
            && let Some(sampling) = &mut capabilities.sampling
        {
            sampling.tools = Some(JsonObject::new());
        }
        ClientConfig::new(capabilities, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let number = self.asked.lock().map_or(0, |mut asked| {
            asked.push(params.clone());
            asked.len() - 1
        });
        match &self.answer {
            Some(answer) => answer(&params, number),
            None => small_model(&params).await.map_err(|error| ErrorData::internal_error(error, None)),
        }
    }
}
