//! The materials that take more than a line: clouds, the moon, water, balls and slabs.

use super::material::Surface;
use crate::imagegen::canvas::Canvas;
use crate::imagegen::colour::{Rgb, add, mix, scale, smoothstep};

impl Surface<'_> {
    pub(super) fn cloud(&self, x: f32, y: f32, u: f32, v: f32, coverage: f32) -> (Rgb, f32) {
        let unit = self.scene.unit;
        let billow = self.noise.fbm(x / (unit * 0.085), y / (unit * 0.07), 5);
        let density = smoothstep(0.3, 0.85, coverage * 1.15 + (billow - 0.5) * 1.1);
        let light =
            (0.75 - 0.55 * v + 0.35 * (billow - 0.4) + 0.3 * self.scene.light.towards.0 * (u - 0.5)).clamp(0.0, 1.0);
        let shade = mix(scale(self.element.colour, 0.62), self.scene.haze, 0.35);
        (mix(shade, self.element.colour, light), density)
    }

    pub(super) fn moon(&self, u: f32, v: f32, x: f32, y: f32) -> Rgb {
        let radius = self.bounds.width().max(1.0);
        let maria = self.noise.fbm(x / (radius * 0.3), y / (radius * 0.3), 4);
        let rim = smoothstep(0.3, 0.5, (u - 0.5).hypot(v - 0.5));
        scale(self.element.colour, 1.04 - 0.15 * smoothstep(0.45, 0.68, maria) - 0.14 * rim)
    }

    /// The canvas above, upside down and broken up by waves, over the water's own colour.
    pub(super) fn water(&self, canvas: &Canvas, x: f32, y: f32) -> Rgb {
        let scene = self.scene;
        let unit = scene.unit;
        let top = self.bounds.top().max(0.0);
        let depth = ((y - top) / self.bounds.height().max(1.0)).clamp(0.0, 1.0);
        // Perspective: waves are as small as the distance makes them.
        let far = 0.045 + depth;
        let (fx, fy) = (x / (unit * 0.2 * far), 5.5 / far);
        let swell = self.noise.fbm(fx * 0.6, fy * 2.4, 3) - 0.5;
        let ripple = self.noise.layer(3).fbm(fx * 1.8, fy * 6.0, 3) - 0.5;
        let wave = swell + 0.6 * ripple;
        let mirrored = 2.0 * top - y + wave * unit * 0.22 * (0.12 + depth);
        let source = canvas.at((x + ripple * unit * 0.1 * far) as i32, mirrored.min(top - 1.0) as i32);
        let body = scale(scene.lit(self.element.colour, 0.5), 1.0 - 0.35 * depth);
        let fresnel = (0.72 - 0.38 * depth + wave * 0.35).clamp(0.12, 0.9);
        let mut colour = mix(body, source, fresnel);
        if let Some((sx, _)) = scene.light.source {
            let spread = unit * (0.05 + 0.16 * depth);
            let column = (-((x - sx) / spread).powi(2)).exp();
            let spark = smoothstep(0.02, 0.3, wave) * column * (0.95 - 0.55 * depth);
            colour = add(colour, scale(mix(scene.light.colour, [1.0, 0.93, 0.8], 0.35), spark));
        }
        let crest = smoothstep(0.34, 0.5, wave) * 0.22;
        scene.through_air(
            mix(colour, [0.95, 0.97, 1.0], crest * (0.3 + scene.light.colour[1])),
            0.55 * (1.0 - depth).powi(6),
        )
    }

    /// A sphere under one lamp: Lambert, a highlight (Blinn, 1977), and light from the table on its underside.
    pub(super) fn ball(&self, u: f32, v: f32) -> Rgb {
        let (nx, ny) = ((u - 0.5) * 2.0, (v - 0.5) * 2.0);
        let nz = (1.0 - nx * nx - ny * ny).max(0.0).sqrt();
        let (lx, ly, lz) = (self.scene.light.towards.0 * 0.62, self.scene.light.towards.1 * 0.62, 0.78);
        let diffuse = (nx * lx + ny * ly + nz * lz).max(0.0);
        let (hx, hy, hz) = (lx / 1.88, ly / 1.88, (lz + 1.0) / 1.88);
        let shine = (nx * hx + ny * hy + nz * hz).max(0.0).powi(48) * 0.75;
        let bounce = (ny * 0.5).max(0.0) * (1.0 - nz) * 0.3;
        add(self.scene.lit(self.element.colour, diffuse * 1.05 - 0.15 + bounce), scale([1.0, 0.98, 0.94], shine))
    }

    pub(super) fn slab(&self, (column, row): (u32, u32)) -> Rgb {
        let Some(relief) = &self.relief else {
            return self.element.colour;
        };
        let reach = (self.bounds.width().min(self.bounds.height()) * 0.05).max(1.0) as u32;
        let at = |x: u32, y: u32| relief.at(x, y);
        let dx = at(column + reach, row) - at(column.saturating_sub(reach), row);
        let dy = at(column, row + reach) - at(column, row.saturating_sub(reach));
        let (lx, ly) = self.scene.light.towards;
        let slope = -(dx * lx + dy * ly);
        // Facing the lamp means rising away from it: the relief falls towards the light there.
        let light = 0.7 + slope * 0.95;
        let shine = smoothstep(0.5, 1.0, slope) * 0.3;
        add(self.scene.lit(self.element.colour, light), [shine; 3])
    }
}
