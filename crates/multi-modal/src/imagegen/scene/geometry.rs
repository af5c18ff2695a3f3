//! Paths that several things are made of. All lengths are in pixels, angles in radians, y points down.

use std::f32::consts::TAU;

use tiny_skia::{Path, PathBuilder, Rect};

use super::super::noise::{Noise, SplitMix64};

/// A closed polygon; `None` for less than three points.
pub(crate) fn polygon(points: &[(f32, f32)]) -> Option<Path> {
    let (first, rest) = points.split_first().filter(|(_, rest)| rest.len() >= 2)?;
    let mut builder = PathBuilder::new();
    builder.move_to(first.0, first.1);
    for point in rest {
        builder.line_to(point.0, point.1);
    }
    builder.close();
    builder.finish()
}

/// An upright rectangle.
pub(crate) fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

/// An ellipse about a centre, with its two radii.
pub(crate) fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Option<Path> {
    PathBuilder::from_oval(Rect::from_xywh(x - rx, y - ry, 2.0 * rx, 2.0 * ry)?)
}

/// Several discs as one outline: `(x, y, radius)` each.
pub(crate) fn discs(circles: impl IntoIterator<Item = (f32, f32, f32)>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (x, y, radius) in circles {
        builder.push_circle(x, y, radius.max(0.2));
    }
    builder.finish()
}

/// Several upright rectangles as one outline: `(x, y, width, height)` each.
pub(crate) fn rectangles(boxes: impl IntoIterator<Item = (f32, f32, f32, f32)>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for rect in boxes.into_iter().filter_map(|(x, y, w, h)| Rect::from_xywh(x, y, w, h)) {
        builder.push_rect(rect);
    }
    builder.finish()
}

/// A blob with a bumpy edge: `bumps` discs around an ellipse and one within.
pub(crate) fn clump(x: f32, y: f32, rx: f32, ry: f32, bumps: usize, random: &mut SplitMix64) -> Option<Path> {
    let mut circles = vec![(x, y, rx.min(ry) * 0.85)];
    for index in 0..bumps {
        let angle = TAU * (index as f32 + random.range(-0.3, 0.3)) / bumps.max(1) as f32;
        let size = rx.min(ry) * random.range(0.42, 0.62);
        circles.push((x + rx * 0.62 * angle.cos(), y + ry * 0.62 * angle.sin(), size));
    }
    discs(circles)
}

/// The land under a curve, down to `bottom`: `height_at` gives the curve's y for each x in `left..=right`.
pub(crate) fn below_curve(
    left: f32,
    right: f32,
    bottom: f32,
    steps: usize,
    height_at: impl Fn(f32) -> f32,
) -> Option<Path> {
    let steps = steps.max(2);
    let mut points: Vec<(f32, f32)> = (0..=steps)
        .map(|step| left + (right - left) * step as f32 / steps as f32)
        .map(|x| (x, height_at(x).min(bottom - 0.5)))
        .collect();
    points.push((right, bottom));
    points.push((left, bottom));
    polygon(&points)
}

/// A regular polygon or, with `inner` below 1, a star: `corners` tips at `radius`, notches at `inner * radius`.
pub(crate) fn star(x: f32, y: f32, radius: f32, inner: f32, corners: usize, turn: f32) -> Option<Path> {
    let steps = if inner < 1.0 { corners * 2 } else { corners };
    let points: Vec<(f32, f32)> = (0..steps)
        .map(|step| {
            let angle = TAU * step as f32 / steps as f32 - TAU / 4.0 + turn;
            let reach = if inner < 1.0 && step % 2 == 1 { radius * inner } else { radius };
            (x + reach * angle.cos(), y + reach * angle.sin())
        })
        .collect();
    polygon(&points)
}

/// A band along a line of centres, `(x, y, half width)` each.
pub(crate) fn band(centres: &[(f32, f32, f32)]) -> Option<Path> {
    let left = centres.iter().map(|&(x, y, half)| (x - half, y));
    let right = centres.iter().rev().map(|&(x, y, half)| (x + half, y));
    polygon(&left.chain(right).collect::<Vec<_>>())
}

/// Noise along one line, in `-1.0..=1.0`.
pub(crate) fn wobble(noise: Noise, x: f32, octaves: u32) -> f32 {
    noise.fbm(x, 0.5, octaves) * 2.0 - 1.0
}
