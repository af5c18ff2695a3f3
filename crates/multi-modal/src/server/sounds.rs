//! Sounds in and out.

use image::DynamicImage;
use rmcp::{
    RoleServer,
    handler::server::{tool::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::Deserialize;

use super::{
    MultiModal, allow_for_engine,
    answer::{Answer, Picture},
};
use crate::{
    audio::{
        decode::decode,
        measure::{AudioReport, measure},
        spectrogram::spectrogram,
        synthesize::{SynthesisReport, dial_dtmf, key_morse, play_notes},
    },
    error::MediaError,
    hearing::{Hearing, hear},
    source::{Kind, Source},
};

/// Longest score, text or number, in characters.
const WRITING_CHARS: usize = 2_000;

/// Arguments of `transcribe_audio`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TranscribeAudio {
    /// A WAV, MP3, FLAC or OGG.
    source: Source,
    /// Language of the speech, as BCP 47, such as "en".
    #[serde(default)]
    #[schemars(length(min = 2, max = 35))]
    language: Option<String>,
}

/// Arguments of `analyze_audio`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnalyzeAudio {
    /// A WAV, MP3, FLAC or OGG.
    source: Source,
}

/// Arguments of `synthesize_audio`: exactly one of notes, morse and dtmf.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SynthesizeAudio {
    /// A score, note:beats, such as "C4:1 E4:1 G4:2 R:1 A#4:0.5".
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    notes: Option<String>,
    /// Beats per minute, for notes; 120 by default.
    #[serde(default)]
    bpm: Option<f64>,
    /// A text to send in Morse code.
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    morse: Option<String>,
    /// Words per minute, 5 to 40, for morse; 20 by default.
    #[serde(default)]
    wpm: Option<f64>,
    /// A number to dial: 0-9, A-D, * and #.
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    dtmf: Option<String>,
}

#[tool_router(router = sound_tools, vis = "pub(super)")]
impl MultiModal {
    /// Turns sound into text: speech with a recognizer, Morse code and telephone digits without one, and where there is activity.
    #[tool(
        title = "Transcribe audio",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true),
        output_schema = schema_for_output::<Hearing>()
    )]
    async fn transcribe_audio(
        &self,
        Parameters(arguments): Parameters<TranscribeAudio>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let loaded = self.load(&arguments.source, Kind::Audio, &context).await?;
        let mut heard = self
            .shared
            .workers
            .run(&context, "listening", move |watch| hear(&loaded.bytes, loaded.claimed.as_deref(), watch))
            .await?;
        allow_for_engine(&context);
        heard.transcribe(self.shared.engines.speech.as_deref(), arguments.language.as_deref()).await?;
        Answer::new(self, &context, "transcribe_audio", heard.summary()).with(&heard.report)
    }

    /// Measures a sound: level, clipping, silence, pitch, spectrum, tempo. Returns a spectrogram to look at.
    #[tool(
        title = "Analyse audio",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true),
        output_schema = schema_for_output::<AudioReport>()
    )]
    async fn analyze_audio(
        &self,
        Parameters(arguments): Parameters<AnalyzeAudio>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let loaded = self.load(&arguments.source, Kind::Audio, &context).await?;
        let (report, picture) = self
            .shared
            .workers
            .run(&context, "measuring", move |watch| {
                let sound = decode(&loaded.bytes, loaded.claimed.as_deref(), watch)?;
                let report = measure(&sound, watch)?;
                let picture = DynamicImage::from(spectrogram(&sound, watch)?).to_rgba8();
                Ok((report, Picture::of(&picture)?))
            })
            .await?;
        let mut answer = Answer::new(self, &context, "analyze_audio", report.summary.clone());
        answer.picture("spectrogram", picture)?;
        answer.with(&report)
    }

    /// Makes a sound from a score, a text in Morse code, or a number to dial. Give exactly one of notes, morse and dtmf.
    #[tool(
        title = "Synthesize audio",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = false),
        output_schema = schema_for_output::<SynthesisReport>()
    )]
    async fn synthesize_audio(
        &self,
        Parameters(arguments): Parameters<SynthesizeAudio>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let writing = Writing::of(arguments)?;
        let made = self
            .shared
            .workers
            .run_light(&context, "synthesizing", move |watch| match writing {
                Writing::Notes(score, bpm) => play_notes(&score, bpm, watch),
                Writing::Morse(text, wpm) => key_morse(&text, wpm, 600.0, watch),
                Writing::Dtmf(digits) => dial_dtmf(&digits, 100, 80, watch),
            })
            .await?;
        let mut answer = Answer::new(self, &context, "synthesize_audio", made.report.summary.clone());
        answer.sound(&made.report.summary, made.wav)?;
        answer.with(&made.report)
    }
}

/// What is to be played, with its speed.
enum Writing {
    Notes(String, f64),
    Morse(String, f64),
    Dtmf(String),
}

impl Writing {
    fn of(arguments: SynthesizeAudio) -> Result<Self, MediaError> {
        let SynthesizeAudio { notes, bpm, morse, wpm, dtmf } = arguments;
        let writing = match (notes, morse, dtmf) {
            (Some(score), None, None) if wpm.is_none() => Self::Notes(score, bpm.unwrap_or(120.0)),
            (None, Some(text), None) if bpm.is_none() => Self::Morse(text, wpm.unwrap_or(20.0)),
            (None, None, Some(digits)) if bpm.is_none() && wpm.is_none() => Self::Dtmf(digits),
            _ => {
                return Err(MediaError::Invalid {
                    what: "there is not exactly one of notes, morse and dtmf".to_owned(),
                    hint: "give notes (with bpm), or morse (with wpm), or dtmf".to_owned(),
                });
            }
        };
        let (Self::Notes(text, _) | Self::Morse(text, _) | Self::Dtmf(text)) = &writing;
        let length = text.chars().count();
        if length > WRITING_CHARS {
            return Err(MediaError::TooLarge {
                what: "writing",
                actual: format!("{length} characters"),
                limit: format!("{WRITING_CHARS} characters"),
            });
        }
        Ok(writing)
    }
}
