//! One interleaved run over everything.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;

use crate::{
    measure::{
        calls::{self, Servers, work},
        instructions,
        process::{Stage, Who},
        sessions, start, stdio, subscribers,
    },
    report::{self, Results},
};

/// How long, and where to.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A few seconds for each row: proves that everything runs, and is no measurement
    #[arg(long)]
    quick: bool,
    /// Rounds
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Where the page is written
    #[arg(long, default_value = "docs/performance.md")]
    page: PathBuf,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let answers = tempfile::tempdir()?;
    let stage = Stage::new(answers.path())?;
    for who in [Who::Python, Who::TypeScript].into_iter().filter(|who| !stage.has(*who)) {
        eprintln!("the {} is not installed: scripts/tools.sh", who.name());
    }
    let quick = arguments.quick;
    let rounds = if quick { 1 } else { arguments.rounds.max(1) };
    let time = Duration::from_millis(if quick { 300 } else { 1000 });

    let (mut of_calls, mut of_stdio, mut of_start) = Default::default();
    let servers = Servers::start(&stage).await?;
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        calls::round(&servers, time, &mut of_calls).await?;
        stdio::round(&stage, time, &mut of_stdio).await?;
        start::round(&stage, &mut of_start).await?;
    }
    drop(servers);
    eprintln!("sessions");
    let plan = if quick {
        sessions::Plan { waves: 2, sessions: 200, idle_seconds: 1, settle_seconds: 1, cap: 50 }
    } else {
        sessions::Plan { waves: 10, sessions: 10_000, idle_seconds: 10, settle_seconds: 15, cap: 1000 }
    };
    let sessions = sessions::measure(&stage, plan).await?;
    eprintln!("subscribers");
    let (subscribers, updates) = if quick { (100, 5) } else { (1000, 50) };
    let subscribers = subscribers::measure(&stage, subscribers, updates).await?;
    eprintln!("instructions");
    let counted = [work::ECHO, work::ECHO_STATELESS, work::LIST];
    let instructions = instructions::measure(&stage, if quick { &[] } else { &counted }).await?;

    let results = Results {
        rounds,
        time,
        pinned: stage.pinned,
        calls: of_calls,
        stdio: of_stdio,
        start: of_start,
        sessions,
        subscribers,
        instructions,
    };
    if let Some(folder) = arguments.page.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    std::fs::write(&arguments.page, report::page(&results))
        .with_context(|| format!("cannot write {}", arguments.page.display()))?;
    eprintln!("wrote {}", arguments.page.display());
    Ok(())
}
