//! Foreign servers behind the gateway of lesson 5.5: the official "everything" server (npm) and one made with the official
//! Python SDK, for clients of both revisions.
#![expect(deprecated, reason = "SEP-2577: sampling and roots pass through gateways as long as servers use them")]

use std::{path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::{HttpServer, Revision, Target, call, connect, this_client},
    testing::workspace_binary,
};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
        ElicitResult, ElicitationAction, ListRootsResult, ProgressNotificationParam,
    },
    service::{NotificationContext, RequestContext, RunningService},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::installed::{has_npm, has_python};

/// A host that can do everything, and counts progress.
#[derive(Clone)]
struct Host(watch::Sender<f64>);

impl ClientHandler for Host {
    fn get_info(&self) -> ClientConfig {
        let all = ClientCapabilities::builder().enable_elicitation().enable_sampling().enable_roots().build();
        ClientConfig::new(all, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let words = serde_json::to_string(&params.messages).unwrap_or_default();
        let text = format!("The model read {} letters.", words.len());
        let result = json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": text}});
        serde_json::from_value(result).map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        serde_json::from_value(json!({"roots": [{"uri": "file:///project"}]}))
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"name": "Ada"})))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.send_replace(params.progress);
    }
}

type Client = RunningService<RoleClient, Host>;

/// What a result says, wherever it says it.
async fn says(client: &Client, tool: &str, arguments: Value) -> anyhow::Result<String> {
    let result = call(client, tool, arguments).await.with_context(|| tool.to_owned())?;
    Ok(serde_json::to_string(&result)?)
}

/// Both servers ask in the way of 2025-11-25; what asks in the new way is tested with this workspace's own servers.
async fn judge(
    tools: &Path,
    mount: &str,
    command: &[&str],
    check: impl AsyncFn(&Client) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let folder = tempfile::TempDir::new()?;
    let routes = folder.path().join("routes.toml");
    let command: Vec<String> =
        command.iter().map(|part| part.replace("{tools}", &tools.display().to_string())).collect();
    let text = format!(
        "[[mount]]\nname = \"{mount}\"\n[[mount.node]]\nid = \"{mount}-1\"\ncommand = {}\nrevision = \"2025-11-25\"\n",
        json!(command)
    );
    std::fs::write(&routes, text)?;
    let flags = ["--settle-seconds", "60", "--routes", routes.to_str().context("a path")?];
    let gateway = HttpServer::start(&workspace_binary("mcp-routing")?, &flags).await?;
    for revision in Revision::ALL {
        let (progress, mut heard) = watch::channel(0.0);
        let client = connect(&Target::Url(gateway.url.clone()), revision, Host(progress), None).await?;
        check(&client).await.with_context(|| format!("{mount}, {revision}"))?;
        let progressed = tokio::time::timeout(Duration::from_secs(10), heard.wait_for(|done| *done >= 2.0)).await;
        ensure!(progressed.is_ok(), "{mount}, {revision}: no progress was heard");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_official_everything_server_behind_the_gateway() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    if !has_npm(&root).await? {
        eprintln!("skipped: the official server is not installed; scripts/tools.sh installs it");
        return Ok(());
    }
    let command = [
        "{tools}/npm/node_modules/.bin/node",
        "{tools}/npm/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
        "stdio",
    ];
    judge(&root.join(".tools"), "everything", &command, async |client| {
        let tool = |name: &str| format!("everything__{name}");
        ensure!(says(client, &tool("echo"), json!({"message": "hi"})).await?.contains("Echo: hi"));
        let long = says(client, &tool("trigger-long-running-operation"), json!({"duration": 1, "steps": 3})).await?;
        ensure!(long.contains("Steps: 3"), "{long}");
        let sampled = says(client, &tool("trigger-sampling-request"), json!({"prompt": "x", "maxTokens": 20})).await?;
        ensure!(sampled.contains("The model read "), "{sampled}");
        let asked = says(client, &tool("trigger-elicitation-request"), json!({})).await?;
        ensure!(asked.contains("Name: Ada"), "{asked}");
        let image = says(client, &tool("get-tiny-image"), json!({})).await?;
        ensure!(image.contains("image/png"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_server_of_the_official_python_sdk_behind_the_gateway() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    if !has_python(&root).await? {
        eprintln!("skipped: the official Python SDK is not installed; scripts/tools.sh installs it");
        return Ok(());
    }
    let command = ["{tools}/python/bin/python", "{tools}/../tests/judges/upstream.py"];
    judge(&root.join(".tools"), "python", &command, async |client| {
        let tool = |name: &str| format!("python__{name}");
        ensure!(says(client, &tool("add"), json!({"a": 2, "b": 3})).await?.contains('5'));
        ensure!(says(client, &tool("steps"), json!({"count": 3})).await?.contains("3 steps"));
        let greeted = says(client, &tool("greet"), json!({})).await?;
        ensure!(greeted.contains("Hello, Ada!"), "{greeted}");
        let failed = says(client, &tool("fail"), json!({})).await?;
        ensure!(failed.contains("Error executing tool fail") && failed.contains("\"isError\":true"), "{failed}");
        Ok(())
    })
    .await
}

/// Apart from the others: after a call was given up, nobody is asked anything for a while.
#[tokio::test]
async fn a_call_to_a_foreign_server_is_cancelled_and_the_next_is_answered() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    if !has_python(&root).await? {
        eprintln!("skipped: the official Python SDK is not installed; scripts/tools.sh installs it");
        return Ok(());
    }
    let command = ["{tools}/python/bin/python", "{tools}/../tests/judges/upstream.py"];
    judge(&root.join(".tools"), "python", &command, async |client| {
        let tool = |name: &str| format!("python__{name}");
        let late = tokio::time::timeout(Duration::from_millis(300), says(client, &tool("sleep"), json!({}))).await;
        ensure!(late.is_err(), "it was cancelled");
        ensure!(says(client, &tool("add"), json!({"a": 1, "b": 1})).await?.contains('2'), "and the next is answered");
        ensure!(says(client, &tool("steps"), json!({"count": 3})).await?.contains("3 steps"));
        Ok(())
    })
    .await
}
