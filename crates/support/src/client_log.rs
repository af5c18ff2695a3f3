//! Log messages to the client, sent only where the request asked for them.
//!
//! Logging is deprecated in 2026-07-28 (SEP-2577) in favour of stderr and OpenTelemetry, and still in use.
#![expect(deprecated, reason = "SEP-2577: clients of both revisions still ask for log messages")]

use std::sync::{Arc, Mutex};

use rmcp::{
    RoleServer,
    model::{LoggingLevel, LoggingMessageNotificationParam},
    service::RequestContext,
};
use serde_json::Value;

use crate::revision::is_modern;

/// The level that a 2025-11-25 session asked for with `logging/setLevel`. One for each session, made by
/// [`harden`](crate::harden), found by [`send`] in the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct SessionLevel(Arc<Mutex<Option<LoggingLevel>>>);

impl SessionLevel {
    /// Remembers what `logging/setLevel` asked for.
    pub fn set(&self, level: LoggingLevel) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = Some(level);
        }
    }

    fn get(&self) -> Option<LoggingLevel> {
        self.0.lock().ok().and_then(|slot| *slot)
    }
}

/// Sends a log message to the client if this request asked for its level: with `logLevel` in `_meta` (2026-07-28), or
/// with an earlier `logging/setLevel` in its session (2025-11-25). Returns whether it was sent.
pub async fn send(context: &RequestContext<RoleServer>, level: LoggingLevel, logger: &str, data: Value) -> bool {
    // Spec(2026-07-28, logging): a server MUST NOT send messages for a request that did not set a level.
    if wanted(context).is_none_or(|wanted| severity(level) < severity(wanted)) {
        return false;
    }
    let message = LoggingMessageNotificationParam::new(level, data).with_logger(logger.to_owned());
    context.peer.notify_logging_message(message).await.is_ok()
}

/// The level of the messages that this request wants, if it wants any.
pub fn wanted(context: &RequestContext<RoleServer>) -> Option<LoggingLevel> {
    if is_modern(context) {
        context.meta.log_level()
    } else {
        context.extensions.get::<SessionLevel>().and_then(SessionLevel::get)
    }
}

/// RFC 5424 order, the gravest highest.
pub fn severity(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
