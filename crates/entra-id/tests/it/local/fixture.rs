//! The stand-in in this process, the real binary in another, and a client of it.

use std::{path::PathBuf, process::Stdio};

use mcp_entra_id::tenant::{Tenant, TenantSettings, known};
use mcp_support::client::{Revision, connect_over};
use rmcp::{ClientHandler, RoleClient, model::CallToolResult, service::RunningService, transport::TokioChildProcess};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::person::{Does, Person};

pub(crate) const TOOL: &str = "get_user_details_from_graph";

pub(crate) type Client<H> = RunningService<RoleClient, H>;

pub(crate) struct Stage {
    pub(crate) tenant: Tenant,
    pub(crate) folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Stage {
    pub(crate) async fn set() -> anyhow::Result<Self> {
        Self::set_with(|_| ()).await
    }

    pub(crate) async fn set_with(change: impl FnOnce(&mut TenantSettings)) -> anyhow::Result<Self> {
        let mut settings = TenantSettings { controls: true, ..TenantSettings::default() };
        change(&mut settings);
        let tenant = Tenant::start(settings).await?;
        let graph = tenant.graph_url();
        let variables = [
            ("ENTRA_AUTHORITY", tenant.authority().as_str()),
            ("ENTRA_TENANT_ID", known::TENANT_ID),
            ("ENTRA_CLIENT_ID", known::LOCAL_APP),
            ("GRAPH_BASE_URL", graph.as_str()),
            ("ENTRA_TOKEN_CACHE", "memory"),
            ("RUST_LOG", "trace"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok(Self { tenant, folder: tempfile::tempdir()?, variables })
    }

    /// The same with a variable set for the binary.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables = self.clone_with(name, value);
        self
    }

    /// The same without a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables = self.clone_without(name);
        self
    }

    /// The same with tokens in a folder.
    pub(crate) fn with_folder(self) -> Self {
        let folder = self.cache().display().to_string();
        self.with("ENTRA_TOKEN_CACHE", &folder)
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    pub(crate) fn password(&self) -> &str {
        self.tenant.password().expose_secret()
    }

    pub(crate) fn person(&self, does: Does) -> Person {
        Person::who(does, self.password())
    }

    /// Starts the binary, and connects.
    pub(crate) async fn client<H: ClientHandler>(&self, revision: Revision, handler: H) -> anyhow::Result<Client<H>> {
        client(&self.variables, &self.log_file(), revision, handler).await
    }

    /// The variables with one set anew.
    pub(crate) fn clone_with(&self, name: &str, value: &str) -> Vec<(String, String)> {
        let mut variables = self.clone_without(name);
        variables.push((name.to_owned(), value.to_owned()));
        variables
    }

    /// The variables without one.
    pub(crate) fn clone_without(&self, name: &str) -> Vec<(String, String)> {
        self.variables.iter().filter(|(known, _)| known != name).cloned().collect()
    }

    /// Starts the binary with these variables, and connects.
    pub(crate) async fn client_with<H: ClientHandler>(
        &self,
        variables: &[(String, String)],
        revision: Revision,
        handler: H,
    ) -> anyhow::Result<Client<H>> {
        client(variables, &self.log_file(), revision, handler).await
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What all processes have written to stderr.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

/// Starts the binary with these variables, and connects.
pub(crate) async fn client<H: ClientHandler>(
    variables: &[(String, String)],
    log: &std::path::Path,
    revision: Revision,
    handler: H,
) -> anyhow::Result<Client<H>> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_mcp-entra-id"));
    command.arg("stdio").envs(variables.iter().map(|(name, value)| (name, value)));
    let (child, _) = TokioChildProcess::builder(command).stderr(Stdio::from(log)).spawn()?;
    connect_over(child, revision.lifecycle(), handler, None).await
}

pub(crate) fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("", |text| &text.text)
}

pub(crate) fn structure(result: &CallToolResult) -> Value {
    result.structured_content.clone().unwrap_or_default()
}

pub(crate) fn is_error(result: &CallToolResult) -> bool {
    result.is_error == Some(true)
}
