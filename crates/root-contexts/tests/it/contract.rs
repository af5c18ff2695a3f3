//! What the server offers, as a snapshot: a change of it is a change for every client.

use mcp_support::{
    client::Recorder,
    testing::{Leg, contract},
};
use serde_json::Value;

use crate::contexts::program;

#[tokio::test]
async fn the_contract() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let contract = contract(&client).await?;
        insta::with_settings!({ description => "the same on every leg", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("contract", contract);
        });
    }
    Ok(())
}

/// A schema that allows anything tells a client nothing; the Inspector's `--strict` refuses it.
#[tokio::test]
async fn every_field_has_a_type() -> anyhow::Result<()> {
    let client = program().client(Leg::ALL[0], Recorder::default()).await?;
    for tool in client.list_all_tools().await? {
        for schema in [Some(tool.input_schema), tool.output_schema].into_iter().flatten() {
            let schema = Value::Object(schema.as_ref().clone());
            assert_eq!(anything_goes(&schema), None, "{}: {schema:#}", tool.name);
        }
        let hints = tool.annotations.unwrap_or_default();
        let all = [hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint];
        assert!(all.iter().all(Option::is_some) && tool.title.is_some(), "{}", tool.name);
    }
    Ok(())
}

/// The first schema of a field or an item that is `true`, or that only describes.
fn anything_goes(schema: &Value) -> Option<Value> {
    let says_nothing = |schema: &&Value| {
        let fields = schema.as_object();
        **schema == Value::Bool(true)
            || fields.is_some_and(|fields| fields.keys().all(|key| key == "title" || key == "description"))
    };
    let properties = schema["properties"].as_object().into_iter().flat_map(|fields| fields.values());
    let parts: Vec<&Value> = properties.chain(schema.get("items")).collect();
    let found = parts.iter().copied().find(says_nothing).cloned();
    found.or_else(|| parts.iter().find_map(|part| anything_goes(part)))
}
