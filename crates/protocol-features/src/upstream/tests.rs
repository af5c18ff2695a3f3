//! Against a server that answers badly, and one that does not answer.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path, query_param},
};

use super::*;

const BOUNDS: Bounds = Bounds { deadline: Duration::from_secs(20), most_bytes: 1000 };

fn upstream(base_url: &str, bounds: Bounds) -> Upstream {
    let token = SecretString::from("token-4711");
    Upstream::new(&Url::parse(base_url).unwrap(), HeaderMap::new(), Some(&token), bounds).unwrap()
}

async fn json(upstream: &Upstream) -> Result<Value, UpstreamError> {
    let reply = upstream.get(&["some", "path"], &[]).await?;
    if reply.status.is_success() { upstream.json(&reply) } else { Err(upstream.refused(&reply)) }
}

async fn answered(response: ResponseTemplate) -> Result<Value, UpstreamError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    json(&upstream(&server.uri(), BOUNDS)).await
}

/// The error after a server sent these bytes and closed the connection.
async fn after_bytes(bytes: &'static [u8]) -> UpstreamError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = upstream(&format!("http://{}", listener.local_addr().unwrap()), BOUNDS);
    let server = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
        connection.write_all(bytes).await.unwrap();
    };
    let (answer, ()) = tokio::join!(json(&upstream), server);
    answer.unwrap_err()
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    for url in [
        "http://api.example.com/",
        "ftp://localhost/",
        "https://user@api.example.com/",
        "https://:token-4711@api.example.com/",
        "https://api.example.com/?key=token-4711",
        "https://api.example.com/#here",
        "data:text/plain,x",
    ] {
        let error = Upstream::new(&Url::parse(url).unwrap(), HeaderMap::new(), None, BOUNDS).unwrap_err();
        assert_eq!(error, UpstreamError::BaseUrl, "{url}");
    }
    let base_url = Url::parse("https://api.example.com/").unwrap();
    for token in ["token-\u{e9}", "a\nb", "a b"] {
        let error = Upstream::new(&base_url, HeaderMap::new(), Some(&token.into()), BOUNDS).unwrap_err();
        assert_eq!(error, UpstreamError::Token, "{token:?}");
    }
    assert!(Upstream::new(&base_url, HeaderMap::new(), Some(&"  ".into()), BOUNDS).unwrap().token.is_none());
    assert!(!format!("{:?}", upstream("https://api.example.com/", BOUNDS)).contains("4711"));
}

#[tokio::test]
async fn the_request_stays_below_the_base_url() {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(200).set_body_json(json!(1));
    Mock::given(path("/api/v3/a%2F..%3Fb/c"))
        .and(query_param("q", "x&y=z"))
        .respond_with(response)
        .expect(2)
        .mount(&server)
        .await;
    for base in ["/api/v3", "/api/v3/"] {
        let upstream = upstream(&format!("{}{base}", server.uri()), BOUNDS);
        let reply = upstream.get(&["a/..?b", "c"], &[("q", "x&y=z")]).await.unwrap();
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test]
async fn broken_answers() {
    for (bytes, expected) in [
        (&b""[..], "the answer of 127.0.0.1 was cut off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"text\":", "was cut off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"te", "was cut off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "cannot be read: EOF"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", "cannot be read: expected value"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 99\r\n\r\n{\"err", "127.0.0.1 answered 503"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "was cut off"),
    ] {
        let error = after_bytes(bytes).await.to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_late_answer() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let upstream = upstream(&server.uri(), Bounds { deadline: Duration::from_millis(100), ..BOUNDS });
    let error = json(&upstream).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer from 127.0.0.1 within 0.1 s");
    assert!(error.is_retryable());
    // The wait for a place counts too.
    let _all = upstream.places.acquire_many(PLACES as u32).await.unwrap();
    assert_eq!(json(&upstream).await.unwrap_err(), error);
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = json(&upstream(&url, BOUNDS)).await.unwrap_err();
    assert!(error.to_string().starts_with("127.0.0.1 cannot be reached: Connection refused"), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn long_answers_are_not_read() {
    let long = answered(ResponseTemplate::new(200).set_body_json(json!("x".repeat(1000)))).await;
    assert_eq!(long.unwrap_err().to_string(), "the answer of 127.0.0.1 is longer than 1000 bytes");
    let short = json!("x".repeat(900));
    assert_eq!(answered(ResponseTemplate::new(200).set_body_json(&short)).await, Ok(short));
    let refusal = answered(ResponseTemplate::new(500).set_body_string("x".repeat(1_000_000))).await;
    assert_eq!(refusal.unwrap_err().to_string(), "127.0.0.1 answered 500");
}

#[tokio::test]
async fn each_status_has_its_error() {
    let echo = json!({ "message": "you sent token-4711,\n which is \u{7}wrong" });
    for (status, retry_after, message, hint, is_retryable) in [
        (400, "", "127.0.0.1 answered 400: you sent [token], which is wrong", "ask the operator to check", false),
        (404, "", "127.0.0.1 answered 404: you sent [token], which is wrong", "ask the operator to check", false),
        (408, "", "127.0.0.1 answered 408: you sent [token], which is wrong", "call again later", true),
        (429, "7", "127.0.0.1 wants fewer requests", "call again in 7 s", true),
        (429, "soon", "127.0.0.1 wants fewer requests", "call again later", true),
        (500, "", "127.0.0.1 answered 500: you sent [token], which is wrong", "call again later", true),
        (301, "", "127.0.0.1 answered 301, and redirects are not followed", "check the base URL", false),
    ] {
        let response = ResponseTemplate::new(status)
            .set_body_json(&echo)
            .insert_header("retry-after", retry_after)
            .insert_header("location", "http://127.0.0.1:9/");
        let error = answered(response).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().contains(hint), "{}", error.hint());
        assert_eq!(error.is_retryable(), is_retryable, "{status}");
    }
}
