//! (4) From a report and its pictures to a tool result: text for people, structure for programs, blocks for the eye and
//! the ear, and links instead of megabytes.

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{RgbImage, RgbaImage, codecs::jpeg::JpegEncoder};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::tool::IntoCallToolResult,
    model::{Annotations, AudioContent, CallToolResponse, CallToolResult, ContentBlock, ImageContent, Resource, Role},
    service::RequestContext,
};
use serde::Serialize;

use super::MultiModal;
use crate::{
    error::MediaError,
    limits::INLINE_BYTES,
    store::Media,
    vision::{decode::encode_png, scale::thumbnail},
};

/// Longest side of the preview that stands in for a picture that is too large to be inlined, in pixels.
const PREVIEW_SIDE: u32 = 512;

/// Whose problem is it? All of these can be mended by the model, so they are results, with a hint that says how.
impl IntoCallToolResult for MediaError {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let text = format!("{self}; hint: {}", self.hint());
        Ok(CallToolResult::error(vec![ContentBlock::text(text)]).into())
    }
}

/// A picture ready to be sent: encoding is work too, and belongs beside the protocol.
pub(super) struct Picture {
    png: Vec<u8>,
    /// A small JPEG, where the PNG is too large to be inlined.
    preview: Option<Vec<u8>>,
}

impl Picture {
    pub(super) fn of(image: &RgbaImage) -> Result<Self, MediaError> {
        let png = encode_png(image)?;
        let preview = if png.len() > INLINE_BYTES { Some(encode_jpeg(&thumbnail(image, PREVIEW_SIDE))?) } else { None };
        Ok(Self { png, preview })
    }
}

pub(super) fn encode_jpeg(image: &RgbaImage) -> Result<Vec<u8>, MediaError> {
    let opaque = RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, a] = image.get_pixel(x, y).0.map(u16::from);
        // JPEG has no transparency: what shows through is white.
        image::Rgb([r, g, b].map(|value| ((value * a + 255 * (255 - a)) / 255) as u8))
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 80)
        .encode_image(&opaque)
        .map_err(|error| MediaError::malformed("preview", error))?;
    Ok(jpeg)
}

/// A tool result in the making.
pub(super) struct Answer<'a> {
    server: &'a MultiModal,
    context: &'a RequestContext<RoleServer>,
    tool: &'static str,
    content: Vec<ContentBlock>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        server: &'a MultiModal,
        context: &'a RequestContext<RoleServer>,
        tool: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self { server, context, tool, content: vec![ContentBlock::text(text)] }
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: impl Into<String>) {
        self.content.push(ContentBlock::text(text));
    }

    /// Adds a picture: inline when it is small, else as a preview and a link to the kept original.
    pub(super) fn picture(&mut self, name: &str, picture: Picture) -> Result<(), MediaError> {
        let (bytes, mime) = match picture.preview {
            None => (picture.png, "image/png"),
            Some(preview) => {
                self.kept(name, "image/png", picture.png)?;
                (preview, "image/jpeg")
            }
        };
        let image = ImageContent::new(STANDARD.encode(bytes), mime).with_annotations(for_both());
        self.content.push(ContentBlock::Image(image));
        Ok(())
    }

    /// Adds a sound: inline when it is small, else as a link.
    pub(super) fn sound(&mut self, name: &str, wav: Vec<u8>) -> Result<(), MediaError> {
        if wav.len() > INLINE_BYTES {
            self.kept(name, "audio/wav", wav)?;
            return Ok(());
        }
        let audio = AudioContent::new(STANDARD.encode(wav), "audio/wav").with_annotations(for_people());
        self.content.push(ContentBlock::Audio(audio));
        Ok(())
    }

    /// Keeps a file and adds a link to it.
    pub(super) fn kept(&mut self, name: &str, mime: &str, bytes: Vec<u8>) -> Result<Media, MediaError> {
        let media = self.server.keep(self.context, name, mime, self.tool, bytes)?;
        self.content.push(ContentBlock::ResourceLink(link(&media)));
        Ok(media)
    }

    /// The result, with `report` as its structure.
    pub(super) fn with(self, report: &impl Serialize) -> Result<CallToolResult, MediaError> {
        let structured = serde_json::to_value(report).map_err(|error| MediaError::malformed("report", error))?;
        let mut result = CallToolResult::success(self.content);
        result.structured_content = Some(structured);
        Ok(result)
    }
}

/// A kept file as a link.
pub(super) fn link(media: &Media) -> Resource {
    Resource::new(media.uri(), media.name.clone())
        .with_mime_type(media.mime.clone())
        .with_size(media.bytes.len() as u64)
        .with_description(format!("made by {}", media.made_by))
        .with_annotations(for_people())
}

/// A small picture is for the person and for the model.
fn for_both() -> Annotations {
    Annotations::default().with_audience(vec![Role::User, Role::Assistant]).with_priority(0.8)
}

/// Big blobs are for the person: a host should not put them before the model.
fn for_people() -> Annotations {
    Annotations::default().with_audience(vec![Role::User]).with_priority(0.3)
}
