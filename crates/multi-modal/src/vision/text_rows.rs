//! From ink to rows: connected marks, joined with their neighbours, judged by how much a row looks like writing.

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};

use crate::vision::text_regions::TextLine;
use crate::vision::{BoundingBox, rounded};

/// The lines of text in a picture of ink (0 for paper). `luma` is the picture that the ink was found in, of the same
/// size.
pub(crate) fn lines(ink: &GrayImage, luma: &GrayImage) -> impl Iterator<Item = TextLine> {
    rows(marks(ink, luma)).into_iter().filter_map(|row| row.line())
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
    const NONE: Self = Self { left: u32::MAX, top: u32::MAX, right: 0, bottom: 0, ink: 0, edge: 0, luma: 0 };

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
        let edge = blank(x.wrapping_sub(1), y) || blank(x + 1, y) || blank(x, y.wrapping_sub(1)) || blank(x, y + 1);
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
        let (still_open, done): (Vec<Row>, Vec<Row>) =
            open.into_iter().partition(|row| row.end() + row.reach() >= mark.left);
        open = still_open;
        closed.extend(done);
        let neighbour =
            open.iter_mut().filter(|row| row.accepts(&mark)).min_by_key(|row| mark.left.abs_diff(row.end()));
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
        self.marks.iter().rev().take(3).map(|mark| mark.right).max().unwrap_or(0)
    }

    fn height(&self) -> u32 {
        self.marks.iter().rev().take(6).map(Mark::height).max().unwrap_or(0)
    }

    /// A blank between words is up to about two letter heights wide, in print of fixed width.
    fn reach(&self) -> u32 {
        self.height() * 2
    }

    fn accepts(&self, mark: &Mark) -> bool {
        let Some(last) = self.marks.last() else {
            return false;
        };
        let (low, high) = (last.height().min(mark.height()), last.height().max(mark.height()));
        let shared = last.bottom.min(mark.bottom).saturating_sub(last.top.max(mark.top));
        mark.left <= self.end() + self.reach().min(mark.height() * 3) && high * 10 <= low * 26 && shared * 2 >= low
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
        // A short row must at least be a word: any three specks stand somewhere in a row.
        let gap = |pair: &[Mark]| pair[1].left.saturating_sub(pair[0].right);
        if count < 5 && self.marks.windows(2).any(|pair| gap(pair) * 10 > height * 9) {
            return None;
        }
        let confidence = self.confidence(height);
        (confidence >= if count < 6 { 0.65 } else { 0.5 }).then(|| TextLine {
            bounding_box: BoundingBox { x: left, y: top, width, height },
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
        let uneven_stroke = median(self.marks.iter().map(|mark| (mark.stroke() - stroke).abs())) / stroke;
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
