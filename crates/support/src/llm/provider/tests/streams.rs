//! Answers in pieces.

use super::*;

/// Everything that a stream told, and what it came to.
async fn streamed(chunks: Vec<Vec<u8>>) -> (Vec<String>, Result<ChatReply, ModelError>, Value) {
    let (url, served) = writing(chunks).await;
    let mut pieces = Vec::new();
    let reply = provider(&url).stream(&question(), &mut |piece| pieces.push(piece.to_owned())).await;
    (pieces, reply, served.await.expect("served"))
}

/// A response whose end is the end of the connection.
fn response(events: &[&str]) -> Vec<u8> {
    let mut text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_owned();
    for event in events {
        text += &format!("data: {event}\n\n");
    }
    text.into_bytes()
}

/// A chunk with this delta.
fn delta(delta: &Value) -> String {
    json!({ "model": "gpt-4o-2024-11-20", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
        .to_string()
}

fn end(finish_reason: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish_reason }] }).to_string()
}

const USAGE: &str = r#"{ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 3 } }"#;
const PROMPT_FILTER: &str = r#"{ "choices": [], "model": "", "prompt_filter_results": [{ "prompt_index": 0 }] }"#;

#[tokio::test]
async fn an_answer_byte_by_byte() {
    let hello = [delta(&json!({ "role": "assistant", "content": "" })), delta(&json!({ "content": "Grüß" }))];
    let rest = [delta(&json!({ "content": " Gott" })), end("stop")];
    let events = [PROMPT_FILTER, &hello[0], &hello[1], &rest[0], &rest[1], USAGE, "[DONE]"];
    let whole = response(&events);
    let by_byte = whole.iter().map(|byte| vec![*byte]).collect();
    for chunks in [vec![whole], by_byte] {
        let (pieces, reply, sent) = streamed(chunks).await;
        assert_eq!(pieces, ["Grüß", " Gott"]);
        let reply = reply.expect("an answer");
        assert_eq!((reply.text.as_str(), reply.stop_reason), ("Grüß Gott", StopReason::EndTurn));
        assert_eq!(reply.usage, Usage { input_tokens: 9, output_tokens: 3 });
        assert_eq!(reply.model, "gpt-4o-2024-11-20");
        assert_eq!((&sent["stream"], &sent["stream_options"]), (&json!(true), &json!({ "include_usage": true })));
    }
}

#[tokio::test]
async fn comments_and_other_line_ends() {
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n: waiting\r\n\r\nid: 1\r\ndata: {}\r\n\r\n\
         data:{}\r\n\r\ndata: [DONE]\r\n\r\n",
        delta(&json!({ "content": "Hi" })),
        end("length"),
    );
    let (pieces, reply, _) = streamed(vec![text.into_bytes()]).await;
    let reply = reply.expect("an answer");
    assert_eq!((pieces.as_slice(), reply.stop_reason), (["Hi".to_owned()].as_slice(), StopReason::MaxTokens));
}

#[tokio::test]
async fn tool_calls_are_put_together() {
    let call = |index: u32, function: Value| json!({ "tool_calls": [{ "index": index, "function": function }] });
    let first = |index: u32, id: &str| {
        let function = json!({ "name": "add", "arguments": "" });
        json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": function }] })
    };
    let events = [
        delta(&first(0, "call_a")),
        delta(&call(0, json!({ "arguments": "{\"a\":" }))),
        delta(&first(1, "call_b")),
        delta(&call(1, json!({ "arguments": "{\"a\":2}" }))),
        delta(&call(0, json!({ "arguments": "1}" }))),
        end("tool_calls"),
    ];
    let events: Vec<&str> = events.iter().map(String::as_str).chain(["[DONE]"]).collect();
    let (pieces, reply, _) = streamed(vec![response(&events)]).await;
    let reply = reply.expect("an answer");
    assert_eq!((pieces.len(), reply.stop_reason), (0, StopReason::ToolUse));
    let calls: Vec<_> = reply.tool_calls.iter().map(|call| (call.id.as_str(), &call.arguments)).collect();
    assert_eq!(calls, [("call_a", &json!({ "a": 1 })), ("call_b", &json!({ "a": 2 }))]);
}

#[tokio::test]
async fn calls_without_numbers() {
    let call = |id: &str| json!({ "id": id, "function": { "name": "add", "arguments": "{}" } });
    let events = [delta(&json!({ "tool_calls": [call("x"), call("y")] })), end("stop")];
    let (_, reply, _) = streamed(vec![response(&[&events[0], &events[1]])]).await;
    let ids: Vec<String> = reply.expect("an answer").tool_calls.into_iter().map(|call| call.id).collect();
    assert_eq!(ids, ["x", "y"]);
}

#[tokio::test]
async fn a_stream_that_is_cut() {
    let hello = delta(&json!({ "content": "Hi" }));
    let stop = end("stop");
    let chunked =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nff\r\ndata: {";
    for chunks in [response(&[&hello]), response(&[&hello, "[DONE]"]), response(&[]), chunked.to_vec()] {
        let (_, reply, _) = streamed(vec![chunks]).await;
        let error = reply.expect_err("cut off");
        let is_cut = matches!(&error, ModelError::Unavailable { reason, .. } if reason.contains("cut off"));
        assert!(is_cut && error.is_retryable(), "{error}");
    }
    // The rest would only have been the usage.
    let (pieces, reply, _) = streamed(vec![response(&[&hello, &stop])]).await;
    assert_eq!((pieces.len(), reply.expect("an answer").usage), (1, Usage::default()));
}

#[tokio::test]
async fn an_error_in_the_middle() {
    let hello = delta(&json!({ "content": "Hi" }));
    let filter = json!({ "code": "content_filter", "innererror": { "content_filter_result": {
        "violence": { "filtered": true, "severity": "high" },
    } } });
    let failure = json!({ "message": "the server had sk-test-4711 an error", "type": "server_error" });
    let busy = json!({ "message": "slow down", "code": "rate_limit_exceeded" });
    for (error, expected) in [
        (
            json!({ "error": failure }),
            "is not available: it failed in the middle of its answer: the server had [key] an error",
        ),
        (json!({ "error": "out of memory" }), "is not available: it failed in the middle of its answer: out of memory"),
        (json!({ "error": busy }), "is busy"),
        (json!({ "error": filter }), "refused the content: violence (high)"),
    ] {
        let (pieces, reply, _) = streamed(vec![response(&[&hello, &error.to_string()])]).await;
        assert_eq!(pieces, ["Hi"]);
        assert_eq!(reply.expect_err("failed").to_string(), format!("gpt-4o at 127.0.0.1 {expected}"));
    }
}

#[tokio::test]
async fn streams_that_cannot_be_read() {
    let far = delta(&json!({ "tool_calls": [{ "index": 4_000_000_000_u32, "function": { "name": "add" } }] }));
    let nameless = delta(&json!({ "tool_calls": [{ "index": 1, "function": { "name": "add" } }] }));
    let stop = end("stop");
    let mut html = response(&[]);
    html.extend_from_slice(b"<html>\n\n");
    for (bytes, expected) in [
        (response(&["<html>"]), "it is no JSON"),
        (response(&["[1]"]), "another shape"),
        (html, "it is no stream of events"),
        (response(&[&far]), "more than 128 tool calls"),
        (response(&[&nameless, &stop]), "a tool call without a name"),
    ] {
        let (_, reply, _) = streamed(vec![bytes]).await;
        let error = reply.expect_err("no answer");
        assert!(matches!(&error, ModelError::Unreadable { reason, .. } if reason.contains(expected)), "{error}");
    }
}

#[tokio::test]
async fn a_stream_without_end_is_left() {
    let mut chunks = vec![response(&[])];
    let line = format!(": {}\n", "x".repeat(1024 * 1024));
    chunks.extend(std::iter::repeat_n(line.into_bytes(), 40));
    let (_, reply, _) = streamed(chunks).await;
    let error = reply.expect_err("too long").to_string();
    assert!(error.ends_with("cannot be read: it is longer than 33554432 bytes"), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_cannot_stream() {
    let server = answering(ResponseTemplate::new(200).set_body_json(answer(&json!({ "content": "Hi" }), "stop"))).await;
    let mut pieces = Vec::new();
    let reply = provider(&server.uri()).stream(&question(), &mut |piece| pieces.push(piece.to_owned())).await;
    assert_eq!((pieces, reply.expect("an answer").text), (vec!["Hi".to_owned()], "Hi".to_owned()));
}

/// A server that sends one event, and then nothing.
async fn stalled() -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        request_body(&mut connection).await;
        connection.write_all(&response(&[&delta(&json!({ "content": "Hi" }))])).await.expect("written");
        std::future::pending::<()>().await;
    });
    (url, server)
}

#[tokio::test]
async fn a_stream_that_stops_for_long() {
    let (url, server) = stalled().await;
    let long = ProviderSettings { timeout: Duration::from_secs(600), ..settings(&url) };
    let provider = Provider::new(long).expect("settings");
    // From the first piece on, nothing but time can happen.
    let reply = provider.stream(&question(), &mut |_| tokio::time::pause()).await;
    assert!(reply.expect_err("stalled").to_string().ends_with("nothing came for 30 s"));
    server.abort();

    let (url, server) = stalled().await;
    let short = ProviderSettings { timeout: Duration::from_secs(5), ..settings(&url) };
    tokio::time::resume();
    let provider = Provider::new(short).expect("settings");
    let pieces = Mutex::new(0);
    let reply = provider
        .stream(&question(), &mut |_| {
            *pieces.lock().expect("not poisoned") += 1;
            tokio::time::pause();
        })
        .await;
    assert!(reply.expect_err("late").to_string().ends_with("no answer within 5 s"));
    server.abort();
}
