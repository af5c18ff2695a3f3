//! `POST images/generations`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::{
    checks,
    endpoint::{Body, Model},
    refusal::Refusal,
};
use crate::{error::MediaError, limits};

/// Most bytes of an answer: the largest picture in base64, and what stands around it.
const ANSWER_BYTES: usize = limits::IMAGE_BYTES / 3 * 4 + 64 * 1024;

/// A painter at an OpenAI-compatible endpoint.
#[derive(Debug, Clone)]
pub struct ImageGeneration {
    model: Model,
}

/// What the model painted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedImage {
    /// Name of the engine, with its model.
    pub engine: String,
    /// An image file as the model sent it, not looked into: most send PNG.
    pub encoded: Vec<u8>,
    /// The prompt that the model made of the one that it got, if it says so.
    pub revised_prompt: Option<String>,
}

impl ImageGeneration {
    pub(super) fn new(model: Model) -> Self {
        Self { model }
    }

    /// Name of the model with its host, to be told beside the result.
    pub fn name(&self) -> String {
        self.model.title()
    }

    /// Paints `prompt`, of 1 to [`limits::PROMPT_CHARS`] characters, in the size that the model knows whose shape is
    /// nearest to `width` times `height`. The picture has that size, so the caller scales and cuts it.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] and [`MediaError::TooLarge`] for the prompt, [`MediaError::Engine`] when the endpoint
    /// cannot be reached, is late, refuses, or answers with something else than a picture.
    pub async fn generate(&self, prompt: &str, width: u32, height: u32) -> Result<GeneratedImage, MediaError> {
        checks::check_prompt(prompt)?;
        let size = nearest_size(&self.model.id, width, height);
        // The gpt-image models always answer in base64, and refuse to be asked for it; the others would send a link.
        let asks_for_base64 = !self.model.id.contains("gpt-image");
        let answer = match self.send(prompt, size, asks_for_base64).await {
            Err(refusal) if refusal.is_about_response_format && asks_for_base64 => self.send(prompt, size, false).await,
            other => other,
        };
        let data = answer.map_err(|refusal| refusal.error)?.data;
        let first = data.into_iter().next().ok_or_else(|| self.model.unreadable("it holds no picture"))?;
        let encoded = first.b64_json.ok_or_else(|| self.model.unreadable("it holds no b64_json"))?;
        let encoded = STANDARD.decode(encoded).map_err(|error| self.model.unreadable(&error.to_string()))?;
        if encoded.is_empty() || encoded.len() > limits::IMAGE_BYTES {
            return Err(self.model.unreadable(&format!("its picture has {} bytes", encoded.len())));
        }
        Ok(GeneratedImage { engine: self.name(), encoded, revised_prompt: first.revised_prompt })
    }

    async fn send(&self, prompt: &str, size: &str, asks_for_base64: bool) -> Result<Answer, Refusal> {
        let mut body = json!({ "model": self.model.id, "prompt": prompt, "n": 1, "size": size });
        if asks_for_base64 {
            body["response_format"] = json!("b64_json");
        }
        self.model.post(["images", "generations"], Body::Json(body), ANSWER_BYTES).await
    }
}

/// The sizes of OpenAI's models (API reference, Create image): `dall-e-2` paints squares, `dall-e-3` and the gpt-image
/// models also a wide and a tall shape. Shapes are told apart at the geometric mean of square and wide.
fn nearest_size(model: &str, width: u32, height: u32) -> &'static str {
    let ratio = f64::from(width.max(1)) / f64::from(height.max(1));
    let (tall, wide, long_side) = if model.contains("dall-e-3") {
        ("1024x1792", "1792x1024", 1792.0)
    } else {
        ("1024x1536", "1536x1024", 1536.0)
    };
    let border = f64::sqrt(long_side / 1024.0);
    match ratio {
        _ if model.contains("dall-e-2") => "1024x1024",
        ratio if ratio > border => wide,
        ratio if ratio < 1.0 / border => tall,
        _ => "1024x1024",
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Picture>,
}

#[derive(Deserialize)]
struct Picture {
    b64_json: Option<String>,
    revised_prompt: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{body_json, body_partial_json, header, method, path},
    };

    use super::*;
    use crate::engines::openai::{OpenAi, test_settings};

    async fn generate(server: &MockServer, model: &str, prompt: &str) -> Result<GeneratedImage, MediaError> {
        let mut settings = test_settings(&server.uri());
        settings.image_model = Some(model.to_owned());
        let generation = OpenAi::new(&settings).unwrap().image_generation.unwrap();
        generation.generate(prompt, 640, 480).await
    }

    async fn mount(server: &MockServer, request: Value, status: u16, answer: Value) {
        Mock::given(method("POST"))
            .and(path("/images/generations"))
            .and(header("authorization", "Bearer sk-test-4711"))
            .and(body_json(request))
            .respond_with(ResponseTemplate::new(status).set_body_json(answer))
            .expect(1)
            .mount(server)
            .await;
    }

    fn request(model: &str, size: &str) -> Value {
        json!({ "model": model, "prompt": "a red fox", "n": 1, "size": size })
    }

    #[tokio::test]
    async fn gpt_image_is_not_asked_for_a_format() {
        let server = MockServer::start().await;
        let answer = json!({ "created": 1, "data": [{ "b64_json": "iVBORw==" }], "usage": {} });
        mount(&server, request("gpt-image-1", "1536x1024"), 200, answer).await;
        let image = generate(&server, "gpt-image-1", "a red fox").await.unwrap();
        assert_eq!((image.encoded.as_slice(), image.revised_prompt), (&b"\x89PNG"[..], None));
        assert_eq!(image.engine, "gpt-image-1 at 127.0.0.1");
    }

    #[tokio::test]
    async fn other_models_are_asked_for_base64() {
        let server = MockServer::start().await;
        let mut asked = request("dall-e-3", "1792x1024");
        asked["response_format"] = json!("b64_json");
        let answer = json!({ "data": [{ "b64_json": "iVBORw==", "revised_prompt": "a fox, red" }] });
        mount(&server, asked, 200, answer).await;
        let image = generate(&server, "dall-e-3", "a red fox").await.unwrap();
        assert_eq!(image.revised_prompt.as_deref(), Some("a fox, red"));
    }

    #[tokio::test]
    async fn a_model_of_any_name_may_refuse_the_format() {
        let server = MockServer::start().await;
        let mut asked = request("painter", "1536x1024");
        asked["response_format"] = json!("b64_json");
        let refused = json!({ "error": { "message": "Unknown parameter: 'response_format'.", "param": null } });
        mount(&server, asked, 400, refused).await;
        mount(&server, request("painter", "1536x1024"), 200, json!({ "data": [{ "b64_json": "iVBORw==" }] })).await;
        assert_eq!(generate(&server, "painter", "a red fox").await.unwrap().encoded, b"\x89PNG");
    }

    #[tokio::test]
    async fn other_answers_are_errors() {
        let cases = [
            (json!({ "data": [] }), "holds no picture"),
            (json!({ "data": [{ "url": "https://example.org/fox.png" }] }), "holds no b64_json"),
            (json!({ "data": [{ "b64_json": "not base64!" }] }), "Invalid"),
            (json!({ "data": [{ "b64_json": "" }] }), "has 0 bytes"),
            (json!({ "created": 1 }), "missing field `data`"),
        ];
        for (answer, expected) in cases {
            let server = MockServer::start().await;
            mount(&server, request("gpt-image-1", "1536x1024"), 200, answer).await;
            let error = generate(&server, "gpt-image-1", "a red fox").await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn what_the_filter_refuses_is_told_once() {
        let server = MockServer::start().await;
        let refused = json!({ "error": { "message": "your prompt was blocked", "code": "content_policy_violation" } });
        Mock::given(body_partial_json(json!({ "response_format": "b64_json" })))
            .respond_with(ResponseTemplate::new(400).set_body_json(refused))
            .expect(1)
            .mount(&server)
            .await;
        let error = generate(&server, "dall-e-3", "a red fox").await.unwrap_err();
        assert!(error.to_string().ends_with("400 Bad Request: your prompt was blocked"), "{error}");
        let empty = generate(&server, "dall-e-3", " ").await;
        assert!(matches!(empty, Err(MediaError::Invalid { .. })), "{empty:?}");
    }

    #[test]
    fn sizes_have_the_nearest_shape() {
        let cases = [
            ("gpt-image-1", 512, 512, "1024x1024"),
            ("gpt-image-1", 640, 480, "1536x1024"),
            ("dall-e-3", 640, 480, "1792x1024"),
            ("gpt-image-1", 480, 640, "1024x1536"),
            ("dall-e-3", 16, 2048, "1024x1792"),
            ("dall-e-2", 2048, 16, "1024x1024"),
            ("painter", 0, 0, "1024x1024"),
            ("painter", u32::MAX, 0, "1536x1024"),
        ];
        for (model, width, height, size) in cases {
            assert_eq!(nearest_size(model, width, height), size, "{model} {width} x {height}");
        }
    }
}
