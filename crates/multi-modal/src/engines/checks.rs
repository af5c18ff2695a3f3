//! What every engine is checked for: the form of its input before it runs, and of the numbers that it writes.

use crate::{error::MediaError, limits};

/// A language tag split at its hyphens, in lower case: the language first, then script, region and so on (RFC 5646).
///
/// # Errors
/// [`MediaError::Invalid`] if it does not have the form of a tag.
pub(crate) fn subtags(tag: &str) -> Result<Vec<String>, MediaError> {
    let parts: Vec<String> = tag.split('-').map(str::to_ascii_lowercase).collect();
    let is_language = |part: &String| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
    let is_subtag = |part: &String| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if tag.len() <= 35 && parts.first().is_some_and(is_language) && parts.iter().all(is_subtag) {
        return Ok(parts);
    }
    Err(MediaError::Invalid {
        what: format!("{:?} is not a language tag", tag.chars().take(40).collect::<String>()),
        hint: "use a BCP 47 tag such as en, de or pt-BR, or leave the language out".to_owned(),
    })
}

/// Refuses a sound that is not what [`SpeechToText`](super::SpeechToText) asks for. Recognizers read a fixed header
/// without looking for chunks, and would take a foreign one for noise.
pub(crate) fn check_speech_wav(wav: &[u8]) -> Result<(), MediaError> {
    if wav.len() > limits::AUDIO_BYTES {
        return Err(MediaError::TooLarge {
            what: "sound",
            actual: format!("{} bytes", wav.len()),
            limit: format!("{} bytes", limits::AUDIO_BYTES),
        });
    }
    let at = |range: std::ops::Range<usize>| wav.get(range).unwrap_or_default();
    let is_speech = at(0..4) == b"RIFF"
        && at(8..16) == b"WAVEfmt "
        && at(20..24) == [1, 0, 1, 0]
        && at(24..28) == 16_000_u32.to_le_bytes()
        && at(34..36) == 16_u16.to_le_bytes()
        && at(36..40) == b"data";
    if is_speech { Ok(()) } else { Err(MediaError::malformed("sound", "not a 16 kHz mono 16-bit PCM WAV")) }
}

/// Refuses what is not a PNG file, by its signature and the size in its header (PNG specification, 5.2 and 11.2.1).
///
/// Tesseract takes a file of any other type for a list of names of pictures, and opens them.
pub(crate) fn check_png(png: &[u8]) -> Result<(), MediaError> {
    let number = |at: usize| png.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let (true, Some(b"IHDR"), Some(width), Some(height)) =
        (png.starts_with(b"\x89PNG\r\n\x1a\n"), png.get(12..16), number(16), number(20))
    else {
        return Err(MediaError::malformed("image", "not a PNG"));
    };
    if u64::from(width) * u64::from(height) > limits::IMAGE_PIXELS {
        return Err(MediaError::TooLarge {
            what: "image",
            actual: format!("{width} x {height} pixels"),
            limit: format!("{} pixels", limits::IMAGE_PIXELS),
        });
    }
    Ok(())
}

/// Refuses an empty prompt, and one of more than [`limits::PROMPT_CHARS`] characters.
pub(crate) fn check_prompt(prompt: &str) -> Result<(), MediaError> {
    let length = prompt.chars().count();
    if prompt.trim().is_empty() {
        return Err(MediaError::Invalid {
            what: "the prompt is empty".to_owned(),
            hint: "say what is wanted".to_owned(),
        });
    }
    if length > limits::PROMPT_CHARS {
        return Err(MediaError::TooLarge {
            what: "prompt",
            actual: format!("{length} characters"),
            limit: format!("{} characters", limits::PROMPT_CHARS),
        });
    }
    Ok(())
}

/// Seconds as an engine wrote them, in milliseconds; negative and undefined values become 0.
pub(crate) fn milliseconds(seconds: f64) -> u64 {
    // A float-to-integer cast saturates, and makes 0 of what is not a number.
    (seconds * 1000.0).round() as u64
}

/// A probability as an engine wrote it, within 0..1 and with three decimals.
pub(crate) fn probability(value: f64) -> f64 {
    if value.is_finite() { (value.clamp(0.0, 1.0) * 1000.0).round() / 1000.0 } else { 0.0 }
}

/// A file in the form that [`SpeechToText`](super::SpeechToText) takes, for the tests of its engines.
#[cfg(test)]
pub(crate) fn test_wav(samples: &[i16]) -> Vec<u8> {
    let bytes = u32::try_from(samples.len() * 2).unwrap_or_default();
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend((bytes + 36).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(32_000_u32.to_le_bytes());
    wav.extend_from_slice(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

/// The start of a PNG file of this size, for the tests of its readers.
#[cfg(test)]
pub(crate) fn test_png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn language_tags() {
        assert_eq!(subtags("EN").unwrap(), ["en"]);
        assert_eq!(subtags("zh-Hant-TW").unwrap(), ["zh", "hant", "tw"]);
        for wrong in ["", "e", "english", "en_US", "en--US", "en-", "-l", "eng+deu", "../eng", "d\u{e9}"] {
            assert!(matches!(subtags(wrong), Err(MediaError::Invalid { .. })), "{wrong}");
        }
    }

    #[test]
    fn sounds_of_the_wrong_form_are_refused() {
        let good = test_wav(&[0, 1, -1]);
        assert_eq!(check_speech_wav(&good), Ok(()));
        for (position, value) in [(0, b'X'), (20, 3), (22, 2), (24, 0), (34, 24), (36, b'L')] {
            let mut wrong = good.clone();
            wrong[position] = value;
            assert!(matches!(check_speech_wav(&wrong), Err(MediaError::Malformed { .. })), "{position}");
        }
        let long = vec![0; limits::AUDIO_BYTES + 1];
        assert!(matches!(check_speech_wav(&long), Err(MediaError::TooLarge { .. })));
    }

    #[test]
    fn pictures_of_the_wrong_form_are_refused() {
        assert_eq!(check_png(&test_png(640, 480)), Ok(()));
        assert!(matches!(check_png(b"/etc/passwd\n"), Err(MediaError::Malformed { .. })));
        assert!(matches!(check_png(&test_png(640, 480)[..20]), Err(MediaError::Malformed { .. })));
        assert!(matches!(check_png(&test_png(u32::MAX, u32::MAX)), Err(MediaError::TooLarge { .. })));
    }

    #[test]
    fn prompts_have_a_length() {
        assert_eq!(check_prompt(&"\u{e9}".repeat(limits::PROMPT_CHARS)), Ok(()));
        assert!(matches!(check_prompt(" \n"), Err(MediaError::Invalid { .. })));
        let long = "x".repeat(limits::PROMPT_CHARS + 1);
        assert!(matches!(check_prompt(&long), Err(MediaError::TooLarge { .. })));
    }

    #[test]
    fn numbers_of_engines_are_tamed() {
        assert_eq!([1.2346, -1.0, f64::NAN].map(milliseconds), [1235, 0, 0]);
        assert_eq!([0.12345, 1.0003, -0.5, f64::NAN].map(probability), [0.123, 1.0, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes: Vec<u8>, tag: String) {
            let _ = (check_png(&bytes), check_speech_wav(&bytes), subtags(&tag));
        }
    }
}
