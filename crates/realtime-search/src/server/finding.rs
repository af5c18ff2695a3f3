//! Tools that find: one's own articles, all sources at once, again with less, and what to ask next.

use std::time::Instant;

use mcp_support::{
    ask::Ask,
    refusal::{Refusal, answer, within},
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResponse,
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    RealtimeSearch,
    consent::{Failure, Opened},
    domains, language, query,
    shown::Answer,
    store_refusal,
};
use crate::{
    engine::Engine,
    pipeline::plan::{Period, Safe, Sort, Wanted},
    search::{self, Found},
    session::Session,
    suggest,
};

const MAX_RESULTS: usize = 20;

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArguments {
    /// Words, and operators: "a phrase", -word, +word, site:, -site:, source:, lang:, before:, after:.
    #[schemars(length(min = 1, max = 400))]
    query: String,
    /// Most results; 5 when absent.
    #[serde(default = "default_results")]
    #[schemars(range(min = 1, max = 20))]
    max_results: usize,
    /// Hosts of which one must be a result's, or lie above it.
    #[serde(default)]
    #[schemars(length(max = 20))]
    include_domains: Vec<String>,
    /// Hosts that must not be a result's.
    #[serde(default)]
    #[schemars(length(max = 20))]
    exclude_domains: Vec<String>,
    /// How old results may be: `day`, `week`, `month` or `any`.
    #[serde(default)]
    time_period: Period,
    /// Handle of a session whose context counts, or `new` for a session that begins now.
    #[schemars(length(max = 64))]
    pub(super) session: Option<String>,
    /// Results from this place come first.
    #[schemars(length(max = 60))]
    region: Option<String>,
    /// Only results in this language, two letters.
    #[schemars(length(min = 2, max = 2))]
    language: Option<String>,
    /// What is left out: nothing (`off`), outlets known for spam (`moderate`), also whatever nobody vouches for
    /// (`strict`).
    #[serde(default)]
    safe: Safe,
    /// `relevance`, or `date` for the newest first.
    #[serde(default)]
    sort: Sort,
    /// Whether each score is shown in its parts.
    #[serde(default)]
    pub(super) explain: bool,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefineArguments {
    /// Handle of the session whose last query is refined.
    #[schemars(length(min = 1, max = 64))]
    session: String,
    /// What is added to it: words and operators, such as `-rumour` or `site:courier.example`.
    #[schemars(length(min = 1, max = 200))]
    refinement: String,
    /// The query to refine, where the session does not remember the last one.
    #[schemars(length(min = 1, max = 400))]
    query: Option<String>,
    /// How old results may be now: `day`, `week`, `month` or `any`.
    #[serde(default)]
    time_period: Period,
    /// Most results; 5 when absent.
    #[serde(default = "default_results")]
    #[schemars(range(min = 1, max = 20))]
    max_results: usize,
    /// Whether each score is shown in its parts.
    #[serde(default)]
    explain: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SuggestArguments {
    /// What has been typed or asked.
    #[schemars(length(min = 1, max = 400))]
    query: String,
    /// Handle of a session whose context counts.
    #[schemars(length(min = 1, max = 64))]
    session: Option<String>,
    /// Most suggestions; 5 when absent.
    #[serde(default = "default_results")]
    #[schemars(range(min = 1, max = 20))]
    max_suggestions: usize,
}

fn default_results() -> usize {
    5
}

#[derive(Debug, Serialize, JsonSchema)]
struct Suggestions {
    /// Queries, the best first.
    suggestions: Vec<suggest::Suggestion>,
}

impl SearchArguments {
    pub(super) fn wanted(self) -> Result<Wanted, Refusal> {
        if self.region.as_ref().is_some_and(|region| region.chars().count() > 60) {
            return Err(Refusal::argument("region is too long", "name one place, in at most 60 characters"));
        }
        Ok(Wanted {
            query: query("query", &self.query)?,
            limit: within("max_results", self.max_results, 1, MAX_RESULTS)?,
            include_domains: domains("include_domains", self.include_domains)?,
            exclude_domains: domains("exclude_domains", self.exclude_domains)?,
            period: self.time_period,
            region: self.region,
            language: language("language", self.language)?,
            safe: self.safe,
            sort: self.sort,
        })
    }
}

#[tool_router(router = finding_tools, vis = "pub(super)")]
impl RealtimeSearch {
    /// Searches the archive and everything that has arrived since; use it first, with a session where queries belong
    /// together.
    #[tool(
        title = "Search",
        annotations(
            title = "Search",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Answer>()
    )]
    async fn web_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Failure> {
        let wanted = arguments.clone().wanted()?;
        let mut ask = Ask::new(&self.sealer, &context, "tools/call web_search", &arguments)?;
        let Some(opened) = self.open(&mut ask, &context, arguments.session.as_deref()).await? else {
            return Ok(ask.needs_input()?.into());
        };
        let query = wanted.query.clone();
        let found = self.own(wanted, opened.as_ref(), arguments.explain).await?;
        self.told(found, opened, query, &["archive", "live"], &context).await
    }

    /// Narrows the last query of a session by more words, operators or a shorter time; use it after `web_search`.
    #[tool(
        title = "Refine a search",
        annotations(
            title = "Refine a search",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Answer>()
    )]
    async fn refine_search(
        &self,
        Parameters(arguments): Parameters<RefineArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Failure> {
        let refinement = query("refinement", &arguments.refinement)?;
        let limit = within("max_results", arguments.max_results, 1, MAX_RESULTS)?;
        let session = self.session(&principal(&context), &arguments.session).await?;
        let before = arguments.query.clone().or_else(|| session.history.last().map(|asked| asked.query.clone()));
        let before = before.ok_or_else(|| {
            Refusal::argument("this session remembers no query", "give the query to refine as `query`")
        })?;
        let whole = query("the refined query", &format!("{} {refinement}", query("query", &before)?))?;
        let wanted = Wanted { query: whole.clone(), limit, period: arguments.time_period, ..Wanted::default() };
        let opened = Opened { id: arguments.session, session };
        let found = self.own(wanted, Some(&opened), arguments.explain).await?;
        self.told(found, Some(opened), whole, &["archive", "live"], &context).await
    }

    /// Suggests what to ask next, from the articles that a query finds and from the session; use it when a query is
    /// too short or finds too much.
    #[tool(
        title = "Suggest queries",
        annotations(
            title = "Suggest queries",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Suggestions>()
    )]
    async fn suggest_queries(
        &self,
        Parameters(arguments): Parameters<SuggestArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Failure> {
        let text = query("query", &arguments.query)?;
        let most = within("max_suggestions", arguments.max_suggestions, 1, MAX_RESULTS)?;
        let session = match &arguments.session {
            Some(id) => Some(self.session(&principal(&context), id).await?),
            None => None,
        };
        let suggestions = self
            .blocking(move |engine| {
                suggest::suggest(&engine.library, &text, session.as_ref(), &engine.weights, engine.clock.now(), most)
            })
            .await?
            .map_err(|error| Refusal::internal("suggesting", error))?;
        let lines: Vec<String> =
            suggestions.iter().map(|suggestion| format!("{} ({})", suggestion.query, suggestion.why)).collect();
        let text = if lines.is_empty() { "no suggestions: nothing was found".to_owned() } else { lines.join("\n") };
        Ok(answer(text, &Suggestions { suggestions })?.into())
    }
}

impl RealtimeSearch {
    /// Searches one's own articles.
    async fn own(&self, wanted: Wanted, opened: Option<&Opened>, explain: bool) -> Result<Answer, Refusal> {
        let (began, session) = (Instant::now(), opened.map(|opened| opened.session.clone()));
        let found = self.blocking(move |engine| {
            let found = find(engine, wanted, session.as_ref())?;
            let took_ms = began.elapsed().as_secs_f64() * 1000.0;
            Ok(Answer::new(&found, engine.library.outlets(), explain, Vec::new(), took_ms))
        });
        found.await?
    }

    /// Remembers what was asked, where there is a session that may, and answers.
    pub(super) async fn told(
        &self,
        mut told: Answer,
        opened: Option<Opened>,
        query: String,
        sources: &[&str],
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Failure> {
        if let Some(opened) = opened {
            let (now, owner) = (self.engine.clock.now(), principal(context));
            let names: Vec<String> = sources.iter().map(|name| (*name).to_owned()).collect();
            let remember = move |session: &mut Session| {
                session.remember_query(&query, now);
                session.count_sources(names.iter().map(String::as_str));
            };
            let changed = self.engine.sessions.change(&owner, &opened.id, now, remember).await;
            let (session, ()) = changed.map_err(store_refusal)?;
            self.session_changed(&opened.id);
            told.remembers = session.sources.history_consent == Some(true);
            if session.sources.history_consent.is_none() {
                told.notes.push("nobody was asked whether queries may be remembered, so none are".to_owned());
            }
            told.session = Some(opened.id);
        }
        Ok(answer(told.text(), &told)?.into())
    }
}

/// Searches one's own articles. Blocks.
pub(super) fn find(engine: &Engine, wanted: Wanted, session: Option<&Session>) -> Result<Found, Refusal> {
    search::search(&engine.library, wanted, session, &engine.weights, engine.clock.now())
        .map_err(|error| Refusal::internal("searching", error))
}
