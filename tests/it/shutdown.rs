//! The end: on a signal and at the end of input, with streams open and calls in flight.

use std::time::{Duration, Instant};

use mcp_support::{
    client::Revision,
    testing::{HttpServer, RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::{text, tool};

fn path() -> &'static std::path::Path {
    env!("CARGO_BIN_EXE_probe").as_ref()
}

#[tokio::test]
async fn a_signal_ends_http_with_streams_open_and_loses_no_call() -> anyhow::Result<()> {
    let mut server = HttpServer::start(path(), &[]).await?;
    let legacy = RawHttp::open(&server.url, Revision::Legacy).await?;
    let modern = RawHttp::open(&server.url, Revision::Modern).await?;
    let _stream = legacy.get().await?;
    let listening = modern.clone();
    let filter = json!({"notifications": {"toolsListChanged": true}});
    let listening = tokio::spawn(async move { listening.request("sub", "subscriptions/listen", filter).await });
    let calls: Vec<_> = [legacy, modern.clone()]
        .into_iter()
        .map(|http| {
            tokio::spawn(async move { http.request(1, "tools/call", tool("wait", json!({"ms": 1_500}))).await })
        })
        .collect();
    for id in 0..500 {
        if text(modern.request(id, "tools/call", tool("running", json!({}))).await?.answer()) == "2" {
            break;
        }
    }
    let start = Instant::now();
    server.terminate().await?;
    for call in calls {
        let reply = call.await??;
        assert_eq!(text(reply.answer()), "waited", "{} {}", reply.status, reply.text);
    }
    let listened = listening.await??;
    assert!(listened.answer()["result"].is_object(), "the subscription ends with its result: {}", listened.text);
    let status = server.wait().await?;
    assert!(status.success(), "{status}: {}", server.log());
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_call_that_does_not_finish_is_cut_off_at_the_deadline() -> anyhow::Result<()> {
    let mut server = HttpServer::start(path(), &["--drain-seconds", "1"]).await?;
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    let caller = http.clone();
    let call = tokio::spawn(async move { caller.request(1, "tools/call", tool("wait", json!({"ms": 60_000}))).await });
    for id in 0..500 {
        if text(http.request(id, "tools/call", tool("running", json!({}))).await?.answer()) == "1" {
            break;
        }
    }
    server.terminate().await?;
    assert!(server.wait().await?.success());
    let reply = call.await?;
    assert!(reply.is_err() || reply.is_ok_and(|reply| reply.status == 503), "the call has not finished");
    Ok(())
}

#[tokio::test]
async fn end_of_input_drains_the_pipe() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut stdio = RawStdio::start(path())?;
        stdio.open(revision).await?;
        for id in 0..20 {
            stdio.send(&request(revision, id, "tools/call", tool("wait", json!({"ms": 300})))).await?;
        }
        stdio.close_input();
        let (status, rest) = stdio.wait().await?;
        assert!(status.success(), "{status}");
        assert_eq!(rest.matches("waited").count(), 20, "{revision}: {rest}");
    }
    Ok(())
}

#[tokio::test]
async fn a_long_call_is_answered_after_the_end_of_input() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start(path())?;
    stdio.send(&request(Revision::Modern, 1, "tools/call", tool("wait", json!({"ms": 7_000})))).await?;
    stdio.close_input();
    let (status, rest) = stdio.wait().await?;
    assert!(status.success() && rest.contains("waited"), "{status}: {rest}");
    Ok(())
}

#[tokio::test]
async fn a_signal_ends_the_pipe_and_drains_it() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut stdio = RawStdio::start(path())?;
        stdio.open(revision).await?;
        stdio.send(&request(revision, 1, "tools/call", tool("wait", json!({"ms": 700})))).await?;
        if revision == Revision::Modern {
            let filter = json!({"notifications": {"toolsListChanged": true}});
            stdio.send(&request(revision, "sub", "subscriptions/listen", filter)).await?;
        }
        stdio.send(&request(revision, 2, "tools/call", tool("echo", json!({"text": "begun"})))).await?;
        stdio.answer(&json!(2)).await?;
        stdio.terminate().await?;
        let (status, rest) = stdio.wait().await?;
        assert!(status.success(), "{revision}: {status}");
        let messages: Vec<Value> = rest.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert!(messages.iter().any(|message| message["id"] == 1 && message["result"].is_object()), "{rest}");
        if revision == Revision::Modern {
            assert!(messages.iter().any(|message| message["id"] == "sub"), "the subscription's result: {rest}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_asked_nothing_ends_cleanly() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start(path())?;
    stdio.close_input();
    let (status, rest) = stdio.wait().await?;
    assert!(status.success() && rest.is_empty(), "{status} {rest}");
    Ok(())
}

#[tokio::test]
async fn a_client_that_stops_reading_does_not_keep_the_process() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start(path())?;
    for id in 0..8 {
        let call = tool("big", json!({"bytes": 1_000_000}));
        stdio.send(&request(Revision::Modern, id, "tools/call", call)).await?;
    }
    stdio.close_input();
    // Nothing is read from here on.
    for _ in 0..200 {
        if stdio.has_ended()? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the process is still there")
}
