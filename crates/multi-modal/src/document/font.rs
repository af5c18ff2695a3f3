//! Which glyph draws a character, and how wide it is: the two tables of an OpenType font (ISO/IEC 14496-22) that a
//! line of left-to-right text needs.

use krilla::Data;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use crate::error::MediaError;

/// A face of the DejaVu family.
pub(super) struct Face {
    pub(super) font: Font,
    data: &'static [u8],
    segments: Vec<Segment>,
    advances: usize,
    advance_count: usize,
    units_per_em: f32,
}

/// Characters `first..=last` of a format 12 `cmap`: glyphs from `glyph` on.
struct Segment {
    first: u32,
    last: u32,
    glyph: u32,
}

impl Face {
    /// Opens a font file. Fails with [`MediaError::Engine`] where a table that is needed is missing.
    pub(super) fn new(data: &'static [u8]) -> Result<Self, MediaError> {
        Self::open(data).ok_or_else(|| MediaError::Engine {
            engine: "the font".to_owned(),
            reason: "a table is missing".to_owned(),
            hint: "build with an unchanged `dejavu` crate".to_owned(),
        })
    }

    fn open(data: &'static [u8]) -> Option<Self> {
        let font = Font::new(Data::from(data), 0)?;
        let horizontal = table(data, b"hhea")?;
        Some(Self {
            units_per_em: font.units_per_em().max(1.0),
            font,
            data,
            segments: segments(data)?,
            advances: table(data, b"hmtx")?,
            advance_count: usize::from(u16_at(data, horizontal + 34)?).max(1),
        })
    }

    /// The glyph of a character; `None` where the font has none.
    pub(super) fn glyph(&self, c: char) -> Option<u32> {
        let code = u32::from(c);
        let after = self.segments.partition_point(|s| s.first <= code);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        (code <= segment.last).then(|| segment.glyph + (code - segment.first)).filter(|&glyph| glyph != 0)
    }

    /// Width of a glyph in ems. Glyphs beyond the table are as wide as its last.
    fn advance(&self, glyph: u32) -> f32 {
        let index = (glyph as usize).min(self.advance_count - 1);
        u16_at(self.data, self.advances + 4 * index).map_or(0.6, f32::from) / self.units_per_em
    }

    /// Width of a text in ems.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(self.glyph_or_replacement(c))).sum()
    }

    /// The glyphs of a text, one for each character.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        text.char_indices()
            .map(|(at, c)| {
                let glyph = self.glyph_or_replacement(c);
                KrillaGlyph::new(GlyphId::new(glyph), self.advance(glyph), 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
            })
            .collect()
    }

    fn glyph_or_replacement(&self, c: char) -> u32 {
        self.glyph(c).or_else(|| self.glyph(char::REPLACEMENT_CHARACTER)).unwrap_or(0)
    }
}

/// Offset of a table.
fn table(data: &[u8], tag: &[u8; 4]) -> Option<usize> {
    let count = usize::from(u16_at(data, 4)?);
    let record = (0..count).map(|i| 12 + 16 * i).find(|&at| data.get(at..at + 4) == Some(tag))?;
    usize::try_from(u32_at(data, record + 8)?).ok()
}

/// Segments of the format 12 subtable, which covers all of Unicode.
fn segments(data: &[u8]) -> Option<Vec<Segment>> {
    let cmap = table(data, b"cmap")?;
    let count = usize::from(u16_at(data, cmap + 2)?);
    let subtable = (0..count)
        .filter_map(|i| u32_at(data, cmap + 4 + 8 * i + 4))
        .map(|offset| cmap + offset as usize)
        .find(|&at| u16_at(data, at) == Some(12))?;
    let groups = u32_at(data, subtable + 12)? as usize;
    (0..groups)
        .map(|i| subtable + 16 + 12 * i)
        .map(|at| Some(Segment { first: u32_at(data, at)?, last: u32_at(data, at + 4)?, glyph: u32_at(data, at + 8)? }))
        .collect()
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_greek_and_cyrillic_are_there_and_chinese_is_not() {
        let face = Face::new(dejavu::sans::regular()).expect("the font");
        for c in ['A', 'ä', 'ß', 'Ω', 'ж', '€', '•', '\u{FFFD}'] {
            assert!(face.glyph(c).is_some(), "{c}");
        }
        assert_eq!((face.glyph('漢'), face.glyph('🦀')), (None, None));
    }

    #[test]
    fn widths_are_those_of_the_font() {
        // DejaVu Sans: 2048 units per em, `i` is 569 wide, `W` 2025.
        let face = Face::new(dejavu::sans::regular()).expect("the font");
        assert!((face.width("i") - 569.0 / 2048.0).abs() < 1e-4);
        assert!((face.width("iW") - (569.0 + 2025.0) / 2048.0).abs() < 1e-4);
    }

    #[test]
    fn what_is_no_font_is_refused() {
        assert!(Face::new(b"no font at all").is_err());
    }
}
