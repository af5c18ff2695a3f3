//! Artistic: the scene painted again with brush strokes, coarse ones first, that follow its edges, on canvas.
//!
//! Source: Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", SIGGRAPH 1998; strokes of a
//! layer are laid only where the painting still differs from the scene.

use tiny_skia::{Color, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform};

use super::canvas::Canvas;
use super::colour::{Rgb, hsv, luma, mix, saturate, scale};
use super::noise::SplitMix64;
use super::realistic;
use super::scene::Scene;
use crate::error::MediaError;
use crate::watch::Watch;

/// Radius of the brushes as parts of the shorter side, with the difference above which a stroke is laid.
const BRUSHES: [(f32, f32); 4] = [(0.032, 0.0), (0.016, 0.05), (0.008, 0.07), (0.005, 0.1)];
/// Most steps that one stroke takes.
const STEPS: usize = 9;

/// Longest side of what is painted with brushes, in pixels: a larger picture is this one enlarged, as the time that a
/// stroke takes grows with its area.
const EASEL_SIDE: u32 = 1024;

/// Size to compose the scene in, for a picture of `width` x `height` pixels.
pub(crate) fn easel(width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    if longest <= EASEL_SIDE {
        return (width, height);
    }
    let scaled = |side: u32| (side * EASEL_SIDE / longest).max(1);
    (scaled(width), scaled(height))
}

/// Paints the scene with brushes.
pub(crate) fn paint(scene: &Scene, watch: &dyn Watch) -> Result<Canvas, MediaError> {
    let mut model = realistic::expose(scene, watch, (0, 40))?;
    model.map(|_, _, colour| saturate(colour.map(|c| c.clamp(0.0, 1.0)), 1.28));
    let side = MediaError::Invalid { what: "a picture without pixels".to_owned(), hint: "16 to 2048".to_owned() };
    let mut painting = Pixmap::new(scene.width, scene.height).ok_or(side)?;
    painting.fill(Color::from_rgba8(196, 174, 140, 255));
    let mut random = SplitMix64::new(scene.noise.layer(800).value(3.3, 7.1).to_bits().into());
    for (layer, &(part, difference)) in BRUSHES.iter().enumerate() {
        let radius = (scene.unit * part).max(0.8);
        let reference = model.blurred((radius * 0.45) as u32);
        let share = (40 + layer as u64 * 14, 54 + layer as u64 * 14);
        brush(&mut painting, &reference, (radius, difference), &mut random, |t| {
            watch.step(share.0 + (t * (share.1 - share.0) as f32) as u64, 100)
        })?;
    }
    let mut canvas = Canvas::new(scene.width, scene.height, [0.0; 3]);
    let data = painting.data();
    canvas.map(|x, y, _| {
        let index = (y as usize * scene.width as usize + x as usize) * 4;
        std::array::from_fn(|channel| data.get(index + channel).map_or(0.0, |&b| f32::from(b) / 255.0))
    });
    watch.step(97, 100)?;
    Ok(varnish(canvas, scene))
}

/// One pass with one brush: a stroke for each cell of a grid in which the painting differs from the reference.
fn brush(
    painting: &mut Pixmap,
    reference: &Canvas,
    (radius, difference): (f32, f32),
    random: &mut SplitMix64,
    progress: impl Fn(f32) -> Result<(), MediaError>,
) -> Result<(), MediaError> {
    let grid = radius.max(1.0);
    let (columns, rows) =
        ((reference.width as f32 / grid).ceil() as usize, (reference.height as f32 / grid).ceil() as usize);
    let mut cells: Vec<(f32, f32)> =
        (0..rows * columns).map(|i| ((i % columns) as f32 * grid, (i / columns) as f32 * grid)).collect();
    for index in (1..cells.len()).rev() {
        cells.swap(index, random.below(index + 1));
    }
    let total = cells.len().max(1) as f32;
    for (index, (left, top)) in cells.into_iter().enumerate() {
        if index % 256 == 0 {
            progress(index as f32 / total)?;
        }
        let (x, y) = (left + random.unit() * grid, top + random.unit() * grid);
        let wanted = reference.at(x as i32, y as i32);
        if distance(wanted, painted(painting, x, y)) >= difference {
            let colour = jitter(wanted, random);
            stroke(painting, reference, (x, y), radius, colour, random);
        }
    }
    Ok(())
}

/// Follows the edge through `(x, y)` at right angles to the gradient, until the colour is another.
fn stroke(
    painting: &mut Pixmap,
    reference: &Canvas,
    (mut x, mut y): (f32, f32),
    radius: f32,
    colour: Rgb,
    random: &mut SplitMix64,
) {
    let start = reference.at(x as i32, y as i32);
    let (mut dx, mut dy) = (1.0f32, random.range(-0.25, 0.25));
    let reach = radius.max(1.0);
    let tone = |x: f32, y: f32| luma(reference.at(x as i32, y as i32));
    let mut line = vec![(x, y)];
    for step in 0..STEPS {
        let gx = tone(x + reach, y) - tone(x - reach, y);
        let gy = tone(x, y + reach) - tone(x, y - reach);
        if gx.hypot(gy) > 0.012 {
            let (mut nx, mut ny) = (-gy / gx.hypot(gy), gx / gx.hypot(gy));
            if nx * dx + ny * dy < 0.0 {
                (nx, ny) = (-nx, -ny);
            }
            (dx, dy) = (0.5 * dx + 0.5 * nx, 0.5 * dy + 0.5 * ny);
            let length = dx.hypot(dy).max(0.01);
            (dx, dy) = (dx / length, dy / length);
        }
        (x, y) = (x + dx * reach, y + dy * reach);
        if step >= 1 && distance(reference.at(x as i32, y as i32), start) > 0.14 {
            break;
        }
        line.push((x, y));
    }
    // A brush leaves the tracks of its bristles: one broad mark, a lighter one and a darker one on it.
    let (side_x, side_y) = (-dy, dx);
    for (offset, width, light) in [(0.0, 1.9, 1.0), (0.45, 0.55, 1.09), (-0.5, 0.5, 0.9)] {
        if radius < 0.014 * reference.width.min(reference.height) as f32 && offset != 0.0 {
            continue;
        }
        let shift = (side_x * offset * radius, side_y * offset * radius);
        draw(painting, &line, shift, width * radius, scale(colour, light));
    }
}

fn draw(painting: &mut Pixmap, line: &[(f32, f32)], shift: (f32, f32), width: f32, colour: Rgb) {
    let mut builder = PathBuilder::new();
    let Some(&(x, y)) = line.first() else { return };
    builder.move_to(x + shift.0, y + shift.1);
    for pair in line.windows(2) {
        let [(ax, ay), (bx, by)] = [pair[0], pair[1]];
        builder.quad_to(ax + shift.0, ay + shift.1, (ax + bx) / 2.0 + shift.0, (ay + by) / 2.0 + shift.1);
    }
    let Some(path) = builder.finish() else { return };
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    let [red, green, blue] = super::colour::bytes(colour);
    paint.set_color_rgba8(red, green, blue, 235);
    let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
    painting.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
}

fn painted(painting: &Pixmap, x: f32, y: f32) -> Rgb {
    let pixel = painting.pixel(x.max(0.0) as u32, y.max(0.0) as u32);
    pixel.map_or([0.0; 3], |p| [p.red(), p.green(), p.blue()].map(|b| f32::from(b) / 255.0))
}

fn distance(a: Rgb, b: Rgb) -> f32 {
    ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt()
}

/// No two strokes have quite the same colour on them.
fn jitter(colour: Rgb, random: &mut SplitMix64) -> Rgb {
    let light = random.range(0.9, 1.1);
    let tint = hsv(random.unit(), 0.8, luma(colour) * 1.2);
    mix(scale(colour, light), tint, random.range(0.0, 0.11))
}

/// Thick paint catches light from the upper left, and the weave of the canvas shows through.
fn varnish(canvas: Canvas, scene: &Scene) -> Canvas {
    let mut varnished = canvas.clone();
    let thread = (scene.unit * 0.0042).max(1.6);
    let uneven = scene.noise.layer(820);
    varnished.map(|x, y, colour| {
        let (ix, iy) = (x as i32, y as i32);
        let relief = luma(canvas.at(ix + 1, iy + 1)) - luma(canvas.at(ix - 1, iy - 1));
        let (u, v) = (x as f32 / thread, y as f32 / thread);
        let over = ((u.floor() + v.floor()) as i64).rem_euclid(2) == 0;
        let along = if over { v.fract() } else { u.fract() };
        let weave = (along - 0.5).abs() * -0.09 + 0.022;
        let worn = 0.5 + uneven.value(u * 0.3, v * 0.3);
        let light = 1.0 + relief.clamp(-0.2, 0.2) * 0.5 + weave * worn;
        scale(colour, light)
    });
    varnished
}
