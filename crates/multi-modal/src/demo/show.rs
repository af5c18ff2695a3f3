//! Pictures for people: written to a folder, and shown in the terminal where it can.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use image::imageops::{FilterType, resize};
use mcp_support::demo::Tour;
use rmcp::model::{CallToolResult, ContentBlock};

/// Columns that a picture takes on a terminal of coloured characters.
const COLUMNS: u32 = 48;

/// A folder for what the tour makes.
pub(super) struct Folder {
    path: PathBuf,
    files: u32,
}

impl Folder {
    pub(super) fn new() -> anyhow::Result<Self> {
        let path = tempfile::Builder::new().prefix("mcp-multi-modal-").tempdir()?.keep();
        Ok(Self { path, files: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file under a numbered name.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        self.files += 1;
        let path = self.path.join(format!("{:02}-{name}", self.files));
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Writes and shows every image and sound of a result.
    pub(super) fn keep(&mut self, tour: &Tour, name: &str, result: &CallToolResult) -> anyhow::Result<()> {
        for block in &result.content {
            match block {
                ContentBlock::Image(image) => {
                    let bytes = STANDARD.decode(&image.data)?;
                    let extension = if image.mime_type == "image/png" { "png" } else { "jpg" };
                    let path = self.write(&format!("{name}.{extension}"), &bytes)?;
                    show(tour, &bytes);
                    tour.show("image", path.display());
                }
                ContentBlock::Audio(audio) => {
                    let bytes = STANDARD.decode(&audio.data)?;
                    let path = self.write(&format!("{name}.wav"), &bytes)?;
                    tour.show("sound", path.display());
                }
                ContentBlock::ResourceLink(link) => tour.show("link", format!("{} ({})", link.uri, link.name)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Shows a picture in the terminal: by the protocols of Kitty and iTerm2, else as coloured half blocks.
fn show(tour: &Tour, encoded: &[u8]) {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    if !std::io::stdout().is_terminal() || !variable("NO_COLOR").is_empty() {
        return;
    }
    let Ok(picture) = image::load_from_memory(encoded) else { return };
    let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
    if term.contains("kitty") || program == "ghostty" || !variable("KITTY_WINDOW_ID").is_empty() {
        let Ok(png) = crate::vision::decode::encode_png(&picture.to_rgba8()) else { return };
        let data = STANDARD.encode(png);
        let chunks: Vec<&[u8]> = data.as_bytes().chunks(4096).collect();
        for (number, chunk) in chunks.iter().enumerate() {
            let keys = if number == 0 { format!("a=T,f=100,c={COLUMNS},") } else { String::new() };
            let more = u8::from(number + 1 < chunks.len());
            tour.raw(format!("\x1b_G{keys}m={more};{}\x1b\\", String::from_utf8_lossy(chunk)).as_bytes());
        }
        tour.raw(b"\n");
    } else if matches!(program.as_str(), "iTerm.app" | "WezTerm") {
        let data = STANDARD.encode(encoded);
        tour.raw(format!("    \x1b]1337;File=inline=1;width={COLUMNS}:{data}\x07\n").as_bytes());
    } else if matches!(variable("COLORTERM").as_str(), "truecolor" | "24bit") {
        tour.raw(half_blocks(&picture.to_rgb8()).as_bytes());
    }
}

/// Two pixels in a character: the upper as foreground, the lower as background of an upper half block.
fn half_blocks(picture: &image::RgbImage) -> String {
    let rows = (COLUMNS * picture.height() / picture.width().max(1)).clamp(2, 48) / 2 * 2;
    let small = resize(picture, COLUMNS, rows, FilterType::Triangle);
    let mut text = String::new();
    for y in (0..rows).step_by(2) {
        text.push_str("    ");
        for x in 0..COLUMNS {
            let ([r, g, b], [r2, g2, b2]) = (small.get_pixel(x, y).0, small.get_pixel(x, y + 1).0);
            text.push_str(&format!("\x1b[38;2;{r};{g};{b}m\x1b[48;2;{r2};{g2};{b2}m\u{2580}"));
        }
        text.push_str("\x1b[0m\n");
    }
    text
}
