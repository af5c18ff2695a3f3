//! A task that outlasts its connection and its process.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use mcp_support::{
    client::{HttpServer, Revision, Target, connect},
    demo::Tour,
};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, DetailedTask, GetTaskParams, TaskPayload, TaskStatus, UpdateTaskParams,
};
use serde_json::{Value, json};

use super::{Client, person::Person};

/// How long the tour waits for a task.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn outlast_their_process(tour: &mut Tour, folder: &Path) -> anyhow::Result<()> {
    tour.step("A task outlasts its call, its connection, and the death of its server");
    let data = folder.join("data").display().to_string();
    let program = std::env::current_exe()?;
    let first = HttpServer::start(&program, &["--data", &data]).await?;
    let client = connect(&Target::Url(first.url.clone()), Revision::Modern, person(), tour.tap()).await?;
    let mut params = CallToolRequestParams::new("run_report");
    params.arguments = json!({"rows": 20_000, "seconds": 3}).as_object().cloned();
    let CallToolResponse::Task(created) = client.call_tool_once(params).await? else {
        tour.check("the call is answered with a task", false);
        return Ok(());
    };
    let id = created.task.task_id;
    tour.show("run_report", format!("task {id}, {:?}", created.task.status));
    let running = wait(&client, &id, |task| task.task.status_message.is_some()).await?;
    tour.show("tasks/get", running.task.status_message.unwrap_or_default());
    // Dropping it is `kill -9`.
    drop(first);
    client.cancel().await?;
    tour.note("the server was killed in the middle; another one is started on the same folder");

    let second = HttpServer::start(&program, &["--data", &data]).await?;
    let client = connect(&Target::Url(second.url.clone()), Revision::Modern, person(), tour.tap()).await?;
    let waiting = wait(&client, &id, |task| task.status() != TaskStatus::Working).await?;
    tour.show("tasks/get", format!("{:?}", waiting.status()));
    tour.check("it went on, and asks its question in the middle", waiting.status() == TaskStatus::InputRequired);
    let answers = json!({"grouping": {"action": "accept", "content": {"group_by": "month"}}});
    client.update_task(UpdateTaskParams::new(id.clone(), serde_json::from_value(answers)?)).await?;
    let done = wait(&client, &id, |task| task.status().is_terminal()).await?;
    let result = if let TaskPayload::Completed { result } = done.payload { Value::Object(result) } else { Value::Null };
    tour.show(
        "the result",
        result["content"][0]["text"].as_str().unwrap_or_default().lines().next().unwrap_or_default(),
    );
    let report = &result["structuredContent"];
    tour.check(
        "every row was counted once, by the grouping that was asked for",
        report["rows"] == 20_000 && report["group_by"] == "month",
    );
    client.cancel().await?;
    Ok(())
}

fn person() -> Person {
    Person::who_fills_in(json!({})).with_tasks()
}

async fn wait(client: &Client<Person>, id: &str, fits: impl Fn(&DetailedTask) -> bool) -> anyhow::Result<DetailedTask> {
    let waiting = async {
        loop {
            let task = client.get_task(GetTaskParams::new(id)).await?.task;
            if fits(&task) {
                return anyhow::Ok(task);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.context("the task does not move")?
}
