//! Sessions of 2025-11-25 in the store, so that any node takes them over.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rmcp::transport::streamable_http_server::session::{SessionState, SessionStore, SessionStoreError};

use crate::store::Store;

/// A session can be taken over for this long after its handshake.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Bytes of a handshake. The store is everybody's: no client should fill it with a few of them.
const MAX_STATE: usize = 16 * 1024;

/// What handshakes have said, by session.
pub struct Sessions(Arc<dyn Store>);

impl Sessions {
    /// The sessions in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

fn key(id: &str) -> String {
    format!("session:{id}")
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let text = self.0.get(&key(id)).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let text = serde_json::to_string(state)?;
        if text.len() > MAX_STATE {
            return Err(format!("a handshake of {} bytes is not kept: at most {MAX_STATE} are", text.len()).into());
        }
        Ok(self.0.set(&key(id), &text, KEPT).await?)
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        Ok(self.0.delete(&key(id)).await?)
    }
}
