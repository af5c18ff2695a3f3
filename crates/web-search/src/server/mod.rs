//! The MCP surface: thin. The numbers are those of the README's "How it works".

mod arguments;
mod combined;
mod output;
mod pages;
mod prompts;
mod question;
mod resources;
mod searches;
mod status;
mod surface;

use std::sync::Arc;

use mcp_support::{
    clock::Clock,
    fetch::{Fetcher, Policy},
    schema,
    search::provider::ProviderRequest,
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::router::{prompt::PromptRouter, tool::ToolRouter},
    service::RequestContext,
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use self::output::{Failure, SearchOutput};
use crate::{
    embedded::Embedded,
    history::History,
    providers,
    resilience::{Found, Search},
    settings::Settings,
};

/// Largest page that is fetched, in bytes.
const PAGE_BYTES: u64 = 3 * 1024 * 1024;
/// Pages that are read at a time: each keeps a processor busy.
const READERS: usize = 4;

/// The server. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct WebSearch {
    tools: Arc<ToolRouter<Self>>,
    prompts: Arc<PromptRouter<Self>>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    search: Arc<Search>,
    /// The bundled collection, if it is one of the providers.
    embedded: Option<Embedded>,
    history: History,
    fetcher: Fetcher,
    readers: Semaphore,
    clock: Clock,
}

impl WebSearch {
    /// A server with these settings. The index is opened, or built at the first start.
    ///
    /// # Errors
    /// A setting makes no sense, or two tools have one name.
    pub async fn new(settings: &Settings) -> anyhow::Result<Self> {
        let clock = Clock::default();
        let (settings_too, clock_too) = (settings.clone(), clock.clone());
        let (search, embedded) = spawn_blocking(move || providers::open(&settings_too, &clock_too)).await??;
        tracing::debug!(providers = search.providers().collect::<Vec<_>>().join(","), "searches");
        let fetcher = Fetcher::new(Policy { allowed_hosts: settings.fetch_hosts.clone(), ..Policy::default() })
            .for_content(PAGE_BYTES, &["text/", "application/xhtml+xml", "application/json"]);
        let tools = schema::join([
            Self::search_tools(),
            Self::question_tools(),
            Self::page_tools(),
            Self::combined_tools(),
            Self::status_tools(),
        ])?;
        let shared = Shared {
            search: Arc::new(search),
            embedded,
            history: History::new(clock.clone()),
            fetcher,
            readers: Semaphore::new(READERS),
            clock,
        };
        Ok(Self { tools: Arc::new(tools), prompts: Arc::new(Self::prompt_router()), shared: Arc::new(shared) })
    }

    /// (1) One way from a tool to the providers; what was found is kept for its caller.
    async fn find(
        &self,
        tool: &'static str,
        request: &ProviderRequest,
        context: &RequestContext<RoleServer>,
    ) -> Result<SearchOutput, Failure> {
        Ok(self.searched(tool, request, context).await?.1)
    }

    /// The same, with the answer as the provider gave it.
    async fn searched(
        &self,
        tool: &'static str,
        request: &ProviderRequest,
        context: &RequestContext<RoleServer>,
    ) -> Result<(Arc<Found>, SearchOutput), Failure> {
        let started = std::time::Instant::now();
        let (found, served) = self.shared.search.search(request).await.map_err(Failure::Search)?;
        let output = SearchOutput::new(History::new_id(), request, &found, served);
        // What was asked may be private: it is no business of the log.
        let (provider, results, millis) = (found.provider, output.results.len(), started.elapsed().as_millis() as u64);
        tracing::info!(tool, provider, ?served, results, passed_over = found.passed_over.len(), millis, "has searched");
        let document = serde_json::to_value(&output).map_err(Failure::internal)?;
        let line = (request.query.as_str(), provider, results);
        self.shared.history.keep(&principal(context), output.id.clone(), tool, line, document);
        Ok((found, output))
    }
}
