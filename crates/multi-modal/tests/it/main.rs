//! The lesson over the wire: the real binary, a real client, four legs.

mod contract;
mod corpus;
mod engines;
mod foreign;
mod media;
mod wire;

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::{
    client::{Recorder, call, structure},
    testing::{Leg, Program},
};
use rmcp::{RoleClient, model::CallToolResult, model::ContentBlock, service::RunningService};
use serde_json::{Value, json};

type Client = RunningService<RoleClient, Recorder>;

/// The server without outside programs, so that results do not depend on what this machine has.
fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-multi-modal")).with_env("MULTI_MODAL_PROGRAMS", "none")
}

/// A client over HTTP in the newer revision, for tests that are about content.
async fn client(program: &Program) -> anyhow::Result<Client> {
    program.client(Leg::ALL[3], Recorder::default()).await
}

/// A file as an inline source.
fn inline(bytes: &[u8], mime: &str) -> Value {
    json!({ "data": STANDARD.encode(bytes), "mime_type": mime })
}

/// A call that has to succeed.
async fn good(client: &Client, tool: &str, arguments: Value) -> anyhow::Result<CallToolResult> {
    let result = call(client, tool, arguments).await?;
    anyhow::ensure!(result.is_error != Some(true), "{tool}: {}", text(&result));
    Ok(result)
}

/// A call that has to be refused with a hint; returns the text.
async fn refused(client: &Client, tool: &str, arguments: Value) -> anyhow::Result<String> {
    let result = call(client, tool, arguments).await?;
    let text = text(&result).to_owned();
    anyhow::ensure!(result.is_error == Some(true), "{tool}: not refused: {text}");
    anyhow::ensure!(result.structured_content.is_none(), "{tool}: an error has no structure");
    Ok(text)
}

fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(ContentBlock::as_text).map_or("", |text| text.text.as_str())
}

/// The first image block, decoded.
fn picture(result: &CallToolResult) -> anyhow::Result<image::RgbaImage> {
    let block = result.content.iter().find_map(ContentBlock::as_image);
    let block = block.ok_or_else(|| anyhow::anyhow!("no image block: {}", text(result)))?;
    Ok(image::load_from_memory(&STANDARD.decode(&block.data)?)?.to_rgba8())
}

/// A PNG of one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let image = image::RgbaImage::from_pixel(width, height, image::Rgba([200, 30, 30, 255]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG is written");
    bytes.into_inner()
}
