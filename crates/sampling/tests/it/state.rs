//! The state that travels through the client in 2026-07-28: tampered with, expired, replayed, another's.

use mcp_support::{
    client::Revision,
    testing::{HttpServer, RawHttp},
};
use serde_json::{Value, json};

use crate::asking;

const ARGUMENTS: &str = "The disk was full, so nothing worked.";

fn params(text: &str) -> Value {
    let mut params = json!({"name": "summarize", "arguments": {"text": text}});
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"sampling": {}});
    params
}

async fn first_round(http: &RawHttp, text: &str) -> anyhow::Result<String> {
    let reply = http.request(1, "tools/call", params(text)).await?;
    let result = &reply.messages[0]["result"];
    assert_eq!(result["resultType"], "input_required", "{}", reply.text);
    assert_eq!(result["inputRequests"]["summary"]["method"], "sampling/createMessage", "{result}");
    Ok(result["requestState"].as_str().unwrap_or_default().to_owned())
}

/// The summary, or the error's code.
async fn second_round(http: &RawHttp, text: &str, state: Value) -> anyhow::Result<Value> {
    let mut params = params(text);
    params["requestState"] = state;
    params["inputResponses"] = json!({"summary": {"role": "assistant", "content": {"type": "text", "text": "Full disk."},
                                                  "model": "m", "stopReason": "endTurn"}});
    let reply = http.request(2, "tools/call", params).await?;
    let answer = &reply.messages[0];
    Ok(if answer["error"].is_null() { answer["result"].clone() } else { answer["error"]["code"].clone() })
}

#[tokio::test]
async fn a_state_is_good_for_one_call() -> anyhow::Result<()> {
    let program = asking();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let state = first_round(&http, ARGUMENTS).await?;
    for tampered in [format!("{state}x"), state[..state.len() - 2].to_owned(), "x".to_owned(), String::new()] {
        assert_eq!(second_round(&http, ARGUMENTS, tampered.clone().into()).await?, -32602, "{tampered}");
    }
    assert_eq!(second_round(&http, "Another text.", state.clone().into()).await?, -32602, "another call");
    let other =
        HttpServer::start_with(program.path(), &[], &[("SAMPLING_BACKENDS".to_owned(), "client".to_owned())]).await?;
    let elsewhere = RawHttp::open(&other.url, Revision::Modern).await?;
    assert_eq!(second_round(&elsewhere, ARGUMENTS, state.clone().into()).await?, -32602, "another server's key");

    let answered = second_round(&http, ARGUMENTS, state.clone().into()).await?;
    assert_eq!(answered["structuredContent"]["text"], "Full disk.");
    assert_eq!(second_round(&http, ARGUMENTS, state.into()).await?, -32602, "replayed");

    let state = first_round(&http, ARGUMENTS).await?;
    let (one, two) = tokio::join!(
        second_round(&http, ARGUMENTS, state.clone().into()),
        second_round(&http, ARGUMENTS, state.into())
    );
    let answered = [one?, two?].iter().filter(|answer| answer["structuredContent"].is_object()).count();
    assert_eq!(answered, 1, "once, however often it is sent at a time");
    Ok(())
}

#[tokio::test]
async fn an_answer_without_a_state_proves_nothing() -> anyhow::Result<()> {
    let program = asking();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let asked_again = second_round(&http, ARGUMENTS, Value::Null).await?;
    assert_eq!(asked_again["resultType"], "input_required", "{asked_again}");
    Ok(())
}

#[tokio::test]
async fn processes_with_one_key_share_their_states() -> anyhow::Result<()> {
    let environment = [
        ("SAMPLING_BACKENDS".to_owned(), "client".to_owned()),
        ("SAMPLING_STATE_KEY".to_owned(), "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned()),
    ];
    let program = asking();
    let one = HttpServer::start_with(program.path(), &[], &environment).await?;
    let two = HttpServer::start_with(program.path(), &[], &environment).await?;
    let state = first_round(&RawHttp::open(&one.url, Revision::Modern).await?, ARGUMENTS).await?;
    let answered = second_round(&RawHttp::open(&two.url, Revision::Modern).await?, ARGUMENTS, state.into()).await?;
    assert_eq!(answered["structuredContent"]["text"], "Full disk.", "{answered}");
    Ok(())
}
