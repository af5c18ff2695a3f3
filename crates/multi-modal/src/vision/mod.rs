//! Pictures in: from bytes to pixels, and from pixels to what can be measured in them.
//!
//! Read [`decode`] first: everything else works on what it returns.

pub mod annotate;
pub mod color;
pub mod decode;
pub mod faces;
pub mod general;
mod geometry;
mod grouping;
pub mod metadata;
pub mod objects;
pub mod palette;
pub mod perceptual_hash;
pub mod scale;
pub mod shape;
pub mod sharpness;
pub mod sniff;
pub mod text_regions;
mod text_rows;

/// A rectangle in pixels. The origin is the top left corner of the upright picture, after its EXIF orientation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct BoundingBox {
    /// Left edge, in pixels.
    pub x: u32,
    /// Top edge, in pixels.
    pub y: u32,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

impl BoundingBox {
    /// The same region in a picture of another size: `from` and `to` are (width, height). The result covers every
    /// pixel that the region touches, stays inside `to`, and is at least one pixel large if `to` is.
    pub fn rescaled(self, from: (u32, u32), to: (u32, u32)) -> Self {
        let (x, width) = rescale_span(self.x, self.width, from.0, to.0);
        let (y, height) = rescale_span(self.y, self.height, from.1, to.1);
        Self { x, y, width, height }
    }

    /// The smallest rectangle around both.
    pub fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = self.x.saturating_add(self.width).max(other.x.saturating_add(other.width));
        let bottom = self.y.saturating_add(self.height).max(other.y.saturating_add(other.height));
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// The same rectangle with a margin of `by` pixels, inside a picture of `width` by `height`.
    pub fn padded(self, by: u32, (width, height): (u32, u32)) -> Self {
        let (x, y) = (self.x.saturating_sub(by), self.y.saturating_sub(by));
        let right = self.x.saturating_add(self.width).saturating_add(by).min(width);
        let bottom = self.y.saturating_add(self.height).saturating_add(by).min(height);
        Self { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
    }

    /// Pixels inside.
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Pixels that both rectangles hold.
    pub fn overlap(self, other: Self) -> u64 {
        let across = |a: u32, a_len: u32, b: u32, b_len: u32| {
            let end = a.saturating_add(a_len).min(b.saturating_add(b_len));
            u64::from(end.saturating_sub(a.max(b)))
        };
        across(self.x, self.width, other.x, other.width) * across(self.y, self.height, other.y, other.height)
    }
}

fn rescale_span(start: u32, length: u32, from: u32, to: u32) -> (u32, u32) {
    let from = u64::from(from.max(1));
    let to = u64::from(to);
    let end = u64::from(start) + u64::from(length);
    let first = (u64::from(start) * to / from).min(to.saturating_sub(1));
    let last = (end * to).div_ceil(from).clamp((first + 1).min(to), to);
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    (narrow(first), narrow(last.saturating_sub(first)))
}

/// Rounds to `digits` decimals for a report; what is not finite becomes 0, because JSON has no such number.
pub(crate) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    let result = (value * scale).round() / scale;
    if result.is_finite() { result } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_box_scales_up_to_the_pixels_it_stands_for() {
        let found = BoundingBox { x: 10, y: 5, width: 10, height: 20 };
        assert_eq!(found.rescaled((100, 50), (1000, 500)), BoundingBox { x: 100, y: 50, width: 100, height: 200 });
    }

    #[test]
    fn rounding_gives_only_numbers_that_json_has() {
        assert_eq!(rounded(0.12345, 3), 0.123);
        assert_eq!(rounded(f64::NAN, 3), 0.0);
        assert_eq!(rounded(f64::INFINITY, 3), 0.0);
    }

    proptest! {
        #[test]
        fn a_rescaled_box_stays_inside(
            x in 0u32..500, y in 0u32..500, width in 1u32..500, height in 1u32..500,
            to_width in 1u32..5000, to_height in 1u32..5000,
        ) {
            let scaled = BoundingBox { x, y, width, height }.rescaled((500, 500), (to_width, to_height));
            prop_assert!(scaled.width >= 1 && scaled.height >= 1);
            prop_assert!(scaled.x + scaled.width <= to_width);
            prop_assert!(scaled.y + scaled.height <= to_height);
        }
    }
}
