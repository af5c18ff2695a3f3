//! A client of 2025-11-25 that loses its stream comes back for the rest of it, where events are kept.

use mcp_support::{
    client::Revision,
    testing::{Program, RawHttp},
};
use reqwest::{
    Response,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};

use crate::{probe, tool};

fn keeping() -> Program {
    probe().with_env("PROBE_KEPT_BYTES", "1000000")
}

async fn come_back(url: &str, http: &RawHttp, last: &str) -> anyhow::Result<Response> {
    let more = [("accept", "text/event-stream"), ("last-event-id", last)];
    let more = more.map(|(name, value)| Ok((HeaderName::from_static(name), HeaderValue::from_str(value)?)));
    let more = more.into_iter().collect::<anyhow::Result<HeaderMap>>()?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(client.get(url).headers(http.headers(&Value::Null, more)).send().await?)
}

/// Reads a stream up to its first event with an id, and drops the rest.
async fn first_id(mut response: Response) -> anyhow::Result<String> {
    let mut seen = String::new();
    while let Some(bytes) = response.chunk().await? {
        seen.push_str(&String::from_utf8_lossy(&bytes));
        let lines: Vec<&str> = seen.lines().collect();
        if let Some(id) = lines.iter().find_map(|line| line.strip_prefix("id:")).filter(|_| seen.ends_with("\n\n")) {
            return Ok(id.trim().to_owned());
        }
    }
    anyhow::bail!("no id in {seen}")
}

#[tokio::test]
async fn the_rest_of_a_lost_stream_is_there_once_and_ends_with_the_answer() -> anyhow::Result<()> {
    let probe = keeping();
    let url = &probe.http().await?.url;
    let http = RawHttp::open(url, Revision::Legacy).await?;
    let mut params = tool("wait", json!({"ms": 600, "steps": 2}));
    params["_meta"] = json!({"progressToken": 1});
    // Lost at once, while the call runs.
    let last = first_id(http.start(1, "tools/call", params).await?).await?;
    for when in ["while the call runs", "after its end"] {
        let text = come_back(url, &http, &last).await?.text().await?;
        assert_eq!(text.matches("notifications/progress").count(), 2, "{when}: {text}");
        assert_eq!(text.matches("\"waited\"").count(), 1, "{when}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_resumes_no_stream_of_another() -> anyhow::Result<()> {
    let probe = keeping();
    let url = &probe.http().await?.url;
    let (mine, other) = (RawHttp::open(url, Revision::Legacy).await?, RawHttp::open(url, Revision::Legacy).await?);
    let last = first_id(mine.start(1, "tools/call", tool("echo", json!({"text": "a"}))).await?).await?;
    assert_eq!(come_back(url, &other, &last).await?.text().await?, "");
    assert!(come_back(url, &mine, &last).await?.text().await?.contains("jsonrpc"));
    Ok(())
}

#[tokio::test]
async fn what_a_session_was_told_before_it_listened_comes_once() -> anyhow::Result<()> {
    for probe in [probe(), keeping()] {
        let http = RawHttp::open(&probe.http().await?.url, Revision::Legacy).await?;
        http.request(1, "tools/call", tool("change", json!({"text": "probe://first"}))).await?;
        let mut stream = http.get().await?;
        http.request(2, "tools/call", tool("change", json!({"text": "probe://second"}))).await?;
        let mut seen = String::new();
        let reading = async {
            while seen.matches("resources/list_changed").count() < 2 {
                let Some(bytes) = stream.chunk().await? else { anyhow::bail!("the stream ends: {seen}") };
                seen.push_str(&String::from_utf8_lossy(&bytes));
            }
            Ok(())
        };
        tokio::time::timeout(mcp_support::testing::PATIENCE, reading).await??;
        assert_eq!(seen.matches("tools/list_changed").count(), 2, "{seen}");
    }
    Ok(())
}

#[tokio::test]
async fn an_invitation_comes_first_and_says_when() -> anyhow::Result<()> {
    let probe = keeping();
    let http = RawHttp::open(&probe.http().await?.url, Revision::Legacy).await?;
    let reply = http.request(1, "tools/call", tool("echo", json!({"text": "a"}))).await?;
    let first = reply.text.split("\n\n").next().unwrap_or_default();
    assert!(first.contains("id:") && first.contains("retry:") && !first.contains("jsonrpc"), "{}", reply.text);
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_not_resumed() -> anyhow::Result<()> {
    let probe = keeping();
    let url = &probe.http().await?.url;
    let http = RawHttp::open(url, Revision::Legacy).await?;
    for last in ["0", "made-up/0", "made-up"] {
        // An error would make a browser's event source try for ever, so the SDK answers with an empty stream.
        let response = come_back(url, &http, last).await?;
        assert_eq!(response.status(), 200, "{last}");
        assert_eq!(response.text().await?, "", "{last}");
    }
    // Spec(2026-07-28, transports): streams cannot be resumed.
    let modern = RawHttp::open(url, Revision::Modern).await?;
    let mut params = tool("wait", json!({"ms": 10, "steps": 1}));
    params["_meta"] = json!({"progressToken": 1});
    let reply = modern.request(1, "tools/call", params).await?;
    assert!(!reply.text.contains("id:") && !reply.text.contains("retry:"), "{}", reply.text);
    assert_eq!(come_back(url, &modern, "made-up/0").await?.status(), 405);
    Ok(())
}
