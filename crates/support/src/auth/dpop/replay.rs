//! Proofs that have been used, for as long as they would be good (RFC 9449, section 11.1).
// Production: one process remembers only what it has seen itself; instances behind a balancer need a shared memory.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
};

use super::ProofError;
use crate::auth::{
    digest::{Digest, sha256},
    verify::now,
};

pub(super) struct Seen {
    most: usize,
    proofs: Mutex<Proofs>,
}

#[derive(Default)]
struct Proofs {
    known: HashSet<Digest>,
    /// By the second after which the proof is too old anyway.
    by_end: BTreeSet<(u64, Digest)>,
}

impl Seen {
    pub(super) fn new(most: usize) -> Self {
        Self { most, proofs: Mutex::default() }
    }

    /// Remembers a proof until `end`, in seconds since 1970, unless it is known already.
    pub(super) fn first_time(&self, thumbprint: &str, jti: &str, end: f64) -> Result<(), ProofError> {
        // A thumbprint holds no space.
        let digest = sha256(&format!("{thumbprint} {jti}"));
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        while let Some((ended, _)) = proofs.by_end.first()
            && (*ended as f64) < now
        {
            if let Some((_, forgotten)) = proofs.by_end.pop_first() {
                proofs.known.remove(&forgotten);
            }
        }
        if proofs.known.contains(&digest) {
            return Err(ProofError::Replayed);
        }
        if proofs.known.len() >= self.most {
            tracing::warn!(most = self.most, "too many proofs to remember");
            return Err(ProofError::Full);
        }
        proofs.known.insert(digest);
        proofs.by_end.insert((end.ceil() as u64, digest));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proof_is_good_twice_and_the_memory_is_bounded() {
        let seen = Seen::new(2);
        assert!(seen.first_time("a", "1", now() + 60.0).is_ok());
        assert!(matches!(seen.first_time("a", "1", now() + 60.0), Err(ProofError::Replayed)));
        assert!(seen.first_time("b", "1", now() - 60.0).is_ok(), "another key");
        assert!(seen.first_time("a", "2", now() + 60.0).is_ok(), "what is too old is forgotten");
        assert!(matches!(seen.first_time("a", "3", now() + 60.0), Err(ProofError::Full)), "full");
    }
}
