//! Resources: sessions and topics of the caller, and what can be asked.

use mcp_support::{
    refusal::{Refusal, document, not_found, quoted},
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{ReadResourceResponse, Resource, ResourceTemplate},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{RealtimeSearch, sessions::Context, topics::Polled};
use crate::{article::Outlet, feed::TOPIC};

/// Where a session can be read.
pub(super) const SESSION: &str = "search://session/";
/// Where the sources are listed.
pub(super) const PROVIDERS: &str = "search://providers";

#[derive(Debug, Serialize, JsonSchema)]
struct Providers {
    /// What can be asked.
    sources: Vec<SourceShown>,
    /// Articles that are searched inside.
    articles: usize,
    /// How many of them have arrived since the start.
    arrived: usize,
    /// Outlets, and how far each is trusted.
    outlets: Vec<Outlet>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SourceShown {
    name: String,
    about: String,
    /// Whether a query leaves this machine: then the person is asked first.
    outside: bool,
}

impl RealtimeSearch {
    pub(super) async fn resources(&self, context: &RequestContext<RoleServer>) -> Result<Vec<Resource>, ErrorData> {
        let owner = principal(context);
        let json = |uri: String, name: String, title: String| {
            Resource::new(uri, name).with_title(title).with_mime_type("application/json")
        };
        let mut resources = vec![json(PROVIDERS.to_owned(), "providers".to_owned(), "What can be asked".to_owned())];
        let mut sessions = self.session_ids(&owner).await?;
        sessions.sort_unstable();
        resources.extend(
            sessions
                .into_iter()
                .map(|id| json(format!("{SESSION}{id}"), format!("session {id}"), "A session".to_owned())),
        );
        let topics = self.engine.topics.list(&owner).into_iter();
        resources.extend(
            topics.map(|topic| json(format!("{TOPIC}{}", topic.topic), format!("topic {}", topic.topic), topic.query)),
        );
        Ok(resources)
    }

    /// Handles of a caller's sessions.
    pub(super) async fn session_ids(&self, owner: &str) -> Result<Vec<String>, ErrorData> {
        let listed = self.engine.sessions.list(owner, self.engine.clock.now()).await;
        listed.map_err(|error| Refusal::internal("listing sessions", error).protocol_error())
    }

    pub(super) fn templates() -> Vec<ResourceTemplate> {
        let template = |uri: String, name: &str, title: &str| {
            ResourceTemplate::new(uri, name).with_title(title).with_mime_type("application/json")
        };
        vec![
            template(format!("{SESSION}{{id}}"), "session", "What a session knows, in its seven parts"),
            template(format!("{TOPIC}{{id}}"), "topic", "A standing query with its alerts"),
        ]
    }

    pub(super) async fn read(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let owner = principal(context);
        if uri == PROVIDERS {
            let sources = self.engine.sources.iter().map(|source| SourceShown {
                name: source.name().to_owned(),
                about: source.about(),
                outside: source.is_outside(),
            });
            let (articles, arrived) = self.engine.library.count();
            let outlets = self.engine.library.outlets().iter().cloned().collect();
            return document(uri, &Providers { sources: sources.collect(), articles, arrived, outlets });
        }
        if let Some(id) = uri.strip_prefix(SESSION) {
            let known = self.engine.sessions.get(&owner, id, self.engine.clock.now()).await;
            let known = known.map_err(|error| not_found(error.to_string(), uri))?;
            return document(uri, &Context { session: id.to_owned(), context: known });
        }
        if let Some(id) = uri.strip_prefix(TOPIC) {
            let polled = self.engine.topics.poll(&owner, id, 0, self.engine.clock.now());
            let (topic, alerts) = polled.map_err(|error| not_found(error.to_string(), uri))?;
            return document(uri, &Polled { topic, alerts });
        }
        Err(not_found(format!("there is no resource {}", quoted(uri)), uri))
    }
}
