//! The tour.
use mcp_support::cli::DemoArgs;
/// Runs the tour.
///
/// # Errors
/// A check has failed.
pub async fn tour(_: &DemoArgs) -> anyhow::Result<()> {
    Ok(())
}
