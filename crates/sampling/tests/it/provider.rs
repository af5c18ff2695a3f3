//! The provider: the same tools, without the client's help.

use mcp_support::{
    client::call,
    testing::{Leg, Program},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::{plain, structure, text};

fn program(url: &str, backends: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-sampling"))
        .with_env("SAMPLING_BACKENDS", backends)
        .with_env("MODEL_BASE_URL", &format!("{url}/v1/"))
        .with_env("MODEL_API_KEY", "sk-test-4711")
        .with_env("MODEL_NAME", "gpt-x")
}

fn completion(message: Value, reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "1", "object": "chat.completion", "model": "gpt-x-2026", "created": 1,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42}
    }))
}

#[tokio::test]
async fn a_provider_answers_and_says_what_it_cost() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer sk-test-4711"))
        .respond_with(completion(json!({"role": "assistant", "content": "Full disk."}), "stop"))
        .mount(&server)
        .await;
    let program = program(&server.uri(), "provider");
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let result = call(&client, "summarize", json!({"text": "The disk was full."})).await?;
        assert_eq!(structure(&result)["text"], "Full disk.", "{leg}: {}", text(&result));
        assert_eq!(structure(&result)["backend"], "provider");
        assert_eq!(
            structure(&result)["usage"],
            json!({"input_tokens": 30, "output_tokens": 12, "total_tokens": 42, "estimated": false})
        );
        client.cancel().await?;
    }
    let request: Value = server.received_requests().await.unwrap_or_default()[0].body_json()?;
    assert_eq!(request["messages"][0]["role"], "system", "{request}");
    assert_eq!(request["temperature"], 0.0);
    Ok(())
}

#[tokio::test]
async fn a_providers_tool_calls_are_answered() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    let turn = |request: &Request| {
        let body: Value = request.body_json().unwrap_or_default();
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        match messages.iter().find(|message| message["role"] == "tool") {
            None => {
                let call = json!({"id": "c1", "type": "function", "function": {"name": "calculator", "arguments": "{\"expression\": \"6*7\"}"}});
                completion(json!({"role": "assistant", "content": null, "tool_calls": [call]}), "tool_calls")
            }
            Some(result) => {
                let said = format!("The tool said: {}", result["content"].as_str().unwrap_or_default());
                completion(json!({"role": "assistant", "content": said}), "stop")
            }
        }
    };
    Mock::given(method("POST")).respond_with(turn).mount(&server).await;
    let program = program(&server.uri(), "provider");
    for leg in Leg::ALL {
        let client = plain(&program, leg).await?;
        let result = call(&client, "agent_answer", json!({"question": "How much is 6 times 7?"})).await?;
        assert_eq!(structure(&result)["text"], "The tool said: 6*7 = 42", "{leg}: {}", text(&result));
        assert_eq!(structure(&result)["usage"]["total_tokens"], 84, "both turns");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_provider_refuses_is_told_without_its_key() -> anyhow::Result<()> {
    for (status, body, passed_over, expected) in [
        (401, json!({"error": {"message": "Incorrect API key: sk-test-4711"}}), true, "refused the key"),
        (429, json!({"error": {"message": "slow down"}}), true, "busy"),
        (500, json!({"error": {"message": "oops"}}), true, "not available"),
        (
            400,
            json!({"error": {"code": "content_filter", "message": "filtered", "innererror": {
            "content_filter_result": {"violence": {"filtered": true, "severity": "high"}}}}}),
            false,
            "violence",
        ),
    ] {
        let server = MockServer::start().await;
        let response = ResponseTemplate::new(status).insert_header("retry-after", "7").set_body_json(body);
        Mock::given(method("POST")).respond_with(response).mount(&server).await;
        let program = program(&server.uri(), "provider,embedded");
        for leg in [Leg::ALL[0], Leg::ALL[3]] {
            let client = plain(&program, leg).await?;
            let result = call(&client, "summarize", json!({"text": "The disk was full. All of it."})).await?;
            let shown = format!("{}{}", text(&result), structure(&result));
            assert_eq!(result.is_error != Some(true), passed_over, "{leg} {status}: {shown}");
            assert!(shown.contains(expected) && !shown.contains("sk-test"), "{leg} {status}: {shown}");
            if status == 429 {
                assert!(shown.contains("try again in 7 s"), "{shown}");
            }
            client.cancel().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_a_caller_may_spend_is_bounded_by_requests_and_by_tokens() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    for (variable, value, most) in [("SAMPLING_REQUESTS_PER_MINUTE", "3", 3), ("SAMPLING_TOKENS_PER_HOUR", "2500", 60)]
    {
        server.reset().await;
        // An answer that no schema accepts costs as much as one that is used.
        Mock::given(method("POST"))
            .respond_with(completion(json!({"role": "assistant", "content": "no JSON"}), "stop"))
            .mount(&server)
            .await;
        let program = program(&server.uri(), "provider").with_env(variable, value);
        let client = plain(&program, Leg::ALL[3]).await?;
        // Each of them asks twice, and all at once.
        let arguments = json!({"text": "Something.", "schema": schema});
        let calls = (0..40).map(|_| call(&client, "extract", arguments.clone()));
        let results = futures::future::try_join_all(calls).await?;
        assert!(results.iter().all(|result| result.is_error == Some(true)), "{variable}");
        assert!(results.iter().any(|result| text(result).contains("try again in")), "{variable}");
        let asked = server.received_requests().await.unwrap_or_default().len();
        assert!((1..=most).contains(&asked), "{variable}: {asked}");
        client.cancel().await?;
    }
    Ok(())
}
