//! Colours for a spectrogram: dark to bright, evenly to the eye, also for colour-blind readers and in print.

use image::Rgb;

/// The colour of `value` (0 dark violet to 1 yellow; beyond is cut): the viridis map of matplotlib (van der Walt and
/// Smith 2015) as polynomials of degree six in each channel, fitted by M. Zucker (public domain).
pub(crate) fn viridis(value: f64) -> Rgb<u8> {
    const COEFFICIENTS: [[f64; 3]; 7] = [
        [0.277_727_3, 0.005_407_3, 0.334_099_8],
        [0.105_093_0, 1.404_613_5, 1.384_590_2],
        [-0.330_861_8, 0.214_847_6, 0.095_095_2],
        [-4.634_230_5, -5.799_101_0, -19.332_441_0],
        [6.228_269_9, 14.179_933_4, 56.690_552_6],
        [4.776_384_9, -13.745_145_4, -65.353_032_6],
        [-5.435_455_9, 4.645_852_6, 26.312_435_2],
    ];
    let value = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
    let channel = |index: usize| {
        let sum = COEFFICIENTS.iter().rev().fold(0.0, |sum, row| sum * value + row[index]);
        (sum * 255.0).round().clamp(0.0, 255.0) as u8
    };
    Rgb([channel(0), channel(1), channel(2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_violet_to_yellow_ever_brighter() {
        assert_eq!(viridis(0.0), Rgb([71, 1, 85]));
        let bright = |colour: Rgb<u8>| {
            0.2126 * f64::from(colour[0]) + 0.7152 * f64::from(colour[1]) + 0.0722 * f64::from(colour[2])
        };
        let levels: Vec<f64> = (0..=20).map(|n| bright(viridis(f64::from(n) / 20.0))).collect();
        assert!(levels.is_sorted(), "{levels:?}");
        assert_eq!(viridis(f64::NAN), viridis(-1.0));
    }
}
