//! Reading Morse code by ear: find the tone, switch it on and off, and measure how long.

use crate::{error::MediaError, watch::Watch};

use super::{
    goertzel::{Goertzel, mean_square},
    levels::round3,
    morse_timing::{Mark, read_marks},
    resample::decimate,
    sound::Sound,
    spectrum::{Spectrum, peak_bin},
};

/// Where a Morse tone may lie, in Hz.
const TONES: std::ops::Range<f64> = 200.0..2_500.0;
/// Length of a frame of the envelope, and from one to the next, in seconds: a dot at 40 words a minute is 0.03.
const FRAME: f64 = 0.012;
const HOP: f64 = 0.003;
/// Samples of a spectral frame, and most frames that are averaged to find the tone.
const SPECTRUM_SIZE: usize = 1_024;
const SPECTRUM_FRAMES: usize = 400;
/// Share of the power that is in the tone while it is on: speech and music have it elsewhere as well.
const PURITY: f64 = 0.6;
/// Power while the tone is off, relative to on: in music, other notes sound then.
const REST: f64 = 0.5;
/// Amplitude of the quietest tone (-50 dBFS), and the least ratio of on to off.
const QUIET: f64 = 0.003;
const CONTRAST: f64 = 2.5;
/// Anything shorter, in seconds, is crackle.
const CRACKLE: f64 = 0.010;

/// The Morse code in a sound, or why there is none.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct MorseReport {
    /// The text in capitals, words separated by one blank; `\u{fffd}` stands for a sign that is no character. None when
    /// the sound is not Morse code.
    pub text: Option<String>,
    /// Speed in words per minute (PARIS: a dot lasts 1.2 s divided by it).
    pub words_per_minute: Option<f64>,
    /// Frequency of the tone in Hz.
    pub tone_hz: Option<f64>,
    /// Why the sound is not Morse code; none when it is.
    pub reason: Option<String>,
}

/// Decodes the strongest Morse signal of the mono mix, 5 to 40 words per minute.
///
/// A text of dots only or of dashes only is ambiguous (TT at 20 words per minute is I at 7): the speed nearest to 20 is
/// taken. Fewer than three marks, and marks that repeat evenly like an alarm, are not called Morse.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn decode(sound: &Sound, watch: &dyn Watch) -> Result<MorseReport, MediaError> {
    let factor = (sound.sample_rate / 6_000).max(1) as usize;
    let samples = decimate(&sound.mono(), factor);
    let rate = f64::from(sound.sample_rate) / factor as f64;
    let Some(tone) = strongest_tone(&samples, rate) else {
        return Ok(refused("there is no tone between 200 and 2500 Hz"));
    };
    let envelope = Envelope::of(&samples, rate, tone, watch)?;
    let marks = match envelope.marks() {
        Ok(marks) => marks,
        Err(reason) => return Ok(refused(reason)),
    };
    Ok(match read_marks(&marks) {
        Ok((text, dot)) => MorseReport {
            text: Some(text),
            words_per_minute: Some((12.0 / dot).round() / 10.0),
            tone_hz: Some(round3(tone)),
            reason: None,
        },
        Err(reason) => refused(reason),
    })
}

fn refused(reason: &str) -> MorseReport {
    let reason = Some(reason.to_owned());
    MorseReport { text: None, words_per_minute: None, tone_hz: None, reason }
}

/// Frequency in Hz of the strongest bin of the mean spectrum, with its neighbours' word on where in it.
fn strongest_tone(samples: &[f32], rate: f64) -> Option<f64> {
    let mut spectrum = Spectrum::new(SPECTRUM_SIZE);
    let span = samples.len().saturating_sub(SPECTRUM_SIZE);
    let hop = (span / SPECTRUM_FRAMES).max(SPECTRUM_SIZE / 2);
    let mut mean = vec![0.0_f32; SPECTRUM_SIZE / 2 + 1];
    for frame in 0..=span / hop {
        let power = spectrum.power(samples.get(frame * hop..).unwrap_or_default());
        mean.iter_mut().zip(power).for_each(|(sum, bin)| *sum += bin);
    }
    let width = rate / SPECTRUM_SIZE as f64;
    let first = (TONES.start / width).ceil() as usize;
    let last = ((TONES.end / width) as usize).min(mean.len().saturating_sub(2));
    let band = mean.get(first..=last).filter(|band| !band.is_empty())?;
    let peak = first + peak_bin(band);
    let near = &mean[peak - 1..=peak + 1];
    let sum = f64::from(near.iter().sum::<f32>());
    if sum <= 0.0 {
        return None;
    }
    Some((peak as f64 + f64::from(near[2] - near[0]) / sum) * width)
}

/// The tone's amplitude, and the power of everything, frame by frame.
struct Envelope {
    tone: Vec<f64>,
    total: Vec<f64>,
    /// Seconds from one frame to the next.
    hop: f64,
}

impl Envelope {
    fn of(samples: &[f32], rate: f64, tone: f64, watch: &dyn Watch) -> Result<Self, MediaError> {
        let detector = Goertzel::new(tone, rate);
        let size = (rate * FRAME) as usize;
        let hop = (rate * HOP).round().max(1.0) as usize;
        // Silence on either side, so that a mark at the very edge has the length it has.
        let pad = vec![0.0; size];
        let padded = [&pad, samples, &pad].concat();
        let frames = (padded.len() - size) / hop + 1;
        let mut envelope = Self { tone: Vec::new(), total: Vec::new(), hop: hop as f64 / rate };
        for frame in 0..frames {
            if frame % 1_024 == 0 {
                watch.step(frame as u64, frames as u64)?;
            }
            let window = &padded[frame * hop..frame * hop + size];
            envelope.tone.push((2.0 * detector.power(window)).sqrt());
            envelope.total.push(mean_square(window));
        }
        Ok(envelope)
    }

    /// When the tone is on, or why that cannot be Morse.
    fn marks(&self) -> Result<Vec<Mark>, &'static str> {
        // The level of the tone is the median of the upper half of what reaches it, so that one click does not set it.
        let loudest = self.tone.iter().copied().fold(0.0, f64::max);
        if loudest < QUIET {
            return Err("the strongest tone is too quiet");
        }
        let on_level = median(self.tone.iter().copied().filter(|level| *level > loudest / 3.0));
        let threshold = on_level / 2.0;
        let off_level = median(self.tone.iter().copied().filter(|level| *level < threshold));
        if on_level < CONTRAST * off_level {
            return Err("the strongest tone does not stand out from the rest");
        }
        let mut marks: Vec<Mark> = Vec::new();
        let mut start = None;
        // Hysteresis: noise on the edge does not split a mark.
        for (frame, level) in self.tone.iter().enumerate() {
            match start {
                None if *level > threshold * 1.15 => start = Some(frame),
                Some(first) if *level < threshold * 0.85 => {
                    marks.push(Mark { start: first as f64 * self.hop, end: frame as f64 * self.hop });
                    start = None;
                }
                _ => {}
            }
        }
        self.check_purity(threshold)?;
        Ok(without_crackle(marks))
    }

    /// While the tone is on, nothing else sounds, and while it is off, nothing does.
    fn check_purity(&self, threshold: f64) -> Result<(), &'static str> {
        let (mut pure, mut on, mut off) = (0.0, 0.0, 0.0);
        let (mut on_count, mut off_count) = (0.0_f64, 0.0_f64);
        for (tone, total) in self.tone.iter().zip(&self.total) {
            // The edges, where the tone fills a frame in part, say nothing.
            if *tone > 1.6 * threshold {
                pure += tone * tone / 2.0;
                on += total;
                on_count += 1.0;
            } else if *tone < 0.4 * threshold {
                off += total;
                off_count += 1.0;
            }
        }
        if pure < PURITY * on {
            return Err("it is not one pure tone: other sounds accompany it");
        }
        if off / off_count.max(1.0) > REST * on / on_count.max(1.0) {
            return Err("other sounds fill the pauses of the tone");
        }
        Ok(())
    }
}

/// Joins marks across dropouts, and drops clicks.
fn without_crackle(marks: Vec<Mark>) -> Vec<Mark> {
    let mut joined: Vec<Mark> = Vec::new();
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.start - last.end < CRACKLE => last.end = mark.end,
            _ => joined.push(mark),
        }
    }
    joined.retain(|mark| mark.end - mark.start > CRACKLE);
    joined
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
