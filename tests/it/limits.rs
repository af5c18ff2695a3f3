//! What a stranger may use up: bytes, time, connections, sessions.

use std::time::{Duration, Instant};

use mcp_support::{
    client::Revision,
    testing::{HttpServer, PATIENCE, Program, RawHttp},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{probe, text, tool};

#[tokio::test]
async fn an_oversized_body_is_413_announced_or_not() -> anyhow::Result<()> {
    let probe = probe();
    let server = probe.http().await?;
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    let big = tool("echo", json!({"text": "x".repeat(2 * 1024 * 1024)}));
    // Always, although the client may still be sending.
    for attempt in 0..50 {
        assert_eq!(http.request(attempt, "tools/call", big.clone()).await?.status, 413);
    }

    let mut stream = TcpStream::connect(server.address()).await?;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        server.address()
    );
    stream.write_all(head.as_bytes()).await?;
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, "x".repeat(64 * 1024));
    for _ in 0..64 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 64];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await??;
    assert!(answer[..read].starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer[..read]));
    Ok(())
}

/// What the server answers to bytes that stop, and how long it took.
async fn stalls(server: &HttpServer, bytes: &str) -> anyhow::Result<(String, Duration)> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(bytes.as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await??;
    Ok((answer, start.elapsed()))
}

#[tokio::test]
async fn slow_heads_bodies_and_idle_connections_are_closed() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_probe")).with_env("PROBE_SLOW_SECONDS", "1");
    let server = program.http().await?;
    let host = server.address();
    let (answer, took) = stalls(server, &format!("POST /mcp HTTP/1.1\r\nhost: {host}\r\nx-slow: ")).await?;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "a slow head: {answer}");
    assert!(took >= Duration::from_millis(900), "a slow head has its second: {took:?}");
    let (answer, _) = stalls(
        server,
        &format!(
            "POST /mcp HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
        ),
    )
    .await?;
    assert!(answer.starts_with("HTTP/1.1 408"), "a slow body: {answer}");
    // Kept alive after an answer, then silent.
    let (answer, _) = stalls(server, &format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n")).await?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_reader_that_stalls_loses_its_connection_and_delays_nobody() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_probe")).with_env("PROBE_SLOW_SECONDS", "1");
    let server = program.http().await?;
    let call =
        mcp_support::testing::request(Revision::Modern, 1, "tools/call", tool("big", json!({"bytes": 60_000_000})));
    let body = call.to_string();
    let mut stream = TcpStream::connect(server.address()).await?;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\naccept: application/json, \
         text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: big\r\n\
         content-length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    let reply = http.request(2, "tools/call", tool("echo", json!({"text": "not delayed"}))).await?;
    assert_eq!(text(reply.answer()), "not delayed");
    // The kernel's buffers hold some MiB; once the answer has begun, the rest never comes, however long the wait.
    let mut buffer = vec![0; 1 << 20];
    let mut received = tokio::time::timeout(PATIENCE, stream.read(&mut buffer[..1])).await??;
    tokio::time::sleep(Duration::from_secs(5)).await;
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await? {
            Ok(0) | Err(_) => break,
            Ok(read) => received += read,
        }
    }
    assert!(received < 60_000_000, "the whole answer came: {received}");
    Ok(())
}

#[tokio::test]
async fn a_session_recovers_from_a_reader_that_stalls() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_probe")).with_env("PROBE_SLOW_SECONDS", "1");
    let server = program.http().await?;
    let http = RawHttp::open(&server.url, Revision::Legacy).await?;
    // An answer that its reader does not take.
    let params = tool("big", json!({"bytes": 60_000_000}));
    let call = mcp_support::testing::request(Revision::Legacy, 1, "tools/call", params);
    let body = call.to_string();
    let mut head = format!("POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", server.address(), body.len());
    for (name, value) in &http.headers(&call, Default::default()) {
        head.push_str(&format!("{name}: {}\r\n", value.to_str()?));
    }
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
    for id in 2..22 {
        let reply = http.request(id, "tools/call", tool("echo", json!({"text": "goes on"}))).await?;
        assert_eq!(text(reply.answer()), "goes on", "{}", reply.text);
    }
    Ok(())
}

#[tokio::test]
async fn sessions_are_capped_and_the_oldest_makes_room() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_probe")).with_env("PROBE_SESSIONS", "3");
    let url = &program.http().await?.url;
    let first = RawHttp::open(url, Revision::Legacy).await?;
    let second = RawHttp::open(url, Revision::Legacy).await?;
    let third = RawHttp::open(url, Revision::Legacy).await?;
    // The first is used again, so the second is the oldest.
    assert_eq!(first.request(1, "ping", json!({})).await?.status, 200);
    let fourth = RawHttp::open(url, Revision::Legacy).await?;
    let status = async |http: &RawHttp| anyhow::Ok(http.request(2, "ping", json!({})).await?.status.as_u16());
    assert_eq!(status(&second).await?, 404, "ended");
    for (name, http) in [("first", &first), ("third", &third), ("fourth", &fourth)] {
        assert_eq!(status(http).await?, 200, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_with_a_call_in_flight_is_the_last_to_go() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_probe")).with_env("PROBE_SESSIONS", "3");
    let url = &program.http().await?.url;
    let busy = RawHttp::open(url, Revision::Legacy).await?;
    let mut response = busy.start(1, "tools/call", tool("wait", json!({"ms": 1_500}))).await?;
    for _ in 0..10 {
        RawHttp::open(url, Revision::Legacy).await?;
    }
    let mut answer = Vec::new();
    while let Some(chunk) = tokio::time::timeout(PATIENCE, response.chunk()).await?? {
        answer.extend_from_slice(&chunk);
    }
    assert!(String::from_utf8_lossy(&answer).contains("waited"), "{}", String::from_utf8_lossy(&answer));
    Ok(())
}

#[tokio::test]
async fn what_a_session_remembers_is_small() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    let huge = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "x".repeat(200_000), "version": "0"}}});
    let raw = RawHttp::open(url, Revision::Legacy).await?;
    let reply = raw.post(&huge, [("mcp-session-id".parse()?, "".parse()?)].into_iter().collect()).await?;
    assert!(!reply.answer()["result"].is_object(), "{}", reply.text);
    let uri = json!({"uri": "x".repeat(10_000)});
    let reply = raw.request(2, "resources/subscribe", uri).await?;
    assert_eq!(reply.answer()["error"]["code"], -32602, "{}", reply.text);
    Ok(())
}

#[tokio::test]
async fn silent_uploads_do_not_hold_up_small_calls() -> anyhow::Result<()> {
    let probe = probe();
    let server = probe.http().await?;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n",
        server.address()
    );
    let mut silent = Vec::new();
    for _ in 0..400 {
        let mut stream = TcpStream::connect(server.address()).await?;
        stream.write_all(head.as_bytes()).await?;
        silent.push(stream);
    }
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    let call = http.request(1, "tools/call", tool("echo", json!({"text": "not held up"})));
    let reply = tokio::time::timeout(Duration::from_secs(10), call).await??;
    assert_eq!(text(reply.answer()), "not held up");
    Ok(())
}

#[tokio::test]
async fn a_thousand_concurrent_calls() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    for revision in Revision::ALL {
        let http = RawHttp::open(url, revision).await?;
        let calls = (0..1000_u64).map(|id| {
            let http = http.clone();
            async move {
                let reply = http.request(id, "tools/call", tool("echo", json!({"text": id.to_string()}))).await?;
                anyhow::ensure!(reply.answer()["id"] == id, "{}", reply.text);
                anyhow::ensure!(text(reply.answer()) == id.to_string(), "{}", reply.text);
                Ok(())
            }
        });
        futures::future::try_join_all(calls).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_thousand_concurrent_calls_on_the_pipe() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut stdio = mcp_support::testing::RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())?;
        stdio.open(revision).await?;
        let mut seen = [false; 1000];
        for id in 0..1000 {
            let call = tool("echo", json!({"text": id.to_string()}));
            stdio.send(&mcp_support::testing::request(revision, id, "tools/call", call)).await?;
        }
        for _ in 0..1000 {
            let answer = stdio.receive().await?;
            assert_eq!(text(&answer), answer["id"].to_string());
            let id = usize::try_from(answer["id"].as_u64().expect("an id"))?;
            assert!(!std::mem::replace(&mut seen[id], true), "answered twice: {answer}");
        }
    }
    Ok(())
}
