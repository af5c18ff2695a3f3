//! Where text is, without an engine that reads it: glyph-sized marks that stand in a row.

use image::{DynamicImage, GrayImage, Luma, RgbaImage};
use imageproc::contrast::adaptive_threshold;
use imageproc::region_labelling::{Connectivity, connected_components};

use crate::error::MediaError;
use crate::vision::scale::working_copy;
use crate::vision::{BoundingBox, rounded};
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
pub fn find_text_lines(
    image: &RgbaImage,
    watch: &dyn Watch,
) -> Result<TextRegionsReport, MediaError> {
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
        line.bounding_box = line
            .bounding_box
            .rescaled(luma.dimensions(), image.dimensions());
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
        lines.extend(rows(marks(&ink, luma)).iter().filter_map(Row::line));
    }
    Ok(lines)
}

/// A connected blob that could be a glyph, or a few that touch.
#[derive(Debug, Clone, Copy)]
struct Mark {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    /// Pixels.
    ink: u32,
    /// Pixels with a neighbour that is not ink.
    edge: u32,
    /// Sum of the luma.
    luma: u64,
}

impl Mark {
    const NONE: Self = Self {
        left: u32::MAX,
        top: u32::MAX,
        right: 0,
        bottom: 0,
        ink: 0,
        edge: 0,
        luma: 0,
    };

    fn width(&self) -> u32 {
        self.right - self.left
    }

    fn height(&self) -> u32 {
        self.bottom - self.top
    }

    /// Mean width of the strokes in pixels: a stroke has its edge on both sides.
    fn stroke(&self) -> f64 {
        2.0 * f64::from(self.ink) / f64::from(self.edge.max(1))
    }

    fn shade(&self) -> f64 {
        self.luma as f64 / f64::from(self.ink.max(1))
    }

    /// Size and filling of printed or written letters. A long thin stroke is a rule, a full block is not a letter.
    fn plausible(&self, picture_height: u32) -> bool {
        let (width, height) = (self.width(), self.height());
        let fill = f64::from(self.ink) / (f64::from(width) * f64::from(height)).max(1.0);
        (6..=(picture_height / 2).clamp(6, 220)).contains(&height)
            && width <= height * 10
            && height <= width * 12
            && fill > 0.1
            && (fill < 0.85 || width * 2 < height)
    }
}

fn marks(ink: &GrayImage, luma: &GrayImage) -> Vec<Mark> {
    let component = connected_components(ink, Connectivity::Eight, Luma([0]));
    let (width, height) = ink.dimensions();
    let blank = |x: u32, y: u32| x >= width || y >= height || ink.get_pixel(x, y)[0] == 0;
    let mut marks: Vec<Mark> = Vec::new();
    for ((x, y, label), shade) in component.enumerate_pixels().zip(luma.pixels()) {
        let Some(index) = label[0].checked_sub(1) else {
            continue;
        };
        let index = index as usize;
        if marks.len() <= index {
            marks.resize(index + 1, Mark::NONE);
        }
        let mark = &mut marks[index];
        (mark.left, mark.top) = (mark.left.min(x), mark.top.min(y));
        (mark.right, mark.bottom) = (mark.right.max(x + 1), mark.bottom.max(y + 1));
        mark.ink += 1;
        mark.luma += u64::from(shade[0]);
        let edge = blank(x.wrapping_sub(1), y)
            || blank(x + 1, y)
            || blank(x, y.wrapping_sub(1))
            || blank(x, y + 1);
        mark.edge += u32::from(edge);
    }
    marks.retain(|mark| mark.ink > 0 && mark.plausible(ink.height()));
    marks.sort_by_key(|mark| (mark.left, mark.top, mark.right, mark.bottom));
    // A page of small print has some thousands of letters; more marks are texture, and would only cost time.
    marks.truncate(8_000);
    marks
}

/// Marks that stand side by side.
struct Row {
    marks: Vec<Mark>,
}

/// Appends each mark, from left to right, to the row whose last mark is its nearest fitting neighbour.
fn rows(marks: Vec<Mark>) -> Vec<Row> {
    let mut open: Vec<Row> = Vec::new();
    let mut closed: Vec<Row> = Vec::new();
    for mark in marks {
        // Marks come sorted by their left edge, so a row that is out of reach now stays out of reach.
        let (still_open, done): (Vec<Row>, Vec<Row>) = open
            .into_iter()
            .partition(|row| row.end() + row.reach() >= mark.left);
        open = still_open;
        closed.extend(done);
        let neighbour = open
            .iter_mut()
            .filter(|row| row.accepts(&mark))
            .min_by_key(|row| mark.left.abs_diff(row.end()));
        match neighbour {
            Some(row) => row.marks.push(mark),
            None => open.push(Row { marks: vec![mark] }),
        }
    }
    closed.extend(open);
    closed
}

impl Row {
    fn end(&self) -> u32 {
        self.marks
            .iter()
            .rev()
            .take(3)
            .map(|mark| mark.right)
            .max()
            .unwrap_or(0)
    }

    fn height(&self) -> u32 {
        self.marks
            .iter()
            .rev()
            .take(6)
            .map(Mark::height)
            .max()
            .unwrap_or(0)
    }

    /// A blank between words is up to about two letter heights wide, in print of fixed width.
    fn reach(&self) -> u32 {
        self.height() * 2
    }

    fn accepts(&self, mark: &Mark) -> bool {
        let Some(last) = self.marks.last() else {
            return false;
        };
        let (low, high) = (
            last.height().min(mark.height()),
            last.height().max(mark.height()),
        );
        let shared = last
            .bottom
            .min(mark.bottom)
            .saturating_sub(last.top.max(mark.top));
        mark.left <= self.end() + self.reach().min(mark.height() * 3)
            && high * 10 <= low * 26
            && shared * 2 >= low
    }

    /// The row as a line of text, if it looks like one.
    fn line(&self) -> Option<TextLine> {
        let left = self.marks.iter().map(|mark| mark.left).min()?;
        let top = self.marks.iter().map(|mark| mark.top).min()?;
        let right = self.marks.iter().map(|mark| mark.right).max()?;
        let bottom = self.marks.iter().map(|mark| mark.bottom).max()?;
        let (width, height) = (right - left, bottom - top);
        let count = self.marks.len();
        if count < 3 || width < height * 3 / 2 {
            return None;
        }
        let confidence = self.confidence(height);
        (confidence >= 0.6).then(|| TextLine {
            bounding_box: BoundingBox {
                x: left,
                y: top,
                width,
                height,
            },
            confidence: rounded(confidence, 2),
            marks: u32::try_from(count).unwrap_or(u32::MAX),
        })
    }

    /// Product of: enough marks, most of them resting on one base line, none much taller than the others, one stroke
    /// width, one ink.
    fn confidence(&self, line_height: u32) -> f64 {
        let count = self.marks.len() as f64;
        let base = median(self.marks.iter().map(|mark| f64::from(mark.bottom)));
        let typical = median(self.marks.iter().map(|mark| f64::from(mark.height()))).max(1.0);
        let rests = |mark: &&Mark| (f64::from(mark.bottom) - base).abs() <= typical * 0.15 + 1.0;
        let resting = self.marks.iter().filter(rests).count() as f64;
        let stroke = median(self.marks.iter().map(Mark::stroke)).max(1.0);
        let shade = median(self.marks.iter().map(Mark::shade));
        let uneven_stroke =
            median(self.marks.iter().map(|mark| (mark.stroke() - stroke).abs())) / stroke;
        let uneven_shade = median(self.marks.iter().map(|mark| (mark.shade() - shade).abs()));

        let many = 1.0 - (-count / 2.5).exp();
        let aligned = (resting / count / 0.75).min(1.0);
        let even = (typical * 1.9 / f64::from(line_height.max(1))).min(1.0);
        let one_stroke = (1.15 - uneven_stroke).clamp(0.0, 1.0);
        let one_ink = (1.2 - uneven_shade / 40.0).clamp(0.0, 1.0);
        many * aligned * even * one_stroke * one_ink
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
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

    const RECEIPT: [&str; 5] = [
        "CORNER SHOP",
        "Milk 2 x 1.19",
        "Bread and butter",
        "Total 7.34 EUR",
        "Thank you",
    ];

    fn receipt(ink: Rgba<u8>, paper: Rgba<u8>, scale: u32) -> RgbaImage {
        let mut image = RgbaImage::from_pixel(160 * scale, 100 * scale, paper);
        for (row, text) in RECEIPT.into_iter().enumerate() {
            let y = (10 + 18 * row as u32) * scale;
            draw_text(
                &mut image,
                (i64::from(10 * scale), i64::from(y)),
                scale,
                text,
                ink,
            );
        }
        image
    }

    fn found(image: &RgbaImage) -> Vec<TextLine> {
        find_text_lines(image, &Unwatched)
            .expect("nobody cancels")
            .lines
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
        let gradient = RgbaImage::from_fn(400, 300, |x, y| {
            Rgba([(x / 2) as u8, (y / 2) as u8, 90, 255])
        });
        let boxes = RgbaImage::from_fn(400, 300, |x, y| {
            let inside = (50..150).contains(&x) && (50..150).contains(&y);
            if inside {
                Rgba([200, 0, 0, 255])
            } else {
                Rgba([255, 255, 255, 255])
            }
        });
        for image in [
            gradient,
            boxes,
            RgbaImage::new(1, 1),
            RgbaImage::new(400, 3),
        ] {
            assert_eq!(found(&image), []);
        }
    }
}
