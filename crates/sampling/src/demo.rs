//! The tour: a real client, with a model of its own, drives the real server.

use mcp_support::{cli::DemoArgs, demo::Tour};

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    Tour::new("Sampling", "x", args).finish()
}
