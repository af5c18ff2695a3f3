//! Graph that wants patience, another token, or more of the caller.

use std::time::Duration;

use mcp_support::{
    client::{Heard, Revision, call},
    testing::RawHttp,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    fake::{Exchanging, Graphing},
    fixture::{READ, Running, challenge, connect},
};

#[tokio::test]
async fn a_storm_of_429_is_waited_out_and_nobody_hammers() -> anyhow::Result<()> {
    const CALLERS: usize = 60;
    let running = Running::start().await?;
    let begun = Instant::now();
    running.fake.state().graphing = Graphing::Busy(2, begun + Duration::from_secs(2));
    let tokens: Vec<String> = (0..CALLERS).map(|number| running.token(&format!("user-{number}"), READ)).collect();
    let calls = tokens
        .iter()
        .enumerate()
        .map(|(number, token)| running.result(Revision::ALL[number % 2], token, "get_user_details"));
    for (number, result) in futures::future::join_all(calls).await.into_iter().enumerate() {
        assert_eq!(result?["structuredContent"]["id"], format!("user-{number}"), "a good answer in the end");
    }
    let state = running.fake.state();
    let refused = state.asked.iter().filter(|(.., busy)| *busy).count();
    assert!(refused <= 20, "{refused} of {CALLERS} callers asked while the limit held");
    assert!(state.open.1 <= 16, "{} requests at a time", state.open.1);
    assert!(state.asked.len() <= CALLERS + refused, "each asked once more at most");
    Ok(())
}

#[tokio::test]
async fn a_limit_that_outlasts_patience_is_told_with_its_length() -> anyhow::Result<()> {
    let running = Running::start().await?;
    running.fake.state().graphing = Graphing::Busy(90, Instant::now() + Duration::from_secs(90));
    for revision in Revision::ALL {
        let result = running.result(revision, &running.token("ada", READ), "get_user_details").await?;
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        assert!(result["isError"] == true && text.contains("try again in") && text.contains("hint: wait"), "{result}");
    }
    assert_eq!(running.fake.state().asked.len(), 1, "the second caller was told without asking Graph");
    let told = |line: &Value| line["event"] == "throttled" && line["reason"] == "Graph; told to come back";
    assert!(running.audit(told).await.iter().any(told));
    Ok(())
}

#[tokio::test]
async fn waiting_is_reported_as_progress() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for revision in Revision::ALL {
        running.fake.state().graphing = Graphing::BusyOnce(1);
        let token = running.token("ada", READ);
        let client = connect(&running.server.url, &token, revision).await?;
        let result = call(&client, "get_user_details", json!({})).await?;
        assert_ne!(result.is_error, Some(true), "{result:?}");
        let heard = client.service().wait_for(|heard| matches!(heard, Heard::Progress(..))).await;
        assert!(format!("{heard:?}").contains("Graph asks for patience"), "{revision}: {heard:?}");
        let waits = |line: &Value| line["event"] == "throttled" && line["reason"] == "Graph; the call waits";
        assert!(running.audit(waits).await.iter().any(waits), "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_graph_does_not_accept_is_exchanged_once_more() -> anyhow::Result<()> {
    let running = Running::start().await?;
    running.fake.state().graphing = Graphing::Unauthorized(1, None);
    let token = running.token("ada", READ);
    for revision in Revision::ALL {
        let result = running.result(revision, &token, "get_user_details").await?;
        assert_eq!(result["structuredContent"]["id"], "ada", "{revision}: {result}");
    }
    assert_eq!(running.fake.state().forms.len(), 2, "and the second one is kept");
    running.fake.state().graphing = Graphing::Unauthorized(100, None);
    let result = running.result(Revision::Modern, &token, "get_user_details").await?;
    assert!(result.to_string().contains("hint: sign in again"), "{result}");
    assert_eq!(running.fake.state().forms.len(), 3, "once, and not for ever");
    running.fake.state().graphing = Graphing::Forbidden;
    let result = running.result(Revision::Modern, &token, "get_user_details").await?;
    assert!(result.to_string().contains("Authorization_RequestDenied"), "{result}");
    Ok(())
}

#[tokio::test]
async fn claims_of_graph_go_to_entra_first_and_to_the_caller_if_need_be() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let wanted = json!({"access_token": {"nbf": {"essential": true, "value": "1700000000"}}});
    running.fake.state().graphing = Graphing::Unauthorized(1, Some(wanted.clone()));
    let result = running.result(Revision::Modern, &running.token("ada", READ), "get_user_details").await?;
    assert_eq!(result["structuredContent"]["id"], "ada", "Entra had a token that fulfils them: {result}");
    let sent: Vec<Value> =
        running.fake.state().forms.iter().filter_map(|form| serde_json::from_str(&form["claims"]).ok()).collect();
    assert_eq!(sent[0], json!({"access_token": {"xms_cc": {"values": ["cp1"]}}}), "this server understands challenges");
    assert_eq!(sent[1]["access_token"]["nbf"], wanted["access_token"]["nbf"]);
    assert_eq!(sent[1]["access_token"]["xms_cc"], sent[0]["access_token"]["xms_cc"]);

    for revision in Revision::ALL {
        let token = running.token("mia", READ);
        running.fake.state().graphing = Graphing::Unauthorized(1000, Some(wanted.clone()));
        running.fake.state().exchanging = Exchanging::Token(3600);
        // The first call finds out only when its answer has begun, so it is a result; the next one is told at the door.
        let result = running.result(revision, &token, "get_user_details").await?;
        assert_eq!(result["isError"], true, "{revision}");
        assert_eq!(result["structuredContent"]["error"], "insufficient_claims", "{revision}: {result}");
        assert_eq!(result["structuredContent"]["claims"], wanted.to_string(), "{revision}");
        let asked = running.fake.state().asked.len();
        let reply = running.call(revision, &token, "get_user_details").await?;
        assert_eq!(reply.status, 401, "{revision}: {}", reply.text);
        assert!(challenge(&reply).contains("insufficient_claims"), "{revision}");
        assert_eq!(running.fake.state().asked.len(), asked, "nothing was asked for it");
        // After a new sign-in.
        running.fake.state().graphing = Graphing::Well;
        let result = running.result(revision, &running.token("mia", READ), "get_user_details").await?;
        assert_eq!(result["structuredContent"]["id"], "mia", "{revision}");
    }
    Ok(())
}

#[tokio::test]
async fn sessions_of_2025_11_25_are_not_kept() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let always = [(reqwest::header::AUTHORIZATION, format!("Bearer {}", running.token("ada", READ)).parse()?)];
    let raw = RawHttp::stateless(&running.server.url)?.with_headers(always.into_iter().collect());
    let reply = raw.post(&mcp_support::testing::initialize(), Default::default()).await?;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.headers.get("mcp-session-id").is_none(), "any instance can answer the next request");
    Ok(())
}
