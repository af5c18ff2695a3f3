//! A foreign host for lesson 5.6: the official Python client, with a sampling callback, on each leg.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::PATIENCE,
    testing::{HttpServer, Leg, workspace_binary},
};
use serde_json::{Value, json};
use tokio::process::Command;

/// How long the installation may take that CI runs beside the first tests.
const INSTALLATION: Duration = Duration::from_secs(300);

/// Whether the Python client is there. In CI it has to be, as soon as it is installed.
pub(super) async fn has_client(root: &Path) -> anyhow::Result<bool> {
    // Written last by scripts/tools.sh, so that half an installation does not count.
    let installed = root.join(".tools/python/installed.txt");
    let wanted = std::fs::read(root.join("tests/judges/requirements.txt"))?;
    let is_there = || std::fs::read(&installed).is_ok_and(|text| text == wanted);
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        let waiting = async {
            while !is_there() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let waited = tokio::time::timeout(INSTALLATION, waiting).await;
        waited.context("the official Python client is not installed: run scripts/tools.sh")?;
    }
    Ok(is_there())
}

#[tokio::test]
async fn the_official_python_client_is_a_host_of_the_sampling_lesson() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !has_client(&root).await? {
        eprintln!("skipped: the official Python client is not installed; scripts/tools.sh installs it");
        return Ok(());
    }
    let path = workspace_binary("mcp-sampling")?;
    let server = HttpServer::start(&path, &["--backends", "client"]).await?;
    let legs: Vec<Value> = Leg::ALL
        .iter()
        .map(|leg| {
            let transport = if leg.http { "http" } else { "stdio" };
            json!({"transport": transport, "revision": leg.revision.to_string()})
        })
        .collect();
    let job = json!({"path": path, "url": server.url, "legs": legs}).to_string();
    let mut command = Command::new(root.join(".tools/python/bin/python"));
    command.arg(root.join("tests/judges/sampling.py")).arg(job).env("NO_PROXY", "*").kill_on_drop(true);
    let output = tokio::time::timeout(4 * PATIENCE, command.output()).await.context("the client does not end")??;
    let told = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .with_context(|| told.to_string())?;
    ensure!(lines.len() == legs.len(), "a line for each leg: {told}");
    for line in &lines {
        judge(line).with_context(|| format!("{} {}", line["transport"], line["revision"]))?;
    }
    Ok(())
}

fn judge(seen: &Value) -> anyhow::Result<()> {
    ensure!(seen["broken"].is_null(), "{}", seen["broken"]);
    ensure!(seen["version"] == seen["revision"], "negotiated {}", seen["version"]);

    let summary = &seen["summarize"]["result"]["structuredContent"];
    ensure!(summary["text"] == "The model says: Ada wrote a program.", "{}", seen["summarize"]);
    ensure!(summary["backend"] == "client" && summary["model"] == "python-model", "{summary}");
    let asked = &seen["summarize"]["asked"];
    ensure!(asked.as_array().is_some_and(|asked| asked.len() == 1), "asked once: {asked}");
    ensure!(asked[0]["maxTokens"].is_u64() && asked[0]["systemPrompt"].is_string(), "{asked}");

    let answer = &seen["agent"]["result"]["structuredContent"];
    ensure!(answer["text"] == "The model says: 17 * (2 + 3) = 85", "{}", seen["agent"]);
    ensure!(answer["turns"] == 2 && answer["tool_uses"][0]["tool"] == "calculator", "{answer}");
    let asked = &seen["agent"]["asked"];
    ensure!(asked.as_array().is_some_and(|asked| asked.len() == 2), "asked twice: {asked}");
    ensure!(asked[0]["tools"].as_array().is_some_and(|tools| !tools.is_empty()), "{asked}");
    let result = &asked[1]["messages"][2]["content"];
    ensure!(result["type"] == "tool_result" && result["toolUseId"] == "use-1", "balanced: {asked}");

    // In 2025-11-25 the server hears of the refusal. In 2026-07-28 this client raises its own error, and the server
    // hears nothing.
    let refused = &seen["refused"];
    let told = match seen["revision"] == "2025-11-25" {
        true => {
            refused["result"]["isError"] == true
                && refused["result"]["content"][0]["text"].as_str().is_some_and(|text| text.contains("said no"))
        }
        false => refused["error"]["code"] == -1,
    };
    ensure!(told, "{refused}");
    Ok(())
}
