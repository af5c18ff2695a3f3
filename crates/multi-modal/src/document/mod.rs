//! Documents from titled sections with text and pictures: as Markdown, and as PDF.
//!
//! Within a text, blank lines part paragraphs, lines that begin with `- `, `* ` or `1. ` are list items, and
//! `**bold**` and `*italic*` mark words.

mod blocks;
mod font;
mod layout;
mod markdown;
mod pdf;
mod wrap;

pub use markdown::markdown;
pub use pdf::{PdfDocument, pdf};

use crate::error::MediaError;
use crate::limits::{IMAGE_BYTES, PROMPT_CHARS};

/// Most sections of a document.
pub const SECTIONS: usize = 50;
/// Most characters of all texts together.
pub const DOCUMENT_CHARS: usize = 100_000;
/// Most pictures of a document.
pub const DOCUMENT_IMAGES: usize = 20;
/// Most pages of a PDF.
pub const PAGES: u32 = 100;

/// A document to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DocumentRequest {
    /// Its title; 1 to [`PROMPT_CHARS`] characters.
    pub title: String,
    /// Its parts, in order; at most [`SECTIONS`].
    pub sections: Vec<Section>,
}

/// One part of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Its heading, if it has one.
    pub heading: Option<String>,
    /// Its text: paragraphs, lists, bold and italic words.
    pub text: String,
    /// Its pictures, after the text.
    pub images: Vec<DocImage>,
}

/// A picture in a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DocImage {
    /// Its caption.
    pub name: String,
    /// What is to be seen on it, for those who can't see it.
    pub alt: String,
    /// The encoded picture, PNG or JPEG.
    pub png_or_jpeg: Vec<u8>,
    /// Where it can be had, such as `media://{id}`.
    pub uri: String,
}

/// Checks the limits of a document: sections, characters, pictures, bytes of each picture.
///
/// Returns [`MediaError::Invalid`] without a title, and [`MediaError::TooLarge`] above a limit.
pub fn check(request: &DocumentRequest) -> Result<(), MediaError> {
    if request.title.trim().is_empty() {
        let hint = format!("give a title of 1 to {PROMPT_CHARS} characters");
        return Err(MediaError::Invalid { what: "the document has no title".to_owned(), hint });
    }
    let sections = &request.sections;
    let headings = sections.iter().filter_map(|s| s.heading.as_deref());
    let short = headings
        .chain([request.title.as_str()])
        .chain(sections.iter().flat_map(|s| &s.images).flat_map(|i| [i.name.as_str(), i.alt.as_str(), i.uri.as_str()]))
        .map(|text| text.chars().count())
        .max()
        .unwrap_or(0);
    let characters = sections.iter().map(|s| s.text.chars().count()).sum();
    let images = sections.iter().map(|s| s.images.len()).sum();
    let bytes = sections.iter().flat_map(|s| &s.images).map(|i| i.png_or_jpeg.len()).max().unwrap_or(0);
    at_most("number of sections", sections.len(), SECTIONS, "sections")?;
    at_most("longest title or caption", short, PROMPT_CHARS, "characters")?;
    at_most("text of the document", characters, DOCUMENT_CHARS, "characters")?;
    at_most("number of images", images, DOCUMENT_IMAGES, "images")?;
    at_most("image", bytes, IMAGE_BYTES, "bytes")
}

fn at_most(what: &'static str, actual: usize, limit: usize, unit: &str) -> Result<(), MediaError> {
    if actual <= limit {
        return Ok(());
    }
    Err(MediaError::TooLarge { what, actual: format!("{actual} {unit}"), limit: format!("{limit} {unit}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named() {
        let base = DocumentRequest { title: "T".to_owned(), sections: vec![Section::default(); 2] };
        assert_eq!(check(&base), Ok(()));
        let untitled = DocumentRequest { title: " ".to_owned(), ..base.clone() };
        assert!(matches!(check(&untitled), Err(MediaError::Invalid { .. })));
        let many = DocumentRequest { sections: vec![Section::default(); SECTIONS + 1], ..base.clone() };
        assert!(matches!(check(&many), Err(MediaError::TooLarge { what: "number of sections", .. })));
        let long = Section { text: "x".repeat(DOCUMENT_CHARS + 1), ..Section::default() };
        assert!(check(&DocumentRequest { sections: vec![long], ..base }).is_err());
    }
}
