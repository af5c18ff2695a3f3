//! Questions to the person, and the state that travels with them.

use mcp_protocol_features::demo::person::Person;
use mcp_support::{
    client::{Revision, call},
    testing::{HttpServer, Leg, RawHttp},
};
use rmcp::model::{ElicitRequestParams, ElicitResult, ElicitationAction};
use serde_json::{Value, json};

use crate::{program, structure, text, tool, with_capabilities};

#[tokio::test]
async fn a_record_goes_only_when_the_person_says_so() -> anyhow::Result<()> {
    let program = program();
    for (index, leg) in Leg::ALL.into_iter().enumerate() {
        let record = 10 + index;
        for (person, deleted) in [
            (Person::who_says(ElicitationAction::Decline), false),
            (Person::who_says(ElicitationAction::Cancel), false),
            (Person::who_says(ElicitationAction::Accept), false),
            (Person::who_fills_in(json!({"confirm": "yes"})), false),
            (Person::who_fills_in(json!({"confirm": false})), false),
            (Person::who_fills_in(json!({"confirm": true})), true),
        ] {
            let client = program.client(leg, person.clone()).await?;
            let result = call(&client, "confirm_delete", json!({"record_id": record})).await?;
            assert_eq!(structure(&result)["deleted"], deleted, "{leg}: {}", text(&result));
            assert!(person.asked()[0].contains(&format!("Delete record {record}")), "{:?}", person.asked());
            client.cancel().await?;
        }
    }
    Ok(())
}

/// The first round of `confirm_delete`: its state.
async fn first_round(http: &RawHttp, record: u32) -> anyhow::Result<String> {
    let params = with_capabilities(tool("confirm_delete", json!({"record_id": record})), json!({"elicitation": {}}));
    let reply = http.request(1, "tools/call", params).await?;
    let result = &reply.messages[0]["result"];
    assert_eq!(result["resultType"], "input_required", "{result}");
    assert_eq!(result["inputRequests"]["confirm"]["method"], "elicitation/create", "{result}");
    Ok(result["requestState"].as_str().unwrap_or_default().to_owned())
}

/// The second round: the answer, or the error's code.
async fn second_round(http: &RawHttp, record: u32, state: &str) -> anyhow::Result<Value> {
    let mut params =
        with_capabilities(tool("confirm_delete", json!({"record_id": record})), json!({"elicitation": {}}));
    params["requestState"] = state.into();
    params["inputResponses"] = json!({"confirm": {"action": "accept", "content": {"confirm": true}}});
    let reply = http.request(2, "tools/call", params).await?;
    let answer = reply.messages[0].clone();
    Ok(if answer["error"].is_null() { answer["result"].clone() } else { answer["error"]["code"].clone() })
}

#[tokio::test]
async fn a_state_is_refused_when_tampered_with_replayed_or_meant_for_another_call() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let state = first_round(&http, 1).await?;
    for tampered in [format!("{state}x"), state[..state.len() - 2].to_owned(), "x".to_owned(), String::new()] {
        assert_eq!(second_round(&http, 1, &tampered).await?, -32602, "{tampered}");
    }
    assert_eq!(second_round(&http, 2, &state).await?, -32602, "another record");
    let other = HttpServer::start(program.path(), &[]).await?;
    let elsewhere = RawHttp::open(&other.url, Revision::Modern).await?;
    assert_eq!(second_round(&elsewhere, 1, &state).await?, -32602, "another server's key");

    assert_eq!(second_round(&http, 1, &state).await?["structuredContent"]["deleted"], true);
    // The record is gone; so that this is not what refuses the replay, the same is tried with one that is still there.
    let state = first_round(&http, 3).await?;
    let both = tokio::join!(second_round(&http, 3, &state), second_round(&http, 3, &state));
    let deleted = [both.0?, both.1?].iter().filter(|result| result["structuredContent"]["deleted"] == true).count();
    assert_eq!(deleted, 1, "acted upon once, however often it is sent");
    assert_ne!(second_round(&http, 3, &state).await?["structuredContent"]["deleted"], true);
    Ok(())
}

#[tokio::test]
async fn what_was_declined_stays_declined() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let state = first_round(&http, 9).await?;
    let mut params = with_capabilities(tool("confirm_delete", json!({"record_id": 9})), json!({"elicitation": {}}));
    params["requestState"] = state.clone().into();
    params["inputResponses"] = json!({"confirm": {"action": "decline"}});
    let reply = http.request(2, "tools/call", params).await?;
    assert_eq!(reply.messages[0]["result"]["structuredContent"]["deleted"], false, "{}", reply.text);
    assert_eq!(second_round(&http, 9, &state).await?, -32602);
    Ok(())
}

#[tokio::test]
async fn a_connections_state_is_over_when_its_outcome_was_told() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let able = json!({"elicitation": {"url": {}}});
    let call = || with_capabilities(tool("connect_account", json!({"provider": "photos"})), able.clone());
    let reply = http.request(1, "tools/call", call()).await?;
    let question = reply.messages[0]["result"].clone();
    let url = question["inputRequests"]["visit"]["params"]["url"].as_str().unwrap_or_default().to_owned();
    let form = [("decision", "approve"), ("name", "Ada")];
    assert!(reqwest::Client::new().post(&url).form(&form).send().await?.status().is_success());
    let mut second = call();
    second["requestState"] = question["requestState"].clone();
    second["inputResponses"] = json!({"visit": {"action": "accept"}});
    let told = http.request(2, "tools/call", second.clone()).await?;
    assert_eq!(told.messages[0]["result"]["structuredContent"]["account"], "Ada", "{}", told.text);
    let replayed = http.request(3, "tools/call", second).await?;
    assert_eq!(replayed.messages[0]["error"]["code"], -32602, "{}", replayed.text);
    Ok(())
}

#[tokio::test]
async fn an_answer_without_a_state_proves_nothing() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let mut params = with_capabilities(tool("confirm_delete", json!({"record_id": 4})), json!({"elicitation": {}}));
    params["inputResponses"] = json!({"confirm": {"action": "accept", "content": {"confirm": true}}});
    let reply = http.request(1, "tools/call", params).await?;
    assert_eq!(reply.messages[0]["result"]["resultType"], "input_required", "asked again: {}", reply.text);
    Ok(())
}

/// Someone who opens the page and sends its form with these values.
fn visitor(form: &'static [(&'static str, &'static str)]) -> Person {
    Person::new(move |question| {
        if let ElicitRequestParams::UrlElicitationParams { url, .. } = question {
            let url = url.clone();
            tokio::spawn(async move { reqwest::Client::new().post(url).form(form).send().await });
        }
        ElicitResult::new(ElicitationAction::Accept)
    })
}

#[tokio::test]
async fn an_account_is_connected_on_a_page() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for (provider, person, connected) in [
            ("calendar", visitor(&[("decision", "approve"), ("name", "Ada <b>&")]), json!("Ada <b>&")),
            ("photos", visitor(&[("decision", "decline")]), Value::Null),
            ("notes", Person::who_says(ElicitationAction::Decline), Value::Null),
        ] {
            let client = program.client(leg, person).await?;
            let result = call(&client, "connect_account", json!({ "provider": provider })).await?;
            assert_ne!(result.is_error, Some(true), "{leg} {provider}: {}", text(&result));
            assert_eq!(structure(&result)["account"], connected, "{leg} {provider}");
            assert_eq!(structure(&result)["connected"], !connected.is_null(), "{leg} {provider}");
            client.cancel().await?;
        }
    }
    Ok(())
}
