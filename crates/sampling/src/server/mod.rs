//! The MCP surface: thin. The numbers are those of the README's "How it works".

mod agent;
mod answer;
mod compare;
mod generate;
mod parameters;
mod structured;
mod surface;
mod text;

use std::{sync::Arc, time::Instant};

use mcp_support::{
    ask::{Ask, Sealer},
    cli::UsageError,
    llm::ChatModel,
    schema,
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::{router::tool::ToolRouter, tool::IntoCallToolResult},
    model::{CallToolResponse, CallToolResult},
    service::RequestContext,
};
use serde::Serialize;

use self::answer::Failure;
use crate::{
    completer::{
        chain::{Backends, Chain},
        client::ClientCompleter,
    },
    embedded::SmallModel,
    limits::Limits,
    parameters::feedback::Feedback,
    settings::Settings,
};

/// The server. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct SamplingServer {
    tools: Arc<ToolRouter<Self>>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    backends: Backends,
    limits: Limits,
    feedback: Feedback,
    sealer: Sealer,
}

impl SamplingServer {
    /// A server with these settings.
    ///
    /// # Errors
    /// A setting makes no sense, or two tools have one name.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let sealer = match &settings.state_key {
            Some(key) => Sealer::with_key(key).map_err(|error| UsageError(format!("--state-key: {error}")))?,
            None => Sealer::random(),
        };
        Self::with_sealer(settings, sealer)
    }

    /// The same with another sealer, which decides how long a question may be open.
    ///
    /// # Errors
    /// As [`SamplingServer::new`].
    pub fn with_sealer(settings: &Settings, sealer: Sealer) -> anyhow::Result<Self> {
        let provider = settings.provider.provider()?.map(|provider| Arc::new(provider) as Arc<dyn ChatModel>);
        let shared = Shared {
            backends: Backends { order: settings.backends.clone(), provider, embedded: SmallModel::new() },
            limits: Limits::new(settings.requests_per_minute, settings.tokens_per_hour),
            feedback: Feedback::default(),
            sealer,
        };
        let tools = schema::join([
            Self::text_tools(),
            Self::structured_tools(),
            Self::generate_tools(),
            Self::compare_tools(),
            Self::agent_tools(),
            Self::parameter_tools(),
        ])?;
        Ok(Self { tools: Arc::new(tools), shared: Arc::new(shared) })
    }

    /// (1) One way from a tool to a model: the back ends in order, the caller's share, and the end of the call's state.
    ///
    /// `work` returns `None` when the client has to be asked first (2026-07-28).
    async fn with_models(
        &self,
        tool: &'static str,
        arguments: &impl Serialize,
        context: &RequestContext<RoleServer>,
        work: impl AsyncFnOnce(&mut Chain<'_>) -> Result<Option<CallToolResult>, Failure>,
    ) -> Result<CallToolResponse, rmcp::ErrorData> {
        match self.attempt(tool, arguments, context, work).await {
            Ok(response) => Ok(response),
            Err(failure) => failure.into_call_tool_result(),
        }
    }

    async fn attempt(
        &self,
        tool: &'static str,
        arguments: &impl Serialize,
        context: &RequestContext<RoleServer>,
        work: impl AsyncFnOnce(&mut Chain<'_>) -> Result<Option<CallToolResult>, Failure>,
    ) -> Result<CallToolResponse, Failure> {
        let (caller, started) = (principal(context), Instant::now());
        let ask = Ask::new(&self.shared.sealer, context, &format!("tools/call {tool}"), arguments)?;
        let client = ClientCompleter::new(ask);
        let mut chain = Chain::new(&self.shared.backends, &self.shared.limits, caller.clone(), client);
        let Some(result) = work(&mut chain).await? else { return Ok(chain.needs_input()?.into()) };
        // (2) The answers have been used: the same state, sent again, is refused.
        chain.spend()?;
        let passed_over = chain.fallbacks.len();
        let millis = started.elapsed().as_millis() as u64;
        tracing::info!(tool, caller, passed_over, millis, "a model has answered");
        Ok(result.into())
    }
}
