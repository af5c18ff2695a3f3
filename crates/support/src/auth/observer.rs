//! Decisions that are told, such as to an audit log.

use http::Extensions;

use super::claims::Claims;
use crate::serve::Operation;

/// Hears of every decision; see `ResourceServerSettings::with_observer`.
pub(super) type Observer = dyn Fn(&Extensions, Event<'_>) + Send + Sync;

/// A decision about a request.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Not let in. The code of the challenge, and why; neither repeats what the token says.
    Refused {
        /// Such as `invalid_token`; empty where no token came.
        error: &'a str,
        /// In words.
        reason: &'a str,
    },
    /// Let in, but the token lacks a scope for what it was to do.
    Denied(&'a Claims, Operation<'a>),
    /// Let in, and may do what it asks for.
    Permitted(&'a Claims, Operation<'a>),
}
