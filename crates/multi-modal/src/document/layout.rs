//! Words to lines and lines to pages: greedy filling, ragged right, on A4.

use super::blocks::{Block, Span, blocks};
use super::font::Face;
use super::wrap::{Piece, fitting, length, needs_shaping, words};
use super::{DocumentRequest, PAGES};
use crate::error::MediaError;

/// ISO 216 A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 64.0;
const TEXT_WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const BOTTOM: f32 = PAGE.1 - 70.0;
const BODY: f32 = 10.5;
const INDENT: f32 = 18.0;
/// Space between base lines as a factor on the size.
const LEADING: f32 = 1.42;

/// The four faces: index 1 is bold, 2 italic, 3 both.
pub(super) type Faces = [Face; 4];

/// Something at a place on a page; `y` is the base line of text and the top of a picture, in points from the top.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Text { x: f32, y: f32, face: usize, size: f32, text: String, grey: bool },
    Picture { index: usize, x: f32, y: f32, width: f32, height: f32 },
}

/// The document on its pages.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) pages: Vec<Vec<Item>>,
    /// Heading, page from 0, and y of its top.
    pub(super) headings: Vec<(String, usize, f32)>,
    /// Characters that the fonts don't have.
    pub(super) missing_glyphs: u32,
    /// Characters of scripts that run from right to left or join, which are set without that.
    pub(super) unshaped: u32,
}

/// Lays a document out; `pictures` are the sizes of all its pictures in pixels, in order.
///
/// Returns [`MediaError::TooLarge`] when it needs more than [`PAGES`] pages.
pub(super) fn lay_out(request: &DocumentRequest, pictures: &[(u32, u32)], faces: &Faces) -> Result<Layout, MediaError> {
    let mut setter = Setter { faces, layout: Layout { pages: vec![Vec::new()], ..Layout::default() }, y: MARGIN };
    setter.heading(&request.title, 22.0, 10.0)?;
    let mut pictures = pictures.iter().enumerate();
    for section in &request.sections {
        if let Some(heading) = section.heading.as_deref().filter(|h| !h.trim().is_empty()) {
            setter.y += 12.0;
            setter.heading(heading, 14.5, 5.0)?;
        }
        for block in blocks(&section.text) {
            setter.block(&block)?;
        }
        for (image, (index, &size)) in section.images.iter().zip(pictures.by_ref()) {
            setter.picture(index, size, &image.name)?;
        }
    }
    Ok(setter.finish())
}

struct Setter<'a> {
    faces: &'a Faces,
    layout: Layout,
    y: f32,
}

impl Setter<'_> {
    fn heading(&mut self, text: &str, size: f32, after: f32) -> Result<(), MediaError> {
        // A heading at the foot of a page would be parted from its text.
        if self.y + size * LEADING + 3.0 * BODY * LEADING > BOTTOM {
            self.new_page()?;
        }
        let place = (self.layout.pages.len() - 1, self.y);
        let span = Span { text: text.to_owned(), bold: true, italic: false };
        self.paragraph(&[span], (MARGIN, TEXT_WIDTH), size, false)?;
        self.y += after;
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.layout.headings.push((line, place.0, place.1));
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), MediaError> {
        match &block.marker {
            Some(marker) => {
                self.room(BODY * LEADING)?;
                let y = self.y + BODY;
                let width = self.faces[0].width(marker) * BODY;
                let x = MARGIN + (INDENT - 5.0 - width).max(0.0);
                self.place(Item::Text { x, y, face: 0, size: BODY, text: marker.clone(), grey: false });
                let extra = (width + 5.0 - INDENT).max(0.0);
                self.paragraph(&block.spans, (MARGIN + INDENT + extra, TEXT_WIDTH - INDENT - extra), BODY, false)?;
                self.y += 2.0;
            }
            None => {
                self.paragraph(&block.spans, (MARGIN, TEXT_WIDTH), BODY, false)?;
                self.y += 6.0;
            }
        }
        Ok(())
    }

    /// A picture at most as wide as the text, at 96 pixels an inch if it's small, with its caption on the same page.
    fn picture(&mut self, index: usize, (columns, rows): (u32, u32), caption: &str) -> Result<(), MediaError> {
        let caption_room = 3.0 * BODY * LEADING;
        let natural = columns.max(1) as f32 * 0.75;
        let ratio = rows.max(1) as f32 / columns.max(1) as f32;
        let tallest = BOTTOM - MARGIN - caption_room;
        let width = natural.min(TEXT_WIDTH).min(tallest / ratio).max(1.0);
        let height = (width * ratio).clamp(1.0, tallest);
        self.y += 4.0;
        self.room(height + caption_room)?;
        let x = MARGIN + (TEXT_WIDTH - width) / 2.0;
        self.place(Item::Picture { index, x, y: self.y, width, height });
        self.y += height + 5.0;
        let span = Span { text: caption.to_owned(), bold: false, italic: true };
        self.paragraph(&[span], (MARGIN, TEXT_WIDTH), 9.0, true)?;
        self.y += 8.0;
        Ok(())
    }

    /// Sets spans between `x` and `x + width`.
    fn paragraph(&mut self, spans: &[Span], (x, width): (f32, f32), size: f32, grey: bool) -> Result<(), MediaError> {
        let mut line: Vec<Piece> = Vec::new();
        let mut used = 0.0;
        for word in self.counted_words(spans) {
            let word_width = length(self.faces, &word, size);
            let space = self.faces[word.first().map_or(0, |p| p.face)].width(" ") * size;
            if !line.is_empty() && used + space + word_width > width {
                self.line(std::mem::take(&mut line), x, size, grey)?;
                used = 0.0;
            }
            if !line.is_empty() {
                used += space;
                if let Some(last) = line.last_mut() {
                    last.text.push(' ');
                }
            }
            for piece in fitting(self.faces, word, width, size) {
                let piece_width = length(self.faces, std::slice::from_ref(&piece), size);
                if used + piece_width > width && !line.is_empty() {
                    self.line(std::mem::take(&mut line), x, size, grey)?;
                    used = 0.0;
                }
                used += piece_width;
                match line.last_mut().filter(|last| last.face == piece.face) {
                    Some(last) => last.text.push_str(&piece.text),
                    None => line.push(piece),
                }
            }
        }
        if line.is_empty() { Ok(()) } else { self.line(line, x, size, grey) }
    }

    /// The words of spans; counts the characters that can't be drawn as they should.
    fn counted_words(&mut self, spans: &[Span]) -> Vec<Vec<Piece>> {
        let words = words(spans);
        for Piece { face, text } in words.iter().flatten() {
            let missing = text.chars().filter(|&c| self.faces[*face].glyph(c).is_none()).count();
            self.layout.missing_glyphs += missing as u32;
            self.layout.unshaped += text.chars().filter(|&c| needs_shaping(c)).count() as u32;
        }
        words
    }

    fn line(&mut self, pieces: Vec<Piece>, x: f32, size: f32, grey: bool) -> Result<(), MediaError> {
        self.room(size * LEADING)?;
        let y = self.y + size;
        let mut x = x;
        for Piece { face, text } in pieces {
            let width = self.faces[face].width(&text) * size;
            self.place(Item::Text { x, y, face, size, text, grey });
            x += width;
        }
        self.y += size * LEADING;
        Ok(())
    }

    fn room(&mut self, height: f32) -> Result<(), MediaError> {
        if self.y + height > BOTTOM { self.new_page() } else { Ok(()) }
    }

    fn new_page(&mut self) -> Result<(), MediaError> {
        if self.layout.pages.len() >= PAGES as usize {
            return Err(MediaError::TooLarge {
                what: "document",
                actual: format!("more than {PAGES} pages"),
                limit: format!("{PAGES} pages"),
            });
        }
        self.layout.pages.push(Vec::new());
        self.y = MARGIN;
        Ok(())
    }

    fn place(&mut self, item: Item) {
        if let Some(page) = self.layout.pages.last_mut() {
            page.push(item);
        }
    }

    /// Page numbers last, when it is known how many pages there are.
    fn finish(mut self) -> Layout {
        let count = self.layout.pages.len();
        for (index, page) in self.layout.pages.iter_mut().enumerate() {
            let text = format!("{} / {count}", index + 1);
            let x = (PAGE.0 - self.faces[0].width(&text) * 8.5) / 2.0;
            page.push(Item::Text { x, y: PAGE.1 - 38.0, face: 0, size: 8.5, text, grey: true });
        }
        self.layout
    }
}

#[cfg(test)]
mod tests {
    use super::super::Section;
    use super::*;

    fn faces() -> Faces {
        [dejavu::sans::regular(), dejavu::sans::bold(), dejavu::sans::oblique(), dejavu::sans::bold_oblique()]
            .map(|data| Face::new(data).expect("a font"))
    }

    fn laid(text: &str) -> Layout {
        let section = Section { text: text.to_owned(), ..Section::default() };
        let request = DocumentRequest { title: "T".to_owned(), sections: vec![section] };
        lay_out(&request, &[], &faces()).expect("a layout")
    }

    #[test]
    fn every_line_is_within_the_margins() {
        let faces = faces();
        let long = format!("{} {} **{}**", "some words ".repeat(200), "x".repeat(500), "漢".repeat(100));
        let layout = laid(&long);
        assert_eq!(layout.missing_glyphs, 100);
        for item in layout.pages.iter().flatten() {
            let Item::Text { x, y, face, size, text, .. } = item else {
                continue;
            };
            let right = x + faces[*face].width(text.trim_end()) * size;
            assert!(*x >= MARGIN && right <= PAGE.0 - MARGIN + 0.1 && *y < PAGE.1 - 30.0, "{text}");
        }
    }

    #[test]
    fn faces_change_within_a_line() {
        let layout = laid("plain **bold** *italic*");
        let found: Vec<usize> = layout.pages[0]
            .iter()
            .filter_map(|item| match item {
                Item::Text { face, grey: false, .. } => Some(*face),
                _ => None,
            })
            .collect();
        assert_eq!(found, [1, 0, 1, 2]);
    }

    #[test]
    fn too_many_pages_are_refused() {
        let section = Section { text: "- a\n".repeat(20_000), ..Section::default() };
        let request = DocumentRequest { title: "T".to_owned(), sections: vec![section] };
        assert!(matches!(lay_out(&request, &[], &faces()), Err(MediaError::TooLarge { .. })));
    }
}
