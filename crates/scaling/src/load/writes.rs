//! Every write that was acknowledged, to be compared with what is there.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, bail};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{Load, Outcome};

/// Entries are spread over so many workspaces at a time.
const WORKSPACES: u64 = 8;
/// After so many calls come the next ones: a workspace holds a thousand entries.
const CALLS: u64 = 6000;

#[derive(Default)]
pub(super) struct Writes(Mutex<State>);

#[derive(Default)]
struct State {
    /// Handles, by number.
    workspaces: BTreeMap<u64, String>,
    /// Text and acknowledged number of each entry, by workspace. The number of one that was not acknowledged is none.
    entries: BTreeMap<String, Vec<(String, Option<u64>)>>,
}

/// What is there of what was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Writes that were acknowledged.
    pub acknowledged: u64,
    /// Of those, the ones that are not there, or have another number.
    pub lost: u64,
    /// Entries that are there more than once.
    pub duplicated: u64,
    /// Entries that nobody has sent.
    pub invented: u64,
    /// Writes that were not acknowledged, and are there: that is allowed, and their senders do not know.
    pub unknown: u64,
}

impl Verdict {
    /// Fails where a write or a call was lost, or something was written twice.
    ///
    /// # Errors
    /// It was.
    pub fn and_nothing_lost(&self, outcome: &Outcome) -> anyhow::Result<()> {
        if self.lost + self.duplicated + self.invented > 0 {
            bail!("{} writes lost, {} duplicated, {} invented", self.lost, self.duplicated, self.invented);
        }
        if let Some(first) = outcome.lost.first() {
            bail!("{} calls lost, such as {first}", outcome.lost.len());
        }
        Ok(())
    }
}

impl Writes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The workspace that this call writes to, opened by whoever comes first.
    pub(super) async fn workspace(&self, load: &Load, serial: u64, random: &mut StdRng) -> Result<String, String> {
        let number = serial / CALLS * WORKSPACES + serial % WORKSPACES;
        if let Some(there) = self.state().workspaces.get(&number) {
            return Ok(there.clone());
        }
        // Two who come first get the same one.
        let key = format!("{:x}-{number}", load.run);
        let (created, _) = load.until_answered("create_workspace", &json!({"idempotency_key": key}), random).await;
        let created = created.map_err(|why| format!("no workspace can be opened: {why}"))?;
        let workspace = created["workspace"].as_str().unwrap_or_default().to_owned();
        self.state().workspaces.insert(number, workspace.clone());
        Ok(workspace)
    }

    pub(super) fn sent(&self, entry: &Value, acknowledged: Option<&Value>) {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let number = acknowledged.and_then(|answer| answer["number"].as_u64());
        self.state().entries.entry(text("workspace")).or_default().push((text("text"), number));
    }

    pub(super) async fn verify(&self, load: &Load) -> anyhow::Result<Verdict> {
        let sent = self.state().entries.clone();
        let mut random = StdRng::seed_from_u64(0);
        let mut verdict = Verdict::default();
        for (workspace, sent) in sent {
            let (read, _) = load.until_answered("read_workspace", &json!({"workspace": workspace}), &mut random).await;
            let read = read.map_err(|why| anyhow::anyhow!("a workspace cannot be read: {why}"))?;
            let there = read["entries"].as_array().context("entries")?.iter().map(|entry| {
                (entry["text"].as_str().unwrap_or_default().to_owned(), entry["number"].as_u64().unwrap_or_default())
            });
            verdict.add(&sent, &there.collect::<Vec<_>>());
        }
        Ok(verdict)
    }
}

impl Verdict {
    /// Compares one workspace's entries: what was sent, and what is there.
    fn add(&mut self, sent: &[(String, Option<u64>)], there: &[(String, u64)]) {
        let mut numbers: HashMap<&str, Vec<u64>> = HashMap::new();
        for (text, number) in there {
            numbers.entry(text).or_default().push(*number);
        }
        for (text, acknowledged) in sent {
            let found = numbers.remove(text.as_str()).unwrap_or_default();
            self.duplicated += (found.len() as u64).saturating_sub(1);
            match acknowledged {
                Some(number) => {
                    self.acknowledged += 1;
                    self.lost += u64::from(!found.contains(number));
                }
                None => self.unknown += u64::from(!found.is_empty()),
            }
        }
        self.invented += numbers.values().map(|numbers| numbers.len() as u64).sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_and_a_duplicate_are_seen() {
        let sent = [("a", Some(1)), ("b", Some(2)), ("c", Some(3)), ("d", None), ("e", None), ("f", Some(6))];
        let there = [("a", 1), ("b", 2), ("b", 4), ("d", 5), ("x", 7), ("f", 9)];
        let mut verdict = Verdict::default();
        verdict.add(
            &sent.map(|(text, number)| (text.to_owned(), number)),
            &there.map(|(text, number)| (text.to_owned(), number)),
        );
        let expected = Verdict { acknowledged: 4, lost: 2, duplicated: 1, invented: 1, unknown: 1 };
        assert_eq!(verdict, expected);
    }
}
