//! Settings that cannot be used end the program with exit code 2, and what is set to nothing is not set.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

#[tokio::test]
async fn what_cannot_be_used_is_a_usage_error() -> anyhow::Result<()> {
    let many = vec!["https://news.example/rss"; 21].join(",");
    for (variable, value, code) in [
        ("FEEDS", many.as_str(), 2),
        ("FEEDS", "no address", 2),
        ("SEARXNG_URL", "http://searx.example", 2),
        ("BRAVE_API_KEY", "two words", 2),
        ("FEEDS", "", 0),
        ("FEEDS", " , ", 0),
        ("SEARXNG_URL", "", 0),
    ] {
        let program = Command::new(env!("CARGO_BIN_EXE_mcp-realtime-search"))
            .arg("stdio")
            .env("REALTIME_SEARCH_FEED_MS", "0")
            .env(variable, value)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let ended = tokio::time::timeout(Duration::from_secs(60), program.wait_with_output()).await??;
        let log = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{variable}={value}: {log}");
        assert!(!log.contains("two words"), "a key is not shown: {log}");
    }
    Ok(())
}
