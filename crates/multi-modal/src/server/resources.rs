//! Kept files as resources: `media://{id}` (the file), `/thumbnail` (a small JPEG) and `/metadata` (JSON); and the
//! prompt that shows one to a model.

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::serve::principal;
use rmcp::{
    ErrorData, RoleServer,
    handler::server::wrapper::Parameters,
    model::{
        CacheScope, ContentBlock, GetPromptResult, ListResourcesResult, PaginatedRequestParams, PromptMessage,
        ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, Role,
    },
    prompt, prompt_router,
    schemars::JsonSchema,
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::json;

use super::{MultiModal, answer::encode_jpeg};
use crate::{engines::TextRecognizer, error::MediaError, limits, store::Media, vision};

/// What this server accepts, and which engines it has.
const ABOUT: &str = "multi-modal://about";

/// Resources on one page.
const PAGE: usize = 50;
/// Longest side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 256;
/// Longest side of the picture in a prompt, in pixels.
const PROMPT_SIDE: u32 = 1024;

pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |suffix: &str, name: &str, mime: Option<&str>, about: &str| {
        let template = ResourceTemplate::new(format!("media://{{id}}{suffix}"), name).with_description(about);
        match mime {
            Some(mime) => template.with_mime_type(mime),
            None => template,
        }
    };
    vec![
        template("", "media", None, "A kept file"),
        template("/metadata", "media-metadata", Some("application/json"), "Name, type, size and maker of a kept file"),
        template("/thumbnail", "media-thumbnail", Some("image/jpeg"), "A small version of a kept image"),
    ]
}

/// Arguments of `describe_media`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DescribeMedia {
    /// Handle of a kept image, media://...
    uri: String,
    /// What to look for.
    question: Option<String>,
}

#[prompt_router(vis = "pub(super)")]
#[expect(missing_docs, reason = "the macro makes an undocumented constructor of the prompt")]
impl MultiModal {
    /// Asks for a description of a kept image: the image itself is part of the prompt.
    #[prompt(name = "describe_media", title = "Describe an image")]
    async fn describe_media(
        &self,
        Parameters(arguments): Parameters<DescribeMedia>,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResult, ErrorData> {
        let media = self.shared.store.get(&principal(&context), &arguments.uri).map_err(|error| invalid(&error))?;
        // Painted anew, never the original bytes: these may hold a place and a date that nobody means to tell.
        let image = self.thumbnail(&media, PROMPT_SIDE, &context).await.map_err(|error| invalid(&error))?;
        let question = arguments.question.as_deref().map(str::trim).filter(|question| !question.is_empty());
        let text = format!(
            "{} This is {} ({}). Say what you see before what you conclude, and say what you cannot tell.",
            question.unwrap_or("Describe this image for someone who cannot see it."),
            media.name,
            media.uri(),
        );
        Ok(GetPromptResult::new(vec![
            PromptMessage::new_text(Role::User, text),
            PromptMessage::new(Role::User, ContentBlock::image(STANDARD.encode(image), "image/jpeg")),
        ])
        .with_description("An image and a question about it"))
    }
}

impl MultiModal {
    pub(super) fn page_of_media(
        &self,
        request: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let all = self.shared.store.list(&principal(context));
        let first_page = request.as_ref().is_none_or(|request| request.cursor.is_none());
        // The cursor names the last item of the page before, so that a deletion between two pages skips nothing else.
        let start = match request.and_then(|request| request.cursor) {
            None => 0,
            Some(cursor) => {
                let last = all.iter().position(|info| info.uri == cursor);
                last.ok_or_else(|| ErrorData::invalid_params("the cursor is unknown or has expired", None))? + 1
            }
        };
        let page = &all[start..(start + PAGE).min(all.len())];
        let about = Resource::new(ABOUT, "about")
            .with_mime_type("application/json")
            .with_description("What this server accepts, and which engines it has");
        let kept = page.iter().map(|info| {
            Resource::new(info.uri.clone(), info.name.clone())
                .with_mime_type(info.mime.clone())
                .with_size(info.bytes)
                .with_description(format!("made by {}", info.made_by))
        });
        let resources = first_page.then_some(about).into_iter().chain(kept).collect();
        let mut result =
            ListResourcesResult::with_all_items(resources).with_ttl_ms(0).with_cache_scope(CacheScope::Private);
        if start + page.len() < all.len() {
            result.next_cursor = page.last().map(|info| info.uri.clone());
        }
        Ok(result)
    }

    pub(super) async fn read_media(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if uri == ABOUT {
            let about = serde_json::to_string_pretty(&self.about()).unwrap_or_default();
            let contents = ResourceContents::text(about, uri).with_mime_type("application/json");
            let result = ReadResourceResult::new(vec![contents]);
            // The same for every caller for as long as this process lives.
            return Ok(result.with_ttl_ms(3_600_000).with_cache_scope(CacheScope::Public).into());
        }
        let (handle, part) = match uri.strip_prefix("media://").and_then(|rest| rest.split_once('/')) {
            Some((id, part)) => (format!("media://{id}"), Some(part)),
            None => (uri.to_owned(), None),
        };
        let not_found = || ErrorData::resource_not_found("no such resource", Some(json!({ "uri": uri })));
        let media = self.shared.store.get(&principal(context), &handle).map_err(|_| not_found())?;
        let contents = match part {
            None => ResourceContents::blob(STANDARD.encode(&media.bytes), uri).with_mime_type(media.mime.clone()),
            Some("metadata") => {
                let metadata = serde_json::to_string_pretty(&media.info()).unwrap_or_default();
                ResourceContents::text(metadata, uri).with_mime_type("application/json")
            }
            Some("thumbnail") => {
                let jpeg = self.thumbnail(&media, THUMBNAIL_SIDE, context).await.map_err(|error| invalid(&error))?;
                ResourceContents::blob(STANDARD.encode(jpeg), uri).with_mime_type("image/jpeg")
            }
            Some(_) => return Err(not_found()),
        };
        let result = ReadResourceResult::new(vec![contents]);
        // A handle's content never changes, but it may be deleted at any time, and it is its owner's alone.
        Ok(result.with_ttl_ms(0).with_cache_scope(CacheScope::Private).into())
    }

    fn about(&self) -> serde_json::Value {
        let engines = &self.shared.engines;
        json!({
            "limits": {
                "image_bytes": limits::IMAGE_BYTES,
                "image_pixels": limits::IMAGE_PIXELS,
                "audio_bytes": limits::AUDIO_BYTES,
                "audio_seconds": limits::AUDIO_LENGTH.as_secs(),
                "video_bytes": limits::VIDEO_BYTES,
                "video_frames": limits::VIDEO_FRAMES,
                "text_characters": limits::TEXT_CHARS,
                "inline_result_bytes": limits::INLINE_BYTES,
            },
            "formats": {
                "image": ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"],
                "audio": ["audio/wav", "audio/mpeg", "audio/flac", "audio/ogg"],
                "video": ["image/gif", "image/apng", "image/webp", "video/x-yuv4mpeg"],
            },
            "engines": {
                "text": engines.text.as_ref().map(|engine| engine.name()),
                "speech": engines.speech.as_ref().map(|engine| engine.name()),
                "vision": engines.vision.as_ref().map(|engine| TextRecognizer::name(engine.as_ref())),
                "painter": engines.painter.as_ref().map(|engine| engine.name()),
            },
        })
    }

    async fn thumbnail(
        &self,
        media: &Media,
        side: u32,
        context: &RequestContext<RoleServer>,
    ) -> Result<Vec<u8>, MediaError> {
        let bytes = media.bytes.clone();
        let name = media.name.clone();
        self.shared
            .workers
            .run_light(context, "thumbnail", move |_| {
                let decoded = vision::decode::decode(&bytes, None).map_err(|error| match error {
                    MediaError::Unsupported { found, allowed } => {
                        MediaError::Unsupported { found: format!("a thumbnail of {name} ({found})"), allowed }
                    }
                    other => other,
                })?;
                encode_jpeg(&vision::scale::thumbnail(&decoded.rgba, side))
            })
            .await
    }
}

fn invalid(error: &MediaError) -> ErrorData {
    ErrorData::invalid_params(format!("{error}; hint: {}", error.hint()), None)
}
