//! Sea and lake, what floats on them, and a street that is as wet.

use tiny_skia::PathBuilder;

use super::super::colour::{Rgb, hex, mix, scale};
use super::super::noise::SplitMix64;
use super::super::prompt::{Reading, Thing};
use super::super::vocabulary::{Kind, Time};
use super::geometry::{below_curve, ellipse, polygon, rectangle, wobble};
use super::{Backdrop, Material, Scene, life};

/// Water from the horizon to the lower edge.
pub(super) fn open(scene: &mut Scene, reading: &Reading, _random: &mut SplitMix64) {
    let named = reading.find(Kind::Sea).or(reading.find(Kind::Lake)).and_then(|t| t.colour.as_ref());
    let usual = match scene.time {
        Time::Night => hex(0x2A_4A7C),
        Time::Sunset | Time::Sunrise => hex(0x52_54B4),
        Time::Day => hex(0x2A_7EA8),
    };
    let colour = named.map_or(usual, |c| c.1);
    let (w, h) = (scene.w(), scene.h());
    scene.push(rectangle(-2.0, scene.horizon, w + 4.0, h - scene.horizon + 2.0), colour, Material::Water, 0.15);
}

/// Asphalt under rain in front of a city.
pub(super) fn wet_street(scene: &mut Scene) {
    let (w, h) = (scene.w(), scene.h());
    scene.push(rectangle(-2.0, scene.horizon, w + 4.0, h - scene.horizon + 2.0), hex(0x3A_3E48), Material::Water, 0.05);
    let kerb = rectangle(-2.0, scene.horizon - h * 0.006, w + 4.0, h * 0.012);
    scene.push(kerb, hex(0x4A_4C54), Material::Road, 0.2);
}

/// Islands first, as they lie further away.
pub(super) fn islands_and_boats(scene: &mut Scene, reading: &Reading, random: &mut SplitMix64) {
    for thing in reading.things.iter().filter(|t| t.kind == Kind::Island) {
        let count = thing.count.unwrap_or(2);
        for index in 0..count {
            island(scene, thing, (index, count), random);
        }
    }
    for thing in reading.things.iter().filter(|t| t.kind == Kind::Boat) {
        let count = thing.count.unwrap_or(3);
        for index in 0..count {
            boat(scene, thing, (index, count), random);
        }
    }
}

fn slot(thing: &Thing, (index, count): (u32, u32), random: &mut SplitMix64) -> f32 {
    match thing.place.0 {
        Some(part) => part + (index as f32 - (count as f32 - 1.0) / 2.0) * 0.09,
        None => (index as f32 + random.range(0.3, 0.7)) / count.max(1) as f32,
    }
}

fn island(scene: &mut Scene, thing: &Thing, index: (u32, u32), random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let x = w * slot(thing, index, random);
    let y = scene.horizon + (h - scene.horizon) * random.range(0.16, 0.3);
    let half = unit * 0.24 * thing.size;
    mirror(scene, x, y, half, unit * 0.05);
    let noise = scene.noise.layer(180 + index.0);
    let sand = thing.colour.as_ref().map_or(hex(0xE4_C894), |c| c.1);
    let hump = |height: f32, reach: f32| {
        move |px: f32| {
            let t = ((px - x) / (half * reach)).clamp(-1.0, 1.0);
            y - unit * height * (1.0 - t * t) * (1.0 + 0.35 * wobble(noise, px / (unit * 0.08), 2))
        }
    };
    scene.push(below_curve(x - half, x + half, y + unit * 0.006, 40, hump(0.05, 1.0)), sand, Material::Sand, 0.15);
    let green = below_curve(x - half * 0.7, x + half * 0.7, y - unit * 0.012, 40, hump(0.085, 0.7));
    scene.push(green, hex(0x4E_8A44), Material::Hill, 0.15);
    for (side, tall) in [(-0.25, 0.19), (0.2, 0.24)] {
        let place = (x + half * side, y - unit * 0.05);
        life::palm(scene, place, unit * tall * thing.size, hex(0x3C_8440), 0.1, random);
    }
}

/// A dark trace below something that floats.
fn mirror(scene: &mut Scene, x: f32, y: f32, half: f32, depth: f32) {
    let path = ellipse(x, y + depth * 0.3, half, depth);
    scene.push_faint(path, scale(sky_tone(scene), 0.22), Material::Shadow, 0.1, 0.5);
}

fn sky_tone(scene: &Scene) -> Rgb {
    match scene.backdrop {
        Backdrop::Sky(stops) => mix(stops[0], stops[1], 0.5),
        Backdrop::Table(colour) => colour,
    }
}

fn boat(scene: &mut Scene, thing: &Thing, index: (u32, u32), random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let near = random.range(0.12, 0.42);
    let x = w * slot(thing, index, random);
    let y = scene.horizon + (h - scene.horizon) * near;
    let crowd = 1.0 / (index.1 as f32).sqrt().max(1.0);
    let size = unit * (0.1 + 0.16 * near) * thing.size * crowd.max(0.45) * 1.25;
    let facing = if random.chance(0.5) { 1.0 } else { -1.0 };
    let depth = 0.12;
    mirror(scene, x, y + size * 0.16, size * 0.7, size * 0.12);
    let at = |u: f32, v: f32| (x + facing * u * size, y + v * size);
    let mast = [at(-0.03, 0.0), at(0.03, 0.0), at(0.018, -1.5), at(-0.008, -1.5)];
    scene.push(polygon(&mast), hex(0x5A_4030), Material::Wood, depth);
    let sail = |foot: (f32, f32), belly: f32, tip: f32| {
        let mut builder = PathBuilder::new();
        let (a, b, c, d) = (at(foot.0, -0.16), at(foot.0, -tip), at(foot.1 * belly, -0.55), at(foot.1, -0.18));
        builder.move_to(a.0, a.1);
        builder.line_to(b.0, b.1);
        builder.quad_to(c.0, c.1, d.0, d.1);
        builder.close();
        builder.finish()
    };
    let cloth = hex(0xFB_F4E4);
    scene.push(sail((0.06, 0.72), 0.86, 1.42), cloth, Material::Cloth, depth);
    scene.push(sail((-0.06, -0.6), 0.8, 1.22), mix(cloth, hex(0xE8_8C6C), 0.25), Material::Cloth, depth);
    let hull = [(-0.82, -0.12), (0.94, -0.16), (0.62, 0.18), (-0.6, 0.18)].map(|(u, v)| at(u, v));
    let colour = thing.colour.as_ref().map_or(hex(0x8C_3B2E), |c| c.1);
    scene.push(polygon(&hull), colour, Material::Wood, depth);
    let rail = [(-0.82, -0.12), (0.94, -0.16), (0.9, -0.09), (-0.78, -0.05)].map(|(u, v)| at(u, v));
    scene.push(polygon(&rail), hex(0xF4_ECD8), Material::Cloth, depth);
}
