//! What an attacker, or a mistake, tries: names, sizes, numbers, and processes that are left behind.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use http::{HeaderMap, HeaderValue};
use mcp_scaling::cluster::Cluster;
use mcp_support::{
    client::{HttpServer, Recorder, Revision, Target, call, connect},
    testing::RawHttp,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
};

use crate::fixture::{BINARY, structure, text};

fn headers<const N: usize>(values: [(&'static str, &'static str); N]) -> HeaderMap {
    let header = |(name, value): (&'static str, &'static str)| {
        (http::HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    values.into_iter().map(header).collect()
}

fn drain(node: &str) -> Value {
    json!({"name": "drain_node", "arguments": {"node": node}})
}

#[tokio::test]
async fn no_tenant_has_the_name_of_the_caller_that_no_gateway_has_named() -> anyhow::Result<()> {
    let node = HttpServer::start_with(Path::new(BINARY), &["--tenant-header", "x-tenant", "--node", "a"], &[]).await?;
    let local = RawHttp::open_with(&node.url, Revision::Modern, headers([("x-tenant", "local")])).await?;
    assert_eq!(local.request(1, "tools/call", drain("a")).await?.status, 400);
    let ada = RawHttp::open_with(&node.url, Revision::Modern, headers([("x-tenant", "ada")])).await?;
    assert_eq!(ada.request(1, "tools/call", drain("a")).await?.answer()["result"]["isError"], true);
    let metrics = reqwest::get(format!("{}/metrics", node.origin())).await?.text().await?;
    assert!(!metrics.contains("ada"), "who calls is nobody else's business: {metrics}");
    Ok(())
}

#[tokio::test]
async fn the_balancer_passes_on_what_nodes_take_and_nothing_beside() -> anyhow::Result<()> {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let flags = ["--tenant-header", "x-tenant", "--body-bytes", "2048"].map(str::to_owned);
    let cluster = Cluster::start(Path::new(BINARY), 1, None, free, &flags).await?;
    let info = json!({"name": "node_info", "arguments": {}});
    let ada = RawHttp::open_with(cluster.url(), Revision::Modern, headers([("x-tenant", "ada")])).await?;
    assert_eq!(ada.request(1, "tools/call", info.clone()).await?.status, 200);
    // The client can read why, also where it sends much more than is taken.
    for bytes in [2048, 4 * 1024 * 1024] {
        let padding = json!({"com.example/padding": "x".repeat(bytes)});
        let large = json!({"name": "node_info", "arguments": {}, "_meta": padding});
        assert_eq!(ada.request(2, "tools/call", large).await?.status, 413, "{bytes}");
    }
    // A client may name headers that end with its connection: the tenant is gone then, and is not somebody else.
    let stripped = headers([("x-tenant", "ada"), ("connection", "x-tenant")]);
    let stripped = RawHttp::open_with(cluster.url(), Revision::Modern, stripped).await?;
    assert_eq!(stripped.request(3, "tools/call", info).await?.status, 400);
    let origin = cluster.url().trim_end_matches("/mcp");
    for path in ["/metrics", "/mcp/../metrics", "/mcp/metrics", "//mcp"] {
        assert_eq!(reqwest::get(format!("{origin}{path}")).await?.status(), 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_stand_in_cuts_off_what_is_no_command() -> anyhow::Result<()> {
    let store = HttpServer::start_command(Path::new(BINARY), "store", &[], &[]).await?;
    let address = store.url.trim_start_matches("redis://").to_owned();
    let say = async |words: &[u8]| {
        let mut stream = TcpStream::connect(&address).await?;
        // It may cut off a client that is still talking.
        let _ = stream.write_all(words).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await?;
        anyhow::Ok(read.map_or_else(|_| Vec::new(), |_| answer))
    };
    let page = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n*3\r\n$3\r\nSET\r\n";
    let many = format!("*9\r\n{}", "$1\r\nx\r\n".repeat(9));
    let long = format!("*2\r\n$3\r\nGET\r\n$1048576\r\n{}\r\n", "x".repeat(1_048_576));
    for words in [page, "*-1\r\n", "*1\r\n$99999999999999999999\r\n", &many, &long] {
        assert_eq!(say(words.as_bytes()).await?, b"", "{}", words.get(..40).unwrap_or(words));
    }
    let set = "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n$2\r\nPX\r\n$4\r\n9999\r\n";
    let queued = format!("*1\r\n$5\r\nMULTI\r\n{}*1\r\n$4\r\nEXEC\r\n", set.repeat(9));
    let answer = String::from_utf8(say(queued.as_bytes()).await?)?;
    assert!(answer.contains("-ERR the transaction is too large") && !answer.contains("*9"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn absurd_numbers_are_refused_with_what_is_allowed() -> anyhow::Result<()> {
    let node = HttpServer::start_with(Path::new(BINARY), &["--node", "a"], &[]).await?;
    let client = connect(&Target::Url(node.url.clone()), Revision::Modern, Recorder::default(), None).await?;
    let plan = |n: f64, throughput: f64, target: f64| {
        let points: Vec<_> = [1.0, 2.0, n].map(|n| json!({"n": n, "throughput": throughput})).to_vec();
        json!({"points": points, "target": target, "seconds_each": 0.01})
    };
    for (tool, arguments) in [
        ("capacity_plan", plan(1e300, 1.0, 1.0)),
        ("capacity_plan", plan(4.0, 1e308, 1.0)),
        ("capacity_plan", plan(4.0, 1e-308, 1.0)),
        ("capacity_plan", plan(4.0, -1.0, 1.0)),
        ("capacity_plan", plan(4.0, 1.0, 1e300)),
        ("simulate_load", json!({"limit": 999})),
        ("simulate_load", json!({"limit": 1000, "millis": 1_000_000})),
        ("compute_heavy", json!({"limit": 1})),
        ("compute_heavy", json!({"limit": 200_000_001})),
        ("compute_heavy", json!({"limit": u64::MAX})),
        ("cached_lookup", json!({"number": 0})),
        ("cached_lookup", json!({"number": 9_007_199_254_740_992_u64})),
        ("drain_node", json!({"node": "b"})),
        ("drain_node", json!({"node": "x".repeat(100_000)})),
        ("append_workspace", json!({"workspace": "x".repeat(100_000), "text": "t", "idempotency_key": "k"})),
        ("append_workspace", json!({"workspace": "ws-1", "text": "t", "idempotency_key": "k".repeat(129)})),
        ("read_workspace", json!({"workspace": ""})),
    ] {
        let answer = call(&client, tool, arguments.clone()).await?;
        assert_eq!(answer.is_error, Some(true), "{tool} {arguments}: {answer:?}");
        assert!(text(&answer).len() < 500, "{tool}: {} bytes", text(&answer).len());
    }
    // What is allowed has an answer in which every number is one.
    for points in [plan(100_000.0, 0.001, 1e9), plan(3.0, 1e9, 0.001)] {
        let planned = structure(&call(&client, "capacity_plan", points).await?).clone();
        for number in ["rate", "contention", "coherence", "r_squared"] {
            assert!(planned["law"][number].is_f64(), "{number} in {planned}");
        }
    }
    // Draining oneself is allowed, twice too, and undone.
    for (wanted, answer) in [(true, "a drains"), (true, "a drains"), (false, "a gets calls again")] {
        let drained = call(&client, "drain_node", json!({"node": "a", "drain": wanted})).await?;
        assert_eq!(text(&drained), answer);
    }
    client.cancel().await?;
    let raw = RawHttp::open(&node.url, Revision::Modern).await?;
    for wrong in [json!(-1), json!(1.5), json!("7"), json!(null), json!(1e300)] {
        let asked = json!({"name": "compute_heavy", "arguments": {"limit": wrong}});
        let answer = raw.request(1, "tools/call", asked).await?.answer().clone();
        assert!(answer["error"]["code"] == -32602 || answer["result"]["isError"] == true, "{wrong}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_handshake_that_is_too_large_does_not_fill_the_store() -> anyhow::Result<()> {
    let store = HttpServer::start_command(Path::new(BINARY), "store", &[], &[]).await?;
    let variables = [("REDIS_URL".to_owned(), store.url.clone())];
    let node = HttpServer::start_with(Path::new(BINARY), &[], &variables).await?;
    let before = store.memory_kib()?;
    let name = "x".repeat(900_000);
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25",
        "capabilities": {}, "clientInfo": {"name": name, "version": "1"}}});
    let client = reqwest::Client::new();
    for _ in 0..30 {
        let sent = client.post(&node.url).header("content-type", "application/json");
        let sent = sent.header("accept", "application/json, text/event-stream").body(hello.to_string());
        assert_eq!(sent.send().await?.status(), 200);
    }
    let grown = store.memory_kib()?.saturating_sub(before);
    assert!(grown < 10_000, "30 handshakes of 900 KB: {grown} KiB more");
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_killed_leaves_nothing_behind() -> anyhow::Result<()> {
    let mut command = Command::new(BINARY);
    command.args(["cluster", "--nodes", "2", "--bind", "127.0.0.1:0"]).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut cluster = command.env_remove("REDIS_URL").kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(cluster.stderr.take().context("stderr is piped")?).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("listening on") {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("it has ended")
    };
    tokio::time::timeout(Duration::from_secs(30), listening).await??;
    let id = cluster.id().context("it runs")?;
    let children = of_parent(id)?;
    assert_eq!(children.len(), 4, "a store, a balancer and two nodes: {children:?}");
    cluster.kill().await?;
    let ending = async {
        // One that has ended and whom nobody has asked is still listed, but runs no program.
        while children.iter().any(|id| std::fs::read_link(format!("/proc/{id}/exe")).is_ok()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ending).await.context("they go on without it")?;
    Ok(())
}

/// Processes whose parent is this one (Linux).
fn of_parent(parent: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let of = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if of == Some(parent) {
            found.push(id);
        }
    }
    Ok(found)
}

#[tokio::test]
async fn flags_that_cannot_be_used_end_it_with_2_and_one_line() -> anyhow::Result<()> {
    for flags in [
        "http --workers 0",
        "http --calls many",
        "http --deadline-ms 1",
        "http --node a/b",
        "http --tenant-header x:y",
        "http --store http://127.0.0.1:1",
        "http --bind nowhere",
        "http --parent me",
        "store --bind 0.0.0.0:0",
        "balance",
        "cluster --nodes 0",
        "cluster --nodes 33",
        "load --rate fast",
        "load --mix nothing=1",
        "chaos --deeds explode",
        "chaos --peace 1",
        "bench --only luck",
        "bench --rounds 0",
        "bench --seconds 61",
        "fly",
    ] {
        let mut command = Command::new(BINARY);
        command.args(flags.split(' ')).env_remove("REDIS_URL").stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await.context(flags)??;
        let log = String::from_utf8(output.stderr)?;
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{flags}: {log}");
        assert_eq!(log.trim_end().lines().count(), 1, "{flags}: {log}");
    }
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let bind = taken.local_addr()?.to_string();
    for name in ["http", "store", "baseline", "cluster"] {
        let mut command = Command::new(BINARY);
        command.args([name, "--bind", &bind]).env_remove("REDIS_URL").stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await.context(name)??;
        let log = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{name}: {log}");
        assert!(log.contains("cannot listen on"), "{name}: {log}");
    }
    Ok(())
}
