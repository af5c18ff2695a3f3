//! What is no call at all, and the state that travels with the question about roots (2026-07-28).

use mcp_support::{
    client::Revision,
    testing::{Leg, RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::roots::{Place, tools};

#[tokio::test]
async fn what_is_no_call_is_a_protocol_error() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    let allowed = place.all.path().display().to_string();
    for leg in Leg::ALL {
        let names = tools("").map(|(tool, _)| tool);
        let malformed = names.map(|tool| json!({"name": tool, "arguments": "x"}));
        let unknown = [json!({"name": "read_file", "arguments": {}}), json!({"arguments": {}})];
        for params in malformed.into_iter().chain(unknown) {
            let answer = if leg.http {
                let http = RawHttp::open(&program.http().await?.url, leg.revision).await?;
                http.request(1, "tools/call", params.clone()).await?.answer().clone()
            } else {
                let mut stdio = RawStdio::start_with(program.path(), &[("ROOT_CONTEXTS_ALLOW_DIRS", &allowed)])?;
                stdio.open(leg.revision).await?;
                stdio.send(&request(leg.revision, 1, "tools/call", params.clone())).await?;
                stdio.answer(&json!(1)).await?
            };
            let code = answer["error"]["code"].as_i64();
            // Over HTTP a header names the tool too: without a name it is missing, which is an error of its own.
            assert!(matches!(code, Some(-32602 | -32020)), "{leg} {params}: {answer}");
        }
    }
    Ok(())
}

/// A call of 2026-07-28 by a client with roots, with what it sends back.
async fn round(http: &RawHttp, tool: &str, arguments: &Value, back: Value) -> anyhow::Result<Value> {
    let mut params = json!({"name": tool, "arguments": arguments, "_meta": {
        "io.modelcontextprotocol/clientCapabilities": {"roots": {}}}});
    for (name, value) in back.as_object().into_iter().flatten() {
        params[name] = value.clone();
    }
    Ok(http.request(1, "tools/call", params).await?.answer().clone())
}

#[tokio::test]
async fn a_state_is_refused_when_tampered_with_or_meant_for_another_call() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let uri = place.uri("allowed/one/a.rs");
    let roots = json!({"roots": {"roots": [{"uri": place.uri("allowed/one")}]}});
    let tools = tools(&uri);
    for (index, (tool, arguments)) in tools.iter().enumerate() {
        let asked = round(&http, tool, arguments, json!({})).await?;
        let result = &asked["result"];
        assert_eq!(result["resultType"], "input_required", "{asked}");
        assert_eq!(result["inputRequests"]["roots"]["method"], "roots/list", "{asked}");
        let state = result["requestState"].as_str().unwrap_or_default();
        let answer = |state: &str| json!({"requestState": state, "inputResponses": roots});

        let done = round(&http, tool, arguments, answer(state)).await?;
        assert!(done["result"]["structuredContent"].is_object() && done["result"]["isError"] == false, "{done}");
        for tampered in [format!("{state}x"), state[..state.len() - 3].to_owned(), "x".to_owned(), String::new()] {
            let refused = round(&http, tool, arguments, answer(&tampered)).await?;
            assert_eq!(refused["error"]["code"], -32602, "{tool} {tampered:.20}: {refused}");
        }
        let (other, other_arguments) = &tools[(index + 1) % tools.len()];
        assert_eq!(round(&http, other, other_arguments, answer(state)).await?["error"]["code"], -32602, "{other}");
        // An answer that is none, and answers that nobody has asked for.
        for odd in [json!({"roots": 1}), json!({"roots": {"roots": [{}]}}), json!({"roots": {"code": -1}})] {
            let back = json!({"requestState": state, "inputResponses": odd});
            assert_eq!(round(&http, tool, arguments, back).await?["error"]["code"], -32602, "{tool} {odd}");
        }
        let unasked = round(&http, tool, arguments, json!({"inputResponses": roots})).await?;
        assert_eq!(unasked["result"]["resultType"], "input_required", "asked again: {unasked}");
    }
    let unknown = round(&http, "list_roots", &json!({}), json!({})).await?;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    Ok(())
}
