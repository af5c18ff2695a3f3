//! (6) What is said in a context: append, read, and change what it is filed under.

use mcp_support::serve::principal;
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    NEWEST,
    arguments::{Fields, SecretFields, change, handle, length, within},
    lifecycle::ContextNow,
    views::{ContextView, headline, overview},
};
use crate::{
    contexts::{
        handle::uri,
        insights::Insight,
        model::{Covers, Role},
    },
    error::Refusal,
    server::{RootContexts, answer::answer},
};

const MAX_CONTENT: usize = 20_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AppendMessage {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
    /// Who says it.
    role: Role,
    /// What is said.
    #[schemars(length(min = 1, max = 20_000))]
    content: String,
    /// Keep sentences that carry a marker (important, decided, must, agreed, deadline, action item ...) as insights,
    /// which outlast compaction; true when absent.
    store_insights: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetContext {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
    /// How many of the newest messages to show; 20 when absent.
    #[schemars(range(min = 0, max = 200))]
    newest_messages: Option<u32>,
    /// Show the values of secret metadata too. For the owner only; false when absent.
    include_secrets: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateContextMetadata {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
    /// Version of the metadata that you have read. If somebody has changed it since, nothing happens.
    #[schemars(range(min = 1))]
    version: u32,
    /// Fields to set, seen by whoever may read the context.
    #[schemars(extend("maxProperties" = 32))]
    set: Option<Fields>,
    /// Fields to set that are encrypted at rest and that only the owner sees. For the owner only.
    #[schemars(extend("maxProperties" = 32))]
    set_secret: Option<SecretFields>,
    /// Names of fields to remove.
    #[schemars(length(max = 32))]
    remove: Option<Vec<String>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AppendedMessage {
    /// Handle of the context.
    context_id: String,
    /// Position of the message.
    position: u32,
    /// Sentences of it that were kept as insights and were not known before.
    insights: Vec<Insight>,
    /// More of them that were not kept, because the context has 200 already.
    insights_left_out: u32,
    /// Messages that were condensed into one because there were too many; null when none were.
    condensed: Option<Covers>,
    /// Messages that are kept now.
    messages: u32,
    /// Size of their text, in bytes.
    bytes: u32,
}

#[tool_router(router = context_conversation_tools, vis = "pub(in crate::server)")]
impl RootContexts {
    /// Appends a message to a context, which is stored for good when this answers; use it for each turn that matters.
    #[tool(
        title = "Append a message",
        annotations(
            title = "Append a message",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<AppendedMessage>()
    )]
    async fn append_message(
        &self,
        Parameters(arguments): Parameters<AppendMessage>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let AppendMessage { context_id, role, content, store_insights } = arguments;
        handle(&context_id)?;
        length("content", &content, 1, MAX_CONTENT)?;
        let caller = principal(&context);
        let store_insights = store_insights.unwrap_or(true);
        let appended = self.contexts().append(&caller, &context_id, role, &content, store_insights).await?;
        self.context_changed(&context_id);
        let mut text = format!("message {} of {}", appended.position, appended.context.name);
        if !appended.insights.is_empty() {
            text.push_str(&format!(", {} new insights", appended.insights.len()));
        }
        if appended.left_out > 0 {
            text.push_str(&format!("; {} more insights were not kept: the context is full of them", appended.left_out));
        }
        if let Some(covers) = &appended.condensed {
            text.push_str(&format!("; messages {} to {} were condensed", covers.first_position, covers.last_position));
        }
        let (messages, bytes) = (appended.context.messages, appended.context.bytes);
        let appended = AppendedMessage {
            context_id,
            position: appended.position,
            insights: appended.insights,
            insights_left_out: appended.left_out,
            condensed: appended.condensed,
            messages,
            bytes,
        };
        answer(text, &appended)
    }

    /// Reads a context: metadata, insights and the newest messages; use it to go on where a conversation stopped.
    #[tool(
        title = "Get a context",
        annotations(
            title = "Get a context",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<ContextView>()
    )]
    async fn get_context(
        &self,
        Parameters(arguments): Parameters<GetContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let newest = within("newest_messages", arguments.newest_messages.unwrap_or(NEWEST), 0, 200)?;
        let (id, with_secrets) = (handle(&arguments.context_id)?, arguments.include_secrets.unwrap_or(false));
        let found = overview(self.contexts().overview(&principal(&context), id, newest, with_secrets).await?);
        answer(found.text(), &found)
    }

    /// Sets and removes metadata, if it still has the version that you have read; read it with get_context first.
    #[tool(
        title = "Update a context's metadata",
        annotations(
            title = "Update a context's metadata",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<ContextNow>()
    )]
    async fn update_context_metadata(
        &self,
        Parameters(arguments): Parameters<UpdateContextMetadata>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let UpdateContextMetadata { context_id, version, set, set_secret, remove } = arguments;
        handle(&context_id)?;
        let change = change(set, set_secret, remove)?;
        if change.is_empty() {
            return Err(Refusal::argument("there is nothing to change", "send set, set_secret or remove"));
        }
        let caller = principal(&context);
        let updated = self.contexts().update_metadata(&caller, &context_id, version, change).await?;
        self.context_changed(&context_id);
        answer(headline(&updated), &ContextNow { uri: uri(&context_id), context: updated })
    }
}
