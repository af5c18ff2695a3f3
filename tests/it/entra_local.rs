//! A foreign host for lesson 5.12: the official Python client, whose person signs in on the pages that it is sent to.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::{PATIENCE, Revision},
    testing::workspace_binary,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::installed::has_python;

const PASSWORD: &str = "a password for this test";
/// Of the stand-in: its tenant, the local server's app, and somebody who works there.
const TENANT: &str = "5d0c5bb4-9d0f-4c55-9a35-0d5a6c1e7a01";
const APP: &str = "c41d7b93-0e5a-4f26-9b83-7a1f2d60e511";
const USER: &str = "ada@meadow.example";

/// Starts the stand-in on a free port, and says where it is.
async fn stand_in(path: &Path) -> anyhow::Result<(Child, String)> {
    let mut child = Command::new(path)
        .args(["tenant", "--bind", "127.0.0.1:0"])
        .env("ENTRA_STAND_IN_PASSWORD", PASSWORD)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("stderr is piped")?).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(authority) = line.strip_prefix("listening on ") {
                return Ok(authority.to_owned());
            }
        }
        anyhow::bail!("it has ended")
    };
    let authority = tokio::time::timeout(PATIENCE, listening).await.context("it does not start")??;
    // Whatever else it says is read, so that it never waits for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, authority))
}

#[tokio::test]
async fn the_official_python_client_has_its_person_sign_in() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !has_python(&root).await? {
        eprintln!("skipped: the official Python client is not installed; scripts/tools.sh installs it");
        return Ok(());
    }
    let path = workspace_binary("mcp-entra-id")?;
    let (_tenant, authority) = stand_in(&path).await?;
    let environment = json!({
        "ENTRA_AUTHORITY": authority, "ENTRA_TENANT_ID": TENANT, "ENTRA_CLIENT_ID": APP,
        "GRAPH_BASE_URL": format!("{authority}/graph/v1.0"), "ENTRA_TOKEN_CACHE": "memory",
    });
    let revisions = Revision::ALL.map(|revision| revision.to_string());
    let job = json!({
        "path": path, "environment": environment, "revisions": revisions, "user": USER, "password": PASSWORD,
    });
    let mut command = Command::new(root.join(".tools/python/bin/python"));
    command.arg(root.join("tests/judges/entra_local.py")).arg(job.to_string()).kill_on_drop(true);
    let output = tokio::time::timeout(4 * PATIENCE, command.output()).await.context("the client does not end")??;
    let told = String::from_utf8_lossy(&output.stderr);
    let lines =
        String::from_utf8_lossy(&output.stdout).lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
    let lines: Vec<Value> = lines.with_context(|| told.to_string())?;
    ensure!(lines.len() == revisions.len(), "a line for each revision: {told}");
    for line in &lines {
        judge(line).with_context(|| line["revision"].to_string())?;
    }
    Ok(())
}

fn judge(seen: &Value) -> anyhow::Result<()> {
    ensure!(seen["broken"].is_null(), "{}", seen["broken"]);
    ensure!(seen["version"] == seen["revision"], "negotiated {}", seen["version"]);
    for call in ["first", "second"] {
        let user = &seen[call]["result"]["structuredContent"]["user_principal_name"];
        ensure!(user == USER, "{call}: {}", seen[call]);
    }
    ensure!(seen["status"]["result"]["structuredContent"]["next"] == "use_token", "{}", seen["status"]);
    let out = &seen["out"]["result"]["structuredContent"];
    ensure!(out["was_signed_in"] == true && out["page_opened"] == true, "{}", seen["out"]);
    let asked = seen["asked"].as_array().context("no list")?;
    ensure!(asked.len() == 2 && asked.iter().all(|question| question["mode"] == "url"), "asked twice: {asked:?}");
    let page = seen["pages"][0].as_str().unwrap_or_default();
    ensure!(page.contains("You are signed in"), "{page}");
    Ok(())
}
