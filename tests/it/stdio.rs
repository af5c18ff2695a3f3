//! The pipe: what is not a message is answered, and nothing but the end of input ends the server.

use mcp_support::{
    client::Revision,
    testing::{RawStdio, request},
};
use serde_json::{Value, json};

use crate::{text, tool};

fn start() -> anyhow::Result<RawStdio> {
    RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())
}

async fn is_alive(stdio: &mut RawStdio, revision: Revision) -> anyhow::Result<()> {
    stdio.send(&request(revision, "alive", "tools/call", tool("echo", json!({"text": "yes"})))).await?;
    assert_eq!(text(&stdio.answer(&json!("alive")).await?), "yes");
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_is_answered() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut stdio = start()?;
        stdio.open(revision).await?;
        for (line, id, code) in [
            ("not json", Value::Null, -32700),
            ("{\"jsonrpc\":\"2.0\",\"id\":1,", Value::Null, -32700),
            ("\u{0}\u{1}", Value::Null, -32700),
            ("[]", Value::Null, -32600),
            ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", Value::Null, -32600),
            ("7", Value::Null, -32600),
            ("{\"id\":\"a\",\"method\":\"ping\"}", json!("a"), -32600),
            ("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":7}", json!(5), -32600),
            ("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools/list\"}", Value::Null, -32600),
            ("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"tools/list\"}", Value::Null, -32600),
            ("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":[]}", json!(5), -32602),
        ] {
            stdio.send_bytes(format!("{line}\n").as_bytes()).await?;
            let answer = stdio.receive().await?;
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{revision} {line}: {answer}");
        }
        stdio.send_bytes(b"\xff\xfe\n").await?;
        assert_eq!(stdio.receive().await?["error"]["code"], -32700, "not UTF-8");
        stdio.send_bytes(b"\n\r\n  \n").await?;
        is_alive(&mut stdio, revision).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_line_that_is_too_long_is_answered_and_skipped() -> anyhow::Result<()> {
    let mut stdio = start()?;
    let long = tool("echo", json!({"text": "x".repeat(3 * 1024 * 1024)}));
    stdio.send(&request(Revision::Modern, 1, "tools/call", long)).await?;
    let answer = stdio.receive().await?;
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
    assert!(answer["error"]["message"].as_str().is_some_and(|text| text.contains("1048576")), "{answer}");
    is_alive(&mut stdio, Revision::Modern).await
}

#[tokio::test]
async fn a_stray_first_message_does_not_end_the_server() -> anyhow::Result<()> {
    for first in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "m"}}),
    ] {
        let mut stdio = start()?;
        stdio.send(&first).await?;
        is_alive(&mut stdio, Revision::Modern).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_message_may_come_in_pieces_and_several_at_once() -> anyhow::Result<()> {
    let mut stdio = start()?;
    let line = format!("{}\n", request(Revision::Modern, 1, "tools/call", tool("echo", json!({"text": "pieces"}))));
    for byte in line.as_bytes() {
        stdio.send_bytes(&[*byte]).await?;
    }
    assert_eq!(text(&stdio.answer(&json!(1)).await?), "pieces");
    let many: String = (0..50)
        .map(|id| format!("{}\r\n", request(Revision::Modern, id, "tools/call", tool("echo", json!({"text": "m"})))))
        .collect();
    stdio.send_bytes(many.as_bytes()).await?;
    for _ in 0..50 {
        assert_eq!(text(&stdio.receive().await?), "m");
    }
    Ok(())
}

#[tokio::test]
async fn both_revisions_share_the_pipe() -> anyhow::Result<()> {
    let mut stdio = start()?;
    stdio.open(Revision::Legacy).await?;
    stdio.send(&request(Revision::Legacy, 1, "tools/list", json!({}))).await?;
    assert!(stdio.answer(&json!(1)).await?["result"].get("resultType").is_none());
    stdio.send(&request(Revision::Modern, 2, "tools/list", json!({}))).await?;
    assert_eq!(stdio.answer(&json!(2)).await?["result"]["resultType"], "complete");
    Ok(())
}
