//! All selected frames on one page, each with its time.

use image::{Rgba, RgbaImage};

use crate::vision::annotate::{GLYPH, draw_text};
use crate::vision::scale::thumbnail;

/// Widest contact sheet, in pixels.
pub const MAX_WIDTH: u32 = 1600;

/// Lays frames out in a grid, row by row, at most eight a row and [`MAX_WIDTH`] pixels wide, with `times_ms` below them.
/// Cells are as large as the largest frame, at most 320 pixels a side. Without frames the sheet is one empty cell.
pub fn contact_sheet(frames: &[RgbaImage], times_ms: &[f64]) -> RgbaImage {
    let columns = (1..=8).find(|columns| columns * columns >= frames.len()).unwrap_or(8) as u32;
    let side = ((MAX_WIDTH - GAP) / columns - GAP).min(320);
    let cells: Vec<RgbaImage> = frames.iter().map(|frame| thumbnail(frame, side)).collect();
    let label = "0000.00s".len() as u32 * GLYPH;
    let width = cells.iter().map(RgbaImage::width).max().unwrap_or(0).max(label);
    let height = cells.iter().map(RgbaImage::height).max().unwrap_or(0).max(1);
    let rows = (frames.len() as u32).div_ceil(columns).max(1);
    let (step_x, step_y) = (width + GAP, height + STRIP + GAP);
    let mut sheet = RgbaImage::from_pixel(GAP + columns * step_x, GAP + rows * step_y, GROUND);
    for ((place, cell), time) in (0u32..).zip(&cells).zip(times_ms) {
        let x = i64::from(GAP + place % columns * step_x);
        let y = i64::from(GAP + place / columns * step_y);
        let left = x + i64::from((width - cell.width()) / 2);
        image::imageops::overlay(&mut sheet, cell, left, y);
        let below = y + i64::from(height) + 2;
        draw_text(&mut sheet, (x, below), 1, &format!("{:.2}s", time / 1000.0), INK);
    }
    sheet
}

const GAP: u32 = 8;
const STRIP: u32 = GLYPH + 4;
const GROUND: Rgba<u8> = Rgba([32, 32, 36, 255]);
const INK: Rgba<u8> = Rgba([240, 240, 240, 255]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_frames_fits() {
        for count in [0usize, 1, 2, 5, 16, 64] {
            for size in [(512, 288), (1, 1), (90, 512)] {
                let frames = vec![RgbaImage::from_pixel(size.0, size.1, Rgba([200, 0, 0, 255])); count];
                let times: Vec<f64> = (0..count).map(|n| n as f64 * 250.0).collect();
                let sheet = contact_sheet(&frames, &times);
                assert!(sheet.width() <= MAX_WIDTH, "{count} of {size:?}: {}", sheet.width());
                assert_eq!(sheet.pixels().any(|p| p.0 == [200, 0, 0, 255]), count > 0);
                assert_eq!(sheet.pixels().any(|p| *p == INK), count > 0);
            }
        }
    }
}
