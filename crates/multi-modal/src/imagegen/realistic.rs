//! Realistic: every pixel is shaded on its own, with light, fractal texture, haze, reflections, soft shadows and
//! the grain of a film.

mod bodies;
mod material;

use super::canvas::Canvas;
use super::colour::{add, luma, mix, saturate, scale, smoothstep};
use super::scene::{Backdrop, Element, Material, Scene};
use super::stamp::Stamp;
use crate::error::MediaError;
use crate::watch::Watch;

/// Paints the scene and develops it: vignette, a little contrast, and grain.
pub(crate) fn paint(scene: &Scene, watch: &dyn Watch) -> Result<Canvas, MediaError> {
    let mut canvas = expose(scene, watch, (0, 80))?;
    let (w, h) = (scene.width as f32, scene.height as f32);
    let grain = scene.noise.layer(900);
    canvas.map_watched(watch, (80, 99), |x, y, colour| {
        let (u, v) = (x as f32 / w - 0.5, y as f32 / h - 0.5);
        let vignette = 1.0 - 0.24 * smoothstep(0.25, 0.75, u.hypot(v));
        let speck =
            grain.value(x as f32 * 0.93 + 7.0, y as f32 * 0.93) + grain.value(y as f32 * 1.7, x as f32 * 1.7) - 1.0;
        let strength = 0.034 * (1.0 - 0.6 * luma(colour));
        let curved = colour.map(|c| {
            let c = c.clamp(0.0, 1.0);
            c + (c * c * (3.0 - 2.0 * c) - c) * 0.35
        });
        saturate(scale(curved, vignette), 1.08).map(|c| c + speck * strength)
    })?;
    Ok(canvas)
}

/// The shaded scene without the camera's own traces; the other styles look at it for tone and colour. `progress` is
/// the range of per cent that this takes of the whole work.
pub(crate) fn expose(scene: &Scene, watch: &dyn Watch, progress: (u64, u64)) -> Result<Canvas, MediaError> {
    let mut canvas = Canvas::new(scene.width, scene.height, [0.0; 3]);
    let ready = progress.0 + (progress.1 - progress.0) / 4;
    backdrop(&mut canvas, scene, watch, (progress.0, ready))?;
    let count = scene.elements.len().max(1) as u64;
    for (index, element) in scene.elements.iter().enumerate() {
        let done = ready + (progress.1 - ready) * index as u64 / count;
        watch.step(done, 100)?;
        draw(&mut canvas, scene, element, watch, done)?;
    }
    watch.step(progress.1, 100)?;
    Ok(canvas)
}

fn backdrop(canvas: &mut Canvas, scene: &Scene, watch: &dyn Watch, progress: (u64, u64)) -> Result<(), MediaError> {
    let noise = scene.noise.layer(300);
    let (unit, horizon) = (scene.unit, scene.horizon.max(1.0));
    let (w, h) = (scene.width as f32, scene.height as f32);
    canvas.map_watched(watch, progress, |x, y, _| {
        let (x, y) = (x as f32, y as f32);
        match scene.backdrop {
            Backdrop::Sky([top, middle, low]) => {
                let t = (y / horizon).min(1.0);
                let base = if t < 0.55 {
                    mix(top, middle, smoothstep(0.0, 0.55, t))
                } else {
                    mix(middle, low, (t - 0.55) / 0.45)
                };
                // Thin high cloud, drawn out along the horizon.
                let wisp = noise.fbm(x / (unit * 0.5), y / (unit * 0.11), 5);
                let veil = smoothstep(0.52, 0.85, wisp) * 0.3 * (1.0 - t * 0.5);
                let glow = scene.light.source.map_or(0.0, |(sx, sy)| {
                    let d = (x - sx).hypot((y - sy) * 1.25) / unit;
                    0.5 * (-d * 3.2).exp() + 0.22 * (-d * 1.2).exp()
                });
                add(mix(base, mix(low, [1.0; 3], 0.35), veil), scale(scene.light.colour, glow))
            }
            Backdrop::Table(colour) => {
                let fibre = noise.fbm(x / (unit * 0.012), y / (unit * 0.012), 3) - 0.5;
                let cloudy = noise.layer(5).fbm(x / (unit * 0.6), y / (unit * 0.6), 3) - 0.5;
                let lamp = 1.12 - 0.3 * ((x / w - 0.3).hypot(y / h - 0.22));
                scale(colour, lamp + fibre * 0.05 + cloudy * 0.08)
            }
        }
    })
}

fn draw(canvas: &mut Canvas, scene: &Scene, element: &Element, watch: &dyn Watch, done: u64) -> Result<(), MediaError> {
    let bounds = element.path.bounds();
    let small = bounds.width().min(bounds.height());
    let halo = material::halo(element.material, small, scene.unit);
    let soft = material::softness(element.material, small, scene.unit);
    let margin = soft * 2.0 + halo;
    let Some(mut stamp) = Stamp::new(&element.path, scene.width, scene.height, (0.0, 0.0), margin) else {
        return Ok(());
    };
    // The relief of a slab is its blurred outline: high in the middle, falling towards the edges.
    let relief = (element.material == Material::Slab).then(|| {
        let mut relief = Stamp::new(&element.path, scene.width, scene.height, (0.0, 0.0), margin);
        if let Some(relief) = &mut relief {
            relief.blur((small * 0.07).max(1.0) as u32);
        }
        relief
    });
    if soft >= 1.0 {
        stamp.blur(soft as u32);
    }
    let surface = material::Surface::new(scene, element, relief.flatten());
    for row in 0..stamp.size.1 {
        if row % 64 == 0 {
            watch.step(done, 100)?;
        }
        for column in 0..stamp.size.0 {
            let coverage = stamp.at(column, row);
            let (x, y) = (stamp.origin.0 + column, stamp.origin.1 + row);
            if halo > 0.0 {
                let (glow, alpha) = surface.glow(x as f32 + 0.5, y as f32 + 0.5, halo);
                if alpha > 0.002 {
                    let lighter = add(canvas.at(x as i32, y as i32), scale(glow, alpha));
                    canvas.blend(x, y, lighter, 1.0);
                }
            }
            if coverage > 0.0 {
                let (colour, alpha) = surface.shade(canvas, (column, row), (x as f32 + 0.5, y as f32 + 0.5), coverage);
                canvas.blend(x, y, colour, alpha * element.opacity);
            }
        }
    }
    Ok(())
}
