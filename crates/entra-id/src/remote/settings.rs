//! What an operator can set for the remote server, besides the directory.

use std::path::{Path, PathBuf};

use clap::{Args, builder::BoolishValueParser};
use mcp_support::cli::{HttpArgs, UsageError};
use url::Url;

use crate::{credential::CredentialSettings, settings::is_guid, tenant::StandInSecrets};

/// Settings of `http`: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct RemoteSettings {
    /// Where to listen
    #[command(flatten)]
    pub http: HttpArgs,

    /// Where clients reach this server, such as `https://mcp.example.com`; without it, the address that it listens on
    #[arg(long, env = "ENTRA_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<Url>,

    /// Tenants whose tokens are accepted, by their id; without it, only the app's own
    #[arg(long, env = "ENTRA_ALLOWED_TENANTS", value_delimiter = ',', value_name = "GUID")]
    pub allowed_tenants: Vec<String>,

    /// App ID URI that scopes are asked for with; without it, this server's URL, which MCP clients send as `resource`
    #[arg(long, env = "ENTRA_APP_ID_URI", value_name = "URI")]
    pub app_id_uri: Option<String>,

    /// Id of the public client that is registered for MCP hosts: told to people at /sign-in
    #[arg(long, env = "ENTRA_HOST_CLIENT_ID", value_name = "GUID")]
    pub host_client_id: Option<String>,

    /// Id of a group whose members are administrators, besides holders of the app role Mcp.Admin
    #[arg(long, env = "ENTRA_ADMIN_GROUP", value_name = "GUID")]
    pub admin_group: Option<String>,

    /// Publish metadata of this server's own in front of Entra's; `false` sends clients to the tenant itself
    #[arg(long, env = "ENTRA_METADATA_FACADE", default_value_t = true, action = clap::ArgAction::Set,
          value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    pub metadata_facade: bool,

    /// Folder in which tokens for Graph outlast the process, encrypted; without it, they are in memory only
    #[arg(long, env = "ENTRA_TOKEN_CACHE", value_name = "FOLDER")]
    pub token_cache: Option<PathBuf>,

    /// File for the audit log; without it, it goes to stderr with the target `audit`
    #[arg(long, env = "ENTRA_AUDIT_LOG", value_name = "FILE")]
    pub audit_log: Option<PathBuf>,

    /// What the stand-in asks for, where no tenant is set
    #[command(flatten)]
    pub stand_in: StandInSecrets,

    /// How this server proves to Entra who it is
    #[command(flatten)]
    pub credential: CredentialSettings,
}

impl RemoteSettings {
    /// Where tokens for Graph outlast the process, if anywhere.
    ///
    /// # Errors
    /// A keyring belongs to a person, and this server to none.
    pub fn cache_folder(&self) -> Result<Option<&Path>, UsageError> {
        match self.token_cache.as_deref() {
            Some(memory) if memory == "memory" => Ok(None),
            Some(keyring) if keyring == "keyring" => {
                Err(UsageError("ENTRA_TOKEN_CACHE=keyring is for stdio; http takes a folder, or memory".to_owned()))
            }
            folder => Ok(folder),
        }
    }

    /// The tenants whose tokens are accepted.
    ///
    /// # Errors
    /// One is no id.
    pub fn tenants(&self, own: &str) -> Result<Vec<String>, UsageError> {
        if self.allowed_tenants.is_empty() {
            return Ok(vec![own.to_owned()]);
        }
        self.allowed_tenants.iter().map(|tenant| guid("ENTRA_ALLOWED_TENANTS", tenant)).collect()
    }

    /// The group of administrators.
    ///
    /// # Errors
    /// It is no id.
    pub fn admins(&self) -> Result<Option<String>, UsageError> {
        self.admin_group.as_ref().map(|group| guid("ENTRA_ADMIN_GROUP", group)).transpose()
    }

    /// The client for MCP hosts.
    ///
    /// # Errors
    /// It is no id.
    pub fn host_client(&self) -> Result<Option<String>, UsageError> {
        self.host_client_id.as_ref().map(|client| guid("ENTRA_HOST_CLIENT_ID", client)).transpose()
    }

    /// What scopes are asked for with.
    ///
    /// # Errors
    /// It could not stand in a challenge.
    pub fn app_id_uri(&self, resource: &str) -> Result<String, UsageError> {
        let uri = self.app_id_uri.as_deref().unwrap_or(resource).trim_end_matches('/');
        let is_plain = uri.len() <= 255 && uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
        if uri.contains("://") && is_plain {
            return Ok(uri.to_owned());
        }
        Err(UsageError("ENTRA_APP_ID_URI is a URI such as https://mcp.example.com/mcp or api://GUID".to_owned()))
    }
}

/// Ids are compared as Entra writes them: in lower case. Names and domains in their place would fit no token.
fn guid(variable: &str, text: &str) -> Result<String, UsageError> {
    let text = text.trim().to_lowercase();
    if is_guid(&text) { Ok(text) } else { Err(UsageError(format!("{variable} takes ids (GUIDs)"))) }
}
