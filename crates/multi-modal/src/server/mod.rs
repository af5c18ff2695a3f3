//! The MCP surface: thin, no algorithms. One file for each family of tools.

mod answer;
mod documents;
mod images;
mod media;
mod resources;
mod sounds;
mod videos;

use std::sync::Arc;

use mcp_support::{
    changes::{Change, Changes},
    fetch::Fetcher,
    harden::Deadline,
    schema,
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::router::{prompt::PromptRouter, tool::ToolRouter},
    model::{
        Implementation, ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    },
    prompt_handler,
    service::RequestContext,
    tool_handler,
};

use crate::{
    engines::{Engines, SPEECH_TIME},
    error::MediaError,
    source::{self, Kind, Loaded, Source},
    store::{Media, Store},
    work::Workers,
};

/// The server. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct MultiModal {
    tools: Arc<ToolRouter<Self>>,
    prompts: Arc<PromptRouter<Self>>,
    shared: Arc<Shared>,
}

/// Longest name of a kept file, in characters.
const NAME_CHARS: usize = 100;

/// What all clones share.
struct Shared {
    store: Store,
    fetcher: Fetcher,
    engines: Engines,
    workers: Workers,
    changes: Changes,
}

impl MultiModal {
    /// A server with these parts. `changes` hears of every change of the media list.
    ///
    /// # Errors
    /// Two tools have one name.
    pub fn new(
        store: Store,
        fetcher: Fetcher,
        engines: Engines,
        changes: Changes,
    ) -> Result<Self, schema::DuplicateTool> {
        let tools = schema::join([
            Self::image_tools(),
            Self::sound_tools(),
            Self::video_tools(),
            Self::document_tools(),
            Self::media_tools(),
        ])?;
        let shared = Shared { store, fetcher, engines, workers: Workers::default(), changes };
        Ok(Self { tools: Arc::new(tools), prompts: Arc::new(Self::prompt_router()), shared: Arc::new(shared) })
    }

    /// (1) Any of the four forms of a source becomes bytes.
    async fn load(
        &self,
        source: &Source,
        kind: Kind,
        context: &RequestContext<RoleServer>,
    ) -> Result<Loaded, MediaError> {
        let shared = &self.shared;
        source::load(source, kind, &shared.store, &shared.fetcher, &principal(context)).await
    }

    /// Keeps a file for the caller, and tells whoever watches the list.
    fn keep(
        &self,
        context: &RequestContext<RoleServer>,
        name: &str,
        mime: &str,
        made_by: &str,
        bytes: Vec<u8>,
    ) -> Result<Media, MediaError> {
        // One line of reasonable length: names come from prompts, titles and URLs, and are listed a line each.
        let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS).collect();
        let media = self.shared.store.put(&principal(context), &name, mime, made_by, bytes)?;
        self.shared.changes.announce(Change::Resources);
        Ok(media)
    }
}

/// An engine says nothing until it is done, may have to wait for its turn, and has a deadline of its own.
fn allow_for_engine(context: &RequestContext<RoleServer>) {
    if let Some(deadline) = context.extensions.get::<Deadline>() {
        deadline.extend(SPEECH_TIME);
    }
}

#[tool_handler(router = self.tools)]
#[prompt_handler(router = self.prompts)]
impl ServerHandler for MultiModal {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_list_changed()
            .build();
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Multi-modal");
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(
            "Images, sounds, videos and documents. A source is a media:// handle, an https: URL, a data: URI, or \
             base64 with its MIME type. Large results are kept as media:// resources: pass the handle on instead of \
             the bytes.",
        )
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.page_of_media(request, &context)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.read_media(&request.uri, &context).await
    }
}
