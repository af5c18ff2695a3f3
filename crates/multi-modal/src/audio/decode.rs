//! From the bytes of a file to samples, with every limit checked before memory is spent, and again while decoding.

use std::io::Cursor;

use crate::{
    error::MediaError,
    limits::{AUDIO_BYTES, AUDIO_LENGTH},
    watch::Watch,
};

use super::{
    compressed::{check_ogg_end, decode_stream},
    container::{Container, without_id3},
    resample::RATES,
    riff::repaired,
    sound::Sound,
};

/// Most samples of all channels together: ten minutes of stereo at 48 kHz fit, and 256 MiB hold them.
pub const AUDIO_SAMPLES: u64 = 64 * 1024 * 1024;
/// Most channels.
pub const AUDIO_CHANNELS: usize = 32;
/// A float file may go beyond full scale; beyond this (24 dB over) it is cut, so that no sum overflows.
const LOUDEST: f32 = 16.0;

/// Decodes a WAV (8 to 32-bit integer, 32 and 64-bit float, A-law, mu-law), MP3, FLAC or Ogg (Vorbis, FLAC) file.
///
/// `claimed_mime` is what the caller says that the bytes are; none claims nothing. NaN samples of float files become
/// silence. Audio is bounded by [`AUDIO_BYTES`], [`AUDIO_LENGTH`], [`AUDIO_SAMPLES`], [`AUDIO_CHANNELS`] and [`RATES`].
///
/// # Errors
/// [`MediaError::TooLarge`], [`MediaError::WrongType`], [`MediaError::Unsupported`], [`MediaError::Malformed`] (cut
/// off, corrupt, no samples), [`MediaError::Cancelled`].
pub fn decode(bytes: &[u8], claimed_mime: Option<&str>, watch: &dyn Watch) -> Result<Sound, MediaError> {
    if bytes.len() > AUDIO_BYTES {
        return Err(MediaError::TooLarge {
            what: "sound",
            actual: format!("{:.1} MiB", bytes.len() as f64 / 1_048_576.0),
            limit: format!("{} MiB", AUDIO_BYTES / 1_048_576),
        });
    }
    let container = Container::sniff(bytes)?;
    container.check_claim(claimed_mime)?;
    let sound = match container {
        Container::Wav => {
            let bytes = repaired(bytes)?;
            match hound::WavReader::new(Cursor::new(&*bytes)) {
                // It takes the header of wider samples, and then none of them.
                Ok(reader) if reader.spec().bits_per_sample <= 32 => decode_pcm(reader, watch)?,
                // hound reads integers and 32-bit floats. The other decoder knows A-law, mu-law, 64-bit floats, and
                // is more patient with odd chunks.
                _ => decode_stream(&bytes, container, watch)?,
            }
        }
        Container::Ogg => {
            check_ogg_end(bytes)?;
            decode_stream(bytes, container, watch)?
        }
        Container::Mp3 | Container::Flac => decode_stream(without_id3(bytes), container, watch)?,
    };
    if sound.frames() == 0 {
        return Err(MediaError::malformed("sound", "it has no samples"));
    }
    Ok(sound)
}

/// Decodes integer PCM and 32-bit float with hound.
fn decode_pcm(mut reader: hound::WavReader<Cursor<&[u8]>>, watch: &dyn Watch) -> Result<Sound, MediaError> {
    let spec = reader.spec();
    let channel_count = usize::from(spec.channels);
    check_format(spec.sample_rate, channel_count)?;
    check_length(u64::from(reader.duration()), spec.sample_rate, channel_count)?;

    let bits = u32::from(spec.bits_per_sample);
    let total = u64::from(reader.len());
    // A header can promise more than the file holds: reserve by what is there.
    let held = reader.duration().min(AUDIO_BYTES as u32 / u32::from(spec.channels));
    let mut channels = vec![Vec::with_capacity(held as usize); channel_count];
    let mut place = |index: u64, sample: f32| -> Result<(), MediaError> {
        channels[(index % channel_count as u64) as usize].push(sample);
        if index.is_multiple_of(1 << 18) { watch.step(index, total) } else { Ok(()) }
    };
    let cut_off = |error: hound::Error| MediaError::malformed("sound", format!("cut off: {error}"));
    match spec.sample_format {
        hound::SampleFormat::Float => {
            for (index, sample) in (0..).zip(reader.samples::<f32>()) {
                place(index, tame(sample.map_err(cut_off)?))?;
            }
        }
        hound::SampleFormat::Int => {
            let scale = 1.0 / 2_f64.powi(bits.saturating_sub(1) as i32);
            for (index, sample) in (0..).zip(reader.samples::<i32>()) {
                place(index, (f64::from(sample.map_err(cut_off)?) * scale) as f32)?;
            }
        }
    }
    let kind = if spec.sample_format == hound::SampleFormat::Float { "f" } else { "s" };
    Ok(Sound {
        sample_rate: spec.sample_rate,
        channels,
        mime: Container::Wav.mime(),
        codec: format!("pcm_{kind}{bits}"),
        bits_per_sample: Some(bits),
    })
}

/// Refuses a rate (Hz) or a number of channels out of range.
pub(crate) fn check_format(rate: u32, channels: usize) -> Result<(), MediaError> {
    if !RATES.contains(&rate) {
        let range = format!("{} to {} Hz", RATES.start(), RATES.end());
        return Err(MediaError::Unsupported { found: format!("a sample rate of {rate} Hz"), allowed: range });
    }
    if !(1..=AUDIO_CHANNELS).contains(&channels) {
        return Err(MediaError::Unsupported {
            found: format!("a sound with {channels} channels"),
            allowed: format!("1 to {AUDIO_CHANNELS} channels"),
        });
    }
    Ok(())
}

/// Refuses what is too long, or would take too much memory, as soon as that is known.
pub(crate) fn check_length(frames: u64, rate: u32, channels: usize) -> Result<(), MediaError> {
    if frames > AUDIO_LENGTH.as_secs() * u64::from(rate) {
        return Err(MediaError::TooLarge {
            what: "sound",
            actual: format!("{:.3} s or more", frames as f64 / f64::from(rate.max(1))),
            limit: format!("{} s", AUDIO_LENGTH.as_secs()),
        });
    }
    let samples = frames.saturating_mul(channels as u64);
    if samples > AUDIO_SAMPLES {
        return Err(MediaError::TooLarge {
            what: "decoded sound",
            actual: format!("{samples} samples or more in {channels} channels"),
            limit: format!("{AUDIO_SAMPLES} samples"),
        });
    }
    Ok(())
}

/// A finite sample within reason.
pub(crate) fn tame(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-LOUDEST, LOUDEST) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{audio::wav::encode_pcm16, watch::Unwatched};

    fn decode_it(bytes: &[u8]) -> Result<Sound, MediaError> {
        decode(bytes, None, &Unwatched)
    }

    fn written(spec: hound::WavSpec, write: impl Fn(&mut hound::WavWriter<Cursor<&mut Vec<u8>>>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = hound::WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
        write(&mut writer);
        writer.finalize().unwrap();
        bytes
    }

    fn spec(channels: u16, bits: u16, sample_format: hound::SampleFormat) -> hound::WavSpec {
        hound::WavSpec { channels, sample_rate: 48_000, bits_per_sample: bits, sample_format }
    }

    #[test]
    fn every_integer_width_has_the_same_scale() {
        for bits in [8, 16, 24, 32] {
            let half = 1_i32 << (bits - 2);
            let bytes = written(spec(6, bits, hound::SampleFormat::Int), |writer| {
                for channel in 0..12 {
                    writer.write_sample(if channel % 6 == 5 { -half } else { half }).unwrap();
                }
            });
            let sound = decode_it(&bytes).unwrap();
            assert_eq!((sound.channels.len(), sound.frames()), (6, 2), "{bits} bits");
            assert_eq!((sound.channels[0][0], sound.channels[5][1]), (0.5, -0.5));
            assert_eq!(sound.bits_per_sample, Some(u32::from(bits)));
        }
    }

    #[test]
    fn floats_become_finite() {
        let bytes = written(spec(1, 32, hound::SampleFormat::Float), |writer| {
            for sample in [f32::NAN, f32::INFINITY, -1e30, 0.25] {
                writer.write_sample(sample).unwrap();
            }
        });
        assert_eq!(decode_it(&bytes).unwrap().channels[0], [0.0, LOUDEST, -LOUDEST, 0.25]);
    }

    #[test]
    fn refusals() {
        let good = encode_pcm16(&[0.5; 1_000], 8_000).unwrap();
        let mut lying = good.clone();
        lying[24..28].copy_from_slice(&500_u32.to_le_bytes());
        lying[28..32].copy_from_slice(&1_000_u32.to_le_bytes());
        let table: [(&[u8], &str); 5] = [
            (&good[..1_000], "cut off"),
            (&good[..30], "cannot be read"),
            (&encode_pcm16(&[], 8_000).unwrap(), "no samples"),
            (&lying, "sample rate of 500 Hz"),
            (&vec![0; AUDIO_BYTES + 1], "at most 20 MiB"),
        ];
        for (bytes, part) in table {
            let error = decode_it(bytes).unwrap_err();
            assert!(error.to_string().contains(part), "{error} should say {part}");
        }
        let error = decode(&good, Some("audio/mpeg"), &Unwatched).unwrap_err();
        assert!(matches!(error, MediaError::WrongType { .. }));
        let long = encode_pcm16(&vec![0.0; 1_000 * 601], 1_000).unwrap();
        assert!(matches!(decode_it(&long), Err(MediaError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(
            start in prop::sample::select(vec![&b"RIFF\x40\0\0\0WAVEfmt \x10\0\0\0"[..], b"fLaC\0\0\0\x22", b"OggS\0\x02", b"\xff\xfb\x90\0", b"ID3\x04\0\0"]),
            rest in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let _ = decode_it(&[start, &rest].concat());
        }
    }
}
