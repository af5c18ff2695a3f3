//! A load that counts what is refused, and goes on: here being turned away is a figure, not the end of the measurement.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use hdrhistogram::Histogram;
use mcp_support::load::{Call, Connection, Request, Way};
use serde_json::Value;

use crate::metrics::{histogram, micros};

/// Who was turned away comes back after this long, as no client should that has read `Retry-After`.
const PAUSE: Duration = Duration::from_millis(10);
/// Every load is this tenant's, where nothing else is said.
const TENANT: &str = "bench";

/// A call of a tool by the usual tenant.
pub(super) fn call(way: Way, tool: &str, arguments: Value) -> Call {
    call_by(TENANT, way, tool, arguments)
}

pub(super) fn call_by(tenant: &str, way: Way, tool: &str, arguments: Value) -> Call {
    Call::tool(way, tool, arguments).with_header("x-tenant", tenant)
}

/// When a load is over.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Time(Duration),
    /// So many calls on each connection.
    Calls(u64),
}

/// What a load looked like to its clients.
pub(super) struct Seen {
    pub(super) answered: u64,
    /// How many failed, by how.
    pub(super) failed: BTreeMap<String, u64>,
    /// Of those that were answered, in microseconds.
    pub(super) latency: Histogram<u64>,
    pub(super) took: Duration,
}

impl Seen {
    pub(super) fn per_second(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }

    pub(super) fn millis(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1000.0
    }

    pub(super) fn failed_with(&self, how: &str) -> u64 {
        self.failed.get(how).copied().unwrap_or_default()
    }

    pub(super) fn and_none_failed(self) -> anyhow::Result<Self> {
        ensure!(self.failed.is_empty(), "calls have failed: {:?}", self.failed);
        Ok(self)
    }
}

/// Connections that are ready to send a call.
pub(super) struct Load(Vec<Client>);

struct Client {
    connection: Connection,
    request: Request,
}

impl Client {
    /// Sends the next request. `None` for a success, else what went wrong, in a word.
    async fn call(&mut self) -> anyhow::Result<Option<String>> {
        let reply = self.connection.exchange(self.request.next()).await?;
        Ok(match reply.status {
            200 if self.connection.last_is_result() => None,
            200 => Some("isError".to_owned()),
            status => Some(status.to_string()),
        })
    }
}

impl Load {
    pub(super) async fn open(address: &str, call: &Call, connections: usize) -> anyhow::Result<Self> {
        let opening = (0..connections).map(|_| async {
            let (connection, request) = Connection::ready(address, call).await?;
            anyhow::Ok(Client { connection, request })
        });
        Ok(Self(try_join_all(opening).await?))
    }

    /// Sends the call again and again on all connections at once.
    pub(super) async fn send(&mut self, until: Until) -> anyhow::Result<Seen> {
        let began = Instant::now();
        let clients = self.0.iter_mut().map(|client| async move {
            let (mut answered, mut failed, mut latency) = (0, BTreeMap::new(), histogram());
            for at in 1_u64.. {
                let is_over = match until {
                    Until::Time(time) => began.elapsed() >= time,
                    Until::Calls(calls) => at > calls,
                };
                if is_over {
                    break;
                }
                let sent = Instant::now();
                if let Some(how) = client.call().await? {
                    *failed.entry(how).or_default() += 1;
                    tokio::time::sleep(PAUSE).await;
                } else {
                    answered += 1;
                    latency.saturating_record(micros(sent.elapsed()));
                }
            }
            anyhow::Ok((answered, failed, latency))
        });
        let each = try_join_all(clients).await?;
        let took = began.elapsed();
        let mut seen = Seen { answered: 0, failed: BTreeMap::new(), latency: histogram(), took };
        for (answered, failed, latency) in each {
            seen.answered += answered;
            failed.into_iter().for_each(|(how, count): (String, u64)| *seen.failed.entry(how).or_default() += count);
            seen.latency.add(&latency).context("histograms of the same bounds")?;
        }
        Ok(seen)
    }
}

/// A load from open to end.
pub(super) async fn load(address: &str, call: &Call, connections: usize, until: Until) -> anyhow::Result<Seen> {
    Load::open(address, call, connections).await?.send(until).await
}

/// What one call answers that is made again and again: its result, and nothing else.
pub(super) async fn answer(address: &str, call: &Call, times: usize) -> anyhow::Result<Value> {
    let mut load = Load::open(address, call, 1).await?;
    load.send(Until::Calls(times as u64)).await?;
    load.0[0].connection.last_result()
}
