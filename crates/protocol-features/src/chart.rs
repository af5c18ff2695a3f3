//! A bar chart as a PNG, for the prompt that shows one to a model.

use image::{ImageEncoder, Rgb, RgbImage, codecs::png::PngEncoder};

const WIDTH: u32 = 480;
const HEIGHT: u32 = 240;
const MARGIN: u32 = 12;
const GAP: u32 = 10;
const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const AXIS: Rgb<u8> = Rgb([31, 41, 55]);
const BARS: [Rgb<u8>; 2] = [Rgb([29, 78, 216]), Rgb([147, 197, 253])];

/// One bar for each value, as high as its share of the largest; the value at `highlighted` stands out.
///
/// # Errors
/// The encoder fails.
pub fn bars(values: &[u64], highlighted: Option<usize>) -> Result<Vec<u8>, image::ImageError> {
    let mut chart = RgbImage::from_pixel(WIDTH, HEIGHT, PAPER);
    let (bottom, most) = (HEIGHT - MARGIN, values.iter().copied().max().unwrap_or(0).max(1));
    let count = u32::try_from(values.len()).unwrap_or(u32::MAX).clamp(1, 40);
    let width = ((WIDTH - 2 * MARGIN) / count).saturating_sub(GAP).max(2);
    for (at, value) in (0..count).zip(values) {
        let height = (u128::from(*value) * u128::from(HEIGHT - 2 * MARGIN) / u128::from(most)) as u32;
        let left = MARGIN + GAP / 2 + at * (width + GAP);
        let color = BARS[usize::from(highlighted.is_some_and(|highlighted| highlighted != at as usize))];
        for x in left..(left + width).min(WIDTH - MARGIN) {
            for y in bottom - height..bottom {
                chart.put_pixel(x, y, color);
            }
        }
    }
    for x in MARGIN..WIDTH - MARGIN {
        chart.put_pixel(x, bottom, AXIS);
    }
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&chart, WIDTH, HEIGHT, image::ExtendedColorType::Rgb8)?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_reaches_the_top() {
        let png = bars(&[1, 2, 4], Some(2)).expect("a picture");
        let chart = image::load_from_memory(&png).expect("a PNG").to_rgb8();
        let top_of = |color| chart.enumerate_pixels().filter(|(.., pixel)| **pixel == color).map(|(_, y, _)| y).min();
        assert_eq!(top_of(BARS[0]), Some(MARGIN));
        assert_eq!(top_of(BARS[1]), Some(HEIGHT / 2));
        assert!(bars(&[], None).is_ok() && bars(&[0; 100], None).is_ok() && bars(&[u64::MAX], None).is_ok());
    }
}
