//! The shared context: what one call leaves for the next.

use mcp_support::{changes::Change, serve::principal};
use rmcp::{
    RoleServer,
    handler::server::{tool::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{MultiModal, NAME_CHARS, answer::Answer};
use crate::{
    error::MediaError,
    source::{Kind, Source, mime_of},
    store::MediaInfo,
    vision::decode::check_claim,
};

/// Arguments of `import_media`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportMedia {
    /// The file to keep.
    source: Source,
    /// A name for people.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
}

/// Arguments of `delete_media`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeleteMedia {
    /// Handle of the file, media://...
    #[schemars(length(max = 100))]
    uri: String,
}

/// What `list_media` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct MediaList {
    /// The caller's files, the oldest first.
    media: Vec<MediaInfo>,
}

#[tool_router(router = media_tools, vis = "pub(super)")]
impl MultiModal {
    /// Keeps an image, sound, video or PDF and returns its media:// handle. Use it before several calls that need the same file.
    #[tool(
        title = "Import media",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true),
        output_schema = schema_for_output::<MediaInfo>()
    )]
    async fn import_media(
        &self,
        Parameters(arguments): Parameters<ImportMedia>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let name = arguments.name.as_deref().map(str::trim);
        if let Some(name) = name
            && (name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control))
        {
            return Err(MediaError::Invalid {
                what: "the name is empty, too long, or has control characters".to_owned(),
                hint: format!("give 1 to {NAME_CHARS} printable characters, or no name"),
            });
        }
        let loaded = self.load(&arguments.source, Kind::Any, &context).await?;
        // (2) What counts is what the bytes are, not what they are said to be.
        let mime = mime_of(&loaded.bytes)?;
        check_claim(mime, loaded.claimed.as_deref())?;
        let name = name.unwrap_or(&loaded.name);
        let info = {
            let media = self.keep(&context, name, mime, "import", loaded.bytes.to_vec())?;
            media.info()
        };
        let text = format!("kept {} ({}, {} bytes) as {}", info.name, info.mime, info.bytes, info.uri);
        Answer::new(self, &context, "import_media", text).with(&info)
    }

    /// Lists the caller's kept files with their media:// handles.
    #[tool(
        title = "List media",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false),
        output_schema = schema_for_output::<MediaList>()
    )]
    async fn list_media(&self, context: RequestContext<RoleServer>) -> Result<CallToolResult, MediaError> {
        let media = self.shared.store.list(&principal(&context));
        let lines: Vec<String> = media
            .iter()
            .map(|info| format!("{}  {}  {} bytes  {}", info.uri, info.mime, info.bytes, info.name))
            .collect();
        let text = if lines.is_empty() { "nothing is kept".to_owned() } else { lines.join("\n") };
        Answer::new(self, &context, "list_media", text).with(&MediaList { media })
    }

    /// Deletes a kept file. Its handle is worth nothing afterwards.
    #[tool(
        title = "Delete media",
        annotations(read_only_hint = false, destructive_hint = true, idempotent_hint = false, open_world_hint = false),
        output_schema = schema_for_output::<MediaInfo>()
    )]
    async fn delete_media(
        &self,
        Parameters(arguments): Parameters<DeleteMedia>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let info = self.shared.store.delete(&principal(&context), &arguments.uri)?;
        self.shared.changes.announce(Change::Resources);
        Answer::new(self, &context, "delete_media", format!("deleted {}", info.name)).with(&info)
    }
}
