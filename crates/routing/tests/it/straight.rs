//! The straight way of a plain call over HTTP says the same as the usual one, and keeps the same rules.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mcp_support::{
    client::Revision,
    testing::{RawHttp, Reply},
};
use serde_json::{Value, json};

use crate::fixture::{Mounted, liar, mount, tools, upstream};

const LOG: &str = "io.modelcontextprotocol/logLevel";

/// The parameters of a call; one that wants log messages goes the usual way.
fn params(tool: &str, is_usual: bool) -> Value {
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "com.example.routing/route": {"region": "us"},
    });
    if is_usual {
        meta[LOG] = json!("error");
    }
    json!({"name": tool, "arguments": {"text": "a \"quoted\" \u{1F98A}", "number": 1.5e3}, "_meta": meta})
}

/// A node whose tools answer in every way that a call can end, and the parameters that it was called with. `meta` goes with
/// the answer that has most in it.
async fn recording(meta: Value) -> anyhow::Result<(String, Arc<std::sync::Mutex<Vec<Value>>>)> {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let record = seen.clone();
    let node = liar(move |method, params| match method {
        "tools/list" => Some(tools(&["plain", "wrong", "links", "more"])),
        "tools/call" => {
            record.lock().expect("no panic").push(params.clone());
            let link = json!({"type": "resource_link", "uri": "docs://one", "name": "one"});
            Some(match params["name"].as_str().unwrap_or_default() {
                "links" => json!({"resultType": "complete", "content": [link]}),
                "wrong" => json!({"resultType": "complete", "content": [], "isError": true}),
                "more" => json!({
                    "resultType": "complete", "content": [{"type": "text", "text": "\u{1}\n\\"}],
                    "structuredContent": {"a": [1, null, "\u{1F98A}"]}, "_meta": meta,
                }),
                _ => json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}], "isError": false}),
            })
        }
        _ => None,
    })
    .await?;
    Ok((node, seen))
}

#[tokio::test]
async fn both_ways_say_the_same_to_the_node_and_to_the_client() -> anyhow::Result<()> {
    let (node, seen) = recording(json!({"x.example/kept": [1, {"two": 2}]})).await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let client = RawHttp::open(&gateway.server.url, Revision::Modern).await?;
    for tool in ["plain", "wrong", "links", "more"] {
        let name = format!("h__{tool}");
        let usual = client.request("id", "tools/call", params(&name, true)).await?;
        let straight = client.request("id", "tools/call", params(&name, false)).await?;
        assert_eq!(usual.status, straight.status, "{tool}");
        assert_eq!(usual.answer(), straight.answer(), "{tool}");
        // A token may be another client's too: the node gets one of the gateway's own.
        let mut params = params(&name, false);
        params["_meta"]["progressToken"] = json!("mine");
        let with_token = client.request("id", "tools/call", params).await?;
        assert_eq!(straight.answer(), with_token.answer(), "{tool}");
        let mut told = std::mem::take(&mut *seen.lock().expect("no panic"));
        assert!(told[0]["_meta"]["progressToken"] == Value::Null, "the usual way: {told:?}");
        assert!(told[0]["_meta"][LOG] == "error", "the usual way: {told:?}");
        assert!(told[1]["_meta"]["progressToken"] == Value::Null, "the straight way: {told:?}");
        assert!(told[2]["_meta"]["progressToken"].as_str().is_some_and(|token| token != "mine"), "{told:?}");
        for params in &mut told {
            if let Some(meta) = params["_meta"].as_object_mut() {
                meta.retain(|key, _| ![LOG, "progressToken"].contains(&key.as_str()));
            }
        }
        assert_eq!(told[0], told[1], "{tool}");
        assert_eq!(told[0], told[2], "{tool}");
    }
    Ok(())
}

/// Both revisions end at the same connections: the node cannot tell them apart, and the answers differ in what 2025-11-25
/// does not have.
#[tokio::test]
async fn a_session_gets_what_a_single_request_gets() -> anyhow::Result<()> {
    let (node, seen) = recording(json!({
        "x.example/kept": [1, {"two": 2}],
        "io.modelcontextprotocol/serverInfo": {"name": "liar", "version": "1"},
    }))
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let single = RawHttp::open(&gateway.server.url, Revision::Modern).await?;
    let session = RawHttp::open(&gateway.server.url, Revision::Legacy).await?;
    for tool in ["plain", "wrong", "links", "more"] {
        let mut params = params(&format!("h__{tool}"), false);
        let expected = single.request(1, "tools/call", params.clone()).await?;
        if let Some(meta) = params["_meta"].as_object_mut() {
            meta.retain(|key, _| !key.starts_with("io.modelcontextprotocol/"));
        }
        let answered = session.request(1, "tools/call", params.clone()).await?;
        params["_meta"]["progressToken"] = json!("mine");
        let with_token = session.request(1, "tools/call", params).await?;
        // What is or may hide a link is understood first, and so takes the usual way, whose answers are events.
        let is_usual = ["links", "more"].contains(&tool);
        assert_eq!((is_straight(&answered), is_straight(&with_token)), (!is_usual, !is_usual), "{tool}");
        let mut expected = expected.answer().clone();
        if let Some(result) = expected["result"].as_object_mut() {
            result.remove("resultType");
            result["_meta"].as_object_mut().map(|meta| meta.remove("io.modelcontextprotocol/serverInfo"));
        }
        assert_eq!(answered.answer(), &expected, "{tool}");
        assert_eq!(with_token.answer(), &expected, "{tool}");
        let mut told = std::mem::take(&mut *seen.lock().expect("no panic"));
        assert!(told[2]["_meta"]["progressToken"].as_str().is_some_and(|token| token != "mine"), "{told:?}");
        told[2]["_meta"].as_object_mut().map(|meta| meta.remove("progressToken"));
        assert_eq!(told[0], told[1], "{tool}");
        assert_eq!(told[0], told[2], "{tool}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_session_has_agreed_on_holds_on_the_straight_way() -> anyhow::Result<()> {
    let node = liar(move |method, params| match method {
        "tools/list" => Some(tools(&["plain", "hang"])),
        "tools/call" if params["name"] == "hang" => None,
        "tools/call" => Some(json!({"resultType": "complete", "content": [], "structuredContent": [1]})),
        _ => None,
    })
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let session = RawHttp::open(&gateway.server.url, Revision::Legacy).await?;
    let in_flight = async |expected: u64| {
        for _ in 0..200 {
            let asked = json!({"name": "node_stats", "arguments": {"node": "h-0"}});
            let stats = session.request(9, "tools/call", asked).await?;
            if stats.answer()["result"]["structuredContent"]["in_flight"] == expected {
                return anyhow::Ok(true);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(false)
    };

    // 2025-11-25 knows structured content that is an object only: the rest is text there.
    let plain = json!({"name": "h__plain", "arguments": {}});
    let reply = session.request(1, "tools/call", plain.clone()).await?;
    assert_eq!(reply.answer()["result"]["content"][0]["text"], "[1]", "{}", reply.text);

    let hang = json!({"name": "h__hang", "arguments": {}});
    let hanging = session.request("mine", "tools/call", hang);
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "mine"}});
    let cancelling = async {
        assert!(in_flight(1).await?, "the call is under way");
        session.post(&cancelled, axum::http::HeaderMap::new()).await
    };
    let (hung, told) = futures::try_join!(hanging, cancelling)?;
    assert_eq!((told.status.as_u16(), hung.status.as_u16(), hung.messages.len()), (202, 200, 0), "{}", hung.text);
    assert!(in_flight(0).await?, "the node is not waited for");

    let level = session.request(2, "logging/setLevel", json!({"level": "info"})).await?;
    assert!(level.answer()["result"].is_object(), "{}", level.text);
    let reply = session.request(3, "tools/call", plain).await?;
    assert!(!is_straight(&reply), "log messages come as events: {}", reply.text);
    Ok(())
}

#[tokio::test]
async fn a_node_is_told_what_a_sessions_client_can() -> anyhow::Result<()> {
    let node = liar(move |method, params| match method {
        "tools/list" => Some(tools(&["echo"])),
        "tools/call" => {
            let declared = params["_meta"]["io.modelcontextprotocol/clientCapabilities"].clone();
            Some(json!({"resultType": "complete", "content": [], "structuredContent": declared}))
        }
        _ => None,
    })
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let client = RawHttp::stateless(&gateway.server.url)?;
    let can = json!({"elicitation": {"form": {}}, "roots": {"listChanged": true}});
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": can, "clientInfo": {"name": "test", "version": "1"},
    });
    let opened = client.request(0, "initialize", hello).await?;
    let session = opened.headers.get("mcp-session-id").expect("a session").clone();
    let headers = [(axum::http::HeaderName::from_static("mcp-session-id"), session)].into_iter().collect();
    let client = client.with_headers(headers);
    let echo = json!({"name": "h__echo", "arguments": {}});
    let early = client.request(1, "tools/call", echo.clone()).await?;
    assert!(!is_straight(&early), "the session has not begun: {}", early.text);
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    client.post(&begun, axum::http::HeaderMap::new()).await?;
    let reply = client.request(2, "tools/call", echo).await?;
    assert_eq!(reply.answer()["result"]["structuredContent"], can, "{}", reply.text);
    assert!(is_straight(&reply), "{}", reply.text);
    Ok(())
}

/// In 2025-11-25 a connection that is lost is no cancellation.
#[tokio::test]
async fn a_call_of_a_session_goes_on_without_its_client() -> anyhow::Result<()> {
    let node = upstream(&["database", "--slow", "300"]).await?;
    let gateway = Mounted::start(&mount("shop", &[&node.url])).await?;
    let session = RawHttp::open(&gateway.server.url, Revision::Legacy).await?;
    let order = json!({"customer": "Ada", "item": "cards", "quantity": 1, "idempotency_key": "one"});
    let adding = session.request(1, "tools/call", json!({"name": "shop__add_order", "arguments": order}));
    let lost = tokio::time::timeout(std::time::Duration::from_millis(150), adding).await;
    assert!(lost.is_err(), "it is slow");
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let orders = session.request(2, "tools/call", json!({"name": "shop__list_orders", "arguments": {}})).await?;
    assert_eq!(orders.answer()["result"]["content"][0]["text"], "1 orders", "{}", orders.text);
    assert!(is_straight(&orders), "{}", orders.text);
    Ok(())
}

/// The same where the node has progress to tell, and the call goes from the straight way to the usual one.
#[tokio::test]
async fn a_call_with_progress_goes_on_without_its_client() -> anyhow::Result<()> {
    for millis in [100, 400] {
        let node = upstream(&["weather", "--slow", "150"]).await?;
        let gateway = Mounted::start(&mount("weather", &[&node.url])).await?;
        let session = RawHttp::open(&gateway.server.url, Revision::Legacy).await?;
        let forecast = json!({
            "name": "weather__get_forecast", "arguments": {"city": "oslo", "day": 1, "days": 4},
            "_meta": {"progressToken": "mine"},
        });
        let asking = session.request(1, "tools/call", forecast);
        let lost = tokio::time::timeout(std::time::Duration::from_millis(millis), asking).await;
        assert!(lost.is_err(), "{millis} ms: it is slow");
        let asked = json!({"name": "node_stats", "arguments": {"node": "weather-0"}});
        let mut stats = Value::Null;
        for _ in 0..200 {
            stats =
                session.request(2, "tools/call", asked.clone()).await?.answer()["result"]["structuredContent"].clone();
            if stats["in_flight"] == 0 && stats["calls"] == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(stats["latency_ms"].is_number(), "{millis} ms: the node has answered: {stats}");
    }
    Ok(())
}

#[tokio::test]
async fn the_straight_way_keeps_the_rules() -> anyhow::Result<()> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let node = liar(move |method, _| match method {
        "tools/list" => Some(tools(&["plain", "nonsense", "long"])),
        "tools/call" => {
            counter.fetch_add(1, Ordering::Relaxed);
            Some(json!({"resultType": "complete", "content": [], "isError": false}))
        }
        _ => None,
    })
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let client = RawHttp::open(&gateway.server.url, Revision::Modern).await?;
    let ask = async |change: &dyn Fn(&mut Value)| {
        let mut params = params("h__plain", false);
        change(&mut params);
        client.request(1, "tools/call", params).await
    };
    let fine = ask(&|_| {}).await?;
    assert_eq!(fine.answer()["result"]["isError"], false, "{}", fine.text);
    let before = calls.load(Ordering::Relaxed);

    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params("h__plain", false)});
    let other = header("mcp-name", "h__other");
    let reply = client.post(&message, other).await?;
    assert_eq!((reply.status.as_u16(), &reply.answer()["error"]["code"]), (400, &json!(-32020)), "{}", reply.text);
    for (route, why) in [
        (json!({"residency": "nowhere"}), "nowhere"),
        (json!({"residency": "x".repeat(41)}), "longer than 40 bytes"),
        (json!({"key": "x".repeat(201)}), "longer than 200 bytes"),
        (json!({"region": "mars"}), "mars"),
        (json!({"colour": "red"}), "unknown field"),
    ] {
        let reply = ask(&|params| params["_meta"]["com.example.routing/route"] = route.clone()).await?;
        assert!(reply.text.contains(why), "{route}: {}", reply.text);
    }
    let unknown = ask(&|params| params["surprise"] = json!(1)).await?;
    assert!(unknown.answer()["result"].is_object() || unknown.answer()["error"].is_object(), "{}", unknown.text);
    let after = calls.load(Ordering::Relaxed) - before;
    assert!(after <= 1, "none of those that were refused has reached the node: {after}");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_cannot_be_passed_on_is_told_at_once() -> anyhow::Result<()> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let node = liar(move |method, params| match method {
        "tools/list" => Some(tools(&["long", "nonsense"])),
        "tools/call" => {
            counter.fetch_add(1, Ordering::Relaxed);
            let long = json!([{"type": "text", "text": "x".repeat(17 * 1024 * 1024)}]);
            Some(match params["name"].as_str() {
                Some("long") => json!({"resultType": "complete", "content": long, "isError": false}),
                _ => json!({"resultType": "complete", "content": 7}),
            })
        }
        _ => None,
    })
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let client = RawHttp::open(&gateway.server.url, Revision::Modern).await?;
    for (tool, why) in [("h__long", "longer than 16 MiB"), ("h__nonsense", "something else than was asked")] {
        for is_usual in [true, false] {
            let before = calls.load(Ordering::Relaxed);
            let reply = client.request(1, "tools/call", params(tool, is_usual)).await?;
            let result = &reply.answer()["result"];
            assert_eq!(result["isError"], true, "{tool}: {}", reply.text);
            assert!(result["content"][0]["text"].as_str().is_some_and(|text| text.contains(why)), "{tool}: {result}");
            assert_eq!(calls.load(Ordering::Relaxed) - before, 1, "{tool}: asking again would not help");
        }
    }
    Ok(())
}

/// The SDK answers a session with events.
fn is_straight(reply: &Reply) -> bool {
    reply.headers.get("content-type").is_some_and(|kind| kind == "application/json")
}

fn header(name: &'static str, value: &'static str) -> axum::http::HeaderMap {
    [(axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))].into_iter().collect()
}
