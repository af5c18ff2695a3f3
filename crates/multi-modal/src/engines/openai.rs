//! Models behind an OpenAI-compatible endpoint: OpenAI itself, Azure OpenAI's v1 endpoint
//! (`https://RESOURCE.openai.azure.com/openai/v1/`), or a server of one's own.
//!
//! Nothing is tried twice when the endpoint is busy or broken: the error says when to call again, and the caller
//! decides.

mod endpoint;
mod image_generation;
mod refusal;
mod transcription;
mod vision;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use url::Url;

pub use image_generation::{GeneratedImage, ImageGeneration};
pub use transcription::Transcription;
pub use vision::Vision;

use super::checks;
use crate::error::MediaError;
use endpoint::{Endpoint, Model};

/// Where the endpoint is, and which models to use there. Its `Debug` form does not show the key.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    /// What stands before `audio/transcriptions` and the like, such as `https://api.openai.com/v1/`: `https`, or `http`
    /// on this machine; without user name, query and fragment.
    pub base_url: Url,
    /// Sent as `api-key` to Azure's hosts, as `Authorization: Bearer` to all others.
    pub api_key: SecretString,
    /// Model (on Azure: deployment) for `audio/transcriptions`, such as `whisper-1` or `gpt-4o-transcribe`.
    pub transcription_model: Option<String>,
    /// Model (on Azure: deployment) for `images/generations`, such as `gpt-image-1` or `dall-e-3`.
    pub image_model: Option<String>,
    /// Model (on Azure: deployment) for `chat/completions` with pictures, such as `gpt-4o`.
    pub vision_model: Option<String>,
    /// How long each request may take, from connecting to the last byte of its answer.
    pub timeout: Duration,
}

/// What the endpoint can do, by the models that are set. They share one client; clones are cheap.
#[derive(Debug, Clone)]
pub struct OpenAi {
    /// Speech to text, if its model is set.
    pub transcription: Option<Transcription>,
    /// Prompt to picture, if its model is set.
    pub image_generation: Option<ImageGeneration>,
    /// Picture to text, if its model is set.
    pub vision: Option<Vision>,
}

impl OpenAi {
    /// Builds the client. Nothing is sent yet. A blank model is none.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] for a base URL or a key that cannot be used, [`MediaError::Engine`] when the client
    /// cannot be built.
    pub fn new(settings: &OpenAiSettings) -> Result<Self, MediaError> {
        let endpoint = Arc::new(Endpoint::new(settings)?);
        let model = |id: &Option<String>| {
            let id = id.as_deref().map(str::trim).filter(|id| !id.is_empty())?;
            Some(Model::new(id, &endpoint))
        };
        Ok(Self {
            transcription: model(&settings.transcription_model).map(Transcription::new),
            image_generation: model(&settings.image_model).map(ImageGeneration::new),
            vision: model(&settings.vision_model).map(Vision::new),
        })
    }
}

/// Settings for a stand-in at `base_url`, for the tests of the models.
#[cfg(test)]
fn test_settings(base_url: &str) -> OpenAiSettings {
    OpenAiSettings {
        base_url: Url::parse(base_url).unwrap(),
        api_key: "sk-test-4711".into(),
        transcription_model: Some("whisper-1".to_owned()),
        image_model: Some("gpt-image-1".to_owned()),
        vision_model: Some("gpt-4o".to_owned()),
        timeout: Duration::from_secs(20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_are_refused() {
        let wrong = [
            "http://api.openai.com/v1/",
            "ftp://localhost/v1/",
            "https://user@api.openai.com/v1/",
            "https://:sk-test-4711@api.openai.com/v1/",
            "https://api.openai.com/v1/?key=sk-test-4711",
            "https://api.openai.com/v1/#here",
            "data:text/plain,x",
        ];
        for url in wrong {
            let error = OpenAi::new(&test_settings(url)).unwrap_err();
            assert!(matches!(error, MediaError::Invalid { .. }), "{url}: {error}");
            assert!(!format!("{error:?}").contains("sk-test"), "{error:?}");
        }
        for key in ["", "  ", "sk-\u{e9}", "sk-a\nb"] {
            let mut settings = test_settings("https://api.openai.com/v1");
            settings.api_key = key.into();
            let error = OpenAi::new(&settings).unwrap_err();
            assert!(matches!(error, MediaError::Invalid { .. }), "{key:?}: {error}");
        }
    }

    #[test]
    fn models_that_are_not_set_are_missing() {
        let mut settings = test_settings("http://127.0.0.1:9/v1");
        settings.image_model = Some(" ".to_owned());
        settings.vision_model = None;
        let openai = OpenAi::new(&settings).unwrap();
        assert!(openai.transcription.is_some() && openai.image_generation.is_none() && openai.vision.is_none());
    }

    #[test]
    fn the_key_is_not_shown() {
        let settings = test_settings("https://api.openai.com/v1");
        let openai = OpenAi::new(&settings).unwrap();
        let shown = format!("{settings:?} {openai:?} {openai:#?}");
        assert!(!shown.contains("sk-test-4711"), "{shown}");
    }
}
