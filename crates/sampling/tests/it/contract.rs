//! What the lesson offers: its contract.

use mcp_support::testing::{Leg, contract};

use crate::{embedded, plain};

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    let program = embedded();
    let mut first = None;
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let offered = contract(&client).await?;
        client.cancel().await?;
        let expected = first.get_or_insert_with(|| offered.clone());
        assert_eq!(*expected, offered, "{leg}");
    }
    insta::assert_json_snapshot!(first);
    Ok(())
}
