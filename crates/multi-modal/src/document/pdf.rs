//! The document as PDF 1.7, with embedded subsets of DejaVu Sans, an outline, and no clock: the same document gives
//! the same bytes.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{Point, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::{Data, Document};

use super::font::Face;
use super::layout::{Faces, Item, PAGE, lay_out};
use super::{DocumentRequest, check};
use crate::error::MediaError;
use crate::limits::{IMAGE_PIXELS, IMAGE_SIDE};

/// A longer side is scaled down to this, in pixels: some 250 dots an inch over the width of the text.
const PRINT_SIDE: u32 = 1600;

/// A written PDF.
#[derive(Debug, Clone, PartialEq)]
pub struct PdfDocument {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its pages, 1 to [`super::PAGES`].
    pub pages: u32,
    /// Characters that the fonts lack (Chinese, most emoji); drawn as the replacement character, and still found by
    /// search and copy.
    pub missing_glyphs: u32,
    /// Characters of scripts that run from right to left or join, drawn one by one from left to right.
    pub unshaped_characters: u32,
}

/// Writes the document as PDF: A4, title, headings with outline, paragraphs, lists, pictures with captions, page
/// numbers.
///
/// Returns [`MediaError::Invalid`] or [`MediaError::TooLarge`] for a document beyond its limits (see [`check`]),
/// [`MediaError::Unsupported`] or [`MediaError::Malformed`] for a picture that can't be read, and
/// [`MediaError::Engine`] when the PDF writer fails.
pub fn pdf(request: &DocumentRequest) -> Result<PdfDocument, MediaError> {
    check(request)?;
    let faces: Faces = [
        Face::new(dejavu::sans::regular())?,
        Face::new(dejavu::sans::bold())?,
        Face::new(dejavu::sans::oblique())?,
        Face::new(dejavu::sans::bold_oblique())?,
    ];
    let mut pictures = Vec::new();
    for image in request.sections.iter().flat_map(|section| &section.images) {
        pictures.push(picture(&image.png_or_jpeg)?);
    }
    let sizes: Vec<(u32, u32)> = pictures.iter().map(Image::size).collect();
    let layout = lay_out(request, &sizes, &faces)?;
    let mut document = Document::new();
    document.set_metadata(metadata(request));
    for items in &layout.pages {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| failed("the page has no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for item in items {
            draw(&mut surface, item, &faces, &pictures);
        }
        surface.finish();
        page.finish();
    }
    let mut outline = Outline::new();
    for (heading, page, y) in layout.headings {
        outline.push_child(OutlineNode::new(heading, XyzDestination::new(page, Point::from_xy(0.0, y))));
    }
    document.set_outline(outline);
    let bytes = document.finish().map_err(|error| failed(&format!("{error:?}")))?;
    Ok(PdfDocument {
        bytes,
        pages: layout.pages.len() as u32,
        missing_glyphs: layout.missing_glyphs,
        unshaped_characters: layout.unshaped,
    })
}

fn failed(reason: &str) -> MediaError {
    MediaError::Engine {
        engine: "the PDF writer".to_owned(),
        reason: reason.chars().take(200).collect(),
        hint: "try without images, or with fewer sections".to_owned(),
    }
}

fn metadata(request: &DocumentRequest) -> Metadata {
    let text: String = request.sections.iter().flat_map(|s| [s.text.as_str(), "\n"]).collect();
    let metadata = Metadata::new()
        .title(request.title.split_whitespace().collect::<Vec<_>>().join(" "))
        .creator("mcp-multi-modal".to_owned());
    match whatlang::detect(&text).filter(whatlang::Info::is_reliable) {
        Some(info) => metadata.language(language_tag(info.lang()).to_owned()),
        None => metadata,
    }
}

/// RFC 5646 wants the two-letter code where there is one.
fn language_tag(language: whatlang::Lang) -> &'static str {
    match language.code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "ita" => "it",
        "por" => "pt",
        "nld" => "nl",
        "rus" => "ru",
        "pol" => "pl",
        "ukr" => "uk",
        "tur" => "tr",
        "cmn" => "zh",
        "jpn" => "ja",
        other => other,
    }
}

/// Reads a picture under the server's limits, turned upright, and no larger than print needs.
fn picture(bytes: &[u8]) -> Result<Image, MediaError> {
    let format = image::guess_format(bytes).ok().filter(|f| matches!(f, ImageFormat::Png | ImageFormat::Jpeg));
    let Some(format) = format else {
        let allowed = "image/png, image/jpeg".to_owned();
        return Err(MediaError::Unsupported { found: "an image of this type in a document".to_owned(), allowed });
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(IMAGE_SIDE);
    limits.max_image_height = Some(IMAGE_SIDE);
    reader.limits(limits);
    let unreadable = |error| MediaError::malformed("image", error);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > IMAGE_PIXELS {
        return Err(MediaError::TooLarge {
            what: "decoded image",
            actual: format!("{pixels} pixels"),
            limit: format!("{IMAGE_PIXELS} pixels"),
        });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    let fits = width.max(height) <= PRINT_SIDE;
    if format == ImageFormat::Jpeg && fits && orientation == Orientation::NoTransforms {
        // A PDF holds JPEG as it is: no loss, and a small file.
        if let Ok(image) = Image::from_jpeg(Data::from(bytes.to_vec()), true) {
            return Ok(image);
        }
    }
    decoded.apply_orientation(orientation);
    if !fits {
        decoded = decoded.thumbnail(PRINT_SIDE, PRINT_SIDE);
    }
    let pixels = decoded.to_rgba8();
    let (width, height) = pixels.dimensions();
    Ok(Image::from_rgba8(pixels.into_raw(), width, height))
}

fn draw(surface: &mut Surface<'_>, item: &Item, faces: &Faces, pictures: &[Image]) {
    match item {
        Item::Text { x, y, face, size, text, grey } => {
            let level = if *grey { 0x66 } else { 0x1A };
            let paint = rgb::Color::new(level, level, level).into();
            surface.set_fill(Some(Fill { paint, ..Fill::default() }));
            let face = &faces[*face];
            surface.draw_glyphs(Point::from_xy(*x, *y), &face.glyphs(text), face.font.clone(), text, *size, false);
        }
        Item::Picture { index, x, y, width, height } => {
            let (Some(image), Some(size)) = (pictures.get(*index), Size::from_wh(*width, *height)) else {
                return;
            };
            surface.push_transform(&Transform::from_translate(*x, *y));
            surface.draw_image(image.clone(), size);
            surface.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DocImage, Section};
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 99]));
        image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
        bytes.into_inner()
    }

    fn request(text: &str, images: Vec<Vec<u8>>) -> DocumentRequest {
        let images =
            images.into_iter().map(|png_or_jpeg| DocImage { name: "A".to_owned(), png_or_jpeg, ..DocImage::default() });
        let section = Section { heading: Some("H".to_owned()), text: text.to_owned(), images: images.collect() };
        DocumentRequest { title: "Title".to_owned(), sections: vec![section] }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        let request = request("Some **bold** text.\n\n- one\n- two", vec![png(40, 30)]);
        let (first, second) = (pdf(&request).expect("a PDF"), pdf(&request).expect("a PDF"));
        assert_eq!(first, second);
        assert!(first.bytes.starts_with(b"%PDF-1.7") && first.pages == 1 && first.missing_glyphs == 0);
    }

    #[test]
    fn long_texts_break_into_pages_and_missing_glyphs_are_counted() {
        let document = pdf(&request(&"A paragraph of words.\n\n".repeat(120), vec![])).expect("a PDF");
        assert!(document.pages >= 3, "{}", document.pages);
        let document = pdf(&request("漢字 🦀 שלום", vec![])).expect("a PDF");
        assert_eq!((document.missing_glyphs, document.unshaped_characters), (3, 4));
    }

    #[test]
    fn extreme_pictures_fit_and_bad_ones_are_refused() {
        for (width, height) in [(1, 1), (3000, 2), (2, 3000)] {
            assert!(pdf(&request("", vec![png(width, height)])).is_ok(), "{width}x{height}");
        }
        let mut cut = png(40, 30);
        cut.truncate(60);
        assert!(matches!(pdf(&request("", vec![cut])), Err(MediaError::Malformed { .. })));
        assert!(matches!(pdf(&request("", vec![b"GIF89a".to_vec()])), Err(MediaError::Unsupported { .. })));
    }
}
