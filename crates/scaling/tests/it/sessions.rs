//! Sessions of 2025-11-25 on any node, for their owners only.

use std::{collections::BTreeSet, net::SocketAddr, path::Path};

use http::{HeaderMap, HeaderValue};
use mcp_scaling::cluster::Cluster;
use mcp_support::{
    client::{HttpServer, Revision, call},
    testing::{RawHttp, request},
};
use serde_json::json;

use crate::fixture::{BINARY, cluster, structure};

#[tokio::test]
async fn a_session_goes_on_at_whichever_node_the_balancer_chooses() -> anyhow::Result<()> {
    let (mut cluster, client) = cluster(Revision::Legacy).await?;
    let mut by = BTreeSet::new();
    for _ in 0..9 {
        by.insert(structure(&call(&client, "node_info", json!({})).await?)["node"].to_string());
    }
    assert_eq!(by.len(), 3, "one session, three nodes: {by:?}");
    cluster.kill(0)?;
    let mut again = 0;
    for _ in 0..9 {
        while call(&client, "node_info", json!({})).await.is_err() {
            again += 1;
            assert!(again < 10, "the session is lost");
        }
    }
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_session_is_its_owners_on_every_node() -> anyhow::Result<()> {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let flags = ["--tenant-header", "x-tenant"].map(str::to_owned);
    let cluster = Cluster::start(Path::new(BINARY), 2, None, free, &flags).await?;
    let [first, second] = [0, 1].map(|at: usize| cluster.nodes()[at].1.url.clone());
    let tenant = |name: &'static str| {
        HeaderMap::from_iter([("x-tenant".parse().expect("a name"), HeaderValue::from_static(name))])
    };
    let ada = RawHttp::open_with(&first, Revision::Legacy, tenant("ada")).await?;
    let listing = request(Revision::Legacy, 1, "tools/list", json!({}));
    let session = ada.headers(&listing, HeaderMap::new());
    assert!(session.contains_key("mcp-session-id"));
    let ask = async |url: &str, owner: &'static str, method: &str| {
        let mut headers = session.clone();
        headers.extend(tenant(owner));
        let method = method.parse::<http::Method>()?;
        let asked = reqwest::Client::new().request(method.clone(), url).headers(headers);
        let asked = if method == http::Method::POST { asked.body(listing.to_string()) } else { asked };
        anyhow::Ok(asked.send().await?.status().as_u16())
    };
    // The second node has never seen the session. A stranger who asks at the same time as its owner gets nothing.
    for _ in 0..5 {
        assert_eq!(ask(&second, "bob", "POST").await?, 404);
    }
    let together = async || {
        tokio::try_join!(
            ask(&second, "ada", "POST"),
            ask(&second, "bob", "POST"),
            ask(&second, "ada", "POST"),
            ask(&second, "bob", "POST")
        )
    };
    let mut answers = together().await?;
    for _ in 0..10 {
        // On a busy machine the store may miss its deadline, which is an error that can be sent again.
        if ![answers.0, answers.1, answers.2, answers.3].contains(&500) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        answers = together().await?;
    }
    assert_eq!(answers, (200, 404, 200, 404));
    assert_eq!(ask(&second, "bob", "POST").await?, 404, "it lives here now, and is still ada's");
    assert_eq!(ask(&second, "bob", "DELETE").await?, 404);
    assert_eq!(ask(&second, "ada", "DELETE").await?, 202);
    assert_eq!(ask(&second, "ada", "POST").await?, 404, "it has ended, in the store too");
    Ok(())
}

#[tokio::test]
async fn sessions_that_made_room_come_back_from_the_store() -> anyhow::Result<()> {
    let store = HttpServer::start_command(Path::new(BINARY), "store", &[], &[]).await?;
    let variables = [("REDIS_URL".to_owned(), store.url.clone())];
    let node = HttpServer::start_with(Path::new(BINARY), &["--sessions", "5"], &variables).await?;
    let mut sessions = Vec::new();
    for _ in 0..30 {
        sessions.push(RawHttp::open(&node.url, Revision::Legacy).await?);
    }
    for session in &sessions {
        let listed = session.request(1, "tools/list", json!({})).await?;
        assert_eq!(listed.status, 200, "{listed:?}");
        assert!(listed.answer()["result"]["tools"].is_array(), "{listed:?}");
    }
    // What was taken over holds no place of a call.
    let info = json!({"name": "node_info", "arguments": {}});
    let info = sessions[0].request(2, "tools/call", info).await?;
    assert_eq!(info.answer()["result"]["structuredContent"]["in_flight"], 1, "{info:?}");
    Ok(())
}

#[tokio::test]
async fn a_node_without_a_store_keeps_as_many_sessions_as_it_may_and_none_that_is_silent() -> anyhow::Result<()> {
    let node =
        HttpServer::start_with(Path::new(BINARY), &["--sessions", "5", "--session-idle-seconds", "1"], &[]).await?;
    let mut sessions = Vec::new();
    for _ in 0..30 {
        sessions.push(RawHttp::open(&node.url, Revision::Legacy).await?);
    }
    // The last are asked first: each question makes its session the one that was used last.
    for (at, session) in sessions.iter().rev().enumerate() {
        let status = session.request(1, "tools/list", json!({})).await?.status;
        assert_eq!(status, if at < 5 { 200 } else { 404 }, "{at}");
    }
    // Asking sooner would wake it.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let silent = sessions[29].request(2, "tools/list", json!({})).await?;
    assert_eq!(silent.status, 404);
    Ok(())
}
