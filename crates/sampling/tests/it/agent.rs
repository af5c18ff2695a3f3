//! The tool loop: balanced, bounded, and the same in both revisions.
#![expect(deprecated, reason = "SEP-2577: this is the client's half of sampling")]

use mcp_sampling::demo::client::{ModelClient, said};
use mcp_support::{client::call, testing::Leg};
use rmcp::model::{CreateMessageResult, Role, SamplingMessage, SamplingMessageContentBlock as Block};
use serde_json::{Value, json};

use crate::{asking, structure, text};

/// A model that uses tools: their ids, names and arguments.
fn uses(calls: &[(&str, &str, Value)]) -> CreateMessageResult {
    let blocks = calls
        .iter()
        .map(|(id, name, arguments)| Block::tool_use(*id, *name, arguments.as_object().cloned().unwrap_or_default()));
    let message = SamplingMessage::new_multiple(Role::Assistant, blocks.collect());
    CreateMessageResult::new(message, "model-x".to_owned()).with_stop_reason("toolUse")
}

#[tokio::test]
async fn each_tool_use_is_answered_by_one_result() -> anyhow::Result<()> {
    let program = asking();
    for leg in Leg::ALL {
        let model = ModelClient::new(|_, number| {
            Ok(match number {
                0 => uses(&[
                    ("a", "calculator", json!({"expression": "6*7"})),
                    ("b", "hammer", json!({})),
                    ("c", "days_between", json!({"from": "2026-01-01", "to": "2026-01-31"})),
                ]),
                1 => uses(&[("d", "convert_unit", json!({"value": 1, "from": "km", "to": "m"}))]),
                _ => said("All done."),
            })
        });
        let client = program.client(leg, model.clone()).await?;
        let result = call(&client, "agent_answer", json!({"question": "Several things?"})).await?;
        assert_eq!(structure(&result)["text"], "All done.", "{leg}: {}", text(&result));
        assert_eq!(structure(&result)["turns"], 3, "{leg}");
        let results: Vec<&Value> =
            structure(&result)["tool_uses"].as_array().into_iter().flatten().map(|it| &it["result"]).collect();
        assert_eq!(
            (results[0], results[2], results[3]),
            (&json!("6*7 = 42"), &json!("30 days"), &json!("1 km = 1000 m"))
        );
        assert_eq!(structure(&result)["tool_uses"][1]["is_error"], true, "{leg}");

        let asked = model.asked();
        assert_eq!(asked.len(), 3, "{leg}");
        for request in &asked {
            assert_eq!(request.validate(), Ok(()), "{leg}: balanced");
        }
        let last = serde_json::to_value(&asked[2])?;
        let roles: Vec<&Value> = last["messages"].as_array().into_iter().flatten().map(|it| &it["role"]).collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"], "{leg}");
        let ids: Vec<&Value> =
            last["messages"][2]["content"].as_array().into_iter().flatten().map(|it| &it["toolUseId"]).collect();
        assert_eq!(ids, ["a", "b", "c"], "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_model_that_never_answers_is_stopped() -> anyhow::Result<()> {
    let program = asking();
    for leg in Leg::ALL {
        let model = ModelClient::new(|_, number| {
            Ok(uses(&[(&format!("call-{number}"), "calculator", json!({"expression": "1+1"}))]))
        });
        let client = program.client(leg, model.clone()).await?;
        let result = call(&client, "agent_answer", json!({"question": "Again and again?"})).await?;
        assert_eq!(result.is_error, Some(true), "{leg}: {}", text(&result));
        assert!(text(&result).contains("within 5 turns"), "{leg}: {}", text(&result));
        assert_eq!(model.asked().len(), 5, "{leg}");
        let last = serde_json::to_value(&model.asked()[4])?;
        assert_eq!(last["toolChoice"]["mode"], "none", "{leg}: the last turn has to be an answer");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn tool_uses_that_cannot_be_told_apart_are_refused_and_many_are_bounded() -> anyhow::Result<()> {
    let program = asking();
    for leg in Leg::ALL {
        let twice = ModelClient::new(|_, _| {
            let same = ("a", "calculator", json!({"expression": "1"}));
            Ok(uses(&[same.clone(), same]))
        });
        let client = program.client(leg, twice).await?;
        let result = call(&client, "agent_answer", json!({"question": "Twice?"})).await?;
        assert!(text(&result).contains("cannot be told apart"), "{leg}: {}", text(&result));
        client.cancel().await?;

        let many = ModelClient::new(|_, number| {
            let calls: Vec<(String, Value)> =
                (0..20).map(|it| (format!("call-{it}"), json!({"expression": it.to_string()}))).collect();
            let calls: Vec<(&str, &str, Value)> =
                calls.iter().map(|(id, arguments)| (id.as_str(), "calculator", arguments.clone())).collect();
            Ok(if number == 0 { uses(&calls) } else { said("Enough.") })
        });
        let client = program.client(leg, many.clone()).await?;
        let result = call(&client, "agent_answer", json!({"question": "Many?"})).await?;
        let used = structure(&result)["tool_uses"].as_array().cloned().unwrap_or_default();
        assert_eq!(used.len(), 20, "{leg}: all are answered");
        assert_eq!(used.iter().filter(|it| it["is_error"] == false).count(), 8, "{leg}: some are carried out");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_without_tools_is_not_asked_for_them() -> anyhow::Result<()> {
    let program = asking();
    for leg in Leg::ALL {
        let model = ModelClient::who_says("x").without_tools();
        let client = program.client(leg, model.clone()).await?;
        let result = call(&client, "agent_answer", json!({"question": "How?"})).await?;
        assert!(text(&result).contains("did not declare sampling with tools"), "{leg}: {}", text(&result));
        assert!(model.asked().is_empty(), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}
