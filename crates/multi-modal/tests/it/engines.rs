//! The real service's wire shape: the server talks to an endpoint that checks what it receives.

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::testing::Program;
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_partial_json, header, method, path},
};

use crate::{good, inline, picture, png, refused, structure, text};

/// The server with an endpoint behind it.
fn configured(endpoint: &MockServer) -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-multi-modal"))
        .with_env("MULTI_MODAL_PROGRAMS", "none")
        .with_env("OPENAI_BASE_URL", &format!("{}/openai/v1/", endpoint.uri()))
        .with_env("OPENAI_API_KEY", "the-secret-key")
        .with_env("OPENAI_TRANSCRIPTION_MODEL", "whisper-1")
        .with_env("OPENAI_IMAGE_MODEL", "gpt-image-1")
        .with_env("OPENAI_VISION_MODEL", "gpt-4o")
}

#[tokio::test]
async fn the_endpoint_hears_paints_and_sees() -> anyhow::Result<()> {
    let endpoint = MockServer::start().await;
    let bearer = || header("authorization", "Bearer the-secret-key");
    Mock::given(method("POST"))
        .and(path("/openai/v1/audio/transcriptions"))
        .and(bearer())
        .and(|request: &Request| request.body.windows(9).any(|part| part == b"whisper-1"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"text": "words from far away", "language": "english",
            "duration": 1.0, "segments": []})),
        )
        .mount(&endpoint)
        .await;
    Mock::given(method("POST"))
        .and(path("/openai/v1/images/generations"))
        .and(bearer())
        .and(body_partial_json(json!({"model": "gpt-image-1", "n": 1})))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"data": [{"b64_json": STANDARD.encode(png(1024, 1024))}]})),
        )
        .mount(&endpoint)
        .await;
    Mock::given(method("POST"))
        .and(path("/openai/v1/chat/completions"))
        .and(bearer())
        .and(body_partial_json(json!({"model": "gpt-4o"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A red field."}}]})))
        .mount(&endpoint)
        .await;

    let program = configured(&endpoint);
    let client = crate::client(&program).await?;
    let speech = inline(include_bytes!("../../samples/speech.wav"), "audio/wav");
    let heard = good(&client, "transcribe_audio", json!({"source": speech})).await?;
    assert!(text(&heard).starts_with("words from far away"), "{}", text(&heard));
    let painted = good(&client, "generate_image", json!({"prompt": "a field", "width": 300, "height": 200})).await?;
    assert_eq!(picture(&painted)?.dimensions(), (300, 200), "scaled to what was asked for");
    assert!(structure(&painted)["made_by"].as_str().is_some_and(|name| name.contains("gpt-image-1")));
    let seen = good(&client, "analyze_image", json!({"source": inline(&png(64, 64), "image/png")})).await?;
    assert_eq!(structure(&seen)["general"]["dominant_colors"][0]["hex"], "#c81e1e", "what is computed stays");
    assert_eq!(structure(&seen)["description"], "A red field.");
    Ok(())
}

#[tokio::test]
async fn its_errors_become_hints_and_keep_the_key() -> anyhow::Result<()> {
    for (status, says) in [(401, "key"), (404, "model"), (429, "again"), (500, "again")] {
        let endpoint = MockServer::start().await;
        let body = json!({"error": {"message": "no: the-secret-key", "type": "t", "code": "c"}});
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).insert_header("retry-after", "7").set_body_json(body))
            .mount(&endpoint)
            .await;
        let program = configured(&endpoint);
        let client = crate::client(&program).await?;
        let error = refused(&client, "generate_image", json!({"prompt": "a field"})).await?;
        assert!(error.contains("hint: ") && error.contains(says), "{status}: {error}");
        assert!(!error.contains("the-secret-key"), "{status}: {error}");
        assert!(!program.http().await?.log().contains("the-secret-key"), "{status}: in the log");
    }
    Ok(())
}
