//! Load for benchmarks over HTTP: calls that are sent again and again, by a client that costs less than what it measures.
//!
//! Connections stay open, and each has one request at a time. What is measured is a server in a process of its own; see
//! [`HttpServer::cpu`](crate::client::HttpServer::cpu) for what it has cost.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use mcp_support::load::{Call, Until, Way, run};
//! use serde_json::json;
//!
//! # async fn example() -> anyhow::Result<()> {
//! let call = Call::tool(Way::Modern, "echo", json!({ "text": "hello" }));
//! let seen = run("127.0.0.1:8000", &call, 16, Until::Time(Duration::from_secs(1))).await?;
//! eprintln!("{:.0} calls a second, half of them within {:?}", seen.per_second(), seen.quantile(0.5));
//! # Ok(())
//! # }
//! ```

mod call;
mod connection;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::try_join_all;

pub use self::{
    call::{Call, Request, Way},
    connection::{Connection, Reply},
};

/// How long one answer may take. Longer means that the server is broken, not slow.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Answers of one kind may differ by this many bytes: the events of a stream are numbered.
const NUMBERS: usize = 16;

/// When a run is over.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After so long.
    Time(Duration),
    /// After so many calls, shared by the connections.
    Calls(u64),
}

/// What a run of calls looked like to the clients.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Calls that were answered.
    pub calls: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Seen {
    /// Of calls with these latencies, in any order.
    pub fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        Self { calls: latencies.len() as u64, elapsed, latencies }
    }

    /// Calls a second.
    pub fn per_second(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    /// A latency that this share of the calls, from 0 to 1, did not exceed. Zero without calls.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// Sends `call` again and again on `connections` connections at a time, to a server at `address` (`HOST:PORT`). For some time
/// means once on each connection at least.
///
/// # Errors
/// A connection breaks, or an answer is no result, or one with `isError`.
pub async fn run(address: &str, call: &Call, connections: u64, until: Until) -> anyhow::Result<Seen> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Client::open(address, call).await?);
    }
    let start = Instant::now();
    let deadline = match until {
        Until::Time(time) => start + time,
        // A bound for a server that has become very slow.
        Until::Calls(calls) => start + PATIENCE + Duration::from_millis(calls.saturating_mul(10)),
    };
    let clients = open.into_iter().enumerate().map(|(index, mut client)| async move {
        let quota = match until {
            Until::Time(_) => u64::MAX,
            Until::Calls(calls) => calls / connections + u64::from((index as u64) < calls % connections),
        };
        let mut latencies = Vec::new();
        while (latencies.len() as u64) < quota && (latencies.is_empty() || Instant::now() < deadline) {
            latencies.push(client.call().await?);
        }
        anyhow::Ok(latencies)
    });
    let latencies = try_join_all(clients).await?.concat();
    Ok(Seen::new(latencies, start.elapsed()))
}

/// One connection, and the request that it repeats.
struct Client {
    connection: Connection,
    request: Request,
    /// Size of an answer that was looked at: others are like it.
    usual: Option<usize>,
}

impl Client {
    async fn open(address: &str, call: &Call) -> anyhow::Result<Self> {
        let (connection, request) = Connection::ready(address, call).await?;
        Ok(Self { connection, request, usual: None })
    }

    /// Sends the next request, and returns how long its answer took.
    async fn call(&mut self) -> anyhow::Result<Duration> {
        let request = self.request.next();
        let start = Instant::now();
        let reply = self.connection.exchange(request).await.context("the server broke off")?;
        let elapsed = start.elapsed();
        // An error is told by its size, else by its text: to look at every answer would cost more than to read it.
        let is_usual = self.usual.is_some_and(|usual| reply.bytes.abs_diff(usual) <= NUMBERS);
        if reply.status != 200 || !is_usual && !self.connection.last_is_result() {
            anyhow::bail!("an unexpected answer: {} {}", reply.status, self.connection.last_text());
        }
        self.usual = Some(reply.bytes);
        Ok(elapsed)
    }
}

#[cfg(test)]
mod tests;
