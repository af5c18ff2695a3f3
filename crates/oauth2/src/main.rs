//! From the command line to the servers. No tools here.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_oauth2::{client, demo, gateway, healthcheck, settings::Settings, setup};
use mcp_support::cli::{self, DemoArgs, HttpArgs};

/// Lesson 5.3: OAuth 2.1 around an MCP server, all three roles
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// The guided tour: a real client drives the real servers, step by step
    Demo(DemoArgs),
    /// The server on stdin and stdout (what an MCP host starts): no OAuth, everything is allowed
    Stdio,
    /// The protected server on `http://127.0.0.1:8000/mcp`, with an authorization server beside it
    Http {
        #[command(flatten)]
        http: HttpArgs,
        /// Accept the tokens of this authorization server, and run none
        #[arg(long, env = "OAUTH_ISSUER", value_name = "URL")]
        issuer: Option<String>,
    },
    /// The authorization server alone, on `http://127.0.0.1:8081`
    ServeAuthorizationServer(setup::AuthorizationServerArgs),
    /// A gateway in front of the server, on `http://127.0.0.1:8080/mcp`: checks tokens, and hands requests on with them
    Gateway(Box<gateway::GatewayArgs>),
    /// Sign with the next key from now on (needs --data)
    RotateKeys,
    /// Whether the server on this machine is well (for a container's HEALTHCHECK)
    Healthcheck(healthcheck::HealthcheckArgs),
    /// The client: discovers, sends you to a browser, receives the redirect, calls tools, refreshes, steps up
    Client(client::ClientArgs),
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        let settings = &cli.settings;
        match cli.command.unwrap_or(Command::Demo(DemoArgs::default())) {
            Command::Demo(args) => demo::tour(&args).await,
            Command::Stdio => setup::stdio(settings).await,
            Command::Http { http, issuer } => setup::http(settings, http, issuer.as_deref()).await,
            Command::ServeAuthorizationServer(args) => setup::serve_authorization_server(settings, args).await,
            Command::Gateway(args) => gateway::run(settings, *args).await,
            Command::RotateKeys => setup::rotate_keys(settings).await,
            Command::Healthcheck(args) => healthcheck::run(&args).await,
            Command::Client(args) => client::run(&args).await,
        }
    })
}
