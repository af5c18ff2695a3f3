//! The MCP surface, thin around what the server does.

mod consent;
mod federated;
mod finding;
mod handler;
mod preferences;
mod prompts;
mod resources;
mod sessions;
mod shown;
mod topics;
mod work;

use std::sync::Arc;

use mcp_support::{
    ask::Sealer,
    refusal::Refusal,
    schema::{self, DuplicateTool},
};
use rmcp::handler::server::router::tool::ToolRouter;

use crate::{
    engine::Engine,
    pipeline::analyse::MAX_QUERY,
    session::{MAX_SESSIONS, Session, StoreError},
};

/// Most hosts in one list of a call.
const MAX_DOMAINS: usize = 20;

/// The server. A clone is cheap.
#[derive(Clone)]
pub struct RealtimeSearch {
    tools: Arc<ToolRouter<Self>>,
    engine: Arc<Engine>,
    sealer: Arc<Sealer>,
}

impl RealtimeSearch {
    /// The surface of an engine.
    ///
    /// # Errors
    /// Two tools have the same name.
    pub fn new(engine: Engine) -> Result<Self, DuplicateTool> {
        let tools = schema::join([
            Self::finding_tools(),
            Self::federated_tools(),
            Self::work_tools(),
            Self::session_tools(),
            Self::preference_tools(),
            Self::topic_tools(),
        ])?;
        Ok(Self { tools: Arc::new(tools), engine: Arc::new(engine), sealer: Arc::new(Sealer::random()) })
    }

    /// A caller's session.
    async fn session(&self, owner: &str, id: &str) -> Result<Session, Refusal> {
        if id == consent::NEW {
            let hint = "begin one with session 'new' in web_search, federated_search or set_preferences";
            return Err(Refusal::argument("this tool goes on with a session, and begins none", hint));
        }
        self.engine.sessions.get(owner, id, self.engine.clock.now()).await.map_err(store_refusal)
    }

    /// Work on the index, on a thread of its own.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let engine = self.engine.clone();
        let working = tokio::task::spawn_blocking(move || work(&engine));
        working.await.map_err(|error| Refusal::internal("searching", error))
    }
}

fn store_refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::Unknown(_) => Refusal::argument(
            error.to_string(),
            "it has ended, was forgotten, or is another caller's; call with session 'new' for another",
        ),
        StoreError::TooMany => Refusal::argument(
            error.to_string(),
            format!(
                "at most {MAX_SESSIONS} at a time: resources/list names them as search://session/{{id}}, and \
                 forget_session ends one"
            ),
        ),
        StoreError::Failed(_) => Refusal::internal("using the store", error),
    }
}

/// A query that can be worked with.
fn query(name: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let count = text.chars().count();
    if text.is_empty() || count > MAX_QUERY {
        return Err(Refusal::argument(
            format!("{name} has {count} characters"),
            format!("{name} must have from 1 to {MAX_QUERY} characters"),
        ));
    }
    Ok(text.to_owned())
}

/// Hosts that can be filtered by.
fn domains(name: &str, hosts: Vec<String>) -> Result<Vec<String>, Refusal> {
    if hosts.len() > MAX_DOMAINS {
        let hint = format!("{name} takes at most {MAX_DOMAINS} hosts");
        return Err(Refusal::argument(format!("{name} has {} hosts", hosts.len()), hint));
    }
    let is_host = |host: &String| {
        (1..=253).contains(&host.len()) && host.chars().all(|letter| letter.is_alphanumeric() || ".-".contains(letter))
    };
    if let Some(odd) = hosts.iter().find(|host| !is_host(host)) {
        let hint = "write hosts alone, such as 'courier.example'";
        return Err(Refusal::argument(format!("{} in {name} is no host", mcp_support::refusal::quoted(odd)), hint));
    }
    Ok(hosts)
}

/// A language of two letters.
fn language(name: &str, tag: Option<String>) -> Result<Option<String>, Refusal> {
    match tag {
        Some(tag) if tag.len() != 2 || !tag.chars().all(|letter| letter.is_ascii_alphabetic()) => {
            let shown = mcp_support::refusal::quoted(&tag);
            Err(Refusal::argument(format!("{name} is {shown}"), "use two letters, such as 'en' or 'de'"))
        }
        tag => Ok(tag.map(|tag| tag.to_lowercase())),
    }
}
