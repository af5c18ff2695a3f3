//! The MCP surface: six tools around [`Notes`]. What each needs is in [`access`], and nothing here looks at a token.

pub mod access;
mod handler;

use std::sync::Arc;

use mcp_support::{
    auth::{Claims, claims},
    schema,
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, router::tool::ToolRouter, wrapper::Parameters},
    model::{CallToolResult, ContentBlock},
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notes::{Heading, Note, NoteError, Notes};

/// The server. A clone is cheap.
#[derive(Clone)]
pub struct Oauth2 {
    tools: Arc<ToolRouter<Self>>,
    notes: Notes,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoteArguments {
    /// Id of one of your notes, as `list_notes` shows it.
    #[schemars(length(min = 1, max = 40))]
    id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewNoteArguments {
    /// Title, on one line.
    #[schemars(length(min = 1, max = 80))]
    title: String,
    /// Text of the note.
    #[schemars(length(min = 1, max = 4000))]
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

#[derive(Debug, Serialize, JsonSchema)]
struct Greeting {
    /// The greeting.
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Caller {
    /// Who is calling: a person's name, or a client that acts in its own name.
    subject: String,
    /// The client that is calling for them; absent on stdio.
    client_id: Option<String>,
    /// Who vouches for that; absent on stdio.
    issuer: Option<String>,
    /// What the token allows.
    scopes: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Headings {
    /// Your notes, by title.
    notes: Vec<Heading>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Deleted {
    /// The note that is no more.
    deleted: String,
}

#[tool_router]
impl Oauth2 {
    /// A server of these notes.
    pub fn new(notes: Notes) -> Self {
        Self { tools: Arc::new(schema::portable(Self::tool_router())), notes }
    }

    /// Greets the caller by name; use it to see whether the connection and its token work.
    #[tool(
        title = "Hello",
        annotations(
            title = "Hello",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Greeting>()
    )]
    async fn hello(
        &self,
        Parameters(NoArguments {}): Parameters<NoArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let text = format!("Hello, {}!", subject(claims(&context)));
        answer(&text, &Greeting { text: text.clone() })
    }

    /// Says who the caller is and what the token allows; use it before a call that may be refused.
    #[tool(
        title = "Who am I",
        annotations(
            title = "Who am I",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Caller>()
    )]
    async fn whoami(
        &self,
        Parameters(NoArguments {}): Parameters<NoArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let claims = claims(&context);
        let caller = Caller {
            subject: subject(claims).to_owned(),
            client_id: claims.and_then(|claims| claims.client_id.clone()),
            issuer: claims.map(|claims| claims.issuer.clone()),
            scopes: claims.map_or_else(access::all_scopes, |claims| claims.scopes.iter().cloned().collect()),
        };
        let by = caller.client_id.as_deref().map(|client| format!(", by {client}")).unwrap_or_default();
        answer(&format!("{}{by}; scopes: {}", caller.subject, caller.scopes.join(" ")), &caller)
    }

    /// Lists the ids and titles of the caller's own notes.
    #[tool(
        title = "List notes",
        annotations(
            title = "List notes",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Headings>()
    )]
    async fn list_notes(
        &self,
        Parameters(NoArguments {}): Parameters<NoArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let found = self.run(&context, |notes, owner| notes.list(owner)).await?;
        respond(found, |notes| {
            let lines: Vec<String> = notes.iter().map(|note| format!("{}: {}", note.id, note.title)).collect();
            let text = if lines.is_empty() { "no notes yet".to_owned() } else { lines.join("\n") };
            (text, Headings { notes })
        })
    }

    /// Reads one of the caller's own notes by its id.
    #[tool(
        title = "Read a note",
        annotations(
            title = "Read a note",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Note>()
    )]
    async fn read_note(
        &self,
        Parameters(NoteArguments { id }): Parameters<NoteArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let found = self.run(&context, move |notes, owner| notes.read(owner, &id)).await?;
        respond(found, |note| (format!("{}\n\n{}", note.title, note.text), note))
    }

    /// Writes a new note that only the caller can read.
    #[tool(
        title = "Create a note",
        annotations(
            title = "Create a note",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Note>()
    )]
    async fn create_note(
        &self,
        Parameters(NewNoteArguments { title, text }): Parameters<NewNoteArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let written = self.run(&context, move |notes, owner| notes.create(owner, &title, &text)).await?;
        respond(written, |note| (format!("written: {}", note.id), note))
    }

    /// Deletes one of the caller's own notes for good; needs a scope that clients should ask for only now (step-up).
    #[tool(
        title = "Delete a note",
        annotations(
            title = "Delete a note",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Deleted>()
    )]
    async fn delete_note(
        &self,
        Parameters(NoteArguments { id }): Parameters<NoteArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let deleted = id.clone();
        let done = self.run(&context, move |notes, owner| notes.delete(owner, &id)).await?;
        respond(done, |()| (format!("deleted: {deleted}"), Deleted { deleted }))
    }

    /// (8) The owner is who the token names, never an argument: nobody can ask for another's notes.
    async fn run<T: Send + 'static>(
        &self,
        context: &RequestContext<RoleServer>,
        work: impl FnOnce(&Notes, &str) -> Result<T, NoteError> + Send + 'static,
    ) -> Result<Result<T, NoteError>, ErrorData> {
        let (notes, owner) = (self.notes.clone(), principal(context));
        let done = tokio::task::spawn_blocking(move || work(&notes, &owner)).await;
        done.map_err(|_| ErrorData::internal_error("internal error", None))
    }
}

/// The name that a token vouches for, or the one of whoever started the process.
fn subject(claims: Option<&Claims>) -> &str {
    claims.map_or("local", |claims| claims.subject.as_str())
}

fn respond<T, S: Serialize>(
    result: Result<T, NoteError>,
    show: impl FnOnce(T) -> (String, S),
) -> Result<CallToolResult, ErrorData> {
    match result {
        Ok(value) => {
            let (text, structure) = show(value);
            answer(&text, &structure)
        }
        Err(error) => {
            if let NoteError::Database(cause) = &error {
                tracing::error!(%cause, "the notes cannot be used");
            }
            Ok(CallToolResult::error(vec![ContentBlock::text(error.to_string())]))
        }
    }
}

fn answer(text: &str, structured: &impl Serialize) -> Result<CallToolResult, ErrorData> {
    let structured = serde_json::to_value(structured)
        .map_err(|error| ErrorData::internal_error(format!("cannot write the answer: {error}"), None))?;
    let mut result = CallToolResult::structured(structured);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}
