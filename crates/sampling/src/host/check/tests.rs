use serde_json::json;

use super::*;

fn asked(changes: Value) -> Result<Asked, Denied> {
    let mut params = json!({
        "messages": [{"role": "user", "content": {"type": "text", "text": "hello"}}], "maxTokens": 100,
    });
    for (name, value) in changes.as_object().expect("changes") {
        params[name] = value.clone();
    }
    read(&serde_json::from_value(params).expect("a request that parses"), 1000)
}

#[test]
fn a_good_request_is_read_whole() {
    let asked = asked(json!({
        "systemPrompt": "Be brief.", "temperature": 0.7, "stopSequences": ["END"], "includeContext": "none",
        "metadata": {METADATA: {"kind": "classify", "text": "hello", "labels": ["a", "b"]}, "seed": 7, "top_p": 0.9},
        "modelPreferences": {"hints": [{"name": "small"}, {}], "speedPriority": 1.0},
        "tools": [{"name": "look", "description": "Looks.", "inputSchema": {"type": "object"}}],
        "toolChoice": {"mode": "required"},
    }))
    .expect("fine");
    let chat = &asked.prompt.chat.0;
    assert_eq!(chat.messages, [Message::System("Be brief.".into()), Message::user("hello")]);
    assert_eq!((chat.sampling.temperature, chat.sampling.max_tokens), (Some(0.7), Some(100)));
    assert_eq!((chat.sampling.seed, chat.sampling.top_p), (Some(7), Some(0.9)));
    assert_eq!((chat.tool_choice, chat.tools[0].name.as_str()), (ToolChoice::Required, "look"));
    assert!(matches!(asked.prompt.task, Task::Classify { .. }));
    assert_eq!((asked.preferences.hints.len(), asked.preferences.speed), (1, 1.0));
}

#[test]
fn metadata_that_is_not_ours_is_no_error() {
    for metadata in [json!({METADATA: {"kind": "dance"}}), json!({METADATA: 7}), json!([1]), json!({"seed": "x"})] {
        let asked = asked(json!({ "metadata": metadata })).expect("fine");
        assert_eq!((asked.prompt.task, asked.prompt.chat.0.sampling.seed), (Task::Continue, None));
    }
}

#[test]
fn what_this_host_does_not_take_is_refused_with_a_reason() {
    let text = |text: &str| json!({"role": "user", "content": {"type": "text", "text": text}});
    let many: Vec<Value> = (0..=MAX_MESSAGES).map(|_| text("x")).collect();
    let tool = json!({"name": "look", "inputSchema": {"type": "object"}});
    for (changes, says) in [
        (json!({"messages": []}), "0 messages"),
        (json!({ "messages": many }), "65 messages"),
        (json!({"messages": [text(&"x".repeat(MAX_TEXT_BYTES + 1))]}), "bytes of text"),
        (json!({"metadata": {"x": "x".repeat(MAX_TEXT_BYTES)}}), "bytes of text"),
        (
            json!({"messages": [{"role": "user", "content":
            {"type": "image", "mimeType": "image/png", "data": "A".repeat(MAX_MEDIA_BYTES)}}]}),
            "pictures and sounds",
        ),
        (
            json!({"messages": [{"role": "user", "content":
            {"type": "image", "mimeType": "image/png", "data": "***"}}]}),
            "not base64",
        ),
        (json!({"includeContext": "thisServer"}), "includeContext"),
        (json!({"includeContext": "allServers"}), "includeContext"),
        (json!({"maxTokens": 0}), "maxTokens is 0"),
        (json!({"maxTokens": 1001}), "allows 1 to 1000"),
        (json!({"temperature": 2.5}), "temperature is 2.5"),
        (json!({"stopSequences": ["a", "b", "c", "d", "e"]}), "stop"),
        (json!({"modelPreferences": {"costPriority": 1.5}}), "costPriority is 1.5"),
        (json!({"modelPreferences": {"hints": [{"name": "x".repeat(200)}]}}), "hints"),
        (json!({"tools": [tool, tool]}), "two tools have the name 'look'"),
        (json!({"tools": [{"name": "lo\u{1b}k", "inputSchema": {"type": "object"}}]}), "is no name"),
    ] {
        let refused = asked(changes.clone()).expect_err(says);
        assert!(matches!(&refused, Denied::Invalid(what) if what.contains(says)), "{says}: {refused}");
    }
}

#[test]
fn tool_uses_and_results_are_balanced() {
    let user = json!({"role": "user", "content": {"type": "text", "text": "go"}});
    let call = |ids: &[&str]| {
        let uses = ids.iter().map(|id| json!({"type": "tool_use", "id": id, "name": "look", "input": {}}));
        json!({"role": "assistant", "content": uses.collect::<Vec<_>>()})
    };
    let result = |id: &str| json!({"type": "tool_result", "toolUseId": id, "content": [{"type": "text", "text": "x"}]});
    let results =
        |ids: &[&str]| json!({"role": "user", "content": ids.iter().map(|id| result(id)).collect::<Vec<_>>()});
    let mixed = json!({"role": "user", "content": [result("1"), {"type": "text", "text": "and"}]});
    for (messages, says) in [
        (vec![user.clone(), call(&["1", "2"]), results(&["2", "1"])], None),
        (vec![user.clone(), call(&["1"])], Some("Tool result missing")),
        (vec![user.clone(), call(&["1", "2"]), results(&["1"])], Some("Tool result missing")),
        (vec![user.clone(), call(&["1"]), results(&["1", "1"])], Some("Tool result missing")),
        (vec![user.clone(), call(&["1"]), user.clone(), results(&["1"])], Some("Tool result missing")),
        (vec![user.clone(), results(&["1"])], Some("Tool result missing")),
        (vec![user.clone(), call(&["1"]), mixed], Some("mixed with other content")),
        (vec![user.clone(), call(&["1", "1"]), results(&["1"])], Some("two tool uses")),
    ] {
        let read = asked(json!({ "messages": messages }));
        match (read, says) {
            (Ok(_), None) => {}
            (Err(Denied::Invalid(what)), Some(says)) if what.contains(says) => {}
            (other, _) => panic!("{says:?}: {other:?}"),
        }
    }
}
