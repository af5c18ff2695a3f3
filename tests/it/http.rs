//! The URL: who may call, and what becomes of requests that are none.

use mcp_support::{
    client::Revision,
    testing::{HttpServer, RawHttp},
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{probe, text, tool};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

#[tokio::test]
async fn bodies_that_are_no_message() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    for revision in Revision::ALL {
        let http = RawHttp::open(url, revision).await?;
        for (body, code) in [
            ("not json", -32700),
            ("", -32700),
            ("{\"jsonrpc\":\"2.0\",", -32700),
            ("[]", -32600),
            ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600),
            ("7", -32600),
            ("{}", -32600),
            ("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools/list\"}", -32600),
        ] {
            let reply = http.post_bytes(body.into(), http.headers(&Value::Null, HeaderMap::new())).await?;
            assert_eq!(reply.status, 400, "{revision} {body:?}: {}", reply.text);
            assert_eq!(reply.answer()["error"]["code"], code, "{revision} {body:?}: {}", reply.text);
            assert!(reply.answer()["id"].is_null(), "{revision} {body:?}: {}", reply.text);
        }
        let text_plain = http.headers(&Value::Null, headers(&[("content-type", "text/plain")]));
        assert_eq!(http.post_bytes(b"{}".into(), text_plain).await?.status, 415);
        let reply = http.request(1, "tools/call", tool("echo", json!({"text": "alive"}))).await?;
        assert_eq!(text(reply.answer()), "alive");
    }
    Ok(())
}

#[tokio::test]
async fn a_plain_answer_is_json_and_one_with_news_is_a_stream() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    let kind = |reply: &mcp_support::testing::Reply| reply.headers["content-type"].to_str().map(str::to_owned);
    let plain = http.request(1, "tools/call", tool("echo", json!({"text": "a"}))).await?;
    assert_eq!(kind(&plain)?, "application/json");
    let mut params = tool("wait", json!({"ms": 10, "steps": 1}));
    params["_meta"] = json!({"progressToken": 1});
    let streamed = http.request(2, "tools/call", params).await?;
    assert_eq!(kind(&streamed)?, "text/event-stream");

    let probe = crate::probe().with_env("PROBE_STREAMED", "true");
    let http = RawHttp::open(&probe.http().await?.url, Revision::Modern).await?;
    let always = http.request(1, "tools/call", tool("echo", json!({"text": "a"}))).await?;
    assert_eq!(kind(&always)?, "text/event-stream", "where the server says so");
    assert_eq!(text(always.answer()), "a");
    Ok(())
}

#[tokio::test]
async fn no_stream_invites_a_client_to_resume_what_is_not_kept() -> anyhow::Result<()> {
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Legacy).await?;
    let reply = http.request(1, "tools/call", tool("echo", json!({"text": "a"}))).await?;
    assert!(!reply.text.contains("retry:"), "{}", reply.text);
    assert_eq!(reply.text.matches("data:").count(), 1, "no empty event before the answer: {}", reply.text);
    Ok(())
}

#[tokio::test]
async fn strangers_and_their_pages_are_refused() -> anyhow::Result<()> {
    let probe = probe();
    let server = probe.http().await?;
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    let list = mcp_support::testing::request(Revision::Modern, 1, "tools/list", json!({}));
    for (pairs, status) in [
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("host", "evil.example")], 403),
        (vec![("origin", "http://localhost:5173")], 200),
        (vec![], 200),
    ] {
        let reply = http.post(&list, headers(&pairs)).await?;
        assert_eq!(reply.status, status, "{pairs:?}: {}", reply.text);
    }
    // All routes, not only the endpoint.
    let client = reqwest::Client::builder().no_proxy().build()?;
    for route in ["/", "/healthz", "/readyz"] {
        let url = format!("{}{route}", server.origin());
        assert_eq!(client.get(&url).send().await?.status(), 200, "{route}");
        assert_eq!(client.get(&url).header("host", "evil.example").send().await?.status(), 403, "{route}");
    }
    Ok(())
}

#[tokio::test]
async fn named_hosts_and_origins_are_allowed() -> anyhow::Result<()> {
    let arguments = ["--allow-host", "mcp.example", "--allow-origin", "https://app.example"];
    let server = HttpServer::start(env!("CARGO_BIN_EXE_probe").as_ref(), &arguments).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let preflight = |origin: &'static str| {
        client
            .request(reqwest::Method::OPTIONS, &server.url)
            .header("host", "mcp.example")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,mcp-protocol-version,mcp-method,mcp-name")
            .send()
    };
    let allowed = preflight("https://app.example").await?;
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(preflight("https://other.example").await?.status(), 403);
    Ok(())
}

#[tokio::test]
async fn both_revisions_share_the_url() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    let modern = RawHttp::open(url, Revision::Modern).await?;
    let legacy = RawHttp::open(url, Revision::Legacy).await?;
    let reply = modern.request(1, "server/discover", json!({})).await?;
    let versions = &reply.answer()["result"]["supportedVersions"];
    for version in ["2025-11-25", "2026-07-28"] {
        assert!(versions.as_array().is_some_and(|all| all.contains(&json!(version))), "{versions}");
    }
    assert_eq!(modern.get().await?.status(), 405, "2026-07-28 has no stream of its own");
    assert_eq!(legacy.request(1, "ping", json!({})).await?.answer()["result"], json!({}));
    let reply = modern.request(2, "ping", json!({})).await?;
    assert_eq!((reply.status.as_u16(), &reply.answer()["error"]["code"]), (404, &json!(-32601)), "no ping any more");
    let reply = modern.request(3, "tools/call", tool("echo", json!({"text": "a"}))).await?;
    assert_eq!(reply.answer()["result"]["resultType"], "complete");
    Ok(())
}

#[tokio::test]
async fn headers_have_to_agree_with_the_body() -> anyhow::Result<()> {
    let probe = probe();
    let url = &probe.http().await?.url;
    let http = RawHttp::open(url, Revision::Modern).await?;
    let call = mcp_support::testing::request(Revision::Modern, 1, "tools/call", tool("echo", json!({"text": "a"})));
    for wrong in [[("mcp-method", "tools/list")], [("mcp-name", "other")], [("mcp-protocol-version", "2025-11-25")]] {
        let reply = http.post(&call, headers(&wrong)).await?;
        assert_eq!(reply.status, 400, "{wrong:?}: {}", reply.text);
        assert_eq!(reply.answer()["error"]["code"], -32020, "{wrong:?}: {}", reply.text);
    }
    let client = reqwest::Client::builder().no_proxy().build()?;
    let twice = client.post(url).header("mcp-name", "echo").header("mcp-name", "other").json(&call).send().await?;
    assert_eq!(twice.status(), 400);
    assert!(twice.text().await?.contains("an Mcp header is there twice"));
    let mut unknown = call.clone();
    unknown["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let reply = http.post(&unknown, headers(&[("mcp-protocol-version", "2099-01-01")])).await?;
    assert_eq!((reply.status.as_u16(), &reply.answer()["error"]["code"]), (400, &json!(-32022)), "{}", reply.text);
    assert!(reply.answer()["error"]["data"]["supported"].is_array(), "{}", reply.text);
    Ok(())
}

#[tokio::test]
async fn a_small_answer_is_not_held_back() -> anyhow::Result<()> {
    // With Nagle's algorithm and delayed acknowledgements a streamed answer takes 40 ms or more; this only counts how
    // often that can have happened, so that a slow machine does not fail it.
    let probe = probe();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Legacy).await?;
    let mut quick = 0;
    for id in 0..40 {
        let start = std::time::Instant::now();
        http.request(id, "tools/call", tool("echo", json!({"text": "a"}))).await?;
        quick += u32::from(start.elapsed() < std::time::Duration::from_millis(30));
    }
    assert!(quick > 0, "each of 40 streamed answers was held back");
    Ok(())
}
