//! Tokens that are known to be not enough, so that their next request is told so with HTTP's own status.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Key;

/// How long one is remembered. A new sign-in brings another token, which is not concerned; this is for an
/// administrator who takes the demand back.
const LIFE: Duration = Duration::from_secs(120);
/// How many are remembered.
const MOST: usize = 1024;

/// What was asked of which token for what: digests, and nothing that could be presented.
#[derive(Default)]
pub(super) struct Challenges(Mutex<HashMap<Key, (String, Instant)>>);

impl Challenges {
    pub(super) fn put(&self, token: Key, claims: &str) {
        let (now, mut all) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if all.len() >= MOST {
            all.retain(|_, (_, until)| *until > now);
        }
        // A full memory costs one more question to Graph, and lets nobody in.
        if all.len() < MOST {
            all.insert(token, (claims.to_owned(), now + LIFE));
        }
    }

    pub(super) fn get(&self, token: &Key) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(token).filter(|(_, until)| *until > Instant::now()).map(|(claims, _)| claims.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn remembered_for_a_while_and_not_without_end() {
        let challenges = Challenges::default();
        challenges.put([0; 32], "{}");
        assert_eq!((challenges.get(&[0; 32]).as_deref(), challenges.get(&[1; 32])), (Some("{}"), None));
        for number in 0..2000_u32 {
            let mut key = [9; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            challenges.put(key, "{}");
        }
        assert_eq!(challenges.0.lock().expect("no panic").len(), MOST);
        tokio::time::advance(LIFE).await;
        assert_eq!(challenges.get(&[0; 32]), None);
        challenges.put([1; 32], "{}");
        assert_eq!(challenges.0.lock().expect("no panic").len(), 1);
    }
}
