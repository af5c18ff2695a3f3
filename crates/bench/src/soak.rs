//! A bounded number of calls, and the memory at every tenth of them: flat, or not.

use anyhow::ensure;
use clap::Args;
use mcp_support::load::{self, Until, Way};

use crate::{
    call,
    measure::process::{Stage, Who},
};

const CONNECTIONS: u64 = 16;
const PARTS: u64 = 10;
/// Memory may differ by this much from the second tenth to the last: pages come and go.
const NOISE_MIB: f64 = 2.0;

/// How much.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Calls in each revision
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
}

/// Calls `echo` at 2026-07-28, at 2025-11-25 without sessions, and in sessions.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stage = Stage::new(&std::env::temp_dir())?;
    let mut grew = Vec::new();
    for (way, title, more) in [
        (Way::Modern, "2026-07-28", &["--stateless"][..]),
        (Way::Stateless, "2025-11-25 without sessions", &["--stateless"]),
        // Each part opens sessions of its own; those of the part before make room for them.
        (Way::Session, "2025-11-25 in sessions", &["--sessions", "16"]),
    ] {
        let server = stage.http(Who::Ours, more).await?;
        eprintln!("{title}: {} calls, {CONNECTIONS} connections", arguments.calls);
        let mut memory = Vec::new();
        for part in 1..=PARTS {
            let calls = arguments.calls / PARTS;
            let seen = load::run(&server.address, &call::echo(way), CONNECTIONS, Until::Calls(calls)).await?;
            ensure!(seen.calls == calls, "only {} of {calls} calls were answered in time", seen.calls);
            memory.push(server.memory()?);
            let now = memory.last().copied().unwrap_or_default();
            eprintln!("  {:>3} %  {now:.1} MiB  {:.0} calls a second", part * 10, seen.per_second());
        }
        if memory[memory.len() - 1] > memory[1] + NOISE_MIB {
            grew.push(title);
        }
        server.end().await?;
    }
    ensure!(grew.is_empty(), "memory grew: {}", grew.join(", "));
    eprintln!("memory is flat");
    Ok(())
}
