//! Making sound from three kinds of writing: a score, Morse text, and telephone digits.

use std::f64::consts::PI;

use crate::{error::MediaError, watch::Watch};

use super::{
    dtmf::{COLUMNS, KEYS, ROWS},
    levels::dbfs,
    morse_code, notes,
    wav::encode_pcm16,
};

/// Longest made sound, in seconds.
pub const LENGTH_S: f64 = 60.0;
/// Rate of made sounds, in Hz.
pub const RATE: u32 = 22_050;
/// Morse speed in words per minute.
pub const MORSE_SPEEDS: std::ops::RangeInclusive<f64> = 5.0..=40.0;
/// Morse tone in Hz.
pub const MORSE_TONES: std::ops::RangeInclusive<f64> = 300.0..=1_200.0;
/// Length of a DTMF tone and of the pause after it, in milliseconds; ITU-T Q.24 asks receivers for 40 and 40.
pub const DTMF_TIMES: std::ops::RangeInclusive<u32> = 40..=2_000;

/// Amplitude of a Morse tone, and of each of the two tones of a digit.
const MORSE_AMPLITUDE: f64 = 0.6;
const DTMF_AMPLITUDE: f64 = 0.35;
/// A tone rises and falls for this long, in seconds, so that it does not click.
const RAMP: f64 = 0.004;
/// Silence before and after signals, in seconds.
const MARGIN: f64 = 0.1;

/// A made sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthesized {
    /// RIFF/WAVE, 16-bit PCM, mono, [`RATE`].
    pub wav: Vec<u8>,
    /// What it is.
    pub report: SynthesisReport,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct SynthesisReport {
    /// Playing time in milliseconds.
    pub duration_ms: u64,
    /// Samples per second, in Hz.
    pub sample_rate_hz: u32,
    /// Number of channels: always 1.
    pub channels: u32,
    /// Highest absolute sample in dB below full scale.
    pub peak_dbfs: f64,
    /// What was made, in one sentence.
    pub summary: String,
}

/// Plays a score (see [`notes::parse`]) at a tempo in beats per minute.
///
/// # Errors
/// [`MediaError::Invalid`] for a note that cannot be read or a tempo outside [`notes::TEMPI`],
/// [`MediaError::TooLarge`] above [`LENGTH_S`], [`MediaError::Cancelled`].
pub fn play_notes(score: &str, beats_per_minute: f64, watch: &dyn Watch) -> Result<Synthesized, MediaError> {
    check_range("the tempo", beats_per_minute, &notes::TEMPI, "beats per minute")?;
    let notes = notes::parse(score)?;
    check_length(notes::seconds(&notes, beats_per_minute))?;
    let samples = notes::render(&notes, beats_per_minute, RATE, watch)?;
    let rests = notes.iter().filter(|note| note.hertz.is_none()).count();
    let summary = format!("{} notes and {rests} rests at {beats_per_minute} beats per minute", notes.len() - rests);
    finish(&samples, summary)
}

/// Keys a text in international Morse code (ITU-R M.1677-1) at a speed in words per minute on a tone in Hz.
///
/// # Errors
/// [`MediaError::Invalid`] for a character without a code, an empty text, a speed outside [`MORSE_SPEEDS`] or a tone
/// outside [`MORSE_TONES`], [`MediaError::TooLarge`] above [`LENGTH_S`], [`MediaError::Cancelled`].
pub fn key_morse(
    text: &str,
    words_per_minute: f64,
    tone_hz: f64,
    watch: &dyn Watch,
) -> Result<Synthesized, MediaError> {
    check_range("the speed", words_per_minute, &MORSE_SPEEDS, "words per minute")?;
    check_range("the tone", tone_hz, &MORSE_TONES, "Hz")?;
    // The word PARIS with its gap is 50 dots long.
    let dot = 1.2 / words_per_minute;
    let mut signal = Signal::new();
    let mut count = 0_u64;
    for word in text.split_whitespace() {
        if count > 0 {
            signal.pause(4.0 * dot);
        }
        for character in word.chars() {
            let signs = morse_code::encode(character).ok_or_else(|| MediaError::Invalid {
                what: format!("there is no Morse code for {character:?}"),
                hint: format!("use A to Z, 0 to 9, blanks and {}", morse_punctuation()),
            })?;
            for sign in signs.chars() {
                let length = if sign == '.' { dot } else { 3.0 * dot };
                signal.tones(&[tone_hz], MORSE_AMPLITUDE, length)?;
                signal.pause(dot);
            }
            signal.pause(2.0 * dot);
            count += 1;
            watch.step(count, text.chars().count() as u64)?;
        }
    }
    if count == 0 {
        return Err(empty("the text", "A to Z, 0 to 9 and punctuation"));
    }
    let unit = if count == 1 { "character" } else { "characters" };
    let summary = format!("{count} {unit} of Morse code at {words_per_minute} words per minute on {tone_hz} Hz");
    finish(&signal.ended(), summary)
}

/// Dials digits (0 to 9, A to D, `*`, `#`; blanks and hyphens are skipped) in DTMF (ITU-T Q.23), each for `tone_ms` with
/// `pause_ms` after it.
///
/// # Errors
/// [`MediaError::Invalid`] for another character, no digits, or a time outside [`DTMF_TIMES`], [`MediaError::TooLarge`]
/// above [`LENGTH_S`], [`MediaError::Cancelled`].
pub fn dial_dtmf(digits: &str, tone_ms: u32, pause_ms: u32, watch: &dyn Watch) -> Result<Synthesized, MediaError> {
    let times = f64::from(*DTMF_TIMES.start())..=f64::from(*DTMF_TIMES.end());
    check_range("the tone", f64::from(tone_ms), &times, "ms")?;
    check_range("the pause", f64::from(pause_ms), &times, "ms")?;
    let mut signal = Signal::new();
    let mut count = 0_u64;
    for digit in digits.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let tones = dtmf_tones(digit).ok_or_else(|| MediaError::Invalid {
            what: format!("{digit:?} is no DTMF digit"),
            hint: "use 0 to 9, A to D, * and #".to_owned(),
        })?;
        signal.tones(&tones, DTMF_AMPLITUDE, f64::from(tone_ms) / 1_000.0)?;
        signal.pause(f64::from(pause_ms) / 1_000.0);
        count += 1;
        watch.step(count, digits.chars().count() as u64)?;
    }
    if count == 0 {
        return Err(empty("the number", "0 to 9, A to D, * and #"));
    }
    let summary = format!("{count} DTMF digits of {tone_ms} ms with pauses of {pause_ms} ms");
    finish(&signal.ended(), summary)
}

/// Tones and pauses one after the other.
struct Signal {
    samples: Vec<f32>,
    /// Exact length so far, in seconds: rounding each part would add up.
    length: f64,
}

impl Signal {
    fn new() -> Self {
        let mut signal = Self { samples: Vec::new(), length: 0.0 };
        signal.pause(MARGIN);
        signal
    }

    fn pause(&mut self, seconds: f64) {
        self.length += seconds;
        self.samples.resize((self.length * f64::from(RATE)).round() as usize, 0.0);
    }

    /// The sum of sines of one amplitude each, with cosine ramps.
    fn tones(&mut self, hertz: &[f64], amplitude: f64, seconds: f64) -> Result<(), MediaError> {
        check_length(self.length + seconds)?;
        let start = self.samples.len();
        self.pause(seconds);
        let length = (self.samples.len() - start) as f64 / f64::from(RATE);
        let ramp = RAMP.min(length / 4.0);
        for (n, sample) in self.samples[start..].iter_mut().enumerate() {
            let time = n as f64 / f64::from(RATE);
            let edge = (time.min(length - time) / ramp).clamp(0.0, 1.0);
            let level = amplitude * (0.5 - 0.5 * (PI * edge).cos());
            let sum: f64 = hertz.iter().map(|hertz| (2.0 * PI * hertz * time).sin()).sum();
            *sample = (level * sum) as f32;
        }
        Ok(())
    }

    fn ended(mut self) -> Vec<f32> {
        self.pause(MARGIN);
        self.samples
    }
}

fn finish(samples: &[f32], summary: String) -> Result<Synthesized, MediaError> {
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let report = SynthesisReport {
        duration_ms: (samples.len() as u64 * 1_000 + u64::from(RATE) / 2) / u64::from(RATE),
        sample_rate_hz: RATE,
        channels: 1,
        peak_dbfs: dbfs(f64::from(peak)),
        summary,
    };
    Ok(Synthesized { wav: encode_pcm16(samples, RATE)?, report })
}

fn dtmf_tones(digit: char) -> Option<[f64; 2]> {
    let digit = digit.to_ascii_uppercase();
    let row = KEYS.iter().position(|row| row.contains(&digit))?;
    let column = KEYS[row].iter().position(|key| *key == digit)?;
    Some([ROWS[row], COLUMNS[column]])
}

fn morse_punctuation() -> String {
    morse_code::ALPHABET.iter().map(|(sign, _)| *sign).filter(char::is_ascii_punctuation).collect()
}

fn check_length(seconds: f64) -> Result<(), MediaError> {
    if seconds <= LENGTH_S {
        return Ok(());
    }
    Err(MediaError::TooLarge {
        what: "sound to make",
        actual: format!("{seconds:.1} s or more"),
        limit: format!("{LENGTH_S} s"),
    })
}

fn check_range(what: &str, value: f64, range: &std::ops::RangeInclusive<f64>, unit: &str) -> Result<(), MediaError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(MediaError::Invalid {
        what: format!("{what} is {value} {unit}"),
        hint: format!("use {} to {} {unit}", range.start(), range.end()),
    })
}

fn empty(what: &str, allowed: &str) -> MediaError {
    MediaError::Invalid { what: format!("{what} is empty"), hint: format!("use {allowed}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        audio::{decode::decode, dtmf, measure::measure, morse, sound::Sound},
        watch::Unwatched,
    };

    fn heard(made: &Synthesized) -> Sound {
        decode(&made.wav, Some("audio/wav"), &Unwatched).unwrap()
    }

    #[test]
    fn a_note_has_its_pitch() {
        let made = play_notes("E4:2 R:1/4", 120.0, &Unwatched).unwrap();
        let report = measure(&heard(&made), &Unwatched).unwrap();
        assert_eq!(report.pitch.unwrap().note, "E4");
        assert_eq!((made.report.duration_ms, report.duration_ms), (1_125, 1_125));
        assert_eq!(made.report.summary, "1 notes and 1 rests at 120 beats per minute");
    }

    #[test]
    fn bounds() {
        let watch = &Unwatched;
        for (made, part) in [
            (play_notes("C4", 10.0, watch), "20 to 400"),
            (play_notes("C4", f64::NAN, watch), "20 to 400"),
            (play_notes(&"C4:32 ".repeat(4), 60.0, watch), "60 s"),
            (key_morse("SOS", 4.0, 600.0, watch), "5 to 40"),
            (key_morse("SOS", 20.0, 100.0, watch), "300 to 1200"),
            (key_morse("grüße", 20.0, 600.0, watch), "A to Z"),
            (key_morse(" ", 20.0, 600.0, watch), "A to Z"),
            (key_morse(&"0".repeat(99), 5.0, 600.0, watch), "60 s"),
            (dial_dtmf("12x", 100, 100, watch), "0 to 9"),
            (dial_dtmf("1", 39, 100, watch), "40 to 2000"),
            (dial_dtmf("", 100, 100, watch), "0 to 9"),
            (dial_dtmf(&"1".repeat(99), 2_000, 100, watch), "60 s"),
        ] {
            let error = made.unwrap_err();
            assert!(error.hint().contains(part), "{error}: {} should say {part}", error.hint());
        }
    }

    #[test]
    fn what_is_not_morse_is_not_read_as_morse() {
        let tune = play_notes("C4:1 E4:1 G4:2 C4:1/2 R:1/2 C4:1", 120.0, &Unwatched).unwrap();
        let steady = play_notes("A4:8", 120.0, &Unwatched).unwrap();
        let digits = dial_dtmf("0123456789*#", 80, 80, &Unwatched).unwrap();
        for made in [tune, steady, digits] {
            let report = morse::decode(&heard(&made), &Unwatched).unwrap();
            assert_eq!(report.text, None, "{}", made.report.summary);
            assert!(report.reason.is_some());
        }
        let silence = Sound { channels: vec![vec![]], ..heard(&dial_dtmf("1", 40, 40, &Unwatched).unwrap()) };
        assert_eq!(morse::decode(&silence, &Unwatched).unwrap().text, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn morse_comes_back(
            words in prop::collection::vec("[A-Z0-9?/=]{1,5}", 1..3),
            speed in 5_u32..=40,
            tone in 300_u32..=1_200,
        ) {
            // Dots or dashes alone do not tell the speed.
            let text = format!("K {}", words.join(" "));
            let made = key_morse(&text, f64::from(speed), f64::from(tone), &Unwatched);
            if let Ok(made) = made {
                let report = morse::decode(&heard(&made), &Unwatched).unwrap();
                prop_assert_eq!(report.text, Some(text));
                let heard_speed = report.words_per_minute.unwrap();
                prop_assert!((heard_speed / f64::from(speed) - 1.0).abs() < 0.1);
                prop_assert!((report.tone_hz.unwrap() - f64::from(tone)).abs() < 5.0);
            }
        }

        #[test]
        fn digits_come_back(digits in "[0-9A-D*#]{1,12}", tone in 40_u32..120, pause in 40_u32..120) {
            let made = dial_dtmf(&digits, tone, pause, &Unwatched).unwrap();
            prop_assert_eq!(dtmf::detect(&heard(&made), &Unwatched).unwrap().digits, digits);
        }
    }
}
