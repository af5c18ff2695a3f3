//! What the server offers, as a snapshot: a change of it is a change for every client.

use mcp_support::{
    client::Recorder,
    testing::{Leg, contract},
};

use crate::program;

#[tokio::test]
async fn the_contract() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let mut contract = contract(&client).await?;
        // 250 numbers that differ in nothing but their number.
        let resources = contract["resources"].as_array_mut().expect("resources");
        assert_eq!(resources.len(), 251, "{leg}");
        resources.truncate(3);
        insta::with_settings!({ description => "the same on every leg", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("contract", contract);
        });
    }
    Ok(())
}
