//! The MCP surface: thin, no algorithms. Roots and the files in them on one side, contexts on the other.

mod answer;
mod files;
mod roots;
mod surface;

use std::sync::Arc;

use mcp_support::{ask::Sealer, changes::Changes, schema};
use rmcp::handler::server::router::{prompt::PromptRouter, tool::ToolRouter};

use self::roots::Workspace;
use crate::settings::Settings;

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
}

impl RootContexts {
    /// A server with these settings.
    ///
    /// # Errors
    /// A folder cannot be used, a setting makes no sense, or two tools have one name.
    pub fn new(settings: &Settings, changes: Changes) -> anyhow::Result<Self> {
        let sealer = match &settings.state_key {
            Some(key) => Sealer::with_key(key)?,
            None => Sealer::random(),
        };
        let workspace = Workspace::open(&settings.allow_dirs)?;
        let shared = Shared { workspace, sealer, changes };
        let tools = schema::join([Self::root_tools()])?;
        Ok(Self { tools: Arc::new(tools), prompts: Arc::new(PromptRouter::new()), shared: Arc::new(shared) })
    }
}
