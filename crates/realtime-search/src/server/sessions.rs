//! Tools for what a session holds: told, shown, taken along, forgotten.

use mcp_support::{
    ask::Ask,
    changes::Change,
    refusal::{Refusal, answer, quoted, within},
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::{CallToolResponse, CallToolResult},
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RealtimeSearch, consent::Failure, domains, language, resources::SESSION, store_refusal};
use crate::{
    pipeline::plan::Period,
    session::{Interaction, InteractionKind, MAX_ENTRY, MAX_LIST, Session},
};

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

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PreferenceArguments {
    /// Handle of a session, or `new` for one that begins now.
    #[schemars(length(min = 1, max = 64))]
    session: String,
    /// Topics that are wanted, such as `science`; an empty list wants none in particular.
    #[schemars(length(max = 20))]
    topics: Option<Vec<String>>,
    /// Outlets that are wanted, by id as `search://providers` lists them.
    #[schemars(length(max = 20))]
    sources: Option<Vec<String>>,
    /// Outlets that are not wanted.
    #[schemars(length(max = 20))]
    blocked_sources: Option<Vec<String>>,
    /// Languages that are read, two letters each.
    #[schemars(length(max = 20))]
    languages: Option<Vec<String>>,
    /// Where the person is; empty for nowhere.
    #[schemars(length(max = 100))]
    region: Option<String>,
    /// Field of work; empty for none.
    #[schemars(length(max = 100))]
    domain: Option<String>,
    /// Hosts that every search of this session is limited to.
    #[schemars(length(max = 20))]
    include_domains: Option<Vec<String>>,
    /// Hosts that every search of this session leaves out.
    #[schemars(length(max = 20))]
    exclude_domains: Option<Vec<String>>,
    /// How old results may be where a search does not say: `day`, `week`, `month` or `any`.
    time_period: Option<Period>,
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

    /// Sets what a session wants: topics, outlets, languages, place, field of work, hosts, time; what is absent stays as it is.
    #[tool(
        title = "Set preferences",
        annotations(
            title = "Set preferences",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Context>()
    )]
    async fn set_preferences(
        &self,
        Parameters(arguments): Parameters<PreferenceArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Failure> {
        let mut ask = Ask::new(&self.sealer, &context, "tools/call set_preferences", &arguments)?;
        let id = arguments.session.clone();
        let change = self.checked(arguments)?;
        let Some(opened) = self.open(&mut ask, &context, Some(&id)).await? else {
            return Ok(ask.needs_input()?.into());
        };
        let Some(opened) = opened else { return Err(Refusal::internal("opening a session", "none").into()) };
        let now = self.engine.clock.now();
        let changed = self.engine.sessions.change(&principal(&context), &opened.id, now, change).await;
        let (session, ()) = changed.map_err(store_refusal)?;
        self.session_changed(&opened.id);
        let text = format!("session {}: {}", opened.id, described(&session));
        Ok(answer(text, &Context { session: opened.id, context: session })?.into())
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

    /// Exports a session whole, as JSON that the person can keep; use it before forgetting, or when they ask what is stored.
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
        let now = self.engine.clock.now();
        let known = self.engine.sessions.forget(&principal(&context), &session, now).await.map_err(store_refusal)?;
        self.session_changed(&session);
        self.engine.changes.announce(Change::Resources);
        let (queries, interactions) = (known.history.len(), known.interactions.len());
        let text = format!("forgotten: {queries} queries, {interactions} interactions, and all preferences");
        answer(text, &Forgotten { session, queries, interactions })
    }
}

impl RealtimeSearch {
    /// Whoever watches the session reads it again.
    pub(super) fn session_changed(&self, id: &str) {
        self.engine.changes.announce(Change::Updated(format!("{SESSION}{id}").into()));
    }

    fn checked(&self, arguments: PreferenceArguments) -> Result<impl FnOnce(&mut Session) + Send + use<>, Refusal> {
        for (name, list) in [
            ("topics", &arguments.topics),
            ("sources", &arguments.sources),
            ("blocked_sources", &arguments.blocked_sources),
            ("languages", &arguments.languages),
        ] {
            entries(name, list.iter().flatten())?;
        }
        for tag in arguments.languages.iter().flatten() {
            language("languages", Some(tag.clone()))?;
        }
        let outlets = self.engine.library.outlets();
        for source in arguments.sources.iter().chain(&arguments.blocked_sources).flatten() {
            if !outlets.iter().any(|outlet| outlet.id == *source) {
                let known: Vec<&str> = outlets.iter().map(|outlet| outlet.id.as_str()).collect();
                let hint = format!("use one of: {}", known.join(", "));
                return Err(Refusal::argument(format!("there is no outlet {}", quoted(source)), hint));
            }
        }
        entries("region", arguments.region.iter())?;
        entries("domain", arguments.domain.iter())?;
        let include = arguments.include_domains.map(|hosts| domains("include_domains", hosts)).transpose()?;
        let exclude = arguments.exclude_domains.map(|hosts| domains("exclude_domains", hosts)).transpose()?;
        let now = self.engine.clock.now();
        Ok(move |session: &mut Session| {
            let set = |list: &mut Vec<String>, new: Option<Vec<String>>| new.into_iter().for_each(|new| *list = new);
            set(&mut session.preferences.topics, arguments.topics);
            set(&mut session.preferences.sources, arguments.sources);
            set(&mut session.preferences.blocked_sources, arguments.blocked_sources);
            set(
                &mut session.preferences.languages,
                arguments.languages.map(|tags| tags.iter().map(|tag| tag.to_lowercase()).collect()),
            );
            set(&mut session.filters.include_domains, include);
            set(&mut session.filters.exclude_domains, exclude);
            let named = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            if let Some(region) = arguments.region {
                session.preferences.region = named(region);
            }
            if let Some(domain) = arguments.domain {
                session.domain = named(domain);
            }
            if let Some(period) = arguments.time_period {
                session.time.window = period.window(now);
            }
        })
    }
}

fn entries<'a>(name: &str, list: impl Iterator<Item = &'a String>) -> Result<(), Refusal> {
    let mut count = 0;
    for entry in list {
        count += 1;
        if entry.chars().count() > MAX_ENTRY || entry.chars().any(char::is_control) {
            let hint = format!("an entry has at most {MAX_ENTRY} characters, on one line");
            return Err(Refusal::argument(format!("{} in {name}", quoted(entry)), hint));
        }
    }
    if count > MAX_LIST {
        return Err(Refusal::argument(format!("{name} has {count} entries"), format!("at most {MAX_LIST}")));
    }
    Ok(())
}

/// A session in one line.
fn described(session: &Session) -> String {
    let preferences = &session.preferences;
    let remembers = match session.sources.history_consent {
        Some(true) => "remembers queries",
        Some(false) => "remembers no queries, as the person wants it",
        None => "remembers no queries: nobody was asked",
    };
    let mut parts = vec![
        remembers.to_owned(),
        format!("{} queries", session.history.len()),
        format!("{} interactions", session.interactions.len()),
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
