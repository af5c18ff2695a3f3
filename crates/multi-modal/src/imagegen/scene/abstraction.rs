//! A picture for a prompt without one known word: layered waves under a disc, in colours that the seed picks.

use super::super::colour::{hsv, mix};
use super::super::noise::SplitMix64;
use super::geometry::{below_curve, ellipse, wobble};
use super::{Backdrop, Light, Material, Scene};

/// Fills an empty scene.
pub(super) fn waves(scene: &mut Scene, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let hue = random.unit();
    // Analogous colours with one complement read as a palette (Itten, "Kunst der Farbe", 1961).
    let span = random.range(0.12, 0.3) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let top = hsv(hue + 0.5, 0.22, 0.98);
    let horizon = hsv(hue + 0.42, 0.45, 0.96);
    scene.backdrop = Backdrop::Sky([top, mix(top, horizon, 0.5), horizon]);
    scene.haze = horizon;
    scene.haze_strength = 0.55;
    let (x, y) = (w * random.range(0.25, 0.75), h * random.range(0.2, 0.4));
    scene.light = Light { towards: (if x > w / 2.0 { 0.6 } else { -0.6 }, -0.8), source: Some((x, y)), ..scene.light };
    let radius = unit * random.range(0.09, 0.16);
    scene.push(ellipse(x, y, radius, radius), hsv(hue + 0.5 + random.range(-0.06, 0.06), 0.35, 1.0), Material::Sun, 0.0);
    for _ in 0..random.below(5) {
        let small = unit * random.range(0.012, 0.035);
        let path = ellipse(w * random.unit(), h * random.range(0.08, 0.5), small, small);
        scene.push_faint(path, hsv(hue + span, 0.5, 0.95), Material::Ball, 0.2, 0.85);
    }
    let layers = 6 + random.below(3);
    for layer in 0..layers {
        let near = (layer as f32 + 1.0) / layers as f32;
        let noise = scene.noise.layer(layer as u32 * 7 + 1);
        let (base, swing) = (h * (0.36 + 0.56 * near), h * random.range(0.06, 0.13));
        let (length, phase) = (unit * random.range(0.5, 1.1), random.range(0.0, 50.0));
        let curve = |x: f32| base + swing * (wobble(noise, x / length + phase, 2) * 1.3);
        let colour = hsv(hue + span * near, 0.42 + 0.3 * near, 0.95 - 0.55 * near);
        scene.push(below_curve(0.0, w, h + 1.0, 90, curve), colour, Material::Hill, 1.0 - near);
    }
}
