//! Birds and balloons.

use tiny_skia::{Path, PathBuilder};

use super::super::colour::{hex, hsv, mix, scale};
use super::super::noise::SplitMix64;
use super::super::prompt::Thing;
use super::geometry::{band, ellipse, polygon};
use super::{Material, Scene};

/// A bird in flight, seen from afar.
pub(super) fn bird(scene: &mut Scene, thing: &Thing, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let x = w * thing.place.0.map_or(random.range(0.12, 0.88), |part| part + random.range(-0.1, 0.1));
    let y =
        thing.place.1.map_or(scene.horizon * random.range(0.15, 0.6), |part| h * (part + random.range(-0.06, 0.06)));
    let span = unit * random.range(0.026, 0.05) * thing.size;
    let tilt = random.range(-0.25, 0.25);
    let wing = |side: f32, builder: &mut PathBuilder| {
        let (tip_x, tip_y) = (x + side * span, y - span * (0.28 + side * tilt));
        builder.move_to(x, y + span * 0.1);
        builder.quad_to(x + side * span * 0.4, y - span * 0.62, tip_x, tip_y);
        builder.quad_to(x + side * span * 0.45, y - span * 0.38, x, y + span * 0.24);
        builder.close();
    };
    let mut builder = PathBuilder::new();
    wing(-1.0, &mut builder);
    wing(1.0, &mut builder);
    let colour = thing.colour.as_ref().map_or(hex(0x2A_2C38), |c| c.1);
    scene.push(builder.finish(), colour, Material::Silhouette, 0.05);
}

/// A hot-air balloon.
pub(super) fn balloon(scene: &mut Scene, thing: &Thing, random: &mut SplitMix64) {
    let (w, unit) = (scene.w(), scene.unit);
    let x = w * thing.place.0.map_or(random.range(0.12, 0.88), |part| part + random.range(-0.1, 0.1));
    let y = scene.horizon * random.range(0.25, 0.7);
    let size = unit * random.range(0.055, 0.085) * thing.size;
    let colour = thing.colour.as_ref().map_or_else(|| hsv(random.unit(), 0.72, 0.92), |c| c.1);
    let strings: Path = match band(&[(x, y + size * 0.8, size * 0.32), (x, y + size * 1.7, size * 0.14)]) {
        Some(path) => path,
        None => return,
    };
    scene.push_faint(Some(strings), scale(colour, 0.5), Material::Cloth, 0.1, 0.5);
    let mut builder = PathBuilder::new();
    builder.move_to(x - size * 0.3, y + size * 1.2);
    builder.cubic_to(x - size * 1.5, y - size * 0.1, x - size, y - size * 1.3, x, y - size * 1.25);
    builder.cubic_to(x + size, y - size * 1.3, x + size * 1.5, y - size * 0.1, x + size * 0.3, y + size * 1.2);
    builder.close();
    scene.push(builder.finish(), colour, Material::Ball, 0.1);
    let stripe = ellipse(x, y - size * 0.05, size * 0.3, size * 1.15);
    scene.push_faint(stripe, mix(colour, hex(0xFF_FFFF), 0.75), Material::Petal, 0.1, 0.55);
    let basket = size * 0.2;
    let corners = [(-1.0, 1.6), (1.0, 1.6), (0.8, 1.95), (-0.8, 1.95)].map(|(u, v)| (x + u * basket, y + v * size));
    scene.push(polygon(&corners), hex(0x7A_5230), Material::Wood, 0.1);
}
