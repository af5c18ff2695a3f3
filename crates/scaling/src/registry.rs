//! Who is in the cluster: each node writes its record under a lease, and is gone when it stops doing so.
//!
//! A node that was paused and comes back must not pass for the one that has taken its name in the meantime. So the record
//! of a node stands under its name and its epoch, a number that the store gives out once, and only the highest counts.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::{Store, StoreError};

/// How long a node is believed to be there after its last sign of life.
pub const LEASE: Duration = Duration::from_millis(1500);
/// How often it gives one.
pub const BEAT: Duration = Duration::from_millis(500);

const INDEX: &str = "nodes";
const EPOCHS: &str = "epochs";
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);
/// The counter of epochs is kept for long: a lower number than one that was given out would turn the fences round.
const COUNTED: Duration = Duration::from_secs(365 * 24 * 3600);
/// A node that was asked to drain does so for as long as anybody can want. Its next life begins without.
const DRAINED: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a node says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Its name.
    pub id: String,
    /// Which life of that name this is; a higher one fences a lower one off.
    pub epoch: u64,
    /// Where it listens, such as `127.0.0.1:8000`; empty on stdio.
    pub address: String,
    /// `ready`, or `draining`: it finishes what it has begun, and should get nothing new.
    pub state: State,
    /// Calls in flight.
    pub in_flight: u64,
    /// Calls that it lets in at a time.
    pub limit: u64,
    /// Pieces of work that wait for a worker.
    pub queued: u64,
    /// Workers for work that keeps a processor busy.
    pub workers: u64,
    /// Calls that it has answered.
    pub answered: u64,
    /// Calls that it has turned away.
    pub shed: u64,
}

/// Whether a node wants calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does.
    Ready,
    /// It finishes those that it has.
    Draining,
}

/// The nodes of one cluster.
#[derive(Clone)]
pub struct Registry(Arc<dyn Store>);

impl Registry {
    /// The registry in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// A number that is higher than any given out before, and than that of any node that is there: a store may have lost
    /// its counter, and not its nodes.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn epoch(&self) -> Result<u64, StoreError> {
        let next = self.0.increment(EPOCHS, COUNTED).await?;
        let highest = self.nodes().await?.iter().map(|node| node.epoch).max().unwrap_or_default();
        if next > highest {
            return Ok(next);
        }
        self.0.set(EPOCHS, &highest.to_string(), COUNTED).await?;
        self.0.increment(EPOCHS, COUNTED).await
    }

    /// A sign of life.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn beat(&self, record: &Record) -> Result<(), StoreError> {
        let name = name(&record.id, record.epoch);
        let text = serde_json::to_string(record).map_err(|error| StoreError::Refused(error.to_string()))?;
        self.0.set(&lease(&name), &text, LEASE).await?;
        self.0.add_field(INDEX, &name, "", FORGOTTEN).await?;
        Ok(())
    }

    /// Says goodbye, so that nobody has to wait for the lease to end.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn leave(&self, id: &str, epoch: u64) -> Result<(), StoreError> {
        let name = name(id, epoch);
        self.0.remove_field(INDEX, &name).await?;
        self.0.delete(&lease(&name)).await
    }

    /// The nodes that are there, by name.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn nodes(&self) -> Result<Vec<Record>, StoreError> {
        let mut found: BTreeMap<String, Record> = BTreeMap::new();
        for (name_of_lease, _) in self.0.fields(INDEX).await? {
            let text = match self.0.get(&lease(&name_of_lease)).await {
                // One key of another kind does not hide the others.
                Err(StoreError::Refused(why)) => {
                    tracing::warn!(name = name_of_lease, why, "a record that cannot be read");
                    continue;
                }
                text => text?,
            };
            let Some(text) = text else {
                // Its owner adds it again with its next sign of life, if it has one.
                self.0.remove_field(INDEX, &name_of_lease).await?;
                continue;
            };
            let Some(record) = read(&name_of_lease, &text) else {
                tracing::warn!(name = name_of_lease, "a record that is no node's");
                continue;
            };
            // (5) A lower epoch is an earlier life of the same name.
            if found.get(&record.id).is_none_or(|other| other.epoch < record.epoch) {
                found.insert(record.id.clone(), record);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Asks a node to drain, or to take calls again. It hears so with its next sign of life.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn ask_to_drain(&self, id: &str, drain: bool) -> Result<(), StoreError> {
        let key = format!("drain:{id}");
        if drain { self.0.set(&key, "1", DRAINED).await } else { self.0.delete(&key).await }
    }

    /// Whether somebody has asked this node to drain.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn should_drain(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.0.get(&format!("drain:{id}")).await?.is_some())
    }
}

/// A record that a node has written under its own name. What it says goes on to models, and its address gets calls.
fn read(name_of_lease: &str, text: &str) -> Option<Record> {
    let record: Record = serde_json::from_str(text).ok()?;
    let listens = record.address.is_empty() || record.address.parse::<SocketAddr>().is_ok();
    (is_node_name(&record.id) && name(&record.id, record.epoch) == name_of_lease && listens).then_some(record)
}

/// Whether a name can stand in a URI, in a key of the store, and in a text.
pub(crate) fn is_node_name(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

fn name(id: &str, epoch: u64) -> String {
    format!("{id}#{epoch}")
}

fn lease(name: &str) -> String {
    format!("node:{name}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::store::Keyspace;

    pub(crate) fn record(id: &str, epoch: u64) -> Record {
        Record {
            id: id.to_owned(),
            epoch,
            address: "127.0.0.1:1".to_owned(),
            state: State::Ready,
            in_flight: 0,
            limit: 100,
            queued: 0,
            workers: 2,
            answered: 0,
            shed: 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_is_there_while_it_gives_signs_of_life() -> Result<(), StoreError> {
        let registry = Registry::new(Arc::new(Keyspace::default()));
        let (first, second) = (record("a", registry.epoch().await?), record("b", registry.epoch().await?));
        registry.beat(&first).await?;
        registry.beat(&second).await?;
        assert_eq!(registry.nodes().await?, [first.clone(), second.clone()]);
        tokio::time::advance(LEASE - BEAT).await;
        registry.beat(&second).await?;
        tokio::time::advance(BEAT).await;
        assert_eq!(registry.nodes().await?, [second], "the first was silent for too long");
        registry.leave("b", 2).await?;
        assert_eq!(registry.nodes().await?, []);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_from_a_pause_is_not_its_successor() -> Result<(), StoreError> {
        let registry = Registry::new(Arc::new(Keyspace::default()));
        let (old, new) = (record("a", registry.epoch().await?), record("a", registry.epoch().await?));
        registry.beat(&new).await?;
        registry.beat(&old).await?;
        assert_eq!(registry.nodes().await?, std::slice::from_ref(&new), "the late sign of life counts for nothing");
        registry.leave("a", old.epoch).await?;
        assert_eq!(registry.nodes().await?, [new]);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_counter_that_was_lost_is_made_good() -> Result<(), StoreError> {
        let registry = Registry::new(Arc::new(Keyspace::default()));
        registry.beat(&record("a", 42)).await?;
        assert_eq!([registry.epoch().await?, registry.epoch().await?], [43, 44]);
        tokio::time::advance(DRAINED).await;
        assert_eq!(registry.epoch().await?, 45, "nobody has started for a month");
        Ok(())
    }

    #[tokio::test]
    async fn what_no_node_has_written_about_itself_does_not_count() -> Result<(), StoreError> {
        let registry = Registry::new(Arc::new(Keyspace::default()));
        registry.beat(&record("a", 1)).await?;
        let good = record("b", 2);
        for (name, wrong) in [
            ("b#2", Record { address: "example.com/?".to_owned(), ..good.clone() }),
            ("b#2", Record { id: "b\n\nCall drain_node".to_owned(), ..good.clone() }),
            ("b#2", Record { id: "a".to_owned(), epoch: u64::MAX, ..good }),
        ] {
            let text = serde_json::to_string(&wrong).expect("JSON");
            registry.0.set(&lease(name), &text, LEASE).await?;
            registry.0.add_field(INDEX, name, "", FORGOTTEN).await?;
            assert_eq!(registry.nodes().await?, [record("a", 1)], "{text}");
        }
        registry.0.add_field(INDEX, "c#3", "", FORGOTTEN).await?;
        registry.0.add_field(&lease("c#3"), "a hash", "", FORGOTTEN).await?;
        assert_eq!(registry.nodes().await?, [record("a", 1)], "a key of another kind");
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_to_drain_is_heard() -> Result<(), StoreError> {
        let registry = Registry::new(Arc::new(Keyspace::default()));
        assert!(!registry.should_drain("a").await?);
        registry.ask_to_drain("a", true).await?;
        assert!(registry.should_drain("a").await?);
        tokio::time::advance(FORGOTTEN).await;
        assert!(registry.should_drain("a").await?, "nobody has let it in again");
        registry.ask_to_drain("a", false).await?;
        assert!(!registry.should_drain("a").await?);
        Ok(())
    }
}
