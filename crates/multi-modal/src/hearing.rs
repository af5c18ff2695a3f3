//! What can be read out of a sound: signals without an engine, words with one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    audio::{
        decode::decode,
        dtmf::{self, DtmfReport},
        morse::{self, MorseReport},
        segments::{Segment, SegmentKind, segments},
        wav::encode_pcm16,
    },
    engines::{SpeechToText, Transcript},
    error::MediaError,
    watch::Watch,
};

/// What speech recognizers want, in Hz.
const SPEECH_RATE: u32 = 16_000;

/// What was heard.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hearing {
    /// Playing time in milliseconds.
    pub duration_ms: u64,
    /// Stretches of activity, in order.
    pub segments: Vec<Segment>,
    /// Telephone digits.
    pub dtmf: DtmfReport,
    /// Morse code, or why it is none.
    pub morse: MorseReport,
    /// The words, heard by a recognizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Transcript>,
    /// What made this report, and which engine would add the rest.
    pub made_by: String,
}

/// What was heard, and the sound as recognizers want it: WAV, 16 kHz, mono, 16 bit.
pub struct Heard {
    /// For programs.
    pub report: Hearing,
    /// For a recognizer.
    pub wav_16k_mono: Vec<u8>,
}

/// Decodes a sound and reads its signals.
///
/// # Errors
/// The sound is refused, or the work was cancelled.
pub fn hear(bytes: &[u8], claimed: Option<&str>, watch: &dyn Watch) -> Result<Heard, MediaError> {
    let sound = decode(bytes, claimed, watch)?;
    let report = Hearing {
        duration_ms: u64::try_from(sound.duration().as_millis()).unwrap_or(u64::MAX),
        segments: segments(&sound, watch)?,
        dtmf: dtmf::detect(&sound, watch)?,
        morse: morse::decode(&sound, watch)?,
        transcript: None,
        made_by: "segments, DTMF and Morse code computed by this server".to_owned(),
    };
    let wav_16k_mono = encode_pcm16(&sound.mono_at(SPEECH_RATE, watch)?, SPEECH_RATE)?;
    Ok(Heard { report, wav_16k_mono })
}

impl Heard {
    /// Lets a recognizer hear the words, or says which one would. Signals are not speech: they are not sent.
    ///
    /// # Errors
    /// The recognizer failed.
    pub async fn transcribe(
        &mut self,
        recognizer: Option<&dyn SpeechToText>,
        language: Option<&str>,
    ) -> Result<(), MediaError> {
        let is_signal = self.report.morse.text.is_some() || !self.report.dtmf.digits.is_empty();
        let is_silent = self.report.segments.is_empty();
        match recognizer {
            _ if is_signal || is_silent => {}
            Some(recognizer) => {
                let transcript = recognizer.transcribe(&self.wav_16k_mono, language).await?;
                self.report.made_by.push_str(&format!("; words heard by {}", recognizer.name()));
                self.report.transcript = Some(transcript);
            }
            None => self.report.made_by.push_str(
                "; install pocketsphinx (Debian: pocketsphinx, pocketsphinx-en-us), or set OPENAI_API_KEY and \
                 OPENAI_TRANSCRIPTION_MODEL, and the words are heard too",
            ),
        }
        Ok(())
    }

    /// In a few words, what matters most first.
    pub fn summary(&self) -> String {
        let report = &self.report;
        if let Some(text) = &report.morse.text {
            return format!("Morse code: {text}");
        }
        if !report.dtmf.digits.is_empty() {
            return format!("telephone digits: {}", report.dtmf.digits);
        }
        if report.segments.is_empty() {
            return "silence".to_owned();
        }
        let speech = report.segments.iter().filter(|segment| segment.kind == SegmentKind::Speech).count();
        let active: u64 = report.segments.iter().map(|segment| segment.end_ms - segment.start_ms).sum();
        let activity = format!(
            "{} of sound ({speech} like speech), {:.1} s of {:.1} s",
            match report.segments.len() {
                1 => "1 stretch".to_owned(),
                stretches => format!("{stretches} stretches"),
            },
            active as f64 / 1000.0,
            report.duration_ms as f64 / 1000.0
        );
        match &report.transcript {
            Some(transcript) if transcript.text.trim().is_empty() => format!("no words were heard; {activity}"),
            Some(transcript) => format!("{}\n({activity}; heard by {})", transcript.text.trim(), transcript.engine),
            None => format!("{activity}; no recognizer is installed to hear the words"),
        }
    }
}
