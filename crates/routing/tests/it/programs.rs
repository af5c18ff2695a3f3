//! Nodes that are programs: what they have started ends with them, and an answer that is too long is told at once.
#![cfg(unix)]

use std::time::{Duration, Instant};

use mcp_support::client::{Recorder, Revision, call};
use serde_json::json;

use crate::fixture::{Mounted, text};

/// A server of 2025-11-25, written for the shell. It has started another program, which outlives it.
const SERVER: &str = r#"sleep 1000 & echo $! > "$1"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}\n' "$id";;
    *'"tools/list"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"long","inputSchema":{"type":"object"}},{"name":"short","inputSchema":{"type":"object"}}]}}\n' "$id";;
    *'"long"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"' "$id"; head -c 17000000 /dev/zero | tr '\0' x; printf '"}]}}\n';;
    *'"short"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"short"}]}}\n' "$id";;
    *'"ping"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{}}\n' "$id";;
  esac
done"#;

async fn lives(id: &str) -> anyhow::Result<bool> {
    let mut look = tokio::process::Command::new("kill");
    Ok(look.args(["-0", id]).stderr(std::process::Stdio::null()).status().await?.success())
}

#[tokio::test]
async fn a_program_ends_with_all_that_it_has_started() -> anyhow::Result<()> {
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("id");
    let command = json!(["sh", "-c", SERVER, "sh", file]).to_string();
    let routes = format!(
        "[gateway]\nattempt_seconds = 60\n[[mount]]\nname = \"sh\"\n[[mount.node]]\nid = \"sh\"\nrevision = \"2025-11-25\"\n\
         command = {command}\n"
    );
    let mut gateway = Mounted::start(&routes).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let began = Instant::now();
    let long = call(&client, "sh__long", json!({})).await?;
    assert_eq!(long.is_error, Some(true));
    assert!(text(&long).contains("longer than 16 MiB") && text(&long).contains("hint: "), "{}", text(&long));
    assert!(began.elapsed() < Duration::from_secs(30), "nobody waited for the deadline");
    assert_eq!(text(&call(&client, "sh__short", json!({})).await?), "short", "and the connection goes on");
    client.cancel().await?;

    let started = std::fs::read_to_string(&file)?.trim().to_owned();
    assert!(lives(&started).await?);
    gateway.server.terminate().await?;
    assert!(gateway.server.wait().await?.success());
    assert!(!lives(&started).await?, "what the program had started has ended too");
    Ok(())
}

#[tokio::test]
async fn what_a_program_says_before_it_ends_is_told_to_the_operator_alone() -> anyhow::Result<()> {
    let command = json!(["sh", "-c", "echo 'no such package' >&2; exit 1"]).to_string();
    let routes = format!("[[mount]]\nname = \"sh\"\n[[mount.node]]\nid = \"sh\"\ncommand = {command}\n");
    let gateway = Mounted::start(&routes).await?;
    let told = async {
        while !gateway.server.log().contains("no such package") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await?;
    let client = gateway.client(Revision::Modern, Recorder::default()).await?;
    let stats = serde_json::to_string(&call(&client, "node_stats", json!({"node": "sh"})).await?)?;
    assert!(!stats.contains("no such package"), "{stats}");
    client.cancel().await?;
    Ok(())
}
