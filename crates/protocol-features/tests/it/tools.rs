//! Every tool on all four legs: a success that fits its schema, an error that says what to do, unknown arguments refused.

use mcp_support::{
    client::{Heard, Recorder, call},
    testing::Leg,
};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use serde_json::{Value, json};

use crate::{program, structure, text};

/// Tool, arguments that work, what the text says, arguments that do not, what the hint says.
fn cases() -> Vec<(&'static str, Value, &'static str, Value, &'static str)> {
    let sql = "SELECT name FROM products WHERE id = 1";
    vec![
        (
            "process_large_file",
            json!({"path": "numbers.txt"}),
            "2000 lines",
            json!({"path": "none.txt"}),
            "inside the allowed folder",
        ),
        (
            "process_large_file",
            json!({"path": "/notes/hello.md", "chunk_bytes": 1024}),
            "SHA-256",
            json!({"path": "numbers.txt", "chunk_bytes": 1023}),
            "1024 to 1048576",
        ),
        (
            "batch_operation",
            json!({"items": ["a b"], "operation": "slugify"}),
            "1 of 1 items done",
            json!({"items": [], "operation": "sha256"}),
            "from 1 to 1000",
        ),
        (
            "long_running_search",
            json!({"query": "prime", "pages": 1}),
            "16 of 1 pages' lines",
            json!({"query": "x", "pages": 1001}),
            "from 1 to 1000",
        ),
        ("query_database", json!({"sql": sql}), "lamp", json!({"sql": "SELECT * FROM none"}), "send one SELECT over"),
        (
            "safe_operation",
            json!({"input": "one two"}),
            "7 characters",
            json!({"input": "x".repeat(10_001)}),
            "from 1 to 10000",
        ),
        ("complex_operation", json!({"steps": 3}), "3 steps", json!({"steps": 0}), "from 1 to 1000"),
        (
            "debug_operation",
            json!({"data": {"a": {"b": 1}}}),
            "2 fields, 2 deep",
            json!({"data": {"a": "x".repeat(70_000)}}),
            "to 65536",
        ),
        ("run_report", json!({"rows": 400}), "400 rows", json!({"rows": 0}), "from 1 to 100000"),
        ("run_report", json!({"rows": 5, "seconds": 0}), "5 rows", json!({"rows": 1, "seconds": 61}), "from 0 to 60"),
        ("render_status", json!({}), "version", Value::Null, ""),
        (
            "set_feature",
            json!({"name": "tip", "enabled": false}),
            "Tip is off",
            json!({"name": "none", "enabled": true}),
            "expected one of",
        ),
        ("download_file", Value::Null, "", json!({"url": "http://example.com/"}), "https: URL"),
        ("download_file", Value::Null, "", json!({"url": "https://127.0.0.1/"}), "public host"),
        ("confirm_delete", Value::Null, "", json!({"record_id": 999}), "db://tables/records/rows/{id}"),
        ("confirm_delete", Value::Null, "", json!({"record_id": 0}), "from 1 to 1000000"),
        ("connect_account", Value::Null, "", json!({"provider": "bank"}), "expected one of"),
    ]
}

#[tokio::test]
async fn every_tool_works_and_helps_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let tools = client.list_all_tools().await?;
        for (name, works, says, fails, hint) in cases() {
            let tool = tools.iter().find(|tool| tool.name == name).unwrap_or_else(|| panic!("no {name}"));
            if !works.is_null() {
                let result = call(&client, name, works).await?;
                assert_ne!(result.is_error, Some(true), "{leg} {name}: {}", text(&result));
                assert!(text(&result).contains(says), "{leg} {name}: {}", text(&result));
                let schema = Value::Object(tool.output_schema.as_deref().cloned().unwrap_or_default());
                let problem =
                    jsonschema::validator_for(&schema)?.validate(structure(&result)).err().map(|e| e.to_string());
                assert_eq!(problem, None, "{leg} {name}: {}", structure(&result));
            }
            if !fails.is_null() {
                let result = call(&client, name, fails).await?;
                assert_eq!(result.is_error, Some(true), "{leg} {name}: {}", text(&result));
                assert!(text(&result).contains(hint), "{leg} {name}: {}", text(&result));
            }
            let result = call(&client, name, json!({"no_such_argument": 1})).await?;
            // Tools without arguments ignore what they do not read.
            let tells = result.is_error == Some(true) && text(&result).contains("no_such_argument");
            assert!(tells || name == "render_status", "{leg} {name}: {}", text(&result));
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn wrong_types_are_refused_by_every_tool() -> anyhow::Result<()> {
    let program = program();
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    for (name, works, _, fails, _) in cases() {
        let good = if works.is_null() { fails } else { works };
        for wrong in
            [json!(null), json!([[]]), json!({"a": {"b": []}}), json!(1e300), json!("\u{0}\u{202e}"), json!(-1)]
        {
            let mut arguments = good.clone();
            let fields = arguments.as_object_mut().expect("an object");
            if fields.is_empty()
                || (name == "safe_operation" && wrong.is_string())
                || (name == "debug_operation" && wrong.is_object())
            {
                continue;
            }
            fields.values_mut().for_each(|value| *value = wrong.clone());
            let result = call(&client, name, arguments).await?;
            assert_eq!(result.is_error, Some(true), "{name} {wrong}: {}", text(&result));
        }
    }
    Ok(())
}

#[tokio::test]
async fn progress_increases_is_throttled_and_ends_before_the_answer() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let recorder = Recorder::default();
        let client = program.client(leg, recorder.clone()).await?;
        let began = std::time::Instant::now();
        call(&client, "long_running_search", json!({"query": "x", "pages": 60})).await?;
        let took = began.elapsed();
        let last = |heard: &Heard| matches!(heard, Heard::Progress(done, ..) if *done >= 60.0);
        assert!(recorder.wait_for(last).await.is_some(), "{leg}: the last page is reported");
        let reports = |all: Vec<Heard>| {
            all.into_iter()
                .filter_map(|heard| match heard {
                    Heard::Progress(done, total, message) => Some((done, total, message)),
                    _ => None,
                })
                .collect::<Vec<_>>()
        };
        let heard = reports(recorder.heard());
        assert!(heard.windows(2).all(|pair| pair[0].0 < pair[1].0), "{leg}: {heard:?}");
        assert!(heard.iter().all(|(_, total, message)| *total == Some(60.0) && message.is_some()), "{leg}: {heard:?}");
        // At most ten a second, and one more at each end.
        let most = took.as_millis() as usize / 100 + 2;
        assert!(heard.len() <= most, "{leg}: {} reports in {took:?}", heard.len());
        // The next call comes after everything that belonged to this one.
        call(&client, "render_status", json!({})).await?;
        assert_eq!(reports(recorder.heard()).len(), heard.len(), "{leg}: none after the answer");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cancelled_call_frees_what_it_holds_and_is_not_answered() -> anyhow::Result<()> {
    let program = program();
    // Over HTTP in 2026-07-28 the client cancels by closing the response; the SDK's client does so.
    for leg in Leg::ALL {
        let recorder = Recorder::default();
        let client = program.client(leg, recorder.clone()).await?;
        let before = searches(&client).await?;
        let mut params = CallToolRequestParams::new("long_running_search");
        params.arguments = json!({"query": "prime", "pages": 1000}).as_object().cloned();
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let options = rmcp::service::PeerRequestOptions::no_options();
        let searching = client.send_request_with_option(request, options).await?;
        assert!(recorder.wait_for(|heard| matches!(heard, Heard::Progress(..))).await.is_some(), "{leg}");
        assert_eq!(searches(&client).await?["open"], json!(before["open"].as_u64().unwrap_or(0) + 1), "{leg}");
        searching.cancel(None).await?;
        let mut now = searches(&client).await?;
        for _ in 0..100 {
            if now["open"] == before["open"] {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            now = searches(&client).await?;
        }
        assert_eq!(now["open"], before["open"], "{leg}: freed");
        assert_eq!(now["finished"], before["finished"], "{leg}: not run to its end");
        client.cancel().await?;
    }
    Ok(())
}

async fn searches<H: rmcp::ClientHandler>(
    client: &rmcp::service::RunningService<rmcp::RoleClient, H>,
) -> anyhow::Result<Value> {
    Ok(structure(&call(client, "render_status", json!({})).await?)["searches"].clone())
}
