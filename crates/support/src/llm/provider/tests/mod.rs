//! Against servers that check what they get, answer badly, or break off.

mod arguments;
mod questions;
mod refusals;
mod streams;

use std::{sync::Mutex, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, method, path},
};

use super::*;
use crate::llm::{Message, Part, StopReason, Tool, ToolCall, ToolChoice, Usage};

const KEY: &str = "sk-test-4711";

fn settings(url: &str) -> ProviderSettings {
    ProviderSettings {
        base_url: url.parse().expect("a URL"),
        api_key: Some(KEY.into()),
        model: "gpt-4o".to_owned(),
        azure: None,
        timeout: Duration::from_secs(20),
    }
}

fn provider(url: &str) -> Provider {
    Provider::new(settings(url)).expect("settings that can be used")
}

fn question() -> ChatRequest {
    ChatRequest { messages: vec![Message::user("Hello?")], ..ChatRequest::default() }
}

/// A server that answers everything with this.
async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

/// A choice with this message, as in an answer.
fn answer(message: &Value, finish_reason: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024-11-20",
        "choices": [{ "index": 0, "message": message, "finish_reason": finish_reason }],
        "usage": { "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11 },
    })
}

/// A server for one connection: it reads one request, writes each of `chunks` by itself, and closes. Its URL, and the
/// body that it got.
async fn writing(chunks: Vec<Vec<u8>>) -> (String, tokio::task::JoinHandle<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let served = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        connection.set_nodelay(true).expect("no delay");
        let body = request_body(&mut connection).await;
        for chunk in chunks {
            if connection.write_all(&chunk).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        body
    });
    (url, served)
}

async fn request_body(connection: &mut TcpStream) -> Value {
    let mut request = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let size = connection.read(&mut chunk).await.expect("a request");
        assert!(size > 0, "the request broke off");
        request.extend_from_slice(&chunk[..size]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return body;
        }
    }
}

#[tokio::test]
async fn eight_requests_at_a_time() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = Arc::clone(&gate);
    let route = axum::routing::post(async move || {
        arrived.send(()).expect("the test goes on");
        held.acquire().await.expect("open").forget();
        axum::Json(answer(&json!({ "content": "Hi" }), "stop"))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        axum::serve(listener, axum::Router::new().route("/chat/completions", route)).await.expect("served");
    });
    let provider = provider(&url);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move { provider.chat(&question()).await })
        })
        .collect();
    for _ in 0..8 {
        arrivals.recv().await.expect("a request");
    }
    // Whatever else could arrive has time to.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(arrivals.try_recv().is_err(), "a ninth request came before any was answered");
    gate.add_permits(10);
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("an answer").text, "Hi");
    }
    server.abort();
}
