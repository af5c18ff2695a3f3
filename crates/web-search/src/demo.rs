//! The tour: a real client searches on each transport and in each revision, and then goes through an outage.

mod outage;
mod stand_in;

use anyhow::Context as _;
use mcp_support::{
    cli::DemoArgs,
    client::{Recorder, Revision, call, text},
    demo::Tour,
};
use rmcp::{RoleClient, model::CallToolResult, service::RunningService};
use serde_json::{Value, json};

type Client = RunningService<RoleClient, Recorder>;

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.9. Searches over outside services that fail. First all is well, without network and keys:\n\
                 the provider is a collection of documents that is bundled. Then two providers, whose servers run\n\
                 inside of this tour, fail in every way that real ones do.";
    let mut tour = Tour::new("Web search", about, args).with_flags(["--providers=embedded".to_owned()]);
    for revision in Revision::ALL {
        tour.step(&format!("Four searches on stdio, in {revision}"));
        let client = tour.stdio(revision, Recorder::default()).await?;
        searches(&mut tour, &client).await?;
        client.cancel().await?;
    }
    for revision in Revision::ALL {
        tour.step(&format!("Several things at once over HTTP, in {revision}"));
        let client = tour.http(revision, Recorder::default()).await?;
        combined(&mut tour, &client).await?;
        client.cancel().await?;
    }
    outage::run(&mut tour).await?;
    tour.finish()
}

async fn searches(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    for (tool, query, field) in [
        ("general_search", "how high should my bicycle saddle be", "snippet"),
        ("news_search", "comet", "date"),
        ("product_search", "bicycle light", "price"),
    ] {
        let result = call(client, tool, json!({"query": query, "num_results": 3})).await?;
        let found = structure(&result)?;
        let first = &found["results"][0];
        tour.show(tool, format!("{query}: {} ({})", plain(&first["title"]), plain(&first[field])));
        tour.check(format!("{tool} has results, each with its {field}"), first[field] != Value::Null);
    }
    let result = call(client, "qna", json!({"question": "How far away is the Moon?"})).await?;
    let answered = structure(&result)?;
    let answer = &answered["answer"];
    tour.show(
        "qna",
        format!("{} ({}, confidence {})", plain(&answer["text"]), plain(&answer["rung"]), answer["confidence"]),
    );
    tour.check("the answer names its rung of the cascade and its source", answer["url"].is_string());
    let refused = call(client, "general_search", json!({"query": "tea", "num_results": 99})).await?;
    tour.show("a bad argument", text(&refused));
    tour.check("a mistake is a result with a hint", refused.is_error == Some(true) && text(&refused).contains("hint"));
    Ok(())
}

async fn combined(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    let queries = json!([
        {"query": "sourdough starter"},
        {"query": "sleep", "kind": "scholar"},
        {"query": "moon", "kind": "images"},
    ]);
    let several = call(client, "multi_search", json!({"queries": queries, "num_results": 2})).await?;
    let several = structure(&several)?;
    tour.show("multi_search", format!("{} answered, {} failed", several["succeeded"], several["failed"]));
    tour.check("three kinds of search in one call", several["succeeded"] == 3);

    let products = call(client, "product_search", json!({"query": "telescope", "num_results": 2})).await?;
    let names: Vec<Value> =
        structure(&products)?["results"].as_array().into_iter().flatten().map(|it| it["title"].clone()).collect();
    let compared = call(client, "compare_products", json!({"products": names})).await?;
    let verdict = &structure(&compared)?["verdict"];
    tour.show("compare_products", format!("best rated: {}", plain(&verdict["best_rated"])));
    tour.check("products are compared by figures", verdict["best_rated"].is_string());

    let first = structure(&products)?["results"][0]["url"].clone();
    let page = call(client, "fetch_page", json!({"url": first})).await?;
    let page = structure(&page)?;
    tour.show("fetch_page", format!("{}: {} characters", plain(&page["title"]), page["total_chars"]));
    tour.check("the page of a result can be read", page["total_chars"].as_u64().is_some_and(|length| length > 100));
    let inwards = call(client, "fetch_page", json!({"url": "https://169.254.169.254/latest/meta-data/"})).await?;
    tour.show("an inner address", text(&inwards));
    tour.check("no address inside a network is fetched", inwards.is_error == Some(true));
    Ok(())
}

fn structure(result: &CallToolResult) -> anyhow::Result<&Value> {
    result.structured_content.as_ref().with_context(|| format!("no structure: {}", text(result)))
}

/// A value without quotes, and a price as people write it.
fn plain(value: &Value) -> String {
    match (value.as_str(), value["amount"].as_f64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(amount)) => format!("{amount:.2} {}", value["currency"].as_str().unwrap_or_default()),
        (None, None) => value.to_string(),
    }
}
