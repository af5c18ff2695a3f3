//! Trees, forests, palms, cactuses and flowers.

use std::f32::consts::{PI, TAU};

use tiny_skia::PathBuilder;

use super::super::colour::{Rgb, hex, hsv, mix, scale};
use super::super::noise::SplitMix64;
use super::super::prompt::Thing;
use super::super::vocabulary::Kind;
use super::geometry::{band, below_curve, clump, discs, ellipse, polygon};
use super::{Material, Scene};

/// A dark line of trees where a lake ends.
pub(super) fn far_shore(scene: &mut Scene, random: &mut SplitMix64) {
    let (w, unit, horizon) = (scene.w(), scene.unit, scene.horizon);
    let noise = scene.noise.layer(200);
    let phase = random.range(0.0, 30.0);
    let curve = |x: f32| {
        let firs = noise.ridged(x / (unit * 0.02), 0.5, 2) * unit * 0.028;
        horizon - unit * 0.012 - firs * (0.35 + noise.value(x / (unit * 0.3) + phase, 4.0))
    };
    let steps = (w / unit * 260.0).clamp(40.0, 1200.0) as usize;
    let colour = if scene.snowy { hex(0x3C_5260) } else { hex(0x2E_5240) };
    scene.push(below_curve(-2.0, w + 2.0, horizon + 1.0, steps, curve), colour, Material::Foliage, 0.4);
}

/// Rows of trees, the far ones small and pale, with a clearing in the middle of the nearest.
pub(super) fn forest(scene: &mut Scene, thing: &Thing, top: f32, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let usual = if scene.snowy { hex(0x4A_6E6A) } else { hex(0x3C_7C3E) };
    let colour = thing.colour.as_ref().map_or(usual, |c| mix(c.1, usual, 0.35));
    for (row, depth) in [0.9f32, 0.68, 0.45, 0.2].into_iter().enumerate() {
        let near = row as f32 / 3.0;
        let tall = unit * (0.22 + 0.15 * near) * thing.size.min(1.4);
        let base = top + (h - top) * (0.015 + 0.17 * near);
        let mut x = -tall * 0.3;
        while x < w + tall * 0.3 {
            let clearing = near > 0.7 && (x / w - 0.5).abs() < 0.27;
            let height = tall * random.range(0.75, 1.2);
            let place = (x, base + random.range(0.0, 0.02) * unit);
            let shade = mix(colour, hsv(0.2 + 0.2 * random.unit(), 0.5, 0.5), 0.16);
            if !clearing && random.chance(0.62) {
                pine(scene, place, height, shade, depth, random);
            } else if !clearing {
                leaf_tree(scene, place, height * 0.9, shade, depth, random);
            }
            x += (tall * random.range(0.26, 0.44)).max(1.5);
        }
    }
}

/// Single plants of one kind, spread over the ground below `top`, the furthest first.
pub(super) fn plants(scene: &mut Scene, thing: &Thing, top: f32, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let count = thing.count.unwrap_or(if thing.kind == Kind::Cactus { 4 } else { 6 });
    let mut places: Vec<(f32, f32)> = (0..count)
        .map(|index| {
            let slot = (index as f32 + random.range(0.2, 0.8)) / count.max(1) as f32;
            let x = thing.place.0.map_or(slot, |part| part + (slot - 0.5) * 0.3);
            (w * x, random.range(0.14, 0.5))
        })
        .collect();
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (x, near) in places {
        let place = (x, top + (h - top) * near);
        let height = unit * (0.2 + 0.3 * near) * thing.size * random.range(0.85, 1.15);
        let colour = |usual: u32| thing.colour.as_ref().map_or(hex(usual), |c| c.1);
        let shadow_x = x - scene.light.towards.0 * height * 0.22;
        let shadow = ellipse(shadow_x, place.1, height * 0.34, height * 0.045);
        scene.push_faint(shadow, [0.04, 0.07, 0.06], Material::Shadow, 0.1, 0.45);
        match thing.kind {
            Kind::Palm => palm(scene, place, height * 1.2, colour(0x3C_8440), 0.1, random),
            Kind::Pine => pine(scene, place, height, colour(0x2E_6A48), 0.12, random),
            Kind::Cactus => cactus(scene, place, height * 0.75, colour(0x4C_8A50)),
            _ => leaf_tree(scene, place, height, colour(0x54_963E), 0.12, random),
        }
    }
}

fn leaf_tree(scene: &mut Scene, (x, y): (f32, f32), tall: f32, colour: Rgb, depth: f32, random: &mut SplitMix64) {
    let trunk = [(-0.045, 0.0), (0.045, 0.0), (0.026, -0.5), (-0.026, -0.5)].map(|(u, v)| (x + u * tall, y + v * tall));
    scene.push(polygon(&trunk), hex(0x6A_4A32), Material::Wood, depth);
    let crown = clump(x, y - tall * 0.66, tall * 0.31, tall * 0.33, 9, random);
    scene.push(crown, if scene.snowy { mix(colour, hex(0xFF_FFFF), 0.45) } else { colour }, Material::Foliage, depth);
}

fn pine(scene: &mut Scene, (x, y): (f32, f32), tall: f32, colour: Rgb, depth: f32, random: &mut SplitMix64) {
    let trunk = [(-0.025, 0.0), (0.025, 0.0), (0.025, -0.2), (-0.025, -0.2)].map(|(u, v)| (x + u * tall, y + v * tall));
    scene.push(polygon(&trunk), hex(0x5A_4030), Material::Wood, depth);
    let tiers = 4;
    let mut left = vec![];
    let mut right = vec![];
    for tier in 0..tiers {
        let t = tier as f32 / tiers as f32;
        let (upper, lower) = (-1.0 + 0.86 * t, -1.0 + 0.86 * (t + 1.15 / tiers as f32));
        let half = 0.07 + 0.19 * (t + 0.25) * random.range(0.92, 1.08);
        right.extend([(0.045 + 0.11 * t, upper), (half, lower)]);
        left.extend([(-0.045 - 0.11 * t, upper), (-half, lower)]);
    }
    if let (Some(first), Some(mirrored)) = (right.first_mut(), left.first_mut()) {
        (*first, *mirrored) = ((0.0, -1.0), (0.0, -1.0));
    }
    let outline: Vec<_> = right.iter().chain(left.iter().rev()).map(|&(u, v)| (x + u * tall, y + v * tall)).collect();
    scene.push(polygon(&outline), colour, Material::Foliage, depth);
    if scene.snowy {
        let cap = [(0.0, -1.0), (0.11, -0.8), (0.03, -0.84), (-0.04, -0.79), (-0.11, -0.8)];
        let cap = cap.map(|(u, v)| (x + u * tall, y + v * tall));
        scene.push(polygon(&cap), hex(0xF2_F6FC), Material::Snow, depth);
    }
}

/// A palm of height `tall`, its foot at a place; also stands on islands.
pub(super) fn palm(scene: &mut Scene, (x, y): (f32, f32), tall: f32, colour: Rgb, depth: f32, random: &mut SplitMix64) {
    let lean = random.range(-0.25, 0.25) * tall;
    let at = |t: f32| (x + lean * t * t, y - tall * t);
    let trunk: Vec<_> =
        (0..=8).map(|s| s as f32 / 8.0).map(|t| (at(t).0, at(t).1, tall * (0.034 - 0.016 * t))).collect();
    scene.push(band(&trunk), hex(0x8A_6644), Material::Wood, depth);
    let (cx, cy) = at(1.0);
    let mut builder = PathBuilder::new();
    for leaf in 0..8 {
        let angle = PI * (0.98 + 1.04 * leaf as f32 / 7.0) + random.range(-0.12, 0.12);
        let reach = tall * random.range(0.36, 0.46);
        let (dx, dy) = (angle.cos() * reach, angle.sin() * reach * 0.55);
        let tip = (cx + dx, cy + dy + reach * 0.5);
        builder.move_to(cx, cy);
        builder.quad_to(cx + dx * 0.6, cy + dy * 1.5 - reach * 0.12, tip.0, tip.1);
        builder.quad_to(cx + dx * 0.55, cy + dy * 1.1 + reach * 0.1, cx, cy + reach * 0.08);
        builder.close();
    }
    scene.push(builder.finish(), colour, Material::Foliage, depth);
}

fn cactus(scene: &mut Scene, (x, y): (f32, f32), tall: f32, colour: Rgb) {
    let mut builder = PathBuilder::new();
    let mut limb = |points: &[(f32, f32)], half: f32| {
        for &(u, v) in points {
            builder.push_circle(x + u * tall, y + v * tall, half * tall);
        }
    };
    let line = |from: (f32, f32), to: (f32, f32)| {
        (0..=14)
            .map(move |s| s as f32 / 14.0)
            .map(move |t| (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t))
    };
    limb(&line((0.0, -0.02), (0.0, -0.92)).collect::<Vec<_>>(), 0.085);
    limb(&line((0.0, -0.4), (-0.26, -0.42)).chain(line((-0.26, -0.42), (-0.26, -0.7))).collect::<Vec<_>>(), 0.055);
    limb(&line((0.0, -0.3), (0.25, -0.34)).chain(line((0.25, -0.34), (0.25, -0.58))).collect::<Vec<_>>(), 0.055);
    scene.push(builder.finish(), colour, Material::Foliage, 0.08);
    let bloom = discs([(x, y - tall * 1.0, tall * 0.035), (x - tall * 0.26, y - tall * 0.76, tall * 0.026)]);
    scene.push(bloom, hex(0xE8_5C8C), Material::Petal, 0.08);
}

/// Flowers with stems; an uncounted plural is a whole bed of them.
pub(super) fn flowers(scene: &mut Scene, thing: &Thing, top: f32, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let count = thing.count.unwrap_or(44);
    let mut places: Vec<(f32, f32)> = (0..count)
        .map(|_| {
            let x = thing.place.0.map_or(random.range(0.03, 0.97), |part| part + random.range(-0.15, 0.15));
            (w * x, if count == 1 { 0.9 } else { random.range(0.3, 0.98) })
        })
        .collect();
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (x, near) in places {
        let alone = if count <= 3 { 2.6 } else { 1.0 };
        let size = unit * (0.008 + 0.02 * near) * thing.size * alone;
        let foot = top + (h - top) * near;
        let y = foot - size * 3.2;
        let stem = [(x, y, size * 0.12), (x + size * 0.1, foot, size * 0.14)];
        scene.push(band(&stem), hex(0x3E_7A34), Material::Foliage, 0.0);
        let usual = hsv([0.97, 0.13, 0.78, 0.03, 0.6][random.below(5)], 0.68, 0.95);
        let colour = thing.colour.as_ref().map_or(usual, |c| c.1);
        let turn = random.range(0.0, TAU);
        let petals = (0..5).map(|petal| {
            let angle = turn + TAU * petal as f32 / 5.0;
            (x + angle.cos() * size * 0.72, y + angle.sin() * size * 0.66, size * 0.56)
        });
        scene.push(discs(petals), colour, Material::Petal, 0.0);
        scene.push(discs([(x, y, size * 0.4)]), mix(hex(0xFF_D848), scale(colour, 0.6), 0.2), Material::Petal, 0.0);
    }
}
