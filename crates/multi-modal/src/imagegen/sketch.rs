//! Sketch: pencil on paper. Contours are drawn twice with an unsteady hand; shadow is hatched, in one direction where
//! it's light, in up to four where it's dark.

use std::f32::consts::PI;

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, PathSegment, Point, Stroke};

use super::canvas::Canvas;
use super::colour::{Rgb, hex, luma, mix, scale, smoothstep};
use super::noise::Noise;
use super::realistic;
use super::scene::{Element, Material, Scene};
use super::stamp::Stamp;
use crate::error::MediaError;
use crate::watch::Watch;

const PAPER: Rgb = hex(0xF7_F3E8);
const GRAPHITE: Rgb = hex(0x2C_2C32);
/// Tone below which a direction is hatched, and the direction in turns of half a circle.
const HATCHES: [(f32, f32); 4] = [(0.8, 0.25), (0.56, 0.75), (0.36, 0.1), (0.2, 0.5)];

/// Draws the scene with a pencil.
pub(crate) fn paint(scene: &Scene, watch: &dyn Watch) -> Result<Canvas, MediaError> {
    let tones = realistic::expose(scene, watch, (0, 60))?.blurred((scene.unit * 0.003) as u32);
    let ranks = Ranks::of(&tones);
    let mut lines = Canvas::new(scene.width, scene.height, [0.0; 3]);
    let count = scene.elements.len().max(1);
    for (index, element) in scene.elements.iter().enumerate() {
        watch.step(60 + (index * 25 / count) as u64, 100)?;
        contour(&mut lines, scene, element, index as u32);
    }
    let (paper, hand) = (scene.noise.layer(850), scene.noise.layer(860));
    let mut drawing = Canvas::new(scene.width, scene.height, PAPER);
    drawing.map_watched(watch, (85, 99), |x, y, _| {
        let tone = ranks.tone(luma(tones.at(x as i32, y as i32)));
        let (fx, fy) = (x as f32, y as f32);
        let tooth = paper.value(fx * 0.55, fy * 0.55) * 0.6 + paper.layer(1).value(fx * 1.3, fy * 1.3) * 0.4;
        let line = lines.at(x as i32, y as i32)[0];
        let hatch = hatching(scene, hand, (fx, fy), tone);
        let smudge = (1.0 - tone) * 0.16;
        let grip = smoothstep(0.1, 0.6, tooth);
        let grey = 1.0 - (1.0 - line * (0.55 + 0.45 * grip)) * (1.0 - hatch * (0.25 + 0.75 * grip)) * (1.0 - smudge);
        let sheet = scale(PAPER, 0.965 + 0.05 * tooth + 0.02 * (paper.layer(2).fbm(fx / 90.0, fy / 90.0, 3) - 0.5));
        mix(sheet, GRAPHITE, grey * 0.92)
    })?;
    Ok(drawing)
}

/// Graphite in `0.0..=1.0` that hatching puts on one pixel.
fn hatching(scene: &Scene, hand: Noise, (x, y): (f32, f32), tone: f32) -> f32 {
    let spacing = (scene.unit * 0.0125).max(3.2);
    let mut blank = 1.0;
    for (index, (threshold, turn)) in HATCHES.into_iter().enumerate() {
        let dark = smoothstep(threshold, threshold - 0.3, tone);
        if dark <= 0.0 {
            continue;
        }
        let (sin, cos) = (PI * turn).sin_cos();
        let field = hand.layer(index as u32 * 3);
        let (along, across) = (x * cos + y * sin, y * cos - x * sin);
        let tremble = (field.fbm(along / (spacing * 9.0), across / (spacing * 5.0), 2) - 0.5) * spacing * 1.1;
        let place = (across + tremble) / spacing;
        let number = place.round();
        let off = (place - number).abs() * spacing;
        // The pencil is set down and lifted: each line is pressed unevenly along its way.
        let pressure = 0.4 + 0.75 * field.layer(7).value(along / (spacing * 6.0), number * 5.3);
        let half = spacing * (0.09 + 0.13 * dark);
        let mark = smoothstep(half + 0.75, (half - 0.75).max(0.0), off) * dark * pressure;
        blank *= 1.0 - (mark * 0.78).clamp(0.0, 1.0);
    }
    1.0 - blank
}

/// Draws the outline of one element over what is behind it, after wiping its inside clean.
fn contour(lines: &mut Canvas, scene: &Scene, element: &Element, index: u32) {
    use Material::*;
    let strength = (0.95 - 0.55 * element.depth) * element.opacity.max(0.4);
    let bounds = element.path.bounds();
    let small = bounds.width().min(bounds.height());
    match element.material {
        Shadow | Mist | Water | Glow | SnowCap | Glass => return,
        // A streak is one stroke of the pencil, and has no outline.
        Rain => {
            let streaks = Stamp::new(&element.path, scene.width, scene.height, (0.0, 0.0), 1.0);
            if let Some(streaks) = streaks {
                each(&streaks, |x, y, coverage| lines.blend(x, y, [1.0; 3], coverage * element.opacity));
            }
            return;
        }
        _ => {}
    }
    let hand = scene.noise.layer(870 + index % 9_000);
    let thickness = (scene.unit * 0.0036).clamp(0.9, 7.0) * (0.5 + 0.5 * (small / (scene.unit * 0.08)).min(1.0));
    for (pass, weight) in [(0, 1.0), (1, 0.55)] {
        let tremble = (scene.unit * 0.0035).min(small * 0.06) * (1.0 + pass as f32 * 0.7);
        let Some(path) = unsteady(&element.path, hand.layer(pass), scene.unit * 0.012, tremble) else {
            continue;
        };
        let stroke =
            Stroke { width: thickness, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        let Some(outline) = path.stroke(&stroke, 1.0) else {
            continue;
        };
        let inside = Stamp::new(&element.path, scene.width, scene.height, (0.0, 0.0), 0.0);
        if let (0, Some(inside)) = (pass, &inside) {
            each(inside, |x, y, coverage| lines.blend(x, y, [0.0; 3], coverage * 0.97));
        }
        let Some(stamp) = Stamp::new(&outline, scene.width, scene.height, (0.0, 0.0), 1.0) else {
            continue;
        };
        // Lumps of overlapping parts have lines of their own inside; those stay faint.
        let lumpy = matches!(element.material, Foliage | Cloud | Petal) && element.path.len() > 12;
        each(&stamp, |x, y, coverage| {
            let covered = inside.as_ref().map_or(0.0, |s| s.at(x.wrapping_sub(s.origin.0), y.wrapping_sub(s.origin.1)));
            let inner = if lumpy { 1.0 - 0.98 * covered } else { 1.0 };
            lines.blend(x, y, [1.0; 3], coverage * strength * weight * inner);
        });
    }
}

fn each(stamp: &Stamp, mut paint: impl FnMut(u32, u32, f32)) {
    for row in 0..stamp.size.1 {
        for column in 0..stamp.size.0 {
            let coverage = stamp.at(column, row);
            if coverage > 0.0 {
                paint(stamp.origin.0 + column, stamp.origin.1 + row, coverage);
            }
        }
    }
}

/// The path as short chords whose ends are off by up to `tremble` pixels.
fn unsteady(path: &Path, hand: Noise, chord: f32, tremble: f32) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let off = |p: Point| {
        let scale = 1.0 / (chord * 2.5).max(0.5);
        let dx = hand.fbm(p.x * scale, p.y * scale, 2) - 0.5;
        let dy = hand.layer(9).fbm(p.x * scale, p.y * scale, 2) - 0.5;
        (p.x + dx * 2.0 * tremble, p.y + dy * 2.0 * tremble)
    };
    let (mut start, mut pen) = (Point::zero(), Point::zero());
    for segment in path.segments() {
        let curve: Box<dyn Fn(f32) -> Point> = match segment {
            PathSegment::MoveTo(to) => {
                (start, pen) = (to, to);
                let (x, y) = off(to);
                builder.move_to(x, y);
                continue;
            }
            PathSegment::LineTo(to) => line(pen, to),
            PathSegment::Close => line(pen, start),
            PathSegment::QuadTo(a, to) => {
                let from = pen;
                Box::new(move |t| bezier(&[from, a, to], t))
            }
            PathSegment::CubicTo(a, b, to) => {
                let from = pen;
                Box::new(move |t| bezier(&[from, a, b, to], t))
            }
        };
        let end = curve(1.0);
        let length = (end.x - pen.x).hypot(end.y - pen.y) * 1.15;
        let steps = (length / chord.max(0.5)).ceil().clamp(1.0, 400.0) as usize;
        for step in 1..=steps {
            let (x, y) = off(curve(step as f32 / steps as f32));
            builder.line_to(x, y);
        }
        pen = end;
    }
    builder.finish()
}

fn line(from: Point, to: Point) -> Box<dyn Fn(f32) -> Point> {
    Box::new(move |t| bezier(&[from, to], t))
}

/// De Casteljau's construction for two to four points.
fn bezier(points: &[Point], t: f32) -> Point {
    let mut points = points.to_vec();
    while points.len() > 1 {
        points = points
            .windows(2)
            .map(|pair| {
                Point::from_xy(pair[0].x + (pair[1].x - pair[0].x) * t, pair[0].y + (pair[1].y - pair[0].y) * t)
            })
            .collect();
    }
    points.first().copied().unwrap_or_default()
}

/// The tones that occur in a scene, in order: a dull day has to fill the range from paper to dark, too.
struct Ranks(Vec<f32>);

impl Ranks {
    fn of(tones: &Canvas) -> Self {
        let step = (tones.width.max(tones.height) / 128).max(1) as usize;
        let mut samples: Vec<f32> = (0..tones.height as i32)
            .step_by(step)
            .flat_map(|y| (0..tones.width as i32).step_by(step).map(move |x| (x, y)))
            .map(|(x, y)| luma(tones.at(x, y)))
            .collect();
        samples.sort_by(f32::total_cmp);
        Self(samples)
    }

    /// 0.1 for the darkest to 1 for paper: half by how light a spot is, half by how many are darker. A drawing leaves
    /// paper for what is light, and keeps the darks for a few places.
    fn tone(&self, light: f32) -> f32 {
        let at = |part: usize| self.0.get(self.0.len() * part / 50).copied().unwrap_or(0.5);
        let (low, high) = (at(1), at(49));
        let level = ((light - low) / (high - low).max(0.05)).clamp(0.0, 1.0).powf(0.62);
        let rank = self.0.partition_point(|&sample| sample < light) as f32 / self.0.len().max(1) as f32;
        0.1 + 0.9 * (0.6 * level + 0.4 * rank.powf(0.6))
    }
}
