//! Log messages reach who asked, at the level that was asked for.

use mcp_support::{
    client::Revision,
    testing::{RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::{program, tool};

fn levels(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter(|message| message["method"] == "notifications/message")
        .map(|message| message["params"]["level"].as_str().unwrap_or("?"))
        .collect()
}

#[tokio::test]
async fn a_request_hears_what_it_asked_for() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    for (level, wanted) in [
        (None, vec![]),
        (Some("debug"), vec!["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]),
        (Some("error"), vec!["error", "critical", "alert", "emergency"]),
        (Some("emergency"), vec!["emergency"]),
    ] {
        let mut params = tool("complex_operation", json!({"steps": 8}));
        if let Some(level) = level {
            params["_meta"]["io.modelcontextprotocol/logLevel"] = level.into();
        }
        let reply = http.request(1, "tools/call", params).await?;
        assert_eq!(levels(&reply.messages), wanted, "{level:?}");
    }
    let mut params = tool("complex_operation", json!({"steps": 1000}));
    params["_meta"]["io.modelcontextprotocol/logLevel"] = "debug".into();
    let reply = http.request(1, "tools/call", params).await?;
    let structure = &reply.messages.last().expect("an answer")["result"]["structuredContent"];
    assert!(structure["dropped"].as_u64() > Some(800) && levels(&reply.messages).len() < 200, "{structure}");
    Ok(())
}

#[tokio::test]
async fn a_session_hears_what_it_asked_for() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start(program().path())?;
    stdio.open(Revision::Legacy).await?;
    for (level, wanted) in [(None, 0), (Some("critical"), 3), (Some("debug"), 8)] {
        if let Some(level) = level {
            stdio.send(&request(Revision::Legacy, 1, "logging/setLevel", json!({ "level": level }))).await?;
            stdio.answer(&json!(1)).await?;
        }
        stdio.send(&request(Revision::Legacy, 2, "tools/call", tool("complex_operation", json!({"steps": 8})))).await?;
        let mut heard = Vec::new();
        loop {
            let message = stdio.receive().await?;
            if message["id"] == 2 {
                break;
            }
            heard.push(message);
        }
        assert_eq!(levels(&heard).len(), wanted, "{level:?}: {heard:?}");
    }
    Ok(())
}
