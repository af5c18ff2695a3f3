//! Every tool, answered by the embedded model, on four legs.

use mcp_support::{client::call, testing::Leg};
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::{embedded, plain, structure, text};

const STORY: &str = "The deployment failed at noon because the database had no disk space left. Everybody went to lunch \
    first. Then the team gave the database more disk space, and the deployment went through at two. The deployment \
    script now checks disk space before it starts.";

fn origin_is_embedded(result: &CallToolResult) {
    let structure = structure(result);
    assert_ne!(result.is_error, Some(true), "{}", text(result));
    assert_eq!(structure["backend"], "embedded", "{structure}");
    assert!(structure["model"].as_str().is_some_and(|model| !model.is_empty()), "{structure}");
    let usage = &structure["usage"];
    let sum = usage["input_tokens"].as_u64().zip(usage["output_tokens"].as_u64()).map(|(read, written)| read + written);
    assert!(sum.is_some_and(|sum| sum > 0) && usage["total_tokens"].as_u64() == sum, "{usage}");
    assert_eq!(usage["estimated"], false);
    assert!(structure["applied"].is_object() && structure["stop_reason"].is_string(), "{structure}");
}

#[tokio::test]
async fn each_tool_answers_on_every_leg() -> anyhow::Result<()> {
    let program = embedded();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let summary = call(&client, "summarize", json!({"text": STORY, "max_words": 20})).await?;
        origin_is_embedded(&summary);
        assert!(structure(&summary)["words"].as_u64().is_some_and(|words| (5..=20).contains(&words)), "{leg}");
        assert!(structure(&summary)["text"].as_str().is_some_and(|text| text.contains("disk space")), "{leg}");

        let arguments = json!({"text": "I was charged twice for one invoice", "labels": ["billing", "shipping"]});
        let label = call(&client, "classify", arguments).await?;
        origin_is_embedded(&label);
        assert_eq!(structure(&label)["label"], "billing", "{leg}");

        let schema = json!({"type": "object", "required": ["total", "email"], "properties": {
            "total": {"type": "number"}, "email": {"type": "string", "format": "email"}, "colour": {"type": "string"}}});
        let arguments = json!({"text": "Total: 99.50 EUR. Write to ada@example.com.", "schema": schema});
        let data = call(&client, "extract", arguments).await?;
        origin_is_embedded(&data);
        assert_eq!(structure(&data)["data"], json!({"total": 99.5, "email": "ada@example.com"}), "{leg}");

        let judged = call(&client, "critique", json!({"text": STORY, "rubric": ["clarity", "mentions lunch"]})).await?;
        origin_is_embedded(&judged);
        assert_eq!(structure(&judged)["points"].as_array().map(Vec::len), Some(2), "{leg}");

        let answered = call(&client, "agent_answer", json!({"question": "How much is 17 * (2 + 3)?"})).await?;
        origin_is_embedded(&answered);
        assert!(structure(&answered)["text"].as_str().is_some_and(|text| text.contains("= 85")), "{leg}");
        assert_eq!(
            (&structure(&answered)["turns"], &structure(&answered)["tool_uses"][0]["tool"]),
            (&json!(2), &json!("calculator"))
        );
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn equal_seeds_give_equal_text_and_settings_are_applied() -> anyhow::Result<()> {
    let program = embedded();
    let mut texts = Vec::new();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let arguments = json!({"prompt": "The server stopped", "task_type": "creative", "seed": 7, "max_tokens": 25});
        let generated = call(&client, "generate", arguments).await?;
        origin_is_embedded(&generated);
        assert_eq!(structure(&generated)["applied"]["seed"], 7);
        assert_eq!(structure(&generated)["applied"]["temperature"], 0.9);
        texts.push(structure(&generated)["text"].clone());
        client.cancel().await?;
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    Ok(())
}

#[tokio::test]
async fn a_comparison_shows_what_a_setting_does() -> anyhow::Result<()> {
    let program = embedded();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let arguments = json!({"prompt": "The customer", "settings": [{"temperature": 0}, {"temperature": 1.5}], "seeds": [1, 2, 3]});
        let compared = call(&client, "compare_parameters", arguments).await?;
        assert_ne!(compared.is_error, Some(true), "{}", text(&compared));
        let runs = structure(&compared)["runs"].as_array().cloned().unwrap_or_default();
        assert_eq!(runs.len(), 6, "{leg}");
        assert!(runs[..3].iter().all(|run| run["text"] == runs[0]["text"]), "greedy, whatever the seed");
        assert_ne!(runs[3]["text"], runs[4]["text"], "drawn, each with its seed");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn feedback_moves_the_next_settings() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        // A server of its own: what it learns outlasts the client.
        let program = embedded();
        let client = plain(&program, leg).await?;
        let mut temperatures = Vec::new();
        for score in [json!(0), json!(1), json!(1)] {
            let arguments = json!({"prompt": "Once", "task_type": "creative", "max_tokens": 3});
            let generated = call(&client, "generate", arguments).await?;
            let id = structure(&generated)["generation_id"].clone();
            let learned = call(&client, "record_feedback", json!({"generation_id": id, "score": score})).await?;
            let again = call(&client, "record_feedback", json!({"generation_id": id, "score": score})).await?;
            assert_eq!(again.is_error, Some(true), "once: {}", text(&again));
            let explained = call(&client, "explain_parameters", json!({"task_type": "creative"})).await?;
            let applied = structure(&explained)["kinds"][0]["applied"]["temperature"].clone();
            assert_eq!(structure(&learned)["next_temperature"], applied, "{leg}");
            temperatures.push(applied.as_f64().unwrap_or_default());
        }
        assert!(
            temperatures[0] < 0.9 && temperatures[2] > temperatures[1] && temperatures[2] > 0.9,
            "{temperatures:?}"
        );
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn settings_are_explained() -> anyhow::Result<()> {
    let program = embedded();
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let all = call(&client, "explain_parameters", json!({})).await?;
        assert_eq!(structure(&all)["kinds"].as_array().map(Vec::len), Some(5), "{leg}");
        let arguments = json!({"prompt": "Refactor this Rust function", "preferences": {"creativity": 10}});
        let one = call(&client, "explain_parameters", arguments).await?;
        let kind: &Value = &structure(&one)["kinds"][0];
        assert_eq!((&kind["task_type"], &kind["applied"]["temperature"]), (&json!("code"), &json!(1.2)), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}
