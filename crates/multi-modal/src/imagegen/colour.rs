//! Colours as three numbers in `0.0..=1.0` (sRGB, red green blue), and the few ways they are mixed here.

/// Red, green and blue in `0.0..=1.0`, sRGB encoded.
pub(crate) type Rgb = [f32; 3];

/// `0xRRGGBB` as a colour.
pub(crate) const fn hex(rgb: u32) -> Rgb {
    [((rgb >> 16) & 255) as f32 / 255.0, ((rgb >> 8) & 255) as f32 / 255.0, (rgb & 255) as f32 / 255.0]
}

/// `a` where `t` is 0, `b` where it is 1, and between them on a straight line.
pub(crate) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/// Each channel times `factor`.
pub(crate) fn scale(a: Rgb, factor: f32) -> Rgb {
    a.map(|channel| channel * factor)
}

/// Channel by channel, as light through a filter.
pub(crate) fn multiply(a: Rgb, b: Rgb) -> Rgb {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/// Two lights on one spot.
pub(crate) fn add(a: Rgb, b: Rgb) -> Rgb {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Luma in `0.0..=1.0` (ITU-R BT.601).
pub(crate) fn luma(a: Rgb) -> f32 {
    0.299 * a[0] + 0.587 * a[1] + 0.114 * a[2]
}

/// Further from grey (`factor` above 1) or nearer to it.
pub(crate) fn saturate(a: Rgb, factor: f32) -> Rgb {
    let grey = luma(a);
    a.map(|channel| (grey + (channel - grey) * factor).clamp(0.0, 1.0))
}

/// Hue in turns, saturation and value in `0.0..=1.0` (Smith, "Color gamut transform pairs", 1978).
pub(crate) fn hsv(hue: f32, saturation: f32, value: f32) -> Rgb {
    [5.0, 3.0, 1.0].map(|n| {
        let k = (n + hue.rem_euclid(1.0) * 6.0) % 6.0;
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// As bytes, clamped.
pub(crate) fn bytes(a: Rgb) -> [u8; 3] {
    a.map(|channel| (channel * 255.0 + 0.5).clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_colours_come_from_their_hues() {
        for (hue, rgb) in [(0.0, 0xFF_0000), (1.0 / 3.0, 0x00_FF00), (2.0 / 3.0, 0x00_00FF)] {
            assert_eq!(bytes(hsv(hue, 1.0, 1.0)), bytes(hex(rgb)));
        }
    }

    #[test]
    fn out_of_range_colours_clamp() {
        assert_eq!(bytes([-1.0, 2.0, f32::NAN]), [0, 255, 0]);
    }
}
