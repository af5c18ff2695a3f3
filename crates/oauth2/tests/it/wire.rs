//! The contract, and every tool on stdio, where whoever starts the process may do everything.

use anyhow::Context as _;
use mcp_oauth2::client::connect;
use mcp_support::{
    client::{Recorder, Revision, call},
    testing::{Leg, Program, contract, protocol_error},
};
use serde_json::json;

use crate::fixture::{PASSWORD, Running, parameter};

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_mcp-oauth2"));
    let running = Running::start().await?;
    let scopes = "mcp.access mcp.read mcp.write mcp.admin";
    let back = running.browser()?.approve(&running.authorize(&[("scope", scopes)]), "ada", PASSWORD).await?;
    let token = running.exchange(&parameter(&back, "code").expect("a code"), &[]).await?.text("access_token");
    let mut all = Vec::new();
    for revision in Revision::ALL {
        let stdio = program.client(Leg { http: false, revision }, Recorder::default()).await?;
        let http = connect(&running.server.url, &token, revision, Recorder::default(), None).await?;
        for client in [stdio, http] {
            all.push(contract(&client).await?);
            client.cancel().await?;
        }
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "with every scope, every tool is there");
    insta::assert_json_snapshot!("contract", all[0]);
    Ok(())
}

#[tokio::test]
async fn every_tool_works_on_stdio() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_mcp-oauth2"));
    for revision in Revision::ALL {
        let client = program.client(Leg { http: false, revision }, Recorder::default()).await?;
        let hello = call(&client, "hello", json!({})).await?.structured_content.expect("a structure");
        assert_eq!(hello["text"], "Hello, local!", "{revision}");
        let who = call(&client, "whoami", json!({})).await?.structured_content.expect("a structure");
        assert_eq!(who["scopes"].as_array().map(Vec::len), Some(4), "{revision}");
        let note = call(&client, "create_note", json!({"title": "T", "text": "x"})).await?;
        let id = note.structured_content.expect("a note")["id"].clone();
        let list = call(&client, "list_notes", json!({})).await?.structured_content.expect("a list");
        assert_eq!(list["notes"], json!([{"id": id, "title": "T"}]), "{revision}");
        let deleted = call(&client, "delete_note", json!({"id": id})).await?;
        assert_ne!(deleted.is_error, Some(true), "{revision}");
        for (tool, arguments, hint) in [
            ("read_note", json!({"id": id}), "hint: list_notes"),
            ("delete_note", json!({"id": id}), "hint: list_notes"),
            ("create_note", json!({"title": "", "text": "x"}), "hint: write 1 to 80"),
            ("create_note", json!({"title": "T", "text": "x".repeat(4001)}), "hint: write 1 to 4000"),
            ("create_note", json!({"title": "T"}), "missing field `text`"),
            ("list_notes", json!({"owner": "grace"}), "unknown field `owner`"),
        ] {
            let refused = call(&client, tool, arguments).await?;
            assert!(refused.is_error == Some(true) && format!("{refused:?}").contains(hint), "{tool}: {refused:?}");
        }
        let error =
            protocol_error(call(&client, "no_such_tool", json!({})).await).with_context(|| revision.to_string())?;
        assert_eq!(error.code.0, -32602, "{revision}: {error:?}");
        client.cancel().await?;
    }
    Ok(())
}
