//! The client that `bench` counts the CPU of.

use std::{process::Stdio, time::Duration};

use mcp_support::client::Revision;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::fixture::{BINARY, Mounted, mount, upstream};

#[tokio::test]
async fn the_real_client_says_what_it_has_seen() -> anyhow::Result<()> {
    let node = upstream(&["calculator"]).await?;
    let gateway = Mounted::start(&mount("calculator", &[&node.url])).await?;
    let address = gateway.server.url.trim_start_matches("http://").trim_end_matches("/mcp");
    let run = async |expression: &str, revision: Revision| {
        let mut command = Command::new(BINARY);
        command.args(["bench-client", "--to", address, "--tool", "calculator__evaluate", "--connections", "2"]);
        command.args(["--millis", "50", "--arguments", &format!(r#"{{"expression": "{expression}"}}"#)]);
        if revision == Revision::Legacy {
            command.arg("--legacy");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        // Begin, and end with the input.
        child.stdin.take().expect("a pipe").write_all(b"\n").await?;
        anyhow::Ok(tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await??)
    };
    for revision in Revision::ALL {
        let output = run("6 * 7", revision).await?;
        assert!(output.status.success(), "{revision}: {output:?}");
        let said = String::from_utf8(output.stdout)?;
        let (ready, report) = said.trim_end().split_once('\n').expect("two lines");
        let report: Value = serde_json::from_str(report)?;
        assert!(ready == "ready" && report["calls"].as_u64() >= Some(2), "{revision}: {said}");
        assert!(
            report["p50_micros"].as_u64() > Some(0) && report["per_second"].as_f64() > Some(0.0),
            "{revision}: {said}"
        );
        let refused = run("1 / 0", revision).await?;
        assert!(!refused.status.success(), "{revision}: a refusal is no answer to measure: {refused:?}");
    }
    Ok(())
}
