//! The load: connections that stay open, each with one request at a time, on one thread.

mod http;
mod message;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::future::try_join_all;

pub(crate) use self::{
    http::Connection,
    message::{Call, Message, Revision},
};

/// How long one answer may take. Longer means that the server is broken, not slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Answers of one kind may differ by this much: the events of a stream are numbered.
const NUMBERS: usize = 16;

/// What a run of calls looked like to the clients.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) calls: u64,
    pub(crate) elapsed: Duration,
    /// Latencies, sorted, in nanoseconds.
    latencies: Vec<u32>,
}

impl Seen {
    pub(crate) fn per_second(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64()
    }

    /// A latency that this share of the calls did not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        Duration::from_nanos(self.latencies.get(index).copied().unwrap_or_default().into())
    }
}

/// When a run is over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Time(Duration),
    Calls(u64),
}

/// Sends `call` again and again on `connections` connections at a time.
///
/// # Errors
/// A connection breaks, or an answer is not a result.
pub(crate) async fn run(address: SocketAddr, call: &Call, connections: u64, until: Until) -> anyhow::Result<Seen> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Client::open(address, call).await?);
    }
    let start = Instant::now();
    let deadline = match until {
        Until::Time(time) => start + time,
        // A bound for a server that has become very slow.
        Until::Calls(calls) => start + PATIENCE + Duration::from_millis(calls * 10),
    };
    let clients = open.into_iter().enumerate().map(|(index, mut client)| async move {
        let quota = match until {
            Until::Time(_) => u64::MAX,
            Until::Calls(calls) => calls / connections + u64::from((index as u64) < calls % connections),
        };
        let mut latencies = Vec::new();
        while (latencies.len() as u64) < quota && Instant::now() < deadline {
            latencies.push(client.call().await?);
        }
        anyhow::Ok(latencies)
    });
    let mut latencies = try_join_all(clients).await?.concat();
    let elapsed = start.elapsed();
    latencies.sort_unstable();
    Ok(Seen { calls: latencies.len() as u64, elapsed, latencies })
}

/// One connection, and the request that it repeats.
struct Client {
    connection: Connection,
    message: Message,
    /// Size of the first answer: the others are like it.
    expected: Option<usize>,
}

impl Client {
    async fn open(address: SocketAddr, call: &Call) -> anyhow::Result<Self> {
        let mut connection = Connection::open(address).await?;
        let session = if call.needs_session() { Some(connection.open_session(address).await?) } else { None };
        Ok(Self { connection, message: call.message(address, session.as_deref()), expected: None })
    }

    /// Sends the next request, and returns how long its answer took, in nanoseconds.
    async fn call(&mut self) -> anyhow::Result<u32> {
        let request = self.message.next();
        let start = Instant::now();
        let reply = self.connection.exchange(request).await.context("the server broke off")?;
        let elapsed = start.elapsed();
        match self.expected {
            Some(expected) if reply.status == 200 && reply.bytes.abs_diff(expected) <= NUMBERS => {}
            None if reply.status == 200 && self.connection.last_holds(b"\"result\":") => {
                self.expected = Some(reply.bytes);
            }
            _ => anyhow::bail!("an unexpected answer: {} {}", reply.status, self.connection.last_text()),
        }
        Ok(u32::try_from(elapsed.as_nanos()).unwrap_or(u32::MAX))
    }
}
