//! What passes through the gateway: answers, errors, progress, cancellation and questions, for clients and nodes of both
//! revisions.

use mcp_routing::{demo::person::Person, gateway::META_KEY};
use mcp_support::client::{Heard, Recorder, Revision, call};
use rmcp::{
    model::{CallToolRequest, CallToolRequestParams, ClientRequest},
    service::{PeerRequestOptions, ServiceError},
};
use serde_json::json;

use crate::fixture::{Mounted, mount, structure, text, upstream};

/// A client's revision, and a node's.
fn pairs() -> impl Iterator<Item = (Revision, Revision)> {
    Revision::ALL.into_iter().flat_map(|client| Revision::ALL.map(|node| (client, node)))
}

#[tokio::test]
async fn questions_reach_the_person_and_answers_go_back() -> anyhow::Result<()> {
    for (revision, of_node) in pairs() {
        let node = upstream(&["database", "--only", &of_node.to_string()]).await?;
        let gateway = Mounted::start(&mount("shop", &[&node.url])).await?;
        let person = Person::default();
        let client = gateway.client(revision, person.clone()).await?;
        let order = json!({"customer": "Ada", "item": "cards", "quantity": 1, "idempotency_key": "one"});
        for _ in 0..2 {
            // Twice, with one key: the second is the first.
            let added = call(&client, "shop__add_order", order.clone()).await?;
            assert_eq!(structure(&added)["order"]["id"], 1, "{revision} to {of_node}");
        }
        let deleted = call(&client, "shop__delete_order", json!({"id": 1})).await?;
        assert_eq!(structure(&deleted)["deleted"], true, "{revision} to {of_node}: {deleted:?}");
        assert_eq!(person.asked(), ["Delete the order of 'Ada' for 1 'cards'?"], "{revision} to {of_node}");
        client.cancel().await?;
    }
    Ok(())
}

/// In 2025-11-25 a question does not say to which call it belongs.
#[tokio::test]
async fn a_question_never_reaches_another_callers_person() -> anyhow::Result<()> {
    let node = upstream(&["database", "--only", "2025-11-25", "--slow", "300"]).await?;
    let gateway = Mounted::start(&mount("shop", &[&node.url])).await?;
    let alice = gateway.client(Revision::Modern, Recorder::default()).await?;
    let bob_himself = Person::default();
    let bob = gateway.client(Revision::Modern, bob_himself.clone()).await?;
    let order = json!({"customer": "Alice", "item": "cards", "quantity": 1, "idempotency_key": "one"});
    call(&alice, "shop__add_order", order).await?;
    for _ in 0..2 {
        // Hers has a question, and she cannot be asked; his has none, and he could be.
        let (hers, his) = futures::join!(
            call(&alice, "shop__delete_order", json!({"id": 1})),
            call(&bob, "shop__list_orders", json!({}))
        );
        assert!(hers.is_err(), "{hers:?}");
        assert_eq!(text(&his?), "1 orders");
    }
    assert!(bob_himself.asked().is_empty(), "{:?}", bob_himself.asked());
    let deleted = call(&bob, "shop__delete_order", json!({"id": 1})).await?;
    assert_eq!(structure(&deleted)["deleted"], true, "his own question still reaches him");
    alice.cancel().await?;
    bob.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_told_so() -> anyhow::Result<()> {
    for (revision, of_node) in pairs() {
        let node = upstream(&["database", "--only", &of_node.to_string()]).await?;
        let gateway = Mounted::start(&mount("shop", &[&node.url])).await?;
        let client = gateway.client(revision, Recorder::default()).await?;
        let order = json!({"customer": "Ada", "item": "cards", "quantity": 1, "idempotency_key": "one"});
        call(&client, "shop__add_order", order).await?;
        let refused = call(&client, "shop__delete_order", json!({"id": 1})).await;
        assert!(refused.is_err(), "{revision} to {of_node}: {refused:?}");
        let orders = call(&client, "shop__list_orders", json!({})).await?;
        assert_eq!(text(&orders), "1 orders", "{revision} to {of_node}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn progress_passes_with_the_callers_own_token() -> anyhow::Result<()> {
    for (revision, of_node) in pairs() {
        let node = upstream(&["weather", "--only", &of_node.to_string(), "--slow", "150"]).await?;
        let gateway = Mounted::start(&mount("weather", &[&node.url])).await?;
        let recorder = Recorder::default();
        let client = gateway.client(revision, recorder.clone()).await?;
        call(&client, "weather__get_forecast", json!({"city": "oslo", "day": 1, "days": 4})).await?;
        let heard = recorder.wait_for(|heard| matches!(heard, Heard::Progress(done, ..) if *done == 3.0)).await;
        assert!(heard.is_some(), "{revision} to {of_node}: {:?}", recorder.heard());
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cancelled_call_gives_its_place_back() -> anyhow::Result<()> {
    for (revision, of_node) in pairs() {
        let node = upstream(&["calculator", "--only", &of_node.to_string(), "--slow", "20000"]).await?;
        let gateway = Mounted::start(&mount("calculator", &[&node.url])).await?;
        let client = gateway.client(revision, Recorder::default()).await?;
        let mut params = CallToolRequestParams::new("calculator__evaluate");
        params.arguments = json!({"expression": "1"}).as_object().cloned();
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let call_of_node = client.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
        let in_flight = async |expected: u64| {
            for _ in 0..200 {
                let stats = call(&client, "node_stats", json!({"node": "calculator-0"})).await?;
                if structure(&stats)["in_flight"] == expected {
                    return anyhow::Ok(true);
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Ok(false)
        };
        assert!(in_flight(1).await?, "{revision} to {of_node}: the call is under way");
        if revision == Revision::Legacy {
            call_of_node.cancel(None).await?;
        } else {
            // 2026-07-28 over HTTP: closing the response stream is the cancellation.
            drop(call_of_node);
            client.cancel().await?;
            let client = gateway.client(revision, Recorder::default()).await?;
            let stats = async || {
                anyhow::Ok(structure(&call(&client, "node_stats", json!({"node": "calculator-0"})).await?).clone())
            };
            let mut left = stats().await?["in_flight"].clone();
            for _ in 0..200 {
                if left == 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                left = stats().await?["in_flight"].clone();
            }
            assert_eq!(left, 0, "{revision} to {of_node}");
            continue;
        }
        assert!(in_flight(0).await?, "{revision} to {of_node}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn where_a_call_wants_to_go_is_read_from_its_meta() -> anyhow::Result<()> {
    let program = crate::fixture::program();
    for leg in crate::fixture::LEGS {
        let client = program.client(leg, Recorder::default()).await?;
        let through = async |route: serde_json::Value| {
            let mut params = CallToolRequestParams::new("weather__get_forecast");
            params.arguments = json!({"city": "oslo", "day": 1}).as_object().cloned();
            params.meta = Some(serde_json::from_value(json!({ META_KEY: route })).expect("meta"));
            client.call_tool(params).await
        };
        for (route, served_by) in [
            (json!({"version": "v1"}), "us 1.4.0"),
            (json!({"residency": "eu", "region": "us"}), "eu 2.0.0"),
            (json!({"region": "asia", "version": ">=2, <3"}), "us 2.0.0"),
        ] {
            let result = through(route.clone()).await?;
            assert_eq!(structure(&result)["served_by"], served_by, "{leg}: {route}");
        }
        for bad in [json!({"region": "mars"}), json!({"version": "?"}), json!({"colour": "red"}), json!("eu")] {
            let error = through(bad.clone()).await.expect_err("malformed");
            assert!(
                matches!(&error, ServiceError::McpError(error) if error.code.0 == -32602),
                "{leg} {bad}: {error:?}"
            );
        }
        let nowhere = through(json!({"residency": "ch"})).await?;
        assert!(nowhere.is_error == Some(true) && text(&nowhere).contains("there are: eu, us"), "{leg}: {nowhere:?}");
        client.cancel().await?;
    }
    Ok(())
}
