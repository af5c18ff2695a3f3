//! A connection to a server, and the calls that go through it.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use mcp_support::{
    cli::UsageError,
    client::{Recorder, Revision, connect, connect_over},
    shutdown,
};
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult, ContentBlock, Tool},
    service::{RunningService, ServiceError},
    transport::TokioChildProcess,
};
use serde_json::{Map, Value};
use tokio::process::Command;

use super::show::line;

/// How long a list or a call may take.
const LIST: Duration = Duration::from_secs(30);
const CALL: Duration = Duration::from_secs(90);
/// Most letters of an error that are shown.
const MOST_LETTERS: usize = 1_000;

/// The course's searches stand first in the menu; other tools follow in the server's order.
const FIRST: [&str; 4] = ["general_search", "news_search", "product_search", "qna"];

/// Where the server is.
#[derive(Debug)]
pub(super) enum Target {
    /// This program, started as a server.
    Own,
    Url(url::Url),
}

impl Target {
    /// # Errors
    /// The URL is no HTTP URL, or holds a user name: a password on a command line is read by everybody.
    pub(super) fn new(url: Option<&url::Url>) -> Result<Self, UsageError> {
        let Some(url) = url else { return Ok(Self::Own) };
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(UsageError("--url: expected http or https, without user name".to_owned()));
        }
        Ok(Self::Url(url.clone()))
    }
}

/// What became of a call.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub(super) tool: String,
    pub(super) arguments: Map<String, Value>,
    /// The tool's result, which may be an error of its own; or why there is none, made visible.
    pub(super) result: Result<CallToolResult, String>,
    pub(super) took: Duration,
}

impl Called {
    pub(super) fn is_error(&self) -> bool {
        self.result.as_ref().map_or(true, |result| result.is_error == Some(true))
    }

    /// What a person reads: as the server sent it.
    pub(super) fn text(&self) -> String {
        match &self.result {
            Ok(result) => {
                let texts = result.content.iter().filter_map(ContentBlock::as_text).map(|text| text.text.as_str());
                texts.collect::<Vec<_>>().join("\n")
            }
            Err(error) => error.clone(),
        }
    }

    /// What a program reads.
    pub(super) fn structured(&self) -> Option<&Value> {
        self.result.as_ref().ok()?.structured_content.as_ref()
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    client: RunningService<RoleClient, Recorder>,
    /// What the server offers.
    pub(super) tools: Vec<Tool>,
    pub(super) revision: Revision,
}

impl Session {
    /// # Errors
    /// The server cannot be started or reached, does not speak the revision, or does not list its tools.
    pub(super) async fn connect(target: &Target, revision: Revision) -> anyhow::Result<Self> {
        let connected = match target {
            Target::Own => own(revision).await,
            Target::Url(url) => {
                let target = mcp_support::client::Target::Url(url.to_string());
                connect(&target, revision, Recorder::default(), None).await
            }
        };
        // What a server says while it refuses may hold anything, and the error goes to the terminal.
        let client = connected.map_err(|error| anyhow!("{}", line(&format!("{error:#}"), MOST_LETTERS)))?;
        Self::of(client, revision).await
    }

    pub(super) async fn of(client: RunningService<RoleClient, Recorder>, revision: Revision) -> anyhow::Result<Self> {
        let listing = tokio::time::timeout(LIST, client.list_all_tools()).await.context("no list of tools in time")?;
        let mut tools =
            listing.map_err(|error| anyhow!("no list of tools: {}", line(&error.to_string(), MOST_LETTERS)))?;
        if tools.is_empty() {
            bail!("the server offers no tools");
        }
        tools.sort_by_key(|tool| FIRST.iter().position(|first| tool.name == *first).unwrap_or(FIRST.len()));
        Ok(Self { client, tools, revision })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.tools.iter().map(|tool| tool.name.to_string()).collect()
    }

    /// Who answers, in its own words, made visible.
    pub(super) fn server(&self) -> String {
        let info = self.client.peer_info();
        let server = info.as_ref().and_then(|info| info.server_info.as_ref());
        let name = server.map(|server| format!("{} {}", server.name, server.version));
        line(name.as_deref().unwrap_or("a server without a name"), 120)
    }

    /// Calls a tool. Ctrl-C gives the call up, and nothing else.
    ///
    /// # Errors
    /// The connection is gone.
    pub(super) async fn call(&self, tool: &str, arguments: Map<String, Value>) -> anyhow::Result<Called> {
        let began = Instant::now();
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        let result = tokio::select! {
            called = tokio::time::timeout(CALL, self.client.call_tool(params)) => match called {
                Ok(Ok(result)) => Ok(result),
                Ok(Err(ServiceError::TransportClosed)) => bail!("the server is gone"),
                Ok(Err(error)) => Err(line(&error.to_string(), MOST_LETTERS)),
                Err(_) => Err(format!("no answer within {} seconds", CALL.as_secs())),
            },
            Ok(()) = shutdown::signal() => Err("given up".to_owned()),
        };
        Ok(Called { tool: tool.to_owned(), arguments, result, took: began.elapsed() })
    }

    /// Ends the connection, and the server if it is our own.
    pub(super) async fn end(self) {
        // Whoever is gone needs no farewell.
        let _ = tokio::time::timeout(Duration::from_secs(10), self.client.cancel()).await;
    }
}

/// This program as a server, in a process group of its own: Ctrl-C is for the client.
async fn own(revision: Revision) -> anyhow::Result<RunningService<RoleClient, Recorder>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("stdio").kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    // The server's log belongs to whoever asked for one.
    if std::env::var_os("RUST_LOG").is_none() {
        command.env("RUST_LOG", "off,rmcp=off");
    }
    let (child, _) =
        TokioChildProcess::builder(command).stderr(Stdio::inherit()).spawn().context("cannot start the server")?;
    connect_over(child, revision.lifecycle(), Recorder::default(), None).await
}
