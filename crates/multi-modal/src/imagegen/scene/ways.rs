//! River and road.

use super::super::colour::hex;
use super::super::noise::SplitMix64;
use super::super::prompt::Thing;
use super::geometry::band;
use super::land::colour_of;
use super::{Material, Scene};

/// A river that winds from `top` to the lower edge; `usual` is its source as a part of the width.
pub(super) fn river(scene: &mut Scene, thing: &Thing, usual: f32, top: f32, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let phase = random.range(0.0, 6.0);
    let goal = thing.place.0.unwrap_or(usual + random.range(-0.08, 0.08));
    let centres: Vec<_> = (0..=40)
        .map(|step| {
            let t = step as f32 / 40.0;
            let sway = (t.sqrt() * 7.0 + phase).sin() * (0.06 + 0.2 * t) * w * 0.6;
            (w * goal + sway, top + (h - top + 2.0) * t, unit * (0.008 + 0.17 * t * t) * thing.size)
        })
        .collect();
    scene.push(band(&centres), colour_of(thing, hex(0x3E_82B4)), Material::Water, 0.1);
}

/// A straight road to the horizon at `top`; `usual` is where it ends, as a part of the width.
pub(super) fn road(scene: &mut Scene, thing: &Thing, usual: f32, top: f32) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let goal = w * thing.place.0.unwrap_or(usual);
    let at = |t: f32| (goal + (1.0 - t) * (1.0 - t) * unit * 0.12, top + (h - top + 2.0) * t);
    let centres: Vec<_> = (0..=24)
        .map(|step| at(step as f32 / 24.0))
        .zip(0..=24)
        .map(|((x, y), step)| (x, y, unit * (0.006 + 0.24 * (step as f32 / 24.0).powf(1.3)) * thing.size))
        .collect();
    scene.push(band(&centres), colour_of(thing, hex(0x56_585E)), Material::Road, 0.1);
    for dash in 0..9 {
        let (from, to) = ((dash as f32 / 9.0).powf(1.4), ((dash as f32 + 0.55) / 9.0).powf(1.4));
        let ends = [from, to].map(|t| (at(t).0, at(t).1, unit * (0.0008 + 0.011 * t)));
        scene.push(band(&ends), hex(0xF2_E8C4), Material::Petal, 0.1);
    }
}
