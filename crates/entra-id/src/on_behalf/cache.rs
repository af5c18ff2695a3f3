//! Tokens for Graph that were issued before: sealed in memory, and, where a folder is set, in files beside their key.

mod folder;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret, SecretString};

use self::folder::Folder;
use super::Key;
use crate::sealed::Sealer;

/// Tokens that are kept. One more pushes out the one that ends first.
const MOST: usize = 4096;
/// A token is not used any more this long before it ends: it still has to travel, and clocks differ.
const SKEW: Duration = Duration::from_secs(300);
/// The same for a token with a short life, as a fraction of what is left.
const SHORT: u32 = 5;

/// Tokens by the digest of whose they are and what for.
pub(super) struct Cache {
    sealer: Sealer,
    entries: Mutex<HashMap<Key, Entry>>,
    folder: Option<Folder>,
}

struct Entry {
    sealed: Vec<u8>,
    until: SystemTime,
}

impl Cache {
    pub(super) fn new(folder: Option<&Path>) -> std::io::Result<Self> {
        Ok(Self {
            sealer: Sealer::of_process()?,
            entries: Mutex::default(),
            folder: folder.map(Folder::open).transpose()?,
        })
    }

    pub(super) async fn get(&self, key: &Key) -> Option<SecretString> {
        if let Some(token) = self.in_memory(key) {
            return Some(token);
        }
        let (token, until) = self.folder.as_ref()?.get(key).await?;
        self.remember(key, &token, until);
        Some(token)
    }

    pub(super) async fn put(&self, key: &Key, token: &SecretString, expires_at: SystemTime) {
        let now = SystemTime::now();
        let left = expires_at.duration_since(now).unwrap_or_default();
        let until = now + (left - SKEW.min(left / SHORT));
        self.remember(key, token, until);
        if let Some(folder) = &self.folder {
            folder.put(key, token, until).await;
        }
    }

    pub(super) async fn forget(&self, key: &Key) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        if let Some(folder) = &self.folder {
            folder.forget(key).await;
        }
    }

    fn in_memory(&self, key: &Key) -> Option<SecretString> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(key)?;
        if entry.until <= SystemTime::now() {
            entries.remove(key);
            return None;
        }
        String::from_utf8(self.sealer.open(key, &entry.sealed)?).ok().map(Into::into)
    }

    fn remember(&self, key: &Key, token: &SecretString, until: SystemTime) {
        // Without randomness nothing is kept, and the next call asks again.
        let Ok(sealed) = self.sealer.seal(key, token.expose_secret().as_bytes()) else { return };
        let (now, mut entries) = (SystemTime::now(), self.entries.lock().unwrap_or_else(PoisonError::into_inner));
        if entries.len() >= MOST {
            entries.retain(|_, entry| entry.until > now);
        }
        if entries.len() >= MOST
            && let Some(first) = entries.iter().min_by_key(|(_, entry)| entry.until).map(|(key, _)| *key)
        {
            entries.remove(&first);
        }
        entries.insert(*key, Entry { sealed, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(seconds: u64) -> SystemTime {
        SystemTime::now() + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn sealed_bounded_and_not_beyond_the_end() {
        let cache = Cache::new(None).expect("a cache");
        cache.put(&[1; 32], &"a.token.here".into(), later(3600)).await;
        assert_eq!(cache.get(&[1; 32]).await.expect("kept").expose_secret(), "a.token.here");
        assert!(cache.get(&[2; 32]).await.is_none());
        {
            let entries = cache.entries.lock().expect("no panic");
            let entry = &entries[&[1; 32]];
            assert!(!entry.sealed.windows(5).any(|part| part == b"token"));
            assert!(entry.until <= later(3300), "with skew");
        }
        cache.put(&[3; 32], &"x".into(), SystemTime::now()).await;
        assert!(cache.get(&[3; 32]).await.is_none(), "it ends now");
        for number in 0..MOST as u32 + 10 {
            let mut key = [9; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            cache.remember(&key, &"x".into(), later(10_000));
        }
        assert_eq!(cache.entries.lock().expect("no panic").len(), MOST);
        assert!(cache.get(&[1; 32]).await.is_none(), "it would have ended first");
    }

    #[tokio::test]
    async fn an_entry_that_was_swapped_for_anothers_does_not_open() {
        let cache = Cache::new(None).expect("a cache");
        cache.put(&[1; 32], &"adas".into(), later(3600)).await;
        {
            let mut entries = cache.entries.lock().expect("no panic");
            let adas = entries.remove(&[1; 32]).expect("an entry");
            entries.insert([2; 32], adas);
        }
        assert!(cache.get(&[2; 32]).await.is_none());
    }
}
