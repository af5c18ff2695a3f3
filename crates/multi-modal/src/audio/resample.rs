//! Changing the sample rate: a good converter for what is heard or recognized, a cheap one for what is measured.

use std::f64::consts::PI;

use crate::{error::MediaError, watch::Watch};

/// Rates that sounds may have, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// Zero crossings of the sinc on each side of its centre: the more, the steeper the filter.
const CROSSINGS: f64 = 12.0;
/// Kernels are tabulated at this many positions between two samples, at most.
const PHASES: u64 = 1_024;
/// Share of the lower Nyquist frequency that passes.
const PASS_BAND: f64 = 0.94;

/// Converts samples from one rate to another (both in Hz), low-pass filtered below the lower of both Nyquist
/// frequencies: band-limited interpolation with a Hann-windowed sinc, tabulated
/// (Smith and Gossett, "A flexible sampling-rate conversion method", ICASSP 1984).
///
/// # Errors
/// [`MediaError::Invalid`] for a rate outside [`RATES`], [`MediaError::Cancelled`].
pub fn resample(samples: &[f32], from: u32, to: u32, watch: &dyn Watch) -> Result<Vec<f32>, MediaError> {
    for rate in [from, to] {
        check_rate(rate)?;
    }
    if from == to || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let (source, target) = (u64::from(from), u64::from(to));
    let phases = (target / greatest_common_divisor(source, target)).min(PHASES);
    let cutoff = PASS_BAND * (f64::from(to) / f64::from(from)).min(1.0);
    let reach = (CROSSINGS / cutoff).ceil() as usize;
    let kernels: Vec<Vec<f32>> = (0..phases).map(|phase| kernel(phase as f64 / phases as f64, cutoff, reach)).collect();

    let length = (samples.len() as u64 * target).div_ceil(source);
    let mut output = Vec::with_capacity(length as usize);
    for index in 0..length {
        if index % 65_536 == 0 {
            watch.step(index, length)?;
        }
        let position = index * source;
        let centre = (position / target) as usize;
        let kernel = &kernels[(position % target * phases / target) as usize];
        // The kernel's first tap lies `reach - 1` samples before the centre, and may fall before the start.
        let first = (centre + 1).saturating_sub(reach);
        let skipped = (first + reach).saturating_sub(centre + 1);
        let last = (centre + 1 + reach).min(samples.len());
        let near = samples.get(first..last).unwrap_or_default();
        output.push(near.iter().zip(&kernel[skipped..]).map(|(sample, tap)| sample * tap).sum());
    }
    watch.step(length, length)?;
    Ok(output)
}

/// Averages each `factor` samples into one. The averaging is a weak low-pass filter (its first null lies at the
/// new rate), which is enough for measuring what lies well below, and costs one addition a sample.
pub fn decimate(samples: &[f32], factor: usize) -> Vec<f32> {
    let factor = factor.max(1);
    let mean = |block: &[f32]| block.iter().sum::<f32>() / block.len() as f32;
    if factor == 1 { samples.to_vec() } else { samples.chunks(factor).map(mean).collect() }
}

/// Refuses a rate (Hz) that no sound has.
pub(crate) fn check_rate(rate: u32) -> Result<(), MediaError> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    Err(MediaError::Invalid {
        what: format!("the sample rate is {rate} Hz"),
        hint: format!("use a sample rate from {} to {} Hz", RATES.start(), RATES.end()),
    })
}

/// One row of `2 * reach` taps for a position `fraction` of a sample after the centre; the taps sum to 1, so that a
/// constant stays what it is.
fn kernel(fraction: f64, cutoff: f64, reach: usize) -> Vec<f32> {
    let taps: Vec<f64> = (0..2 * reach)
        .map(|tap| {
            let distance = tap as f64 - (reach as f64 - 1.0) - fraction;
            let window = 0.5 + 0.5 * (PI * distance / reach as f64).clamp(-PI, PI).cos();
            let x = PI * distance * cutoff;
            window * if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn sine(hertz: f64, rate: u32, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (2.0 * PI * hertz * n as f64 / f64::from(rate)).sin() as f32).collect()
    }

    #[test]
    fn a_tone_in_the_pass_band_survives_sample_by_sample() {
        for (from, to) in [(44_100, 16_000), (8_000, 16_000), (48_000, 44_100), (44_056, 16_000)] {
            let output = resample(&sine(1_000.0, from, 8_000), from, to, &Unwatched).unwrap();
            let wanted = sine(1_000.0, to, output.len());
            let middle = output.len() / 10..output.len() * 9 / 10;
            for (got, want) in output[middle.clone()].iter().zip(&wanted[middle]) {
                assert!((got - want).abs() < 0.01, "{from} -> {to}: {got} is not {want}");
            }
        }
    }

    #[test]
    fn a_tone_above_the_new_nyquist_frequency_is_gone() {
        let output = resample(&sine(12_000.0, 48_000, 9_600), 48_000, 16_000, &Unwatched).unwrap();
        assert!(output[200..3_000].iter().all(|sample| sample.abs() < 0.01));
    }

    #[test]
    fn edges() {
        assert!(resample(&[0.5], 8_000, 999, &Unwatched).is_err());
        assert!(resample(&[], 8_000, 16_000, &Unwatched).unwrap().is_empty());
        assert_eq!(resample(&[0.5], 384_000, 1_000, &Unwatched).unwrap().len(), 1);
        assert_eq!(resample(&[0.5], 1_000, 384_000, &Unwatched).unwrap().len(), 384);
        assert_eq!(decimate(&[1.0, 3.0, 5.0], 2), [2.0, 5.0]);
    }
}
