//! Instructions for one call, counted by callgrind: the same on a busy machine as on a quiet one.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use mcp_support::load::{self, Until};
use tokio::process::Command;

use super::{
    calls::{Work, works},
    process::{Process, Stage, Who, free_port},
};

/// Calls of the two runs whose difference is taken, so that start and end do not count.
const CALLS: [u64; 2] = [500, 2500];
const PATIENCE: Duration = Duration::from_secs(120);

/// Instructions for one call of each kind of work that the bare server does too. Empty without valgrind.
pub(crate) async fn measure(stage: &Stage, wanted: &[usize]) -> anyhow::Result<Vec<(&'static str, Who, f64)>> {
    let there = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("valgrind is missing: instructions are not counted");
        return Ok(Vec::new());
    }
    let mut counted = Vec::new();
    let works = works();
    for work in wanted.iter().filter_map(|index| works.get(*index)) {
        for who in [Who::Bare, Who::Ours] {
            let mut totals = Vec::new();
            for calls in CALLS {
                totals.push(total(stage, who, work, calls).await.with_context(|| work.title)?);
            }
            counted.push((work.title, who, (totals[1] - totals[0]) / (CALLS[1] - CALLS[0]) as f64));
        }
    }
    Ok(counted)
}

async fn total(stage: &Stage, who: Who, work: &Work, calls: u64) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("callgrind.out");
    let port = free_port()?;
    let tools = work.tools.to_string();
    let own = std::env::current_exe()?;
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(option("--callgrind-out-file=", &out)).arg(own);
    let bind = format!("127.0.0.1:{port}");
    match who {
        Who::Bare => drop(command.args(["bare-http", "--bind", &bind, "--answers"]).arg(&stage.answers)),
        _ => drop(command.args(["http", "--bind", &bind, "--tools", &tools, "--stateless"])),
    }
    command.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.kill_on_drop(true).spawn()?;
    let process = Process::listening(child, format!("127.0.0.1:{port}")).await?;
    // Valgrind runs one thread at a time, so a few connections keep it as busy as many.
    load::run(&process.address, &work.call, 16, Until::Calls(calls)).await?;
    tokio::time::timeout(PATIENCE, process.end()).await.context("valgrind does not end")??;
    let text = std::fs::read_to_string(&out).context("valgrind wrote nothing")?;
    let line = text.lines().find_map(|line| line.strip_prefix("summary: ").or(line.strip_prefix("totals: ")));
    let total: f64 = line.context("no total")?.split(' ').next().unwrap_or_default().parse()?;
    ensure!(total > 0.0, "nothing was counted");
    Ok(total)
}

fn option(name: &str, value: &Path) -> PathBuf {
    let mut text = std::ffi::OsString::from(name);
    text.push(value);
    text.into()
}
