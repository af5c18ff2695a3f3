//! The client: from a 401 to a token, with the SDK's own OAuth client. A person approves in a browser.

mod flow;

use std::time::Duration;

use anyhow::Context as _;
use axum::http::StatusCode;
use clap::Args;
use mcp_support::{
    client::{Recorder, Revision, call, text},
    web::{Loopback, challenge, page},
};
use rmcp::model::CallToolResult;
use serde_json::json;

pub use self::flow::{begin, connect, missing_scopes};
use crate::setup::PUBLIC_CLIENT;

/// How long a person has to approve.
const PATIENCE: Duration = Duration::from_secs(300);

/// Flags of the client.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs {
    /// The server to call
    #[arg(long, default_value = "http://127.0.0.1:8000/mcp", value_name = "URL")]
    pub url: String,

    /// How this client is known: the id of a registered one, or the https URL of a metadata document
    #[arg(long = "as", default_value = PUBLIC_CLIENT, value_name = "CLIENT_ID")]
    pub id: String,

    /// Open a browser too, besides printing where to go
    #[arg(long)]
    pub open: bool,
}

/// Discovers, has somebody approve, calls a tool, refreshes, and steps up.
///
/// # Errors
/// Nobody approves in time, or a server refuses.
pub async fn run(args: &ClientArgs) -> anyhow::Result<()> {
    let challenge = challenge(&args.url, None).await?.context("this server asks for no authorization")?;
    say(&format!("401: {challenge}"));
    let loopback = Loopback::listen().await?;
    let session = begin(&args.url, &challenge, &args.id, loopback.redirect_uri()).await?;
    let came_back = approved(&session.auth_url, &loopback, args.open).await?;
    session.handle_callback_url(&came_back).await.context("the code was not exchanged")?;
    let mut manager = session.auth_manager;

    // Step-up: what the next tools need is asked for when they are called, and not before.
    for (tool, arguments) in [
        ("hello", json!({})),
        ("whoami", json!({})),
        ("create_note", json!({"title": "From the client", "text": "Hi."})),
    ] {
        let called = try_call(&args.url, &manager.get_access_token().await?, tool, arguments.clone()).await;
        let result = match called {
            Ok(result) => result,
            Err(error) => {
                let Some(scopes) = missing_scopes(&error) else { return Err(error) };
                say(&format!("403 for {tool}: it needs {scopes}"));
                let to = manager.request_scope_upgrade(&scopes).await?;
                let came_back = approved(&to, &loopback, args.open).await?;
                let session = rmcp::transport::auth::AuthorizationSession::for_scope_upgrade(
                    manager,
                    to,
                    loopback.redirect_uri(),
                );
                session.handle_callback_url(&came_back).await.context("the code was not exchanged")?;
                manager = session.auth_manager;
                try_call(&args.url, &manager.get_access_token().await?, tool, arguments).await?
            }
        };
        say(&format!("{tool}: {}", text(&result)));
    }
    manager.refresh_token().await?;
    let result = try_call(&args.url, &manager.get_access_token().await?, "hello", json!({})).await?;
    say(&format!("after a refresh: {}", text(&result)));
    Ok(())
}

/// Sends a person to `url`, and waits until the browser comes back with the answer.
async fn approved(url: &str, loopback: &Loopback, open: bool) -> anyhow::Result<String> {
    say(&format!("Open this in a browser:\n\n  {url}\n"));
    if open {
        open_browser(url);
    }
    let state = parameter(url, "state");
    let waiting = async {
        loop {
            let came = loopback.came_back().await?;
            // Anybody on this machine can call the port. Only the answer knows the state, and only it ends the waiting.
            if parameter(&came.url, "state") != state || state.is_none() {
                came.show(page(
                    StatusCode::BAD_REQUEST,
                    "Not expected",
                    "<p>This is not the answer to a sign-in.</p>",
                    None,
                ));
                continue;
            }
            let url = came.url.clone();
            let (title, text) = match parameter(&url, "error") {
                Some(_) => ("Not signed in", "<p>The answer was no. You can close this page.</p>"),
                None => ("Done", "<p>You can close this page, and go back to the client.</p>"),
            };
            came.show(page(StatusCode::OK, title, text, None));
            if let Some(error) = parameter(&url, "error") {
                let why = parameter(&url, "error_description").unwrap_or_default();
                anyhow::bail!("the authorization server said no: {error} {why}");
            }
            return Ok(url);
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.context("nobody approved in time")?
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

async fn try_call(url: &str, token: &str, tool: &str, arguments: serde_json::Value) -> anyhow::Result<CallToolResult> {
    let client = connect(url, token, Revision::Modern, Recorder::default(), None).await?;
    let result = call(&client, tool, arguments).await;
    client.cancel().await?;
    result
}

/// The client's own conversation with its user; no protocol speaks on its stdout.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The URL is an argument of its own and never goes through a shell: the server wrote it.
fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || std::process::Command::new(opener).arg(url).spawn().is_err() {
        say("No browser could be opened; please open the address above yourself.");
    }
}
