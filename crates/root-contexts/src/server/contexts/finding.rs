//! (7) Contexts and messages are found again, by those who may see them.

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
    arguments::{handle, length, within},
    views::headline,
};
use crate::{
    contexts::{
        Hit, SearchFor,
        model::{ContextInfo, State},
    },
    error::Refusal,
    server::{RootContexts, answer::answer},
};

const MAX_QUERY: usize = 500;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListContexts {
    /// Which ones; active when absent.
    state: Option<ListedState>,
    /// How many at a time; 20 when absent.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where to go on: next_cursor of the page before, with the same state, within ten minutes.
    #[schemars(length(max = 2000))]
    cursor: Option<String>,
}

/// Which contexts a list holds.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum ListedState {
    /// Those that can be written to.
    #[default]
    Active,
    /// Those that are archived.
    Archived,
    /// Both.
    All,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchContexts {
    /// Words, all of which a message has to hold; at most 16 count. Signs mean nothing.
    #[schemars(length(min = 1, max = 500))]
    query: String,
    /// One context only; all that you may read when absent.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: Option<String>,
    /// Archived contexts too; when absent, only one that context_id names.
    include_archived: Option<bool>,
    /// Hits to return; 10 when absent.
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    /// The newest first: yours, and those that are shared with you.
    contexts: Vec<ContextInfo>,
    /// Send it to get the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SearchResult {
    /// The words that were searched for.
    words: Vec<String>,
    /// The best first.
    hits: Vec<Hit>,
    /// Messages that hold all words, of the newest 200 that do.
    matches: usize,
}

#[tool_router(router = context_finding_tools, vis = "pub(in crate::server)")]
impl RootContexts {
    /// Lists contexts that you own or that are shared with you, the newest first; use it to find a handle again.
    #[tool(
        title = "List contexts",
        annotations(
            title = "List contexts",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Listed>()
    )]
    async fn list_contexts(
        &self,
        Parameters(arguments): Parameters<ListContexts>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let limit = within("limit", arguments.limit.unwrap_or(20), 1, 100)?;
        let (caller, state) = (principal(&context), arguments.state.unwrap_or_default());
        // A cursor goes on with the list that it comes from, for the caller that it was given to.
        let (purpose, state) = match state {
            ListedState::Active => ("list_contexts active", Some(State::Active)),
            ListedState::Archived => ("list_contexts archived", Some(State::Archived)),
            ListedState::All => ("list_contexts all", None),
        };
        let sealer = &self.shared.sealer;
        let after = arguments.cursor.map(|cursor| sealer.open_for::<(i64, String)>(&caller, purpose, &cursor));
        let after = after.transpose().map_err(|error| {
            Refusal::argument(
                format!("the cursor is not valid here: {error}"),
                "call again without a cursor, and use each next_cursor with the same state",
            )
        })?;
        let page = self.contexts().list(&caller, state, false, after, limit).await?;
        let next_cursor = page.next.map(|next| sealer.seal_for(&caller, purpose, &next)).transpose();
        let next_cursor = next_cursor.map_err(|error| Refusal::internal("sealing a cursor", error))?;
        let mut lines: Vec<String> = page.contexts.iter().map(headline).collect();
        if lines.is_empty() {
            lines.push("no contexts".to_owned());
        }
        answer(lines.join("\n"), &Listed { contexts: page.contexts, next_cursor })
    }

    /// Searches the messages of all contexts that you may read for words, and shows where they stand.
    #[tool(
        title = "Search contexts",
        annotations(
            title = "Search contexts",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<SearchResult>()
    )]
    async fn search_contexts(
        &self,
        Parameters(arguments): Parameters<SearchContexts>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let SearchContexts { query, context_id, include_archived, limit } = arguments;
        length("query", &query, 1, MAX_QUERY)?;
        context_id.as_deref().map(handle).transpose()?;
        let most = within("limit", limit.unwrap_or(10), 1, 50)? as usize;
        if crate::contexts::words(&query).is_empty() {
            let what = format!("the query {} holds no word", crate::error::quoted(&query));
            return Err(Refusal::argument(what, "send words, such as refund"));
        }
        // One that is named is searched, archived or not.
        let archived = include_archived.unwrap_or(context_id.is_some());
        let wanted = SearchFor { query, context_id, archived, most };
        let found = self.contexts().search(&principal(&context), wanted).await?;
        let mut text = format!("{} messages hold {}", found.matches, found.words.join(" and "));
        for hit in &found.hits {
            text.push_str(&format!("\n{} [{}] {}: {}", hit.context_name, hit.position, hit.role, hit.snippet));
        }
        answer(text, &SearchResult { words: found.words, hits: found.hits, matches: found.matches })
    }
}
