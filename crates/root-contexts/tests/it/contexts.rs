//! Every tool on all four legs: a success that fits its schema, an error that says what to do, a protocol error.

pub(crate) use mcp_support::client::{structure, text};
use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, Program, RawHttp, RawStdio, request},
};
use rmcp::{RoleClient, service::RunningService};
use serde_json::{Value, json};

/// 32 bytes in base64.
pub(crate) const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
/// Looks like a handle, and is none.
const NONE: &str = "0123456789abcdef0123456789abcdef";

pub(crate) type Client = RunningService<RoleClient, Recorder>;

/// The lesson's binary, with a key for secrets.
pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-root-contexts")).with_env("ROOT_CONTEXTS_SECRET_KEY", KEY)
}

/// Makes a context with two messages in it.
pub(crate) async fn context(client: &Client, name: &str) -> anyhow::Result<String> {
    let made = call(client, "create_context", json!({"name": name, "metadata": {"customer": "Acme"}})).await?;
    let id = structure(&made)["context"]["context_id"].as_str().expect("a handle").to_owned();
    for (role, content) in [("user", "Our invoice shows a charge twice."), ("assistant", "We decided to refund it.")] {
        let arguments = json!({"context_id": id, "role": role, "content": content});
        assert_ne!(call(client, "append_message", arguments).await?.is_error, Some(true));
    }
    Ok(id)
}

/// Tool, arguments that work for a context, what the text says, arguments that do not, what the hint says.
fn cases(id: &str) -> Vec<(&'static str, Value, &'static str, Value, &'static str)> {
    vec![
        (
            "create_context",
            json!({"name": "x", "secret_metadata": {"pin": "1"}}),
            "active",
            json!({"name": " "}),
            "from 1 to 200",
        ),
        ("create_context", json!({"name": "x", "compact_after": 10}), "version 1", json!({"name": "a\nb"}), "one line"),
        (
            "append_message",
            json!({"context_id": id, "role": "tool", "content": "The deadline is Friday."}),
            "1 new insights",
            json!({"context_id": NONE, "role": "user", "content": "x"}),
            "list_contexts names yours",
        ),
        (
            "append_message",
            json!({"context_id": id, "role": "user", "content": "It must be so.", "store_insights": false}),
            "message 4",
            json!({"context_id": id, "role": "boss", "content": "x"}),
            "expected one of",
        ),
        (
            "get_context",
            json!({"context_id": id}),
            "[2] We decided",
            json!({"context_id": "x"}),
            "32 hexadecimal digits",
        ),
        (
            "update_context_metadata",
            json!({"context_id": id, "version": 1, "set": {"tier": "gold"}, "set_secret": {"iban": "DE02"},
                   "remove": ["customer"]}),
            "version 2",
            json!({"context_id": id, "version": 1, "set": {"tier": "tin"}}),
            "version 2, not 1; hint: read it again",
        ),
        (
            "get_context",
            json!({"context_id": id, "include_secrets": true, "newest_messages": 1}),
            "iban, secret: DE02",
            json!({"context_id": id, "newest_messages": 201}),
            "from 0 to 200",
        ),
        ("list_contexts", json!({"limit": 100}), "case", json!({"cursor": "x"}), "without a cursor"),
        ("search_contexts", json!({"query": "refund \"it"}), "**refund**", json!({"query": "\"*\""}), "send words"),
        (
            "summarize_context",
            json!({"context_id": id, "max_sentences": 2}),
            "extractive",
            json!({"context_id": id, "max_sentences": 0}),
            "from 1 to 20",
        ),
        (
            "share_context",
            json!({"context_id": id, "principal": "bob", "access": "reader"}),
            "1 others",
            json!({"context_id": id, "principal": "local", "access": "reader"}),
            "somebody else",
        ),
        (
            "export_context",
            json!({"context_id": id, "format": "json"}),
            "\"messages\":[",
            json!({"context_id": id, "format": "pdf"}),
            "expected",
        ),
        ("export_context", json!({"context_id": id}), "### 1 user", json!({"context_id": NONE}), "list_contexts"),
        ("archive_context", json!({"context_id": id}), "archived", json!({"context_id": NONE}), "list_contexts"),
        ("restore_context", json!({"context_id": id}), "active", json!({"context_id": NONE}), "list_contexts"),
        ("delete_context", json!({"context_id": id}), "is deleted", json!({"context_id": id}), "list_contexts"),
    ]
}

#[tokio::test]
async fn every_tool_works_and_helps_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = context(&client, "case").await?;
        let tools = client.list_all_tools().await?;
        let of_contexts = tools
            .iter()
            .map(|tool| tool.name.as_ref())
            .filter(|name| name.contains("context") || name.contains("message"));
        for name in of_contexts {
            assert!(cases(&id).iter().any(|case| case.0 == name), "{name} is not in the table");
        }
        for (name, works, says, fails, hint) in cases(&id) {
            let tool = tools.iter().find(|tool| tool.name == name).unwrap_or_else(|| panic!("no {name}"));
            let result = call(&client, name, works).await?;
            assert_ne!(result.is_error, Some(true), "{leg} {name}: {}", text(&result));
            assert!(text(&result).contains(says), "{leg} {name}: {}", text(&result));
            let schema = Value::Object(tool.output_schema.as_deref().cloned().unwrap_or_default());
            let problem = jsonschema::validator_for(&schema)?.validate(structure(&result)).err().map(|e| e.to_string());
            assert_eq!(problem, None, "{leg} {name}: {}", structure(&result));

            let result = call(&client, name, fails).await?;
            assert_eq!(result.is_error, Some(true), "{leg} {name}: {}", text(&result));
            assert!(text(&result).contains(hint), "{leg} {name}: {}", text(&result));
            let result = call(&client, name, json!({"no_such_argument": 1})).await?;
            assert!(text(&result).contains("no_such_argument"), "{leg} {name}: {}", text(&result));
            assert_eq!(result.is_error, Some(true));
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn malformed_calls_are_protocol_errors_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for (method, params) in [
            ("tools/call", json!({"name": "open_context", "arguments": {}})),
            ("tools/call", json!({"arguments": {}})),
            ("prompts/get", json!({"name": "sales_pitch"})),
            ("prompts/get", json!({"name": "customer_support", "arguments": {"customer": "x"}})),
            (
                "completion/complete",
                json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "y", "value": ""}}),
            ),
            ("resources/list", json!({"cursor": "made up"})),
        ] {
            let answer = answer(&program, leg, method, params).await?;
            assert_eq!(answer["error"]["code"], -32602, "{leg} {method}: {answer}");
        }
    }
    Ok(())
}

/// Wrong types in every argument of every tool: an answer, and nothing broken.
#[tokio::test]
async fn wrong_types_are_refused_by_every_tool() -> anyhow::Result<()> {
    let client = program().client(Leg::ALL[1], Recorder::default()).await?;
    let id = context(&client, "case").await?;
    for (name, works, ..) in cases(&id) {
        for field in works.as_object().expect("an object").keys() {
            for wrong in [json!([[]]), json!({"a": {"b": []}}), json!(1e300), json!(-1), json!("\u{0}\u{202e}")] {
                let mut arguments = works.clone();
                arguments[field] = wrong.clone();
                let is_text = wrong.is_string() && matches!(field.as_str(), "content" | "principal");
                let result = call(&client, name, arguments).await?;
                assert!(result.is_error == Some(true) || is_text, "{name} {field} {wrong}: {}", text(&result));
            }
        }
    }
    let kept = call(&client, "get_context", json!({"context_id": id})).await?;
    assert_eq!(structure(&kept)["context"]["version"], 1, "{}", text(&kept));
    Ok(())
}

/// A summary says where each sentence comes from, and what the conversation was about.
#[tokio::test]
async fn a_summary_quotes_and_names_its_messages() -> anyhow::Result<()> {
    let client = program().client(Leg::ALL[1], Recorder::default()).await?;
    let id = context(&client, "case").await?;
    for content in
        ["I like tea.", "The refund for the double charge goes out on Monday.", "Remember to close the invoice."]
    {
        call(&client, "append_message", json!({"context_id": id, "role": "user", "content": content})).await?;
    }
    let summary = call(&client, "summarize_context", json!({"context_id": id, "max_sentences": 3})).await?;
    let sentences = structure(&summary)["sentences"].as_array().expect("sentences").clone();
    assert_eq!((sentences.len(), &structure(&summary)["method"]), (3, &json!("extractive")));
    let texts: Vec<&str> = sentences.iter().filter_map(|sentence| sentence["text"].as_str()).collect();
    assert!(texts.contains(&"We decided to refund it.") && !texts.contains(&"I like tea."), "{texts:?}");
    let positions: Vec<u64> = sentences.iter().filter_map(|sentence| sentence["position"].as_u64()).collect();
    assert!(positions.is_sorted() && positions.contains(&2), "{positions:?}");
    let empty = call(&client, "create_context", json!({"name": "empty"})).await?;
    let empty = structure(&empty)["context"]["context_id"].clone();
    let refused = call(&client, "summarize_context", json!({"context_id": empty})).await?;
    assert!(text(&refused).contains("append_message first"), "{}", text(&refused));
    Ok(())
}

/// What is too large for one answer comes in parts, and says where the rest is.
#[tokio::test]
async fn large_contexts_come_in_parts_with_a_link_to_the_whole() -> anyhow::Result<()> {
    let client = program().client(Leg::ALL[1], Recorder::default()).await?;
    let made = call(&client, "create_context", json!({"name": "large"})).await?;
    let id = structure(&made)["context"]["context_id"].clone();
    for _ in 0..10 {
        let arguments = json!({"context_id": id, "role": "tool", "content": "x".repeat(19_000)});
        call(&client, "append_message", arguments).await?;
    }
    let (mut from, mut seen, mut parts) = (Value::Null, 0, 0);
    loop {
        let mut arguments = json!({"context_id": id, "format": "markdown"});
        if !from.is_null() {
            arguments["from_position"] = from;
        }
        let part = call(&client, "export_context", arguments).await?;
        let linked = part.content.iter().any(|block| block.as_resource_link().is_some());
        assert!(structure(&part)["text"].as_str().expect("a text").len() <= 70_000);
        seen += structure(&part)["messages"].as_u64().expect("a number");
        parts += 1;
        from = structure(&part)["next_position"].clone();
        assert_eq!(linked, !from.is_null(), "a link where there is more");
        if from.is_null() {
            break;
        }
    }
    assert!(seen == 10 && parts >= 3, "{seen} messages in {parts} parts");
    let read = call(&client, "get_context", json!({"context_id": id})).await?;
    assert_eq!(
        (structure(&read)["messages"].as_array().map(Vec::len), &structure(&read)["not_shown"]),
        (Some(3), &json!(7))
    );
    Ok(())
}

/// One answer to one request, on any leg.
pub(crate) async fn answer(program: &Program, leg: Leg, method: &str, params: Value) -> anyhow::Result<Value> {
    if leg.http {
        let http = RawHttp::open(&program.http().await?.url, leg.revision).await?;
        return Ok(http.request(1, method, params).await?.answer().clone());
    }
    let mut stdio = RawStdio::start(program.path())?;
    stdio.open(leg.revision).await?;
    stdio.send(&request(leg.revision, 1, method, params)).await?;
    stdio.answer(&json!(1)).await
}
