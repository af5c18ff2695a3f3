//! What an operator can set.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;
use mcp_support::{
    changes::Changes,
    cli::UsageError,
    harden::Policy,
    serve::{Limits, Server},
};
use rmcp::ServerHandler as _;

use crate::{
    gateway::{Gateway, Straight, config::Routes},
    server::Routing,
};

/// The fleet that is mounted where no other is named: nine servers of this program's own.
pub const FLEET: &str = include_str!("../routes.toml");

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// File with the mounted servers; without it, nine small servers of this program are started
    #[arg(long, env = "ROUTING_ROUTES", global = true, value_name = "FILE")]
    pub routes: Option<PathBuf>,

    /// Seconds to wait at start until every node is connected; whoever is late is mounted later
    #[arg(long, env = "ROUTING_SETTLE_SECONDS", default_value_t = 10, global = true, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(0..=300))]
    pub settle_seconds: u64,
}

impl Settings {
    /// The gateway and its server. Nodes are being started: wait with [`Self::settle`], and [end](Gateway::end) it.
    ///
    /// # Errors
    /// The routes cannot be used.
    pub fn start(&self) -> anyhow::Result<(Gateway, Server<Routing>)> {
        let routes = match &self.routes {
            Some(file) => Routes::read(file).map_err(|error| UsageError(format!("{}: {error}", file.display())))?,
            None => Routes::parse(FLEET).context("the bundled routes cannot be used")?,
        };
        let changes = Changes::default();
        let gateway = Gateway::start(routes, self.routes.clone(), changes.clone())?;
        let policy = Policy { changes: Some(changes), ..Policy::default() };
        let routing = Routing::new(gateway.clone());
        let straight = Straight::new(gateway.clone(), &routing.get_info().server_info);
        Ok((gateway, Server::new(routing, policy, Limits::default()).with_shortcut(straight)))
    }

    /// Waits until every node is connected, or for as long as it may take.
    pub async fn settle(&self, gateway: &Gateway) {
        let connected = gateway.settled(Duration::from_secs(self.settle_seconds)).await;
        tracing::info!(connected, of = gateway.nodes().len(), "nodes are mounted");
    }
}
