//! What a node turns away, and how.

use std::path::Path;

use http::{HeaderMap, HeaderValue};
use mcp_support::{
    client::{HttpServer, Revision},
    testing::RawHttp,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::fixture::BINARY;

fn call(limit: u64) -> Value {
    json!({"name": "compute_heavy", "arguments": {"limit": limit}})
}

async fn node(flags: &[&str]) -> anyhow::Result<HttpServer> {
    HttpServer::start_with(Path::new(BINARY), flags, &[]).await
}

#[tokio::test]
async fn one_call_too_many_is_503_with_a_time_to_come_back() -> anyhow::Result<()> {
    let node = node(&["--calls", "2", "--workers", "1"]).await?;
    for revision in Revision::ALL {
        let raw = RawHttp::open(&node.url, revision).await?;
        // What opened the session has a place too, until it has ended.
        for _ in 0..500 {
            let info = raw.request(10, "tools/call", json!({"name": "node_info", "arguments": {}})).await?;
            if info.status == 200 && info.answer()["result"]["structuredContent"]["in_flight"] == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let calls = (0..8).map(|at| raw.request(at, "tools/call", call(10_000_000)));
        let replies = futures::future::try_join_all(calls).await?;
        let shed: Vec<_> = replies.iter().filter(|reply| reply.status == 503).collect();
        assert_eq!(shed.len(), 6, "{revision}: {replies:?}");
        assert!(shed.iter().all(|reply| reply.headers["retry-after"] == "1"), "{revision}");
        let answered = replies.iter().filter(|reply| reply.answer()["result"]["isError"] == false).count();
        assert_eq!(answered, 2, "{revision}: {replies:?}");
        // Every place is free again.
        let after = raw.request(9, "tools/call", json!({"name": "node_info", "arguments": {}})).await?;
        assert_eq!(after.answer()["result"]["structuredContent"]["in_flight"], 1, "{revision}: {after:?}");
    }
    let metrics = reqwest::get(format!("{}/metrics", node.origin())).await?.text().await?;
    let shed = metrics.lines().find_map(|line| line.strip_prefix("mcp_calls_shed_total ")?.parse().ok());
    assert!(shed.is_some_and(|shed: u32| shed >= 12), "{metrics}");
    Ok(())
}

#[tokio::test]
async fn a_body_that_comes_slowly_holds_no_place() -> anyhow::Result<()> {
    let node = node(&["--calls", "1"]).await?;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(node.address()).await?;
        let head =
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
        stream.write_all(head.as_bytes()).await?;
        slow.push(stream);
    }
    let raw = RawHttp::open(&node.url, Revision::Modern).await?;
    for number in 0..20 {
        let quick = raw.request(number, "tools/call", call(1000)).await?;
        assert_eq!(quick.answer()["result"]["isError"], false, "{quick:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_call_ends_at_its_deadline_and_its_worker_is_free_again() -> anyhow::Result<()> {
    let node = node(&["--deadline-ms", "300", "--workers", "1"]).await?;
    let raw = RawHttp::open(&node.url, Revision::Modern).await?;
    let late = raw.request(1, "tools/call", call(200_000_000)).await?;
    assert_eq!(late.answer()["result"]["isError"], true, "{late:?}");
    let next = raw.request(2, "tools/call", call(1000)).await?;
    assert_eq!(next.answer()["result"]["isError"], false, "{next:?}");
    Ok(())
}

#[tokio::test]
async fn a_tenant_that_calls_too_often_is_429_and_others_are_not() -> anyhow::Result<()> {
    let node = node(&["--tenant-header", "x-tenant", "--tenant-rate", "5"]).await?;
    let ask = async |tenant: &'static str, calls: usize| {
        let headers = HeaderMap::from_iter([("x-tenant".parse()?, HeaderValue::from_static(tenant))]);
        let raw = RawHttp::open_with(&node.url, Revision::Modern, headers).await?;
        let calls = (0..calls).map(|at| raw.request(at, "tools/call", call(1000)));
        anyhow::Ok(futures::future::try_join_all(calls).await?.iter().filter(|reply| reply.status == 429).count())
    };
    // A second may end in the middle: at most two of them have a share in this.
    let refused = ask("ada", 30).await?;
    assert!((20..=25).contains(&refused), "{refused} of 30");
    assert_eq!(ask("bob", 5).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() -> anyhow::Result<()> {
    let node = node(&[]).await?;
    let raw = RawHttp::open(&node.url, Revision::Modern).await?;
    for (length, status) in [(1024 * 1024, 413), (1000, 200)] {
        let padded =
            json!({"name": "node_info", "arguments": {}, "_meta": {"com.example/padding": "x".repeat(length)}});
        assert_eq!(raw.request(1, "tools/call", padded).await?.status, status, "{length}");
    }
    Ok(())
}

#[tokio::test]
async fn tenants_are_told_apart_by_the_header_that_was_named() -> anyhow::Result<()> {
    let node = node(&["--tenant-header", "x-tenant", "--admin", "root"]).await?;
    let raw = |tenant: &'static str| {
        let headers = HeaderMap::from_iter([("x-tenant".parse().expect("a name"), HeaderValue::from_static(tenant))]);
        RawHttp::open_with(&node.url, Revision::Modern, headers)
    };
    let nameless = RawHttp::open(&node.url, Revision::Modern).await?.request(1, "tools/call", call(1000)).await?;
    assert_eq!(nameless.status, 400, "{nameless:?}");
    let created =
        raw("ada").await?.request(1, "tools/call", json!({"name": "create_workspace", "arguments": {}})).await?;
    let workspace = &created.answer()["result"]["structuredContent"]["workspace"];
    for (tenant, is_error) in [("ada", false), ("bob", true)] {
        let read = json!({"name": "read_workspace", "arguments": {"workspace": workspace}});
        let read = raw(tenant).await?.request(2, "tools/call", read).await?;
        assert_eq!(read.answer()["result"]["isError"], is_error, "{tenant}: {read:?}");
    }
    let info = raw("ada").await?.request(3, "tools/call", json!({"name": "node_info", "arguments": {}})).await?;
    let name = &info.answer()["result"]["structuredContent"]["node"];
    for (tenant, is_error) in [("ada", true), ("root", false)] {
        let drain = json!({"name": "drain_node", "arguments": {"node": name}});
        let drain = raw(tenant).await?.request(4, "tools/call", drain).await?;
        assert_eq!(drain.answer()["result"]["isError"], is_error, "{tenant}: {drain:?}");
    }
    Ok(())
}
