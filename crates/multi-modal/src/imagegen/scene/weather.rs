//! What falls, and what hangs in the air before everything else.

use tiny_skia::PathBuilder;

use super::super::colour::{hex, mix};
use super::super::noise::SplitMix64;
use super::super::prompt::Reading;
use super::super::vocabulary::Weather;
use super::geometry::{discs, ellipse, polygon};
use super::{Material, Scene};

/// What is between the eye and everything else.
pub(super) fn weather(scene: &mut Scene, reading: &Reading, random: &mut SplitMix64) {
    let (w, h, unit) = (scene.w(), scene.h(), scene.unit);
    let area = (w * h / (unit * unit)).min(12.0);
    for weather in &reading.weather {
        match weather {
            Weather::Rain => {
                for (layer, length) in [(1.0, 0.045), (0.5, 0.075), (0.0, 0.12)] {
                    let mut builder = PathBuilder::new();
                    for _ in 0..(110.0 * area) as usize {
                        let (x, y) = (random.range(-0.05, 1.05) * w, random.range(-0.1, 1.0) * h);
                        let (dx, dy) = (-0.18 * length * unit, length * unit * random.range(0.7, 1.2));
                        let half = unit * (0.0009 + 0.0006 * (1.0 - layer));
                        let corners = [(x - half, y), (x + half, y), (x + dx + half, y + dy), (x + dx - half, y + dy)];
                        if let Some(streak) = polygon(&corners) {
                            builder.push_path(&streak);
                        }
                    }
                    let colour = mix(scene.haze, hex(0xFF_FFFF), 0.45);
                    scene.push_faint(builder.finish(), colour, Material::Rain, 0.0, 0.42 - 0.15 * layer);
                }
            }
            Weather::Snow => {
                for radius in [0.0025, 0.0045, 0.008] {
                    let count = (0.55 / radius * area) as usize;
                    let flakes: Vec<_> = (0..count)
                        .map(|_| (random.unit() * w, random.unit() * h, unit * radius * random.range(0.6, 1.2)))
                        .collect();
                    scene.push_faint(discs(flakes), hex(0xFB_FDFF), Material::Flake, 0.0, 0.9);
                }
            }
            Weather::Fog => {
                for index in 0..4 {
                    let y = scene.horizon + (index as f32 - 1.0) * 0.09 * h;
                    let path = ellipse(random.range(0.2, 0.8) * w, y, w * 0.75, h * random.range(0.05, 0.1));
                    let colour = scene.haze;
                    scene.push_faint(path, colour, Material::Mist, 0.0, 0.55);
                }
            }
            Weather::Overcast => {}
        }
    }
}
