//! Every tool on all four legs: a success, a tool error with its hint, a protocol error.

use anyhow::Context as _;
use mcp_support::{
    client::{text, Recorder, call},
    testing::{Leg, Program, protocol_error},
};
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_{{package}}"))
}

#[tokio::test]
async fn greet_answers_text_and_structure() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        for (arguments, greeting, language) in [
            (json!({"name": "Ada"}), "Hello, Ada!", "en"),
            (json!({"name": "Ada", "language": "de"}), "Hallo, Ada!", "de"),
        ] {
            let result = call(&client, "greet", arguments).await?;
            assert_ne!(result.is_error, Some(true), "{leg}: {result:?}");
            assert_eq!(text(&result), greeting, "{leg}");
            assert_eq!(result.structured_content, Some(json!({"text": greeting, "language": language})), "{leg}");
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
        for (arguments, hint) in [
            (json!({"name": "Ada", "language": "fr"}), "use one of: en, de, es"),
            (json!({"name": "  "}), "say whom to greet"),
            (json!({"name": "x".repeat(81)}), "at most 80 characters"),
            (json!({}), "missing field `name`"),
            (json!({"name": 7}), "expected a string"),
            (json!({"name": "Ada", "title": "Countess"}), "unknown field `title`"),
        ] {
            let result = call(&client, "greet", arguments.clone()).await?;
            assert_eq!(result.is_error, Some(true), "{leg}: {arguments}");
            assert!(text(&result).contains(hint), "{leg}: {arguments}: {result:?}");
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
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    insta::assert_json_snapshot!("contract", program().contract().await?);
    Ok(())
}
