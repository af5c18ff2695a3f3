//! Workspaces: a handle that any node serves, because what it stands for is in the store.
//!
//! A write is acknowledged once the store has it, and its idempotency key is its name there: written again, it is the
//! same entry. A client that does not know whether its write has arrived sends it again, to whichever node.

use std::{sync::Arc, time::Duration};

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::{Store, StoreError};

/// A workspace is forgotten this long after its last write.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Entries of one workspace.
pub const MAX_ENTRIES: u64 = 1000;
/// Length of an entry, in characters.
pub const MAX_TEXT: usize = 4000;
// Production: one tenant can fill the store. Set `--tenant-rate`, and watch the store's memory.
/// Workspaces that one owner may open in a day.
pub const MAX_WORKSPACES: u64 = 10_000;

/// Workspaces in a store.
#[derive(Clone)]
pub struct Workspaces(Arc<dyn Store>);

/// One entry. Numbers grow, with gaps where two nodes wrote the same entry at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub number: u64,
    /// Its text.
    pub text: String,
}

/// An entry that the store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The number that it got.
    pub number: u64,
    /// False if it was there already, under the same idempotency key.
    pub new: bool,
}

/// Why a workspace was not opened, written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkspaceError {
    /// There is none with this handle, or it is somebody else's. One answer for both tells nobody which exist.
    #[error("there is no such workspace of yours")]
    Unknown,
    /// It holds [`MAX_ENTRIES`].
    #[error("the workspace is full: it holds {MAX_ENTRIES} entries")]
    Full,
    /// The owner has opened [`MAX_WORKSPACES`] today.
    #[error("{MAX_WORKSPACES} workspaces were opened today")]
    TooMany,
    /// The same key came with another text before.
    #[error("this idempotency key belongs to another text")]
    KeyReused,
    /// The store did not answer. Whether it has the write is not known: the same key makes it safe to try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Workspaces {
    /// The workspaces in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// Opens a workspace and answers its handle. With a key, the same call again answers the same handle.
    ///
    /// # Errors
    /// Too many were opened, or the store did not answer.
    pub async fn create(&self, owner: &str, key: Option<&str>) -> Result<String, WorkspaceError> {
        let handle = match key {
            Some(key) => format!("ws-{}", digest(&["create", owner, key])),
            None => {
                let random: [u8; 16] = rand::rng().random();
                format!("ws-{}", hex(&random))
            }
        };
        // A handle is in the key together with its owner: nobody else's call finds it.
        let place = place(owner, &handle);
        if self.0.field(&place, META).await?.is_some() {
            return Ok(handle);
        }
        let today = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_secs())
            / KEPT.as_secs();
        let opened = self.0.increment(&format!("opened:{today}:{}", digest(&[owner])), KEPT).await?;
        if opened > MAX_WORKSPACES {
            return Err(WorkspaceError::TooMany);
        }
        self.0.add_field(&place, META, "", KEPT).await?;
        Ok(handle)
    }

    /// Writes an entry, once for each key.
    ///
    /// # Errors
    /// It is not known, full, or the store did not answer.
    pub async fn append(&self, owner: &str, handle: &str, key: &str, text: &str) -> Result<Appended, WorkspaceError> {
        let place = place(owner, handle);
        if self.0.field(&place, META).await?.is_none() {
            return Err(WorkspaceError::Unknown);
        }
        let name = format!("entry:{}", digest(&[key]));
        if let Some(there) = self.0.field(&place, &name).await? {
            return same(&there, text);
        }
        let number = self.0.increment(&format!("{place}:numbers"), KEPT).await?;
        if number > MAX_ENTRIES {
            return Err(WorkspaceError::Full);
        }
        let entry = Entry { number, text: text.to_owned() };
        let entry = serde_json::to_string(&entry).map_err(|error| StoreError::Refused(error.to_string()))?;
        // (4) Whoever writes a field first has written it. Once this returns, the store has it.
        if self.0.add_field(&place, &name, &entry, KEPT).await? {
            return Ok(Appended { number, new: true });
        }
        // Another node was faster with the same key: that entry is the one.
        let there = self.0.field(&place, &name).await?.ok_or(WorkspaceError::Unknown)?;
        same(&there, text)
    }

    /// All entries, in the order of their numbers.
    ///
    /// # Errors
    /// It is not known, or the store did not answer.
    pub async fn read(&self, owner: &str, handle: &str) -> Result<Vec<Entry>, WorkspaceError> {
        let fields = self.0.fields(&place(owner, handle)).await?;
        if fields.is_empty() {
            return Err(WorkspaceError::Unknown);
        }
        let entries = fields.iter().filter(|(name, _)| name != META);
        let mut entries = entries.map(|(_, text)| parse(text)).collect::<Result<Vec<Entry>, _>>()?;
        entries.sort_by_key(|entry| entry.number);
        Ok(entries)
    }
}

/// A field that says that the workspace exists.
const META: &str = "meta";

fn place(owner: &str, handle: &str) -> String {
    format!("workspace:{}", digest(&[owner, handle]))
}

fn same(there: &str, text: &str) -> Result<Appended, WorkspaceError> {
    let there = parse(there)?;
    if there.text != text {
        return Err(WorkspaceError::KeyReused);
    }
    Ok(Appended { number: there.number, new: false })
}

fn parse(text: &str) -> Result<Entry, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Refused(error.to_string()))
}

/// Names of any length and with any letters, as one that is short and has none that mean something.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Keyspace;

    fn workspaces() -> Workspaces {
        Workspaces::new(Arc::new(Keyspace::default()))
    }

    #[tokio::test]
    async fn a_write_that_comes_twice_is_one_entry() -> Result<(), WorkspaceError> {
        let workspaces = workspaces();
        let handle = workspaces.create("ada", Some("k")).await?;
        assert_eq!(workspaces.create("ada", Some("k")).await?, handle);
        assert_ne!(workspaces.create("bob", Some("k")).await?, handle);
        let first = workspaces.append("ada", &handle, "1", "one").await?;
        assert!(first.new);
        assert_eq!(workspaces.append("ada", &handle, "1", "one").await?, Appended { new: false, ..first });
        assert_eq!(workspaces.append("ada", &handle, "1", "two").await, Err(WorkspaceError::KeyReused));
        workspaces.append("ada", &handle, "2", "two").await?;
        let texts: Vec<String> = workspaces.read("ada", &handle).await?.into_iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["one", "two"]);
        Ok(())
    }

    #[tokio::test]
    async fn a_hundred_writes_at_once_with_one_key_are_one_entry() -> Result<(), WorkspaceError> {
        let workspaces = workspaces();
        let handle = workspaces.create("ada", None).await?;
        let writes = (0..100).map(|_| workspaces.append("ada", &handle, "1", "one"));
        let written = futures::future::try_join_all(writes).await?;
        assert_eq!(written.iter().filter(|written| written.new).count(), 1);
        assert_eq!(workspaces.read("ada", &handle).await?.len(), 1);
        Ok(())
    }

    #[tokio::test]
    async fn a_workspace_is_its_owners() -> Result<(), WorkspaceError> {
        let workspaces = workspaces();
        let handle = workspaces.create("ada", None).await?;
        assert_eq!(workspaces.read("bob", &handle).await, Err(WorkspaceError::Unknown));
        assert_eq!(workspaces.append("bob", &handle, "1", "x").await, Err(WorkspaceError::Unknown));
        assert_eq!(workspaces.read("ada", &handle).await?, []);
        Ok(())
    }

    #[tokio::test]
    async fn a_workspace_has_a_bound() -> Result<(), WorkspaceError> {
        let workspaces = workspaces();
        let handle = workspaces.create("ada", None).await?;
        for at in 0..MAX_ENTRIES {
            workspaces.append("ada", &handle, &at.to_string(), "x").await?;
        }
        assert_eq!(workspaces.append("ada", &handle, "more", "x").await, Err(WorkspaceError::Full));
        assert!(!workspaces.append("ada", &handle, "7", "x").await?.new, "what is there is there");
        Ok(())
    }
}
