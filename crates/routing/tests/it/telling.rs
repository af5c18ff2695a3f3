//! What nodes tell besides their answers: changes of resources, and log messages, for clients and nodes of both revisions.
#![expect(deprecated, reason = "SEP-2577: log levels are still set, and resources subscribed to by a request")]

use std::time::Duration;

use mcp_support::client::{Heard, Recorder, Revision, call};
use rmcp::model::{
    CallToolRequestParams, LoggingLevel, ReadResourceRequestParams, ServerNotification, SetLevelRequestParams,
    SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use serde_json::{Value, json};

use crate::fixture::{Mounted, mount, upstream};

const ORDERS: &str = "shop+orders://all";

fn order(number: u32) -> Value {
    json!({"customer": "Ada", "item": "cards", "quantity": 1, "idempotency_key": number.to_string()})
}

#[tokio::test]
async fn whoever_is_subscribed_hears_of_a_change() -> anyhow::Result<()> {
    for of_node in Revision::ALL {
        let node = upstream(&["database", "--only", &of_node.to_string()]).await?;
        let gateway = Mounted::start(&mount("shop", &[&node.url])).await?;
        let recorder = Recorder::default();
        let old = gateway.client(Revision::Legacy, recorder.clone()).await?;
        let new = gateway.client(Revision::Modern, Recorder::default()).await?;
        old.subscribe(SubscribeRequestParams::new(ORDERS)).await?;
        let mut stream = new.listen(SubscriptionFilter::builder().resource_subscription(ORDERS).build()).await?;
        // The node is asked once the gateway's clients are: so it may take a change or two until it tells.
        let mut told = (0, 0);
        for number in 1..100 {
            call(&new, "shop__add_order", order(number)).await?;
            let next = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
            if let Ok(Ok(Some(ServerNotification::ResourceUpdatedNotification(updated)))) = next {
                assert_eq!(updated.params.uri, ORDERS);
                told.0 += 1;
            }
            told.1 =
                recorder.heard().iter().filter(|heard| matches!(heard, Heard::Updated(uri) if uri == ORDERS)).count();
            // Of the beginning, and of changes.
            if told.0 >= 3 && told.1 >= 3 {
                break;
            }
        }
        assert!(told.0 >= 3 && told.1 >= 3, "from {of_node}: {told:?}");
        let read = old.read_resource(ReadResourceRequestParams::new(ORDERS)).await?;
        assert!(serde_json::to_string(&read)?.contains("shop+orders://all"), "{read:?}");
        old.unsubscribe(UnsubscribeRequestParams::new(ORDERS)).await?;
        old.cancel().await?;
        new.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_table_of_routes_tells_when_it_changes() -> anyhow::Result<()> {
    let node = upstream(&["calculator"]).await?;
    let gateway = Mounted::start(&mount("calculator", &[&node.url])).await?;
    let recorder = Recorder::default();
    let client = gateway.client(Revision::Legacy, recorder.clone()).await?;
    client.subscribe(SubscribeRequestParams::new("route://table")).await?;
    call(&client, "set_strategy", json!({"mount": "calculator", "strategy": "round_robin"})).await?;
    let heard = recorder.wait_for(|heard| matches!(heard, Heard::Updated(uri) if uri == "route://table")).await;
    assert!(heard.is_some(), "{:?}", recorder.heard());
    client.cancel().await?;
    Ok(())
}

/// A node of either revision says what it does to the one whose call made it, if that one wants to know.
#[tokio::test]
async fn log_messages_reach_the_caller_who_wants_them() -> anyhow::Result<()> {
    for of_node in Revision::ALL {
        let node = upstream(&["database", "--only", &of_node.to_string()]).await?;
        let gateway = Mounted::start(&mount("shop", &[&node.url])).await?;
        let (hers, his, theirs) = (Recorder::default(), Recorder::default(), Recorder::default());
        let old = gateway.client(Revision::Legacy, hers.clone()).await?;
        let new = gateway.client(Revision::Modern, his.clone()).await?;
        let grave = gateway.client(Revision::Legacy, theirs.clone()).await?;
        call(&old, "shop__add_order", order(1)).await?;
        old.set_level(SetLevelRequestParams::new(LoggingLevel::Debug)).await?;
        grave.set_level(SetLevelRequestParams::new(LoggingLevel::Error)).await?;
        call(&old, "shop__add_order", order(2)).await?;
        let is_of = |heard: &Heard, id: u64| matches!(heard, Heard::Log(data) if data["order"] == id);
        assert!(hers.wait_for(|heard| is_of(heard, 2)).await.is_some(), "from {of_node}: {:?}", hers.heard());
        assert!(!hers.heard().iter().any(|heard| is_of(heard, 1)), "nobody had asked then: {:?}", hers.heard());

        call(&grave, "shop__add_order", order(3)).await?;
        call(&new, "shop__add_order", order(4)).await?;
        let mut params = CallToolRequestParams::new("shop__add_order");
        params.arguments = order(5).as_object().cloned();
        let mut meta = rmcp::model::RequestMetaObject::default();
        meta.set_log_level(LoggingLevel::Info);
        params.meta = Some(meta);
        new.call_tool(params).await?;
        assert!(his.wait_for(|heard| is_of(heard, 5)).await.is_some(), "from {of_node}: {:?}", his.heard());
        assert_eq!(his.heard().iter().filter(|heard| matches!(heard, Heard::Log(..))).count(), 1, "{:?}", his.heard());
        assert!(theirs.heard().is_empty(), "it is no error: {:?}", theirs.heard());
        for client in [old, new, grave] {
            client.cancel().await?;
        }
    }
    Ok(())
}
