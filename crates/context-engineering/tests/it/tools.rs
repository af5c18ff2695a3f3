//! Every tool on all four legs.

use mcp_support::{
    client::{Recorder, call},
    testing::Leg,
};
use serde_json::{Value, json};

use crate::fixture::{done, opened, program, structure, text};

#[tokio::test]
async fn every_tool_answers() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = opened(&client).await?;
        let lamp = json!({"id": "lamp.md", "text": "# Lamp\n\nThe lamp of Elin has 12 watts.", "date": "2026-01-31"});
        for (tool, arguments, says) in [
            ("ingest_documents", json!({"documents": [lamp]}), "can be found"),
            ("search_context", json!({"query": "lamp of Elin", "mode": "keyword"}), "12 watts"),
            ("search_context", json!({"query": "GUL-4112", "filter": {"category": "architecture"}}), "<passage from="),
            (
                "process_with_chunked_context",
                json!({"query": "How many watts?", "documents": [lamp], "token_budget": 60}),
                "12 watts",
            ),
            ("expand_context", json!({"context": id}), "there is more"),
            ("assemble_context", json!({"query": "GUL-4112", "core": ["Be brief."]}), "<context layer=\"core\">"),
            ("compress_context", json!({"text": "One is 1. ".repeat(60), "token_budget": 60}), "<context>"),
            ("record_decision", json!({"context": id, "decision": "Keep NATS."}), "decision 1 is recorded"),
            ("list_decisions", json!({"context": id}), "<decision n=\"1\">Keep NATS.</decision>"),
            (
                "compact_history",
                json!({"context": id, "turns": [{"role": "user", "text": "We decided to wait until May."}]}),
                "<decision n=\"2\">We decided to wait until May.</decision>",
            ),
            (
                "compare_shared_and_fragmented",
                json!({"queries": ["What does GUL-4112 mean?", "What is on-call pay?"], "context": id}),
                "fragmented: 2 contexts",
            ),
        ] {
            let result = call(&client, tool, arguments).await?;
            assert_ne!(result.is_error, Some(true), "{leg} {tool}: {}", text(&result));
            assert!(text(&result).contains(says), "{leg} {tool}: {}", text(&result));
            assert!(structure(&result).is_object(), "{leg} {tool}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn budgets_are_kept_and_pages_do_not_repeat() -> anyhow::Result<()> {
    let program = program();
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    let encoding = mcp_context_engineering::tokens::Encoding::default();
    for budget in [50, 120, 500, 2000] {
        for query in ["How often do stations report?", "What does GUL-4112 mean?"] {
            let asked = json!({"query": query, "token_budget": budget});
            for tool in ["process_with_chunked_context", "assemble_context", "open_context"] {
                let answer = done(&client, tool, asked.clone()).await?;
                let context = answer["context"].as_str().unwrap_or_default();
                assert_eq!(answer["tokens"], encoding.count(context), "{tool} {budget}");
                assert!(encoding.count(context) <= budget, "{tool} {budget}");
            }
        }
    }
    let id = opened(&client).await?;
    let (mut seen, mut cursor) = (std::collections::BTreeSet::new(), Value::Null);
    for _ in 0..4 {
        let mut asked = json!({"context": id, "token_budget": 800});
        if cursor.is_string() {
            asked["cursor"] = cursor.clone();
        }
        let page = done(&client, "expand_context", asked).await?;
        for chunk in page["passages"].as_array().into_iter().flatten().flat_map(|passage| passage["chunks"].as_array())
        {
            assert!(chunk.iter().all(|id| seen.insert(id.to_string())), "a chunk twice");
        }
        cursor = page["next_cursor"].clone();
    }
    assert!(seen.len() > 10);
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn strategies_are_compared() -> anyhow::Result<()> {
    let program = program();
    let client = program.client(Leg::ALL[3], Recorder::default()).await?;
    let answer = done(&client, "evaluate_strategies", json!({"budgets": [1000], "set": "held_out"})).await?;
    let rows = answer["rows"].as_array().cloned().unwrap_or_default();
    let covered = |at: usize| rows[at]["contexts"][0]["covered"].as_f64().unwrap_or_default();
    assert_eq!(rows.len(), 5);
    assert!(covered(0) < 0.2 && (1..5).all(|at| covered(at) > 0.7), "{rows:?}");
    assert!(answer["embedder"].as_str().unwrap_or_default().starts_with("embedded"));
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_response_is_measured() -> anyhow::Result<()> {
    let program = program();
    let client = program.client(Leg::ALL[0], Recorder::default()).await?;
    let documents = json!([{"id": "a.txt", "text": "The gate of Elin is 12 metres high."}]);
    let faithful =
        |response: &str| json!({"query": "How high is the gate?", "documents": documents, "response": response});
    let tool = "process_with_chunked_context";
    let good = done(&client, tool, faithful("The gate is 12 metres high.")).await?;
    let bad = done(&client, tool, faithful("The gate is 13 metres high.")).await?;
    assert_eq!((&good["metrics"]["faithfulness"], &bad["metrics"]["faithfulness"]), (&json!(1.0), &json!(0.0)));
    assert_eq!(good["answered_by"], "the caller");
    client.cancel().await?;
    Ok(())
}
