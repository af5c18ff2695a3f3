//! Telephone digits: dual-tone multi-frequency signalling (ITU-T Q.23), received within the limits of ITU-T Q.24.

use crate::{error::MediaError, watch::Watch};

use super::{
    goertzel::{Goertzel, mean_square},
    resample::decimate,
    sound::Sound,
};

/// Low group (rows) in Hz, ITU-T Q.23.
pub const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
/// High group (columns) in Hz, ITU-T Q.23.
pub const COLUMNS: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// The key at each row and column.
pub const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Length of a frame, and from one to the next, in seconds. The frame is the shortest that tells 697 from 770 Hz.
const FRAME: f64 = 0.020;
const HOP: f64 = 0.005;
/// Frames in a row for one digit: 35 ms, because a tone of 40 ms (Q.24: must be accepted) cannot fill more.
const FRAMES: usize = 4;
/// Level of the quietest frame, mean square (-43 dBFS).
const QUIET: f64 = 5e-5;
/// Twist: the high group may be 4 dB stronger than the low, the low group 8 dB stronger than the high (Q.24, annex A).
const FORWARD_TWIST: f64 = 2.512;
const REVERSE_TWIST: f64 = 6.310;
/// Share of the frame's power in the two tones: speech has its energy elsewhere as well (talk-off).
const PURITY: f64 = 0.65;
/// Another tone of the same group may have this share of the strongest (8 dB below).
const OTHER_TONE: f64 = 0.16;
/// Second harmonics, which a voice has and a telephone has not, may have this share of the tone (10 dB below).
const HARMONIC: f64 = 0.1;

/// The digits in a sound.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct DtmfReport {
    /// All digits in order: 0 to 9, A to D, * and #. Empty when there are none.
    pub digits: String,
    /// Each digit with its times.
    pub tones: Vec<DtmfTone>,
}

/// One digit.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct DtmfTone {
    /// The key: 0 to 9, A to D, * or #.
    pub digit: String,
    /// Start in milliseconds from the start of the sound, to about 10 ms.
    pub start_ms: u64,
    /// End in milliseconds from the start of the sound, to about 10 ms.
    pub end_ms: u64,
}

/// Finds the DTMF digits of a sound's mono mix. Tones of 40 ms and longer, with pauses of 30 ms and longer, are found.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn detect(sound: &Sound, watch: &dyn Watch) -> Result<DtmfReport, MediaError> {
    let factor = (sound.sample_rate / 8_000).max(1) as usize;
    let rate = f64::from(sound.sample_rate) / factor as f64;
    let mut report = DtmfReport { digits: String::new(), tones: Vec::new() };
    // Below this the highest tone cannot be there.
    if rate < 2.0 * COLUMNS[3] {
        return Ok(report);
    }
    let samples = decimate(&sound.mono(), factor);
    let (size, hop) = ((rate * FRAME) as usize, (rate * HOP) as usize);
    let bank = Bank::new(rate);
    let frames = samples.len().saturating_sub(size) / hop + 1;

    let mut run: Option<(char, usize)> = None;
    for frame in 0..=frames {
        if frame % 256 == 0 {
            watch.step(frame as u64, frames as u64)?;
        }
        // One step beyond the end closes the last run.
        let window = samples.get(frame * hop..frame * hop + size);
        let key = window.and_then(|window| bank.key(window));
        if run.map(|(key, _)| key) == key {
            continue;
        }
        if let Some((digit, start)) = run
            && frame - start >= FRAMES
        {
            let milliseconds = |samples: usize| (samples as f64 / rate * 1_000.0).round() as u64;
            report.digits.push(digit);
            report.tones.push(DtmfTone {
                digit: digit.to_string(),
                start_ms: milliseconds(start * hop),
                end_ms: milliseconds((frame - 1) * hop + size),
            });
        }
        run = key.map(|key| (key, frame));
    }
    Ok(report)
}

/// Detectors for the eight tones and their second harmonics.
struct Bank {
    rows: [[Goertzel; 2]; 4],
    columns: [[Goertzel; 2]; 4],
}

impl Bank {
    fn new(rate: f64) -> Self {
        let pair = |hertz: f64| [Goertzel::new(hertz, rate), Goertzel::new(2.0 * hertz, rate)];
        Self { rows: ROWS.map(pair), columns: COLUMNS.map(pair) }
    }

    /// The key that sounds throughout the frame, if one does.
    fn key(&self, frame: &[f32]) -> Option<char> {
        let total = mean_square(frame);
        if total < QUIET {
            return None;
        }
        let (row, low) = strongest(&self.rows, frame)?;
        let (column, high) = strongest(&self.columns, frame)?;
        let is_pure = low + high >= PURITY * total;
        let is_balanced = high <= low * FORWARD_TWIST && low <= high * REVERSE_TWIST;
        let has_overtones =
            self.rows[row][1].power(frame) > HARMONIC * low || self.columns[column][1].power(frame) > HARMONIC * high;
        (is_pure && is_balanced && !has_overtones).then(|| KEYS[row][column])
    }
}

/// The strongest tone of a group and its power, if it stands out.
fn strongest(group: &[[Goertzel; 2]; 4], frame: &[f32]) -> Option<(usize, f64)> {
    let powers = group.map(|[tone, _]| tone.power(frame));
    let (best, power) = powers.into_iter().enumerate().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let others = powers.iter().enumerate().filter(|(index, _)| *index != best);
    // A neighbour in frequency leaks: 73 Hz is one and a half bins of a 20 ms frame, where a rectangular window is
    // 13 dB down.
    let stands_out = others.into_iter().all(|(_, other)| *other <= OTHER_TONE * power);
    stands_out.then_some((best, power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn sound(sample_rate: u32, samples: Vec<f32>) -> Sound {
        let (mime, codec) = ("audio/wav", String::new());
        Sound { sample_rate, channels: vec![samples], mime, codec, bits_per_sample: None }
    }

    fn dual(rate: u32, low: f64, high: f64, seconds: f64, amplitudes: (f64, f64)) -> Vec<f32> {
        let pause = vec![0.0; rate as usize / 20];
        let turn = |hertz: f64, n: u32| 2.0 * std::f64::consts::PI * hertz * f64::from(n) / f64::from(rate);
        let tone = (0..(f64::from(rate) * seconds) as u32)
            .map(|n| (amplitudes.0 * turn(low, n).sin() + amplitudes.1 * turn(high, n).sin()) as f32);
        [pause.clone(), tone.collect(), pause].concat()
    }

    #[test]
    fn every_key_at_every_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            for (row, low) in ROWS.into_iter().enumerate() {
                for (column, high) in COLUMNS.into_iter().enumerate() {
                    let samples = dual(rate, low, high, 0.05, (0.3, 0.3));
                    let report = detect(&sound(rate, samples), &Unwatched).unwrap();
                    assert_eq!(report.digits, KEYS[row][column].to_string(), "{rate} Hz");
                    assert!(report.tones[0].start_ms.abs_diff(50) <= 15);
                    assert!(report.tones[0].end_ms.abs_diff(100) <= 15);
                }
            }
        }
    }

    #[test]
    fn limits_of_q24() {
        let digits = |low, high, seconds, amplitudes| {
            let samples = dual(8_000, low, high, seconds, amplitudes);
            detect(&sound(8_000, samples), &Unwatched).unwrap().digits
        };
        assert_eq!(digits(697.0, 1_209.0, 0.04, (0.3, 0.3)), "1");
        assert_eq!(digits(697.0, 1_209.0, 0.023, (0.3, 0.3)), "", "Q.24: under 23 ms is no digit");
        assert_eq!(digits(707.0, 1_191.0, 0.1, (0.3, 0.3)), "1", "1.5 % off is a digit");
        assert_eq!(digits(697.0, 1_209.0, 0.1, (0.3, 0.45)), "1", "3.5 dB forward twist");
        assert_eq!(digits(697.0, 1_209.0, 0.1, (0.15, 0.5)), "", "10 dB forward twist");
        assert_eq!(digits(697.0, 1_209.0, 0.1, (0.4, 0.17)), "1", "7.4 dB reverse twist");
        assert_eq!(digits(697.0, 1_209.0, 0.1, (0.4, 0.0)), "", "one tone");
        assert_eq!(digits(697.0, 1_209.0, 0.1, (0.004, 0.004)), "", "too quiet");
    }

    #[test]
    fn nothing_to_find() {
        for (rate, frames) in [(1_000, 500), (8_000, 0), (8_000, 10), (48_000, 48_000)] {
            assert_eq!(detect(&sound(rate, vec![0.0; frames]), &Unwatched).unwrap().digits, "");
        }
    }
}
