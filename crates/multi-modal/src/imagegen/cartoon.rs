//! Cartoon: flat colours in two tones, thick dark outlines, a sky in bands, and a white highlight.

use super::canvas::Canvas;
use super::colour::{Rgb, hex, mix, saturate, scale};
use super::scene::{Backdrop, Element, Material, Scene};
use super::stamp::Stamp;
use crate::error::MediaError;
use crate::watch::Watch;
use tiny_skia::{LineCap, LineJoin, PathBuilder, Rect, Stroke};

const INK: Rgb = hex(0x1E_1A2A);
/// Colours of the sky: few, as printed.
const BANDS: f32 = 6.0;

/// Paints the scene as a cel: each shape gets its outline first and its flat colour over it, so that only the outer
/// half of the line stays, also where a shape is made of many overlapping parts.
pub(crate) fn paint(scene: &Scene, watch: &dyn Watch) -> Result<Canvas, MediaError> {
    let mut canvas = Canvas::new(scene.width, scene.height, [1.0; 3]);
    sky(&mut canvas, scene);
    let count = scene.elements.len().max(1) as u64;
    for (index, element) in scene.elements.iter().enumerate() {
        watch.step(5 + 94 * index as u64 / count, 100)?;
        cel(&mut canvas, scene, element);
    }
    Ok(canvas)
}

fn sky(canvas: &mut Canvas, scene: &Scene) {
    let horizon = scene.horizon.max(1.0);
    canvas.map(|x, y, _| match scene.backdrop {
        Backdrop::Sky([top, middle, low]) => {
            let wave = (x as f32 / scene.unit * 4.0).sin() * 0.02;
            let t = (((y as f32 / horizon + wave).clamp(0.0, 0.999) * BANDS).floor() + 0.5) / BANDS;
            let colour = if t < 0.5 { mix(top, middle, t * 2.0) } else { mix(middle, low, t * 2.0 - 1.0) };
            saturate(colour, 1.25)
        }
        Backdrop::Table(colour) => {
            let spot = (x as f32 % (scene.unit * 0.05) - scene.unit * 0.025)
                .hypot(y as f32 % (scene.unit * 0.05) - scene.unit * 0.025);
            if spot < scene.unit * 0.007 { scale(saturate(colour, 1.2), 0.93) } else { saturate(colour, 1.2) }
        }
    });
}

fn cel(canvas: &mut Canvas, scene: &Scene, element: &Element) {
    let bounds = element.path.bounds();
    let small = bounds.width().min(bounds.height());
    let width = line_width(scene, element, small);
    if width > 0.0 {
        let stroke =
            Stroke { width: width * 2.0, line_join: LineJoin::Round, line_cap: LineCap::Round, ..Stroke::default() };
        if let Some(outline) = element.path.stroke(&stroke, 1.0)
            && let Some(stamp) = Stamp::new(&outline, scene.width, scene.height, (0.0, 0.0), 1.0)
        {
            fill(canvas, &stamp, |_, _| (mix(INK, scene.haze, element.depth * 0.35), 1.0));
        }
    }
    let Some(stamp) = Stamp::new(&element.path, scene.width, scene.height, (0.0, 0.0), 1.0) else {
        return;
    };
    // Clouds are made of overlapping discs, whose outlines would show through.
    let opacity = match element.material {
        Material::Cloud => 1.0,
        // Without a soft edge, a bank of mist must be thin.
        Material::Mist => element.opacity * 0.5,
        _ => element.opacity,
    };
    let (bright, dark) = tones(scene, element);
    let shift = small.min(scene.unit * 0.5) * shadow_part(element.material);
    let (lx, ly) = scene.light.towards;
    let lit = Stamp::new(&element.path, scene.width, scene.height, (lx * shift, ly * shift), 1.0);
    fill(canvas, &stamp, |x, y| {
        let light = match &lit {
            Some(lit) if shift > 0.5 => lit.at(x.wrapping_sub(lit.origin.0), y.wrapping_sub(lit.origin.1)),
            _ => 1.0,
        };
        (mix(dark, bright, light), opacity)
    });
    if matches!(element.material, Material::Water) {
        waves(canvas, scene, &stamp, mix(bright, [1.0; 3], 0.4));
    }
    if matches!(element.material, Material::Ball | Material::Slab) && small > 6.0 {
        highlight(canvas, scene, element, &stamp, bounds);
    }
    if matches!(element.material, Material::Sun | Material::Moon) {
        ring(canvas, scene, element, bounds);
    }
}

fn fill(canvas: &mut Canvas, stamp: &Stamp, colour: impl Fn(u32, u32) -> (Rgb, f32)) {
    for row in 0..stamp.size.1 {
        for column in 0..stamp.size.0 {
            let coverage = stamp.at(column, row);
            if coverage > 0.0 {
                let (x, y) = (stamp.origin.0 + column, stamp.origin.1 + row);
                let (colour, alpha) = colour(x, y);
                canvas.blend(x, y, colour, coverage * alpha);
            }
        }
    }
}

fn line_width(scene: &Scene, element: &Element, small: f32) -> f32 {
    use Material::*;
    let full = (scene.unit * 0.0062).max(0.8);
    match element.material {
        Shadow | Rain | Mist | Rainbow | Glow | SnowCap | Flake | Water | Silhouette => 0.0,
        Petal | Glass => full * 0.4 * (small / (scene.unit * 0.02)).min(1.0),
        _ => full * (0.45 + 0.55 * (small / (scene.unit * 0.06)).min(1.0)) * (1.0 - 0.5 * element.depth),
    }
}

/// Lit and shaded colour: few and strong.
fn tones(scene: &Scene, element: &Element) -> (Rgb, Rgb) {
    use Material::*;
    let colour = element.colour;
    if matches!(element.material, Sun | Moon | Glow | Rain | Flake | Mist | Rainbow | Shadow) {
        return (colour, scale(colour, 0.86));
    }
    let tone = |amount: f32| {
        let lit = saturate(scene.lit(colour, amount), 1.3);
        // Eleven steps a channel: a palette, not a gradient.
        let printed = lit.map(|c| (c.clamp(0.0, 1.0) * 10.0).round() / 10.0);
        scene.through_air(printed, element.depth * 0.8)
    };
    (tone(0.95), tone(0.35))
}

/// How far the shaded side reaches in, as a part of the shape's smaller side.
fn shadow_part(material: Material) -> f32 {
    use Material::*;
    match material {
        Ball => 0.16,
        Foliage => 0.2,
        Cloud => 0.22,
        Slab | Moon => 0.09,
        Rock => 0.14,
        Roof | Wood | Petal => 0.08,
        Wall => 0.1,
        _ => 0.0,
    }
}

/// Short strokes along the water, longer towards the eye.
fn waves(canvas: &mut Canvas, scene: &Scene, stamp: &Stamp, colour: Rgb) {
    let unit = scene.unit;
    let (width, top) = (stamp.size.0 as f32, stamp.origin.1 as f32);
    let noise = scene.noise.layer(700);
    let mut y = unit * 0.02;
    let mut row = 0.0f32;
    let mut builder = PathBuilder::new();
    while y < stamp.size.1 as f32 {
        let near = y / (stamp.size.1 as f32).max(1.0);
        let length = unit * (0.03 + 0.1 * near);
        let mut x = noise.value(row * 3.7, 1.0) * length * 3.0;
        while x < width {
            let (left, thick) = (stamp.origin.0 as f32 + x, unit * (0.0015 + 0.005 * near));
            if let Some(rect) = Rect::from_xywh(left, top + y, length, thick.max(0.4)) {
                builder.push_oval(rect);
            }
            x += length * (2.0 + 2.4 * noise.value(x / length, row));
        }
        y += unit * (0.02 + 0.055 * near);
        row += 1.0;
    }
    let strokes = builder.finish().and_then(|path| Stamp::new(&path, scene.width, scene.height, (0.0, 0.0), 1.0));
    if let Some(strokes) = strokes {
        fill(canvas, &strokes, |x, y| {
            (colour, stamp.at(x.wrapping_sub(stamp.origin.0), y.wrapping_sub(stamp.origin.1)) * 0.8)
        });
    }
    mirror_light(canvas, scene, stamp);
}

/// The sun or moon in the water: flat dashes below it.
fn mirror_light(canvas: &mut Canvas, scene: &Scene, stamp: &Stamp) {
    let Some((sx, _)) = scene.light.source else {
        return;
    };
    let top = stamp.origin.1 as f32;
    let light = scene.elements.iter().find(|e| matches!(e.material, Material::Sun | Material::Moon));
    let Some(light) = light else { return };
    let mut builder = PathBuilder::new();
    for dash in 0..9 {
        let t = dash as f32 / 9.0;
        let y = top + stamp.size.1 as f32 * (0.03 + 0.8 * t * t + 0.05 * t);
        let half = scene.unit * (0.075 - 0.055 * t) * if dash % 2 == 0 { 1.0 } else { 0.62 };
        if let Some(rect) = Rect::from_xywh(sx - half, y, half * 2.0, scene.unit * (0.006 + 0.008 * t)) {
            builder.push_oval(rect);
        }
    }
    let dashes = builder.finish().and_then(|path| Stamp::new(&path, scene.width, scene.height, (0.0, 0.0), 1.0));
    if let Some(dashes) = dashes {
        fill(canvas, &dashes, |x, y| {
            (light.colour, stamp.at(x.wrapping_sub(stamp.origin.0), y.wrapping_sub(stamp.origin.1)) * 0.9)
        });
    }
}

/// A small white gleam near the light, kept within the shape.
fn highlight(canvas: &mut Canvas, scene: &Scene, element: &Element, stamp: &Stamp, bounds: Rect) {
    let (lx, ly) = scene.light.towards;
    let reach = if element.material == Material::Ball { 0.27 } else { 0.2 };
    let (w, h) = (bounds.width(), bounds.height());
    let (cx, cy) = (bounds.left() + w * (0.5 + lx * reach), bounds.top() + h * (0.5 + ly * reach));
    let gleam = Rect::from_xywh(cx - w * 0.1, cy - h * 0.06, w * 0.2, h * 0.12).and_then(PathBuilder::from_oval);
    if let Some(gleam) = gleam.and_then(|path| Stamp::new(&path, scene.width, scene.height, (0.0, 0.0), 1.0)) {
        fill(canvas, &gleam, |x, y| {
            ([1.0; 3], 0.85 * stamp.at(x.wrapping_sub(stamp.origin.0), y.wrapping_sub(stamp.origin.1)))
        });
    }
}

/// A pale ring around the sun or moon.
fn ring(canvas: &mut Canvas, scene: &Scene, element: &Element, bounds: Rect) {
    let (cx, cy) = (bounds.left() + bounds.width() / 2.0, bounds.top() + bounds.height() / 2.0);
    for (factor, alpha) in [(1.35, 0.2), (1.8, 0.12)] {
        let radius = bounds.width() / 2.0 * factor;
        let Some(disc) = PathBuilder::from_circle(cx, cy, radius) else {
            continue;
        };
        if let Some(stamp) = Stamp::new(&disc, scene.width, scene.height, (0.0, 0.0), 1.0) {
            fill(canvas, &stamp, |_, _| (element.colour, alpha));
        }
    }
}
