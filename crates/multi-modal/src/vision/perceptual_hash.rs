//! A fingerprint that stays nearly the same when a picture is scaled, compressed or slightly changed.

use std::f64::consts::PI;

use image::DynamicImage;
use image::RgbImage;

/// The 64-bit pHash: luma scaled to 32x32, two-dimensional DCT-II, the 8x8 lowest frequencies compared with their
/// median, row by row, the first in the most significant bit. Count differing bits to compare two pictures: up to
/// about 10 of 64 are the same picture.
///
/// Source: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), 3.2.1.
pub fn perceptual_hash(image: &RgbImage) -> u64 {
    if image.width() == 0 || image.height() == 0 {
        return 0;
    }
    let small = DynamicImage::ImageRgb8(image.clone())
        .resize_exact(SIDE as u32, SIDE as u32, image::imageops::FilterType::Triangle)
        .into_luma8();
    let luma: Vec<f64> = small.pixels().map(|pixel| f64::from(pixel[0])).collect();
    let mut low = Vec::with_capacity(KEPT * KEPT);
    for v in 0..KEPT {
        for u in 0..KEPT {
            let sum: f64 =
                luma.iter().enumerate().map(|(at, value)| value * cosine(u, at % SIDE) * cosine(v, at / SIDE)).sum();
            // Sums that should be 0 must not decide a bit by their rounding error.
            low.push((sum * 1e3).round() / 1e3);
        }
    }
    let mut sorted = low.clone();
    sorted.sort_by(f64::total_cmp);
    let median = (sorted[31] + sorted[32]) / 2.0;
    low.iter().fold(0, |hash, value| (hash << 1) | u64::from(*value > median))
}

const SIDE: usize = 32;
const KEPT: usize = 8;

fn cosine(frequency: usize, position: usize) -> f64 {
    static TABLE: std::sync::LazyLock<Vec<f64>> = std::sync::LazyLock::new(|| {
        let term = |f: usize, p: usize| (PI * f as f64 * (2 * p + 1) as f64 / (2 * SIDE) as f64).cos();
        (0..KEPT).flat_map(|f| (0..SIDE).map(move |p| term(f, p))).collect()
    });
    TABLE[frequency * SIDE + position]
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn scene(width: u32, height: u32, shift: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (x * 100 / width, y * 100 / height);
            if (x + shift) % 100 < 30 && y > 40 { Rgb([20, 20, 20]) } else { Rgb([200, (y * 2) as u8, 180]) }
        })
    }

    #[test]
    fn size_hardly_matters_and_content_does() {
        let distance = |a: &RgbImage, b: &RgbImage| (perceptual_hash(a) ^ perceptual_hash(b)).count_ones();
        assert!(distance(&scene(200, 100, 0), &scene(400, 200, 0)) <= 6);
        assert!(distance(&scene(200, 100, 0), &scene(200, 100, 50)) >= 12);
    }

    #[test]
    fn a_plain_picture_is_stable_whatever_its_size() {
        let plain = |side| perceptual_hash(&RgbImage::from_pixel(side, side, Rgb([90, 90, 90])));
        assert_eq!(plain(1), plain(77));
        assert_eq!(perceptual_hash(&RgbImage::new(0, 0)), 0);
    }
}
