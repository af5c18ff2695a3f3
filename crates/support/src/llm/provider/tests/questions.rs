//! What is sent, and what is made of a whole answer.

use super::*;

/// What the server got, after one answer.
async fn sent(server: &MockServer) -> Value {
    let requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests.len(), 1);
    requests[0].body_json().expect("JSON")
}

async fn hello() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer sk-test-4711"))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer(&json!({ "content": "Hi" }), "stop")))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_question_and_its_answer() {
    let server = hello().await;
    let provider = provider(&format!("{}/v1/", server.uri()));
    let reply = provider.chat(&question()).await.expect("an answer");
    let expected = ChatReply {
        text: "Hi".to_owned(),
        tool_calls: Vec::new(),
        stop_reason: StopReason::EndTurn,
        usage: Usage { input_tokens: 9, output_tokens: 2 },
        model: "gpt-4o-2024-11-20".to_owned(),
        applied: Sampling::default(),
    };
    assert_eq!(reply, expected);
    assert_eq!(
        sent(&server).await,
        json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "Hello?" }] })
    );
    assert_eq!(provider.title(), "gpt-4o at 127.0.0.1");
}

#[tokio::test]
async fn azure_names_the_deployment_in_the_path() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/openai/deployments/my-gpt/chat/completions"))
        .and(wiremock::matchers::query_param("api-version", "2024-10-21"))
        .and(header("api-key", KEY))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer(&json!({ "content": "Hi" }), "stop")))
        .expect(1)
        .mount(&server)
        .await;
    let azure = AzureDeployment { deployment: "my-gpt".to_owned(), api_version: "2024-10-21".to_owned() };
    let provider = Provider::new(ProviderSettings { azure: Some(azure), ..settings(&server.uri()) });
    provider.expect("settings").chat(&question()).await.expect("an answer");
    let request = &server.received_requests().await.expect("recorded")[0];
    assert!(!request.headers.contains_key("authorization"));
    assert!(sent(&server).await.get("model").is_none());
}

#[tokio::test]
async fn without_a_key_no_header_is_sent() {
    let server = answering(ResponseTemplate::new(200).set_body_json(answer(&json!({ "content": "Hi" }), "stop"))).await;
    let provider = Provider::new(ProviderSettings { api_key: None, ..settings(&server.uri()) });
    provider.expect("settings").chat(&question()).await.expect("an answer");
    let request = &server.received_requests().await.expect("recorded")[0];
    assert!(!request.headers.contains_key("authorization") && !request.headers.contains_key("api-key"));
}

#[tokio::test]
async fn every_setting_that_the_api_has() {
    let server = hello().await;
    let sampling = Sampling {
        temperature: Some(0.5),
        top_p: Some(0.75),
        top_k: Some(40),
        frequency_penalty: Some(-0.5),
        presence_penalty: Some(1.5),
        stop: vec!["\n".to_owned(), "END".to_owned()],
        max_tokens: Some(99),
        seed: Some(i64::MAX as u64),
    };
    let request = ChatRequest { sampling: sampling.clone(), ..question() };
    let reply = provider(&format!("{}/v1", server.uri())).chat(&request).await.expect("an answer");
    assert_eq!(reply.applied, Sampling { top_k: None, ..sampling });
    let expected = json!({
        "model": "gpt-4o", "messages": [{ "role": "user", "content": "Hello?" }],
        "temperature": 0.5, "top_p": 0.75, "frequency_penalty": -0.5, "presence_penalty": 1.5,
        "stop": ["\n", "END"], "max_tokens": 99, "seed": 9_223_372_036_854_775_807_u64,
    });
    assert_eq!(sent(&server).await, expected);
}

#[tokio::test]
async fn every_kind_of_message() {
    let server = hello().await;
    let part = |media_type: &str, data: &'static [u8]| (media_type.to_owned(), bytes::Bytes::from_static(data));
    let (picture, png) = part("image/png", b"\x89PNG");
    let (sound, wav) = part("audio/wav", b"RIFF");
    let (song, mp3) = part("audio/mpeg", b"ID3");
    let call = |id: &str, arguments: Value| ToolCall { id: id.to_owned(), name: "add".to_owned(), arguments };
    let result = |id: &str, text: &str, is_error| Message::ToolResult {
        call_id: id.to_owned(),
        text: text.to_owned(),
        is_error,
    };
    let schema = json!({ "type": "object", "properties": { "a": { "type": "number" } } });
    let request = ChatRequest {
        messages: vec![
            Message::System("Be kind.".to_owned()),
            Message::User(vec![
                Part::Text("Look, listen:".to_owned()),
                Part::Image { media_type: picture, data: png },
                Part::Audio { media_type: sound, data: wav },
                Part::Audio { media_type: song, data: mp3 },
            ]),
            Message::assistant("I do."),
            Message::user("Add."),
            Message::Assistant {
                text: String::new(),
                tool_calls: vec![call("c1", json!({ "a": 1 })), call("c2", json!("no json"))],
            },
            result("c1", "3", false),
            result("c2", "a is missing", true),
        ],
        tools: vec![Tool { name: "add".to_owned(), description: "Adds".to_owned(), parameters: schema.clone() }],
        tool_choice: ToolChoice::Required,
        sampling: Sampling::default(),
    };
    provider(&format!("{}/v1", server.uri())).chat(&request).await.expect("an answer");
    let function = |arguments: &str| json!({ "name": "add", "arguments": arguments });
    let expected = json!({
        "model": "gpt-4o",
        "messages": [
            { "role": "system", "content": "Be kind." },
            { "role": "user", "content": [
                { "type": "text", "text": "Look, listen:" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw==" } },
                { "type": "input_audio", "input_audio": { "data": "UklGRg==", "format": "wav" } },
                { "type": "input_audio", "input_audio": { "data": "SUQz", "format": "mp3" } },
            ] },
            { "role": "assistant", "content": "I do." },
            { "role": "user", "content": "Add." },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "c1", "type": "function", "function": function("{\"a\":1}") },
                { "id": "c2", "type": "function", "function": function("no json") },
            ] },
            { "role": "tool", "tool_call_id": "c1", "content": "3" },
            { "role": "tool", "tool_call_id": "c2", "content": "error: a is missing" },
        ],
        "tools": [{ "type": "function", "function": {
            "name": "add", "description": "Adds", "parameters": schema,
        } }],
        "tool_choice": "required",
    });
    assert_eq!(sent(&server).await, expected);
}

#[tokio::test]
async fn tool_calls_are_read() {
    let function = |name: &str, arguments: &str| json!({ "name": name, "arguments": arguments });
    let message = json!({ "content": null, "tool_calls": [
        { "id": "call_a", "type": "function", "function": function("add", "{\"a\": 1}") },
        { "type": "function", "function": function("now", "") },
        { "id": "call_c", "type": "function", "function": function("add", "{\"a\": ") },
    ] });
    for finish_reason in ["tool_calls", "stop"] {
        let server = answering(ResponseTemplate::new(200).set_body_json(answer(&message, finish_reason))).await;
        let reply = provider(&server.uri()).chat(&question()).await.expect("an answer");
        assert_eq!((reply.stop_reason, reply.text.as_str()), (StopReason::ToolUse, ""));
        let calls: Vec<_> = reply.tool_calls.iter().map(|c| (c.id.as_str(), c.name.as_str(), &c.arguments)).collect();
        let expected = [
            ("call_a", "add", &json!({ "a": 1 })),
            ("call_1", "now", &json!({})),
            ("call_c", "add", &json!("{\"a\": ")),
        ];
        assert_eq!(calls, expected);
    }
}

#[tokio::test]
async fn why_an_answer_ends() {
    for (finish_reason, message, expected, text) in [
        ("stop", json!({ "content": "Hi" }), StopReason::EndTurn, "Hi"),
        ("length", json!({ "content": "H" }), StopReason::MaxTokens, "H"),
        ("content_filter", json!({ "content": "H" }), StopReason::ContentFilter, "H"),
        ("content_filter", json!({}), StopReason::ContentFilter, ""),
        ("stop", json!({ "content": null, "refusal": "I will not." }), StopReason::EndTurn, "I will not."),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_json(answer(&message, finish_reason))).await;
        let reply = provider(&server.uri()).chat(&question()).await.expect("an answer");
        assert_eq!((reply.stop_reason, reply.text.as_str()), (expected, text));
    }
}

#[tokio::test]
async fn the_newer_name_of_the_limit_is_found_and_kept() {
    let server = MockServer::start().await;
    let has = |name: &'static str| {
        move |request: &wiremock::Request| request.body_json::<Value>().is_ok_and(|body| body[name] == 50)
    };
    let refused = json!({ "error": {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "type": "invalid_request_error", "param": "max_tokens", "code": "unsupported_parameter",
    } });
    let refused = ResponseTemplate::new(400).set_body_json(refused);
    Mock::given(has("max_tokens")).respond_with(refused).expect(1).mount(&server).await;
    let hello = ResponseTemplate::new(200).set_body_json(answer(&json!({ "content": "Hi" }), "stop"));
    Mock::given(has("max_completion_tokens")).respond_with(hello).expect(2).mount(&server).await;
    let provider = provider(&server.uri());
    let sampling = Sampling { max_tokens: Some(50), ..Sampling::default() };
    let request = ChatRequest { sampling, ..question() };
    for _ in 0..2 {
        let reply = provider.chat(&request).await.expect("an answer");
        assert_eq!(reply.applied.max_tokens, Some(50));
    }
}

#[tokio::test]
async fn a_limit_under_no_name_is_tried_twice() {
    let refused = ResponseTemplate::new(400).set_body_json(json!({ "error": {
        "message": "max_tokens and max_completion_tokens are too large", "param": null,
    } }));
    let server = answering(refused).await;
    let sampling = Sampling { max_tokens: Some(50), ..Sampling::default() };
    let error = provider(&server.uri()).chat(&ChatRequest { sampling, ..question() }).await.expect_err("refused");
    assert!(matches!(&error, ModelError::Request { reason, .. } if reason.contains("are too large")), "{error}");
    assert_eq!(server.received_requests().await.expect("recorded").len(), 2);
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let user = |part: Part| ChatRequest { messages: vec![Message::User(vec![part])], ..ChatRequest::default() };
    let data = bytes::Bytes::from_static(b"x");
    let tool = |name: &str, parameters: Value| {
        let tool = Tool { name: name.to_owned(), description: String::new(), parameters };
        ChatRequest { tools: vec![tool], ..question() }
    };
    let hot = Sampling { temperature: Some(3.0), ..Sampling::default() };
    let many = vec![tool("add", json!({})).tools.remove(0); 129];
    let long = Part::Image { media_type: "image/png".to_owned(), data: vec![0; 25 * 1024 * 1024].into() };
    let cases = [
        (ChatRequest::default(), "it holds no message"),
        (ChatRequest { sampling: hot, ..question() }, "temperature is 3, and must be 0 to 2"),
        (user(Part::Image { media_type: "image/tiff".into(), data: data.clone() }), "it takes image/png"),
        (user(Part::Audio { media_type: "audio/ogg".into(), data }), "it takes audio/wav"),
        (user(long), "longer than 33554432 bytes"),
        (tool("no blanks", json!({})), "the tool name 'no blanks' must be 1 to 64 letters"),
        (tool("", json!({})), "the tool name '' must be"),
        (tool("add", json!([])), "the parameters of the tool add"),
        (ChatRequest { tools: many, ..question() }, "it has 129 tools, and at most 128"),
        (ChatRequest { tool_choice: ToolChoice::Required, ..question() }, "there is none"),
    ];
    let provider = provider("http://127.0.0.1:9");
    for (request, expected) in cases {
        let error = provider.chat(&request).await.expect_err("refused");
        let is_about_the_request = matches!(error, ModelError::Request { .. }) && !error.is_retryable();
        assert!(is_about_the_request && error.to_string().contains(expected), "{error}");
    }
}
