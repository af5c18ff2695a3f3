//! How loud: levels in dBFS, clipping, silence.

use super::sound::Sound;

/// Levels are not reported below this: it is under the step of 16 bits, and a logarithm of zero is no number.
pub const FLOOR_DBFS: f64 = -120.0;
/// What is below this for [`SILENCE_MS`] or longer is silence.
pub const SILENCE_DBFS: f64 = -50.0;
/// Shorter pauses are not reported.
pub const SILENCE_MS: u64 = 300;
/// Most stretches of silence that are listed; the share counts all.
const SILENCES: usize = 200;
/// Silence is looked for in blocks of this length.
const BLOCK_MS: u64 = 10;
/// That many full-scale samples in a row are not chance.
const RUN: u64 = 3;

/// Level of one channel.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct ChannelLevel {
    /// Number of the channel, from 1, in the order of the file (1 is left, 2 is right).
    pub channel: u32,
    /// Root mean square in dB below full scale (0 is a full-scale square wave), at least -120.
    pub rms_dbfs: f64,
    /// Highest absolute sample in dB below full scale, at least -120.
    pub peak_dbfs: f64,
}

/// Samples that were cut off at full scale.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Clipping {
    /// Runs of three or more samples in a row at full scale, in all channels.
    pub runs: u64,
    /// Samples in these runs.
    pub samples: u64,
    /// Share of all samples that are in these runs, 0 to 1.
    pub share: f64,
}

/// A stretch of silence: every 10 ms block is below -50 dBFS RMS, for 300 ms or longer.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Silence {
    /// Start in milliseconds from the start of the sound.
    pub start_ms: u64,
    /// End in milliseconds from the start of the sound.
    pub end_ms: u64,
}

/// Power and clipping of one channel.
pub(crate) struct ChannelSums {
    squares: f64,
    peak: f32,
    frames: usize,
    clipped_runs: u64,
    clipped: u64,
}

impl ChannelSums {
    /// Adds up one channel; `bits` is the resolution, which decides where full scale is.
    pub(crate) fn of(samples: &[f32], bits: Option<u32>) -> Self {
        // The highest positive code of n bits is one step below full scale; more than 16 bits are treated as 16.
        let step = 1.0 / 2_f32.powi(bits.unwrap_or(16).clamp(8, 16) as i32 - 1);
        let full_scale = 1.0 - 1.01 * step;
        let mut sums = Self { squares: 0.0, peak: 0.0, frames: samples.len(), clipped_runs: 0, clipped: 0 };
        let mut run = 0_u64;
        for sample in samples {
            let magnitude = sample.abs();
            sums.squares += f64::from(magnitude) * f64::from(magnitude);
            if magnitude > sums.peak {
                sums.peak = magnitude;
            }
            if magnitude >= full_scale {
                run += 1;
            } else if run > 0 {
                sums.end_run(run);
                run = 0;
            }
        }
        sums.end_run(run);
        sums
    }

    fn end_run(&mut self, run: u64) {
        if run >= RUN {
            self.clipped_runs += 1;
            self.clipped += run;
        }
    }

    /// The report of this channel, `index` from 0.
    pub(crate) fn level(&self, index: usize) -> ChannelLevel {
        ChannelLevel {
            channel: index as u32 + 1,
            rms_dbfs: dbfs((self.squares / self.frames.max(1) as f64).sqrt()),
            peak_dbfs: dbfs(f64::from(self.peak)),
        }
    }
}

/// RMS and peak over all channels, in dBFS.
pub(crate) fn overall(sums: &[ChannelSums]) -> (f64, f64) {
    let frames: usize = sums.iter().map(|channel| channel.frames).sum();
    let squares: f64 = sums.iter().map(|channel| channel.squares).sum();
    let peak = sums.iter().map(|channel| channel.peak).fold(0.0, f32::max);
    (dbfs((squares / frames.max(1) as f64).sqrt()), dbfs(f64::from(peak)))
}

/// Clipping of all channels together.
pub(crate) fn clipping(sums: &[ChannelSums]) -> Clipping {
    let frames: usize = sums.iter().map(|channel| channel.frames).sum();
    let samples: u64 = sums.iter().map(|channel| channel.clipped).sum();
    Clipping {
        runs: sums.iter().map(|channel| channel.clipped_runs).sum(),
        samples,
        share: (samples as f64 / frames.max(1) as f64 * 1e6).round() / 1e6,
    }
}

/// Stretches of silence in the mix `mono` of `sound`, and the share of the whole that they are.
pub(crate) fn silences(sound: &Sound, mono: &[f32]) -> (Vec<Silence>, f64) {
    let rate = u64::from(sound.sample_rate.max(1));
    let block = (rate * BLOCK_MS / 1_000).max(1);
    let mut found = Vec::new();
    let mut silent_samples = 0;
    let mut start = None;
    let length = mono.len() as u64;
    let mut end_at = |start: Option<u64>, end: u64| {
        if let Some(start) = start
            && (end - start) * 1_000 >= SILENCE_MS * rate
        {
            silent_samples += end - start;
            found.push(Silence { start_ms: start * 1_000 / rate, end_ms: end * 1_000 / rate });
        }
    };
    for (index, samples) in mono.chunks(block as usize).enumerate() {
        let position = index as u64 * block;
        if rms_dbfs(samples) < SILENCE_DBFS {
            start = start.or(Some(position));
        } else {
            end_at(start.take(), position);
        }
    }
    end_at(start, length);
    found.truncate(SILENCES);
    (found, round3(silent_samples as f64 / length.max(1) as f64))
}

/// RMS of samples in dBFS, at least [`FLOOR_DBFS`].
pub(crate) fn rms_dbfs(samples: &[f32]) -> f64 {
    let squares: f64 = samples.iter().map(|sample| f64::from(sample * sample)).sum();
    dbfs((squares / samples.len().max(1) as f64).sqrt())
}

/// An amplitude in dB below full scale, at least [`FLOOR_DBFS`], to 0.01 dB.
pub(crate) fn dbfs(amplitude: f64) -> f64 {
    ((20.0 * amplitude.max(1e-12).log10()).max(FLOOR_DBFS) * 100.0).round() / 100.0
}

/// Three decimals.
pub(crate) fn round3(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_known_signals() {
        let square: Vec<f32> = (0..1_000).map(|n| if n % 2 == 0 { 0.5 } else { -0.5 }).collect();
        let level = ChannelSums::of(&square, Some(16)).level(0);
        assert_eq!((level.rms_dbfs, level.peak_dbfs), (-6.02, -6.02));
        let level = ChannelSums::of(&[0.0; 10], Some(16)).level(1);
        assert_eq!((level.channel, level.rms_dbfs, level.peak_dbfs), (2, -120.0, -120.0));
    }

    #[test]
    fn clipping_needs_three_in_a_row() {
        let full = 32_767.0 / 32_768.0;
        let sums = [ChannelSums::of(&[full, full, 0.0, -1.0, -1.0, -1.0, 0.0, 1.0], Some(16))];
        assert_eq!(clipping(&sums), Clipping { runs: 1, samples: 3, share: 0.375 });
    }

    #[test]
    fn a_pause_is_found_and_a_short_one_is_not() {
        let mut samples = vec![0.5; 8_000];
        samples[1_600..4_800].fill(0.0);
        samples[6_000..7_600].fill(0.0);
        let sound = Sound {
            sample_rate: 8_000,
            channels: vec![samples.clone()],
            mime: "audio/wav",
            codec: String::new(),
            bits_per_sample: None,
        };
        let (found, share) = silences(&sound, &samples);
        assert_eq!(found, [Silence { start_ms: 200, end_ms: 600 }]);
        assert_eq!(share, 0.4);
    }
}
