//! Gateways that lead back to themselves: no call may go in a circle, and no program start itself for ever.

use std::time::Duration;

use mcp_support::client::{Recorder, Revision, call};
use rmcp::{RoleClient, service::RunningService};
use serde_json::{Value, json};

use crate::fixture::{BINARY, Mounted, mount, structure, upstream};

type Client = RunningService<RoleClient, Recorder>;

/// Waits until the node is as it should be.
async fn until(client: &Client, node: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let looking = async {
        loop {
            let result = call(client, "node_stats", json!({"node": node})).await?;
            let stats = structure(&result);
            if is_so(stats) {
                return anyhow::Ok(stats.clone());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await?
}

fn is_circle(stats: &Value) -> bool {
    stats["revision"].is_null() && stats["last_error"] == "it leads back to this gateway"
}

async fn remount(gateway: &Mounted, client: &Client, routes: &str) -> anyhow::Result<()> {
    std::fs::write(gateway.folder.path().join("routes.toml"), routes)?;
    let reloaded = call(client, "reload_routes", json!({})).await?;
    anyhow::ensure!(reloaded.is_error != Some(true), "{reloaded:?}");
    Ok(())
}

async fn tools(client: &Client) -> anyhow::Result<Vec<String>> {
    Ok(client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect())
}

#[tokio::test]
async fn a_gateway_does_not_mount_itself_nor_one_that_has_mounted_it() -> anyhow::Result<()> {
    let calculator = upstream(&["calculator"]).await?;
    let mounted = mount("calculator", &[&calculator.url]);
    let inner = Mounted::start(&mounted).await?;
    let outer = Mounted::start(&mount("inner", &[&inner.server.url])).await?;
    let to_inner = inner.client(Revision::Modern, Recorder::default()).await?;
    let to_outer = outer.client(Revision::Legacy, Recorder::default()).await?;
    assert!(
        tools(&to_outer).await?.contains(&"inner__calculator__evaluate".to_owned()),
        "one in front of another is fine"
    );

    for url in [&inner.server.url, &outer.server.url] {
        remount(&inner, &to_inner, &(mounted.clone() + &mount("circle", &[url]))).await?;
        let stats = until(&to_inner, "circle-0", is_circle).await?;
        assert_eq!(stats["connections"], 0, "{stats}");
        assert!(!tools(&to_inner).await?.iter().any(|tool| tool.starts_with("circle__")));
        remount(&inner, &to_inner, &mounted).await?;
    }
    let sum = call(&to_outer, "inner__calculator__evaluate", json!({"expression": "6 * 7"})).await?;
    assert_eq!(structure(&sum)["value"], 42.0);
    to_inner.cancel().await?;
    to_outer.cancel().await?;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_does_not_start_itself() -> anyhow::Result<()> {
    let folder = tempfile::TempDir::new()?;
    let told = folder.path().join("told");
    let command = json!(["sh", "-c", "printf %s \"$ROUTING_ABOVE\" > \"$0\"; exec cat", told]).to_string();
    let routes = format!("[[mount]]\nname = \"sh\"\n[[mount.node]]\nid = \"sh\"\ncommand = {command}\n");
    let gateway = Mounted::start(&routes).await?;
    let above = std::fs::read_to_string(&told)?;
    let begin = |above: String| {
        let file = gateway.folder.path().join("routes.toml");
        let mut again = tokio::process::Command::new(BINARY);
        again.arg("--routes").arg(file).arg("stdio").env("ROUTING_ABOVE", above).stdin(std::process::Stdio::null());
        again.output()
    };
    for (above, why) in [(above, "these routes start the gateway itself"), ("x ".repeat(8), "more than 8 gateways")] {
        let ended = begin(above).await?;
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
    }
    Ok(())
}
