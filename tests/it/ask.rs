//! Questions to the client in both revisions.

use mcp_support::{
    client::Revision,
    testing::{RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::{probe, text, tool};

const ELICITATION: &str = "io.modelcontextprotocol/clientCapabilities";

fn call(more: Value) -> Value {
    let mut params = tool("ask", json!({"text": "a"}));
    params["_meta"] = json!({ ELICITATION: {"elicitation": {}} });
    for (key, value) in more.as_object().into_iter().flatten() {
        params[key] = value.clone();
    }
    params
}

fn accept(value: &str) -> Value {
    json!({"action": "accept", "content": {"value": value}})
}

#[tokio::test]
async fn several_rounds_in_2026_07_28() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    let first = http.request(1, "tools/call", call(json!({}))).await?;
    let first = &first.answer()["result"];
    assert_eq!(first["resultType"], "input_required", "{first}");
    let keys: Vec<&String> = first["inputRequests"].as_object().expect("requests").keys().collect();
    assert_eq!(keys, ["first", "second"], "both at once");
    assert_eq!(first["inputRequests"]["first"]["method"], "elicitation/create");

    // One answer is missing: it is asked for again, and the other is remembered.
    let some = call(json!({"requestState": first["requestState"], "inputResponses": {"first": accept("1"), "x": 1}}));
    let second = http.request(2, "tools/call", some).await?;
    let second = &second.answer()["result"];
    let keys: Vec<&String> = second["inputRequests"].as_object().expect("requests").keys().collect();
    assert_eq!(keys, ["second"]);

    let more =
        call(json!({"requestState": second["requestState"], "inputResponses": {"second": {"action": "decline"}}}));
    let third = http.request(3, "tools/call", more).await?;
    let third = &third.answer()["result"];
    let last = call(json!({"requestState": third["requestState"], "inputResponses": {"third": accept("3")}}));
    let answer = http.request(4, "tools/call", last).await?;
    assert_eq!(text(answer.answer()), "Accept Decline Some(Object {\"value\": String(\"3\")})");
    Ok(())
}

#[tokio::test]
async fn state_that_is_not_ours_is_refused() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    let first = http.request(1, "tools/call", call(json!({}))).await?;
    let state = first.answer()["result"]["requestState"].as_str().expect("a state").to_owned();
    let answers = json!({"first": accept("1"), "second": accept("2")});

    let tampered = call(json!({"requestState": format!("{state}-TAMPERED"), "inputResponses": answers}));
    let answer = http.request(2, "tools/call", tampered).await?;
    assert_eq!(answer.answer()["error"]["code"], -32602, "{}", answer.text);

    let mut other = call(json!({"requestState": state, "inputResponses": answers}));
    other["arguments"]["text"] = json!("another");
    let answer = http.request(3, "tools/call", other).await?;
    assert_eq!(answer.answer()["error"]["code"], -32602, "bound to the arguments: {}", answer.text);

    let stranger = call(json!({"requestState": state, "inputResponses": {"first": "no object", "second": 7}}));
    let answer = http.request(4, "tools/call", stranger).await?;
    assert_eq!(answer.answer()["error"]["code"], -32602, "malformed answers: {}", answer.text);

    let without = call(json!({"inputResponses": answers}));
    let answer = http.request(5, "tools/call", without).await?;
    assert_eq!(answer.answer()["result"]["resultType"], "input_required", "answers without state prove nothing");
    Ok(())
}

#[tokio::test]
async fn requests_from_the_server_in_2025_11_25() -> anyhow::Result<()> {
    let mut stdio = RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())?;
    stdio
        .send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "raw", "version": "0"}}}))
        .await?;
    stdio.answer(&json!(0)).await?;
    stdio.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await?;
    stdio.send(&request(Revision::Legacy, 1, "tools/call", tool("ask", json!({"text": "a"})))).await?;
    for value in ["1", "2", "3"] {
        let question = stdio.receive().await?;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        stdio.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": accept(value)})).await?;
    }
    let answer = stdio.answer(&json!(1)).await?;
    assert!(text(&answer).starts_with("Accept Accept"), "{answer}");
    Ok(())
}

fn message() -> Value {
    json!({"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "a model"})
}

#[tokio::test]
async fn sampling_and_roots_in_both_revisions() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    let mut params = tool("ask_model_and_roots", json!({}));
    params["_meta"] = json!({ ELICITATION: {"sampling": {}, "roots": {}} });
    let first = http.request(1, "tools/call", params.clone()).await?;
    let first = &first.answer()["result"];
    assert_eq!(first["inputRequests"]["capital"]["method"], "sampling/createMessage", "{first}");
    assert_eq!(first["inputRequests"]["roots"]["method"], "roots/list", "{first}");
    params["requestState"] = first["requestState"].clone();
    params["inputResponses"] = json!({"capital": message(), "roots": {"roots": [{"uri": "file:///a"}]}});
    let answer = http.request(2, "tools/call", params).await?;
    assert_eq!(text(answer.answer()), "a model and 1 roots");

    let mut stdio = RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())?;
    stdio
        .send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {"sampling": {}, "roots": {}},
            "clientInfo": {"name": "raw", "version": "0"}}}))
        .await?;
    stdio.answer(&json!(0)).await?;
    stdio.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await?;
    stdio.send(&request(Revision::Legacy, 1, "tools/call", tool("ask_model_and_roots", json!({})))).await?;
    for (method, answer) in
        [("sampling/createMessage", message()), ("roots/list", json!({"roots": [{"uri": "file:///a"}]}))]
    {
        let question = stdio.receive().await?;
        assert_eq!(question["method"], method, "{question}");
        stdio.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": answer})).await?;
    }
    assert_eq!(text(&stdio.answer(&json!(1)).await?), "a model and 1 roots");
    Ok(())
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_not_asked() -> anyhow::Result<()> {
    let probe = probe();
    for revision in Revision::ALL {
        let http = RawHttp::open(&probe.http().await?.url, revision).await?;
        let reply = http.request(1, "tools/call", tool("ask", json!({"text": "a"}))).await?;
        let error = &reply.answer()["error"];
        assert_eq!(error["code"], -32021, "{revision}: {}", reply.text);
        assert!(error["data"]["requiredCapabilities"]["elicitation"].is_object(), "{revision}: {error}");
    }
    Ok(())
}
