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
        let contract = contract(&client).await?;
        insta::with_settings!({ description => "the same on every leg", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("contract", contract);
        });
    }
    Ok(())
}
