//! The workspace's client, driven by the official conformance suite: it is started once for each scenario with the URL of
//! a server that watches what it does.
//!
//! It knows no scenario. It does what a careful client does with any server: it connects, uses everything that there is
//! once, answers what it is asked, and gets itself authorized as often as is sensible when it is refused. Only how it
//! proves who it is comes from the suite, as a real client would have it from its settings.

mod access;
mod machine;
mod person;
mod settings;
mod visit;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use mcp_support::{
    cli,
    client::{challenge, connect_over},
};
use rmcp::transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig};

use self::{
    access::{Access, Authorizer},
    person::Person,
    settings::Settings,
};

/// Shorter than the suite's own patience, so that the client says itself what it was waiting for.
const PATIENCE: Duration = Duration::from_secs(25);

/// The client that the official conformance suite drives
#[derive(clap::Parser)]
struct Cli {
    /// The server's URL
    url: String,
    #[command(flatten)]
    settings: Settings,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        let visiting = until_done(&cli.url, &cli.settings);
        tokio::time::timeout(PATIENCE, visiting).await.context("the scenario takes too long")?
    })
}

/// Visits the server; when it asks for authorization, gets it and begins again.
async fn until_done(url: &str, settings: &Settings) -> anyhow::Result<()> {
    let mut authorizer = Authorizer::new(url, settings)?;
    let mut access = Access::None;
    loop {
        let Err(error) = visit(url, settings, &access).await else { return Ok(()) };
        let Some(challenge) = challenge(&error) else { return Err(error) };
        eprintln!("authorization needed: {challenge}");
        access = authorizer.answer(challenge, access).await?;
    }
}

async fn visit(url: &str, settings: &Settings, access: &Access) -> anyhow::Result<()> {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let lifecycle = settings.lifecycle();
    let client = match access {
        Access::None => connect_over(StreamableHttpClientTransport::from_config(config), lifecycle, Person, None).await,
        Access::Managed(client) => {
            let transport = StreamableHttpClientTransport::with_client(client.clone(), config);
            connect_over(transport, lifecycle, Person, None).await
        }
        Access::Token(token) => {
            let transport = StreamableHttpClientTransport::from_config(config.auth_header(token.as_str()));
            connect_over(transport, lifecycle, Person, None).await
        }
    }?;
    let visited = visit::everything(&client, &settings.calls()?).await;
    if client.cancel().await.is_err() {
        bail!("the connection does not end");
    }
    visited
}
