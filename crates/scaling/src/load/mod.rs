//! A load generator: a rate that does not wait for answers, percentiles that count from when a call was due, and a record
//! of every write that was acknowledged.

mod client;
mod mix;
pub(crate) mod report;
mod writes;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use self::client::{Caller, Reply};
use self::writes::Writes;
pub use self::{
    mix::{Kind, Mix},
    writes::Verdict,
};
use crate::metrics::{histogram, micros};

/// A call is lost when it has no answer after this long, however often it was sent.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is sent.
#[derive(Debug, Clone, Args)]
pub struct LoadArgs {
    /// Calls a second; 0 is as many as get answered
    #[arg(long, default_value_t = 100, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub rate: u64,
    /// Calls at a time
    #[arg(long, default_value_t = 32, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub concurrency: u64,
    /// For how long
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub seconds: u64,
    /// What is called, by weight
    #[arg(long, default_value_t = Mix::default(), value_name = "NAME=WEIGHT,...")]
    pub mix: Mix,
    /// Where random choices begin: the same seed makes the same choices
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// Writes a picture of the latencies over time
    #[arg(long, value_name = "FILE.svg")]
    pub svg: Option<PathBuf>,
}

/// Flags of `load`.
#[derive(Debug, Clone, Args)]
pub struct LoadCommand {
    /// The endpoint
    #[arg(long, env = "SCALING_URL", default_value = "http://127.0.0.1:8000/mcp", value_name = "URL")]
    pub url: String,
    /// What is sent to it
    #[command(flatten)]
    pub load: LoadArgs,
}

/// What came of it.
pub struct Outcome {
    /// Microseconds from when a call was due to its answer.
    pub latency: Histogram<u64>,
    /// The same for each second in which calls were due.
    pub by_second: Vec<Histogram<u64>>,
    /// How many calls of each kind were answered.
    pub answered: BTreeMap<&'static str, u64>,
    /// How often calls were sent again, and why.
    pub again: BTreeMap<&'static str, u64>,
    /// Calls that have no answer, and why.
    pub lost: Vec<String>,
    /// From the first call to the last answer.
    pub took: Duration,
}

impl Outcome {
    /// The 99th percentile, in milliseconds, of calls that were due in these seconds.
    pub fn p99_ms(&self, seconds: std::ops::Range<usize>) -> f64 {
        let mut latency = histogram();
        for second in self.by_second.iter().take(seconds.end).skip(seconds.start) {
            // All histograms have the same bounds.
            let _ = latency.add(second);
        }
        report::millis(&latency, 0.99)
    }
}

/// Sends load, checks every write that was acknowledged, and writes a report.
///
/// # Errors
/// Nothing is there, a call was lost, or a write is not what it should be.
pub async fn run(command: &LoadCommand) -> anyhow::Result<()> {
    let args = &command.load;
    let load = Load::new(&command.url, args)?;
    load.prepare().await?;
    let outcome = load.send().await?;
    let verdict = load.verify().await?;
    report::print(&outcome, &verdict, args)?;
    if let Some(file) = &args.svg {
        std::fs::write(file, report::svg(&outcome)).with_context(|| format!("cannot write {}", file.display()))?;
    }
    verdict.and_nothing_lost(&outcome)
}

/// A load that can be sent.
pub struct Load {
    args: LoadArgs,
    caller: Caller,
    writes: Writes,
    /// Tells the keys of this run from those of another.
    run: u64,
}

impl Load {
    /// A load for the endpoint at `url`.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(url: &str, args: &LoadArgs) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            args: args.clone(),
            caller: Caller::new(url)?,
            writes: Writes::default(),
            run: rand::random(),
        }))
    }

    /// Opens what it writes to.
    ///
    /// # Errors
    /// No workspace can be opened.
    pub async fn prepare(&self) -> anyhow::Result<()> {
        let mut random = StdRng::seed_from_u64(0);
        let opened = self.writes.workspace(self, 0, &mut random).await.map_err(anyhow::Error::msg);
        opened.with_context(|| format!("{} cannot be used", self.caller.url()))?;
        Ok(())
    }

    /// Sends it, once it was prepared.
    ///
    /// # Errors
    /// The settings do not fit this machine.
    pub async fn send(self: &Arc<Self>) -> anyhow::Result<Outcome> {
        let outcome = Arc::new(Mutex::new(Outcome {
            latency: histogram(),
            by_second: (0..=self.args.seconds).map(|_| histogram()).collect(),
            answered: BTreeMap::new(),
            again: BTreeMap::new(),
            lost: Vec::new(),
            took: Duration::ZERO,
        }));
        let places = Arc::new(Semaphore::new(usize::try_from(self.args.concurrency)?));
        let mut random = StdRng::seed_from_u64(self.args.seed);
        let mut calls = JoinSet::new();
        let began = Instant::now();
        let until = Duration::from_secs(self.args.seconds);
        for serial in 0_u64.. {
            let due = match self.args.rate {
                0 => began.elapsed(),
                rate => Duration::from_secs_f64(serial as f64 / rate as f64),
            };
            if due >= until {
                break;
            }
            tokio::time::sleep_until((began + due).into()).await;
            // A call that has to wait for a place is late, and its latency says so.
            let place = places.clone().acquire_owned().await?;
            let due = if self.args.rate == 0 { began.elapsed() } else { due };
            let (kind, seed) = (self.args.mix.choose(&mut random), random.random());
            let (load, outcome) = (self.clone(), outcome.clone());
            calls.spawn(async move {
                let _place = place;
                load.one(kind, serial, seed, began, due, &outcome).await;
            });
            while calls.try_join_next().is_some() {}
        }
        while calls.join_next().await.is_some() {}
        let outcome = Arc::into_inner(outcome).context("every call has ended")?;
        let mut outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome.took = began.elapsed();
        Ok(outcome)
    }

    async fn one(&self, kind: Kind, serial: u64, seed: u64, began: Instant, due: Duration, outcome: &Mutex<Outcome>) {
        let mut random = StdRng::seed_from_u64(seed);
        let (tool, arguments) = self.arguments(kind, serial, &mut random).await;
        let (answered, again) = self.until_answered(tool, &arguments, &mut random).await;
        let took = began.elapsed().saturating_sub(due);
        if kind == Kind::Append {
            self.writes.sent(&arguments, answered.as_ref().ok());
        }
        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
        for why in again {
            *outcome.again.entry(why).or_default() += 1;
        }
        match answered {
            Ok(_) => {
                *outcome.answered.entry(kind.name()).or_default() += 1;
                outcome.latency.saturating_record(micros(took));
                if let Some(second) = outcome.by_second.get_mut(usize::try_from(due.as_secs()).unwrap_or(0)) {
                    second.saturating_record(micros(took));
                }
            }
            Err(why) => outcome.lost.push(format!("{tool}: {why}")),
        }
    }

    async fn arguments(&self, kind: Kind, serial: u64, random: &mut StdRng) -> (&'static str, Value) {
        match kind {
            Kind::Compute => ("compute_heavy", json!({"limit": random.random_range(1000..50_000)})),
            Kind::Lookup => ("cached_lookup", json!({"number": 1_000_003 * random.random_range(1..200_u64)})),
            Kind::Info => ("node_info", json!({})),
            Kind::Append => {
                let entry = json!({
                    "workspace": self.writes.workspace(self, serial, random).await.unwrap_or_default(),
                    "text": format!("entry {serial}"),
                    "idempotency_key": format!("{:x}-{serial}", self.run),
                });
                ("append_workspace", entry)
            }
            Kind::Read => (
                "read_workspace",
                json!({"workspace": self.writes.workspace(self, serial, random).await.unwrap_or_default()}),
            ),
        }
    }

    /// Sends a call until it is answered. Every call here may be sent twice: reads by nature, writes by their key.
    async fn until_answered(
        &self,
        tool: &str,
        arguments: &Value,
        random: &mut StdRng,
    ) -> (Result<Value, String>, Vec<&'static str>) {
        let began = Instant::now();
        let mut again = Vec::new();
        loop {
            match self.caller.call(tool, arguments).await {
                Reply::Answer(answer) => return (Ok(answer), again),
                Reply::Refused(why) => return (Err(why), again),
                Reply::Again(why) if began.elapsed() > PATIENCE => return (Err(why.to_owned()), again),
                Reply::Again(why) => again.push(why),
            }
            // Longer each time, and never the same: whoever was turned away together does not come back together.
            let most = 25 << again.len().min(5);
            tokio::time::sleep(Duration::from_millis(random.random_range(most / 2..=most))).await;
        }
    }

    /// Reads everything that was written, and compares.
    ///
    /// # Errors
    /// A workspace cannot be read.
    pub async fn verify(&self) -> anyhow::Result<Verdict> {
        self.writes.verify(self).await
    }
}
