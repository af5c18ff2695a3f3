//! Tempo from the autocorrelation of the onset strength (Ellis, "Beat tracking by dynamic programming", Journal of New
//! Music Research 36, 2007): what repeats every so often is the beat.

use crate::{error::MediaError, watch::Watch};

use super::{resample::decimate, spectrum::Spectrum};

/// Slowest and fastest beat, in beats per minute.
const SLOWEST: f64 = 40.0;
const FASTEST: f64 = 240.0;
/// Most people tap near this; of two multiples the nearer one is taken. One standard deviation is 1.2 octaves.
const PREFERRED: f64 = 120.0;
/// Autocorrelation of a clear pulse, relative to lag 0.
const CLEAR: f64 = 0.35;
/// Seconds to look at, in the middle of the sound, and the fewest.
const LONGEST: f64 = 45.0;
const SHORTEST: f64 = 3.0;
/// Samples of a frame and from one frame to the next, at about 11 kHz.
const FRAME: usize = 512;
const HOP: usize = 128;

/// The beat of a sound.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Tempo {
    /// Beats per minute, 40 to 240. Half or double of what a listener would tap is a common mistake.
    pub beats_per_minute: f64,
    /// How well the onsets repeat at this tempo: 0.35 (just clear enough) to 1 (a metronome).
    pub confidence: f64,
}

/// The tempo of one channel at `rate` Hz, from at most 45 s in its middle; none without a clear pulse.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn tempo(samples: &[f32], rate: u32, watch: &dyn Watch) -> Result<Option<Tempo>, MediaError> {
    let kept = (f64::from(rate) * LONGEST) as usize;
    let start = samples.len().saturating_sub(kept) / 2;
    let middle = &samples[start..(start + kept).min(samples.len())];
    if (middle.len() as f64) < f64::from(rate) * SHORTEST {
        return Ok(None);
    }
    let factor = (rate / 11_025).max(1) as usize;
    let onsets = onset_strength(&decimate(middle, factor), watch)?;
    Ok(pulse(&onsets, f64::from(rate) / factor as f64 / HOP as f64))
}

/// Half-wave rectified flux of the log spectrum per hop, less its local mean.
fn onset_strength(samples: &[f32], watch: &dyn Watch) -> Result<Vec<f64>, MediaError> {
    let mut spectrum = Spectrum::new(FRAME);
    let mut before = vec![0.0_f32; FRAME / 2 + 1];
    let frames = samples.len().saturating_sub(FRAME) / HOP;
    let mut flux = Vec::with_capacity(frames);
    for frame in 0..frames {
        if frame % 64 == 0 {
            watch.step(frame as u64, frames as u64)?;
        }
        let power = spectrum.power(&samples[frame * HOP..frame * HOP + FRAME]);
        let mut rise = 0.0;
        for (bin, last) in power.iter().zip(&mut before) {
            // Compressed: a soft onset counts as well as a loud one, and what is below -70 dB does not count.
            let loudness = (1.0 + 1e7 * bin).ln();
            rise += (loudness - *last).max(0.0);
            *last = loudness;
        }
        flux.push(f64::from(rise));
    }
    // The first frame rises from nothing.
    if let Some(first) = flux.first_mut() {
        *first = 0.0;
    }
    Ok(less_local_mean(&flux, 43))
}

fn less_local_mean(values: &[f64], reach: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let level = |index: usize| {
        let (from, to) = (index.saturating_sub(reach), (index + reach + 1).min(values.len()));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    values.iter().enumerate().map(|(index, value)| (value - level(index)).max(0.0)).collect()
}

/// The strongest repetition of the onsets, `rate` per second.
fn pulse(onsets: &[f64], rate: f64) -> Option<Tempo> {
    let mean = onsets.iter().sum::<f64>() / onsets.len().max(1) as f64;
    // Onsets are spiky, and a beat is never on the frame: smoothing lets neighbours meet.
    let centred: Vec<f64> =
        onsets.windows(3).map(|near| 0.25 * near[0] + 0.5 * near[1] + 0.25 * near[2] - mean).collect();
    let energy: f64 = centred.iter().map(|value| value * value).sum();
    // Below this the flux is numerical dust of a steady sound.
    if energy / centred.len().max(1) as f64 <= 1.0 {
        return None;
    }
    let (shortest, longest) = ((rate * 60.0 / FASTEST) as usize, (rate * 60.0 / SLOWEST) as usize);
    let correlation: Vec<f64> = (0..=(longest + 1).min(centred.len() / 2))
        .map(|lag| {
            let products: f64 = centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum();
            // Fewer pairs at longer lags: compare by pair.
            products / energy * centred.len() as f64 / (centred.len() - lag) as f64
        })
        .collect();
    let weight = |lag: usize| {
        let octaves = (60.0 * rate / lag as f64 / PREFERRED).log2();
        (-0.5 * (octaves / 1.2).powi(2)).exp()
    };
    let mut best: Option<(usize, f64)> = None;
    for lag in shortest.max(1)..correlation.len().saturating_sub(1) {
        let here = correlation[lag];
        let is_peak = here >= correlation[lag - 1] && here >= correlation[lag + 1];
        let score = here * weight(lag);
        if is_peak && best.is_none_or(|(_, highest)| score > highest) {
            best = Some((lag, score));
        }
    }
    let (lag, _) = best?;
    let confidence = correlation[lag].min(1.0);
    if confidence < CLEAR {
        return None;
    }
    let (before, after) = (correlation[lag - 1], correlation[lag + 1]);
    let curvature = before - 2.0 * correlation[lag] + after;
    let shift = if curvature < -1e-12 { 0.5 * (before - after) / curvature } else { 0.0 };
    let period = (lag as f64 + shift.clamp(-0.5, 0.5)) / rate;
    Some(Tempo {
        beats_per_minute: (600.0 / period).round() / 10.0,
        confidence: (confidence * 1_000.0).round() / 1_000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn clicks(beats_per_minute: f64, rate: u32, seconds: f64) -> Vec<f32> {
        let period = 60.0 / beats_per_minute;
        (0..(f64::from(rate) * seconds) as u32)
            .map(|n| {
                let time = f64::from(n) / f64::from(rate);
                let since = time % period;
                ((-since * 60.0).exp() * (since * 6_000.0).sin() * 0.8) as f32
            })
            .collect()
    }

    #[test]
    fn clicks_have_their_tempo() {
        for (beats, rate) in [(90.0, 44_100), (120.0, 16_000), (140.0, 22_050)] {
            let found = tempo(&clicks(beats, rate, 10.0), rate, &Unwatched).unwrap().unwrap();
            assert!((found.beats_per_minute - beats).abs() < 2.0, "{beats}: {found:?}");
        }
    }

    #[test]
    fn what_has_no_pulse_has_no_tempo() {
        let tone: Vec<f32> = (0..80_000).map(|n| (n as f32 * 0.3).sin()).collect();
        assert_eq!(tempo(&tone, 16_000, &Unwatched), Ok(None));
        assert_eq!(tempo(&[0.0; 80_000], 16_000, &Unwatched), Ok(None));
        assert_eq!(tempo(&[], 16_000, &Unwatched), Ok(None));
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..80_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        assert_eq!(tempo(&noise, 16_000, &Unwatched), Ok(None));
    }
}
