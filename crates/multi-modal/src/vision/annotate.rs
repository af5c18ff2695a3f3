//! Boxes and labels drawn into a picture, so that a person sees what the numbers mean.

use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};
use image::{Rgba, RgbaImage};

use crate::vision::BoundingBox;
use crate::vision::color::luma;
use crate::vision::scale::thumbnail;

/// Longest side of an annotated picture, in pixels.
pub const MAX_SIDE: u32 = 1024;

/// Side of one character of [`draw_text`] at scale 1, in pixels.
pub const GLYPH: u32 = 8;

/// A box to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where, in pixels of the picture that is passed along.
    pub rect: BoundingBox,
    /// A few words; cut to what fits into the picture. Empty for a box alone.
    pub text: String,
    /// Colour of the box and of the label's ground, sRGB. The letters are black or white, whichever can be read on it.
    pub color: [u8; 3],
}

/// Draws labels into a copy of the picture that is at most [`MAX_SIDE`] pixels on its longer side. Line width and
/// letters grow with the picture; nothing is drawn outside of it.
pub fn annotate(image: &RgbaImage, labels: &[Label]) -> RgbaImage {
    let mut canvas = thumbnail(image, MAX_SIDE);
    let scale = (canvas.width().min(canvas.height()) / 320).clamp(1, 3);
    for label in labels {
        let rect = label.rect.rescaled(image.dimensions(), canvas.dimensions());
        frame(&mut canvas, rect, scale + 1, opaque(label.color));
    }
    // Labels after all boxes, so that no line crosses a text.
    for label in labels.iter().filter(|label| !label.text.is_empty()) {
        let rect = label.rect.rescaled(image.dimensions(), canvas.dimensions());
        caption(&mut canvas, rect, label, scale);
    }
    canvas
}

/// Draws one line of text with its top left corner at (x, y), each character `8 * scale` pixels large. What lies
/// outside of the picture is left out; a character that the font lacks becomes a question mark.
pub fn draw_text(image: &mut RgbaImage, (x, y): (i64, i64), scale: u32, text: &str, ink: Rgba<u8>) {
    let size = i64::from(GLYPH * scale);
    for (character, left) in text.chars().zip((0..).map(|n: i64| x.saturating_add(n * size))) {
        if left >= i64::from(image.width()) {
            break;
        }
        for (row, bits) in (0..).zip(glyph(character)) {
            for column in (0..i64::from(GLYPH)).filter(|column| bits >> column & 1 == 1) {
                let dot = i64::from(scale);
                fill(image, (left + column * dot, y + row * dot), (dot, dot), ink);
            }
        }
    }
}

/// Fills a rectangle, clipped to the picture: `at` is its top left corner, `size` its width and height.
pub fn fill(image: &mut RgbaImage, at: (i64, i64), size: (i64, i64), color: Rgba<u8>) {
    let span = |start: i64, length: i64, limit: u32| {
        let limit = i64::from(limit);
        start.clamp(0, limit)..start.saturating_add(length).clamp(0, limit)
    };
    let columns = span(at.0, size.0, image.width());
    for y in span(at.1, size.1, image.height()) {
        for x in columns.clone() {
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) {
                image.put_pixel(x, y, color);
            }
        }
    }
}

fn opaque([red, green, blue]: [u8; 3]) -> Rgba<u8> {
    Rgba([red, green, blue, 255])
}

fn frame(image: &mut RgbaImage, rect: BoundingBox, thickness: u32, color: Rgba<u8>) {
    let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(i64::from);
    let thick = i64::from(thickness).min(width).min(height);
    fill(image, (x, y), (width, thick), color);
    fill(image, (x, y + height - thick), (width, thick), color);
    fill(image, (x, y), (thick, height), color);
    fill(image, (x + width - thick, y), (thick, height), color);
}

/// Above the box if there is room, else below it, else at the top inside of it; always inside the picture.
fn caption(image: &mut RgbaImage, rect: BoundingBox, label: &Label, scale: u32) {
    let (image_width, image_height) = (i64::from(image.width()), i64::from(image.height()));
    let (letter, margin) = (i64::from(GLYPH * scale), i64::from(scale));
    let fits = usize::try_from((image_width - 2 * margin) / letter).unwrap_or(0);
    let text = shortened(&label.text, fits);
    if text.is_empty() {
        return;
    }
    let width = text.chars().count() as i64 * letter + 2 * margin;
    let height = letter + 2 * margin;
    let (top, bottom) = (i64::from(rect.y), i64::from(rect.y) + i64::from(rect.height));
    let y = match (top >= height, bottom + height <= image_height) {
        (true, _) => top - height,
        (false, true) => bottom,
        (false, false) => top.min(image_height - height).max(0),
    };
    let x = i64::from(rect.x).min(image_width - width).max(0);
    fill(image, (x, y), (width, height), opaque(label.color));
    let ink = if luma(label.color) > 128 { [0; 3] } else { [255; 3] };
    draw_text(image, (x + margin, y + margin), scale, &text, opaque(ink));
}

fn shortened(text: &str, fits: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= fits {
        return text;
    }
    let start: String = text.chars().take(fits.saturating_sub(2)).collect();
    if start.is_empty() { text.chars().take(fits).collect() } else { format!("{start}..") }
}

/// Eight rows from the top; the lowest bit of a row is its leftmost pixel.
fn glyph(character: char) -> [u8; 8] {
    BASIC_FONTS
        .get(character)
        .or_else(|| LATIN_FONTS.get(character))
        .or_else(|| GREEK_FONTS.get(character))
        .or_else(|| BASIC_FONTS.get('?'))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);

    fn label(x: u32, y: u32, width: u32, height: u32, text: &str) -> Label {
        Label { rect: BoundingBox { x, y, width, height }, text: text.into(), color: [255, 0, 0] }
    }

    #[test]
    fn the_box_is_where_it_should_be_and_the_rest_untouched() {
        let white = RgbaImage::from_pixel(200, 100, Rgba([255; 4]));
        let drawn = annotate(&white, &[label(50, 40, 100, 50, "")]);
        assert_eq!(*drawn.get_pixel(50, 40), RED);
        assert_eq!(*drawn.get_pixel(149, 89), RED);
        assert_eq!(*drawn.get_pixel(100, 65), Rgba([255; 4]));
        assert_eq!(*drawn.get_pixel(150, 90), Rgba([255; 4]));
    }

    #[test]
    fn a_large_picture_is_scaled_and_its_boxes_with_it() {
        let drawn = annotate(&RgbaImage::new(4096, 2048), &[label(2048, 0, 2048, 2048, "right half")]);
        assert_eq!(drawn.dimensions(), (1024, 512));
        assert_eq!(*drawn.get_pixel(513, 300), RED);
        assert_eq!(drawn.get_pixel(400, 300)[3], 0);
    }

    #[test]
    fn a_label_at_the_edge_moves_inside() {
        let white = RgbaImage::from_pixel(100, 60, Rgba([255; 4]));
        let drawn = annotate(&white, &[label(90, 0, 10, 60, "corner")]);
        let ink = drawn.pixels().filter(|pixel| pixel.0 == [255; 4]).count();
        assert!(drawn.enumerate_pixels().any(|(x, _, pixel)| x < 60 && *pixel == RED));
        assert!(ink > 0);
    }

    proptest! {
        #[test]
        fn no_size_box_or_text_does_harm(
            width in 1u32..80, height in 1u32..80,
            rect in prop::array::uniform4(0u32..=u32::MAX), text in "\\PC{0,30}",
        ) {
            let image = RgbaImage::new(width, height);
            let [x, y, box_width, box_height] = rect;
            let drawn = annotate(&image, &[label(x, y, box_width, box_height, &text)]);
            prop_assert_eq!(drawn.dimensions(), (width, height));
        }
    }
}
