//! A picture before it has a style: a light, a sky, and vector shapes from far to near, each with a material. The
//! four renderers draw the same scene.

mod abstraction;
mod air;
mod buildings;
mod figures;
mod flyers;
mod geometry;
mod land;
mod life;
mod water;
mod ways;
mod weather;

use tiny_skia::Path;

use super::colour::{Rgb, add, hex, mix, multiply, scale};
use super::noise::{Noise, SplitMix64};
use super::prompt::Reading;
use super::vocabulary::{Kind, Time, Weather};

/// What a shape is made of: decides its texture, and how light falls on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Material {
    Sun,
    Moon,
    /// Gives light of its own: stars, lit windows.
    Glow,
    Cloud,
    Rainbow,
    Rock,
    /// Snow that lies on the rock below it.
    SnowCap,
    Hill,
    Grass,
    Snow,
    Sand,
    Water,
    Road,
    Foliage,
    Wood,
    Wall,
    Roof,
    Glass,
    Cloth,
    Petal,
    /// A round body.
    Ball,
    /// A flat body with rounded edges.
    Slab,
    /// Dark against the sky, without texture.
    Silhouette,
    Shadow,
    Rain,
    Flake,
    Mist,
}

/// One shape of the scene.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// Outline in pixels, filled with the nonzero rule.
    pub(crate) path: Path,
    pub(crate) colour: Rgb,
    pub(crate) material: Material,
    /// 0 at the eye, 1 at the horizon: how much air lies between.
    pub(crate) depth: f32,
    pub(crate) opacity: f32,
}

/// Where the light comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    /// Unit vector in the picture plane from a thing to the light (y down).
    pub(crate) towards: (f32, f32),
    /// Centre of the sun or moon in pixels, if it's in the picture.
    pub(crate) source: Option<(f32, f32)>,
    pub(crate) colour: Rgb,
    pub(crate) ambient: Rgb,
}

/// What is behind everything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Backdrop {
    /// Top, middle and horizon colour.
    Sky([Rgb; 3]),
    /// A lit surface that figures lie on.
    Table(Rgb),
}

/// The composed picture.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The shorter side in pixels: every length is a part of it.
    pub(crate) unit: f32,
    /// Row where the sky ends.
    pub(crate) horizon: f32,
    pub(crate) time: Time,
    pub(crate) snowy: bool,
    pub(crate) light: Light,
    pub(crate) backdrop: Backdrop,
    pub(crate) haze: Rgb,
    /// 0 clear, 1 dense fog.
    pub(crate) haze_strength: f32,
    /// From far to near.
    pub(crate) elements: Vec<Element>,
    pub(crate) noise: Noise,
}

impl Scene {
    /// `colour` as it looks with `amount` (0 in shadow, 1 in full light) of the light on it.
    pub(crate) fn lit(&self, colour: Rgb, amount: f32) -> Rgb {
        multiply(colour, add(self.light.ambient, scale(self.light.colour, amount)))
    }

    /// `colour` seen through the air up to `depth`.
    pub(crate) fn through_air(&self, colour: Rgb, depth: f32) -> Rgb {
        mix(colour, self.haze, (depth * self.haze_strength).clamp(0.0, 0.95))
    }

    /// Adds a shape; a path that came out empty adds nothing.
    fn push(&mut self, path: Option<Path>, colour: Rgb, material: Material, depth: f32) {
        self.push_faint(path, colour, material, depth, 1.0);
    }

    fn push_faint(&mut self, path: Option<Path>, colour: Rgb, material: Material, depth: f32, opacity: f32) {
        if let Some(path) = path {
            self.elements.push(Element { path, colour, material, depth, opacity });
        }
    }

    /// Width in pixels.
    fn w(&self) -> f32 {
        self.width as f32
    }

    /// Height in pixels.
    fn h(&self) -> f32 {
        self.height as f32
    }
}

/// Composes what was read into a picture of `width` x `height` pixels. The same reading, size and seed make the
/// same scene.
pub(crate) fn compose(reading: &Reading, width: u32, height: u32, seed: u64) -> Scene {
    let mut random = SplitMix64::new(seed);
    let mut scene = empty(reading, width, height, &mut random);
    if reading.is_scenery() {
        air::sky(&mut scene, reading, &mut random);
        land::compose(&mut scene, reading, &mut random);
        figures::floating(&mut scene, reading, &mut random);
        weather::weather(&mut scene, reading, &mut random);
    } else if reading.things.is_empty() {
        abstraction::waves(&mut scene, &mut random);
    } else {
        figures::on_table(&mut scene, reading, &mut random);
    }
    scene
}

fn empty(reading: &Reading, width: u32, height: u32, random: &mut SplitMix64) -> Scene {
    let time = reading.time.unwrap_or(match reading.has_any(&[Kind::Stars, Kind::Moon]) {
        true if !reading.has_any(&[Kind::Sun]) => Time::Night,
        _ => Time::Day,
    });
    let grey = reading.weather.iter().any(|w| matches!(w, Weather::Rain | Weather::Overcast | Weather::Fog));
    let background = reading.background.as_ref().map(|b| b.1);
    let has = |kinds: &[Kind]| reading.has_any(kinds);
    let horizon_part = match () {
        () if has(&[Kind::City]) => 0.7,
        () if has(&[Kind::Sea]) => 0.56,
        () => 0.6,
    };
    let light_colour = match time {
        _ if grey && time != Time::Night => hex(0x6E_7680),
        Time::Day => hex(0x9C_9384),
        Time::Sunrise => hex(0xB0_8468),
        Time::Sunset => hex(0xB4_7650),
        Time::Night => hex(0x6A_7694),
    };
    let ambient = match time {
        _ if grey && time != Time::Night => hex(0x70_757C),
        Time::Day => hex(0x6C_7684),
        Time::Sunrise => hex(0x66_5E78),
        Time::Sunset => hex(0x56_4A66),
        Time::Night => hex(0x32_3A54),
    };
    let sky = air::sky_colours(time, grey, background);
    let scenery = reading.is_scenery();
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let fog = reading.weather.contains(&Weather::Fog);
    Scene {
        width,
        height,
        unit: width.min(height) as f32,
        horizon: height as f32 * horizon_part,
        time,
        snowy: reading.snowy,
        light: Light {
            towards: if scenery { (side * 0.6, -0.8) } else { (-0.6, -0.8) },
            source: None,
            colour: if scenery { light_colour } else { hex(0x96_9084) },
            ambient: if scenery { ambient } else { hex(0x74_767C) },
        },
        backdrop: if scenery { Backdrop::Sky(sky) } else { Backdrop::Table(background.unwrap_or(hex(0xEC_E5D8))) },
        haze: mix(sky[2], sky[1], 0.3),
        haze_strength: match () {
            () if !scenery => 0.0,
            () if fog => 1.3,
            () if grey => 0.85,
            () => 0.65,
        },
        elements: Vec::new(),
        noise: Noise::new(random.next_u64()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::prompt::read;
    use super::*;

    fn count(prompt: &str, material: Material) -> usize {
        let scene = compose(&read(prompt), 200, 150, 7);
        scene.elements.iter().filter(|e| e.material == material).count()
    }

    #[test]
    fn things_are_drawn_as_often_as_they_are_named() {
        assert_eq!(count("three red circles and a blue square", Material::Ball), 3);
        assert_eq!(count("three red circles and a blue square", Material::Slab), 1);
        assert_eq!(count("two moons", Material::Moon), 2);
        // Two sails and a rail each.
        assert_eq!(count("four boats on the sea", Material::Cloth), 12);
    }

    #[test]
    fn the_seed_decides_the_composition_and_nothing_else_does() {
        let first = |seed| compose(&read("forest"), 200, 150, seed).elements[0].path.clone();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn extreme_sizes_compose() {
        for (width, height) in [(16, 16), (16, 2048), (2048, 16)] {
            for prompt in ["city by the sea in the rain with boats", "20 stars", "what", "forest river road snow"] {
                let scene = compose(&read(prompt), width, height, 3);
                assert!(scene.elements.len() < 20_000, "{prompt}: {}", scene.elements.len());
            }
        }
    }
}
