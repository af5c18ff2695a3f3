//! The tour.

use mcp_support::cli::DemoArgs;

/// Runs the tour.
///
/// # Errors
/// Something fails.
pub async fn tour(_: &DemoArgs) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
