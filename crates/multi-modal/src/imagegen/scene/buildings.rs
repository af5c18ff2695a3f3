//! Houses and skylines.

use super::super::colour::{Rgb, hex, mix, scale};
use super::super::noise::SplitMix64;
use super::super::prompt::Thing;
use super::super::vocabulary::Time;
use super::geometry::{discs, ellipse, polygon, rectangle, rectangles};
use super::{Material, Scene};

const LAMP: Rgb = hex(0xFF_D27C);

/// Three rows of towers along the horizon, or as many single buildings as the prompt counts.
pub(super) fn skyline(scene: &mut Scene, thing: &Thing, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let counted = thing.count.filter(|&n| n > 1 || !matches!(thing.word.as_str(), "city" | "town" | "skyline"));
    let rows: &[(f32, f32)] =
        if counted.is_some() { &[(0.1, 0.42)] } else { &[(0.75, 0.5), (0.42, 0.44), (0.1, 0.34)] };
    for &(depth, tallest) in rows {
        let mut x = if counted.is_some() { 0.0 } else { -0.04 * w };
        let mut built = 0;
        let slot = counted.map(|n| w / n as f32);
        while x < w && counted.is_none_or(|n| built < n) {
            let width = slot.map_or(unit * random.range(0.075, 0.15), |s| (s * 0.6).min(unit * 0.22));
            let left = slot.map_or(x, |s| match thing.place.0 {
                Some(part) if counted == Some(1) => part * w - width / 2.0,
                _ => x + (s - width) / 2.0,
            });
            // Taller towards the middle, as city centres are.
            let central = 1.0 - 0.45 * ((left / w - 0.5).abs() * 2.0).min(1.0);
            let height = h * tallest * random.range(0.5, 1.0) * central * thing.size.min(1.4);
            tower(scene, (left, scene.horizon - height, width, height), depth, thing, random);
            x += slot.unwrap_or(width * random.range(0.92, 1.12)).max(1.0);
            built += 1;
        }
    }
}

fn tower(scene: &mut Scene, (x, y, w, h): (f32, f32, f32, f32), depth: f32, thing: &Thing, random: &mut SplitMix64) {
    let walls = [0x6C_7486, 0x7A_6C70, 0x56_6478, 0x86_8078, 0x5E_5870, 0x8C_6A5C].map(hex);
    let usual = walls[random.below(walls.len())];
    let colour = thing.colour.as_ref().map_or(usual, |c| mix(c.1, usual, 0.15));
    scene.push(rectangle(x, y, w, h + 1.0), colour, Material::Wall, depth);
    match random.below(4) {
        0 => scene.push(
            rectangle(x + w * 0.3, y - w * 0.18, w * 0.4, w * 0.2),
            scale(colour, 0.85),
            Material::Wall,
            depth,
        ),
        1 => scene.push(
            rectangle(x + w * 0.48, y - w * 0.6, w * 0.05, w * 0.62),
            scale(colour, 0.6),
            Material::Wall,
            depth,
        ),
        2 => {
            let gable = [(x, y + 0.5), (x + w / 2.0, y - w * 0.35), (x + w, y + 0.5)];
            scene.push(polygon(&gable), scale(colour, 0.8), Material::Roof, depth);
        }
        _ => {}
    }
    let grid = (scene.unit * random.range(0.019, 0.026)).max(3.0);
    let (columns, rows) = (((w / grid) as usize).clamp(1, 12), ((h / (grid * 1.25)) as usize).clamp(1, 40));
    let (step_x, step_y) = (w / (columns as f32 + 0.4), h / (rows as f32 + 0.6));
    let glowing = match scene.time {
        Time::Day if scene.haze_strength > 0.7 => 0.42,
        Time::Day => 0.0,
        _ => 0.5,
    };
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for row in 0..rows {
        for column in 0..columns {
            let window =
                (x + step_x * (column as f32 + 0.42), y + step_y * (row as f32 + 0.5), step_x * 0.56, step_y * 0.52);
            if random.chance(glowing) { on.push(window) } else { off.push(window) }
        }
    }
    scene.push_faint(rectangles(off), mix(colour, hex(0x18_2438), 0.62), Material::Glass, depth, 0.85);
    scene.push_faint(rectangles(on), LAMP, Material::Glow, depth * 0.5, 0.95);
}

/// The house of an index on the ground below `top`, at `usual` (a part of the width) unless the prompt says where.
pub(super) fn house(scene: &mut Scene, thing: &Thing, (index, usual): (u32, f32), top: f32, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let count = thing.count.unwrap_or(3).max(1) as f32;
    let crowd = (1.4 / count).clamp(0.35, 1.0);
    let size = unit * 0.2 * thing.size.max(0.6) * crowd;
    let spread = (index as f32 - (count - 1.0) / 2.0) * size * 2.1;
    let usual = usual + random.range(-0.08, 0.08);
    let x = (w * thing.place.0.unwrap_or(usual) + spread).clamp(size * 0.7, (w - size * 0.7).max(size * 0.7));
    let y = top + (h - top) * random.range(0.42, 0.52);
    let at = |u: f32, v: f32| (x + u * size, y + v * size);
    let (wall, side) = (thing.colour.as_ref().map_or(hex(0xF2_E6D0), |c| c.1), 0.62);
    let shadow_x = x - scene.light.towards.0 * size * 0.5;
    let shadow = ellipse(shadow_x, y + size * 0.02, size * 1.05, size * 0.13);
    scene.push_faint(shadow, [0.05, 0.07, 0.1], Material::Shadow, 0.1, 0.45);
    let chimney = [at(0.3, -1.02), at(0.42, -1.02), at(0.42, -0.6), at(0.3, -0.6)];
    scene.push(polygon(&chimney), hex(0x8C_4A3C), Material::Wall, 0.08);
    for puff in 0..3 {
        let t = puff as f32;
        let smoke = discs([(at(0.36 + t * 0.1, 0.0).0, y - size * (1.12 + t * 0.17), size * (0.06 + t * 0.03))]);
        scene.push_faint(smoke, hex(0xE8_E8EC), Material::Cloud, 0.1, 0.5 - t * 0.1);
    }
    let front = [at(-side, 0.0), at(-side, -0.55), at(side, -0.55), at(side, 0.0)];
    scene.push(polygon(&front), wall, Material::Wall, 0.08);
    let roof = [at(-0.76, -0.5), at(-0.46, -0.98), at(0.46, -0.98), at(0.76, -0.5)];
    let tiles = if scene.snowy { hex(0xF0_F4FA) } else { hex(0xA8_4432) };
    scene.push(polygon(&roof), tiles, Material::Roof, 0.08);
    let door = [at(-0.1, 0.0), at(-0.1, -0.34), at(0.1, -0.34), at(0.1, 0.0)];
    scene.push(polygon(&door), hex(0x6A_4428), Material::Wood, 0.08);
    let dark = scene.time == Time::Night || scene.haze_strength > 0.7;
    let (pane, glass) =
        if dark || scene.time != Time::Day { (LAMP, Material::Glow) } else { (hex(0x8C_B8D4), Material::Glass) };
    for u in [-0.46, 0.22] {
        let (left, upper) = at(u, -0.42);
        let (frame_x, frame_y) = (size * 0.03, size * 0.03);
        let frame = rectangle(left - frame_x, upper - frame_y, size * 0.3, size * 0.26);
        scene.push(frame, hex(0xFF_FCF4), Material::Wood, 0.08);
        scene.push(rectangle(left, upper, size * 0.24, size * 0.2), pane, glass, 0.05);
        let bars = [
            (left + size * 0.11, upper, size * 0.02, size * 0.2),
            (left, upper + size * 0.09, size * 0.24, size * 0.02),
        ];
        scene.push(rectangles(bars), hex(0xFF_FCF4), Material::Wood, 0.08);
    }
}
