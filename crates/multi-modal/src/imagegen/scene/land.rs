//! The land from the horizon to the eye: mountains, hills, ground, and the order of everything on it.

use super::super::colour::{Rgb, hex, mix};
use super::super::noise::SplitMix64;
use super::super::prompt::{Reading, Thing};
use super::super::vocabulary::{Kind, Time};
use super::geometry::{below_curve, polygon, wobble};
use super::{Material, Scene, buildings, life, water, ways};

/// Things that need water from shore to shore.
const OPEN_WATER: [Kind; 4] = [Kind::Sea, Kind::Lake, Kind::Island, Kind::Boat];

/// Things that stand on ground, and so need some below them.
const GROUNDED: [Kind; 14] = [
    Kind::Grass,
    Kind::Desert,
    Kind::Beach,
    Kind::Road,
    Kind::River,
    Kind::Forest,
    Kind::Tree,
    Kind::Palm,
    Kind::Pine,
    Kind::Cactus,
    Kind::Flower,
    Kind::House,
    Kind::Hill,
    Kind::City,
];

/// Adds everything below the sky, from far to near.
pub(super) fn compose(scene: &mut Scene, reading: &Reading, random: &mut SplitMix64) {
    let open_water = reading.has_any(&OPEN_WATER);
    // Palms beside an island stand on it, and need no shore.
    let grounded = !open_water || standing(reading, &GROUNDED).next().is_some();
    for thing in reading.things.iter().filter(|t| t.kind == Kind::Mountain) {
        mountains(scene, thing, random);
    }
    for thing in reading.things.iter().filter(|t| t.kind == Kind::Hill) {
        hills(scene, thing, random);
    }
    if let Some(thing) = reading.find(Kind::City) {
        buildings::skyline(scene, thing, random);
    }
    if open_water {
        if reading.find(Kind::Lake).is_some() && !reading.has_any(&[Kind::Sea, Kind::City]) {
            life::far_shore(scene, random);
        }
        water::open(scene, reading, random);
        water::islands_and_boats(scene, reading, random);
    } else if is_wet_city(reading) {
        // Rain on asphalt: the street shows the lights.
        water::wet_street(scene);
        return near(scene, reading, scene.h() * 0.86, random);
    }
    if grounded {
        let top = if open_water { scene.h() * 0.84 } else { scene.horizon };
        ground(scene, reading, top, random);
        near(scene, reading, top, random);
    } else if reading.find(Kind::Lake).is_some() {
        let top = scene.h() * 0.95;
        ground(scene, reading, top, random);
    }
}

/// What stands on the ground, whose upper edge is at `top`.
fn near(scene: &mut Scene, reading: &Reading, top: f32, random: &mut SplitMix64) {
    let river = reading.find(Kind::River);
    // The wet street in front of a city is the road.
    let road = reading.find(Kind::Road).filter(|_| !is_wet_city(reading));
    // Where a river, a road and a house keep out of each other's way, as parts of the width.
    let (river_at, road_at, house_at) = match (river.is_some(), road.is_some()) {
        (true, true) => (0.22, 0.72, 0.46),
        (true, false) => (0.4, 0.5, 0.78),
        (false, true) => (0.5, 0.5, 0.24),
        (false, false) => (0.5, 0.5, 0.5),
    };
    if let Some(thing) = river {
        ways::river(scene, thing, river_at, top, random);
    }
    if let Some(thing) = road {
        ways::road(scene, thing, road_at, top);
    }
    if let Some(thing) = reading.find(Kind::Forest) {
        life::forest(scene, thing, top, random);
    }
    for thing in reading.things.iter().filter(|t| t.kind == Kind::House) {
        for index in 0..thing.count.unwrap_or(3) {
            buildings::house(scene, thing, (index, house_at), top, random);
        }
    }
    for thing in standing(reading, &[Kind::Tree, Kind::Pine, Kind::Palm, Kind::Cactus]) {
        life::plants(scene, thing, top, random);
    }
    for thing in reading.things.iter().filter(|t| t.kind == Kind::Flower) {
        life::flowers(scene, thing, top, random);
    }
}

/// Rain, snow or fog in a city without open water: the ground is a street that mirrors it.
fn is_wet_city(reading: &Reading) -> bool {
    let city = reading.find(Kind::City).is_some() && !reading.weather.is_empty();
    city && !reading.has_any(&OPEN_WATER)
}

/// Things of some kinds that stand on the ground: not palms where there is an island for them.
fn standing<'a>(reading: &'a Reading, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Thing> {
    let island = reading.find(Kind::Island).is_some();
    reading.things.iter().filter(move |thing| kinds.contains(&thing.kind) && !(island && thing.kind == Kind::Palm))
}

/// The colour that the prompt gives a thing, or its usual one.
pub(super) fn colour_of(thing: &Thing, usual: Rgb) -> Rgb {
    thing.colour.as_ref().map_or(usual, |c| c.1)
}

fn mountains(scene: &mut Scene, thing: &Thing, random: &mut SplitMix64) {
    let (w, h, unit, horizon) = (scene.w(), scene.h(), scene.unit, scene.horizon);
    let rock = colour_of(thing, if scene.time == Time::Night { hex(0x4A_4E68) } else { hex(0x6E_6C74) });
    for (range, depth) in [(0, 0.85), (1, 0.5)] {
        let noise = scene.noise.layer(100 + range);
        let peaks = match (thing.count, range) {
            (Some(count), 1) => count as usize,
            (None, 1) => 3 + random.below(2),
            _ => 4 + random.below(3),
        };
        let usual = if peaks == 1 { 0.62 } else { 0.44 };
        let tops: Vec<(f32, f32, f32)> = (0..peaks)
            .map(|peak| {
                let slot = (peak as f32 + random.range(0.3, 0.7)) / peaks as f32;
                let x = w * thing.place.0.filter(|_| peaks == 1 && range == 1).unwrap_or(slot);
                let height = h * usual * random.range(0.72, 1.0) * thing.size.min(1.4);
                let height = if range == 0 { height * 0.75 } else { height };
                (x, height.min(horizon * 0.86), height * random.range(0.95, 1.35))
            })
            .collect();
        let curve = |x: f32| {
            let rise = tops
                .iter()
                .map(|&(px, height, half)| height * (1.0 - ((x - px).abs() / half.max(1.0))).max(0.0).powf(1.12))
                .fold(0.0, f32::max);
            let rough = wobble(noise, x / (unit * 0.16), 5) * unit * 0.075 * (0.25 + rise / (h * 0.4)).min(1.0);
            horizon - rise + rough - unit * 0.03
        };
        let steps = (w / unit * 160.0).clamp(40.0, 900.0) as usize;
        scene.push(below_curve(-2.0, w + 2.0, horizon + 2.0, steps, curve), rock, Material::Rock, depth);
        if scene.snowy || peaks > 1 || thing.size > 1.0 {
            snow_cap(scene, (steps, depth, if scene.snowy { 0.66 } else { 0.34 }), &tops, curve);
        }
    }
}

/// Snow above a ragged line: from the ridge down to a part of its height.
fn snow_cap(
    scene: &mut Scene,
    (steps, depth, share): (usize, f32, f32),
    tops: &[(f32, f32, f32)],
    ridge: impl Fn(f32) -> f32,
) {
    let (w, unit, horizon) = (scene.w(), scene.unit, scene.horizon);
    let highest = tops.iter().map(|t| t.1).fold(1.0, f32::max);
    let noise = scene.noise.layer(140);
    let line = |x: f32| {
        let teeth = (noise.ridged(x / (unit * 0.055), 0.3, 3) - 0.45) * highest * 0.34;
        horizon - highest * (1.0 - share) + teeth
    };
    let columns: Vec<f32> = (0..=steps).map(|s| -2.0 + (w + 4.0) * s as f32 / steps as f32).collect();
    // One polygon for each stretch where the ridge reaches above the snow line.
    for stretch in columns.split(|&x| ridge(x) >= line(x)).filter(|stretch| stretch.len() > 2) {
        let upper = stretch.iter().map(|&x| (x, ridge(x)));
        let lower = stretch.iter().rev().map(|&x| (x, line(x).min(horizon)));
        scene.push(polygon(&upper.chain(lower).collect::<Vec<_>>()), hex(0xF2_F6FC), Material::SnowCap, depth);
    }
}

fn hills(scene: &mut Scene, thing: &Thing, random: &mut SplitMix64) {
    let (w, h, unit, horizon) = (scene.w(), scene.h(), scene.unit, scene.horizon);
    let usual = if scene.snowy { hex(0xE4_ECF4) } else { hex(0x6A_A04E) };
    for layer in 0..2 {
        let near = layer as f32;
        let noise = scene.noise.layer(120 + layer);
        let phase = random.range(0.0, 40.0);
        let curve = |x: f32| {
            let swell = noise.fbm(x / (unit * 0.55) + phase, 0.2, 2);
            horizon + h * 0.02 * near - h * (0.2 - 0.06 * near) * thing.size.min(1.6) * (swell * 1.2 - 0.15)
        };
        let colour = mix(colour_of(thing, usual), hex(0x2E_5A3C), 0.18 * near);
        scene.push(
            below_curve(-2.0, w + 2.0, horizon + h * 0.06, 80, curve),
            colour,
            Material::Hill,
            0.55 - 0.25 * near,
        );
    }
}

fn ground(scene: &mut Scene, reading: &Reading, top: f32, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let sandy = [Kind::Desert, Kind::Beach, Kind::Cactus, Kind::Palm];
    let (material, usual, named) = match () {
        () if scene.snowy => (Material::Snow, hex(0xEE_F3FA), None),
        () if reading.has_any(&sandy) => {
            (Material::Sand, hex(0xE2_C088), reading.find(Kind::Desert).or(reading.find(Kind::Beach)))
        }
        () => (Material::Grass, hex(0x62_9A46), reading.find(Kind::Grass)),
    };
    let colour = named.map_or(usual, |thing| colour_of(thing, usual));
    let dunes = reading.find(Kind::Desert).is_some();
    let layers = if top > h * 0.8 { 1 } else { 3 };
    for layer in 0..layers {
        let near = layer as f32 / 3.0;
        let noise = scene.noise.layer(160 + layer);
        let (swing, length) = if dunes { (0.07, 0.4) } else { (0.022, 0.5) };
        let phase = random.range(0.0, 40.0);
        let base = top + (h - top) * near * 0.9 - if layer == 0 && layers > 1 { unit * 0.015 } else { 0.0 };
        let curve = |x: f32| base + unit * swing * wobble(noise, x / (unit * length) + phase, 2);
        let shade = mix(colour, if material == Material::Grass { hex(0x2C_5A2C) } else { colour }, near * 0.35);
        scene.push(below_curve(-2.0, w + 2.0, h + 2.0, 80, curve), shade, material, 0.45 * (1.0 - near));
    }
}
