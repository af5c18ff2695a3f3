//! The benchmark runs, and measures what it says. How fast anything is, no test says.

use std::process::Stdio;

use anyhow::ensure;
use tokio::process::Command;

use crate::fixture::BINARY;

async fn bench(flags: &[&str]) -> anyhow::Result<(i32, String, String)> {
    let mut command = Command::new(BINARY);
    command.arg("bench").args(flags).stdin(Stdio::null()).env_remove("REDIS_URL").kill_on_drop(true);
    let output = tokio::time::timeout(std::time::Duration::from_secs(120), command.output()).await??;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr)))
}

/// The cells of the row that begins with this.
fn row<'a>(text: &'a str, first: &str) -> Vec<&'a str> {
    let mut rows = text.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    rows.find(|cells| cells[0] == first).unwrap_or_else(|| panic!("no row {first} in {text}"))
}

#[tokio::test]
async fn every_figure_is_there() -> anyhow::Result<()> {
    let (code, text, log) = bench(&["--quick", "--only", "calls,nodes,sessions,misses"]).await?;
    ensure!(code == 0, "{code}: {log}");
    for call in
        ["cached_lookup, 2026-07-28", "cached_lookup, 2025-11-25 in a session", "compute_heavy on the pool, 2026-07-28"]
    {
        let cells = row(&text, call);
        assert!(cells[1].ends_with("µs") && cells[3].parse::<f64>()? > 0.0, "{cells:?}");
    }
    for nodes in ["1", "2"] {
        assert!(row(&text, nodes)[1].parse::<f64>()? > 0.0, "{text}");
    }
    assert_eq!(row(&text, "200 opened at a cap of 50, that still answer")[1], "50");
    let misses = row(&text, "90");
    assert_eq!(misses[1..3], ["90", "1"], "ninety were answered, one was computed");
    Ok(())
}

#[tokio::test]
async fn each_flag_changes_what_it_should() -> anyhow::Result<()> {
    let (code, text, log) = bench(&["--quick", "--only", "knobs"]).await?;
    ensure!(code == 0, "{code}: {log}");
    let refused = |seen: &str| seen.split(' ').next().and_then(|count| count.parse::<u32>().ok());
    for flag in ["--calls", "--queue"] {
        let cells = row(&text, flag);
        assert!(refused(cells[3]) > Some(0) && refused(cells[5]) == Some(0), "{cells:?}");
    }
    assert_eq!(row(&text, "--body-bytes")[3..], ["413 Payload Too Large", "1048576", "200 OK"]);
    assert_eq!(row(&text, "--sessions")[3..], ["8 still answer", "1024", "64 still answer"]);
    assert_eq!(row(&text, "--session-idle-seconds")[3..], ["0 still answer", "900", "16 still answer"]);
    assert!(row(&text, "--deadline-ms")[3].starts_with("an error after 0.1"), "{text}");
    assert!(row(&text, "--cache-minutes")[5].ends_with(" 1 computed"), "{text}");
    assert!(row(&text, "--tenant-rate")[5].ends_with(" 0 refused"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_given_is_not_touched() -> anyhow::Result<()> {
    let (code, text, log) = bench(&["--quick", "--store", "redis://127.0.0.1:1"]).await?;
    assert_eq!((code, text.as_str()), (2, ""), "{log}");
    assert!(log.contains("unset REDIS_URL"), "{log}");
    Ok(())
}
