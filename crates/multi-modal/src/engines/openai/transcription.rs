//! `POST audio/transcriptions`.

use async_trait::async_trait;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;

use super::{
    checks,
    endpoint::{Body, Model, TEXT_ANSWER_BYTES},
    refusal::Refusal,
};
use crate::{
    engines::{SpeechToText, Transcript, TranscriptSegment},
    error::MediaError,
};

/// A speech recognizer at an OpenAI-compatible endpoint.
#[derive(Debug, Clone)]
pub struct Transcription {
    model: Model,
}

impl Transcription {
    pub(super) fn new(model: Model) -> Self {
        Self { model }
    }

    async fn send(&self, wav: &[u8], language: Option<&str>, format: &'static str) -> Result<Answer, Refusal> {
        let file = Part::bytes(wav.to_vec()).file_name("speech.wav").mime_str("audio/wav");
        let file = file.map_err(|error| self.model.unreadable(&error.to_string()))?;
        let mut form =
            Form::new().part("file", file).text("model", self.model.id.clone()).text("response_format", format);
        if let Some(language) = language {
            form = form.text("language", language.to_owned());
        }
        self.model.post(["audio", "transcriptions"], Body::Form(form), TEXT_ANSWER_BYTES).await
    }
}

#[async_trait]
impl SpeechToText for Transcription {
    fn name(&self) -> String {
        self.model.title()
    }

    async fn transcribe(&self, wav_16k_mono: &[u8], language: Option<&str>) -> Result<Transcript, MediaError> {
        checks::check_speech_wav(wav_16k_mono)?;
        // The endpoint takes the language alone, without region.
        let language = language.map(checks::subtags).transpose()?.and_then(|parts| parts.into_iter().next());
        let language = language.as_deref();
        // Whisper tells times, the models named gpt-4o-transcribe and the like do not.
        let format = if self.model.id.contains("transcribe") { "json" } else { "verbose_json" };
        let answer = match self.send(wav_16k_mono, language, format).await {
            Err(refusal) if refusal.is_about_response_format && format != "json" => {
                self.send(wav_16k_mono, language, "json").await
            }
            other => other,
        };
        Ok(answer.map_err(|refusal| refusal.error)?.into_transcript(self.name()))
    }
}

/// The fields of `json` and `verbose_json` that are used here.
#[derive(Deserialize)]
struct Answer {
    text: String,
    language: Option<String>,
    segments: Option<Vec<Segment>>,
}

#[derive(Deserialize)]
struct Segment {
    start: f64,
    end: f64,
    text: String,
    /// Mean of the logarithms of its tokens' probabilities.
    avg_logprob: Option<f64>,
}

impl Answer {
    fn into_transcript(self, engine: String) -> Transcript {
        let segment = |segment: Segment| TranscriptSegment {
            start_ms: checks::milliseconds(segment.start),
            end_ms: checks::milliseconds(segment.end),
            text: segment.text.trim().to_owned(),
            confidence: segment.avg_logprob.map(|logarithm| checks::probability(logarithm.exp())),
            words: Vec::new(),
        };
        Transcript {
            engine,
            text: self.text.trim().to_owned(),
            language: self.language,
            segments: self.segments.unwrap_or_default().into_iter().map(segment).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wiremock::{
        Mock, MockServer, Request, ResponseTemplate,
        matchers::{header, method, path},
    };

    use super::*;
    use crate::engines::openai::{OpenAi, test_settings};

    async fn transcribe(server: &MockServer, model: &str, language: Option<&str>) -> Result<Transcript, MediaError> {
        let mut settings = test_settings(&format!("{}/v1/", server.uri()));
        settings.transcription_model = Some(model.to_owned());
        let transcription = OpenAi::new(&settings).unwrap().transcription.unwrap();
        transcription.transcribe(&checks::test_wav(&[1, -1]), language).await
    }

    /// Name and content of each part of the only form that the server got with this `response_format`.
    async fn fields(server: &MockServer) -> Vec<(String, String)> {
        let requests = server.received_requests().await.unwrap();
        let request = requests.last().unwrap();
        let kind = request.headers["content-type"].to_str().unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let boundary = format!("--{boundary}");
        let parts = body.split(&boundary).skip(1).filter(|part| !part.starts_with("--"));
        parts
            .map(|part| {
                let (head, content) = part.split_once("\r\n\r\n").unwrap();
                let name = head.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
                (name.to_owned(), content.trim_end().to_owned())
            })
            .collect()
    }

    async fn answering(response: Value) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path("/v1/audio/transcriptions"))
            .and(header("authorization", "Bearer sk-test-4711"))
            .respond_with(ResponseTemplate::new(200).set_body_json(response))
            .expect(1)
            .mount(&server)
            .await;
        server
    }

    #[tokio::test]
    async fn whisper_tells_times() {
        let server = answering(json!({
            "task": "transcribe", "language": "english", "duration": 2.5, "text": " Hello there. ",
            "segments": [
                { "id": 0, "start": 0.5, "end": 1.25, "text": " Hello", "avg_logprob": -0.25, "tokens": [1] },
                { "id": 1, "start": 1.25, "end": 2.5, "text": " there." },
            ],
        }))
        .await;
        let transcript = transcribe(&server, "whisper-1", Some("en-US")).await.unwrap();
        assert_eq!(transcript.engine, "whisper-1 at 127.0.0.1");
        assert_eq!((transcript.text.as_str(), transcript.language.as_deref()), ("Hello there.", Some("english")));
        let segments: Vec<_> =
            transcript.segments.iter().map(|s| (s.start_ms, s.end_ms, s.text.as_str(), s.confidence)).collect();
        assert_eq!(segments, [(500, 1250, "Hello", Some(0.779)), (1250, 2500, "there.", None)]);

        let fields = fields(&server).await;
        let text: Vec<_> = fields.iter().skip(1).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(text, [("model", "whisper-1"), ("response_format", "verbose_json"), ("language", "en")]);
        assert!(fields[0].0 == "file" && fields[0].1.starts_with("RIFF"), "{fields:?}");
    }

    #[tokio::test]
    async fn newer_models_answer_text_alone() {
        let server = answering(json!({ "text": "Hello", "usage": { "type": "tokens" } })).await;
        let transcript = transcribe(&server, "gpt-4o-mini-transcribe", None).await.unwrap();
        assert_eq!((transcript.text.as_str(), transcript.segments.len()), ("Hello", 0));
        let names: Vec<_> = fields(&server).await.into_iter().skip(1).collect();
        let expected = [("model", "gpt-4o-mini-transcribe"), ("response_format", "json")];
        assert_eq!(names, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Matches a form with this response format. A body with a sound in it is not UTF-8.
    fn asks_for(format: &str) -> impl Fn(&Request) -> bool + use<> {
        let line = format!("\r\n{format}\r\n");
        move |request| String::from_utf8_lossy(&request.body).contains(&line)
    }

    #[tokio::test]
    async fn a_model_of_any_name_may_refuse_times() {
        let server = MockServer::start().await;
        let refused = json!({ "error": { "message": "not compatible", "param": "response_format" } });
        Mock::given(asks_for("verbose_json"))
            .respond_with(ResponseTemplate::new(400).set_body_json(refused))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(asks_for("json"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "text": "Hello" })))
            .expect(1)
            .mount(&server)
            .await;
        assert_eq!(transcribe(&server, "my-deployment", None).await.unwrap().text, "Hello");
    }

    #[tokio::test]
    async fn other_answers_are_errors() {
        let server = answering(json!({ "words": [] })).await;
        let error = transcribe(&server, "whisper-1", None).await.unwrap_err();
        assert!(error.to_string().contains("missing field `text`"), "{error}");
        let tag = transcribe(&server, "whisper-1", Some("en\r\nx: y")).await;
        assert!(matches!(tag, Err(MediaError::Invalid { .. })), "{tag:?}");
    }
}
