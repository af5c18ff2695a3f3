//! Tasks of a node: through the gateway they are asked for, answered and cancelled at the node that has them.

use std::sync::{Arc, Mutex};

use mcp_support::client::{Revision, this_client};
use rmcp::{
    ClientHandler, ServiceError,
    model::{
        CallToolRequestParams, CallToolResponse, CancelTaskParams, ClientCapabilities, ClientConfig, ErrorCode,
        GetTaskParams, InputResponses, TaskPayload, UpdateTaskParams,
    },
};
use serde_json::{Value, json};

use crate::fixture::{Mounted, liar, mount, tools};

struct Patient;

impl ClientHandler for Patient {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(ClientCapabilities::builder().enable_tasks().build(), this_client())
    }
}

fn task(status: &str) -> Value {
    json!({
        "taskId": "its own", "status": status, "createdAt": "2026-01-01T00:00:00Z",
        "lastUpdatedAt": "2026-01-01T00:00:00Z", "ttlMs": 60000,
    })
}

fn with(mut task: Value, more: Value) -> Value {
    if let (Value::Object(task), Value::Object(more)) = (&mut task, more) {
        task.extend(more);
    }
    task
}

#[tokio::test]
async fn a_task_stays_at_its_node_under_an_id_of_the_gateways() -> anyhow::Result<()> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = seen.clone();
    let node = liar(move |method, params| {
        if let Some(id) = params["taskId"].as_str() {
            record.lock().expect("no panic").push(format!("{method} {id}"));
        }
        match method {
            "tools/list" => Some(tools(&["long"])),
            "tools/call" => Some(with(task("working"), json!({"resultType": "task"}))),
            "tasks/get" => {
                let link = json!({"type": "resource_link", "uri": "docs://one", "name": "one"});
                let result = json!({"resultType": "complete", "content": [link], "isError": false});
                Some(with(task("completed"), json!({"resultType": "complete", "result": result})))
            }
            "tasks/update" | "tasks/cancel" => Some(json!({"resultType": "complete"})),
            _ => None,
        }
    })
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let client = gateway.client(Revision::Modern, Patient).await?;
    let created = client.call_tool_once(CallToolRequestParams::new("h__long")).await?;
    let CallToolResponse::Task(created) = created else { panic!("no task: {created:?}") };
    let id = created.task.task_id;
    assert!(!id.contains("its own"), "{id}");

    let found = client.get_task(GetTaskParams::new(&id)).await?;
    assert_eq!(found.task.task.task_id, id, "the id stays the same");
    let TaskPayload::Completed { result } = found.task.payload else { panic!("not completed: {found:?}") };
    assert_eq!(result["content"][0]["uri"], "h+docs://one", "links lead through the gateway");
    client.update_task(UpdateTaskParams::new(&id, InputResponses::new())).await?;
    client.cancel_task(CancelTaskParams::new(&id)).await?;
    let expected = ["tasks/get its own", "tasks/update its own", "tasks/cancel its own"];
    assert_eq!(*seen.lock().expect("no panic"), expected);

    for wrong in ["its own".to_owned(), format!("{id}x"), String::new()] {
        let refused = client.get_task(GetTaskParams::new(&wrong)).await;
        let Err(ServiceError::McpError(error)) = refused else { panic!("{wrong}: {refused:?}") };
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{wrong}");
    }
    client.cancel().await?;
    Ok(())
}
