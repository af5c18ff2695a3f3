//! Change notifications in both revisions.

use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    testing::{Leg, RawStdio, request},
};
use rmcp::model::{SubscribeRequestParams, SubscriptionFilter};
use serde_json::json;

use crate::{probe, tool};

#[tokio::test]
#[expect(deprecated, reason = "resources/subscribe is how 2025-11-25 asks for updates")]
async fn every_leg_hears_of_changes() -> anyhow::Result<()> {
    let probe = probe();
    for leg in Leg::ALL {
        let recorder = Recorder::default();
        let client = probe.client(leg, recorder.clone()).await?;
        match leg.revision {
            Revision::Legacy => {
                client.subscribe(SubscribeRequestParams::new("probe://here")).await?;
                call(&client, "change", json!({"text": "probe://elsewhere"})).await?;
                call(&client, "change", json!({"text": "probe://here"})).await?;
                for list in ["tools", "prompts", "resources"] {
                    let heard = recorder.wait_for(|heard| *heard == Heard::ListChanged(list)).await;
                    assert!(heard.is_some(), "{leg}: {list}: {:?}", recorder.heard());
                }
                let updated = recorder.wait_for(|heard| matches!(heard, Heard::Updated(_))).await;
                assert_eq!(updated, Some(Heard::Updated("probe://here".into())), "{leg}");
            }
            Revision::Modern => {
                let filter =
                    SubscriptionFilter::builder().tools_list_changed().resource_subscriptions(["probe://here"]).build();
                let mut subscription = client.listen(filter).await?;
                call(&client, "change", json!({"text": "probe://elsewhere"})).await?;
                call(&client, "change", json!({"text": "probe://here"})).await?;
                let mut heard = Vec::new();
                while heard.len() < 3 {
                    let next = tokio::time::timeout(mcp_support::testing::PATIENCE, subscription.next()).await?;
                    heard.push(serde_json::to_value(next?)?["method"].clone());
                }
                assert_eq!(
                    heard,
                    [
                        "notifications/tools/list_changed",
                        "notifications/tools/list_changed",
                        "notifications/resources/updated"
                    ],
                    "{leg}: only what was asked for"
                );
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_can_be_cancelled_on_the_pipe() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())?;
    let revision = Revision::Modern;
    let filter = json!({"notifications": {"toolsListChanged": true}});
    stdio.send(&request(revision, "sub", "subscriptions/listen", filter)).await?;
    assert_eq!(stdio.receive().await?["method"], "notifications/subscriptions/acknowledged");
    stdio.send(&request(revision, 1, "tools/call", tool("change", json!({"text": "x"})))).await?;
    stdio.answer(&json!(1)).await?;
    stdio.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "sub"}})).await?;
    stdio.send(&request(revision, 2, "tools/call", tool("echo", json!({"text": "still here"})))).await?;
    stdio.answer(&json!(2)).await?;
    Ok(())
}
