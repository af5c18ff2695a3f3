//! From the command line to the server. No tools here.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use mcp_multi_modal::{demo, engines::Engines, limits, server::MultiModal, settings::Settings, store::Store};
use mcp_support::{
    changes::Changes,
    cli::{self, Command},
    fetch::{self, Fetcher},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.2: images, audio, video frames and documents in and out of one protocol session
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or_default() {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => server(&cli.settings)?.stdio().await,
            Command::Http(args) => server(&cli.settings)?.http(&args).await,
        }
    })
}

fn server(settings: &Settings) -> anyhow::Result<Server<MultiModal>> {
    let changes = Changes::default();
    let fetcher = Fetcher::new(fetch::Policy { allowed_hosts: settings.fetch_hosts.clone(), ..Default::default() });
    let engines = Engines::from_settings(settings)?;
    let handler = MultiModal::new(Store::new(Default::default()), fetcher, engines, changes.clone())?;
    // The tools and prompts of this server never change while it runs.
    let policy = Policy { changes: Some(changes), list_ttl: Duration::from_secs(3600), ..Policy::default() };
    // The largest file in base64, with room for the message around it.
    let message_bytes = limits::AUDIO_BYTES / 3 * 4 + 64 * 1024;
    Ok(Server::new(handler, policy, Limits { message_bytes, ..Limits::default() }))
}
