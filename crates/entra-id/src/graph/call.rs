//! What belongs to one call of a tool, and not to Graph.

use std::{fmt, sync::Arc, time::Duration};

/// A call that asks Graph. The default asks for nobody in particular.
#[derive(Clone, Default)]
pub struct Call {
    /// By which Microsoft's support finds the requests again: `client-request-id`.
    pub correlation_id: Option<String>,
    /// Who shares Graph's limits with this call: all callers of one tenant, or of one mailbox.
    pub limit: String,
    /// Hears of every wait before it begins.
    pub waiting: Option<Arc<dyn Fn(Duration) + Send + Sync>>,
}

impl Call {
    pub(super) fn waits(&self, wait: Duration) {
        if let Some(waiting) = &self.waiting {
            waiting(wait);
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("correlation_id", &self.correlation_id).field("limit", &self.limit).finish()
    }
}
