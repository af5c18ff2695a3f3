//! What this server says it can do, list changes on demand, and log messages that must not come unasked.
#![expect(deprecated, reason = "SEP-2577: log messages are deprecated in 2026-07-28, and still in it")]

use std::time::Duration;

use mcp_support::{changes::Change, client_log};
use rmcp::{
    RoleServer,
    model::{CallToolResult, LoggingLevel, ServerCapabilities},
    service::RequestContext,
    tool, tool_router,
};
use serde_json::json;

use super::{Fixtures, text};

/// Everything there is.
pub(super) fn capabilities() -> ServerCapabilities {
    ServerCapabilities::builder()
        .enable_tools()
        .enable_tool_list_changed()
        .enable_prompts()
        .enable_prompts_list_changed()
        .enable_resources()
        .enable_resources_list_changed()
        .enable_resources_subscribe()
        .enable_completions()
        .enable_logging()
        .enable_tasks()
        .build()
}

#[tool_router(router = change_tools, vis = "pub(super)")]
impl Fixtures {
    /// Announces a change of the list of tools.
    #[tool]
    fn test_trigger_tool_change(&self) -> CallToolResult {
        self.shared.changes.announce(Change::Tools);
        text("Announced a change of the tools.")
    }

    /// Announces a change of the list of prompts.
    #[tool]
    fn test_trigger_prompt_change(&self) -> CallToolResult {
        self.shared.changes.announce(Change::Prompts);
        text("Announced a change of the prompts.")
    }

    /// Sends three log messages to a session that set a level.
    #[tool]
    async fn test_tool_with_logging(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        said(&context).await
    }

    /// Sends three log messages to a request that asked for them.
    #[tool]
    async fn test_logging_tool(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        said(&context).await
    }
}

async fn said(context: &RequestContext<RoleServer>) -> CallToolResult {
    let mut sent = 0;
    for step in ["started", "working", "done"] {
        sent += u32::from(client_log::send(context, LoggingLevel::Info, "fixtures", json!({"step": step})).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    text(format!("Sent {sent} of 3 log messages."))
}
