//! A score in one line, and its sound: additive synthesis with an envelope on each note.

use std::f64::consts::PI;

use crate::{error::MediaError, watch::Watch};

/// Most notes and rests of one score.
pub const NOTES: usize = 500;
/// Tempo in beats per minute.
pub const TEMPI: std::ops::RangeInclusive<f64> = 20.0..=400.0;
/// Octaves in scientific pitch notation: C4 is middle C, A4 is 440 Hz.
pub const OCTAVES: std::ops::RangeInclusive<i32> = 0..=8;
/// Length of one note in beats.
const BEATS: std::ops::RangeInclusive<f64> = 0.0625..=32.0;
/// How a score is written, for hints.
const FORM: &str = "write notes such as C4:1 F#4:0.5 Bb3:1/2 R:1 (name, octave 0 to 8, colon, beats from 1/16 to 32)";

/// Amplitude of each harmonic, from the fundamental: a soft reed.
const HARMONICS: [f64; 6] = [1.0, 0.5, 0.3, 0.15, 0.1, 0.05];
/// Attack, decay and release in seconds, and the level that is sustained.
const ATTACK: f64 = 0.010;
const DECAY: f64 = 0.060;
const RELEASE: f64 = 0.040;
const SUSTAIN: f64 = 0.7;
/// Highest amplitude (-4.4 dBFS), so that nothing clips.
const LOUDNESS: f64 = 0.6;

/// A note or a rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Frequency in Hz in equal temperament on A4 = 440 Hz; none for a rest.
    pub hertz: Option<f64>,
    /// Length in beats.
    pub beats: f64,
}

/// Reads a score: notes separated by blanks, commas or bars (`|`), each a name `A` to `G` with `#` or `b` and an octave, or
/// `R` for a rest, then a colon and the length in beats (`1`, `0.5`, `1/2`; without a colon, one beat).
///
/// # Errors
/// [`MediaError::Invalid`] that names the note which cannot be read, and what can.
pub fn parse(score: &str) -> Result<Vec<Note>, MediaError> {
    let is_separator = |letter: char| letter.is_whitespace() || letter == ',' || letter == '|';
    let words = score.split(is_separator).filter(|word| !word.is_empty());
    let mut notes = Vec::new();
    for word in words {
        if notes.len() == NOTES {
            return Err(invalid("the score has too many notes", &format!("at most {NOTES} fit")));
        }
        let shown: String = word.chars().take(20).collect();
        notes.push(note(word).ok_or_else(|| invalid(&format!("{shown} is no note"), FORM))?);
    }
    if notes.is_empty() {
        return Err(invalid("the score is empty", FORM));
    }
    Ok(notes)
}

/// Seconds that the notes last at a tempo, in beats per minute.
pub fn seconds(notes: &[Note], beats_per_minute: f64) -> f64 {
    notes.iter().map(|note| note.beats).sum::<f64>() * 60.0 / beats_per_minute
}

/// Samples of the notes one after the other at `rate` Hz, within ±0.6.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub(crate) fn render(
    notes: &[Note],
    beats_per_minute: f64,
    rate: u32,
    watch: &dyn Watch,
) -> Result<Vec<f32>, MediaError> {
    let mut samples: Vec<f32> = Vec::new();
    let mut beats = 0.0;
    for (index, note) in notes.iter().enumerate() {
        watch.step(index as u64, notes.len() as u64)?;
        beats += note.beats;
        // Rounded from the start of the score, so that errors do not add up.
        let end = (beats * 60.0 / beats_per_minute * f64::from(rate)).round() as usize;
        let count = end.saturating_sub(samples.len());
        match note.hertz {
            Some(hertz) => samples.extend(tone(hertz, count, f64::from(rate))),
            None => samples.resize(end, 0.0),
        }
    }
    Ok(samples)
}

fn tone(hertz: f64, count: usize, rate: f64) -> impl Iterator<Item = f32> {
    let audible = HARMONICS.iter().zip(1_u32..).filter(move |(_, number)| {
        // What lies above the Nyquist frequency would come back mirrored.
        hertz * f64::from(*number) < 0.45 * rate
    });
    let partials: Vec<(f64, f64)> =
        audible.map(|(amplitude, number)| (*amplitude, 2.0 * PI * hertz * f64::from(number) / rate)).collect();
    let scale = LOUDNESS / HARMONICS.iter().sum::<f64>();
    (0..count).map(move |n| {
        let turn = n as f64;
        let sum: f64 = partials.iter().map(|(amplitude, step)| amplitude * (step * turn).sin()).sum();
        (scale * envelope(turn / rate, count as f64 / rate) * sum) as f32
    })
}

/// Attack, decay, sustain, release: a level from 0 to 1 at a time in a note of a length, both in seconds. Both ends are
/// zero, so that nothing clicks; a short note has its ramps shortened.
fn envelope(time: f64, length: f64) -> f64 {
    let attack = ATTACK.min(length / 4.0).max(1e-6);
    let release = RELEASE.min(length / 3.0).max(1e-6);
    let rise = (time / attack).min(1.0);
    let fall = ((length - time) / release).clamp(0.0, 1.0);
    let decay = 1.0 - (1.0 - SUSTAIN) * ((time - attack) / DECAY).clamp(0.0, 1.0);
    rise * decay * fall
}

fn note(word: &str) -> Option<Note> {
    let (name, length) = word.split_once(':').unwrap_or((word, "1"));
    let beats = beats(length).filter(|beats| BEATS.contains(beats))?;
    if name.eq_ignore_ascii_case("r") {
        return Some(Note { hertz: None, beats });
    }
    let mut letters = name.chars();
    let key = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let (accidental, octave) = match rest.strip_prefix(['#', '♯']) {
        Some(octave) => (1, octave),
        None => rest.strip_prefix(['b', '♭']).map_or((0, rest), |octave| (-1, octave)),
    };
    let octave: i32 = octave.parse().ok().filter(|octave| OCTAVES.contains(octave))?;
    let from_a4 = key + accidental - 9 + 12 * (octave - 4);
    Some(Note { hertz: Some(440.0 * 2_f64.powf(f64::from(from_a4) / 12.0)), beats })
}

fn beats(text: &str) -> Option<f64> {
    match text.split_once('/') {
        None => text.parse().ok(),
        Some((above, below)) => Some(f64::from(above.parse::<u16>().ok()?) / f64::from(below.parse::<u16>().ok()?)),
    }
}

fn invalid(what: &str, hint: &str) -> MediaError {
    MediaError::Invalid { what: what.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    #[test]
    fn scores() {
        let notes = parse("A4:1, c4:0.5 | Bb3:1/2 R:2\nF#5").unwrap();
        let hertz: Vec<u32> = notes.iter().map(|note| note.hertz.unwrap_or(0.0).round() as u32).collect();
        assert_eq!(hertz, [440, 262, 233, 0, 740]);
        assert_eq!(seconds(&notes, 60.0), 5.0);
        assert_eq!(parse("Cb4").unwrap()[0].hertz, parse("B3").unwrap()[0].hertz);
        for bad in ["", "H4:1", "C9:1", "C4:0", "C4:33", "C4:1/0", "C4:NaN", "C4:x", "C:1", "C4:-1", "é"] {
            let error = parse(bad).unwrap_err();
            assert!(error.hint().contains("C4:1"), "{bad}: {error}");
        }
        assert!(parse(&"C4 ".repeat(NOTES + 1)).unwrap_err().hint().contains("500"));
    }

    #[test]
    fn nothing_clicks_or_clips() {
        let notes = parse("C4:1 E4:1/4 R:1/2 B8:1/16 C0:1").unwrap();
        let samples = render(&notes, 400.0, 22_050, &Unwatched).unwrap();
        assert!(samples.iter().all(|sample| sample.abs() <= 0.6));
        let steepest = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.8, "{steepest}");
        assert_eq!(samples.len(), (seconds(&notes, 400.0) * 22_050.0).round() as usize);
        assert!(samples[0].abs() < 1e-6 && samples[samples.len() - 1].abs() < 0.01);
    }
}
