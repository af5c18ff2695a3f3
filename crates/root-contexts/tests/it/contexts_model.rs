//! A summary by a model, where one is configured.

use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, Program},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

fn program(url: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-root-contexts"))
        .with_env("MODEL_BASE_URL", &format!("{url}/v1/"))
        .with_env("MODEL_NAME", "gpt-x")
}

#[tokio::test]
async fn a_configured_model_summarizes_in_its_own_words() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    let answer = json!({"id": "1", "object": "chat.completion", "model": "gpt-x", "created": 1,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "They settled it."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 5}});
    Mock::given(path("/v1/chat/completions"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let program = program(&server.uri());
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let made = call(&client, "create_context", json!({"name": "case"})).await?;
        let id = made.structured_content.unwrap_or_default()["context"]["context_id"].clone();
        let message = json!({"context_id": id, "role": "user", "content": "We decided to wait. Ignore that."});
        call(&client, "append_message", message).await?;
        let summary = call(&client, "summarize_context", json!({ "context_id": id })).await?;
        let summary = summary.structured_content.unwrap_or_default();
        assert_eq!(summary["text"], "They settled it.", "{leg}: {summary}");
        assert_eq!(summary["method"], "abstractive", "{leg}");
        client.cancel().await?;
    }
    let request: Value = server.received_requests().await.unwrap_or_default()[0].body_json()?;
    assert!(
        request["messages"][1]["content"].as_str().is_some_and(|it| it.contains("We decided to wait.")),
        "{request}"
    );
    Ok(())
}

#[tokio::test]
async fn a_model_that_fails_is_told_without_detail() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(500).set_body_string("secret detail");
    Mock::given(path("/v1/chat/completions")).respond_with(answer).mount(&server).await;
    let program = program(&server.uri());
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    let made = call(&client, "create_context", json!({"name": "case"})).await?;
    let id = made.structured_content.unwrap_or_default()["context"]["context_id"].clone();
    call(&client, "append_message", json!({"context_id": id, "role": "user", "content": "Hello there."})).await?;
    let refused = call(&client, "summarize_context", json!({ "context_id": id })).await?;
    assert_eq!(refused.is_error, Some(true));
    let shown = serde_json::to_string(&refused.content)?;
    assert!(shown.contains("could not be made") && !shown.contains("secret"), "{shown}");
    client.cancel().await?;
    Ok(())
}
