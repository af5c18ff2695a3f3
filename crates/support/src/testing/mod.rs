//! The real binary, four legs, raw JSON-RPC. Every wait has a deadline; a test that fails says what it was waiting for.

#[cfg(feature = "auth")]
pub mod auth;
mod raw_http;
mod raw_stdio;

use std::path::{Path, PathBuf};

pub use self::{
    raw_http::{RawHttp, Reply},
    raw_stdio::{RawStdio, initialize, request},
};
pub use crate::client::{HttpServer, PATIENCE};
use crate::client::{Recorder, Revision, Target, connect};
use anyhow::{Context as _, bail, ensure};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::CallToolResult,
    service::{RunningService, ServiceError},
};
use serde_json::{Value, json};

/// One of the two transports in one of the two revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// HTTP, or else stdio.
    pub http: bool,
    /// What is spoken on it.
    pub revision: Revision,
}

impl Leg {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { http: false, revision: Revision::Legacy },
        Self { http: false, revision: Revision::Modern },
        Self { http: true, revision: Revision::Legacy },
        Self { http: true, revision: Revision::Modern },
    ];
}

impl std::fmt::Display for Leg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", if self.http { "http" } else { "stdio" }, self.revision)
    }
}

/// The path of a workspace binary that has been built beside the running test.
///
/// # Errors
/// It has not been built; the message says how.
pub fn workspace_binary(name: &str) -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("a test runs from target/PROFILE/deps")?;
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    ensure!(path.exists(), "{} is missing: run `cargo build --workspace --bins`", path.display());
    Ok(path)
}

/// A server's binary and, once a leg needs it, its running HTTP server.
pub struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
    http: tokio::sync::OnceCell<HttpServer>,
}

impl Program {
    /// The binary at `path`, usually `env!("CARGO_BIN_EXE_...")`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), environment: Vec::new(), http: tokio::sync::OnceCell::new() }
    }

    /// The same with a variable set in the server's environment.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the binary is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The running HTTP server, started on a free port at the first call.
    ///
    /// # Errors
    /// It does not start.
    pub async fn http(&self) -> anyhow::Result<&HttpServer> {
        self.http.get_or_try_init(|| HttpServer::start_with(&self.path, &[], &self.environment)).await
    }

    /// A client of this server on one leg.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn client<H: ClientHandler>(
        &self,
        leg: Leg,
        handler: H,
    ) -> anyhow::Result<RunningService<RoleClient, H>> {
        let target = if leg.http {
            Target::Url(self.http().await?.url.clone())
        } else {
            let arguments = vec!["stdio".to_owned()];
            Target::Program { program: self.path.clone(), arguments, environment: self.environment.clone() }
        };
        connect(&target, leg.revision, handler, None).await.with_context(|| leg.to_string())
    }

    /// What the server offers, for a snapshot.
    ///
    /// # Errors
    /// It does not offer the same on all four legs.
    pub async fn contract(&self) -> anyhow::Result<Value> {
        let mut first: Option<Value> = None;
        for leg in Leg::ALL {
            let client = self.client(leg, Recorder::default()).await?;
            let contract = contract(&client).await?;
            client.cancel().await?;
            let first = first.get_or_insert_with(|| contract.clone());
            ensure!(
                *first == contract,
                "{leg} offers something else than {}: {contract:#}, not {first:#}",
                Leg::ALL[0]
            );
        }
        first.context("there are legs")
    }
}

/// The protocol error that a call ended with.
///
/// # Errors
/// It ended with a result, or in another way.
pub fn protocol_error(outcome: anyhow::Result<CallToolResult>) -> anyhow::Result<ErrorData> {
    match outcome {
        Ok(result) => bail!("a result, and no protocol error: {result:?}"),
        Err(error) => match error.downcast::<ServiceError>()? {
            ServiceError::McpError(error) => Ok(error),
            other => bail!("no protocol error: {other}"),
        },
    }
}

/// All that a server offers, for a snapshot: tools, resources, templates and prompts. A part that it does
/// not have is null.
///
/// # Errors
/// A list fails for another reason than not being there.
pub async fn contract<H: ClientHandler>(client: &RunningService<RoleClient, H>) -> anyhow::Result<Value> {
    fn part<T: serde::Serialize>(result: Result<Vec<T>, ServiceError>) -> anyhow::Result<Value> {
        match result {
            Ok(items) => Ok(serde_json::to_value(items)?),
            Err(ServiceError::McpError(error)) if error.code.0 == -32601 => Ok(Value::Null),
            Err(error) => Err(error.into()),
        }
    }
    Ok(json!({
        "tools": part(client.list_all_tools().await)?,
        "resources": part(client.list_all_resources().await)?,
        "resource_templates": part(client.list_all_resource_templates().await)?,
        "prompts": part(client.list_all_prompts().await)?,
    }))
}
