//! Requests that do not go through the SDK's transport: they are answered as the SDK would have answered them.

use mcp_support::{
    client::Revision,
    testing::{HttpServer, RawHttp, Reply, initialize},
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{probe, text, tool};

/// The same request in a form that only the SDK reads.
async fn through_sdk(http: &RawHttp, method: &str, params: Value) -> anyhow::Result<Reply> {
    let message = mcp_support::testing::request(Revision::Modern, 1, method, params);
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    let unusual = HeaderMap::from_iter([(HeaderName::from_static("content-type"), kind)]);
    http.post(&message, unusual).await
}

#[tokio::test]
async fn both_ways_give_the_same_answer() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    for (method, params) in [
        ("tools/call", tool("echo", json!({"text": "a"}))),
        ("tools/call", tool("echo", json!({"text": 7}))),
        ("tools/call", tool("echo", json!({}))),
        ("tools/call", tool("nothing", json!({}))),
        ("tools/call", tool("panic", json!({"text": "a"}))),
        ("tools/call", tool("panic_later", json!({}))),
        ("tools/call", tool("log", json!({}))),
        ("tools/call", tool("ask_model_and_roots", json!({}))),
        ("tools/list", json!({})),
        ("tools/list", json!({"cursor": "none"})),
        ("prompts/list", json!({})),
        ("prompts/get", json!({"name": "nothing"})),
        ("resources/list", json!({})),
        ("resources/read", json!({"uri": "probe://nothing"})),
    ] {
        let short = http.request(1, method, params.clone()).await?;
        let sdk = through_sdk(&http, method, params.clone()).await?;
        assert_eq!(short.text, sdk.text, "{method} {params}");
        assert_eq!(short.status, sdk.status, "{method} {params}");
        assert_eq!(short.headers["content-type"], sdk.headers["content-type"], "{method} {params}");
    }
    Ok(())
}

/// The messages of a stream that has ended.
fn messages(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect()
}

#[tokio::test]
async fn a_subscription_hears_the_same_both_ways() -> anyhow::Result<()> {
    let mut server = HttpServer::start(probe().path(), &[]).await?;
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    let filter = json!({"toolsListChanged": true, "promptsListChanged": false, "resourceSubscriptions": ["probe://a"]});
    let message =
        mcp_support::testing::request(Revision::Modern, "s", "subscriptions/listen", json!({"notifications": filter}));
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut streams = Vec::new();
    for kind in ["application/json", "application/json; charset=utf-8"] {
        let more = HeaderMap::from_iter([(HeaderName::from_static("content-type"), HeaderValue::from_static(kind))]);
        let sending = client.post(&server.url).headers(http.headers(&message, more)).body(message.to_string());
        streams.push(sending.send().await?);
    }
    for uri in ["probe://elsewhere", "probe://a"] {
        http.request(1, "tools/call", tool("change", json!({ "text": uri }))).await?;
    }
    // A server that ends says so to both.
    server.terminate().await?;
    assert!(server.wait().await?.success());
    let mut heard = Vec::new();
    for stream in streams {
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        assert_eq!(stream.headers()["cache-control"], "no-cache");
        heard.push(messages(&stream.text().await?));
    }
    assert_eq!(heard[0], heard[1]);
    let methods: Vec<&str> = heard[0].iter().map(|one| one["method"].as_str().unwrap_or("result")).collect();
    assert_eq!(
        methods,
        [
            "notifications/subscriptions/acknowledged",
            "notifications/tools/list_changed",
            "notifications/tools/list_changed",
            "notifications/resources/updated",
            "result"
        ]
    );
    Ok(())
}

/// How often the handler had been asked for the list that was answered.
fn asked(reply: &Reply) -> String {
    reply.answer()["result"]["resourceTemplates"][0]["name"].to_string()
}

#[tokio::test]
async fn lists_are_kept_until_one_changes() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    let list = "resources/templates/list";
    let first = http.request("a", list, json!({})).await?;
    let again = http.request("b", list, json!({})).await?;
    assert_eq!(again.answer()["id"], "b");
    assert_eq!(again.answer()["result"], first.answer()["result"], "the same, for another id");

    let page = http.request(1, list, json!({"cursor": "x"})).await?;
    assert_ne!(asked(&page), asked(&first), "a page is the handler's business");
    assert_ne!(asked(&through_sdk(&http, list, json!({})).await?), asked(&first), "and so is an unusual request");
    assert_eq!(asked(&http.request(1, list, json!({})).await?), asked(&first));

    http.request(1, "tools/call", tool("change", json!({"text": "probe://a"}))).await?;
    let changed = http.request(1, list, json!({})).await?;
    assert_ne!(asked(&changed), asked(&first), "a list has changed");
    assert_eq!(asked(&http.request(1, list, json!({})).await?), asked(&changed));
    Ok(())
}

#[tokio::test]
async fn without_sessions_older_clients_are_answered_too() -> anyhow::Result<()> {
    let probe = probe().with_env("MCP_STATELESS", "yes");
    let server = probe.http().await?;
    let http = RawHttp::stateless(&server.url)?;
    let opened = http.post(&initialize(), HeaderMap::new()).await?;
    assert_eq!(opened.answer()["result"]["protocolVersion"], "2025-11-25");
    assert!(!opened.headers.contains_key("mcp-session-id"));
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(http.post(&initialized, HeaderMap::new()).await?.status, 202);

    let plain = http.request(1, "tools/call", tool("echo", json!({"text": "a"}))).await?;
    assert_eq!(
        (text(plain.answer()), &plain.headers["content-type"]),
        ("a", &HeaderValue::from_static("application/json"))
    );
    assert!(plain.answer()["result"].get("resultType").is_none(), "{}", plain.text);
    assert!(plain.answer()["result"].get("_meta").is_none(), "{}", plain.text);
    let mut params = tool("wait", json!({"ms": 10, "steps": 1}));
    params["_meta"] = json!({"progressToken": 1});
    let streamed = http.request(2, "tools/call", params).await?;
    assert_eq!(streamed.messages.len(), 2, "progress, because it was asked for: {}", streamed.text);
    let asks = http.request(3, "tools/call", tool("ask_model_and_roots", json!({}))).await?;
    assert!(asks.answer().get("result").is_none_or(|result| result["isError"] == true), "nobody to ask: {}", asks.text);
    let tools = http.request(4, "tools/list", json!({})).await?;
    assert!(tools.answer()["result"]["tools"].is_array(), "{}", tools.text);
    assert_eq!(http.get().await?.status(), 405);

    let modern = RawHttp::open(&server.url, Revision::Modern).await?;
    assert_eq!(text(modern.request(1, "tools/call", tool("echo", json!({"text": "b"}))).await?.answer()), "b");
    Ok(())
}
