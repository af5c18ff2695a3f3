//! Sky, sun, moon, stars, clouds and rainbow.

use std::f32::consts::PI;

use super::super::colour::{Rgb, hex, hsv, mix, scale};
use super::super::noise::SplitMix64;
use super::super::prompt::{Reading, Thing};
use super::super::vocabulary::{Kind, Time, Weather};
use super::geometry::{discs, ellipse, polygon};
use super::{Material, Scene, flyers};

/// Top, middle and horizon of the sky; a background colour in the prompt takes the place of the hour's.
pub(super) fn sky_colours(time: Time, grey: bool, background: Option<Rgb>) -> [Rgb; 3] {
    if let Some(colour) = background {
        return [scale(colour, 0.8), colour, mix(colour, hex(0xFF_FFFF), 0.45)];
    }
    let stops = match (time, grey) {
        (Time::Day, false) => [0x2F_78C8, 0x78_B4E6, 0xD6_EAF4],
        (Time::Day, true) => [0x6C_7884, 0x98_A2AA, 0xC6_CCCE],
        (Time::Sunrise, false) => [0x5A_7CB8, 0xE8_B4B0, 0xFD_DCA4],
        (Time::Sunrise, true) => [0x78_8090, 0xB4_A8AC, 0xDC_C8B8],
        (Time::Sunset, false) => [0x33_2C66, 0xC4_506C, 0xFD_A852],
        (Time::Sunset, true) => [0x4C_4A60, 0x8C_6C74, 0xC8_9474],
        (Time::Night, false) => [0x06_0B22, 0x14_2450, 0x3A_5486],
        (Time::Night, true) => [0x12_1620, 0x20_2834, 0x3C_4652],
    };
    stops.map(hex)
}

/// Everything above the horizon that is further than the land.
pub(super) fn sky(scene: &mut Scene, reading: &Reading, random: &mut SplitMix64) {
    let grey = reading.weather.iter().any(|w| matches!(w, Weather::Rain | Weather::Overcast));
    if reading.find(Kind::Stars).is_some() || (scene.time == Time::Night && !grey) {
        stars(scene, random);
    }
    let named = |kind| reading.things.iter().filter(move |t| t.kind == kind);
    for thing in named(Kind::Sun) {
        body(scene, Some(thing), Material::Sun, random);
    }
    for thing in named(Kind::Moon) {
        body(scene, Some(thing), Material::Moon, random);
    }
    let low_sun = matches!(scene.time, Time::Sunset | Time::Sunrise);
    if low_sun && !grey && reading.find(Kind::Sun).is_none() {
        body(scene, None, Material::Sun, random);
    }
    if low_sun && !reading.has_any(&[Kind::Cloud]) {
        for _ in 0..4 {
            streak(scene, random);
        }
    }
    if let Some(thing) = reading.find(Kind::Rainbow) {
        rainbow(scene, thing);
    }
    for thing in named(Kind::Cloud) {
        for index in 0..thing.count.unwrap_or(4) {
            cloud(scene, Some(thing), index, random);
        }
    }
    if grey && reading.find(Kind::Cloud).is_none() {
        for index in 0..6 {
            cloud(scene, None, index, random);
        }
    }
    for thing in named(Kind::Bird) {
        for _ in 0..thing.count.unwrap_or(6) {
            flyers::bird(scene, thing, random);
        }
    }
    for thing in named(Kind::Balloon) {
        for _ in 0..thing.count.unwrap_or(3) {
            flyers::balloon(scene, thing, random);
        }
    }
}

fn stars(scene: &mut Scene, random: &mut SplitMix64) {
    let (w, unit, horizon) = (scene.w(), scene.unit, scene.horizon);
    for (count, size) in [(150.0, 0.0016), (45.0, 0.0027), (9.0, 0.0042)] {
        let count = (count * (w / unit).min(8.0)) as usize;
        let dots: Vec<_> = (0..count)
            .map(|_| {
                (random.unit() * w, random.unit() * horizon * 0.95, (unit * size * random.range(0.6, 1.2)).max(0.45))
            })
            .collect();
        scene.push_faint(discs(dots), hex(0xF4_F2FF), Material::Glow, 0.0, (size * 240.0).clamp(0.4, 1.0));
    }
}

fn body(scene: &mut Scene, thing: Option<&Thing>, material: Material, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let low = material == Material::Sun && matches!(scene.time, Time::Sunset | Time::Sunrise);
    let default_colour = match (material, low) {
        (Material::Moon, _) => hex(0xF2_EFE0),
        (_, true) => hex(0xFF_D080),
        _ => hex(0xFF_E890),
    };
    let colour = thing.and_then(|t| t.colour.as_ref()).map_or(default_colour, |c| c.1);
    let count = thing.and_then(|t| t.count).unwrap_or(1);
    let place = thing.map_or((None, None), |t| t.place);
    for index in 0..count {
        let side = if scene.light.towards.0 > 0.0 { random.range(0.58, 0.82) } else { random.range(0.18, 0.42) };
        let x = w * (place.0.unwrap_or(side) + index as f32 * 0.17).rem_euclid(1.0);
        let usual = if low { scene.horizon - unit * 0.06 } else { scene.horizon * random.range(0.26, 0.4) };
        let y = place.1.map_or(usual, |part| part * h);
        let radius = unit * if low { 0.085 } else { 0.068 } * thing.map_or(1.0, |t| t.size);
        scene.push(ellipse(x, y, radius, radius), colour, material, 0.0);
        if index == 0 {
            let (dx, dy) = (x - w / 2.0, (y - h * 0.75).min(-unit * 0.2));
            let length = dx.hypot(dy).max(1.0);
            scene.light.towards = (dx / length, dy / length);
            scene.light.source = Some((x, y));
        }
    }
}

fn rainbow(scene: &mut Scene, thing: &Thing) {
    let (w, horizon) = (scene.w(), scene.horizon);
    let centre = w * thing.place.0.unwrap_or(0.5);
    let outer = (w * 0.42).min(horizon * 0.92) * thing.size.min(1.3);
    let width = outer * 0.028;
    for stripe in 0..7 {
        let radius = outer - stripe as f32 * width;
        let arc = |radius: f32, back: bool| {
            (0..=48).map(move |step| {
                let t = step as f32 / 48.0;
                let angle = PI + PI * if back { 1.0 - t } else { t };
                (centre + radius * angle.cos(), horizon + radius * angle.sin())
            })
        };
        let points: Vec<_> = arc(radius, false).chain(arc(radius - width * 1.04, true)).collect();
        let colour = hsv([0.0, 0.07, 0.15, 0.35, 0.52, 0.64, 0.77][stripe], 0.75, 0.98);
        scene.push_faint(polygon(&points), colour, Material::Rainbow, 0.0, 0.62);
    }
}

fn cloud(scene: &mut Scene, thing: Option<&Thing>, index: u32, random: &mut SplitMix64) {
    let (w, unit) = (scene.w(), scene.unit);
    let overcast = thing.is_none();
    let place = thing.map_or((None, None), |t| t.place);
    let count = thing.and_then(|t| t.count).unwrap_or(if overcast { 6 } else { 4 });
    let slot = (index as f32 + random.range(0.25, 0.75)) / count.max(1) as f32;
    let x = w * place.0.map_or(slot, |part| part + random.range(-0.12, 0.12));
    let y = scene.horizon * if overcast { random.range(0.04, 0.36) } else { random.range(0.14, 0.5) };
    let size = unit * random.range(0.11, 0.17) * thing.map_or(1.9, |t| t.size);
    let base = match (scene.time, overcast) {
        (Time::Night, _) => hex(0x56_6484),
        (Time::Sunset, false) => hex(0xF6_B49C),
        (Time::Sunrise, false) => hex(0xFC_D8CC),
        (_, true) => hex(0x9A_A2AA),
        _ => hex(0xFC_FCFE),
    };
    let colour = thing.and_then(|t| t.colour.as_ref()).map_or(base, |c| c.1);
    let puffs = 6 + random.below(3);
    let circles: Vec<_> = (0..puffs)
        .map(|puff| {
            let t = (puff as f32 + 0.5) / puffs as f32 * 2.0 - 1.0;
            let radius = size * (0.3 + 0.3 * (1.0 - t * t)) * random.range(0.85, 1.15);
            (x + t * size * 1.15, y - radius * 0.55 + random.range(-0.05, 0.05) * size, radius)
        })
        .collect();
    scene.push_faint(discs(circles), colour, Material::Cloud, 0.15, if overcast { 0.8 } else { 0.96 });
}

/// A long thin evening cloud, lit from below.
fn streak(scene: &mut Scene, random: &mut SplitMix64) {
    let (w, unit) = (scene.w(), scene.unit);
    let (x, y) = (random.range(0.05, 0.95) * w, scene.horizon * random.range(0.3, 0.82));
    let (length, thickness) = (unit * random.range(0.18, 0.42), unit * random.range(0.011, 0.024));
    let centres: Vec<_> = (0..=9).map(|step| step as f32 / 9.0 * 2.0 - 1.0).collect();
    let bumps: Vec<f32> = centres.iter().map(|_| random.range(0.4, 1.0)).collect();
    let upper = centres.iter().zip(&bumps).map(|(t, bump)| (x + t * length, y - thickness * bump * (1.0 - t * t)));
    let lower = centres.iter().rev().map(|t| (x + t * length, y + thickness * 0.7 * (1.0 - t * t)));
    let points: Vec<_> = upper.chain(lower).collect();
    let colour = if scene.time == Time::Sunset { hex(0xF0_8C74) } else { hex(0xF8_C8BC) };
    scene.push_faint(polygon(&points), colour, Material::Mist, 0.1, 0.75);
}
