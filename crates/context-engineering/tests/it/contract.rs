//! What the lesson offers.

use crate::fixture::program;

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    let mut offered = program().contract().await?;
    // The documents are data: a few stand for all of them.
    let resources = offered["resources"].as_array_mut().expect("resources");
    assert!(resources.len() > 40);
    resources.truncate(2);
    insta::assert_json_snapshot!("contract", offered);
    Ok(())
}
