//! A story that arrives.
#![expect(deprecated, reason = "SEP-2577: resources/subscribe is how clients of 2025-11-25 watch a resource")]

use std::time::{Duration, Instant};

use anyhow::Context;
use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    demo::Tour,
};
use rmcp::model::{SubscribeRequestParams, SubscriptionFilter};
use serde_json::json;

use super::{results, structure, text};
use crate::{corpus, feed, text as words};

/// How many stories come before the one that is waited for: time enough to begin waiting.
const BEFORE: usize = 10;
/// All stories are out after this long, whatever order they come in.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits for one of the stories that are about to come.
pub(super) async fn watch(tour: &mut Tour, revision: Revision) -> anyhow::Result<()> {
    let recorder = Recorder::default();
    let client = tour.http(revision, recorder.clone()).await?;
    let arrived = structure_of_providers(&client).await?;
    let query = waited_for(usize::try_from(arrived)? + BEFORE);
    let tracked = call(&client, "track_topic", json!({"query": query})).await?;
    tour.show("track_topic", text(&tracked));
    let tracked = structure(&tracked);
    let (topic, uri) = (tracked["topic"]["topic"].clone(), tracked["resource"].as_str().unwrap_or_default().to_owned());
    let waiting = async {
        match revision {
            Revision::Legacy => {
                client.subscribe(SubscribeRequestParams::new(uri.clone())).await?;
                let mut heard = false;
                while !heard {
                    heard = recorder.wait_for(|heard| *heard == Heard::Updated(uri.clone())).await.is_some();
                }
            }
            Revision::Modern => {
                let filter = SubscriptionFilter::builder().resource_subscription(uri.clone()).build();
                client.listen(filter).await?.next().await?;
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting).await.context("no story has come")??;
    let heard = Instant::now();
    let polled = call(&client, "poll_topic", json!({"topic": topic})).await?;
    let alert = structure(&polled)["alerts"][0].clone();
    tour.show("alert", text(&polled));
    let found = call(&client, "web_search", json!({"query": query, "safe": "off", "max_results": 3})).await?;
    let took = heard.elapsed();
    tour.show("web_search", text(&found).lines().take(2).collect::<Vec<_>>().join("\n"));
    let rank = results(&found).iter().position(|result| result["id"] == alert["id"]);
    tour.show(
        "rank",
        rank.map_or_else(|| "not found".to_owned(), |at| format!("{} of {}", at + 1, results(&found).len())),
    );
    let alerted = Duration::from_secs_f64(alert["after_ms"].as_f64().unwrap_or(f64::MAX / 1e9).min(1e6) / 1000.0);
    tour.show("from arrival to alert", format!("{:.1} ms", alerted.as_secs_f64() * 1000.0));
    tour.show("from alert to ranking", format!("{:.1} ms", took.as_secs_f64() * 1000.0));
    tour.check(
        "found and ranked first, within a second of its arrival",
        rank == Some(0) && alerted + took < Duration::from_secs(1),
    );
    call(&client, "track_topic", json!({"query": query, "active": false})).await?;
    client.cancel().await?;
    Ok(())
}

/// How many stories have come so far.
async fn structure_of_providers<H: rmcp::ClientHandler>(
    client: &rmcp::service::RunningService<rmcp::RoleClient, H>,
) -> anyhow::Result<u64> {
    let read = client.read_resource(rmcp::model::ReadResourceRequestParams::new("search://providers")).await?;
    let contents = serde_json::to_value(&read.contents)?;
    let document: serde_json::Value = serde_json::from_str(contents[0]["text"].as_str().unwrap_or_default())?;
    document["arrived"].as_u64().context("the number of arrivals")
}

/// Words that only the story at this place of the feed has in its title.
fn waited_for(at: usize) -> String {
    let order = feed::order(corpus::stories(), feed::FIRST_SEED);
    // A story without copies: its alert is its own.
    let lone = order.iter().cycle().skip(at).take(order.len()).find(|story| {
        let words = distinctive(&story.title);
        let has = |other: &crate::article::Article| {
            let stems = words::counted(&format!("{} {}", other.title, other.text));
            words::stems(&words).iter().all(|stem| stems.contains_key(stem))
        };
        story.language == "en"
            && !story.title.contains('<')
            && corpus::archive().iter().chain(&order).filter(|other| has(other)).count() == 1
    });
    lone.map_or_else(|| "bridge".to_owned(), |story| distinctive(&story.title))
}

fn distinctive(title: &str) -> String {
    let mut words: Vec<String> =
        words::words(title).into_iter().filter(|word| word.chars().all(char::is_alphabetic)).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.truncate(3);
    words.join(" ")
}
