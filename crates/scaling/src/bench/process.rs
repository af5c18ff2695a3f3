//! Servers as processes of their own, each on a core of its own, and what the kernel has counted for them.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use mcp_support::client::{HttpServer, cpu};
use tokio::process::Command;

use super::Plan;
use crate::parent;

/// This machine.
pub(super) struct Stage {
    /// This program.
    pub(super) program: PathBuf,
    cores: usize,
    /// Whether processes can be told on which core to run.
    pins: bool,
}

/// Where a process may run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Core {
    First,
    Second,
    Any,
}

impl Stage {
    pub(super) async fn new() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let cores = std::fs::read_to_string("/proc/stat").context("this is measured on Linux")?;
        let cores = cores.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1);
        let mut stage = Self { program, cores, pins: cores > 1 };
        stage.pins = stage.pins && stage.place(std::process::id(), Core::Any).await;
        Ok(stage)
    }

    pub(super) fn about(&self, plan: &Plan) -> String {
        let build = if cfg!(debug_assertions) { "debug build: THESE ARE NO MEASUREMENTS" } else { "release build" };
        let pins = if self.pins { "each server on one core" } else { "servers on any core (taskset is missing)" };
        format!("{} cores, {build}, {pins}; {} rounds of {:?}\n", self.cores, plan.rounds, plan.time)
    }

    /// Moves a process, with all its threads, to a core. False where that is not possible.
    async fn place(&self, process: u32, core: Core) -> bool {
        let list = match core {
            Core::First => "0".to_owned(),
            Core::Second => "1".to_owned(),
            Core::Any => format!("0-{}", self.cores - 1),
        };
        let mut command = Command::new("taskset");
        command.args(["--all-tasks", "--pid", "--cpu-list", &list, &process.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().await.is_ok_and(|status| status.success())
    }

    /// Moves a server to a core, or lets it be.
    pub(super) async fn move_to(&self, server: &HttpServer, core: Core) -> anyhow::Result<()> {
        let id = server.id().context("a server has ended")?;
        if self.pins {
            self.place(id, core).await;
        }
        Ok(())
    }

    /// Moves this process: away from the core of the server that it sends load to.
    pub(super) async fn generate_on(&self, core: Core) {
        if self.pins {
            self.place(std::process::id(), core).await;
        }
    }

    /// Starts `program COMMAND` with flags on a free port. As many threads serve requests as it has cores.
    pub(super) async fn start(
        &self,
        program: &Path,
        command: &str,
        flags: &[&str],
        core: Core,
    ) -> anyhow::Result<HttpServer> {
        // Logs cost time.
        let quiet = [("RUST_LOG".to_owned(), "error".to_owned())];
        let starting = parent::start(program, command, "127.0.0.1:0", flags, &quiet);
        if matches!(core, Core::Any) {
            return starting.await;
        }
        // A process runs where the one that starts it does, and asks how many cores it has when it begins.
        self.generate_on(core).await;
        let started = starting.await;
        self.generate_on(Core::Any).await;
        started
    }

    /// The same for a node of this program.
    pub(super) async fn node(&self, flags: &[&str], core: Core) -> anyhow::Result<HttpServer> {
        self.start(&self.program, "http", flags, core).await
    }

    /// Begins to watch processes.
    pub(super) fn watch(&self, servers: &[&HttpServer]) -> anyhow::Result<Watch> {
        let ids = servers.iter().map(|server| server.id().context("a server has ended"));
        let ids = ids.collect::<anyhow::Result<Vec<u32>>>()?;
        Ok(Watch { began: Instant::now(), before: Times::now(&ids)?, ids })
    }
}

/// Processor time so far.
struct Times {
    own: Duration,
    servers: Vec<Duration>,
    machine: Duration,
}

impl Times {
    fn now(servers: &[u32]) -> anyhow::Result<Self> {
        let servers = servers.iter().map(|id| cpu(*id)).collect::<anyhow::Result<_>>()?;
        Ok(Self { own: cpu(std::process::id())?, servers, machine: of_machine()? })
    }
}

/// Processes that are being watched.
pub(super) struct Watch {
    began: Instant,
    before: Times,
    ids: Vec<u32>,
}

/// What was used meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Used {
    /// Processor time of each server.
    pub(super) servers: Vec<Duration>,
    /// Cores that this process, which sends the load, has kept busy.
    pub(super) generator: f64,
    /// Cores that everybody else on this machine has kept busy.
    pub(super) others: f64,
    /// How long it took.
    pub(super) took: Duration,
}

impl Used {
    /// Microseconds of processor time of all servers, for each of so many.
    pub(super) fn micros_each(&self, count: u64) -> f64 {
        self.of_servers().as_secs_f64() * 1e6 / count as f64
    }

    /// Cores that the servers have kept busy.
    pub(super) fn cores(&self) -> f64 {
        self.of_servers().as_secs_f64() / self.took.as_secs_f64()
    }

    fn of_servers(&self) -> Duration {
        self.servers.iter().sum()
    }
}

impl Watch {
    pub(super) fn end(self) -> anyhow::Result<Used> {
        let took = self.began.elapsed();
        let now = Times::now(&self.ids)?;
        let own = now.own.saturating_sub(self.before.own);
        let servers: Vec<Duration> =
            now.servers.iter().zip(&self.before.servers).map(|(now, before)| now.saturating_sub(*before)).collect();
        let all = now.machine.saturating_sub(self.before.machine);
        let others = all.saturating_sub(own).saturating_sub(servers.iter().sum());
        let cores = |time: Duration| time.as_secs_f64() / took.as_secs_f64();
        Ok(Used { generator: cores(own), others: cores(others), servers, took })
    }
}

/// Linux counts in hundredths of a second for user space on every platform.
fn ticks(text: Option<&&str>) -> anyhow::Result<Duration> {
    Ok(Duration::from_millis(10 * text.context("a field is missing")?.parse::<u64>()?))
}

/// The time in which any core had something to do.
fn of_machine() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let fields: Vec<&str> = text.lines().next().unwrap_or_default().split_whitespace().collect();
    // user, nice and system; after idle and iowait, irq and softirq.
    [1, 2, 3, 6, 7].iter().map(|at| ticks(fields.get(*at))).sum()
}

/// Resident memory, in MiB.
pub(super) fn memory(server: &HttpServer) -> anyhow::Result<f64> {
    Ok(server.memory_kib()? as f64 / 1024.0)
}
