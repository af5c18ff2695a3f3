//! The MCP surface: thin, no algorithms. Roots and the files in them on one side, contexts on the other.

mod answer;
mod context_resources;
mod contexts;
mod files;
mod prompts;
mod roots;
mod surface;

use std::sync::Arc;

use mcp_support::{ask::Sealer, changes::Changes, schema};
use rmcp::handler::server::router::{prompt::PromptRouter, tool::ToolRouter};

use self::{contexts::ContextStore, roots::Workspace};
use crate::{
    contexts::{
        clock::{Clock, SystemClock},
        summary::{Extractive, Summarizer, model::ByModel},
    },
    settings::Settings,
};

/// The server. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct RootContexts {
    tools: Arc<ToolRouter<Self>>,
    prompts: Arc<PromptRouter<Self>>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    workspace: Workspace,
    sealer: Sealer,
    changes: Changes,
    contexts: ContextStore,
    summarizer: Box<dyn Summarizer>,
}

impl RootContexts {
    /// A server with these settings. Needs a runtime.
    ///
    /// # Errors
    /// A folder cannot be used, a setting makes no sense, or two tools have one name.
    pub fn new(settings: &Settings, changes: Changes) -> anyhow::Result<Self> {
        Self::with_clock(settings, changes, Arc::new(SystemClock))
    }

    /// The same with another clock, which decides when a context has been idle for long enough.
    ///
    /// # Errors
    /// As [`RootContexts::new`].
    pub fn with_clock(settings: &Settings, changes: Changes, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let sealer = match &settings.state_key {
            Some(key) => Sealer::with_key(key)?,
            None => Sealer::random(),
        };
        let contexts = ContextStore::open(settings, changes.clone(), clock)?;
        let workspace = Workspace::open(&settings.folders())?;
        let summarizer: Box<dyn Summarizer> = match settings.model.provider()? {
            Some(provider) => Box::new(ByModel::new(Arc::new(provider))),
            None => Box::new(Extractive),
        };
        let shared = Shared { workspace, sealer, changes, contexts, summarizer };
        let tools = schema::join([
            Self::root_tools(),
            Self::context_lifecycle_tools(),
            Self::context_conversation_tools(),
            Self::context_finding_tools(),
            Self::context_keeping_tools(),
        ])?;
        Ok(Self { tools: Arc::new(tools), prompts: Arc::new(Self::prompt_router()), shared: Arc::new(shared) })
    }
}
