//! One report of everything that is measured about a sound.

use crate::{error::MediaError, watch::Watch};

use super::{
    levels::{self, ChannelLevel, ChannelSums, Clipping, Silence, round3},
    pitch::{Pitch, pitch},
    sound::Sound,
    spectrum::Spectrum,
    tempo::{Tempo, tempo},
};

/// Frames that the spectrum is averaged over, at most, and samples in each.
const SPECTRUM_FRAMES: usize = 400;
const SPECTRUM_SIZE: usize = 2_048;
/// The roll-off is where this share of the energy lies below.
const ROLL_OFF: f64 = 0.85;

/// What was measured about a sound.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct AudioReport {
    /// Playing time in milliseconds.
    pub duration_ms: u64,
    /// Samples per second of each channel, in Hz.
    pub sample_rate_hz: u32,
    /// Number of channels.
    pub channels: u32,
    /// MIME type of the container.
    pub mime_type: String,
    /// Short name of the codec, such as `pcm_s16`, `flac` or `mp3`.
    pub codec: String,
    /// Bits per sample as coded; none for lossy codecs.
    pub bits_per_sample: Option<u32>,
    /// Root mean square over all channels in dB below full scale, at least -120.
    pub rms_dbfs: f64,
    /// Highest absolute sample in dB below full scale, at least -120; above 0 only in float files.
    pub peak_dbfs: f64,
    /// Samples that were cut off at full scale.
    pub clipping: Clipping,
    /// Stretches of silence (below -50 dBFS for 300 ms or longer), the first 200.
    pub silences: Vec<Silence>,
    /// Share of the sound that is in such stretches, 0 to 1.
    pub silence_share: f64,
    /// Fundamental pitch; none for noise, chords, silence and most speech in noise.
    pub pitch: Option<Pitch>,
    /// Where the energy lies; none for silence.
    pub spectrum: Option<SpectralShape>,
    /// Tempo; none without a clear pulse.
    pub tempo: Option<Tempo>,
    /// Level of each channel, when there are several.
    pub channel_levels: Vec<ChannelLevel>,
    /// The report in one sentence.
    pub summary: String,
}

/// Where the energy of a sound lies in frequency (Peeters, "A large set of audio features", 2004).
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct SpectralShape {
    /// Centre of gravity of the power spectrum in Hz: how bright it sounds.
    pub centroid_hz: f64,
    /// Standard deviation around the centroid in Hz.
    pub bandwidth_hz: f64,
    /// Frequency in Hz below which 85 % of the energy lies.
    pub rolloff_hz: f64,
}

/// Measures a sound. Levels, clipping and silence look at every sample; pitch, spectrum and tempo at frames spread
/// over it, so that ten minutes take about as long as one. Progress is in percent.
///
/// # Errors
/// [`MediaError::Cancelled`].
pub fn measure(sound: &Sound, watch: &dyn Watch) -> Result<AudioReport, MediaError> {
    let mut sums = Vec::with_capacity(sound.channels.len());
    for (index, channel) in sound.channels.iter().enumerate() {
        watch.step(30 * index as u64 / sound.channels.len() as u64, 100)?;
        sums.push(ChannelSums::of(channel, sound.bits_per_sample));
    }
    watch.step(30, 100)?;
    let mono = sound.mono();
    let (silences, silence_share) = levels::silences(sound, &mono);
    let rate = sound.sample_rate;
    let pitch = pitch(&mono, rate, &Part { watch, from: 40, to: 60 })?;
    let tempo = tempo(&mono, rate, &Part { watch, from: 60, to: 80 })?;
    let spectrum = spectral_shape(&mono, rate, &Part { watch, from: 80, to: 100 })?;

    let (rms_dbfs, peak_dbfs) = levels::overall(&sums);
    let mut channel_levels = Vec::new();
    if sums.len() > 1 {
        channel_levels.extend(sums.iter().enumerate().map(|(index, sum)| sum.level(index)));
    }
    let mut report = AudioReport {
        duration_ms: sound.duration_ms(),
        sample_rate_hz: rate,
        channels: sound.channels.len() as u32,
        mime_type: sound.mime.to_owned(),
        codec: sound.codec.clone(),
        bits_per_sample: sound.bits_per_sample,
        rms_dbfs,
        peak_dbfs,
        clipping: levels::clipping(&sums),
        silences,
        silence_share,
        pitch,
        spectrum,
        tempo,
        channel_levels,
        summary: String::new(),
    };
    report.summary = summary(&report);
    Ok(report)
}

/// The shape of the mean power spectrum of frames spread over the sound.
fn spectral_shape(samples: &[f32], rate: u32, watch: &dyn Watch) -> Result<Option<SpectralShape>, MediaError> {
    let mut spectrum = Spectrum::new(SPECTRUM_SIZE);
    let span = samples.len().saturating_sub(SPECTRUM_SIZE);
    let hop = (span / SPECTRUM_FRAMES).max(SPECTRUM_SIZE / 2);
    let frames = span / hop + 1;
    let mut mean = vec![0.0_f64; SPECTRUM_SIZE / 2 + 1];
    for frame in 0..frames {
        if frame % 32 == 0 {
            watch.step(frame as u64, frames as u64)?;
        }
        let power = spectrum.power(&samples[(frame * hop).min(samples.len())..]);
        mean.iter_mut().zip(power).for_each(|(sum, bin)| *sum += f64::from(*bin));
    }
    // A constant offset is not heard.
    mean[0] = 0.0;
    mean[1] = 0.0;
    let total: f64 = mean.iter().sum();
    if total / frames as f64 <= 1e-12 {
        return Ok(None);
    }
    let width = f64::from(rate) / SPECTRUM_SIZE as f64;
    let moment = |about: f64, power: i32| -> f64 {
        let terms = mean.iter().enumerate();
        terms.map(|(bin, energy)| (bin as f64 * width - about).powi(power) * energy).sum::<f64>() / total
    };
    let centroid = moment(0.0, 1);
    let mut below = 0.0;
    let rolloff = mean.iter().position(|energy| {
        below += energy;
        below >= ROLL_OFF * total
    });
    Ok(Some(SpectralShape {
        centroid_hz: round3(centroid),
        bandwidth_hz: round3(moment(centroid, 2).max(0.0).sqrt()),
        rolloff_hz: round3(rolloff.unwrap_or(mean.len() - 1) as f64 * width),
    }))
}

fn summary(report: &AudioReport) -> String {
    let layout = match report.channels {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        count => format!("{count}-channel"),
    };
    let mut parts = vec![format!(
        "{:.2} s of {layout} {} at {} Hz, {:.1} dBFS RMS with peaks at {:.1} dBFS",
        report.duration_ms as f64 / 1_000.0,
        report.codec,
        report.sample_rate_hz,
        report.rms_dbfs,
        report.peak_dbfs,
    )];
    if report.clipping.runs > 0 {
        parts.push(format!("clipped {} times", report.clipping.runs));
    }
    if report.silence_share > 0.0 {
        parts.push(format!("{:.0} % silence", report.silence_share * 100.0));
    }
    match &report.pitch {
        Some(pitch) => parts.push(format!("pitch {:.1} Hz ({})", pitch.median_hz, pitch.note)),
        None => parts.push("no clear pitch".to_owned()),
    }
    match &report.tempo {
        Some(tempo) => parts.push(format!("{:.0} beats per minute", tempo.beats_per_minute)),
        None => parts.push("no clear tempo".to_owned()),
    }
    parts.join(", ")
}

/// Progress of a part of the work, as a range of percents of the whole.
struct Part<'a> {
    watch: &'a dyn Watch,
    from: u64,
    to: u64,
}

impl Watch for Part<'_> {
    fn step(&self, done: u64, total: u64) -> Result<(), MediaError> {
        let share = (self.to - self.from) * done.min(total) / total.max(1);
        self.watch.step(self.from + share, 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn sound(channels: Vec<Vec<f32>>) -> Sound {
        Sound {
            sample_rate: 16_000,
            channels,
            mime: "audio/wav",
            codec: "pcm_s16".to_owned(),
            bits_per_sample: Some(16),
        }
    }

    #[test]
    fn a_stereo_tone() {
        let tone: Vec<f32> = (0..32_000).map(|n| 0.5 * (n as f32 * 0.172_788).sin()).collect();
        let quiet = tone.iter().map(|sample| sample * 0.1).collect();
        let report = measure(&sound(vec![tone, quiet]), &Unwatched).unwrap();
        assert_eq!((report.duration_ms, report.channels), (2_000, 2));
        assert_eq!(report.pitch.as_ref().map(|pitch| pitch.note.as_str()), Some("A4"));
        assert!((report.spectrum.unwrap().centroid_hz - 440.0).abs() < 5.0);
        assert!(report.channel_levels[0].rms_dbfs - report.channel_levels[1].rms_dbfs > 19.9);
        assert!(report.summary.starts_with("2.00 s of stereo pcm_s16 at 16000 Hz, -"));
        assert_eq!((report.tempo, report.silence_share), (None, 0.0));
    }

    #[test]
    fn nothing_to_measure() {
        for channels in [vec![], vec![vec![]], vec![vec![0.0]], vec![vec![0.0; 9_000]; 3]] {
            let report = measure(&sound(channels), &Unwatched).unwrap();
            assert_eq!((report.rms_dbfs, report.pitch, report.spectrum), (-120.0, None, None));
        }
    }

    struct Record(std::sync::Mutex<Vec<u64>>);

    impl Watch for Record {
        fn step(&self, done: u64, total: u64) -> Result<(), MediaError> {
            assert_eq!(total, 100);
            self.0.lock().unwrap().push(done);
            Ok(())
        }
    }

    #[test]
    fn progress_never_goes_back() {
        let record = Record(std::sync::Mutex::default());
        measure(&sound(vec![vec![0.1; 80_000]; 2]), &record).unwrap();
        assert!(record.0.into_inner().unwrap().is_sorted());
    }
}
