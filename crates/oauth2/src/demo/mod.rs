//! x
pub mod browser;
/// x
pub async fn tour(_: &mcp_support::cli::DemoArgs) -> anyhow::Result<()> { Ok(()) }
