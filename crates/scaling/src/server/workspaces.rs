//! Tools around a handle that any node serves.

use mcp_support::{
    refusal::{Refusal, answer, counted, quoted, within},
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scaling;
use crate::workspace::{MAX_TEXT, WorkspaceError};

const MAX_KEY: usize = 128;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateArguments {
    /// The same key again answers the same workspace.
    #[serde(default)]
    #[schemars(length(min = 1, max = 128))]
    idempotency_key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AppendArguments {
    /// A handle from `create_workspace`.
    #[schemars(length(min = 1, max = 64))]
    workspace: String,
    /// What to add.
    #[schemars(length(min = 1, max = 4000))]
    text: String,
    /// A new one for each entry, and the same one when the same entry is sent again.
    #[schemars(length(min = 1, max = 128))]
    idempotency_key: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadArguments {
    /// A handle from `create_workspace`.
    #[schemars(length(min = 1, max = 64))]
    workspace: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Created {
    /// The handle: any node serves it.
    workspace: String,
    /// The node that has made it.
    node: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Appended {
    /// The entry's number.
    number: u64,
    /// False if it was there already.
    new: bool,
    /// The node that has written it.
    node: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Contents {
    /// The entries, by number.
    entries: Vec<Line>,
    /// The node that has read them.
    node: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    /// The entry's number; they grow, with gaps.
    number: u64,
    /// Its text.
    text: String,
}

impl Scaling {
    fn workspace_refusal(&self, error: WorkspaceError) -> Refusal {
        let hint = match &error {
            WorkspaceError::Store(error) => return self.store_refusal(error.clone()),
            WorkspaceError::Unknown => "create_workspace gives out handles; they last a day after the last write",
            WorkspaceError::Full => "create another workspace",
            WorkspaceError::TooMany => "use one that is there, or come back tomorrow",
            WorkspaceError::KeyReused => "use a new idempotency_key for each entry",
        };
        Refusal::argument(error.to_string(), hint)
    }
}

fn key(key: &str) -> Result<&str, Refusal> {
    within("the length of idempotency_key", key.chars().count(), 1, MAX_KEY)?;
    Ok(key)
}

#[tool_router(router = workspace_tools, vis = "pub(super)")]
impl Scaling {
    /// Opens a workspace, a list of texts that any node reads and writes, and answers its handle.
    #[tool(
        title = "Create a workspace",
        annotations(
            title = "Create a workspace",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Created>()
    )]
    async fn create_workspace(
        &self,
        Parameters(CreateArguments { idempotency_key }): Parameters<CreateArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let given = idempotency_key.as_deref().map(key).transpose()?;
        let created = self.node.workspaces.create(&principal(&context), given).await;
        let workspace = created.map_err(|error| self.workspace_refusal(error))?;
        answer(format!("workspace {workspace}"), &Created { workspace, node: self.node.id.clone() })
    }

    /// Adds a text to a workspace. It is answered once the store has it; with the same key it is written once, however often
    /// it is sent.
    #[tool(
        title = "Append to a workspace",
        annotations(
            title = "Append to a workspace",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Appended>()
    )]
    async fn append_workspace(
        &self,
        Parameters(asked): Parameters<AppendArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("the length of text", asked.text.chars().count(), 1, MAX_TEXT)?;
        let key = key(&asked.idempotency_key)?;
        let owner = principal(&context);
        let appended = self.node.workspaces.append(&owner, &asked.workspace, key, &asked.text).await;
        let entry = appended.map_err(|error| self.workspace_refusal(error))?;
        let text = if entry.new { "written" } else { "was there already" };
        let written = Appended { number: entry.number, new: entry.new, node: self.node.id.clone() };
        answer(format!("entry {} {text}", entry.number), &written)
    }

    /// Reads a workspace, whichever node has written it.
    #[tool(
        title = "Read a workspace",
        annotations(
            title = "Read a workspace",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Contents>()
    )]
    async fn read_workspace(
        &self,
        Parameters(ReadArguments { workspace }): Parameters<ReadArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let read = self.node.workspaces.read(&principal(&context), &workspace).await;
        let entries = read.map_err(|error| self.workspace_refusal(error))?;
        let lines = entries.into_iter().map(|entry| Line { number: entry.number, text: entry.text });
        let contents = Contents { entries: lines.collect(), node: self.node.id.clone() };
        let entries = counted(contents.entries.len(), "entry", "entries");
        answer(format!("{entries} in {}", quoted(&workspace)), &contents)
    }
}
