//! Engines outside this program: speech and text recognizers that are installed beside it, or reached over HTTP.
//! Everything here is optional. What is missing is left out by the caller, which says what would add it.

mod available;
mod checks;
pub mod command;
pub mod openai;
pub mod pocketsphinx;
pub mod tesseract;

use std::{
    env,
    path::{Path, PathBuf},
};

use async_trait::async_trait;

pub use self::available::{Engines, SPEECH_TIME};
use crate::{error::MediaError, vision::BoundingBox};

/// Turns speech into text.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// Name of the engine, with its model where it has one, to be told beside the result.
    fn name(&self) -> String;

    /// Recognizes the words of a sound: a WAV file of 16 kHz, mono, 16-bit PCM whose data follow its 44-byte header, as
    /// `hound` writes it. `language` is a BCP 47 tag such as `en` or `pt-BR`; without one the engine takes its default.
    /// Dropping the future ends the work.
    ///
    /// # Errors
    /// [`MediaError::Malformed`] and [`MediaError::TooLarge`] for the sound, [`MediaError::Invalid`] for the tag, and
    /// [`MediaError::Engine`] when the engine is missing, late, does not know the language, or fails.
    async fn transcribe(&self, wav_16k_mono: &[u8], language: Option<&str>) -> Result<Transcript, MediaError>;
}

/// Reads the text in a picture.
#[async_trait]
pub trait TextRecognizer: Send + Sync {
    /// Name of the engine, with its model where it has one, to be told beside the result.
    fn name(&self) -> String;

    /// Reads a PNG file. `language` is a BCP 47 tag such as `en` or `zh-Hant`; without one the engine takes its
    /// default. Dropping the future ends the work.
    ///
    /// # Errors
    /// [`MediaError::Malformed`] and [`MediaError::TooLarge`] for the picture, [`MediaError::Invalid`] for the tag, and
    /// [`MediaError::Engine`] when the engine is missing, late, does not know the language, or fails.
    async fn recognize(&self, png: &[u8], language: Option<&str>) -> Result<RecognizedText, MediaError>;
}

/// What a speech recognizer heard.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Transcript {
    /// Name of the engine, with its model where it has one.
    pub engine: String,
    /// The whole text; empty when no words were heard.
    pub text: String,
    /// Language as the engine names it, if it does.
    pub language: Option<String>,
    /// Stretches of speech in order of time; empty when the engine gives no times.
    pub segments: Vec<TranscriptSegment>,
}

/// One stretch of speech.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct TranscriptSegment {
    /// Start of its first word, in milliseconds from the start of the sound.
    pub start_ms: u64,
    /// End of its last word, in milliseconds from the start of the sound.
    pub end_ms: u64,
    /// Its words.
    pub text: String,
    /// How sure the engine is of these words, 0..1, if it says so.
    pub confidence: Option<f64>,
    /// Its words one by one; empty when the engine gives no times for words.
    pub words: Vec<TranscriptWord>,
}

/// One word of speech.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct TranscriptWord {
    /// Start, in milliseconds from the start of the sound.
    pub start_ms: u64,
    /// End, in milliseconds from the start of the sound.
    pub end_ms: u64,
    /// The word.
    pub text: String,
    /// How sure the engine is of this word, 0..1.
    pub confidence: f64,
}

/// What a text recognizer read.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct RecognizedText {
    /// Name of the engine, with its model where it has one.
    pub engine: String,
    /// The lines in reading order, one a line; empty when no text was seen.
    pub text: String,
    /// The same lines with what is known of each.
    pub lines: Vec<RecognizedLine>,
}

/// One line of text in a picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct RecognizedLine {
    /// Its words with single blanks between them.
    pub text: String,
    /// Where it is, in pixels of the picture, if the engine says so.
    pub bounding_box: Option<BoundingBox>,
    /// How sure the engine is of its words, 0..1, if it says so.
    pub confidence: Option<f64>,
}

/// The first executable file called `program` in the absolute directories of `PATH`. A name with a separator in it, and
/// the current directory, are never taken.
pub fn find_on_path(program: &str) -> Option<PathBuf> {
    let is_bare_name = Path::new(program).file_name().is_some_and(|name| name == program);
    let path = env::var_os("PATH").filter(|_| is_bare_name)?;
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(format!("{program}{}", env::consts::EXE_SUFFIX)))
        .find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_bare_name_only() {
        let shell = find_on_path("sh").unwrap();
        assert!(shell.is_absolute() && shell.is_file());
        for name in ["", ".", "..", "/bin/sh", "./sh", "bin/sh", "no-such-program-4711"] {
            assert_eq!(find_on_path(name), None, "{name}");
        }
    }
}
