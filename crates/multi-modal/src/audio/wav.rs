//! Writing WAV, the form in which made sounds go out, and in which recognizers take theirs.

use std::io::Cursor;

use crate::error::MediaError;

/// Encodes one channel as 16-bit PCM (RIFF/WAVE). Samples beyond ±1 are limited, not wrapped; NaN becomes silence.
///
/// # Errors
/// [`MediaError::TooLarge`] for more than 4 GiB, which the format cannot say.
pub fn encode_pcm16(samples: &[f32], sample_rate: u32) -> Result<Vec<u8>, MediaError> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let refused = |_: hound::Error| MediaError::TooLarge {
        what: "WAV",
        actual: format!("{} samples", samples.len()),
        limit: "4 GiB".to_owned(),
    };
    let mut bytes = Vec::with_capacity(samples.len().saturating_mul(2).saturating_add(44));
    let mut writer = hound::WavWriter::new(Cursor::new(&mut bytes), spec).map_err(refused)?;
    for sample in samples {
        let code = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
        writer.write_sample(code).map_err(refused)?;
    }
    writer.finalize().map_err(refused)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_limited_and_can_be_read_back() {
        let bytes = encode_pcm16(&[0.0, 2.0, -2.0, f32::NAN], 22_050).unwrap();
        let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
        assert_eq!(reader.spec().sample_rate, 22_050);
        let codes: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(codes, [0, i16::MAX, -i16::MAX, 0]);
    }
}
