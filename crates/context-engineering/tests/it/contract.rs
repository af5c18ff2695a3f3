//! What the lesson offers.

use mcp_support::{
    client::Recorder,
    testing::{Leg, contract},
};

use crate::fixture::program;

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    let mut first = None;
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let mut offered = contract(&client).await?;
        client.cancel().await?;
        // The documents are data: a few stand for all of them.
        if let Some(resources) = offered["resources"].as_array_mut() {
            assert!(resources.len() > 40, "{leg}");
            resources.truncate(2);
        }
        let expected = first.get_or_insert_with(|| offered.clone());
        assert_eq!(*expected, offered, "{leg}");
    }
    insta::assert_json_snapshot!("contract", first);
    Ok(())
}
