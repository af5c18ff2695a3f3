//! (1) Four tools over the client's folders. None of them knows which revision is spoken, or whether the client has
//! roots at all: `roots_of` asks, and says what may be read.

mod arguments;
mod asked;
mod work;

use mcp_support::ask::{Question, Roots};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, tool::IntoCallToolResult, wrapper::Parameters},
    model::{CallToolResponse, CallToolResult, ClientCapabilities},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::Serialize;

pub(super) use self::work::{Workspace, blocking};
use self::{
    arguments::{AnalyzeProject, ListWorkspaceRoots, ReadWorkspaceFile, SearchWorkspace},
    asked::{Asked, RootReport},
};
use super::{RootContexts, answer::answer};
use crate::{
    error::Refusal,
    workspace::{analyze::Analysis, read::Text, search::Found},
};

/// The client's roots, and what they come to.
#[derive(Debug, Serialize, JsonSchema)]
struct RootList {
    /// The client's roots in its own order, at most 100.
    roots: Vec<RootReport>,
    /// Roots beyond those, which were not looked at.
    left_out: usize,
    /// URIs of the folders that can be read: what the operator allows of the roots.
    readable: Vec<String>,
}

#[tool_router(router = root_tools, vis = "pub(super)")]
impl RootContexts {
    /// Asks the client for its roots and says which of them this server may read; use it first, to see which folders
    /// the other tools can work in.
    #[tool(
        title = "List the workspace's roots",
        annotations(
            title = "List the workspace's roots",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<RootList>()
    )]
    async fn list_workspace_roots(
        &self,
        Parameters(arguments): Parameters<ListWorkspaceRoots>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let roots = match self.roots_of(&context, "list_workspace_roots", &arguments).await? {
            Asked::Known(roots) => roots,
            Asked::Answer(answer) => return Ok(answer),
        };
        // Its subject are the roots: without them there is nothing that it could say instead.
        if roots.is_none()
            && let Some(missing) = Roots.missing(&ClientCapabilities::default())
        {
            return Err(ErrorData::missing_required_client_capability(missing));
        }
        finished(self.root_list(roots.unwrap_or_default()).await)
    }

    /// Counts languages, files and lines of a project, and lists its marks (`TODO`, `FIXME`) and its largest files;
    /// use it to get to know a project.
    #[tool(
        title = "Analyze a project",
        annotations(
            title = "Analyze a project",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Analysis>()
    )]
    async fn analyze_project(
        &self,
        Parameters(arguments): Parameters<AnalyzeProject>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Err(refusal) = arguments.check() {
            return refusal.into_call_tool_result();
        }
        match self.roots_of(&context, "analyze_project", &arguments).await? {
            Asked::Known(roots) => finished(self.analyzed(roots, arguments, &context).await),
            Asked::Answer(answer) => Ok(answer),
        }
    }

    /// Searches the text files of the workspace for a text or a regular expression; use it to find where something is
    /// written. Files that .gitignore names are left out.
    #[tool(
        title = "Search the workspace",
        annotations(
            title = "Search the workspace",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Found>()
    )]
    async fn search_workspace(
        &self,
        Parameters(arguments): Parameters<SearchWorkspace>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let query = match arguments.query() {
            Ok(query) => query,
            Err(refusal) => return refusal.into_call_tool_result(),
        };
        match self.roots_of(&context, "search_workspace", &arguments).await? {
            Asked::Known(roots) => finished(self.searched(roots, query, arguments.project_directory, &context).await),
            Asked::Answer(answer) => Ok(answer),
        }
    }

    /// Reads a text file of the workspace, or some of its lines or bytes, at most 64 KiB at a time; use it with a URI
    /// that another tool has named.
    #[tool(
        title = "Read a file of the workspace",
        annotations(
            title = "Read a file of the workspace",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Text>()
    )]
    async fn read_workspace_file(
        &self,
        Parameters(arguments): Parameters<ReadWorkspaceFile>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let part = match arguments.part() {
            Ok(part) => part,
            Err(refusal) => return refusal.into_call_tool_result(),
        };
        match self.roots_of(&context, "read_workspace_file", &arguments).await? {
            Asked::Known(roots) => finished(self.file_part(roots, arguments.uri, part).await),
            Asked::Answer(answer) => Ok(answer),
        }
    }
}

/// What the model can mend is a result too.
fn finished(result: Result<CallToolResult, Refusal>) -> Result<CallToolResponse, ErrorData> {
    match result {
        Ok(result) => Ok(result.into()),
        Err(refusal) => refusal.into_call_tool_result(),
    }
}

/// The beginning of a list, and how much more there is.
fn listed(lines: impl ExactSizeIterator<Item = String>, most: usize) -> String {
    let more = lines.len().saturating_sub(most);
    let mut text: String = lines.take(most).map(|line| format!("\n  {line}")).collect();
    if more > 0 {
        text.push_str(&format!("\n  ... and {more} more"));
    }
    text
}

/// An answer about an analysis.
fn analysis_answer(analysis: &Analysis) -> Result<CallToolResult, Refusal> {
    let mut text = format!("{} files, {} bytes, {} lines", analysis.files, analysis.bytes, analysis.lines);
    let languages = analysis.languages.iter();
    text.push_str(&listed(
        languages.map(|one| format!("{}: {} lines, files: {}", one.language, one.lines, one.files)),
        10,
    ));
    text.push_str(&format!("\n{} marks left by its authors", analysis.todo_count));
    let todos = analysis.todos.iter();
    text.push_str(&listed(todos.map(|mark| format!("{} {}:{} {}", mark.kind, mark.uri, mark.line, mark.text)), 10));
    if analysis.stopped.is_some() {
        text.push_str("\nNot everything was counted: name a smaller folder in project_directory.");
    }
    answer(text, analysis)
}

/// An answer about a search.
fn search_answer(found: &Found) -> Result<CallToolResult, Refusal> {
    let mut text = format!("hits: {}, in {} files that were looked at", found.hits.len(), found.files);
    let hits = found.hits.iter();
    text.push_str(&listed(
        hits.map(|hit| format!("{}:{}:{} {}", hit.uri, hit.line, hit.column, hit.excerpt.trim())),
        50,
    ));
    if found.stopped.is_some() {
        text.push_str("\nThere may be more: search for something rarer, or in fewer files with glob.");
    }
    answer(text, found)
}
