//! Exercise 1, change it: a picture of a picture's colours.
//!
//! `analyze_image` names the dominant colours in words. A designer wants to see them: a strip in which each colour is
//! as wide as its share, the largest on the left, and along whose bottom quarter runs a bar of ink, black or white,
//! whichever can be read on that colour. Gaps and overhangs are not allowed, whatever the width.
//!
//! Where to look: `Swatch` in `src/vision/palette.rs` (`cluster` returns them, the largest first), and relative luminance
//! and contrast in WCAG 2.2: <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
//!
//! Learned: to round running sums instead of parts, so that nothing is lost, and to measure contrast as people see it.
//! Read on: src/vision/palette.rs, and src/server/answer.rs for how a picture becomes an image block.

use image::{Rgb, RgbImage};
use mcp_multi_modal::vision::palette::Swatch;

/// A strip of the colours, each as wide as its share, with ink along the bottom quarter.
pub(crate) fn palette_strip(swatches: &[Swatch], width: u32, height: u32) -> RgbImage {
    let mut strip = RgbImage::from_pixel(width, height, Rgb([255, 255, 255]));
    let ink_from = height - height / 4;
    let (mut sum, mut left) = (0.0, 0);
    for (index, swatch) in swatches.iter().enumerate() {
        sum += swatch.share;
        let is_last = index + 1 == swatches.len();
        let right = if is_last { width } else { ((sum * f64::from(width)).round() as u32).min(width) };
        let ink = ink_on(swatch.rgb);
        for x in left..right {
            for y in 0..height {
                strip.put_pixel(x, y, Rgb(if y < ink_from { swatch.rgb } else { ink }));
            }
        }
        left = right;
    }
    strip
}

/// Black or white: what has more contrast with a colour.
pub(crate) fn ink_on(rgb: [u8; 3]) -> [u8; 3] {
    let luminance = luminance(rgb);
    let on_white = (1.0 + 0.05) / (luminance + 0.05);
    let on_black = (luminance + 0.05) / 0.05;
    if on_white > on_black { [255, 255, 255] } else { [0, 0, 0] }
}

/// Relative luminance, 0 for black and 1 for white (WCAG 2.2).
fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = rgb.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}
