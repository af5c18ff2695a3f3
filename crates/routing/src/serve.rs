//! From start to end: whenever the end comes, the nodes' programs end too.

use std::io;

use futures::future::BoxFuture;
use mcp_support::{serve::Server, shutdown};

use crate::{server::Routing, settings::Settings};

/// Completes when the process is asked to end.
pub type Stop = BoxFuture<'static, io::Result<()>>;

/// Starts the gateway, waits for its nodes, and serves it. A signal counts while nodes are awaited, too.
///
/// # Errors
/// The routes cannot be used, or `serving` fails.
pub async fn serve(
    settings: &Settings,
    serving: impl AsyncFnOnce(Server<Routing>, Stop) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut stop: Stop = Box::pin(shutdown::signal());
    let (gateway, server) = settings.start()?;
    let stopped = tokio::select! {
        stopped = &mut stop => Some(stopped),
        () = settings.settle(&gateway) => None,
    };
    let served = match stopped {
        Some(stopped) => stopped.map_err(Into::into),
        None => serving(server, stop).await,
    };
    gateway.end().await;
    served
}
