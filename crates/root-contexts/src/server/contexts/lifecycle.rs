//! (5) Contexts begin, are shared, rest, come back, and end.

use mcp_support::{changes::Change, serve::principal};
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
    arguments::{Fields, SecretFields, change, handle, line, within},
    views::headline,
};
use crate::{
    contexts::{
        compaction::COMPACT_AFTER,
        handle::uri,
        model::{Access, ContextInfo},
    },
    error::Refusal,
    server::{RootContexts, answer::answer},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateContext {
    /// What the conversation is about, on one line.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// Values that whoever may read the context sees. Names have a-z, 0-9, _, . and -; values up to 2000 characters.
    #[schemars(extend("maxProperties" = 32))]
    metadata: Option<Fields>,
    /// Values that are encrypted at rest and that only the owner sees, such as account numbers.
    #[schemars(extend("maxProperties" = 32))]
    secret_metadata: Option<SecretFields>,
    /// Messages beyond this number let the server condense the older ones; 50 when absent.
    #[schemars(range(min = 10, max = 5000))]
    compact_after: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneContext {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShareContext {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
    /// Name of the other, as this server's authorization knows them.
    #[schemars(length(min = 1, max = 200))]
    principal: String,
    /// What they may do from now on.
    access: Shareable,
}

/// What somebody else may do.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Shareable {
    /// Read it.
    Reader,
    /// Read it, append to it, change its metadata, archive and restore it.
    Writer,
    /// Nothing any more.
    None,
}

/// A context as it is now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ContextNow {
    /// The context.
    pub(super) context: ContextInfo,
    /// Resource that shows it.
    pub(super) uri: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Switched {
    /// The context as it is now.
    context: ContextInfo,
    /// Whether it was in the other state before.
    changed: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SharedWith {
    /// Handle of the context.
    context_id: String,
    /// Others who may use it, by name.
    shared_with: Vec<Share>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Share {
    /// Whom it is shared with.
    principal: String,
    /// What they may do.
    access: Access,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Deleted {
    /// Handle that the context had.
    context_id: String,
    /// What it was called.
    name: String,
    /// Messages that went with it.
    messages: u32,
}

#[tool_router(router = context_lifecycle_tools, vis = "pub(in crate::server)")]
impl RootContexts {
    /// Begins a named conversation that outlasts this call and this connection; use it once for each case or topic.
    #[tool(
        title = "Create a context",
        annotations(
            title = "Create a context",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<ContextNow>()
    )]
    async fn create_context(
        &self,
        Parameters(arguments): Parameters<CreateContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let name = line("name", &arguments.name)?;
        let compact_after = within("compact_after", arguments.compact_after.unwrap_or(COMPACT_AFTER), 10, 5000)?;
        let change = change(arguments.metadata, arguments.secret_metadata, None)?;
        let made = self.contexts().create(&principal(&context), name, compact_after, change).await?;
        self.shared.changes.announce(Change::Resources);
        answer(headline(&made), &ContextNow { uri: uri(&made.context_id), context: made })
    }

    /// Archives a context that is not needed for now: it can be read and no longer be written to.
    #[tool(
        title = "Archive a context",
        annotations(
            title = "Archive a context",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Switched>()
    )]
    async fn archive_context(
        &self,
        Parameters(OneContext { context_id }): Parameters<OneContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        self.switch(&principal(&context), &context_id, true).await
    }

    /// Makes an archived context active again, with everything in it; use it before you append to one.
    #[tool(
        title = "Restore a context",
        annotations(
            title = "Restore a context",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Switched>()
    )]
    async fn restore_context(
        &self,
        Parameters(OneContext { context_id }): Parameters<OneContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        self.switch(&principal(&context), &context_id, false).await
    }

    /// Lets somebody else read a context of yours, or write to it, or neither any more.
    #[tool(
        title = "Share a context",
        annotations(
            title = "Share a context",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<SharedWith>()
    )]
    async fn share_context(
        &self,
        Parameters(arguments): Parameters<ShareContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (id, with, owner) =
            (handle(&arguments.context_id)?, line("principal", &arguments.principal)?, principal(&context));
        let access = match arguments.access {
            Shareable::Reader => Some(Access::Reader),
            Shareable::Writer => Some(Access::Writer),
            Shareable::None => None,
        };
        if with == owner {
            return Err(Refusal::argument("principal is you", "name somebody else"));
        }
        let shared = self.contexts().share(&owner, id, with, access).await?;
        self.context_changed(id);
        let shared_with: Vec<Share> =
            shared.into_iter().map(|(principal, access)| Share { principal, access }).collect();
        let text = format!("shared with {} others", shared_with.len());
        answer(text, &SharedWith { context_id: id.to_owned(), shared_with })
    }

    /// Deletes a context of yours with everything in it, for good; archive_context keeps it instead.
    #[tool(
        title = "Delete a context",
        annotations(
            title = "Delete a context",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Deleted>()
    )]
    async fn delete_context(
        &self,
        Parameters(OneContext { context_id }): Parameters<OneContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let deleted = self.contexts().delete(&principal(&context), handle(&context_id)?).await?;
        self.context_changed(&context_id);
        self.shared.changes.announce(Change::Resources);
        let text = format!("{} is deleted, with {} messages", deleted.name, deleted.messages);
        answer(text, &Deleted { context_id, name: deleted.name, messages: deleted.messages })
    }

    async fn switch(&self, caller: &str, id: &str, archived: bool) -> Result<CallToolResult, Refusal> {
        let (context, changed) = self.contexts().set_archived(caller, handle(id)?, archived).await?;
        if changed {
            self.context_changed(id);
        }
        answer(
            format!("{}{}", headline(&context), if changed { "" } else { ", as it was" }),
            &Switched { context, changed },
        )
    }
}
