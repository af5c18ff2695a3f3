//! What calls, nodes, sessions and misses cost, beside baselines, from one interleaved run; and what each knob changes.
//!
//! A time says little on a machine that others use, too. A ratio of two things that ran in the same minute says more, and
//! processor time, which the kernel counts for each process, says most.

pub mod baseline;
mod calls;
mod counting;
mod knobs;
mod misses;
mod nodes;
mod process;
mod sessions;
mod table;

use std::{io::Write as _, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;
use mcp_support::cli::UsageError;
use secrecy::SecretString;

use self::process::Stage;

/// Flags of `bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// How often everything is measured; medians are shown
    #[arg(long, default_value_t = 5, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub rounds: u64,
    /// For how long, each time
    #[arg(long, default_value_t = 2, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// What is measured
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART,...",
          default_values_t = [Part::Calls, Part::Nodes, Part::Sessions, Part::Misses, Part::Knobs])]
    pub only: Vec<Part>,
    /// Another build of this program whose calls are measured in the same rounds, such as one with the system's allocator
    #[arg(long, value_name = "PROGRAM")]
    pub beside: Option<PathBuf>,
    /// A moment for each figure: proves that everything runs, and measures nothing
    #[arg(long)]
    pub quick: bool,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Processor time of a call beside a bare handler's.
    Calls,
    /// Two nodes beside one.
    Nodes,
    /// Sessions of 2025-11-25: how many are kept, and what they weigh.
    Sessions,
    /// Misses at once.
    Misses,
    /// What each flag changes.
    Knobs,
}

/// How much is measured.
struct Plan {
    rounds: usize,
    time: Duration,
    quick: bool,
}

/// Measures, and prints tables.
///
/// # Errors
/// A server does not start, or does not answer as it should.
pub async fn run(args: &BenchArgs, store: Option<&SecretString>) -> anyhow::Result<()> {
    if store.is_some() {
        return Err(UsageError("bench starts nodes and stores of its own: unset REDIS_URL".to_owned()).into());
    }
    let plan = Plan {
        rounds: if args.quick { 1 } else { usize::try_from(args.rounds)? },
        time: if args.quick { Duration::from_millis(200) } else { Duration::from_secs(args.seconds) },
        quick: args.quick,
    };
    let stage = Stage::new().await?;
    say(&stage.about(&plan))?;
    for part in &args.only {
        let text = match part {
            Part::Calls => calls::measure(&stage, &plan, args.beside.as_deref()).await.context("calls")?,
            Part::Nodes => nodes::measure(&stage, &plan).await.context("nodes")?,
            Part::Sessions => sessions::measure(&stage, &plan).await.context("sessions")?,
            Part::Misses => misses::measure(&stage, &plan).await.context("misses")?,
            Part::Knobs => knobs::measure(&stage, &plan).await.context("knobs")?,
        };
        say(&text)?;
    }
    Ok(())
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}
