//! Colours as people see and name them: CIE L\*a\*b\*, in which distance is roughly perceived difference.

/// A colour in CIE L\*a\*b\* under D65: lightness 0..100, green to red, blue to yellow.
pub type Lab = [f32; 3];

/// Converts sRGB (IEC 61966-2-1) to L\*a\*b\* (CIE 15, white point D65, 2 degree observer).
pub fn to_lab(rgb: [u8; 3]) -> Lab {
    let [red, green, blue] = rgb.map(|value| LINEAR[usize::from(value)]);
    let x = (0.412_456_4 * red + 0.357_576_1 * green + 0.180_437_5 * blue) / 0.950_47;
    let y = 0.212_672_9 * red + 0.715_152_2 * green + 0.072_175 * blue;
    let z = (0.019_333_9 * red + 0.119_192 * green + 0.950_304_1 * blue) / 1.088_83;
    let [x, y, z] =
        [x, y, z].map(|t| if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The distance of two colours, ΔE\*ab of CIE 1976: below 2.3 hardly visible, above 20 clearly another colour.
pub fn delta_e(a: Lab, b: Lab) -> f32 {
    squared_distance(a, b).sqrt()
}

/// [`delta_e`] squared, for comparisons in a loop.
pub fn squared_distance(a: Lab, b: Lab) -> f32 {
    let [l, u, v] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    l * l + u * u + v * v
}

/// `#rrggbb`.
pub fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The plain English name of the nearest of some fifty reference colours.
pub fn name(rgb: [u8; 3]) -> &'static str {
    let lab = to_lab(rgb);
    NAMES
        .iter()
        .min_by(|a, b| squared_distance(lab, to_lab(a.0)).total_cmp(&squared_distance(lab, to_lab(b.0))))
        .map_or("black", |(_, name)| *name)
}

/// Brightness as seen, 0..255: luma of ITU-R BT.709.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue) + 5000;
    u8::try_from(sum / 10_000).unwrap_or(u8::MAX)
}

/// Linear light 0..1 for each sRGB value.
static LINEAR: std::sync::LazyLock<[f32; 256]> = std::sync::LazyLock::new(|| {
    std::array::from_fn(|value| {
        let encoded = value as f32 / 255.0;
        if encoded <= 0.040_45 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
    })
});

/// CSS colours, several of them under the plain name that people would use.
const NAMES: &[([u8; 3], &str)] = &[
    ([0, 0, 0], "black"),
    ([255, 255, 255], "white"),
    ([245, 245, 245], "white"),
    ([128, 128, 128], "gray"),
    ([105, 105, 105], "dark gray"),
    ([64, 64, 64], "dark gray"),
    ([169, 169, 169], "light gray"),
    ([211, 211, 211], "light gray"),
    ([255, 0, 0], "red"),
    ([220, 20, 60], "red"),
    ([178, 34, 34], "red"),
    ([139, 0, 0], "dark red"),
    ([128, 0, 32], "dark red"),
    ([255, 165, 0], "orange"),
    ([255, 140, 0], "orange"),
    ([255, 99, 0], "orange"),
    ([255, 255, 0], "yellow"),
    ([255, 215, 0], "gold"),
    ([218, 165, 32], "gold"),
    ([128, 128, 0], "olive"),
    ([107, 142, 35], "olive"),
    ([0, 128, 0], "green"),
    ([0, 255, 0], "green"),
    ([34, 139, 34], "green"),
    ([50, 205, 50], "green"),
    ([144, 238, 144], "light green"),
    ([0, 100, 0], "dark green"),
    ([0, 50, 0], "dark green"),
    ([0, 128, 128], "teal"),
    ([0, 255, 255], "cyan"),
    ([64, 224, 208], "turquoise"),
    ([0, 0, 255], "blue"),
    ([65, 105, 225], "blue"),
    ([30, 144, 255], "blue"),
    ([70, 130, 180], "steel blue"),
    ([135, 206, 235], "light blue"),
    ([173, 216, 230], "light blue"),
    ([0, 0, 139], "dark blue"),
    ([0, 0, 80], "dark blue"),
    ([25, 25, 112], "dark blue"),
    ([128, 0, 128], "purple"),
    ([75, 0, 130], "purple"),
    ([148, 0, 211], "violet"),
    ([238, 130, 238], "violet"),
    ([230, 230, 250], "lavender"),
    ([255, 0, 255], "magenta"),
    ([255, 192, 203], "pink"),
    ([255, 105, 180], "pink"),
    ([250, 128, 114], "salmon"),
    ([139, 69, 19], "brown"),
    ([101, 67, 33], "brown"),
    ([160, 82, 45], "brown"),
    ([140, 105, 90], "brown"),
    ([127, 0, 255], "violet"),
    ([180, 160, 210], "lavender"),
    ([156, 209, 170], "light green"),
    ([34, 49, 79], "dark blue"),
    ([68, 84, 115], "steel blue"),
    ([210, 180, 140], "tan"),
    ([245, 245, 220], "beige"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_agrees_with_published_values() {
        // Reference values: Bruce Lindbloom's colour calculator, sRGB, D65.
        for (rgb, expected) in [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [53.24, 80.09, 67.20]),
            ([0, 255, 0], [87.73, -86.18, 83.18]),
            ([0, 0, 255], [32.30, 79.19, -107.86]),
        ] {
            assert!(delta_e(to_lab(rgb), expected) < 0.1, "{rgb:?}: {:?}", to_lab(rgb));
        }
    }

    #[test]
    fn names_are_the_ones_people_use() {
        for (rgb, expected) in [
            ([250, 5, 5], "red"),
            ([10, 10, 250], "blue"),
            ([0, 200, 0], "green"),
            ([10, 10, 12], "black"),
            ([130, 128, 129], "gray"),
            ([120, 70, 30], "brown"),
        ] {
            assert_eq!(name(rgb), expected);
        }
        assert_eq!(hex([255, 0, 16]), "#ff0010");
    }

    #[test]
    fn luma_spans_the_range() {
        assert_eq!((luma([0; 3]), luma([255; 3])), (0, 255));
    }
}
