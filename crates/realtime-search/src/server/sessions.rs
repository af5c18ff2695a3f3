//! Tools for what a session holds: told, shown, taken along, forgotten.

use mcp_support::{
    changes::Change,
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

use super::{RealtimeSearch, resources::SESSION, store_refusal};
use crate::session::{Interaction, InteractionKind, Session};

const MAX_DWELL: f64 = 3600.0;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InteractionArguments {
    /// Handle of the session.
    #[schemars(length(min = 1, max = 64))]
    session: String,
    /// Id of the result, as a search shows it.
    #[schemars(length(min = 1, max = 200))]
    id: String,
    /// `click`, or `dwell` once it is known how long it was read.
    kind: InteractionKind,
    /// Seconds that it was read for; 0 when absent.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 3600.0))]
    dwell_seconds: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Recorded {
    /// Whether it was remembered: only where the person has agreed.
    remembered: bool,
    /// Interactions of the session so far.
    interactions: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SessionArguments {
    /// Handle of the session.
    #[schemars(length(min = 1, max = 64))]
    session: String,
}

/// A session with its handle.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Context {
    /// Its handle.
    pub(super) session: String,
    /// Everything that is remembered, in seven parts.
    pub(super) context: Session,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Forgotten {
    /// The handle that was.
    session: String,
    /// Queries that were forgotten.
    queries: usize,
    /// Interactions that were forgotten.
    interactions: usize,
}

#[tool_router(router = session_tools, vis = "pub(super)")]
impl RealtimeSearch {
    /// Tells a session that a result was opened or read; use it so that later results fit better.
    #[tool(
        title = "Record an interaction",
        annotations(
            title = "Record an interaction",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Recorded>()
    )]
    async fn record_interaction(
        &self,
        Parameters(arguments): Parameters<InteractionArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let InteractionArguments { session, id, kind, dwell_seconds } = arguments;
        within("dwell_seconds", dwell_seconds, 0.0, MAX_DWELL)?;
        if self.engine.library.get(&id).is_none() {
            return Err(Refusal::argument(
                format!("there is no article {}", quoted(&id)),
                "take the id of a result of web_search",
            ));
        }
        let now = self.engine.clock.now();
        let record =
            move |session: &mut Session| session.remember_interaction(Interaction { id, kind, dwell_seconds, at: now });
        let changed = self.engine.sessions.change(&principal(&context), &session, now, record).await;
        let (known, remembered) = changed.map_err(store_refusal)?;
        self.session_changed(&session);
        let text = if remembered {
            format!("remembered; {} so far", known.interactions.len())
        } else {
            "not remembered: the person has not agreed that this session remembers".to_owned()
        };
        answer(text, &Recorded { remembered, interactions: known.interactions.len() })
    }

    /// Shows what a session knows, in its seven parts; use it to see why results come as they do.
    #[tool(
        title = "Get the context",
        annotations(
            title = "Get the context",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Context>()
    )]
    async fn get_context(
        &self,
        Parameters(SessionArguments { session }): Parameters<SessionArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let known = self.session(&principal(&context), &session).await?;
        answer(format!("session {session}: {}", described(&known)), &Context { session, context: known })
    }

    /// Exports a session whole, as JSON that the person can keep; use it before forgetting, or when they ask what is
    /// stored.
    #[tool(
        title = "Export a session",
        annotations(
            title = "Export a session",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Context>()
    )]
    async fn export_session(
        &self,
        Parameters(SessionArguments { session }): Parameters<SessionArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let known = self.session(&principal(&context), &session).await?;
        let exported = Context { session, context: known };
        let text = serde_json::to_string_pretty(&exported).map_err(|error| Refusal::internal("exporting", error))?;
        answer(text, &exported)
    }

    /// Forgets a session: it is deleted, and overwritten on the disk; use it when the person asks, or is done.
    #[tool(
        title = "Forget a session",
        annotations(
            title = "Forget a session",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Forgotten>()
    )]
    async fn forget_session(
        &self,
        Parameters(SessionArguments { session }): Parameters<SessionArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let known = self.engine.sessions.forget(&principal(&context), &session).await.map_err(store_refusal)?;
        self.session_changed(&session);
        self.engine.changes.announce(Change::Resources);
        let counts = known.map(|known| (known.history.len(), known.interactions.len()));
        let text = match counts {
            Some((queries, interactions)) => {
                let queries = counted(queries, "query", "queries");
                let interactions = counted(interactions, "interaction", "interactions");
                format!("forgotten: {queries}, {interactions}, and all preferences")
            }
            None => "forgotten: what was there was damaged, and could not be counted".to_owned(),
        };
        let (queries, interactions) = counts.unwrap_or_default();
        answer(text, &Forgotten { session, queries, interactions })
    }
}

impl RealtimeSearch {
    /// Whoever watches the session reads it again.
    pub(super) fn session_changed(&self, id: &str) {
        self.engine.changes.announce(Change::Updated(format!("{SESSION}{id}").into()));
    }
}

/// A session in one line.
pub(super) fn described(session: &Session) -> String {
    let preferences = &session.preferences;
    let remembers = match session.sources.history_consent {
        Some(true) => "remembers queries",
        Some(false) => "remembers no queries, as the person wants it",
        None => "remembers no queries: nobody was asked",
    };
    let mut parts = vec![
        remembers.to_owned(),
        counted(session.history.len(), "query", "queries"),
        counted(session.interactions.len(), "interaction", "interactions"),
    ];
    for (name, list) in [
        ("topics", &preferences.topics),
        ("sources", &preferences.sources),
        ("not from", &preferences.blocked_sources),
        ("languages", &preferences.languages),
        ("only at", &session.filters.include_domains),
        ("not at", &session.filters.exclude_domains),
    ] {
        if !list.is_empty() {
            parts.push(format!("{name} {}", list.join(", ")));
        }
    }
    parts.extend(preferences.region.iter().map(|region| format!("in {region}")));
    parts.extend(session.domain.iter().map(|domain| format!("field of work {domain}")));
    parts.join("; ")
}
