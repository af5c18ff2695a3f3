//! Sessions of 2025-11-25 that any server with the same store takes over, each for its owner only.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use rmcp::transport::streamable_http_server::session::{SessionState, SessionStore, SessionStoreError};
use sha2::{Digest, Sha256};

tokio::task_local! {
    /// Who is calling, for what the SDK asks of a store in the middle of a request.
    static CALLER: String;
}

/// Runs a part of a request of `caller`.
pub(super) fn on_behalf_of<F: Future>(caller: String, doing: F) -> impl Future<Output = F::Output> {
    CALLER.scope(caller, doing)
}

/// Who is calling, inside of [`on_behalf_of`].
pub(super) fn caller() -> Option<String> {
    CALLER.try_with(Clone::clone).ok()
}

/// A store in which a session's name begins with its owner's, so that nobody else finds it.
///
/// Spec(2025-11-25, security best practices): a session id is no proof of identity, and is bound to the user that it was
/// given to; this holds where a server has not seen the session before, too.
pub(super) struct BoundStore(pub(super) Arc<dyn SessionStore>);

impl BoundStore {
    /// Whether this caller has this session.
    pub(super) async fn has(&self, caller: &str, id: &str) -> Result<bool, SessionStoreError> {
        Ok(self.0.load(&name(caller, id)).await?.is_some())
    }
}

/// Of a fixed length and alphabet, whatever a client sends as its session's id.
fn name(caller: &str, id: &str) -> String {
    let mut hash = Sha256::new();
    hash.update((caller.len() as u64).to_be_bytes());
    hash.update(caller);
    hash.update(id);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn own(id: &str) -> Result<String, SessionStoreError> {
    let caller = caller().ok_or("a session outside of a request")?;
    Ok(name(&caller, id))
}

#[async_trait]
impl SessionStore for BoundStore {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        self.0.load(&own(id)?).await
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        self.0.store(&own(id)?, state).await
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        self.0.delete(&own(id)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owners_name_is_not_the_beginning_of_another_ones_session() {
        assert_ne!(name("a", "bc"), name("ab", "c"));
        assert_eq!(name("a", "b"), name("a", "b"));
        assert!(own("b").is_err(), "nobody is calling");
    }
}
