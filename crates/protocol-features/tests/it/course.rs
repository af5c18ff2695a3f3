//! The bugs of the course's own samples, so that they stay out.

use mcp_support::{
    client::Revision,
    testing::{Leg, RawHttp, RawStdio, request},
};
use serde_json::json;

use crate::{answer, program, tool};

#[tokio::test]
async fn progress_carries_the_token_and_never_the_requests_id() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let mut params = tool("batch_operation", json!({"items": vec!["x"; 200], "operation": "sha256"}));
        let silent = messages(&program, leg, params.clone()).await?;
        assert!(silent.iter().all(|message| message["method"] != "notifications/progress"), "{leg}: nobody asked");
        params["_meta"] = json!({"progressToken": "my-token"});
        let heard = messages(&program, leg, params).await?;
        let tokens: Vec<_> = heard
            .iter()
            .filter(|message| message["method"] == "notifications/progress")
            .map(|message| &message["params"]["progressToken"])
            .collect();
        assert!(!tokens.is_empty() && tokens.iter().all(|token| **token == "my-token"), "{leg}: {tokens:?}");
    }
    Ok(())
}

/// Every message up to the answer.
async fn messages(
    program: &mcp_support::testing::Program,
    leg: Leg,
    params: serde_json::Value,
) -> anyhow::Result<Vec<serde_json::Value>> {
    if leg.http {
        let http = RawHttp::open(&program.http().await?.url, leg.revision).await?;
        return Ok(http.request(77, "tools/call", params).await?.messages);
    }
    let mut stdio = RawStdio::start(program.path())?;
    stdio.open(leg.revision).await?;
    stdio.send(&request(leg.revision, 77, "tools/call", params)).await?;
    let mut heard = Vec::new();
    loop {
        heard.push(stdio.receive().await?);
        if heard.last().is_some_and(|message| message["id"] == 77) {
            return Ok(heard);
        }
    }
}

#[tokio::test]
async fn a_cancelled_call_gets_no_partial_answer() -> anyhow::Result<()> {
    let program = program();
    let mut stdio = RawStdio::start(program.path())?;
    stdio.open(Revision::Legacy).await?;
    stdio
        .send(&request(
            Revision::Legacy,
            1,
            "tools/call",
            tool("long_running_search", json!({"query": "x", "pages": 1000})),
        ))
        .await?;
    stdio.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await?;
    for id in 2..6 {
        stdio.send(&request(Revision::Legacy, id, "tools/call", tool("render_status", json!({})))).await?;
        let answer = stdio.receive().await?;
        assert_eq!(answer["id"], id, "nothing of the cancelled call: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn sql_and_paths_do_not_get_out() -> anyhow::Result<()> {
    let program = program();
    for (name, arguments) in [
        ("query_database", json!({"sql": "DELETE FROM users; SELECT 1"})),
        (
            "query_database",
            json!({"sql": "SELECT * FROM users WHERE name = '' UNION SELECT 1, sql, 2, 3 FROM sqlite_schema"}),
        ),
        ("query_database", json!({"sql": "ATTACH '/etc/passwd' AS x"})),
        ("process_large_file", json!({"path": "../sample.sqlite"})),
        ("process_large_file", json!({"path": "/etc/passwd"})),
        ("process_large_file", json!({"path": "notes/../../tasks.sqlite"})),
    ] {
        let answer = answer(&program, Leg::ALL[3], "tools/call", tool(name, arguments.clone())).await?;
        assert_eq!(answer["result"]["isError"], true, "{name} {arguments}: {answer}");
    }
    let users = answer(
        &program,
        Leg::ALL[3],
        "tools/call",
        tool("query_database", json!({"sql": "SELECT count(*) FROM users"})),
    )
    .await?;
    assert_eq!(users["result"]["structuredContent"]["rows"], json!([[40]]));
    Ok(())
}
