//! The experimental tasks of 2025-11-25, with the methods of that revision.

use std::time::Duration;

use mcp_support::{
    client::Revision,
    testing::{Leg, Program, RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::{program, tool};

/// One session of 2025-11-25.
enum Session {
    Stdio(Box<RawStdio>),
    Http(RawHttp),
}

impl Session {
    async fn open(program: &Program, leg: Leg) -> anyhow::Result<Self> {
        if leg.http {
            return Ok(Self::Http(RawHttp::open(&program.http().await?.url, Revision::Legacy).await?));
        }
        let mut stdio = RawStdio::start(program.path())?;
        stdio.open(Revision::Legacy).await?;
        Ok(Self::Stdio(Box::new(stdio)))
    }

    async fn ask(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        match self {
            Self::Stdio(stdio) => {
                stdio.send(&request(Revision::Legacy, 1, method, params)).await?;
                stdio.answer(&json!(1)).await
            }
            Self::Http(http) => {
                let reply = http.request(1, method, params).await?;
                Ok(reply.messages.last().cloned().unwrap_or_default())
            }
        }
    }

    async fn create(&mut self, seconds: u32, ttl: u64) -> anyhow::Result<Value> {
        let mut params = tool("run_report", json!({"rows": 100, "seconds": seconds}));
        params["task"] = json!({ "ttl": ttl });
        Ok(self.ask("tools/call", params).await?["result"]["task"].clone())
    }
}

/// The two legs of this revision.
fn legs() -> impl Iterator<Item = Leg> {
    Leg::ALL.into_iter().filter(|leg| leg.revision == Revision::Legacy)
}

#[tokio::test]
async fn a_task_is_made_polled_listed_and_read() -> anyhow::Result<()> {
    let program = program();
    for leg in legs() {
        let mut session = Session::open(&program, leg).await?;
        let task = session.create(1, 60_000).await?;
        assert_eq!((&task["status"], &task["ttl"]), (&json!("working"), &json!(60_000)), "{leg}: {task}");
        let id = json!({"taskId": task["taskId"]});
        let polled = session.ask("tasks/get", id.clone()).await?["result"].clone();
        assert_eq!((&polled["taskId"], polled["pollInterval"].is_u64()), (&task["taskId"], true), "{leg}: {polled}");
        let listed = session.ask("tasks/list", json!({})).await?["result"]["tasks"].clone();
        assert!(
            listed.as_array().is_some_and(|tasks| tasks.iter().any(|one| one["taskId"] == task["taskId"])),
            "{listed}"
        );
        let result = session.ask("tasks/result", id.clone()).await?["result"].clone();
        assert_eq!(result["structuredContent"]["rows"], 100, "{leg}: {result}");
        assert_eq!(result["_meta"]["io.modelcontextprotocol/related-task"], id, "{leg}: {result}");
        assert_eq!(session.ask("tasks/get", id.clone()).await?["result"]["status"], "completed", "{leg}");
        assert_eq!(session.ask("tasks/cancel", id).await?["error"]["code"], -32602, "{leg}: it has ended");
    }
    Ok(())
}

#[tokio::test]
async fn a_task_is_cancelled_and_its_result_refused() -> anyhow::Result<()> {
    let program = program();
    for leg in legs() {
        let mut session = Session::open(&program, leg).await?;
        let id = json!({"taskId": session.create(60, 600_000).await?["taskId"]});
        assert_eq!(session.ask("tasks/cancel", id.clone()).await?["result"]["status"], "cancelled", "{leg}");
        assert_eq!(session.ask("tasks/result", id).await?["error"]["code"], -32602, "{leg}");
    }
    Ok(())
}

#[tokio::test]
async fn they_are_declared_and_the_rest_is_as_it_was() -> anyhow::Result<()> {
    let program = program();
    let mut stdio = RawStdio::start(program.path())?;
    let params =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "0"}});
    stdio.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})).await?;
    let result = stdio.answer(&json!(1)).await?["result"].clone();
    assert!(result["capabilities"]["tasks"]["requests"]["tools"]["call"].is_object(), "{result}");
    assert!(result["capabilities"]["tools"]["listChanged"].is_boolean(), "{result}");
    for leg in legs() {
        let mut session = Session::open(&program, leg).await?;
        let tools = session.ask("tools/list", json!({})).await?["result"]["tools"].clone();
        for tool in tools.as_array().into_iter().flatten() {
            let wanted = if tool["name"] == "run_report" { json!("optional") } else { Value::Null };
            assert_eq!(tool["execution"]["taskSupport"], wanted, "{leg}: {tool}");
        }
        let direct = session.ask("tools/call", tool("run_report", json!({"rows": 10}))).await?;
        assert_eq!(direct["result"]["structuredContent"]["rows"], 10, "{leg}: not as a task, {direct}");
        for (params, code) in [
            (json!({"name": "render_status", "arguments": {}, "task": {}}), -32601),
            (json!({"name": "run_report", "arguments": {"rows": 0}, "task": {}}), -32602),
            (json!({"name": "run_report", "arguments": {"rows": "x"}, "task": {"ttl": 1}}), -32602),
            (json!({"name": "run_report", "arguments": {"rows": 1}, "task": {"ttl": "x"}}), -32602),
        ] {
            assert_eq!(session.ask("tools/call", params.clone()).await?["error"]["code"], code, "{leg}: {params}");
        }
        for (method, params) in [
            ("tasks/get", json!({"taskId": "none"})),
            ("tasks/get", json!({})),
            ("tasks/result", json!({"taskId": 7})),
            ("tasks/list", json!({"cursor": "forged"})),
        ] {
            assert_eq!(session.ask(method, params.clone()).await?["error"]["code"], -32602, "{leg}: {method} {params}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_task_outlives_its_ttl_by_nothing() -> anyhow::Result<()> {
    let program = program();
    let mut session = Session::open(&program, Leg::ALL[0]).await?;
    let task = session.create(0, 300).await?;
    for _ in 0..100 {
        if session.ask("tasks/get", json!({"taskId": task["taskId"]})).await?["error"]["code"] == -32602 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is still there")
}
