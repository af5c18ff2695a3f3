//! Multi-modal.
pub mod error;
pub mod limits;
pub mod watch;
