//! A decoded sound: the form in which every part of [`crate::audio`] hands sound to the next.

use std::time::Duration;

use crate::{error::MediaError, watch::Watch};

use super::resample::resample;

/// Samples of one sound, one vector per channel, all of one length; every sample is finite, full scale is ±1.
#[derive(Clone, PartialEq)]
pub struct Sound {
    /// Samples per second of each channel, in Hz.
    pub sample_rate: u32,
    /// One vector of samples per channel: left, right, and so on in the order of the file.
    pub channels: Vec<Vec<f32>>,
    /// MIME type of the container that the sound came in, such as `audio/wav`.
    pub mime: &'static str,
    /// Short name of the codec, such as `pcm_s16`, `flac` or `mp3`.
    pub codec: String,
    /// Resolution of one sample as coded; none for lossy codecs.
    pub bits_per_sample: Option<u32>,
}

impl Sound {
    /// Samples of each channel.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Playing time.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.frames() as f64 / f64::from(self.sample_rate.max(1)))
    }

    /// Playing time in milliseconds, rounded.
    pub fn duration_ms(&self) -> u64 {
        (self.duration().as_secs_f64() * 1_000.0).round() as u64
    }

    /// The mean of all channels, as many samples as [`Sound::frames`].
    pub fn mono(&self) -> Vec<f32> {
        let Some((first, others)) = self.channels.split_first() else {
            return Vec::new();
        };
        let mut mix = first.clone();
        for channel in others {
            for (sum, sample) in mix.iter_mut().zip(channel) {
                *sum += sample;
            }
        }
        if !others.is_empty() {
            let share = 1.0 / self.channels.len() as f32;
            mix.iter_mut().for_each(|sample| *sample *= share);
        }
        mix
    }

    /// The mean of all channels at another rate (Hz), as speech recognizers want it: 16 000.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] for a rate outside 1 000..=384 000, [`MediaError::Cancelled`].
    pub fn mono_at(&self, rate: u32, watch: &dyn Watch) -> Result<Vec<f32>, MediaError> {
        resample(&self.mono(), self.sample_rate, rate, watch)
    }
}

impl std::fmt::Debug for Sound {
    /// Without the samples: there are millions.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sound")
            .field("sample_rate", &self.sample_rate)
            .field("channels", &self.channels.len())
            .field("frames", &self.frames())
            .field("codec", &self.codec)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mono_is_the_mean_and_debug_is_short() {
        let sound = Sound {
            sample_rate: 8_000,
            channels: vec![vec![1.0, 0.5], vec![0.0, -0.5]],
            mime: "audio/wav",
            codec: "pcm_s16".to_owned(),
            bits_per_sample: Some(16),
        };
        assert_eq!(sound.mono(), [0.5, 0.0]);
        assert_eq!(sound.duration(), Duration::from_micros(250));
        assert!(format!("{sound:?}").len() < 100);
    }
}
