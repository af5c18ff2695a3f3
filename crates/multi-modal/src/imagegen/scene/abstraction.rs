//! A picture for a prompt without one known word: layered waves under a disc, in colours that the seed picks.

use super::super::colour::{hex, mix};
use super::super::noise::SplitMix64;
use super::geometry::{below_curve, ellipse, wobble};
use super::{Backdrop, Light, Material, Scene};

/// Sky, furthest and nearest wave, and disc: chosen by eye, as random hues seldom go together.
const PALETTES: [[u32; 4]; 8] = [
    [0xF8_D8B0, 0xE8_8C6C, 0x4A_2648, 0xFF_E8A8],
    [0xBC_DCE8, 0x6C_A8C0, 0x14_324C, 0xFF_F0D0],
    [0xF6_CCD0, 0xC4_7C9C, 0x34_2458, 0xFF_E0C0],
    [0xD8_E4C8, 0x88_B090, 0x1C_4040, 0xFC_D088],
    [0xFC_E0A0, 0xE4_A040, 0x5C_2020, 0xFF_6848],
    [0xCC_C8EC, 0x84_80C4, 0x20_2050, 0xFF_C8A0],
    [0xF0_E4D4, 0xC4_9C7C, 0x3C_3034, 0xD8_5C40],
    [0xA8_D8D0, 0x48_9C98, 0x0C_2C44, 0xFF_B070],
];

/// Fills an empty scene.
pub(super) fn waves(scene: &mut Scene, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let [sky, far, near_colour, disc] = PALETTES[random.below(PALETTES.len())].map(hex);
    let top = mix(sky, disc, 0.12);
    let horizon = mix(sky, hex(0xFF_FFFF), 0.35);
    scene.backdrop = Backdrop::Sky([top, mix(top, horizon, 0.5), horizon]);
    scene.haze = horizon;
    scene.haze_strength = 0.5;
    scene.light.colour = mix(scene.light.colour, hex(0x60_5850), 0.8);
    scene.light.ambient = hex(0x9C_9A98);
    let (x, y) = (w * random.range(0.25, 0.75), h * random.range(0.2, 0.4));
    scene.light = Light { towards: (if x > w / 2.0 { 0.6 } else { -0.6 }, -0.8), source: Some((x, y)), ..scene.light };
    let radius = unit * random.range(0.09, 0.16);
    scene.push(ellipse(x, y, radius, radius), disc, Material::Petal, 0.0);
    for _ in 0..random.below(5) {
        let small = unit * random.range(0.012, 0.035);
        let path = ellipse(w * random.unit(), h * random.range(0.08, 0.5), small, small);
        scene.push_faint(path, mix(disc, far, random.unit()), Material::Ball, 0.2, 0.85);
    }
    let layers = 6 + random.below(3);
    for layer in 0..layers {
        let near = (layer as f32 + 1.0) / layers as f32;
        let noise = scene.noise.layer(layer as u32 * 7 + 1);
        let (base, swing) = (h * (0.36 + 0.56 * near), h * random.range(0.06, 0.13));
        let (length, phase) = (unit * random.range(0.5, 1.1), random.range(0.0, 50.0));
        let curve = |x: f32| base + swing * (wobble(noise, x / length + phase, 2) * 1.3);
        let colour = mix(far, near_colour, near);
        scene.push(below_curve(0.0, w, h + 1.0, 90, curve), colour, Material::Hill, 1.0 - near);
    }
}
