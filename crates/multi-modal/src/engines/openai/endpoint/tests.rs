//! Against a server that answers badly, and one that does not answer.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::*;
use crate::engines::openai::{OpenAi, test_settings};

fn model(settings: &OpenAiSettings) -> Model {
    Model::new("gpt-4o", &Arc::new(Endpoint::new(settings).unwrap()))
}

async fn post(settings: &OpenAiSettings) -> Result<Value, MediaError> {
    let answer = model(settings).post(["some", "path"], Body::Json(json!({})), 1000).await;
    answer.map_err(|refusal| refusal.error)
}

async fn answered(response: ResponseTemplate) -> Result<Value, MediaError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    post(&test_settings(&server.uri())).await
}

/// The error after a server sent these bytes and closed the connection.
async fn after_bytes(bytes: &'static [u8]) -> MediaError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
        connection.write_all(bytes).await.unwrap();
    };
    let settings = test_settings(&url);
    let (answer, ()) = tokio::join!(post(&settings), server);
    answer.unwrap_err()
}

#[test]
fn azure_takes_the_key_in_its_own_header() {
    let cases = [
        ("https://res.openai.azure.com/openai/v1/", "api-key", "key-1"),
        ("https://RES.Services.AI.azure.com/openai/v1", "api-key", "key-1"),
        ("https://api.openai.com/v1", "authorization", "Bearer key-1"),
        ("https://openai.azure.com.example.org/v1", "authorization", "Bearer key-1"),
        ("https://evilopenai.azure.com/v1", "authorization", "Bearer key-1"),
    ];
    for (url, name, value) in cases {
        let headers = key_header(&Url::parse(url).unwrap(), "key-1").unwrap();
        assert_eq!(headers.len(), 1, "{url}");
        assert!(headers[name] == value && headers[name].is_sensitive(), "{url}");
    }
}

#[test]
fn paths_are_joined_with_and_without_a_slash() {
    for base in ["https://res.openai.azure.com/openai/v1", "https://res.openai.azure.com/openai/v1/"] {
        let endpoint = Endpoint::new(&test_settings(base)).unwrap();
        let url = endpoint.url(["audio", "transcriptions"]);
        assert_eq!(url.as_str(), "https://res.openai.azure.com/openai/v1/audio/transcriptions");
    }
}

#[tokio::test]
async fn broken_answers() {
    let cases = [
        (&b""[..], "its answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"text\":", "its answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"te", "its answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "its answer cannot be read"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", "its answer cannot be read"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 99\r\n\r\n{\"err", "it answered 503"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "its answer was cut off"),
    ];
    for (bytes, expected) in cases {
        let error = after_bytes(bytes).await.to_string();
        assert!(error.starts_with("gpt-4o at 127.0.0.1 failed: ") && error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_late_answer() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let mut settings = test_settings(&server.uri());
    settings.timeout = Duration::from_millis(100);
    let error = post(&settings).await.unwrap_err().to_string();
    assert!(error.ends_with("no answer within 0.1 s"), "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = post(&test_settings(&url)).await.unwrap_err();
    assert!(error.to_string().contains("it cannot be reached: Connection refused"), "{error}");
    assert!(error.hint().contains("base URL"), "{}", error.hint());
}

#[tokio::test]
async fn long_answers_are_not_read() {
    let long = json!({ "text": "x".repeat(2000) });
    let error = answered(ResponseTemplate::new(200).set_body_json(long)).await.unwrap_err();
    assert!(error.to_string().ends_with("it is longer than 1000 bytes"), "{error}");
    let short = json!({ "text": "x".repeat(900) });
    assert_eq!(answered(ResponseTemplate::new(200).set_body_json(&short)).await, Ok(short));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&other).await;
    for status in [301, 302, 307, 308] {
        let redirect = ResponseTemplate::new(status).insert_header("location", other.uri());
        let error = answered(redirect).await.unwrap_err();
        assert!(error.to_string().contains(&format!("it answered {status}")), "{error}");
        assert!(error.hint().contains("redirects are not followed"), "{}", error.hint());
    }
}

#[tokio::test]
async fn the_key_is_never_repeated() {
    let echo = json!({ "error": { "message": "you sent sk-test-4711,\n which is \u{7}wrong" } });
    for status in [400, 401, 429, 500] {
        let error = answered(ResponseTemplate::new(status).set_body_json(&echo)).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("4711"), "{error:?}");
    }
    let error = answered(ResponseTemplate::new(400).set_body_json(&echo)).await.unwrap_err();
    assert!(error.to_string().ends_with("400 Bad Request: you sent [key], which is wrong"), "{error}");
    let openai = OpenAi::new(&test_settings("http://127.0.0.1:9")).unwrap();
    assert!(!format!("{openai:?}").contains("4711"));
}
