//! Every kind of content, a tool's own error, progress, and schemas that have to arrive as they are.

use std::time::Duration;

use mcp_support::progress::Progress;
use rmcp::{
    RoleServer,
    handler::server::wrapper::Parameters,
    model::{AudioContent, CallToolResult, ContentBlock, JsonObject, ResourceContents},
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fixtures, text};

/// A PNG of two by two pixels, blue and orange.
pub(super) const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR42mNgiFrwv4eBAYSjFgAAJBIFC5URwecAAAAASUVORK5CYII=";
/// A WAV of eight samples, one period of a sine.
const SOUND: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAxuTGgDkcOQ==";

/// Longer than the interval between two reports of progress.
const STEP: Duration = Duration::from_millis(110);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InHeader {
    /// Travels in a header too.
    #[schemars(extend("x-mcp-header" = "Value"), length(max = 1000))]
    value: String,
}

#[tool_router(router = content_tools, vis = "pub(super)")]
impl Fixtures {
    /// One block of text.
    #[tool]
    fn test_simple_text(&self) -> CallToolResult {
        text("This is a simple text response for testing.")
    }

    /// One image block.
    #[tool]
    fn test_image_content(&self) -> CallToolResult {
        CallToolResult::success(vec![ContentBlock::image(PICTURE, "image/png")])
    }

    /// One audio block.
    #[tool]
    fn test_audio_content(&self) -> CallToolResult {
        CallToolResult::success(vec![ContentBlock::Audio(AudioContent::new(SOUND, "audio/wav"))])
    }

    /// One embedded resource.
    #[tool]
    fn test_embedded_resource(&self) -> CallToolResult {
        CallToolResult::success(vec![embedded("test://embedded-resource", "text/plain", "An embedded resource.")])
    }

    /// A text, an image and an embedded resource in one result.
    #[tool]
    fn test_multiple_content_types(&self) -> CallToolResult {
        CallToolResult::success(vec![
            ContentBlock::text("A text, an image and a resource:"),
            ContentBlock::image(PICTURE, "image/png"),
            embedded("test://mixed-content-resource", "application/json", r#"{"kinds":3}"#),
        ])
    }

    /// Fails, and says so in its result.
    #[tool]
    fn test_error_handling(&self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text("This tool fails on purpose; hint: call another one.")])
    }

    /// Reports progress three times.
    #[tool]
    async fn test_tool_with_progress(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        let progress = Progress::new(&context);
        for done in [0.0, 50.0, 100.0] {
            if done > 0.0 {
                tokio::time::sleep(STEP).await;
            }
            progress.report(done, 100.0, format!("{done} of 100")).await;
        }
        text("Reported three times.")
    }

    /// Takes a moment: a client that lost the stream meanwhile comes back for the answer.
    #[tool]
    async fn test_reconnection(&self) -> CallToolResult {
        tokio::time::sleep(STEP).await;
        text("The answer is there, whoever comes for it.")
    }

    /// Returns what came in a header and in the body alike.
    #[tool]
    fn test_custom_header(&self, Parameters(InHeader { value }): Parameters<InHeader>) -> CallToolResult {
        text(value)
    }

    /// Has a schema with many keywords of JSON Schema 2020-12.
    #[tool(input_schema = rich_schema())]
    fn json_schema_2020_12_tool(&self, arguments: JsonObject) -> CallToolResult {
        text(Value::Object(arguments).to_string())
    }
}

fn embedded(uri: &str, mime: &str, content: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(content, uri).with_mime_type(mime))
}

/// The keywords that an SDK is likely to lose: definitions with anchors, composition, conditions.
fn rich_schema() -> JsonObject {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "address",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "channel": {"type": "string", "enum": ["phone", "letter"]},
            "phone": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["name"]}, {"required": ["phone"]}]}],
        "if": {"properties": {"channel": {"const": "phone"}}, "required": ["channel"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["name"]},
        "additionalProperties": false,
    });
    schema.as_object().cloned().unwrap_or_default()
}
