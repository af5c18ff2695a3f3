//! What no service documents, and every one does one day.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

async fn failure(provider: &impl SearchProvider) -> ProviderError {
    provider.search(&ProviderRequest::new(Vertical::Web, "tea")).await.expect_err("a failure")
}

async fn failure_of(server: &MockServer) -> ProviderError {
    let error = failure(&SerpApi::new(settings(server)).expect("a client")).await;
    let shown = format!("{error} {error:?}");
    for secret in [KEY, "key%2B4711%2Fabc", "api_key", "127.0.0.1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    error
}

#[tokio::test]
async fn statuses() {
    use ErrorCode::{BadKey, InvalidQuery, QuotaExhausted, RateLimited, Upstream};
    for (status, body, code, is_retryable) in [
        (401, "{}", BadKey, false),
        (403, "<html>Forbidden</html>", BadKey, false),
        (402, "{}", QuotaExhausted, false),
        (429, r#"{"error":"Your account has run out of searches."}"#, QuotaExhausted, false),
        (429, "slow down", RateLimited, true),
        (400, r#"{"error":"Unsupported `gl`"}"#, InvalidQuery, false),
        (422, r#"{"error":{"detail":"The provided subscription token is invalid."}}"#, BadKey, false),
        (404, "Not found", Upstream, false),
        (302, "", Upstream, false),
        (500, "oops", Upstream, true),
        (503, r#"{"error":"You sent key+4711/abc, key%2B4711%2Fabc"}"#, Upstream, true),
        (200, "<html>captive portal</html>", Upstream, true),
        (200, "{\"organic_results\": [", Upstream, true),
    ] {
        let server =
            answering(ResponseTemplate::new(status).insert_header("retry-after", "7").set_body_string(body)).await;
        let error = failure_of(&server).await;
        assert_eq!((error.code, error.is_retryable), (code, is_retryable), "{status} {body}: {error}");
        let waits = code == RateLimited || status >= 500;
        assert_eq!(error.retry_after, waits.then_some(Duration::from_secs(7)), "{status} {body}");
    }
}

#[tokio::test]
async fn too_slow_too_long_cut_off_and_not_there() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let slow = ProviderSettings { timeout: Duration::from_millis(50), ..settings(&server) };
    let error = failure(&Tavily::new(slow).expect("a client")).await;
    assert_eq!((error.code, error.is_retryable), (ErrorCode::Timeout, true));

    let server = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 5 * 1024 * 1024])).await;
    let error = failure_of(&server).await;
    assert_eq!((error.code, error.is_retryable, error.reason.contains("4 MiB")), (ErrorCode::Upstream, false, true));

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    let cut = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut read = [0; 4096];
        let _ = stream.read(&mut read).await.expect("a request");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"web\":";
        stream.write_all(head.as_bytes()).await.expect("sent");
    });
    let there = ProviderSettings::new(base_url.parse().expect("a URL")).with_key(KEY.into());
    let brave = Brave::new(there).expect("a client");
    let error = failure(&brave).await;
    cut.await.expect("no panic");
    assert_eq!((error.code, error.is_retryable), (ErrorCode::Upstream, true));
    assert!(error.reason.starts_with("its answer was cut off"), "{error}");

    let error = failure(&brave).await;
    assert_eq!((error.code, error.is_retryable), (ErrorCode::Upstream, true));
    assert!(error.reason.starts_with("it cannot be reached") && !error.reason.contains("127.0.0.1"), "{error}");
}

#[test]
fn settings_that_cannot_be_used_and_none_that_shows_its_key() {
    let settings = |url: &str| ProviderSettings::new(url.parse().expect("a URL"));
    for (settings, expected) in [
        (settings("https://api.example.com"), Err(SetupError::Key("brave"))),
        (settings("https://api.example.com").with_key(" ".into()), Err(SetupError::Key("brave"))),
        (settings("https://api.example.com").with_key("two words".into()), Err(SetupError::Key("brave"))),
        (settings("http://api.example.com").with_key(KEY.into()), Err(SetupError::BaseUrl("brave"))),
        (settings("https://api.example.com/?a=b").with_key(KEY.into()), Err(SetupError::BaseUrl("brave"))),
        (settings("https://api.example.com/v1/").with_key(KEY.into()), Ok(())),
    ] {
        let shown = format!("{settings:?}");
        let client = Brave::new(settings);
        assert!(!shown.contains(KEY) && !format!("{client:?}").contains(KEY), "{shown}");
        assert_eq!(client.map(drop), expected);
    }
    assert!(Searxng::new(settings("https://searx.example.com")).is_ok());
}
