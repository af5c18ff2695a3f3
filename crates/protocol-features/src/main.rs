//! From the command line to the server. No tools here.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_protocol_features::{
    conformance, demo, pages,
    server::{LegacyTasks, ProtocolFeatures},
    settings::Settings,
};
use mcp_support::{
    changes::Changes,
    cli::{self, Command, HttpArgs},
    harden::Policy,
    serve::{Limits, Server},
};

/// Lesson 5.16: every feature of the protocol once, in both revisions
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Commands>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Commands {
    #[command(flatten)]
    Common(Command),
    /// What the official conformance suite calls by name, on `http://127.0.0.1:8000/mcp`
    Conformance {
        #[command(flatten)]
        http: HttpArgs,
        /// Answer every call with an event stream
        #[arg(long)]
        streamed: bool,
    },
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        match cli.command.unwrap_or(Commands::Common(Command::default())) {
            Commands::Common(Command::Demo(args)) => demo::tour(&args).await,
            Commands::Common(Command::Stdio) => server(&cli.settings)?.stdio().await,
            Commands::Common(Command::Http(mut args)) => {
                // The pages are reached by the public name, and their forms come from there.
                if let Some(url) = &cli.settings.public_url {
                    args.allow_hosts.extend(url.host_str().map(str::to_owned));
                    args.allow_origins.push(url.origin().ascii_serialization());
                }
                server(&cli.settings)?.http(&args).await
            }
            Commands::Conformance { http, streamed: false } => conformance::server()?.http(&http).await,
            Commands::Conformance { http, streamed: true } => conformance::server()?.streamed().http(&http).await,
        }
    })
}

fn server(settings: &Settings) -> anyhow::Result<Server<ProtocolFeatures>> {
    let changes = Changes::default();
    let handler = ProtocolFeatures::new(settings, changes.clone())?;
    let routes = pages::routes(handler.accounts().clone());
    // Lists depend on who asks and on what is switched, and every switch is announced.
    let policy = Policy { changes: Some(changes), keep_lists: true, ..Policy::default() };
    Ok(Server::new(handler, policy, Limits::default()).with_routes(routes).with_front(LegacyTasks))
}
