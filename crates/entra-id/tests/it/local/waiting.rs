//! A call that waits for a person: progress, cancellation, and the state that travels through the client (2026-07-28).

use std::path::Path;

use mcp_entra_id::tenant::known;
use mcp_support::{
    client::{Heard, Revision, call},
    testing::{RawStdio, request},
};
use serde_json::{Value, json};

use super::{
    fixture::{Stage, TOOL, structure, text},
    person::{Does, visit},
};

fn start(stage: &Stage) -> anyhow::Result<RawStdio> {
    let variables = stage.clone_without("");
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    RawStdio::start_with(Path::new(env!("CARGO_BIN_EXE_mcp-entra-id")), &variables)
}

/// A call of a client that can send people to pages.
fn able(id: u32, tool: &str, more: Value) -> Value {
    let mut params = json!({"name": tool, "arguments": {}, "_meta": {
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"url": {}}},
    }});
    for (name, value) in more.as_object().into_iter().flatten() {
        params[name] = value.clone();
    }
    request(Revision::Modern, id, "tools/call", params)
}

/// The first round: the question's name, its link, and the state.
async fn asked(raw: &mut RawStdio, id: u32) -> anyhow::Result<(String, String, String)> {
    raw.send(&able(id, TOOL, json!({}))).await?;
    let answer = raw.answer(&json!(id)).await?;
    let questions = answer["result"]["inputRequests"].as_object().cloned().unwrap_or_default();
    let (key, question) = questions.into_iter().next().unwrap_or_else(|| panic!("no question: {answer}"));
    let link = question["params"]["url"].as_str().unwrap_or_default().to_owned();
    Ok((key, link, answer["result"]["requestState"].as_str().unwrap_or_default().to_owned()))
}

fn accepted(key: &str, state: &str) -> Value {
    json!({"requestState": state, "inputResponses": {key: {"action": "accept"}}})
}

#[tokio::test]
async fn it_says_that_it_waits() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::Nothing);
        let client = stage.client(revision, person.clone()).await?;
        let signing_in = async {
            let link = person.link().await?;
            let waits = |heard: &Heard| matches!(heard, Heard::Progress(_, _, Some(text)) if text.contains("waiting"));
            assert!(person.recorder.wait_for(waits).await.is_some(), "{revision}: progress");
            visit(&link, &Does::SignsIn(known::ADA), stage.password()).await
        };
        let (result, page) = tokio::join!(call(&client, TOOL, json!({})), signing_in);
        page?;
        let result = result?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cancelled_call_ends_and_the_sign_in_goes_on() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut raw = start(&stage)?;
    let (key, link, state) = asked(&mut raw, 1).await?;
    raw.send(&able(2, TOOL, accepted(&key, &state))).await?;
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
    raw.send(&cancelled).await?;
    visit(&link, &Does::SignsIn(known::ADA), stage.password()).await?;
    // Without a question this time: the person is signed in.
    raw.send(&able(3, TOOL, json!({}))).await?;
    let mut answered = Vec::new();
    while !answered.contains(&json!(3)) {
        let message = raw.receive().await?;
        if message["id"] == 3 {
            assert_eq!(message["result"]["structuredContent"]["user_principal_name"], known::ADA, "{message}");
        }
        answered.push(message["id"].clone());
    }
    assert!(!answered.contains(&json!(2)), "a cancelled call is not answered");
    Ok(())
}

#[tokio::test]
async fn the_state_is_bound_and_the_sign_in_survives_the_round_trip() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut raw = start(&stage)?;
    let (key, link, state) = asked(&mut raw, 1).await?;
    for secret in ["code_verifier", "eyJ"] {
        assert!(!state.contains(secret), "{secret}");
    }
    // Tampered with, and of another tool.
    let mut tampered = state.clone().into_bytes();
    let middle = tampered.len() / 2;
    tampered[middle] = if tampered[middle] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered)?;
    for (id, tool, state) in [(2, TOOL, &tampered), (3, "sign_out", &state)] {
        raw.send(&able(id, tool, accepted(&key, state))).await?;
        assert_eq!(raw.answer(&json!(id)).await?["error"]["code"], -32602, "{tool}");
    }
    // An answer without a state proves nothing: the question is put again, for the same sign-in.
    raw.send(&able(4, TOOL, json!({"inputResponses": {key.as_str(): {"action": "decline"}}}))).await?;
    let again = raw.answer(&json!(4)).await?;
    assert_eq!(again["result"]["inputRequests"][&key]["params"]["url"], link.as_str(), "{again}");

    visit(&link, &Does::SignsIn(known::ADA), stage.password()).await?;
    raw.send(&able(5, TOOL, accepted(&key, &state))).await?;
    let answer = raw.answer(&json!(5)).await?;
    assert_eq!(answer["result"]["structuredContent"]["user_principal_name"], known::ADA, "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_decline_of_an_old_question_ends_no_new_sign_in() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut raw = start(&stage)?;
    let (key, _, state) = asked(&mut raw, 1).await?;
    let declined = json!({"requestState": state, "inputResponses": {key.as_str(): {"action": "decline"}}});
    raw.send(&able(2, TOOL, declined.clone())).await?;
    let answer = raw.answer(&json!(2)).await?;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let (new_key, link, _) = asked(&mut raw, 3).await?;
    assert_ne!(new_key, key);
    raw.send(&able(4, TOOL, declined)).await?;
    raw.answer(&json!(4)).await?;
    let page = visit(&link, &Does::SignsIn(known::ADA), stage.password()).await?;
    assert!(page.contains("You are signed in"), "{page}");
    Ok(())
}
