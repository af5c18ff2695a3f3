//! The tour: a real client drives the real server.

use mcp_support::{cli::DemoArgs, demo::Tour};

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let tour = Tour::new("Context engineering", "Lesson 5.14.", args);
    tour.finish()
}
