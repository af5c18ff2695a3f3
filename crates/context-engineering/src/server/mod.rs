//! The MCP surface: thin, no algorithms. The numbers (1) to (10) are the steps of the README's "How it works".

mod answers;
mod arguments;
mod assemble;
mod compress;
mod contexts;
mod corpus;
mod evaluation;
mod memory;
mod process;
mod prompts;
mod resources;
mod surface;

use std::{path::Path, sync::Arc};

use mcp_support::{cli::UsageError, clock::Clock, llm::ChatModel, refusal::Refusal, schema};
use rmcp::handler::server::router::tool::ToolRouter;

use crate::{
    corpus::{CorpusError, Embedding},
    embedder::EmbedError,
    library::{Library, LibraryError},
    memory::{Memory, MemoryError},
    settings::Settings,
    tokens::Encoding,
};

/// The server. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct ContextEngineering {
    tools: Arc<ToolRouter<Self>>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    library: Library,
    memory: Memory,
    model: Option<Arc<dyn ChatModel>>,
    encoding: Encoding,
}

impl ContextEngineering {
    /// A server with these settings.
    ///
    /// # Errors
    /// A setting makes no sense, the memory's file cannot be used, or two tools have one name.
    pub fn new(settings: &Settings, embedding: Embedding) -> anyhow::Result<Self> {
        if let Some(folder) = settings.documents.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(
                UsageError(format!("--documents (CONTEXT_DOCUMENTS): {} is no folder", folder.display())).into()
            );
        }
        let memory = Memory::open(settings.data.as_deref(), Clock::default()).map_err(|error| {
            let folder = settings.data.as_deref().unwrap_or(Path::new("."));
            anyhow::anyhow!("--data (CONTEXT_DATA) {}: {error}", folder.display())
        })?;
        let model = settings.model.provider()?.map(|provider| Arc::new(provider) as Arc<dyn ChatModel>);
        let shared = Shared {
            library: Library::new(settings.encoding, embedding, settings.documents.clone()),
            memory,
            model,
            encoding: settings.encoding,
        };
        let tools = schema::join([
            Self::corpus_tools(),
            Self::process_tools(),
            Self::context_tools(),
            Self::assemble_tools(),
            Self::compress_tools(),
            Self::memory_tools(),
            Self::evaluation_tools(),
        ])?;
        Ok(Self { tools: Arc::new(tools), shared: Arc::new(shared) })
    }

    /// Runs work that blocks, on a thread where that harms nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let shared = self.shared.clone();
        let working = tokio::task::spawn_blocking(move || work(&shared));
        working.await.map_err(|error| Refusal::internal("working", error))?
    }
}

impl From<LibraryError> for Refusal {
    fn from(error: LibraryError) -> Self {
        let hint = match &error {
            LibraryError::Corpus(CorpusError::Embed(error)) => return error.clone().into(),
            LibraryError::Bundled(_) => return Self::internal("indexing", error),
            LibraryError::Document(_) => "mend this document, or leave it out; none of them was taken",
            LibraryError::Corpus(CorpusError::Full { .. }) | LibraryError::Full { .. } => "send fewer documents",
            LibraryError::NoFolder => "send the documents inline, or ask the operator to set CONTEXT_DOCUMENTS",
            LibraryError::Folder(_) => "name a folder relative to the operator's, or . for all of it",
        };
        Self::argument(error.to_string(), hint)
    }
}

impl From<EmbedError> for Refusal {
    fn from(error: EmbedError) -> Self {
        tracing::warn!(%error, "no vectors");
        Self::argument(error.to_string(), "call again in a minute, or search with mode keyword")
    }
}

impl From<MemoryError> for Refusal {
    fn from(error: MemoryError) -> Self {
        let hint = match &error {
            MemoryError::Unknown(_) => "open_context gives out handles; they end after 30 days".to_owned(),
            MemoryError::Full { .. } => "use a context that is there, or compact its history first".to_owned(),
            MemoryError::Length => "say in one or two sentences what was decided".to_owned(),
            MemoryError::NoDecision(_) => "list_decisions shows their numbers".to_owned(),
            MemoryError::Busy => "call again; nothing has changed".to_owned(),
            MemoryError::Budget { needed, .. } => format!("decisions are never dropped: give at least {needed} tokens"),
            MemoryError::Store(_) | MemoryError::File(_) | MemoryError::Version(_) => {
                return Self::internal("using the memory", error);
            }
        };
        Self::argument(error.to_string(), hint)
    }
}
