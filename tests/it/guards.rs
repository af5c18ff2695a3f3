//! What `harden` promises, on all four legs.

use std::time::Duration;

use mcp_support::{
    client::Revision,
    testing::{Leg, Program, RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::{Raw, probe, text, tool};

#[tokio::test]
async fn a_panic_is_answered_and_keeps_its_secret() -> anyhow::Result<()> {
    let probe = probe();
    for leg in Leg::ALL {
        let mut raw = Raw::open(&probe, leg.http, leg.revision).await?;
        for (id, name) in [(1, "panic"), (2, "panic_later")] {
            let arguments = if name == "panic" { json!({"text": "the secret of the panic"}) } else { json!({}) };
            let answer = raw.answer(leg.revision, id, "tools/call", tool(name, arguments)).await?;
            assert_eq!(answer["error"]["code"], -32603, "{leg}: {answer}");
            assert!(!answer.to_string().contains("secret"), "{leg}: {answer}");
        }
        let answer = raw.answer(leg.revision, 3, "tools/call", tool("echo", json!({"text": "alive"}))).await?;
        assert_eq!(text(&answer), "alive", "{leg}");
    }
    Ok(())
}

#[tokio::test]
async fn errors_have_the_right_code() -> anyhow::Result<()> {
    let probe = probe();
    for leg in Leg::ALL {
        let mut raw = Raw::open(&probe, leg.http, leg.revision).await?;
        let mut code = async |id, method, params| -> anyhow::Result<Value> {
            Ok(raw.answer(leg.revision, id, method, params).await?["error"]["code"].clone())
        };
        assert_eq!(code(1, "tools/call", tool("nothing", json!({}))).await?, -32602, "{leg}: unknown tool");
        assert_eq!(code(2, "no/such/method", json!({})).await?, -32601, "{leg}: unknown method");
        assert_eq!(code(3, "tools/call", json!({"arguments": {}})).await?, -32602, "{leg}: no name");
        assert_eq!(code(4, "prompts/get", json!({"name": 7})).await?, -32602, "{leg}: name is no text");
        assert_eq!(code(5, "resources/read", json!({})).await?, -32602, "{leg}: no uri");
        assert_eq!(code(8, "tasks/get", json!({})).await?, -32601, "{leg}: a capability that is not offered");
        assert_eq!(code(9, "completion/complete", json!({})).await?, -32601, "{leg}: another");
        // What 2026-07-28 has removed is gone, well-formed or not.
        let malformed = if leg.revision == Revision::Modern { -32601 } else { -32602 };
        assert_eq!(code(10, "logging/setLevel", json!({})).await?, malformed, "{leg}: no level");
        assert_eq!(code(11, "resources/subscribe", json!({})).await?, malformed, "{leg}: no uri");
        let level = code(12, "logging/setLevel", json!({"level": "info"})).await?;
        assert_eq!(level, if leg.revision == Revision::Modern { json!(-32601) } else { Value::Null }, "{leg}");
        let answer = raw.answer(leg.revision, 6, "tools/call", tool("echo", json!({"text": 7}))).await?;
        assert_eq!(answer["result"]["isError"], true, "{leg}: the model can mend an argument: {answer}");
        let answer = raw.answer(leg.revision, 7, "tools/call", tool("echo", json!({"text": "a", "b": 1}))).await?;
        assert_eq!(answer["result"]["isError"], true, "{leg}: unknown fields are refused: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn results_name_their_server_where_the_revision_says_so() -> anyhow::Result<()> {
    let probe = probe();
    for leg in Leg::ALL {
        let mut raw = Raw::open(&probe, leg.http, leg.revision).await?;
        for (id, method, params) in
            [(1, "tools/call", tool("echo", json!({"text": "a"}))), (2, "tools/list", json!({}))]
        {
            let answer = raw.answer(leg.revision, id, method, params).await?;
            let server = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
            match leg.revision {
                Revision::Modern => assert_eq!(*server, json!({"name": "probe", "version": "1.0.0"}), "{leg} {method}"),
                Revision::Legacy => assert!(server.is_null(), "{leg} {method}: {answer}"),
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_silent_call_ends_at_its_deadline_and_progress_moves_it() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        let probe = Program::new(env!("CARGO_BIN_EXE_probe")).with_env("PROBE_CALL_SECONDS", "1");
        let mut raw = if leg.http {
            Raw::open(&probe, true, leg.revision).await?
        } else {
            let mut stdio = RawStdio::start_with(probe.path(), &[("PROBE_CALL_SECONDS", "1")])?;
            stdio.open(leg.revision).await?;
            Raw::Stdio(Box::new(stdio))
        };
        let answer = raw.answer(leg.revision, 1, "tools/call", tool("wait", json!({"ms": 60_000}))).await?;
        assert_eq!(answer["result"]["isError"], true, "{leg}: {answer}");
        assert!(text(&answer).contains("within 1 s"), "{leg}: {answer}");

        // Twice as long as the deadline, but never silent for as long as it.
        let mut params = tool("wait", json!({"ms": 2_000, "steps": 9}));
        params["_meta"] = json!({"progressToken": "t"});
        let messages = raw.request(leg.revision, 2, "tools/call", params).await?;
        let (answer, notifications) = messages.split_last().expect("an answer");
        assert_eq!(text(answer), "waited", "{leg}");
        let progress: Vec<f64> = notifications
            .iter()
            .filter(|message| message["method"] == "notifications/progress")
            .filter_map(|message| message["params"]["progress"].as_f64())
            .collect();
        assert!(progress.len() >= 5 && progress.is_sorted_by(|a, b| a < b), "{leg}: {progress:?}");
    }
    Ok(())
}

#[tokio::test]
async fn log_messages_go_only_where_they_were_asked_for() -> anyhow::Result<()> {
    let probe = probe();
    for leg in Leg::ALL {
        let mut raw = Raw::open(&probe, leg.http, leg.revision).await?;
        let messages = raw.request(leg.revision, 1, "tools/call", tool("log", json!({}))).await?;
        assert_eq!(messages.len(), 1, "{leg}: nobody asked: {messages:?}");
        assert_eq!(text(&messages[0]), "0", "{leg}");

        let mut params = tool("log", json!({}));
        match leg.revision {
            Revision::Legacy => {
                raw.answer(leg.revision, 2, "logging/setLevel", json!({"level": "warning"})).await?;
            }
            Revision::Modern => params["_meta"] = json!({"io.modelcontextprotocol/logLevel": "warning"}),
        }
        let messages = raw.request(leg.revision, 3, "tools/call", params).await?;
        let (answer, logged) = messages.split_last().expect("an answer");
        assert_eq!(text(answer), "2", "{leg}: {messages:?}");
        let levels: Vec<&Value> = logged.iter().map(|message| &message["params"]["level"]).collect();
        // In a session the messages go to its own stream, which `a_session_hears_its_log` reads.
        if !(leg.http && leg.revision == Revision::Legacy) {
            assert_eq!(levels, ["warning", "emergency"], "{leg}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_session_hears_its_log() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Legacy).await?;
    let mut stream = http.get().await?;
    http.request(1, "logging/setLevel", json!({"level": "emergency"})).await?;
    http.request(2, "tools/call", tool("log", json!({}))).await?;
    let mut heard = String::new();
    while !heard.contains("notifications/message") {
        let chunk = tokio::time::timeout(mcp_support::testing::PATIENCE, stream.chunk()).await??;
        heard.push_str(&String::from_utf8_lossy(&chunk.expect("the stream is open")));
    }
    assert!(heard.contains("emergency"), "{heard}");
    Ok(())
}

#[tokio::test]
async fn more_calls_than_allowed_are_refused_and_the_rest_is_served() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start_with(env!("CARGO_BIN_EXE_probe").as_ref(), &[("PROBE_IN_FLIGHT", "4")])?;
    let revision = Revision::Modern;
    for id in 0..4 {
        stdio.send(&request(revision, id, "tools/call", tool("wait", json!({"ms": 4_000})))).await?;
    }
    // The four begin in their own time; once they have, there is no room for a fifth.
    let mut refused = Value::Null;
    for id in 10..500 {
        stdio.send(&request(revision, id, "tools/call", tool("echo", json!({"text": "one too many"})))).await?;
        refused = stdio.answer(&json!(id)).await?;
        if refused["error"].is_object() {
            break;
        }
    }
    assert_eq!(refused["error"]["code"], -32000, "{refused}");
    for _ in 0..4 {
        assert_eq!(text(&stdio.receive().await?), "waited");
    }
    Ok(())
}

/// Waits until the number of running waits is `expected`.
async fn running(http: &RawHttp, expected: &str) -> anyhow::Result<()> {
    for id in 100..600 {
        let reply = http.request(id, "tools/call", tool("running", json!({}))).await?;
        if text(reply.answer()) == expected {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("not {expected} running")
}

#[tokio::test]
async fn a_client_that_vanishes_frees_its_call() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    let http = RawHttp::open(url, Revision::Modern).await?;
    // Before the first message of the answer, and after it, when the answer has become a stream.
    for steps in [0, 100] {
        let mut params = tool("wait", json!({"ms": 60_000, "steps": steps}));
        params["_meta"] = json!({"progressToken": 1});
        let caller = http.clone();
        let call = tokio::spawn(async move {
            let mut response = caller.start(1, "tools/call", params).await?;
            while response.chunk().await?.is_some() {}
            anyhow::Ok(())
        });
        running(&http, "1").await?;
        tokio::time::sleep(Duration::from_millis(if steps > 0 { 1_500 } else { 0 })).await;
        call.abort();
        running(&http, "0").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_session_of_2025_11_25_survives_a_disconnect_and_cancels_when_told() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    let http = RawHttp::open(url, Revision::Legacy).await?;
    let caller = http.clone();
    let call = tokio::spawn(async move { caller.request(7, "tools/call", tool("wait", json!({"ms": 60_000}))).await });
    running(&http, "1").await?;
    call.abort();
    tokio::time::sleep(Duration::from_millis(300)).await;
    running(&http, "1").await?;
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
    http.post(&cancelled, Default::default()).await?;
    running(&http, "0").await
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_not_answered() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut stdio = RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())?;
        stdio.open(revision).await?;
        stdio.send(&request(revision, 1, "tools/call", tool("wait", json!({"ms": 60_000})))).await?;
        stdio.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await?;
        let mut left = String::new();
        for id in 2..500 {
            stdio.send(&request(revision, id, "tools/call", tool("running", json!({})))).await?;
            let message = stdio.receive().await?;
            assert_eq!(message["id"], id, "{revision}: the cancelled call was answered: {message}");
            left = text(&message).to_owned();
            if left == "0" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(left, "0", "{revision}");
    }
    Ok(())
}
