//! Three nodes, a store and a balancer, each the real binary.

use std::{collections::BTreeSet, time::Duration};

use mcp_support::client::{Recorder, Revision, Target, call, connect};
use serde_json::json;

use crate::fixture::{cluster, structure};

#[tokio::test]
async fn three_nodes_are_one_server() -> anyhow::Result<()> {
    let (_cluster, client) = cluster(Revision::Modern).await?;
    let mut by = BTreeSet::new();
    let workspace = structure(&call(&client, "create_workspace", json!({})).await?)["workspace"].clone();
    for at in 0..9 {
        let entry = json!({"workspace": workspace, "text": format!("line {at}"), "idempotency_key": at.to_string()});
        // Each is sent twice, to two nodes, at the same time.
        let (one, other) = tokio::try_join!(
            call(&client, "append_workspace", entry.clone()),
            call(&client, "append_workspace", entry)
        )?;
        let new = [&one, &other].map(|answer| structure(answer)["new"] == true);
        assert_eq!(new.iter().filter(|new| **new).count(), 1, "{one:?} {other:?}");
        by.extend([one, other].map(|answer| structure(&answer)["node"].to_string()));
    }
    assert_eq!(by.len(), 3, "{by:?}");
    let read = structure(&call(&client, "read_workspace", json!({"workspace": workspace})).await?).clone();
    assert_eq!(read["entries"].as_array().map(Vec::len), Some(9), "{read}");
    let lookups = (0..60).map(|_| call(&client, "cached_lookup", json!({"number": 1_000_003_u64 * 1_000_033})));
    let answers = futures::future::try_join_all(lookups).await?;
    let computed = answers.iter().filter(|answer| structure(answer)["source"] == "origin").count();
    assert_eq!(computed, 1, "of sixty misses at once on three nodes one goes through");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_node_that_is_killed_is_missed_by_nobody_who_asks_again() -> anyhow::Result<()> {
    let (mut cluster, client) = cluster(Revision::Modern).await?;
    let killed = cluster.kill(1)?;
    let mut again = 0;
    for _ in 0..20 {
        while call(&client, "compute_heavy", json!({"limit": 1000})).await.is_err() {
            again += 1;
            assert!(again < 10, "nothing is answered any more");
        }
    }
    cluster.settled().await?;
    for _ in 0..6 {
        let info = structure(&call(&client, "node_info", json!({})).await?).clone();
        assert_ne!(info["node"], killed.as_str());
    }
    cluster.start_node(&killed).await?;
    cluster.settled().await?;
    let status = structure(&call(&client, "cluster_status", json!({})).await?).clone();
    let epochs: Vec<u64> =
        status["nodes"].as_array().into_iter().flatten().filter_map(|node| node["epoch"].as_u64()).collect();
    assert_eq!(epochs.len(), 3);
    assert_eq!(epochs[1], 4, "the fourth life of a name: {status}");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn no_call_fails_while_a_node_is_told_to_end() -> anyhow::Result<()> {
    let (mut cluster, client) = cluster(Revision::Modern).await?;
    let url = cluster.url().to_owned();
    let calling = async {
        let until = std::time::Instant::now() + Duration::from_secs(2);
        let mut done = 0;
        while std::time::Instant::now() < until {
            let calls = (0..6).map(|_| call(&client, "compute_heavy", json!({"limit": 100_000})));
            for answer in futures::future::try_join_all(calls).await? {
                assert_ne!(answer.is_error, Some(true), "{answer:?}");
                done += 1;
            }
        }
        anyhow::Ok(done)
    };
    let draining = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        cluster.drain(0).await
    };
    let (done, _) = tokio::try_join!(calling, draining)?;
    assert!(done > 20, "{done} calls");
    let client = connect(&Target::Url(url), Revision::Modern, Recorder::default(), None).await?;
    let status = structure(&call(&client, "cluster_status", json!({})).await?).clone();
    assert_eq!(status["nodes"].as_array().map(Vec::len), Some(2), "it has said goodbye: {status}");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_drained_node_gets_no_new_calls_until_it_is_let_in_again() -> anyhow::Result<()> {
    let (cluster, client) = cluster(Revision::Modern).await?;
    let origin = cluster.nodes()[2].1.origin().to_owned();
    let ready = async || anyhow::Ok(reqwest::get(format!("{origin}/readyz")).await?.status().as_u16());
    for (drain, expected) in [(true, 503), (false, 200)] {
        call(&client, "drain_node", json!({"node": "node-3", "drain": drain})).await?;
        let heard = async {
            while ready().await? != expected {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // The balancer looks five times a second.
            tokio::time::sleep(Duration::from_millis(400)).await;
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(10), heard).await??;
        let mut by = BTreeSet::new();
        for _ in 0..9 {
            by.insert(structure(&call(&client, "node_info", json!({})).await?)["node"].to_string());
        }
        assert_eq!(by.contains("\"node-3\""), !drain, "{by:?}");
    }
    client.cancel().await?;
    Ok(())
}
