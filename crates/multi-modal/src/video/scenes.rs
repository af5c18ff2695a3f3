//! Cuts: where one shot ends and another begins.

use image::{DynamicImage, RgbaImage, imageops::FilterType};

use crate::vision::rounded;
use crate::vision::scale::on_white;

/// Colour histograms that differ by this part or more are two scenes. Motion within a shot moves colours about and
/// hardly changes how much of each there is; a cut usually changes more than half.
pub const CUT_DISTANCE: f64 = 0.4;

/// One cut.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct SceneChange {
    /// Number of the new scene's first frame, from 0.
    pub frame_index: u32,
    /// When it appears, in milliseconds.
    pub timestamp_ms: f64,
    /// Distance of the colour histograms before and after, 0..1; 0.4 and more is reported.
    pub distance: f64,
}

/// Looks at frames one after the other and remembers one histogram.
#[derive(Debug, Default)]
pub struct SceneDetector {
    before: Option<[f64; BINS]>,
    changes: Vec<SceneChange>,
}

impl SceneDetector {
    /// Takes the next frame. The distance is half the sum of absolute differences between the histograms of 4x4x4 RGB
    /// bins, taken on copies of 64x64 pixels.
    ///
    /// Source: H. J. Zhang et al., Automatic partitioning of full-motion video (1993), histogram comparison.
    pub fn look(&mut self, index: u32, timestamp_ms: f64, frame: &RgbaImage) {
        let now = histogram(frame);
        if let Some(before) = self.before {
            let distance = before.iter().zip(now).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0;
            if distance >= CUT_DISTANCE {
                self.changes.push(SceneChange {
                    frame_index: index,
                    timestamp_ms: rounded(timestamp_ms, 1),
                    distance: rounded(distance, 3),
                });
            }
        }
        self.before = Some(now);
    }

    /// The cuts so far, in order.
    pub fn changes(self) -> Vec<SceneChange> {
        self.changes
    }
}

const BINS: usize = 64;

fn histogram(frame: &RgbaImage) -> [f64; BINS] {
    let small = DynamicImage::ImageRgba8(frame.clone()).resize_exact(64, 64, FilterType::Nearest).into_rgba8();
    let share = 1.0 / small.pixels().len().max(1) as f64;
    let mut bins = [0.0; BINS];
    for pixel in on_white(&small).pixels() {
        let [red, green, blue] = pixel.0.map(|value| usize::from(value >> 6));
        bins[red * 16 + green * 4 + blue] += share;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    fn ball_at(center: u32, ground: [u8; 4]) -> RgbaImage {
        RgbaImage::from_fn(200, 100, |x, _| Rgba(if x.abs_diff(center) < 20 { [250, 0, 0, 255] } else { ground }))
    }

    #[test]
    fn a_cut_is_seen_and_motion_is_not() {
        let mut detector = SceneDetector::default();
        let (sea, sand) = ([0, 90, 200, 255], [230, 200, 120, 255]);
        for (index, frame) in
            [ball_at(30, sea), ball_at(90, sea), ball_at(90, sand), ball_at(150, sand)].iter().enumerate()
        {
            detector.look(index as u32, index as f64 * 40.0, frame);
        }
        let changes = detector.changes();
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!((changes[0].frame_index, changes[0].timestamp_ms), (2, 80.0));
    }
}
