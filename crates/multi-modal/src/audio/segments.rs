//! Where something sounds, and what kind of sound it is.
//!
//! The end points come from energy and zero crossings (Rabiner and Sambur, "An algorithm for determining the endpoints
//! of isolated utterances", Bell System Technical Journal 54, 1975), with a threshold that adapts to the background.

use crate::{error::MediaError, watch::Watch};

use super::{
    levels::{rms_dbfs, round3},
    resample::decimate,
    sound::Sound,
    spectrum::{Spectrum, flatness, peak_share},
};

/// Blocks that are called active or not, in milliseconds.
const BLOCK_MS: u64 = 20;
/// Background noise is never taken to be below this, and what is below it is never active.
const LOWEST_DBFS: f64 = -60.0;
/// Between background and foreground there must be this much, or the sound has no pauses.
const CONTRAST_DB: f64 = 12.0;
/// Pauses shorter than this are inside words and sentences.
const BRIDGE_MS: u64 = 300;
/// Activity shorter than this is a click.
const SHORTEST_MS: u64 = 60;
/// A weak consonant before or after the voice crosses zero this often per sample at 16 kHz, for at most 200 ms.
const CROSSINGS: f64 = 0.25;
const CONSONANT_BLOCKS: usize = 10;
/// Spectral frames that are looked at in one segment, at most, and samples in each.
const FRAMES: usize = 48;
const FRAME: usize = 512;
/// Most segments that are reported.
const SEGMENTS: usize = 500;

/// What a segment sounds like, judged by its spectrum alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// Voiced and voiceless frames in turn, at varying level.
    Speech,
    /// A steady tone, or a few in turn: signals, whistling, single notes.
    Tone,
    /// Energy at all frequencies, steadily: hiss, wind, traffic.
    Noise,
    /// None of these: music, several sounds at once.
    Other,
}

/// A stretch of activity.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Segment {
    /// Start in milliseconds from the start of the sound.
    pub start_ms: u64,
    /// End in milliseconds from the start of the sound.
    pub end_ms: u64,
    /// Root mean square in dB below full scale.
    pub rms_dbfs: f64,
    /// What it sounds like.
    pub kind: SegmentKind,
    /// Median spectral flatness: near 0 for a tone, 0.56 for white noise.
    pub flatness: f64,
}

/// Finds the stretches where something sounds in the mono mix, the first 500, in order and without overlap.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn segments(sound: &Sound, watch: &dyn Watch) -> Result<Vec<Segment>, MediaError> {
    let factor = (sound.sample_rate / 16_000).max(1) as usize;
    let samples = decimate(&sound.mono(), factor);
    let rate = f64::from(sound.sample_rate) / factor as f64;
    let size = ((rate * BLOCK_MS as f64 / 1_000.0) as usize).max(1);
    let levels: Vec<f64> = samples.chunks(size).map(rms_dbfs).collect();

    let mut spectrum = Spectrum::new(FRAME);
    let mut found = Vec::new();
    let stretches = active(&levels, &samples, size, rate);
    for (index, (start, end)) in stretches.iter().take(SEGMENTS).enumerate() {
        watch.step(index as u64, stretches.len().min(SEGMENTS) as u64)?;
        let part = &samples[start * size..(end * size).min(samples.len())];
        let (kind, flatness) = classify(part, rate, &mut spectrum);
        let length = sound.duration_ms();
        let milliseconds = |block: usize| ((block * size) as f64 / rate * 1_000.0).round() as u64;
        found.push(Segment {
            start_ms: milliseconds(*start),
            end_ms: milliseconds(*end).min(length),
            rms_dbfs: rms_dbfs(part),
            kind,
            flatness: round3(flatness),
        });
    }
    Ok(found)
}

/// Active stretches, as ranges of blocks.
fn active(levels: &[f64], samples: &[f32], size: usize, rate: f64) -> Vec<(usize, usize)> {
    let background = percentile(levels, 0.10).max(LOWEST_DBFS);
    let foreground = percentile(levels, 0.95);
    let contrast = foreground - background;
    let threshold = if contrast < CONTRAST_DB { LOWEST_DBFS } else { background + (0.3 * contrast).max(6.0) };
    let is_consonant = |block: usize| {
        let level = levels[block];
        let part = &samples[block * size..((block + 1) * size).min(samples.len())];
        level > background + 3.0 && zero_crossings(part) > CROSSINGS * (16_000.0 / rate).min(1.0)
    };

    let mut stretches: Vec<(usize, usize)> = Vec::new();
    let mut block = 0;
    while block < levels.len() {
        if levels[block] <= threshold {
            block += 1;
            continue;
        }
        let mut start = block;
        while block < levels.len() && levels[block] > threshold {
            block += 1;
        }
        let earliest = start.saturating_sub(CONSONANT_BLOCKS);
        while start > earliest && is_consonant(start - 1) {
            start -= 1;
        }
        let latest = (block + CONSONANT_BLOCKS).min(levels.len());
        while block < latest && is_consonant(block) {
            block += 1;
        }
        match stretches.last_mut() {
            Some((_, end)) if start.saturating_sub(*end) < (BRIDGE_MS / BLOCK_MS) as usize => {
                *end = block;
            }
            _ => stretches.push((start, block)),
        }
    }
    stretches.retain(|(start, end)| end - start >= (SHORTEST_MS / BLOCK_MS) as usize);
    stretches
}

/// The kind of a stretch and its median flatness.
fn classify(samples: &[f32], rate: f64, spectrum: &mut Spectrum) -> (SegmentKind, f64) {
    let span = samples.len().saturating_sub(FRAME);
    let hop = (span / FRAMES).max(FRAME / 2);
    let (mut flat, mut peaked, mut level) = (Vec::new(), Vec::new(), Vec::new());
    // What a telephone would carry: rumble and hiss say little about the kind.
    let width = rate / FRAME as f64;
    let band = (100.0 / width).ceil() as usize..((4_000.0 / width) as usize).min(FRAME / 2);
    for frame in 0..=span / hop {
        let power = spectrum.power(&samples[frame * hop..]);
        let band = power.get(band.clone()).unwrap_or_default();
        flat.push(flatness(band));
        peaked.push(peak_share(band));
        level.push(10.0 * f64::from(band.iter().sum::<f32>().max(1e-12)).log10());
    }
    let flatness = percentile(&flat, 0.5);
    let swing = percentile(&level, 0.9) - percentile(&level, 0.1);
    // Vowels are peaked and hiss is flat: speech has both, and nothing steady has.
    let change = percentile(&flat, 0.9) - percentile(&flat, 0.1);
    let kind = if percentile(&peaked, 0.5) > 0.85 && flatness < 0.02 {
        SegmentKind::Tone
    } else if flatness > 0.3 && swing < 12.0 {
        SegmentKind::Noise
    } else if swing > 10.0 && change > 0.035 {
        SegmentKind::Speech
    } else {
        SegmentKind::Other
    };
    (kind, flatness)
}

/// Sign changes per sample.
fn zero_crossings(samples: &[f32]) -> f64 {
    let pairs = samples.iter().zip(samples.iter().skip(1));
    let crossings = pairs.filter(|(one, next)| (**one < 0.0) != (**next < 0.0)).count();
    crossings as f64 / samples.len().max(1) as f64
}

/// The value below which `share` of the values lie; 0 for none.
fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn found(sample_rate: u32, samples: Vec<f32>) -> Vec<Segment> {
        let (mime, codec) = ("audio/wav", String::new());
        let sound = Sound { sample_rate, channels: vec![samples], mime, codec, bits_per_sample: None };
        segments(&sound, &Unwatched).unwrap()
    }

    fn noise(count: usize, amplitude: f32) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| amplitude * next()).collect()
    }

    #[test]
    fn a_tone_between_pauses() {
        let mut samples = noise(32_000, 0.001);
        for (n, sample) in samples[8_000..16_000].iter_mut().enumerate() {
            *sample += 0.5 * (n as f32 * 0.3).sin();
        }
        let found = found(16_000, samples);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].start_ms.abs_diff(500) <= 20 && found[0].end_ms.abs_diff(1_000) <= 20);
        assert_eq!(found[0].kind, SegmentKind::Tone);
    }

    #[test]
    fn steady_noise_is_one_segment() {
        let found = found(44_100, noise(44_100, 0.3));
        assert_eq!((found.len(), found[0].kind), (1, SegmentKind::Noise));
        assert_eq!((found[0].start_ms, found[0].end_ms), (0, 1_000));
    }

    #[test]
    fn silence_has_none() {
        for (rate, frames) in [(8_000, 0), (1_000, 3), (8_000, 8_000), (384_000, 100)] {
            assert_eq!(found(rate, vec![0.0; frames]), []);
        }
    }
}
