//! The tour: a fleet of nine, and a real client that calls through the gateway.

mod fleet;
pub mod person;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use mcp_support::{
    cli::DemoArgs,
    client::{HttpServer, Revision, Target, call, connect, structure, text},
    demo::Tour,
};
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult},
    service::RunningService,
};
use serde_json::{Value, json};

use self::{fleet::Fleet, person::Person};
use crate::gateway::META_KEY;

type Client = RunningService<RoleClient, Person>;

/// Runs the tour.
///
/// # Errors
/// A server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.5. A gateway that is an MCP server itself, in front of nine others.\n\
                 All ten run as processes of their own; every call below goes through the gateway to one of the nine.";
    let mut tour = Tour::new("Routing", about, args);
    let began = Instant::now();
    let mut fleet = Fleet::start().await?;
    let environment = [("ROUTING_ROUTES".to_owned(), fleet.routes().display().to_string())];
    let gateway = HttpServer::start_with(&std::env::current_exe()?, &[], &environment).await?;
    let target = Target::Url(gateway.url.clone());
    let client = connect(&target, Revision::Modern, Person::default(), tour.tap()).await?;

    mounted(&mut tour, &client, began).await?;
    content(&mut tour, &client).await?;
    context(&mut tour, &client).await?;
    strategy(&mut tour, &client).await?;
    questions(&mut tour, &target).await?;
    killed(&mut tour, &client, &mut fleet).await?;
    drained(&mut tour, &client).await?;
    client.cancel().await?;
    tour.finish()
}

async fn mounted(tour: &mut Tour, client: &Client, began: Instant) -> anyhow::Result<()> {
    tour.step("Nine servers of four kinds, on two transports and in two revisions, are one server");
    let nodes = call(client, "list_nodes", json!({})).await?;
    tour.show("nodes", text(&nodes));
    tour.show("from nothing to here", format!("{} ms", began.elapsed().as_millis()));
    let nodes = structure(&nodes)["nodes"].as_array().cloned().unwrap_or_default();
    let speak = |revision: Revision| nodes.iter().filter(|node| node["revision"] == revision.to_string()).count();
    tour.check("all nine are connected", nodes.len() == 9 && nodes.iter().all(|node| node["state"] == "healthy"));
    tour.check("some speak each revision", speak(Revision::Legacy) >= 3 && speak(Revision::Modern) >= 3);
    let tools = client.list_all_tools().await?;
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    tour.show("tools", names.join(", "));
    tour.check("a tool's name says where it comes from", names.contains(&"weather__get_forecast"));
    Ok(())
}

async fn content(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("The content router reads what a text is about, and says which words decided");
    for (asked, kind) in [
        ("Why does the compiler say that two threads wait for a lock?", "code"),
        ("Write a poem about autumn in three lines", "creative"),
        ("Design a study with a control group", "scientific"),
        ("Where can I scan the barcode of my ticket?", "general"),
    ] {
        let routed = call(client, "route_request", json!({ "text": asked })).await?;
        tour.show(asked, text(&routed));
        tour.check(format!("it is {kind}"), structure(&routed)["content"]["category"] == kind);
    }
    let explained = call(client, "route_explain", json!({"text": "Design a study with a control group"})).await?;
    let evidence = structure(&explained)["content"]["evidence"].as_array().cloned().unwrap_or_default();
    let words: Vec<String> = evidence
        .iter()
        .filter_map(|one| Some(format!("{} {:+.1}", one["term"].as_str()?, one["weight"].as_f64()?)))
        .collect();
    tour.show("because of", words.join(", "));
    tour.check("the course's \"design\" is creative; here a study is science", !words.is_empty());
    Ok(())
}

async fn context(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("Context: residency is the law, the version a promise, the region a wish");
    let forecast = json!({"city": "oslo", "day": 200});
    let asked = |route: Value| through(client, "weather__get_forecast", forecast.clone(), route);
    let near = asked(json!({"region": "eu"})).await?;
    tour.show("region eu", node(&near));
    tour.check("the nearest of the newest", node(&near) == "weather-eu-2");
    let old = asked(json!({"version": "v1"})).await?;
    tour.show("version v1", format!("{}: {}", node(&old), notices(&old)));
    tour.check("an old version answers who asks for it, with a notice", notices(&old).contains("deprecated"));
    let law = asked(json!({"residency": "eu", "region": "us"})).await?;
    tour.check("data of the EU stays there, however far the caller", node(&law) == "weather-eu-2");
    let nowhere = asked(json!({"residency": "ch"})).await?;
    tour.show("residency ch", text(&nowhere));
    let refused = nowhere.is_error == Some(true) && text(&nowhere).contains("no node keeps data in 'ch'");
    tour.check("where nobody may answer, nobody does", refused);
    Ok(())
}

async fn strategy(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("Strategies spread what several nodes could answer");
    for (strategy, even) in [("round_robin", true), ("consistent_hash", false)] {
        call(client, "set_strategy", json!({"mount": "calculator", "strategy": strategy})).await?;
        let mut counts = std::collections::BTreeMap::<String, u32>::new();
        for _ in 0..10 {
            let route = json!({"key": "customer 7"});
            let result = through(client, "calculator__evaluate", json!({"expression": "6 * 7"}), route).await?;
            *counts.entry(node(&result)).or_default() += 1;
        }
        tour.show(strategy, format!("{counts:?}"));
        let spread: Vec<u32> = counts.into_values().collect();
        tour.check("as it promises", if even { spread == [5, 5] } else { spread == [10] });
    }
    Ok(())
}

async fn questions(tour: &mut Tour, target: &Target) -> anyhow::Result<()> {
    tour.step(
        "A question of a server reaches the person behind the client, and the answer goes back, in both revisions",
    );
    for revision in Revision::ALL {
        let person = Person::default();
        let client = connect(target, revision, person.clone(), tour.tap()).await?;
        let order =
            json!({"customer": "Ada", "item": "punched cards", "quantity": 3, "idempotency_key": revision.to_string()});
        let added = call(&client, "database__add_order", order).await?;
        let id = structure(&added)["order"]["id"].clone();
        let deleted = call(&client, "database__delete_order", json!({ "id": id })).await?;
        tour.show("asked", person.asked().join("; "));
        tour.show("then", text(&deleted));
        tour.check(
            format!("{revision}: asked once, then done"),
            person.asked().len() == 1 && structure(&deleted)["deleted"] == true,
        );
        client.cancel().await?;
    }
    Ok(())
}

async fn killed(tour: &mut Tour, client: &Client, fleet: &mut Fleet) -> anyhow::Result<()> {
    tour.step("A node is killed under load: whatever may be asked twice is asked at another node");
    call(client, "set_strategy", json!({"mount": "calculator", "strategy": "round_robin"})).await?;
    let calls = (0..60).map(|number| async move {
        tokio::time::sleep(Duration::from_millis(number * 10)).await;
        let expression = format!("{number} + 1");
        let result = call(client, "calculator__evaluate", json!({ "expression": expression })).await?;
        anyhow::Ok(structure(&result)["value"].as_f64() == Some((number + 1) as f64))
    });
    let killing = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        fleet.kill_calculator().await
    };
    let (results, killed) = futures::join!(futures::future::join_all(calls), killing);
    killed?;
    let right = results.into_iter().filter(|result| matches!(result, Ok(true))).count();
    let stats = call(client, "node_stats", json!({"node": fleet::KILLED})).await?;
    tour.show("right answers", format!("{right} of 60"));
    tour.show("the node", text(&stats));
    tour.check("no call is lost", right == 60);
    Ok(())
}

async fn drained(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("A node is drained for repairs: it gets no new calls, and nobody notices");
    let drained = call(client, "drain_node", json!({"node": "weather-us-2"})).await?;
    tour.show("drain_node", text(&drained));
    let forecast = json!({"city": "tokyo", "day": 1});
    let result = through(client, "weather__get_forecast", forecast.clone(), json!({"region": "us"})).await?;
    tour.show("answered by", node(&result));
    tour.check("the next best answers", node(&result) == "weather-eu-2");
    call(client, "undrain_node", json!({"node": "weather-us-2"})).await?;
    let result = through(client, "weather__get_forecast", forecast, json!({"region": "us"})).await?;
    tour.check("then the node is back", node(&result) == "weather-us-2");
    Ok(())
}

/// Calls a tool, and says in `_meta` where the call wants to go.
async fn through(client: &Client, tool: &str, arguments: Value, route: Value) -> anyhow::Result<CallToolResult> {
    let mut params = CallToolRequestParams::new(tool.to_owned());
    params.arguments = arguments.as_object().cloned();
    params.meta = Some(serde_json::from_value(json!({ META_KEY: route }))?);
    client.call_tool(params).await.context("the gateway refused")
}

/// What the gateway says of who has answered.
fn route(result: &CallToolResult) -> Value {
    result.meta.as_ref().and_then(|meta| meta.0.get(META_KEY)).cloned().unwrap_or_default()
}

fn node(result: &CallToolResult) -> String {
    route(result)["node"].as_str().unwrap_or("nobody").to_owned()
}

fn notices(result: &CallToolResult) -> String {
    route(result)["notices"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "))
        .unwrap_or_default()
}
