//! The server with everything behind it, on stdio and on HTTP.

use mcp_support::{
    changes::Changes,
    cli::HttpArgs,
    harden::Policy,
    serve::{Limits, Server},
};

use crate::{engine::Engine, server::RealtimeSearch, settings::Settings};

/// Serves on stdin and stdout.
///
/// # Errors
/// The engine does not start, or the transport fails.
pub async fn stdio(settings: &Settings) -> anyhow::Result<()> {
    server(settings).await?.stdio().await
}

/// Serves over HTTP.
///
/// # Errors
/// The engine does not start, or the port is taken.
pub async fn http(settings: &Settings, args: &HttpArgs) -> anyhow::Result<()> {
    server(settings).await?.http(args).await
}

async fn server(settings: &Settings) -> anyhow::Result<Server<RealtimeSearch>> {
    let changes = Changes::default();
    let engine = Engine::start(settings, changes.clone()).await?;
    let policy = Policy { changes: Some(changes), ..Policy::default() };
    Ok(Server::new(RealtimeSearch::new(engine)?, policy, Limits::default()))
}
