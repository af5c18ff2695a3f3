//! The tool that sets what a session wants.

use mcp_support::{
    ask::Ask,
    refusal::{Refusal, answer, quoted},
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
    consent::Failure,
    domains, language,
    sessions::{Context, described},
    store_refusal,
};
use crate::{
    pipeline::plan::Period,
    session::{MAX_ENTRY, MAX_LIST, Session},
};

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

#[tool_router(router = preference_tools, vis = "pub(super)")]
impl RealtimeSearch {
    /// Sets what a session wants: topics, outlets, languages, place, field of work, hosts, time; what is absent stays
    /// as it is.
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
}

impl RealtimeSearch {
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
                session.time.period = period;
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
