//! Fundamental frequency with YIN (de Cheveigné and Kawahara, "YIN, a fundamental frequency estimator for speech and
//! music", JASA 111, 2002): steps 1 to 5, on frames spread over the sound.

use crate::{error::MediaError, watch::Watch};

use super::resample::decimate;

/// What has a pitch lies between these, in Hz.
const LOWEST: f64 = 60.0;
const HIGHEST: f64 = 2_000.0;
/// A frame is voiced when the normalized difference falls below this (the paper's absolute threshold is 0.1; speech
/// with breath and files with noise want some more).
const THRESHOLD: f64 = 0.15;
/// Frames to look at, at most.
const FRAMES: usize = 300;
/// Share of frames that must be voiced before a median says anything.
const VOICED: f64 = 0.1;
/// Frames below this RMS are silence (-50 dBFS).
const QUIET: f64 = 0.003_16;

/// The pitch of a sound.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Pitch {
    /// Median fundamental frequency of the voiced frames, in Hz.
    pub median_hz: f64,
    /// Share of the frames that are neither silent nor without pitch, 0 to 1.
    pub voiced_share: f64,
    /// Nearest note of the equal temperament on A4 = 440 Hz, such as `C#4`.
    pub note: String,
    /// How far the median lies above (or below) that note, in cents, -50 to 50.
    pub cents: f64,
}

/// The pitch of one channel at `rate` Hz; none when hardly any frame is voiced.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn pitch(samples: &[f32], rate: u32, watch: &dyn Watch) -> Result<Option<Pitch>, MediaError> {
    // Between 16 and 32 kHz a period is long enough in samples to be interpolated, and short enough to be cheap.
    let factor = (rate / 16_000).max(1) as usize;
    let rate = f64::from(rate) / factor as f64;
    let longest = (rate / LOWEST) as usize;
    let size = 2 * longest;
    let span = size * factor;
    let hop = (samples.len().saturating_sub(span) / FRAMES).max(span / 2).max(1);
    let frames = samples.len().saturating_sub(span) / hop + 1;

    let mut looked_at = 0_usize;
    let mut found = Vec::new();
    for frame in 0..frames {
        if frame % 16 == 0 {
            watch.step(frame as u64, frames as u64)?;
        }
        let Some(window) = samples.get(frame * hop..frame * hop + span) else {
            break;
        };
        looked_at += 1;
        found.extend(fundamental(&decimate(window, factor), rate, longest));
    }
    let voiced_share = found.len() as f64 / looked_at.max(1) as f64;
    if found.is_empty() || voiced_share < VOICED {
        return Ok(None);
    }
    found.sort_by(f64::total_cmp);
    let median_hz = found[found.len() / 2];
    let (note, cents) = nearest_note(median_hz);
    Ok(Some(Pitch { median_hz: round(median_hz), voiced_share: round(voiced_share), note, cents }))
}

/// The fundamental of one frame of `2 * longest` samples in Hz, or none where it is silent or has no period.
fn fundamental(frame: &[f32], rate: f64, longest: usize) -> Option<f64> {
    let size = frame.len().checked_sub(longest)?;
    let energy: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    if (energy / frame.len() as f64).sqrt() < QUIET {
        return None;
    }
    // Step 2: the difference function; step 3: its cumulative mean normalization.
    let mut differences = vec![0.0_f64];
    let mut normalized = vec![1.0_f64];
    let mut sum = 0.0_f64;
    for lag in 1..longest {
        let pairs = frame[..size].iter().zip(&frame[lag..]);
        let difference: f32 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
        let difference = f64::from(difference);
        sum += difference;
        differences.push(difference);
        normalized.push(if sum > 0.0 { difference * lag as f64 / sum } else { 1.0 });
    }
    // Step 4: the first dip below the threshold, down to its lowest point.
    let shortest = ((rate / HIGHEST) as usize).max(2);
    let mut lag = (shortest..longest).find(|lag| normalized[*lag] < THRESHOLD)?;
    while lag + 1 < longest && normalized[lag + 1] < normalized[lag] {
        lag += 1;
    }
    // Step 5: the lowest point of a parabola through the dip and its neighbours, in the difference itself: the
    // normalization slopes, which would move it.
    let (before, here) = (differences[lag - 1], differences[lag]);
    let after = differences.get(lag + 1).copied().unwrap_or(here);
    let curvature = before - 2.0 * here + after;
    let shift = if curvature > 1e-12 { 0.5 * (before - after) / curvature } else { 0.0 };
    Some(rate / (lag as f64 + shift.clamp(-0.5, 0.5)))
}

/// Name of the nearest note, and the distance to it in cents.
fn nearest_note(hertz: f64) -> (String, f64) {
    const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
    let midi = 69.0 + 12.0 * (hertz / 440.0).log2();
    let nearest = midi.round();
    let key = nearest as i64;
    let name = NAMES[key.rem_euclid(12) as usize];
    (format!("{name}{}", key.div_euclid(12) - 1), ((midi - nearest) * 1_000.0).round() / 10.0)
}

fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn wave(hertz: f64, rate: u32, harmonics: u32) -> Vec<f32> {
        let step = 2.0 * std::f64::consts::PI * hertz / f64::from(rate);
        let partial = |n: u32, k: u32| (step * f64::from(n) * f64::from(k)).sin() / f64::from(k);
        (0..rate / 2).map(|n| (0.3 * (1..=harmonics).map(|k| partial(n, k)).sum::<f64>()) as f32).collect()
    }

    #[test]
    fn tones_have_their_pitch() {
        for (hertz, rate, harmonics, note) in [
            (440.0, 44_100, 1, "A4"),
            (440.0, 8_000, 5, "A4"),
            (82.41, 48_000, 8, "E2"),
            (261.63, 22_050, 3, "C4"),
            (1_174.66, 96_000, 2, "D6"),
            (100.0, 384_000, 4, "G2"),
        ] {
            let pitch = pitch(&wave(hertz, rate, harmonics), rate, &Unwatched).unwrap().unwrap();
            assert!((pitch.median_hz / hertz - 1.0).abs() < 0.005, "{hertz} Hz: {pitch:?}");
            assert_eq!(pitch.note, note);
            assert!(pitch.voiced_share > 0.9);
        }
    }

    #[test]
    fn noise_and_silence_have_none() {
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..16_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        assert_eq!(pitch(&noise, 16_000, &Unwatched), Ok(None));
        assert_eq!(pitch(&[0.0; 16_000], 16_000, &Unwatched), Ok(None));
        assert_eq!(pitch(&[], 16_000, &Unwatched), Ok(None));
    }
}
