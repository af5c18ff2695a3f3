//! A picture while it is painted: one colour per pixel, not yet rounded.

use image::{Rgba, RgbaImage};

use super::colour::{Rgb, bytes, mix};
use crate::error::MediaError;
use crate::watch::Watch;

/// Rows of colours, top left first.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pixels: Vec<Rgb>,
}

impl Canvas {
    /// A canvas of one colour.
    pub(crate) fn new(width: u32, height: u32, colour: Rgb) -> Self {
        Self { width, height, pixels: vec![colour; width as usize * height as usize] }
    }

    /// The colour at a pixel; beyond an edge, that of the nearest pixel.
    pub(crate) fn at(&self, x: i32, y: i32) -> Rgb {
        let x = x.clamp(0, self.width as i32 - 1) as usize;
        let y = y.clamp(0, self.height as i32 - 1) as usize;
        self.pixels.get(y * self.width as usize + x).copied().unwrap_or_default()
    }

    /// Covers a pixel with a colour; `alpha` 0 leaves it as it is.
    pub(crate) fn blend(&mut self, x: u32, y: u32, colour: Rgb, alpha: f32) {
        let index = y as usize * self.width as usize + x as usize;
        if let Some(pixel) = self.pixels.get_mut(index) {
            *pixel = mix(*pixel, colour, alpha.clamp(0.0, 1.0));
        }
    }

    /// Rewrites every pixel: `change(x, y, colour)`.
    pub(crate) fn map(&mut self, change: impl Fn(u32, u32, Rgb) -> Rgb) {
        let width = self.width.max(1) as usize;
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            *pixel = change((index % width) as u32, (index / width) as u32, *pixel);
        }
    }

    /// As [`Self::map`], for changes that take long: says after every 64 rows which part of `progress` (per cent of
    /// the whole work) is done.
    pub(crate) fn map_watched(
        &mut self,
        watch: &dyn Watch,
        progress: (u64, u64),
        change: impl Fn(u32, u32, Rgb) -> Rgb,
    ) -> Result<(), MediaError> {
        let rows = u64::from(self.height.max(1));
        let width = self.width.max(1) as usize;
        for (row, line) in self.pixels.chunks_mut(width).enumerate() {
            if row % 64 == 0 {
                watch.step(progress.0 + (progress.1 - progress.0) * row as u64 / rows, 100)?;
            }
            for (column, pixel) in line.iter_mut().enumerate() {
                *pixel = change(column as u32, row as u32, *pixel);
            }
        }
        watch.step(progress.1, 100)
    }

    /// Box blur of `radius` pixels in both directions, twice: close to a Gaussian.
    pub(crate) fn blurred(&self, radius: u32) -> Self {
        let mut blurred = self.clone();
        let (width, height) = (self.width as usize, self.height as usize);
        for _ in 0..2 {
            for row in 0..height {
                blur_line(&mut blurred.pixels, row * width, 1, width, radius as usize);
            }
            for column in 0..width {
                blur_line(&mut blurred.pixels, column, width, height, radius as usize);
            }
        }
        blurred
    }

    /// Rounded to bytes, opaque.
    pub(crate) fn into_image(self) -> RgbaImage {
        RgbaImage::from_fn(self.width, self.height, |x, y| {
            let [red, green, blue] = bytes(self.at(x as i32, y as i32));
            Rgba([red, green, blue, 255])
        })
    }
}

/// A running mean along one row or column; beyond its ends the outermost colour goes on.
fn blur_line(pixels: &mut [Rgb], start: usize, step: usize, count: usize, radius: usize) {
    let line: Vec<Rgb> = pixels.iter().skip(start).step_by(step).take(count).copied().collect();
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else {
        return;
    };
    let window = (2 * radius + 1) as f32;
    let at = |index: isize| match usize::try_from(index) {
        Ok(index) => line.get(index).copied().unwrap_or(last),
        Err(_) => first,
    };
    let reach = radius as isize;
    let mut sum = [0.0f32; 3];
    for index in -reach..reach {
        sum = super::colour::add(sum, at(index));
    }
    for (index, pixel) in pixels.iter_mut().skip(start).step_by(step).take(count).enumerate() {
        let index = index as isize;
        sum = super::colour::add(sum, at(index + reach));
        *pixel = sum.map(|channel| channel / window);
        sum = super::colour::add(sum, at(index - reach).map(|channel| -channel));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_a_plain_canvas_and_spreads_a_dot() {
        let mut canvas = Canvas::new(9, 5, [0.5; 3]);
        assert!((canvas.blurred(3).at(4, 2)[0] - 0.5).abs() < 1e-5);
        canvas.blend(4, 2, [1.0; 3], 1.0);
        let blurred = canvas.blurred(1);
        assert!(blurred.at(4, 2)[0] < 0.7 && blurred.at(5, 2)[0] > 0.51);
    }
}
