use axum::http::HeaderValue;
use rmcp::model::ToolAnnotations;
use serde_json::json;

use super::*;

const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

fn headers(version: &'static str, method: &'static str, name: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let pairs = [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("mcp-protocol-version", version),
    ];
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if version == MODERN {
        headers.insert("mcp-method", HeaderValue::from_static(method));
        if let Some(name) = name {
            headers.insert("mcp-name", HeaderValue::from_static(name));
        }
    }
    headers
}

fn meta() -> Value {
    json!({ VERSION: MODERN, "io.modelcontextprotocol/clientCapabilities": {} })
}

fn call(params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

fn echo() -> Value {
    call(&json!({ "name": "echo", "arguments": { "text": "a" }, "_meta": meta() }))
}

fn schema(properties: Value) -> Option<Tool> {
    let schema = json!({ "type": "object", "properties": properties });
    let tool = Tool::new("echo", "repeats", schema.as_object().expect("an object").clone());
    Some(tool.with_annotations(ToolAnnotations::default()))
}

fn read(headers: &HeaderMap, body: &str, stateless: bool) -> Option<Plain> {
    Plain::read(headers, body.as_bytes(), stateless, |_| schema(json!({ "text": { "type": "string" } })))
}

#[track_caller]
fn is_plain(headers: &HeaderMap, body: &str, expected: bool) {
    assert_eq!(read(headers, body, false).is_some(), expected, "{headers:?} {body}");
}

#[test]
fn what_every_client_sends_is_plain() {
    let echo = echo();
    let call = read(&headers(MODERN, "tools/call", Some("echo")), &echo.to_string(), false).expect("a plain request");
    assert_eq!(call.id, RequestId::Number(1));
    assert_eq!(call.meta.protocol_version(), Some(ProtocolVersion::V_2026_07_28));
    let ClientRequest::CallToolRequest(request) = call.request else { panic!("another request") };
    assert_eq!((&*request.params.name, request.params.meta), ("echo", None));
    assert_eq!(request.params.arguments.expect("arguments")["text"], "a");

    for (method, name, params) in [
        ("tools/list", None, json!({ "_meta": meta() })),
        ("prompts/get", Some("p"), json!({ "name": "p", "_meta": meta() })),
        ("resources/read", Some("a://b"), json!({ "uri": "a://b", "_meta": meta() })),
    ] {
        let body = json!({ "jsonrpc": "2.0", "id": "x", "method": method, "params": params });
        is_plain(&headers(MODERN, method, name), &body.to_string(), true);
    }
}

#[test]
fn what_is_unusual_is_left_to_the_sdk() {
    let good = headers(MODERN, "tools/call", Some("echo"));
    for (name, value) in [
        ("accept", "application/json"),
        ("accept", "*/*"),
        ("accept", "application/json;q=0.5, text/event-stream"),
        ("content-type", "text/plain"),
        ("content-type", "application/json; charset=utf-8"),
        ("mcp-protocol-version", "2099-01-01"),
        ("mcp-protocol-version", LEGACY),
        ("mcp-session-id", "a"),
        ("mcp-method", "tools/list"),
        ("mcp-name", "other"),
        ("mcp-name", "=?base64?ZWNobw==?="),
    ] {
        let mut bad = good.clone();
        bad.insert(name, HeaderValue::from_static(value));
        is_plain(&bad, &echo().to_string(), false);
    }
    for name in ["accept", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"] {
        let mut missing = good.clone();
        let value = missing.remove(name).expect("a header");
        is_plain(&missing, &echo().to_string(), false);
        let mut twice = good.clone();
        twice.append(name, value);
        is_plain(&twice, &echo().to_string(), false);
    }
    let params = |meta: Value| call(&json!({ "name": "echo", "arguments": {}, "_meta": meta }));
    let mut with_progress = meta();
    with_progress["progressToken"] = json!(1);
    let mut with_log = meta();
    with_log["io.modelcontextprotocol/logLevel"] = json!("info");
    let mut other_version = meta();
    other_version[VERSION] = json!(LEGACY);
    for body in [
        params(with_progress),
        params(with_log),
        params(other_version),
        params(json!({})),
        params(json!({ VERSION: MODERN })),
        call(&json!({ "name": "echo" })),
        call(&json!({ "name": 7, "_meta": meta() })),
        call(&json!({ "name": "echo", "arguments": [], "_meta": meta() })),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" }),
        json!({ "jsonrpc": "1.0", "id": 1, "method": "tools/call", "params": echo()["params"] }),
        json!({ "jsonrpc": "2.0", "id": null, "method": "tools/call", "params": echo()["params"] }),
        json!({ "jsonrpc": "2.0", "id": 1.5, "method": "tools/call", "params": echo()["params"] }),
        json!({ "jsonrpc": "2.0", "method": "tools/call", "params": echo()["params"] }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": echo()["params"], "result": 1 }),
        json!([echo()]),
    ] {
        is_plain(&good, &body.to_string(), false);
    }
    is_plain(&good, "{", false);
    is_plain(&good, &echo().to_string().replacen("{\"", "{\"id\":2,\"", 1), false);
    let listen = json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": { "_meta": meta() } });
    is_plain(&headers(MODERN, "subscriptions/listen", None), &listen.to_string(), false);
}

#[test]
fn a_tool_that_mirrors_arguments_in_headers_is_left_to_the_sdk() {
    let good = headers(MODERN, "tools/call", Some("echo"));
    let body = echo().to_string();
    let read = |tool: Option<Tool>| Plain::read(&good, body.as_bytes(), false, |_| tool).is_some();
    assert!(read(None), "an unknown tool is answered by the handler");
    assert!(read(schema(json!({ "text": { "type": "string" } }))));
    assert!(!read(schema(json!({ "text": { "type": "string", "x-mcp-header": "Text" } }))));
    let nested = json!({ "a": { "type": "object", "properties": { "b": { "x-mcp-header": "B" } } } });
    assert!(!read(schema(nested)));
}

#[test]
fn older_revisions_only_without_sessions() {
    let call = call(&json!({ "name": "echo", "arguments": {} })).to_string();
    let legacy = headers(LEGACY, "tools/call", None);
    assert!(read(&legacy, &call, true).is_some());
    assert!(read(&legacy, &call, false).is_none(), "it belongs to a session");
    assert!(read(&legacy, &echo().to_string(), true).is_none(), "it names another version");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let first = read(&legacy, &list.to_string(), true).expect("a plain request");
    assert_eq!(first.list, Some("tools/list"));
    let next = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "cursor": "2" } });
    assert_eq!(read(&legacy, &next.to_string(), true).expect("a plain request").list, None);
}
