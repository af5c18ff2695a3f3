//! Every tool on all four legs: a success, a tool error with its hint, a protocol error.

use anyhow::Context as _;
use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, protocol_error},
};
use rmcp::{
    model::{GetPromptRequestParams, ReadResourceRequestParams},
    service::ServiceError,
};
use serde_json::{Value, json};

use crate::fixture::{program, structure, text};

fn points() -> Value {
    json!([{"n": 1, "throughput": 100}, {"n": 2, "throughput": 190}, {"n": 4, "throughput": 340}])
}

#[tokio::test]
async fn every_tool_answers() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let created = call(&client, "create_workspace", json!({"idempotency_key": leg.to_string()})).await?;
        let workspace = structure(&created)["workspace"].clone();
        for (tool, arguments, says) in [
            ("cluster_status", json!({}), "only: ready"),
            ("node_info", json!({}), "only: "),
            ("compute_heavy", json!({"limit": 1000}), "168 primes up to 1000, counted by only"),
            ("cached_lookup", json!({"number": 360}), "360 = 2^3 * 3^2 * 5"),
            ("cached_lookup", json!({"number": 1, "private": true}), "1 = 1"),
            (
                "append_workspace",
                json!({"workspace": workspace, "text": "one", "idempotency_key": "1"}),
                "entry 1 written",
            ),
            (
                "append_workspace",
                json!({"workspace": workspace, "text": "one", "idempotency_key": "1"}),
                "entry 1 was there already",
            ),
            ("read_workspace", json!({"workspace": workspace}), "1 entry in"),
            ("drain_node", json!({"node": "only"}), "only drains"),
            ("drain_node", json!({"node": "only", "drain": false}), "only gets calls again"),
            ("simulate_load", json!({"limit": 1000, "millis": 50}), "8 callers"),
            ("capacity_plan", json!({"points": points(), "target": 300, "seconds_each": 0.01}), "for 300 calls/s"),
        ] {
            let result = call(&client, tool, arguments).await?;
            assert_ne!(result.is_error, Some(true), "{leg} {tool}: {result:?}");
            assert!(text(&result).contains(says), "{leg} {tool}: {result:?}");
            assert!(structure(&result).is_object(), "{leg} {tool}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_model_can_mend_is_a_result_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let workspace = structure(&call(&client, "create_workspace", json!({})).await?)["workspace"].clone();
        let entry = |text: &str| json!({"workspace": workspace, "text": text, "idempotency_key": "k"});
        call(&client, "append_workspace", entry("one")).await?;
        for (tool, arguments, hint) in [
            ("cluster_status", json!({"all": true}), "unknown field `all`"),
            ("node_info", json!({"node": "x"}), "unknown field `node`"),
            ("compute_heavy", json!({"limit": 1}), "limit must be from 2 to 200000000"),
            ("compute_heavy", json!({}), "missing field `limit`"),
            ("cached_lookup", json!({"number": 0}), "number must be from 1 to"),
            ("cached_lookup", json!({"number": "x"}), "invalid type"),
            ("create_workspace", json!({"idempotency_key": ""}), "must be from 1 to 128"),
            ("append_workspace", entry("two"), "use a new idempotency_key"),
            ("append_workspace", entry(""), "must be from 1 to 4000"),
            ("append_workspace", json!({"workspace": "ws-0", "text": "x", "idempotency_key": "k"}), "create_workspace"),
            ("read_workspace", json!({"workspace": "ws-0"}), "create_workspace gives out handles"),
            ("drain_node", json!({"node": "nobody"}), "use one of: only"),
            ("simulate_load", json!({"limit": 1}), "limit must be from 1000"),
            ("simulate_load", json!({"limit": 1000, "millis": 1}), "millis must be from 50 to 800"),
            ("capacity_plan", json!({"points": [], "target": 1, "seconds_each": 1}), "must be from 3 to 100"),
            (
                "capacity_plan",
                json!({"points": vec![json!({"n": 1, "throughput": 1}); 3], "target": 1, "seconds_each": 1}),
                "measure at least three different n",
            ),
        ] {
            let result = call(&client, tool, arguments.clone()).await?;
            assert_eq!(result.is_error, Some(true), "{leg} {tool} {arguments}: {result:?}");
            assert!(text(&result).contains(hint), "{leg} {tool} {arguments}: {result:?}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_routed_is_a_protocol_error() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let error = protocol_error(call(&client, "no_such_tool", json!({})).await).with_context(|| leg.to_string())?;
        assert_eq!(error.code.0, -32602, "{leg}: {error:?}");
        for uri in ["cluster://nodes/nobody", "cluster://node", "metrics://"] {
            let error = client.read_resource(ReadResourceRequestParams::new(uri)).await.expect_err("there is none");
            assert!(matches!(error, ServiceError::McpError(_)), "{leg} {uri}: {error:?}");
        }
        for target in ["", "0", "many", "NaN"] {
            let arguments = serde_json::Map::from_iter([("target".to_owned(), json!(target))]);
            let asked = GetPromptRequestParams::new("capacity_review").with_arguments(arguments);
            let error = client.get_prompt(asked).await.expect_err("no target");
            assert!(matches!(error, ServiceError::McpError(_)), "{leg} {target}: {error:?}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn resources_and_the_prompt_show_the_cluster() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        for (uri, pointer, value) in [
            ("cluster://nodes", "/0/id", json!("only")),
            ("cluster://nodes/only", "/state", json!("ready")),
            ("metrics://summary", "/node", json!("only")),
        ] {
            let read = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
            let text = serde_json::to_value(&read.contents[0])?["text"].as_str().unwrap_or_default().to_owned();
            let document: Value = serde_json::from_str(&text)?;
            assert_eq!(document.pointer(pointer), Some(&value), "{leg} {uri}: {document}");
        }
        let arguments = serde_json::Map::from_iter([("target".to_owned(), json!("500"))]);
        let asked = GetPromptRequestParams::new("capacity_review").with_arguments(arguments);
        let prompt = serde_json::to_string(&client.get_prompt(asked).await?)?;
        assert!(prompt.contains("500 calls a second") && prompt.contains("only"), "{leg}: {prompt}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    insta::assert_json_snapshot!("contract", program().contract().await?);
    Ok(())
}
