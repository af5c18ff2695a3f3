//! Nodes that die, are slow, never answer, lie or come back: none hangs the gateway, and none costs another's calls.

use std::time::{Duration, Instant};

use mcp_support::client::{HttpServer, Recorder, Revision, call};
use rmcp::{RoleClient, service::RunningService};
use serde_json::{Value, json};

use crate::fixture::{ENDLESS, Mounted, liar, mount, structure, text, tools, upstream};

/// A gateway that waits a second for one attempt, in front of this server and a calculator.
async fn beside_a_calculator(name: &str, url: &str) -> anyhow::Result<(Mounted, HttpServer)> {
    let good = upstream(&["calculator"]).await?;
    let mounts = mount(name, &[url]) + &mount("calculator", &[&good.url]);
    let gateway = Mounted::start(&format!("[gateway]\nattempt_seconds = 1\nattempts = 1\n{mounts}")).await?;
    Ok((gateway, good))
}

/// Calls the calculator, one call after the other.
async fn calculate(client: &RunningService<RoleClient, Recorder>) -> anyhow::Result<()> {
    for number in 0..20 {
        let result = call(client, "calculator__evaluate", json!({"expression": format!("{number}")})).await?;
        assert_eq!(structure(&result)["value"].as_f64(), Some(f64::from(number)));
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_never_answers_costs_its_own_calls_a_deadline_and_nobody_else_anything() -> anyhow::Result<()> {
    let silent = liar(|method, _| (method == "tools/list").then(|| tools(&["wait"]))).await?;
    let (gateway, _good) = beside_a_calculator("silent", &silent).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let began = Instant::now();
    let waiting = (0..50).map(|_| call(&client, "silent__wait", json!({})));
    let calculating = async {
        calculate(&client).await?;
        anyhow::Ok(began.elapsed())
    };
    let (waited, calculated) = futures::join!(futures::future::join_all(waiting), calculating);
    assert!(calculated? < Duration::from_secs(15));
    for result in waited {
        let result = result?;
        assert_eq!(result.is_error, Some(true));
        assert!(text(&result).contains("hint: "), "{result:?}");
    }
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_node_that_never_stops_sending_keeps_nobody_else_waiting() -> anyhow::Result<()> {
    let endless = liar(|method, _| match method {
        "tools/list" => Some(tools(&["talk"])),
        "tools/call" => Some(ENDLESS.into()),
        _ => None,
    })
    .await?;
    let (gateway, _good) = beside_a_calculator("endless", &endless).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let talking = (0..8).map(|_| call(&client, "endless__talk", json!({})));
    let both = async { futures::join!(futures::future::join_all(talking), calculate(&client)) };
    let (talked, calculated) = tokio::time::timeout(Duration::from_secs(30), both).await?;
    calculated?;
    for result in talked {
        let result = result?;
        assert!(text(&result).contains("no answer within 1 s"), "{result:?}");
    }
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn lies_about_tools_are_left_out_and_told() -> anyhow::Result<()> {
    let lies = liar(|method, _| match method {
        "tools/list" => Some(json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": [
            {"name": "good", "inputSchema": {"type": "object"}},
            {"name": "good", "inputSchema": {"type": "object"}, "description": "a second one"},
            {"name": "no schema", "inputSchema": {"type": "object"}},
            {"name": "strange", "inputSchema": {"type": "string"}},
            {"name": "shapeless", "inputSchema": {"type": "object", "properties": null, "required": 7}},
            {"name": "", "inputSchema": {"type": "object"}},
        ]})),
        "tools/call" => Some(json!({"resultType": "complete", "tools": []})),
        _ => None,
    })
    .await?;
    let gateway = Mounted::start(&mount("lies", &[&lies])).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let names: Vec<String> = client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("lies__")).collect::<Vec<_>>(), ["lies__good"]);
    let table = client.read_resource(rmcp::model::ReadResourceRequestParams::new("route://table")).await?;
    let table = serde_json::to_string(&table.contents)?;
    for problem in [
        "lists the tool 'good' twice",
        "'no schema' that cannot be used",
        "'strange' that cannot be used",
        "'shapeless' that cannot be used",
    ] {
        assert!(table.contains(problem), "{table}");
    }
    let result = call(&client, "lies__good", json!({})).await?;
    assert_eq!(result.is_error, Some(true), "an answer that is none: {result:?}");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn what_there_is_no_room_for_is_told() -> anyhow::Result<()> {
    let names: Vec<String> = (0..1001).map(|number| format!("tool-{number}")).collect();
    let node = liar(move |method, _| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (method == "tools/list").then(|| tools(&names))
    })
    .await?;
    let gateway = Mounted::start(&mount("many", &[&node])).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let listed = client.list_all_tools().await?;
    assert_eq!(listed.iter().filter(|tool| tool.name.starts_with("many__")).count(), 1000);
    let table = client.read_resource(rmcp::model::ReadResourceRequestParams::new("route://table")).await?;
    let table = serde_json::to_string(&table.contents)?;
    assert!(table.contains("many-0 has 1001 tools or more, of which the first 1000 are shown"), "{table}");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn links_lead_through_the_gateway_and_arguments_are_the_tools_own() -> anyhow::Result<()> {
    let node = liar(|method, params| match method {
        "tools/list" => Some(tools(&["links", "ask"])),
        "tools/call" if params["name"] == "ask" => Some(json!({
            "resultType": "input_required", "requestState": "s", "inputRequests": {"q": {"method": "elicitation/create",
                "params": {"mode": "form", "message": "?", "requestedSchema": {"type": "object", "properties": {}}}}},
        })),
        "tools/call" => Some(json!({"resultType": "complete", "content": [
            {"type": "resource_link", "uri": "docs://one", "name": "one"},
            {"type": "resource", "resource": {"uri": "docs://two", "text": params["arguments"]["region"]}},
        ]})),
        _ => None,
    })
    .await?;
    let gateway = Mounted::start(&mount("h", &[&node])).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    // A region of the tool's own, which this gateway has never heard of.
    let result = serde_json::to_value(call(&client, "h__links", json!({"region": "eu-west-1"})).await?)?;
    assert_eq!(result["content"][0]["uri"], "h+docs://one", "{result}");
    assert_eq!(result["content"][1]["resource"]["uri"], "h+docs://two");
    assert_eq!(result["content"][1]["resource"]["text"], "eu-west-1");
    let error = format!("{:#}", call(&client, "h__ask", json!({})).await.expect_err("it cannot be asked"));
    assert!(error.contains("-32021"), "{error}");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_bare_mount_cannot_pass_for_the_gateway_or_for_another_mount() -> anyhow::Result<()> {
    let node = liar(|method, _| {
        (method == "tools/list").then(|| tools(&["list_nodes", "calculator__evaluate", "calculator__other", "fine"]))
    })
    .await?;
    let good = upstream(&["calculator"]).await?;
    let bare = mount("bare", &[&node]).replacen("name = ", "bare = true\nname = ", 1);
    let gateway = Mounted::start(&format!("{bare}{}", mount("calculator", &[&good.url]))).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let names: Vec<String> = client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect();
    let count = |name: &str| names.iter().filter(|found| *found == name).count();
    assert_eq!(
        (count("list_nodes"), count("calculator__evaluate"), count("calculator__other")),
        (1, 1, 0),
        "{names:?}"
    );
    assert_eq!(count("fine"), 1);
    assert_eq!(text(&call(&client, "calculator__evaluate", json!({"expression": "1 + 1"})).await?), "2");
    let table = client.read_resource(rmcp::model::ReadResourceRequestParams::new("route://table")).await?;
    assert!(serde_json::to_string(&table.contents)?.contains("'list_nodes' that cannot be used"));
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_killed_node_loses_no_call_that_may_be_repeated_and_is_back_when_it_is_back() -> anyhow::Result<()> {
    let first = upstream(&["calculator"]).await?;
    let second = upstream(&["calculator"]).await?;
    let routes = format!(
        "[gateway]\nstrategy = \"round_robin\"\nprobe_seconds = 0.2\n{}",
        mount("calculator", &[&first.url, &second.url])
    );
    let gateway = Mounted::start(&routes).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let address = first.address().to_owned();
    let calls = (0..100).map(|number: u32| {
        let client = &client;
        async move {
            tokio::time::sleep(Duration::from_millis(u64::from(number) * 5)).await;
            let result = call(client, "calculator__evaluate", json!({"expression": format!("{number} * 2")})).await?;
            anyhow::ensure!(structure(&result)["value"].as_f64() == Some(f64::from(number * 2)), "{result:?}");
            Ok(())
        }
    });
    let killing = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        drop(first);
    };
    let (results, ()) = futures::join!(futures::future::join_all(calls), killing);
    for result in results {
        result?;
    }
    let mut again = tokio::process::Command::new(crate::fixture::BINARY);
    again.args(["upstream", "calculator", "--http", "--bind", &address]).kill_on_drop(true);
    let _again = again.stderr(std::process::Stdio::null()).spawn()?;
    wait_until(&client, "calculator-0", |node| node["state"] == "healthy" && !node["revision"].is_null()).await?;
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_write_that_was_cut_off_is_not_sent_again() -> anyhow::Result<()> {
    let node = liar(|method, _| match method {
        "tools/list" => Some(json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private",
            "tools": [{"name": "pay", "inputSchema": {"type": "object"}}]})),
        _ => None,
    })
    .await?;
    let routes = format!("[gateway]\nattempt_seconds = 0.5\n{}", mount("bank", &[&node, &node]));
    let gateway = Mounted::start(&routes).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let result = call(&client, "bank__pay", json!({})).await?;
    assert_eq!(result.is_error, Some(true));
    assert!(text(&result).contains("may have done what was asked"), "{result:?}");
    let nodes = structure(&call(&client, "list_nodes", json!({})).await?).clone();
    let calls: u64 = nodes["nodes"].as_array().into_iter().flatten().filter_map(|node| node["calls"].as_u64()).sum();
    assert_eq!(calls, 1, "one attempt: {nodes}");
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_slow_node_is_hedged() -> anyhow::Result<()> {
    let slow = upstream(&["calculator", "--slow", "20000", "--region", "us"]).await?;
    let fast = upstream(&["calculator", "--region", "eu"]).await?;
    let routes = format!(
        "[gateway]\nstrategy = \"round_robin\"\nhedge_millis = 100\n{}",
        mount("calculator", &[&slow.url, &fast.url])
    );
    let gateway = Mounted::start(&routes).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let began = Instant::now();
    for _ in 0..4 {
        let result = call(&client, "calculator__evaluate", json!({"expression": "6 * 7"})).await?;
        assert_eq!(structure(&result)["served_by"], "eu 2.0.0");
    }
    assert!(began.elapsed() < Duration::from_secs(15), "nobody waited for the slow one");
    wait_until(&client, "calculator-0", |node| node["in_flight"] == 0).await?;
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn routes_are_reloaded_and_a_bad_file_changes_nothing() -> anyhow::Result<()> {
    let one = upstream(&["calculator"]).await?;
    let two = upstream(&["search"]).await?;
    let gateway = Mounted::start(&mount("calculator", &[&one.url])).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let file = gateway.folder.path().join("routes.toml");
    std::fs::write(&file, format!("{}{}", mount("calculator", &[&one.url]), mount("docs", &[&two.url])))?;
    assert_eq!(text(&call(&client, "reload_routes", json!({})).await?), "2 nodes");
    wait_until(&client, "docs-0", |node| !node["revision"].is_null()).await?;
    wait_until(&client, "calculator-0", |node| node["connections"] == 1).await?;
    std::fs::write(&file, "[[mount]]\nname = 7")?;
    let refused = call(&client, "reload_routes", json!({})).await?;
    assert!(refused.is_error == Some(true) && text(&refused).contains("line 2"), "{refused:?}");
    assert_eq!(text(&call(&client, "calculator__evaluate", json!({"expression": "1"})).await?), "1");
    client.cancel().await?;
    Ok(())
}

async fn wait_until(
    client: &rmcp::service::RunningService<RoleClient, Recorder>,
    node: &str,
    is: impl Fn(&Value) -> bool,
) -> anyhow::Result<()> {
    let mut last = Value::Null;
    for _ in 0..500 {
        last = structure(&call(client, "node_stats", json!({ "node": node })).await?).clone();
        if is(&last) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("it never came to that: {last}")
}
