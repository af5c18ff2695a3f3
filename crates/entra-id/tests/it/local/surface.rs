//! The contract, and what a client gets for a call that is none.

use mcp_support::{
    client::{Recorder, Revision, call},
    testing::contract,
};
use serde_json::json;

use super::fixture::{Stage, TOOL, is_error, text};

#[tokio::test]
async fn the_contract() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, Recorder::default()).await?;
        insta::assert_json_snapshot!("local_contract", contract(&client).await?);
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_call() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, Recorder::default()).await?;
        for tool in [TOOL, "sign_out", "auth_status"] {
            let result = call(&client, tool, json!({"user": "somebody else"})).await?;
            assert!(
                is_error(&result) && text(&result).contains("unknown field"),
                "{revision} {tool}: {}",
                text(&result)
            );
        }
        let error = call(&client, "list_users", json!({})).await.expect_err("no such tool");
        assert!(format!("{error:#}").contains("-32602"), "{revision}: {error:#}");
        client.cancel().await?;
    }
    Ok(())
}
