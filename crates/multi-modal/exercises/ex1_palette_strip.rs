//! Exercise 1, change it: a picture of a picture's colours.
//!
//! `analyze_image` names the dominant colours in words. A designer wants to see them: a strip in which each colour is
//! as wide as its share, the largest on the left, and along whose bottom quarter runs a bar of ink, black or white,
//! whichever can be read on that colour. Gaps and overhangs are not allowed, whatever the width.
//!
//! Where to look: `Swatch` in `src/vision/palette.rs` (`cluster` returns them, the largest first), and relative luminance
//! and contrast in WCAG 2.2: <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
//!
//! Hint: add the shares up, and round the sum; rounding each share on its own leaves gaps.
//! Hint: the last colour ends where the picture does, because shares may add up to 0.999.
//! Hint: contrast is (lighter + 0.05) / (darker + 0.05); white has luminance 1, black 0.
//! Hint: a channel is made linear first: c / 12.92 up to 0.04045, ((c + 0.055) / 1.055)^2.4 above, for c in 0..1.

use image::{Rgb, RgbImage};
use mcp_multi_modal::vision::palette::Swatch;

/// A strip of the colours, each as wide as its share, with ink along the bottom quarter.
pub(crate) fn palette_strip(swatches: &[Swatch], width: u32, height: u32) -> RgbImage {
    // TODO: this paints the first colour everywhere. Give each its share, and the bottom quarter its ink.
    let colour = swatches.first().map_or([255, 255, 255], |swatch| swatch.rgb);
    RgbImage::from_pixel(width, height, Rgb(colour))
}

/// Black or white: what has more contrast with a colour.
pub(crate) fn ink_on(rgb: [u8; 3]) -> [u8; 3] {
    // TODO: compare the contrast of both with the colour.
    let _ = rgb;
    [0, 0, 0]
}
