//! Text cut into words, and words that are too long for a line cut into pieces.

use super::blocks::Span;
use super::layout::Faces;

/// Characters of one face within a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) face: usize,
    pub(super) text: String,
}

/// Spans cut at blanks; a word keeps the faces of its parts.
pub(super) fn words(spans: &[Span]) -> Vec<Vec<Piece>> {
    let mut words: Vec<Vec<Piece>> = Vec::new();
    let mut open = false;
    for span in spans {
        let face = usize::from(span.bold) + 2 * usize::from(span.italic);
        for c in span.text.chars().filter(|&c| !is_invisible(c)) {
            if (c.is_whitespace() && c != '\u{A0}') || c.is_control() {
                open = false;
                continue;
            }
            if !open {
                words.push(Vec::new());
                open = true;
            }
            let Some(word) = words.last_mut() else {
                continue;
            };
            match word.last_mut().filter(|piece| piece.face == face) {
                Some(piece) => piece.text.push(c),
                None => word.push(Piece { face, text: c.to_string() }),
            }
        }
    }
    words
}

/// The pieces of a word, those longer than a line cut where the line ends.
pub(super) fn fitting(faces: &Faces, word: Vec<Piece>, width: f32, size: f32) -> Vec<Piece> {
    if length(faces, &word, size) <= width {
        return word;
    }
    let mut cut: Vec<Piece> = Vec::new();
    for piece in word {
        let face = &faces[piece.face];
        let mut part = String::new();
        let mut used = 0.0;
        for c in piece.text.chars() {
            let length = face.width(c.encode_utf8(&mut [0; 4])) * size;
            if used + length > width && !part.is_empty() {
                cut.push(Piece { face: piece.face, text: std::mem::take(&mut part) });
                used = 0.0;
            }
            used += length;
            part.push(c);
        }
        cut.push(Piece { face: piece.face, text: part });
    }
    cut
}

/// Width of pieces in points.
pub(super) fn length(faces: &Faces, pieces: &[Piece], size: f32) -> f32 {
    pieces.iter().map(|piece| faces[piece.face].width(&piece.text) * size).sum()
}

/// Joiners, selectors, soft hyphens and direction marks, which draw nothing themselves.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c), 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFE00..=0xFE0F | 0xFEFF)
}

/// Hebrew, Arabic and Indic letters.
pub(super) fn needs_shaping(c: char) -> bool {
    matches!(u32::from(c), 0x0590..=0x08FF | 0x0900..=0x0DFF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC)
}
