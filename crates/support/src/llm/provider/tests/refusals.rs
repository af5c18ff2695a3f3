//! Answers that are none.

use super::*;

async fn refusal(response: ResponseTemplate) -> ModelError {
    let server = answering(response).await;
    let provider = provider(&server.uri());
    let error = provider.chat(&question()).await.expect_err("refused");
    // A stream that does not begin is refused in the same way.
    assert_eq!(provider.stream(&question(), &mut |_| {}).await.expect_err("refused"), error);
    assert!(!format!("{error} {error:?}").contains("4711"), "{error:?}");
    error
}

#[tokio::test]
async fn each_status() {
    let body = json!({ "error": { "message": "because" } });
    let model = "gpt-4o at 127.0.0.1";
    for (status, expected, is_retryable) in [
        (
            302,
            "cannot take this request: it answered 302 Found, and redirects are not followed; set its base URL",
            false,
        ),
        (400, "cannot take this request: it answered 400 Bad Request: because", false),
        (401, "refused the key", false),
        (403, "refused the key", false),
        (
            404,
            "cannot take this request: it answered 404 Not Found: because; check the base URL, and the name of the model \
             or deployment",
            false,
        ),
        (408, "is not available: it answered 408 Request Timeout", true),
        (413, "cannot take this request: it answered 413 Payload Too Large: because", false),
        (422, "cannot take this request: it answered 422 Unprocessable Entity: because", false),
        (429, "is busy", true),
        (500, "is not available: it answered 500 Internal Server Error", true),
        (503, "is not available: it answered 503 Service Unavailable", true),
    ] {
        let error = refusal(ResponseTemplate::new(status).set_body_json(&body)).await;
        assert_eq!((error.to_string(), error.is_retryable()), (format!("{model} {expected}"), is_retryable));
    }
}

#[tokio::test]
async fn when_to_try_again() {
    let later = |status, value: &str| ResponseTemplate::new(status).insert_header("retry-after", value);
    let busy = refusal(later(429, "7")).await;
    assert_eq!(busy.to_string(), "gpt-4o at 127.0.0.1 is busy; try again in 7 s");
    let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(3600));
    // Two requests with a second between them would differ.
    let server = answering(later(429, &date)).await;
    let error = provider(&server.uri()).chat(&question()).await.expect_err("busy");
    let ModelError::RateLimited { retry_after: Some(wait), .. } = error else { panic!("{error:?}") };
    assert!((3500..=3600).contains(&wait.as_secs()), "{wait:?}");
    let broken = refusal(later(503, "20")).await;
    assert!(broken.to_string().ends_with("it answered 503 Service Unavailable; try again in 20 s"), "{broken}");
}

#[tokio::test]
async fn azures_filter_names_what_it_found() {
    let body = json!({ "error": {
        "message": "The response was filtered due to the prompt ...", "param": "prompt", "code": "content_filter",
        "status": 400,
        "innererror": { "code": "ResponsibleAIPolicyViolation", "content_filter_result": {
            "hate": { "filtered": true, "severity": "medium" },
            "jailbreak": { "filtered": true, "detected": true },
            "violence": { "filtered": false, "severity": "safe" },
        } },
    } });
    let error = refusal(ResponseTemplate::new(400).set_body_json(body)).await;
    assert_eq!(error.to_string(), "gpt-4o at 127.0.0.1 refused the content: hate (medium), jailbreak");
    let silent = json!({ "error": { "code": "content_filter" } });
    let error = refusal(ResponseTemplate::new(400).set_body_json(silent)).await;
    assert!(matches!(error, ModelError::ContentFiltered { .. }), "{error:?}");
}

#[tokio::test]
async fn the_key_is_never_repeated() {
    let echo = json!({ "error": { "message": "you sent sk-test-4711,\n which is \u{7}wrong" } });
    for status in [400, 401, 429, 500] {
        refusal(ResponseTemplate::new(status).set_body_json(&echo)).await;
    }
    let error = refusal(ResponseTemplate::new(400).set_body_json(&echo)).await;
    assert!(error.to_string().ends_with("400 Bad Request: you sent [key], which is wrong"), "{error}");
    let long = json!({ "error": { "message": "x".repeat(10_000) } });
    assert!(refusal(ResponseTemplate::new(400).set_body_json(&long)).await.to_string().len() < 400);
    assert!(!format!("{:?}", provider("http://127.0.0.1:9")).contains("4711"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&other).await;
    for status in [301, 302, 307, 308] {
        let error = refusal(ResponseTemplate::new(status).insert_header("location", other.uri())).await;
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
    }
}

#[tokio::test]
async fn answers_that_cannot_be_read() {
    let long = answer(&json!({ "content": "x".repeat(5 * 1024 * 1024) }), "stop");
    let many = vec![json!({ "function": { "name": "add" } }); 129];
    for (body, expected) in [
        ("<html>".to_owned(), "it is no JSON (line 1, column 1)"),
        ("{\"choices\":".to_owned(), "it is no JSON"),
        ("[]".to_owned(), "it has another shape than a chat completion"),
        ("{}".to_owned(), "another shape"),
        ("{\"choices\": []}".to_owned(), "it holds no choice"),
        (answer(&json!({ "content": ["a"] }), "stop").to_string(), "another shape"),
        (answer(&json!({ "tool_calls": many }), "stop").to_string(), "more than 128 tool calls"),
        (long.to_string(), "it is longer than 4194304 bytes"),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let error = provider(&server.uri()).chat(&question()).await.expect_err("no answer");
        assert!(matches!(&error, ModelError::Unreadable { reason, .. } if reason.contains(expected)), "{error}");
    }
}

#[tokio::test]
async fn cut_connections() {
    for (bytes, expected) in [
        (&b""[..], "its answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"choices\":", "its answer was cut off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"ch", "its answer was cut off"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 99\r\n\r\n{\"err", "it answered 503"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "its answer was cut off"),
    ] {
        let (url, served) = writing(vec![bytes.to_vec()]).await;
        let error = provider(&url).chat(&question()).await.expect_err("cut off");
        assert!(matches!(&error, ModelError::Unavailable { reason, .. } if reason.contains(expected)), "{error}");
        assert_eq!(served.await.expect("served")["model"], "gpt-4o");
    }
}

#[tokio::test]
async fn nobody_answers() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let late = ProviderSettings { timeout: Duration::from_millis(100), ..settings(&server.uri()) };
    let error = Provider::new(late).expect("settings").chat(&question()).await.expect_err("late");
    assert_eq!(error.to_string(), "gpt-4o at 127.0.0.1 is not available: no answer within 0.1 s");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = provider(&url).chat(&question()).await.expect_err("nobody");
    assert!(error.is_retryable() && error.to_string().contains("it cannot be reached: Connection refused"), "{error}");
}
