//! Standing queries: the live feed raises alerts, and both revisions hear of them.
#![expect(deprecated, reason = "SEP-2577: resources/subscribe is how clients of 2025-11-25 watch a resource")]

use std::time::Duration;

use mcp_realtime_search::{corpus, feed};
use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    testing::{Leg, Program},
};
use rmcp::model::{SubscribeRequestParams, SubscriptionFilter};
use serde_json::json;

use crate::fixture::{results, structure};

#[tokio::test]
async fn a_story_of_the_live_feed_is_heard_of_and_found() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        let program =
            Program::new(env!("CARGO_BIN_EXE_mcp-realtime-search")).with_env("REALTIME_SEARCH_FEED_MS", "100");
        let recorder = Recorder::default();
        let client = program.client(leg, recorder.clone()).await?;
        // Stories of one outlet: one comes every few seconds.
        let tracked = call(&client, "track_topic", json!({"query": "osthaven source:osthaven-courier"})).await?;
        let uri = structure(&tracked)["resource"].as_str().unwrap_or_default().to_owned();
        let waiting = async {
            if leg.revision == Revision::Legacy {
                client.subscribe(SubscribeRequestParams::new(uri.clone())).await?;
                while recorder.wait_for(|heard| *heard == Heard::Updated(uri.clone())).await.is_none() {}
            } else {
                let filter = SubscriptionFilter::builder().resource_subscription(uri.clone()).build();
                client.listen(filter).await?.next().await?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await??;
        let polled = call(&client, "poll_topic", json!({"topic": structure(&tracked)["topic"]["topic"]})).await?;
        let alert = structure(&polled)["alerts"][0].clone();
        assert!(alert["after_ms"].as_f64().is_some_and(|after| after < 1000.0), "{leg}: {alert}");
        let id = alert["id"].as_str().unwrap_or_default().to_owned();
        let story = corpus::stories().iter().find(|story| story.id == id).expect("a story of the feed");
        let found = call(&client, "web_search", json!({"query": story.title, "safe": "off", "max_results": 5})).await?;
        assert!(results(&found).iter().any(|result| result["id"] == id), "{leg}: {alert} {found:?}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_poll_can_wait_for_the_story() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_mcp-realtime-search")).with_env("REALTIME_SEARCH_FEED_MS", "50");
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    let last = feed::order(corpus::stories(), feed::FIRST_SEED)
        .into_iter()
        .filter(|story| story.source == "osthaven-courier")
        .nth(4);
    let query = format!(
        "source:osthaven-courier {}",
        last.expect("a story").title.split_whitespace().next().unwrap_or_default()
    );
    let tracked = call(&client, "track_topic", json!({"query": query})).await?;
    let topic = structure(&tracked)["topic"]["topic"].clone();
    let polled = call(&client, "poll_topic", json!({"topic": topic, "wait_ms": 20_000})).await?;
    assert!(structure(&polled)["alerts"].as_array().is_some_and(|alerts| !alerts.is_empty()), "{polled:?}");
    client.cancel().await?;
    Ok(())
}
