//! Nodes are killed, paused and drained under load, and the store is paused; then what was lost is counted.

use std::{
    fmt::Write as _,
    io::Write as _,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use mcp_support::cli::UsageError;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use secrecy::SecretString;

use crate::{
    cluster::Cluster,
    load::{Load, LoadArgs, Outcome, Verdict, report},
};

/// After the last disturbance, calls that are due this much later are as fast as before the first.
const RECOVERY: u64 = 2;

/// How long a killed node is missing.
const DOWN: Duration = Duration::from_millis(400);

/// What is done to the cluster.
#[derive(Debug, Clone, Args)]
pub struct ChaosArgs {
    /// How many nodes
    #[arg(long, default_value_t = 3, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(2..=32))]
    pub nodes: u64,
    /// Seconds of peace before and after
    #[arg(long, default_value_t = 4, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(3..=600))]
    pub peace: u64,
    /// What may happen, once a second
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Deed::Kill, Deed::Pause, Deed::Drain],
          value_name = "DEED,...")]
    pub deeds: Vec<Deed>,
    /// Seconds for which the store is paused in the middle; 0 leaves it alone
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=10))]
    pub store_pause: u64,
    /// Another balancer that stands before the nodes
    #[arg(long, value_name = "URL")]
    pub front: Option<String>,
    /// Where that expects the first node; the others listen on the ports after it
    #[arg(long, default_value_t = 8001, value_name = "PORT")]
    pub first_port: u16,
    /// The load
    #[command(flatten)]
    pub load: LoadArgs,
}

/// What may happen to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Deed {
    /// `kill -9`; another takes its name.
    Kill,
    /// `SIGSTOP` for two seconds.
    Pause,
    /// `SIGTERM`; another takes its name.
    Drain,
}

/// What happened and what came of it.
pub struct Report {
    /// Seconds since the beginning, and what was done.
    pub deeds: Vec<(f64, String)>,
    /// What the load has measured.
    pub outcome: Outcome,
    /// What became of the writes.
    pub verdict: Verdict,
    /// The 99th percentile before the first deed and once everything was over, in milliseconds.
    pub p99_ms: [f64; 2],
}

impl Report {
    /// Fails where something was lost, or calls are not as fast as before.
    ///
    /// # Errors
    /// It was, or they are not.
    pub fn check(&self) -> anyhow::Result<()> {
        self.verdict.and_nothing_lost(&self.outcome)?;
        let [before, after] = self.p99_ms;
        // A shared machine has its own troubles: half a second is slow for any call here.
        ensure!(after <= (5.0 * before).max(500.0), "p99 was {before:.1} ms, and is {after:.1} ms after {RECOVERY} s");
        Ok(())
    }
}

/// Runs it, prints what happened, and fails where something was lost.
///
/// # Errors
/// A process does not start, or something was lost.
pub async fn run(args: &ChaosArgs, url: Option<SecretString>) -> anyhow::Result<()> {
    let needed = args.load.seconds / 2 + args.store_pause + RECOVERY;
    if args.store_pause > 0 && needed > args.load.seconds {
        let text = format!("--seconds {} ends before the store is back: --store-pause 0, or longer", args.load.seconds);
        return Err(UsageError(text).into());
    }
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let report = unleash(&program, args, url).await?;
    let mut text = String::new();
    for (at, deed) in &report.deeds {
        writeln!(text, "{at:>6.1} s       {deed}")?;
    }
    text += &report::text(&report.outcome, &report.verdict, &args.load.mix.to_string());
    let [before, after] = report.p99_ms;
    writeln!(text, "{:<14} {before:.1} ms before, {after:.1} ms afterwards", "p99")?;
    std::io::stdout().write_all(text.as_bytes())?;
    if let Some(file) = &args.load.svg {
        std::fs::write(file, report::svg(&report.outcome))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    report.check()
}

/// Starts a cluster of `program`, sends load, and does what is to be done to it.
///
/// # Errors
/// A process does not start, or the load cannot be sent.
pub async fn unleash(program: &Path, args: &ChaosArgs, url: Option<SecretString>) -> anyhow::Result<Report> {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let count = usize::try_from(args.nodes)?;
    let mut cluster = Cluster::without_nodes(program, url, free, &[]).await?;
    if let Some(front) = &args.front {
        cluster = cluster.behind(front.clone()).on_ports(args.first_port, count);
    }
    cluster.start_nodes(count).await?;
    unleash_on(cluster, args).await
}

/// The same on a cluster that runs already.
///
/// # Errors
/// The same.
pub async fn unleash_on(mut cluster: Cluster, args: &ChaosArgs) -> anyhow::Result<Report> {
    let load = Load::new(cluster.url(), &args.load)?;
    load.prepare().await?;
    let (outcome, deeds) = tokio::try_join!(load.send(), disturb(&mut cluster, args))?;
    let verdict = load.verify().await?;
    let seconds = usize::try_from(args.load.seconds)?;
    let last = deeds.last().map_or(0.0, |(at, _)| *at).ceil();
    let over = (last as usize + usize::try_from(RECOVERY)?).min(seconds.saturating_sub(1));
    let first = deeds.first().map_or(seconds, |(at, _)| at.floor() as usize).max(2);
    // The first second pays for what is paid once: connections, caches, pages.
    let p99_ms = [outcome.p99_ms(1..first), outcome.p99_ms(over..seconds)];
    Ok(Report { deeds, outcome, verdict, p99_ms })
}

/// Does something once a second, between the two times of peace.
async fn disturb(cluster: &mut Cluster, args: &ChaosArgs) -> anyhow::Result<Vec<(f64, String)>> {
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(args.load.seed);
    let mut done = Vec::new();
    let end = Duration::from_secs(args.load.seconds.saturating_sub(args.peace));
    let middle = Duration::from_secs(args.load.seconds / 2);
    let mut store_pause = (args.store_pause > 0).then_some(middle);
    tokio::time::sleep(Duration::from_secs(args.peace)).await;
    while began.elapsed() < end {
        let next = Instant::now() + Duration::from_secs(1);
        let now = began.elapsed();
        let said = if store_pause.is_some_and(|at| now >= at) {
            store_pause = None;
            cluster.pause_store(Duration::from_secs(args.store_pause)).await?
        } else if let Some(deed) = args.deeds.choose(&mut random) {
            let at = random.random_range(0..cluster.nodes().len());
            commit(cluster, at, *deed).await?
        } else {
            "nothing is to happen".to_owned()
        };
        done.push((now.as_secs_f64(), said));
        tokio::time::sleep_until(next.into()).await;
    }
    // What came last has an end, too.
    done.push((began.elapsed().as_secs_f64(), "peace".to_owned()));
    Ok(done)
}

async fn commit(cluster: &mut Cluster, at: usize, deed: Deed) -> anyhow::Result<String> {
    let name = match deed {
        Deed::Kill => {
            let name = cluster.kill(at)?;
            tokio::time::sleep(DOWN).await;
            name
        }
        Deed::Drain => cluster.drain(at).await?,
        Deed::Pause => {
            let (name, node) = &cluster.nodes()[at];
            node.signal("STOP").await?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            node.signal("CONT").await?;
            return Ok(format!("{name} was paused for two seconds"));
        }
    };
    cluster.start_node(&name).await?;
    let how = if deed == Deed::Kill { "killed with -9" } else { "drained with SIGTERM" };
    Ok(format!("{name} was {how} and started again"))
}
