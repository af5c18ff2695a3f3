//! How each material looks at one pixel.

use tiny_skia::Rect;

use crate::imagegen::canvas::Canvas;
use crate::imagegen::colour::{Rgb, hex, mix, scale, smoothstep};
use crate::imagegen::noise::Noise;
use crate::imagegen::scene::{Element, Material, Scene};
use crate::imagegen::stamp::Stamp;

/// Pixels by which the outline is blurred.
pub(super) fn softness(material: Material, small: f32, unit: f32) -> f32 {
    match material {
        Material::Cloud => small * 0.09,
        Material::Shadow => (small * 0.12).min(unit * 0.03),
        Material::Mist => small * 0.3,
        Material::Rainbow => small.min(unit) * 0.006,
        _ => 0.0,
    }
}

/// Pixels by which light shines beyond the outline.
pub(super) fn halo(material: Material, small: f32, unit: f32) -> f32 {
    match material {
        Material::Sun => small * 1.7,
        Material::Moon => small * 1.2,
        Material::Glow if small < unit * 0.2 && small > unit * 0.01 => small * 0.4,
        _ => 0.0,
    }
}

/// One element, ready to be asked for its colour.
pub(super) struct Surface<'a> {
    pub(super) scene: &'a Scene,
    pub(super) element: &'a Element,
    pub(super) bounds: Rect,
    pub(super) noise: Noise,
    pub(super) relief: Option<Stamp>,
}

impl<'a> Surface<'a> {
    pub(super) fn new(scene: &'a Scene, element: &'a Element, relief: Option<Stamp>) -> Self {
        let bounds = element.path.bounds();
        // Neighbours of one kind mustn't share their grain.
        let own = (bounds.left() * 3.1 + bounds.top() * 7.7).abs() as u32;
        Self { scene, element, bounds, noise: scene.noise.layer(400 + own % 5_000), relief }
    }

    /// Light around the element, and how much of it: falls off with the distance from its edge.
    pub(super) fn glow(&self, x: f32, y: f32, reach: f32) -> (Rgb, f32) {
        let (cx, cy) = self.centre();
        let radius = self.bounds.width() / 2.0;
        let outside = match self.element.material {
            Material::Glow => {
                let dx = (self.bounds.left() - x).max(x - self.bounds.right()).max(0.0);
                let dy = (self.bounds.top() - y).max(y - self.bounds.bottom()).max(0.0);
                dx.hypot(dy)
            }
            _ => ((x - cx).hypot(y - cy) - radius).max(0.0),
        };
        let t = (1.0 - outside / reach).clamp(0.0, 1.0);
        let strength = if self.element.material == Material::Glow { 0.1 } else { 0.42 };
        (self.element.colour, t * t * t * strength)
    }

    /// Colour and opacity at pixel centre `(x, y)`; `cell` is the same place within the stamp.
    pub(super) fn shade(&self, canvas: &Canvas, cell: (u32, u32), (x, y): (f32, f32), coverage: f32) -> (Rgb, f32) {
        let scene = self.scene;
        let unit = scene.unit;
        let base = self.element.colour;
        let u = ((x - self.bounds.left()) / self.bounds.width().max(1.0)).clamp(0.0, 1.0);
        let v = ((y - self.bounds.top()) / self.bounds.height().max(1.0)).clamp(0.0, 1.0);
        let grain = |size: f32, octaves| self.noise.fbm(x / (unit * size), y / (unit * size), octaves);
        let lit = |colour: Rgb, amount: f32| scene.lit(colour, amount);
        let (colour, alpha) = match self.element.material {
            // Brighter than white, so that its own glow doesn't outshine it, here and in the water.
            Material::Sun => {
                let rim = smoothstep(0.1, 0.5, (u - 0.5).hypot(v - 0.5));
                (scale(mix([1.0, 0.98, 0.9], base, 0.25 + 0.4 * rim), 1.45), coverage)
            }
            Material::Moon => return (self.moon(u, v, x, y), coverage),
            Material::Glow | Material::Flake => return (base, coverage),
            Material::Rain | Material::Shadow => return (base, coverage),
            Material::Mist => return (base, coverage * (0.35 + 0.65 * grain(0.22, 3))),
            Material::Rainbow => return (base, coverage * (0.4 + 0.3 * (1.0 - v))),
            Material::Cloud => self.cloud(x, y, u, v, coverage),
            Material::Rock => (lit(self.rock_colour(x, y, base), self.facet(x, y)), coverage),
            Material::SnowCap => {
                let edge = smoothstep(0.32, 0.5, grain(0.035, 4) + 0.55 * (1.0 - v));
                (lit(base, 0.15 + 0.95 * self.facet(x, y)), coverage * edge)
            }
            Material::Hill => {
                let patches = grain(0.05, 4);
                let crest = 1.0 - smoothstep(0.0, 0.6, v);
                (lit(scale(base, 0.72 + 0.5 * patches), 0.35 + 0.6 * crest), coverage)
            }
            Material::Grass => {
                let near = self.nearness(y);
                // Fine grass far away fades into coarse grass nearby; one field that grew with nearness would shear.
                let fine = self.noise.fbm(x / (unit * 0.005), y / (unit * 0.008), 2);
                let coarse = self.noise.layer(2).fbm(x / (unit * 0.012), y / (unit * 0.05), 3);
                let blades = fine + (coarse - fine) * near;
                let patches = grain(0.3, 3);
                let colour = mix(base, mix(base, hex(0xB4_B860), 0.5), smoothstep(0.35, 0.75, patches));
                (lit(scale(colour, 0.55 + 0.75 * blades), 0.75 - 0.3 * v), coverage)
            }
            Material::Snow => {
                let drift = grain(0.22, 4);
                let colour = mix(base, hex(0xA8_BCD8), smoothstep(0.4, 0.7, drift) * 0.55);
                (lit(colour, 0.7 + 0.2 * drift), coverage)
            }
            Material::Sand => {
                let near = self.nearness(y);
                let bend = grain(0.2, 3) * 7.0;
                let ripple = ((y / (unit * (0.006 + 0.02 * near)) + x / (unit * 0.14) + bend * 2.0).sin() + 1.0) / 2.0;
                let colour = scale(base, 0.86 + 0.1 * ripple + 0.14 * grain(0.006, 2));
                (lit(colour, 0.55 + 0.35 * grain(0.3, 2) - 0.1 * v), coverage)
            }
            Material::Water => return (self.water(canvas, x, y), coverage),
            Material::Road => (lit(scale(base, 0.8 + 0.35 * grain(0.006, 3)), 0.6), coverage),
            Material::Foliage => {
                let leaves = grain(0.016, 4);
                let side = self.roundness(u, v);
                let ragged = smoothstep(0.2, 0.42, coverage * (0.55 + leaves * 0.75));
                (lit(scale(base, 0.5 + 0.85 * leaves), 0.2 + 0.75 * side), coverage * ragged)
            }
            Material::Wood => {
                let rings = self.noise.fbm(x / (unit * 0.006), y / (unit * 0.05), 3);
                (lit(scale(base, 0.7 + 0.5 * rings), 0.35 + 0.5 * self.across(u)), coverage)
            }
            Material::Wall => {
                let stain = grain(0.05, 4);
                (lit(scale(base, 0.82 + 0.3 * stain), 0.3 + 0.5 * self.across(u) - 0.12 * v), coverage)
            }
            Material::Roof => {
                let row = (y / (unit * 0.012)).fract().abs();
                (lit(scale(base, 0.78 + 0.18 * row + 0.2 * grain(0.02, 3)), 0.45 + 0.35 * self.across(u)), coverage)
            }
            Material::Glass => (mix(base, scene.haze, 0.28 * (1.0 - v)), coverage),
            Material::Cloth => (lit(scale(base, 0.92 + 0.12 * grain(0.05, 2)), 0.5 + 0.5 * self.across(u)), coverage),
            Material::Petal => (lit(base, 0.9 - 0.25 * v), coverage),
            Material::Silhouette => (lit(base, 0.4), coverage),
            Material::Ball => (self.ball(u, v), coverage),
            Material::Slab => (self.slab(cell), coverage),
        };
        (scene.through_air(colour, self.element.depth), alpha)
    }

    fn centre(&self) -> (f32, f32) {
        (self.bounds.left() + self.bounds.width() / 2.0, self.bounds.top() + self.bounds.height() / 2.0)
    }

    /// 0 at the horizon, 1 at the lower edge of the picture.
    fn nearness(&self, y: f32) -> f32 {
        ((y - self.scene.horizon) / (self.scene.height as f32 - self.scene.horizon).max(1.0)).clamp(0.0, 1.0)
    }

    /// Light on a cylinder that stands upright: 0..1 over its width.
    fn across(&self, u: f32) -> f32 {
        (0.5 + self.scene.light.towards.0 * (u - 0.5) * 1.4).clamp(0.0, 1.0)
    }

    /// Light on a body that bulges: 0..1.
    fn roundness(&self, u: f32, v: f32) -> f32 {
        let (lx, ly) = self.scene.light.towards;
        (0.55 + (lx * (u - 0.5) + ly * (v - 0.5)) * 1.25).clamp(0.0, 1.0)
    }

    /// Light on rock: the slope of ridged noise against the direction of the light.
    fn facet(&self, x: f32, y: f32) -> f32 {
        let size = self.scene.unit * 0.3;
        // One field for a mountain and for the snow on it, so that both show the same faces.
        let field = self.scene.noise.layer(350);
        let height = |x: f32, y: f32| field.ridged(x / size + y / size * 0.35, y / size * 0.8, 6);
        let step = self.scene.unit * 0.006;
        let here = height(x, y);
        let (dx, dy) = ((height(x + step, y) - here) / step, (height(x, y + step) - here) / step);
        let (lx, ly) = self.scene.light.towards;
        (0.52 - (dx * lx + dy * ly * 0.6) * size * 0.42).clamp(0.0, 1.0)
    }

    fn rock_colour(&self, x: f32, y: f32, base: Rgb) -> Rgb {
        let unit = self.scene.unit;
        let strata = self.noise.fbm(x / (unit * 0.12), y / (unit * 0.03), 4);
        scale(mix(base, hex(0x7A_6450), 0.3 * strata), 0.7 + 0.45 * strata)
    }
}
