//! The tour: a cluster of three nodes, what they share, and what is lost when one dies.

mod answers;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use anyhow::Context as _;
use mcp_support::{
    cli::DemoArgs,
    client::{Recorder, Revision, Target, call, connect},
    demo::Tour,
};
use serde_json::json;

use self::answers::{Client, name, nodes_that_answer, structure, text};
use crate::cluster::Cluster;

/// The product of two primes: taking it apart takes a moment.
const SLOW: u64 = 1_000_003 * 1_000_033;

/// Runs the tour.
///
/// # Errors
/// The cluster cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.7. Three nodes, a store and a balancer, each a process of its own on this machine.\n\
                 Every value below was just computed by them.";
    let mut tour = Tour::new("Scaling", about, args);

    tour.step("A node alone is a server like any other, on stdio and HTTP, in both revisions");
    alone(&mut tour).await?;

    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut cluster = Cluster::start(&program, 3, None, SocketAddr::from(([127, 0, 0, 1], 0)), &[]).await?;
    let client =
        connect(&Target::Url(cluster.url().to_owned()), Revision::Modern, Recorder::default(), tour.tap()).await?;

    tour.step("Three nodes are one server: each call may go to another");
    let seen = nodes_that_answer(&client, 9).await?;
    tour.show("nine calls", format!("{seen:?}"));
    tour.check("every node had its turn", seen.len() == 3);

    tour.step("What lasts is a handle that every node serves");
    workspace(&mut tour, &client).await?;

    tour.step("What one node has computed, the others know");
    cached(&mut tour, &client).await?;

    tour.step("A node is killed with -9 while it works; calls go on");
    killed(&mut tour, &mut cluster, &client).await?;

    tour.step("A node that is told to end finishes what it has begun");
    drained(&mut tour, &mut cluster).await?;

    tour.step("How many nodes would a target take?");
    planned(&mut tour, &client).await?;

    client.cancel().await?;
    tour.finish()
}

async fn alone(tour: &mut Tour) -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let client = tour.stdio(revision, Recorder::default()).await?;
        let answer = call(&client, "compute_heavy", json!({"limit": 100_000})).await?;
        tour.show(&format!("stdio, {revision}"), text(&answer));
        tour.check("there are 9592 primes up to 100 000", structure(&answer)["primes"] == 9592);
        client.cancel().await?;
        let client = tour.http(revision, Recorder::default()).await?;
        let status = call(&client, "cluster_status", json!({})).await?;
        tour.show(&format!("HTTP, {revision}"), text(&status));
        tour.check("it is a cluster of one", structure(&status)["nodes"].as_array().map(Vec::len) == Some(1));
        client.cancel().await?;
    }
    Ok(())
}

async fn workspace(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    let created = structure(&call(client, "create_workspace", json!({})).await?).clone();
    let workspace = created["workspace"].as_str().context("a handle")?.to_owned();
    let mut by = BTreeSet::from([name(&created)]);
    for (key, line) in [("1", "one"), ("2", "two"), ("2", "two")] {
        let arguments = json!({"workspace": workspace, "text": line, "idempotency_key": key});
        by.insert(name(structure(&call(client, "append_workspace", arguments).await?)));
    }
    let read = call(client, "read_workspace", json!({"workspace": workspace})).await?;
    tour.show("written by", format!("{by:?}"));
    tour.show("read by", name(structure(&read)));
    tour.show("it says", text(&read));
    tour.check("no node has it for itself", by.len() > 1);
    let lines = structure(&read)["entries"].as_array().map(Vec::len);
    tour.check("what was sent twice with one key is there once", lines == Some(2));
    Ok(())
}

async fn cached(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    let calls = (0..30).map(|_| call(client, "cached_lookup", json!({"number": SLOW})));
    let answers = futures::future::try_join_all(calls).await?;
    let mut sources: BTreeMap<String, u32> = BTreeMap::new();
    for answer in &answers {
        let source = structure(answer)["source"].as_str().unwrap_or_default().to_owned();
        *sources.entry(source).or_default() += 1;
    }
    tour.show("thirty calls at once", answers.first().map_or("none", text));
    tour.show("answered by", format!("{sources:?}"));
    tour.check("one of them was computed", sources.get("origin") == Some(&1));
    Ok(())
}

async fn killed(tour: &mut Tour, cluster: &mut Cluster, client: &Client) -> anyhow::Result<()> {
    let victim = cluster.kill(0)?;
    let began = std::time::Instant::now();
    let (mut repeated, mut right) = (0, 0);
    for _ in 0..30 {
        let answer = loop {
            match call(client, "compute_heavy", json!({"limit": 50_000})).await {
                Ok(answer) => break answer,
                Err(_) if repeated < 30 => repeated += 1,
                Err(error) => return Err(error.context("nothing is answered any more")),
            }
        };
        right += u32::from(structure(&answer)["primes"] == 5133);
    }
    tour.show("killed", &victim);
    tour.show("thirty calls", format!("{repeated} were sent again, {} ms", began.elapsed().as_millis()));
    tour.check("all have the right answer", right == 30);
    cluster.settled().await?;
    let seen = nodes_that_answer(client, 6).await?;
    tour.check("its lease has ended, and nobody asks it any more", !seen.contains_key(&victim) && seen.len() == 2);
    cluster.start_node(&victim).await?;
    cluster.settled().await?;
    let seen = nodes_that_answer(client, 6).await?;
    tour.check("the same name comes back with a higher epoch", seen.len() == 3);
    Ok(())
}

async fn drained(tour: &mut Tour, cluster: &mut Cluster) -> anyhow::Result<()> {
    let url = cluster.url().to_owned();
    let calling = async {
        let client = connect(&Target::Url(url), Revision::Modern, Recorder::default(), None).await?;
        let mut failed = 0;
        let until = std::time::Instant::now() + Duration::from_secs(2);
        let mut done = 0;
        while std::time::Instant::now() < until {
            let calls = (0..4).map(|_| call(&client, "compute_heavy", json!({"limit": 200_000})));
            for answer in futures::future::join_all(calls).await {
                done += 1;
                failed += u32::from(answer.map_or(true, |answer| answer.is_error == Some(true)));
            }
        }
        client.cancel().await?;
        anyhow::Ok((done, failed))
    };
    let draining = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        cluster.drain(0).await
    };
    let (called, name) = tokio::try_join!(calling, draining)?;
    tour.show("drained", name);
    tour.show("meanwhile", format!("{} calls, {} failed", called.0, called.1));
    tour.check("no call has failed", called.1 == 0 && called.0 > 0);
    Ok(())
}

async fn planned(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    let measured = call(client, "simulate_load", json!({"limit": 20_000, "millis": 200})).await?;
    tour.show("measured", text(&measured));
    let mut arguments = json!({"target": 10_000, "seconds_each": 0.005});
    arguments["points"] = structure(&measured)["points"].clone();
    let here = call(client, "capacity_plan", arguments.clone()).await?;
    tour.show("on this machine", text(&here));
    // What three machines of a load test said, so that the tour does not depend on this one.
    arguments["points"] = json!([
        {"n": 1, "throughput": 980}, {"n": 2, "throughput": 1900}, {"n": 4, "throughput": 3600}, {"n": 8, "throughput": 6500}
    ]);
    let plan = call(client, "capacity_plan", arguments).await?;
    tour.show("with a load test's", text(&plan));
    let needed = structure(&plan)["needed"].as_u64();
    tour.check("more than eight, because the last did not bring as much as the first", needed > Some(10));
    Ok(())
}
