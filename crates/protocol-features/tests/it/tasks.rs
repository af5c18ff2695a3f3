//! Tasks: they outlast their process, ask in the middle, and belong to somebody.

use std::time::Duration;

use anyhow::Context as _;
use mcp_protocol_features::demo::person::Person;
use mcp_support::{
    client::{HttpServer, Revision},
    testing::{Leg, RawHttp},
};
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use serde_json::{Value, json};

use crate::{answer, program, tool, with_capabilities};

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

fn able() -> Value {
    json!({"elicitation": {}, "extensions": {EXTENSION: {}}})
}

async fn ask(http: &RawHttp, method: &str, params: Value) -> anyhow::Result<Value> {
    let reply = http.request(1, method, with_capabilities(params, able())).await?;
    reply.messages.last().cloned().with_context(|| reply.text.clone())
}

async fn create(http: &RawHttp, rows: u32, seconds: u32) -> anyhow::Result<String> {
    let answer = ask(http, "tools/call", tool("run_report", json!({"rows": rows, "seconds": seconds}))).await?;
    assert_eq!(answer["result"]["resultType"], "task", "{answer}");
    assert_eq!(answer["result"]["status"], "working", "{answer}");
    Ok(answer["result"]["taskId"].as_str().context("a task")?.to_owned())
}

async fn get(http: &RawHttp, id: &str) -> anyhow::Result<Value> {
    Ok(ask(http, "tasks/get", json!({ "taskId": id })).await?["result"].clone())
}

async fn wait(http: &RawHttp, id: &str, status: &str) -> anyhow::Result<Value> {
    for _ in 0..600 {
        let task = get(http, id).await?;
        if task["status"] == status {
            return Ok(task);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("the task does not become {status}: {}", get(http, id).await?)
}

async fn answer_grouping(http: &RawHttp, id: &str) -> anyhow::Result<Value> {
    let responses =
        json!({"grouping": {"action": "accept", "content": {"group_by": "month"}}, "other": {"action": "accept"}});
    ask(http, "tasks/update", json!({ "taskId": id, "inputResponses": responses })).await
}

#[tokio::test]
async fn a_task_goes_from_working_over_a_question_to_its_result() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let id = create(&http, 1000, 1).await?;
    let asking = wait(&http, &id, "input_required").await?;
    let question = &asking["inputRequests"]["grouping"];
    assert_eq!(question["method"], "elicitation/create", "{asking}");
    assert!(asking["ttlMs"].is_u64() && asking["pollIntervalMs"].is_u64(), "{asking}");
    let acknowledged = answer_grouping(&http, &id).await?;
    assert_eq!(acknowledged["result"]["resultType"], "complete", "{acknowledged}");
    let done = wait(&http, &id, "completed").await?;
    assert_eq!(done["result"]["structuredContent"]["group_by"], "month", "{done}");
    assert_eq!(done["result"]["structuredContent"]["rows"], 1000, "{done}");
    assert_eq!(get(&http, &id).await?, done, "as often as anybody asks");
    Ok(())
}

#[tokio::test]
async fn killed_servers_lose_no_task_and_run_none_twice() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let folder = data.path().display().to_string();
    let flags = ["--data", folder.as_str()];
    let mut server = HttpServer::start(program().path(), &flags).await?;
    let mut http = RawHttp::open(&server.url, Revision::Modern).await?;
    let finished = create(&http, 100, 1).await?;
    wait(&http, &finished, "input_required").await?;
    answer_grouping(&http, &finished).await?;
    let result = wait(&http, &finished, "completed").await?;
    let running: Vec<String> = vec![create(&http, 5000, 2).await?, create(&http, 3000, 3).await?];
    let cancelled = create(&http, 100, 60).await?;
    assert!(ask(&http, "tasks/cancel", json!({ "taskId": cancelled })).await?["result"].is_object());
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(server); // kill -9
        server = HttpServer::start(program().path(), &flags).await?;
        http = RawHttp::open(&server.url, Revision::Modern).await?;
        assert_eq!(get(&http, &finished).await?, result, "a finished result is there");
        assert_eq!(get(&http, &cancelled).await?["status"], "cancelled");
    }
    // A second server on the same folder: it takes nothing from the first, which lives.
    let other = HttpServer::start(program().path(), &flags).await?;
    let beside = RawHttp::open(&other.url, Revision::Modern).await?;
    for (id, rows) in running.iter().zip([5000, 3000]) {
        wait(&beside, id, "input_required").await?;
        answer_grouping(&beside, id).await?;
        let done = wait(&http, id, "completed").await?;
        assert_eq!(done["result"]["structuredContent"]["rows"], rows, "every row once: {done}");
    }
    Ok(())
}

#[tokio::test]
async fn restarts_do_not_fail_a_task_that_gets_further() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let folder = data.path().display().to_string();
    let flags = ["--data", folder.as_str()];
    let mut server = HttpServer::start(program().path(), &flags).await?;
    let mut http = RawHttp::open(&server.url, Revision::Modern).await?;
    let id = create(&http, 10, 3000).await?;
    for _ in 0..4 {
        // Once it moves, it has been taken over.
        let before = get(&http, &id).await?["lastUpdatedAt"].clone();
        for _ in 0..200 {
            if get(&http, &id).await?["lastUpdatedAt"] != before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.terminate().await?;
        assert!(server.wait().await?.success());
        server = HttpServer::start(program().path(), &flags).await?;
        http = RawHttp::open(&server.url, Revision::Modern).await?;
        assert_eq!(get(&http, &id).await?["status"], "working");
    }
    Ok(())
}

#[tokio::test]
async fn long_tasks_leave_room_for_short_ones() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    for _ in 0..15 {
        create(&http, 10, 3000).await?;
    }
    let short = create(&http, 10, 1).await?;
    wait(&http, &short, "input_required").await?;
    Ok(())
}

#[tokio::test]
async fn only_clients_that_know_tasks_get_one() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let answer = answer(&program, leg, "tools/call", tool("run_report", json!({"rows": 10, "seconds": 1}))).await?;
        assert_eq!(answer["result"]["structuredContent"]["rows"], 10, "{leg}: at once, {answer}");
    }
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let reply = http.request(1, "tasks/get", json!({"taskId": "x"})).await?;
    assert_eq!(reply.messages[0]["error"]["code"], -32021, "{}", reply.text);
    for (method, params) in [
        ("tasks/get", json!({"taskId": "0123456789abcdef"})),
        ("tasks/cancel", json!({"taskId": ""})),
        ("tasks/update", json!({"taskId": "x", "inputResponses": {}})),
    ] {
        assert_eq!(ask(&http, method, params).await?["error"]["code"], -32602, "{method}");
    }
    Ok(())
}

/// The Inspector declares the extension in both revisions, and understands a task in the later one only.
#[tokio::test]
async fn tasks_are_of_the_later_revision_whatever_a_client_declares() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Person::who_fills_in(json!({})).with_tasks()).await?;
        let mut params = CallToolRequestParams::new("run_report");
        params.arguments = json!({"rows": 10, "seconds": 1}).as_object().cloned();
        let is_task = matches!(client.call_tool_once(params).await?, CallToolResponse::Task(_));
        assert_eq!(is_task, leg.revision == Revision::Modern, "{leg}");
        client.cancel().await?;
    }
    Ok(())
}
