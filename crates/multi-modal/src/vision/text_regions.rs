//! Where text is, without an engine that reads it: glyph-sized marks that stand in a row.

use image::{DynamicImage, GrayImage, RgbaImage};
use imageproc::contrast::adaptive_threshold;

use crate::error::MediaError;
use crate::vision::scale::working_copy;
use crate::vision::{BoundingBox, rounded, text_rows};
use crate::watch::Watch;

/// Most lines in a report.
pub const MAX_LINES: usize = 200;

/// One line of text, or one column entry of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct TextLine {
    /// Where it is, in pixels of the picture.
    pub bounding_box: BoundingBox,
    /// How much it looks like a line of text, 0..1: many marks of one height on one base line. Not a probability.
    pub confidence: f64,
    /// Marks that were joined, roughly the number of letters.
    pub marks: u32,
}

/// The result of [`find_text_lines`].
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct TextRegionsReport {
    /// The lines from top to bottom, at most 200.
    pub lines: Vec<TextLine>,
    /// Share of the picture inside the boxes, 0..1.
    pub area_share: f64,
    /// What this analysis can and cannot say.
    pub note: String,
}

/// Finds lines of horizontal text, dark on light and light on dark, on a copy of at most 1400 pixels a side. Marks come
/// from a local threshold and connected components; marks of like height side by side are joined to lines, and a line
/// counts if its marks have one stroke width and one ink. Letters of fewer than 6 pixels on that copy are not seen.
///
/// Sources: component grouping after L. O'Gorman, The Document Spectrum (1993); constant stroke width after B. Epshtein
/// et al., Detecting Text in Natural Scenes with Stroke Width Transform (2010).
///
/// # Errors
/// [`MediaError::Cancelled`] when `watch` says so.
pub fn find_text_lines(image: &RgbaImage, watch: &dyn Watch) -> Result<TextRegionsReport, MediaError> {
    watch.step(0, 4)?;
    let luma = DynamicImage::ImageRgb8(working_copy(image, 1400)).into_luma8();
    let mut inverted = luma.clone();
    image::imageops::invert(&mut inverted);
    watch.step(1, 4)?;
    let mut found = lines_of(&luma, watch)?;
    watch.step(2, 4)?;
    found.extend(lines_of(&inverted, watch)?);
    watch.step(3, 4)?;

    let mut lines = without_overlaps(found);
    lines.truncate(MAX_LINES);
    let covered: u64 = lines.iter().map(|line| line.bounding_box.area()).sum();
    let pixels = f64::from(luma.width()) * f64::from(luma.height());
    for line in &mut lines {
        let tight = line.bounding_box.rescaled(luma.dimensions(), image.dimensions());
        // Letters touch the edges of their box; recognizers and people want to see them whole.
        line.bounding_box = tight.padded(tight.height / 6 + 1, image.dimensions());
    }
    lines.sort_by_key(|line| (line.bounding_box.y, line.bounding_box.x));
    watch.step(4, 4)?;
    Ok(TextRegionsReport {
        area_share: rounded(covered as f64 / pixels.max(1.0), 3).min(1.0),
        note: format!(
            "{} found by the arrangement of marks; what is written there needs an OCR engine, \
             and rows of other small marks can look the same",
            match lines.len() {
                0 => "no text lines were".to_owned(),
                1 => "1 text line was".to_owned(),
                n => format!("{n} text lines were"),
            }
        ),
        lines,
    })
}

/// Lines of dark marks.
fn lines_of(luma: &GrayImage, watch: &dyn Watch) -> Result<Vec<TextLine>, MediaError> {
    if luma.width() < 12 || luma.height() < 6 {
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    // Two sizes of neighbourhood, because a window smaller than a stroke sees nothing in it.
    for radius in [12, 40] {
        watch.step(1, 4)?;
        let mut ink = adaptive_threshold(luma, radius, 18);
        image::imageops::invert(&mut ink);
        lines.extend(text_rows::lines(&ink, luma));
    }
    Ok(lines)
}

/// Keeps the better of two lines that cover each other: the polarities and neighbourhoods see the same text, but only
/// the right ones see each letter as a mark.
fn without_overlaps(mut lines: Vec<TextLine>) -> Vec<TextLine> {
    lines.sort_by(|a, b| {
        let worth = |line: &TextLine| line.confidence * f64::from(line.marks);
        worth(b).total_cmp(&worth(a)).then_with(|| {
            let key = |line: &TextLine| (line.bounding_box.y, line.bounding_box.x);
            key(a).cmp(&key(b))
        })
    });
    let mut kept: Vec<TextLine> = Vec::new();
    for line in lines {
        let covered = kept.iter().any(|other| {
            let smaller = line.bounding_box.area().min(other.bounding_box.area());
            line.bounding_box.overlap(other.bounding_box) * 10 > smaller * 3
        });
        if !covered {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::annotate::draw_text;
    use crate::watch::Unwatched;
    use image::Rgba;

    const RECEIPT: [&str; 5] = ["CORNER SHOP", "Milk 2 x 1.19", "Bread and butter", "Total 7.34 EUR", "Thank you"];

    fn receipt(ink: Rgba<u8>, paper: Rgba<u8>, scale: u32) -> RgbaImage {
        let mut image = RgbaImage::from_pixel(160 * scale, 100 * scale, paper);
        for (row, text) in RECEIPT.into_iter().enumerate() {
            let y = (10 + 18 * row as u32) * scale;
            draw_text(&mut image, (i64::from(10 * scale), i64::from(y)), scale, text, ink);
        }
        image
    }

    fn found(image: &RgbaImage) -> Vec<TextLine> {
        find_text_lines(image, &Unwatched).expect("nobody cancels").lines
    }

    #[test]
    fn the_lines_of_a_receipt_are_found_dark_on_light_and_light_on_dark() {
        let (black, white) = (Rgba([0, 0, 0, 255]), Rgba([255, 255, 255, 255]));
        for (ink, paper, scale) in [(black, white, 2), (black, white, 4), (white, black, 3)] {
            let lines = found(&receipt(ink, paper, scale));
            assert_eq!(lines.len(), RECEIPT.len(), "{ink:?} at {scale}: {lines:?}");
            for (row, line) in lines.iter().enumerate() {
                let top = (10 + 18 * row as u32) * scale;
                assert!(line.bounding_box.y.abs_diff(top) <= 2 * scale, "{line:?}");
                assert!(line.confidence > 0.5 && line.marks >= 7, "{line:?}");
            }
        }
    }

    #[test]
    fn pictures_without_text_have_no_lines() {
        let gradient = RgbaImage::from_fn(400, 300, |x, y| Rgba([(x / 2) as u8, (y / 2) as u8, 90, 255]));
        let boxes = RgbaImage::from_fn(400, 300, |x, y| {
            let inside = (50..150).contains(&x) && (50..150).contains(&y);
            if inside { Rgba([200, 0, 0, 255]) } else { Rgba([255, 255, 255, 255]) }
        });
        for image in [gradient, boxes, RgbaImage::new(1, 1), RgbaImage::new(400, 3)] {
            assert_eq!(found(&image), []);
        }
    }
}
