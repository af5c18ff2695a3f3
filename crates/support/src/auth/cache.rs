//! Tokens that have been verified, so that a repeated one costs a hash and a look-up.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use super::{digest::Digest, verify::Verified};

/// Most tokens in each of two halves.
const HALF: usize = 2048;
/// Time after which a token is verified again in any case.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// Two halves: when the younger is full it becomes the older, and what was in the older is forgotten. Only good tokens
/// get in, so bad ones push nothing out. The cache holds digests: nothing that could be presented.
#[derive(Default)]
pub(super) struct VerifiedTokens {
    halves: Mutex<[HashMap<Digest, Entry>; 2]>,
}

#[derive(Clone)]
struct Entry {
    verified: Verified,
    until: SystemTime,
}

impl VerifiedTokens {
    pub(super) fn get(&self, digest: &Digest) -> Option<Verified> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *halves;
        if !young.contains_key(digest) {
            let entry = old.remove(digest)?;
            put(&mut halves, *digest, entry);
        }
        let entry = halves[0].get(digest)?;
        if entry.until <= SystemTime::now() {
            halves[0].remove(digest);
            return None;
        }
        Some(entry.verified.clone())
    }

    /// Keeps a token until it expires, without the leeway.
    pub(super) fn put(&self, digest: Digest, verified: Verified) {
        let now = SystemTime::now();
        let until = verified.claims.expires_at.min(now + MAX_AGE);
        if until > now {
            let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
            put(&mut halves, digest, Entry { verified, until });
        }
    }

    pub(super) fn forget(&self, digest: &Digest) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        for half in halves.iter_mut() {
            half.remove(digest);
        }
    }
}

fn put(halves: &mut [HashMap<Digest, Entry>; 2], digest: Digest, entry: Entry) {
    if halves[0].len() >= HALF {
        halves.swap(0, 1);
        halves[0].clear();
    }
    halves[0].insert(digest, entry);
}
