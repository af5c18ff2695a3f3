//! A picture of a sound: time to the right, frequency upwards on a logarithmic scale, level as colour.

use font8x8::UnicodeFonts;
use image::{Rgb, RgbImage};

use crate::{error::MediaError, watch::Watch};

use super::{colour::viridis, sound::Sound, spectrum::Spectrum};

/// Size of the picture, and of the plot within its margins, in pixels.
pub const WIDTH: u32 = 800;
/// Height of the picture, in pixels.
pub const HEIGHT: u32 = 400;
const LEFT: u32 = 56;
const RIGHT: u32 = 12;
const TOP: u32 = 20;
const BOTTOM: u32 = 36;
const PLOT_WIDTH: u32 = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT: u32 = HEIGHT - TOP - BOTTOM;
/// Samples of one frame.
const FRAME: usize = 2_048;
/// Lowest frequency and highest, if the rate allows it, in Hz.
const LOWEST: f64 = 40.0;
const HIGHEST: f64 = 20_000.0;
/// Levels this far below the highest are the darkest colour, in dB.
const RANGE: f64 = 80.0;
const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const INK: Rgb<u8> = Rgb([40, 40, 40]);

/// Draws the spectrogram of a sound's mono mix, [`WIDTH`] by [`HEIGHT`] pixels, with axes in seconds and Hz. Colours
/// span the 80 dB below the loudest point.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn spectrogram(sound: &Sound, watch: &dyn Watch) -> Result<RgbImage, MediaError> {
    let mono = sound.mono();
    let rate = f64::from(sound.sample_rate.max(1));
    let top = HIGHEST.min(rate / 2.0).max(2.0 * LOWEST);
    let columns = levels(&mono, rate, top, watch)?;
    let loudest = columns.iter().flatten().fold(f64::MIN, |high, level| high.max(*level));
    // Below -100 dB there is nothing to see: silence stays dark instead of showing rounding noise.
    let loudest = loudest.max(-20.0);

    let mut picture = RgbImage::from_pixel(WIDTH, HEIGHT, PAPER);
    for (x, column) in (LEFT..).zip(&columns) {
        for (y, level) in (TOP..).zip(column) {
            picture.put_pixel(x, y, viridis(1.0 + (level - loudest) / RANGE));
        }
    }
    draw_axes(&mut picture, mono.len() as f64 / rate, top);
    Ok(picture)
}

/// Level in dB of each pixel, column by column, the highest frequency first.
fn levels(samples: &[f32], rate: f64, top: f64, watch: &dyn Watch) -> Result<Vec<Vec<f64>>, MediaError> {
    let mut spectrum = Spectrum::new(FRAME);
    // The edges of the pixel rows, in bins.
    let edges: Vec<f64> = (0..=PLOT_HEIGHT)
        .map(|row| {
            let share = 1.0 - f64::from(row) / f64::from(PLOT_HEIGHT);
            LOWEST * (top / LOWEST).powf(share) * FRAME as f64 / rate
        })
        .collect();
    let mut columns = Vec::with_capacity(PLOT_WIDTH as usize);
    for column in 0..PLOT_WIDTH {
        if column % 32 == 0 {
            watch.step(u64::from(column), u64::from(PLOT_WIDTH))?;
        }
        let centre = (u64::from(2 * column + 1) * samples.len() as u64 / u64::from(2 * PLOT_WIDTH)) as usize;
        let start = centre.saturating_sub(FRAME / 2).min(samples.len());
        let power = spectrum.power(&samples[start..]);
        let rows = edges.windows(2).map(|edge| 10.0 * row_power(power, edge[1], edge[0]).log10());
        columns.push(rows.collect());
    }
    Ok(columns)
}

/// Power of a pixel row between two positions in the spectrum: the highest bin in it, or, where a row is narrower than
/// a bin, what lies between the bins.
fn row_power(power: &[f32], low: f64, high: f64) -> f64 {
    let last = power.len() - 1;
    let (first, end) = (low.ceil() as usize, high.floor() as usize);
    let peak = power.get(first..=end.min(last)).unwrap_or_default().iter().copied();
    let middle = ((low + high) / 2.0).clamp(0.0, last as f64);
    let (below, above) = (power[middle as usize], power[(middle as usize + 1).min(last)]);
    let between = below + (above - below) * middle.fract() as f32;
    f64::from(peak.fold(between, f32::max)).max(1e-14)
}

fn draw_axes(picture: &mut RgbImage, seconds: f64, top: f64) {
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for x in LEFT - 1..right {
        picture.put_pixel(x, bottom, INK);
    }
    for y in TOP..bottom {
        picture.put_pixel(LEFT - 1, y, INK);
    }
    for hertz in [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000] {
        let share = (f64::from(hertz) / LOWEST).ln() / (top / LOWEST).ln();
        if !(0.0..=1.0).contains(&share) {
            continue;
        }
        let y = TOP + ((1.0 - share) * f64::from(PLOT_HEIGHT - 1)).round() as u32;
        (LEFT - 5..LEFT).for_each(|x| picture.put_pixel(x, y, INK));
        let label = if hertz < 1_000 { hertz.to_string() } else { format!("{}k", hertz / 1_000) };
        draw_text(picture, LEFT - 8 - 8 * label.len() as u32, y.saturating_sub(4), &label);
    }
    let step = tick_step(seconds);
    for tick in 0..20_u32 {
        let time = f64::from(tick) * step;
        if seconds <= 0.0 || time > seconds {
            break;
        }
        let x = LEFT + (time / seconds * f64::from(PLOT_WIDTH - 1)).round() as u32;
        (bottom..bottom + 5).for_each(|y| picture.put_pixel(x, y, INK));
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let label = format!("{time:.decimals$}");
        let half = 4 * label.len() as u32;
        draw_text(picture, (x - half).min(WIDTH - 2 * half), bottom + 8, &label);
    }
    draw_text(picture, LEFT + PLOT_WIDTH / 2 - 32, HEIGHT - 12, "time (s)");
    draw_text(picture, 4, 6, "frequency (Hz)");
}

/// A distance of 1, 2 or 5 times a power of ten that gives at most ten ticks.
fn tick_step(length: f64) -> f64 {
    let least = (length / 10.0).max(1e-6);
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least * 0.999);
    power * factor.unwrap_or(10.0)
}

/// Draws text in the 8 by 8 font of the IBM PC; what does not fit in the picture is left out.
fn draw_text(picture: &mut RgbImage, left: u32, top: u32, text: &str) {
    for (x, letter) in (left..).step_by(8).zip(text.chars()) {
        let Some(rows) = font8x8::BASIC_FONTS.get(letter) else {
            continue;
        };
        for (y, row) in (top..).zip(rows) {
            for dot in (0..8).filter(|dot| row >> dot & 1 == 1) {
                if let Some(pixel) = picture.get_pixel_mut_checked(x + dot, y) {
                    *pixel = INK;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn drawn(samples: Vec<f32>, sample_rate: u32) -> RgbImage {
        let (mime, codec) = ("audio/wav", String::new());
        let sound = Sound { sample_rate, channels: vec![samples], mime, codec, bits_per_sample: None };
        spectrogram(&sound, &Unwatched).unwrap()
    }

    #[test]
    fn a_tone_is_a_bright_line_at_its_frequency() {
        let picture = drawn((0..16_000).map(|n| (n as f32 * std::f32::consts::FRAC_PI_4).sin()).collect(), 16_000);
        // 2 000 Hz of 40..8 000 Hz.
        let share = (2_000_f64 / LOWEST).ln() / (8_000_f64 / LOWEST).ln();
        let wanted = TOP + ((1.0 - share) * f64::from(PLOT_HEIGHT)) as u32;
        let green = |y: &u32| picture.get_pixel(400, *y)[1];
        let brightest = (TOP..HEIGHT - BOTTOM).max_by_key(green).unwrap();
        assert!(brightest.abs_diff(wanted) <= 2, "{brightest} is not {wanted}");
    }

    #[test]
    fn any_length_and_rate_can_be_drawn() {
        for (frames, rate) in [(0, 8_000), (1, 1_000), (3, 384_000), (5_000, 1_000), (70, 44_100)] {
            assert_eq!(drawn(vec![0.1; frames], rate).dimensions(), (WIDTH, HEIGHT));
        }
        assert_eq!((tick_step(2.5), tick_step(600.0), tick_step(0.0)), (0.5, 100.0, 1e-6));
    }
}
