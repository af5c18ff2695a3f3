//! What is wrong, and how it can be mended.

use mcp_support::{client::call, testing::Leg};
use rmcp::service::ServiceError;
use serde_json::{Value, json};

use crate::{asking, embedded, plain, text};

fn wrong_calls() -> Vec<(&'static str, Value, &'static str)> {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]});
    let remote = json!({"type": "object", "properties": {"a": {"$ref": "https://example.com/x"}}});
    let labels: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let settings = |value: Value| json!({"prompt": "x", "settings": [value]});
    vec![
        ("summarize", json!({"text": " \n"}), "send 1 to 20000 characters"),
        ("summarize", json!({"text": "x".repeat(20_001)}), "must be from 1 to 20000"),
        ("summarize", json!({"text": "x", "max_words": 4}), "must be from 5 to 500"),
        ("summarize", json!({"text": "x", "words": 9}), "unknown field"),
        ("summarize", json!({}), "text"),
        ("classify", json!({"text": "x", "labels": ["a"]}), "must be from 2 to 20"),
        ("classify", json!({"text": "x", "labels": labels}), "must be from 2 to 20"),
        ("classify", json!({"text": "x", "labels": ["A", "a"]}), "send each label once"),
        ("classify", json!({"text": "nothing", "labels": ["roses", "tulips"]}), "no word that speaks for one label"),
        ("extract", json!({"text": "x", "schema": {}}), "send a JSON Schema"),
        ("extract", json!({"text": "x", "schema": remote}), "refers to something that is not in it"),
        ("extract", json!({"text": "no number", "schema": schema}), "not valid, twice"),
        ("critique", json!({"text": "x", "rubric": []}), "must be from 1 to 10"),
        ("critique", json!({"text": "x", "rubric": [""]}), "a point is empty"),
        (
            "generate",
            json!({"prompt": "x", "task_type": "poetry"}),
            "creative, factual, code, analytical, conversational",
        ),
        ("generate", json!({"prompt": "x", "preferences": {"creativity": 11}}), "must be from 1 to 10"),
        ("generate", json!({"prompt": "x", "max_tokens": 0}), "must be from 1 to 1000"),
        ("generate", json!({"prompt": "x", "stop": ["1", "2", "3", "4", "5"]}), "must be from 0 to 4"),
        ("generate", json!({"prompt": "x", "attachments": [{"media_type": "text/html", "data": ""}]}), "image/png"),
        ("generate", json!({"prompt": "x", "attachments": [{"media_type": "image/png", "data": "%"}]}), "base64"),
        (
            "generate",
            json!({"prompt": "x", "attachments": [{"media_type": "image/png", "data": "AAAA"}]}),
            "neither pictures nor sounds",
        ),
        ("compare_parameters", settings(json!({"temperature": 2.1})), "temperature is 2.1"),
        ("compare_parameters", settings(json!({"top_p": 0})), "top_p is 0"),
        ("compare_parameters", json!({"prompt": "x", "seeds": []}), "must be from 1 to 5"),
        ("record_feedback", json!({"generation_id": "gen-1", "score": 0.5}), "that generate has returned"),
        ("record_feedback", json!({"generation_id": "gen-1", "score": 1.5}), "from 0 (bad) to 1 (good)"),
        ("explain_parameters", json!({"task_type": "poetry"}), "creative, factual"),
        ("agent_answer", json!({"question": ""}), "question is empty"),
    ]
}

#[tokio::test]
async fn what_the_caller_can_mend_is_a_result_with_a_hint() -> anyhow::Result<()> {
    let program = embedded();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        for (tool, arguments, hint) in wrong_calls() {
            let result = call(&client, tool, arguments.clone()).await?;
            let shown: String = arguments.to_string().chars().take(120).collect();
            assert_eq!(result.is_error, Some(true), "{leg} {tool} {shown}: {}", text(&result));
            assert!(text(&result).contains(hint), "{leg} {tool} {shown}: {}", text(&result));
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_tool_is_a_protocol_error() -> anyhow::Result<()> {
    let program = embedded();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let error = call(&client, "translate", json!({})).await.expect_err("no such tool");
        match error.downcast_ref::<ServiceError>() {
            Some(ServiceError::McpError(error)) => assert_eq!(error.code.0, -32602, "{leg}"),
            other => panic!("{leg}: {other:?}"),
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_without_sampling_is_told_what_helps() -> anyhow::Result<()> {
    let program = asking();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let result = call(&client, "summarize", json!({"text": "Something happened."})).await?;
        assert_eq!(result.is_error, Some(true), "{leg}");
        assert!(text(&result).contains("the client did not declare sampling"), "{leg}: {}", text(&result));
        assert!(text(&result).contains("MODEL_BASE_URL"), "{leg}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}
