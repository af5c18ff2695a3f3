//! The coverage of a vector path in pixels, cut to its bounding box, so that a small thing costs little.

use tiny_skia::{FillRule, Mask, Path, Transform};

/// How much of each pixel of a box lies within a path.
pub(crate) struct Stamp {
    /// Left and top pixel of the box in the picture.
    pub(crate) origin: (u32, u32),
    /// Columns and rows of the box.
    pub(crate) size: (u32, u32),
    coverage: Vec<u8>,
}

impl Stamp {
    /// Coverage of `path` moved by `shift` pixels, with `margin` pixels around it for a blur, cut to a picture of
    /// `width` x `height`. `None` where nothing of it is in the picture.
    pub(crate) fn new(path: &Path, width: u32, height: u32, shift: (f32, f32), margin: f32) -> Option<Self> {
        let bounds = path.bounds();
        let clamp = |value: f32, side: u32| value.clamp(0.0, side as f32) as u32;
        let left = clamp((bounds.left() + shift.0 - margin).floor(), width);
        let top = clamp((bounds.top() + shift.1 - margin).floor(), height);
        let right = clamp((bounds.right() + shift.0 + margin).ceil(), width);
        let bottom = clamp((bounds.bottom() + shift.1 + margin).ceil(), height);
        let size = (right.saturating_sub(left), bottom.saturating_sub(top));
        let mut mask = Mask::new(size.0, size.1)?;
        let place = Transform::from_translate(shift.0 - left as f32, shift.1 - top as f32);
        mask.fill_path(path, FillRule::Winding, true, place);
        Some(Self { origin: (left, top), size, coverage: mask.take() })
    }

    /// Coverage in `0.0..=1.0` at a pixel of the box; 0 outside.
    pub(crate) fn at(&self, x: u32, y: u32) -> f32 {
        if x >= self.size.0 || y >= self.size.1 {
            return 0.0;
        }
        let index = y as usize * self.size.0 as usize + x as usize;
        self.coverage.get(index).map_or(0.0, |&c| f32::from(c) / 255.0)
    }

    /// Softens the edges: two box blurs of `radius` pixels each way, which is close to a Gaussian.
    pub(crate) fn blur(&mut self, radius: u32) {
        let (columns, rows) = (self.size.0 as usize, self.size.1 as usize);
        for _ in 0..2 {
            for row in 0..rows {
                blur_line(&mut self.coverage, row * columns, 1, columns, radius as usize);
            }
            for column in 0..columns {
                blur_line(&mut self.coverage, column, columns, rows, radius as usize);
            }
        }
    }
}

/// A running mean over `count` values that lie `step` apart; outside counts as 0.
fn blur_line(values: &mut [u8], start: usize, step: usize, count: usize, radius: usize) {
    let window = 2 * radius as u32 + 1;
    let line: Vec<u32> = values.iter().skip(start).step_by(step).take(count).map(|&v| u32::from(v)).collect();
    let mut sum: u32 = line.iter().take(radius).sum();
    for (index, value) in values.iter_mut().skip(start).step_by(step).take(count).enumerate() {
        sum += line.get(index + radius).copied().unwrap_or(0);
        *value = (sum / window) as u8;
        if let Some(leaving) = index.checked_sub(radius) {
            sum -= line.get(leaving).copied().unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiny_skia::PathBuilder;

    #[test]
    fn a_circle_covers_its_area_and_a_blur_keeps_it() {
        let path = PathBuilder::from_circle(50.0, 50.0, 20.0).expect("a circle");
        let mut stamp = Stamp::new(&path, 100, 100, (0.0, 0.0), 20.0).expect("inside");
        let area = |stamp: &Stamp| -> f32 {
            (0..stamp.size.1).flat_map(|y| (0..stamp.size.0).map(move |x| (x, y))).map(|(x, y)| stamp.at(x, y)).sum()
        };
        assert!((area(&stamp) - 1256.6).abs() < 15.0);
        stamp.blur(5);
        assert!((area(&stamp) - 1256.6).abs() < 60.0);
    }

    #[test]
    fn outside_of_the_picture_there_is_nothing() {
        let path = PathBuilder::from_circle(-50.0, 50.0, 20.0).expect("a circle");
        assert!(Stamp::new(&path, 100, 100, (0.0, 0.0), 0.0).is_none());
    }
}
