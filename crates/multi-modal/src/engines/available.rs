//! Which engines are there: an endpoint where it is configured, else a program where it is installed, else none.

use std::{sync::Arc, time::Duration};

use mcp_support::cli::UsageError;

use super::{
    SpeechToText, TextRecognizer,
    openai::{ImageGeneration, OpenAi, OpenAiSettings, Vision},
    pocketsphinx::PocketSphinx,
    tesseract::Tesseract,
};
use crate::settings::{Programs, Settings};

/// How long a recognizer of text may take for one picture.
const TEXT_TIME: Duration = Duration::from_secs(60);
/// How long a recognizer of speech may take for one sound: ten minutes of speech take about five.
pub const SPEECH_TIME: Duration = Duration::from_secs(600);
/// How long the endpoint may take for one call.
const ENDPOINT_TIME: Duration = Duration::from_secs(100);

/// The engines of one server.
#[derive(Clone, Default)]
pub struct Engines {
    /// Reads text in pictures.
    pub text: Option<Arc<dyn TextRecognizer>>,
    /// Hears words in sounds.
    pub speech: Option<Arc<dyn SpeechToText>>,
    /// Describes pictures.
    pub vision: Option<Arc<Vision>>,
    /// Paints pictures.
    pub painter: Option<Arc<ImageGeneration>>,
}

impl Engines {
    /// No engine: everything is computed by this server, or left out.
    pub fn none() -> Self {
        Self::default()
    }

    /// The engines that `settings` name and this machine has.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn from_settings(settings: &Settings) -> anyhow::Result<Self> {
        let mut engines = Self::none();
        if settings.programs == Programs::Auto {
            engines.text = Tesseract::find(TEXT_TIME).map(|engine| Arc::new(engine) as _);
            engines.speech = PocketSphinx::find(SPEECH_TIME).map(|engine| Arc::new(engine) as _);
        }
        if let Some(api_key) = settings.openai_api_key.clone() {
            let endpoint = OpenAi::new(&OpenAiSettings {
                base_url: settings.openai_base_url.clone(),
                api_key,
                transcription_model: settings.openai_transcription_model.clone(),
                image_model: settings.openai_image_model.clone(),
                vision_model: settings.openai_vision_model.clone(),
                timeout: ENDPOINT_TIME,
            })
            .map_err(|error| UsageError(format!("OPENAI_BASE_URL or OPENAI_API_KEY: {error}")))?;
            if let Some(engine) = endpoint.transcription {
                engines.speech = Some(Arc::new(engine));
            }
            if let Some(engine) = endpoint.vision {
                let engine = Arc::new(engine);
                engines.text = Some(engine.clone());
                engines.vision = Some(engine);
            }
            engines.painter = endpoint.image_generation.map(Arc::new);
        }
        let models =
            [&settings.openai_transcription_model, &settings.openai_image_model, &settings.openai_vision_model];
        if settings.openai_api_key.is_some() != models.into_iter().any(Option::is_some) {
            tracing::warn!("the endpoint is used only when both OPENAI_API_KEY and a model are set");
        }
        let name = |name: Option<String>| name.unwrap_or_else(|| "none".to_owned());
        tracing::debug!(
            text = name(engines.text.as_ref().map(|engine| engine.name())),
            speech = name(engines.speech.as_ref().map(|engine| engine.name())),
            painter = name(engines.painter.as_ref().map(|engine| engine.name())),
            "engines"
        );
        Ok(engines)
    }
}
