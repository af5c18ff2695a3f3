//! Smaller copies: what is measured does not need forty megapixels, and a bound on pixels is a bound on time.

use std::borrow::Cow;

use image::{DynamicImage, RgbImage, RgbaImage};

/// A copy with at most `max_side` pixels (at least 1) on its longer side, proportions kept. A picture that is small
/// enough already stays as it is; nothing is ever enlarged.
pub fn thumbnail(image: &RgbaImage, max_side: u32) -> RgbaImage {
    let max_side = max_side.max(1);
    if image.width() <= max_side && image.height() <= max_side {
        return image.clone();
    }
    // `DynamicImage` and not `imageops` directly: a generic function would be compiled into this crate, unoptimised
    // in a debug build, and a photograph would take seconds.
    DynamicImage::ImageRgba8(image.clone()).thumbnail(max_side, max_side).into_rgba8()
}

/// The picture as a viewer shows it on a white page: transparent pixels become white, half transparent ones lighter.
pub fn on_white(image: &RgbaImage) -> RgbImage {
    let mut opaque = RgbImage::new(image.width(), image.height());
    for (target, source) in opaque.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = source.0.map(u32::from);
        let over = |value: u32| {
            let mixed = (value * alpha + 255 * (255 - alpha) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        target.0 = [over(red), over(green), over(blue)];
    }
    opaque
}

/// A small opaque copy to measure on: [`thumbnail`], then [`on_white`].
pub fn working_copy(image: &RgbaImage, max_side: u32) -> RgbImage {
    let small = if image.width() <= max_side && image.height() <= max_side {
        Cow::Borrowed(image)
    } else {
        Cow::Owned(thumbnail(image, max_side))
    };
    on_white(&small)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn sizes_keep_their_proportions_and_never_vanish() {
        for ((width, height), expected) in
            [((400, 200), (100, 50)), ((100, 100), (100, 100)), ((1, 1), (1, 1)), ((3000, 1), (100, 1))]
        {
            let small = thumbnail(&RgbaImage::new(width, height), 100);
            assert_eq!(small.dimensions(), expected, "{width}x{height}");
        }
    }

    #[test]
    fn transparency_shows_the_white_page() {
        let image = RgbaImage::from_pixel(2, 1, Rgba([0, 0, 0, 0]));
        assert_eq!(on_white(&image).get_pixel(0, 0).0, [255, 255, 255]);
        let half = RgbaImage::from_pixel(2, 1, Rgba([0, 0, 0, 128]));
        assert_eq!(on_white(&half).get_pixel(0, 0).0, [127, 127, 127]);
    }
}
