//! What an operator can set: for Microsoft's Entra ID, or, where nothing is set, for the stand-in.

use clap::Args;
use mcp_support::{cli::UsageError, fetch::service::is_safe_base_url};
use url::Url;

use crate::{authority, authority::Authority, graph};

/// Where the tenant and Graph are; flags, then environment variables, then the stand-in.
#[derive(Debug, Clone, Args)]
pub struct DirectorySettings {
    /// Id (a GUID) of the tenant; without it, a stand-in for Entra ID runs inside this process
    #[arg(long, env = "ENTRA_TENANT_ID", global = true, value_name = "GUID")]
    pub tenant_id: Option<String>,

    /// Id of this program's own app registration
    #[arg(long, env = "ENTRA_CLIENT_ID", global = true, value_name = "GUID")]
    pub client_id: Option<String>,

    /// Where Entra ID is
    #[arg(long, env = "ENTRA_AUTHORITY", default_value = authority::MICROSOFT, global = true, value_name = "URL")]
    pub authority: Url,

    /// Where Microsoft Graph is
    #[arg(long, env = "GRAPH_BASE_URL", default_value = graph::MICROSOFT, global = true, value_name = "URL")]
    pub graph_base_url: Url,
}

/// A tenant, an app in it, and Graph.
#[derive(Debug, Clone)]
pub struct Directory {
    /// The tenant.
    pub authority: Authority,
    /// The app registration that this program is.
    pub client_id: String,
    /// Where Graph is.
    pub graph: Url,
}

impl DirectorySettings {
    /// The directory that is set, or none: then the stand-in is to be used.
    ///
    /// # Errors
    /// Only half of it is set, or something is malformed.
    pub fn directory(&self) -> Result<Option<Directory>, UsageError> {
        let usage = |text: &str| UsageError(text.to_owned());
        let (tenant, client_id) = match (&self.tenant_id, &self.client_id) {
            (None, None) => return Ok(None),
            (Some(tenant), Some(client)) => (tenant, client),
            _ => return Err(usage("set both ENTRA_TENANT_ID and ENTRA_CLIENT_ID, or neither for the stand-in")),
        };
        // Tokens name the tenant by its id, so with a domain no issuer would ever fit.
        if !is_guid(tenant) || !is_guid(client_id) {
            return Err(usage("ENTRA_TENANT_ID and ENTRA_CLIENT_ID are GUIDs, as the app's overview page shows them"));
        }
        let authority = Authority::new(self.authority.clone(), &tenant.to_lowercase());
        let authority = authority.map_err(|error| UsageError(format!("ENTRA_AUTHORITY: {error}")))?;
        if !is_safe_base_url(&self.graph_base_url) {
            return Err(usage(
                "GRAPH_BASE_URL has to be https (http on this machine only), without user name and query",
            ));
        }
        Ok(Some(Directory { authority, client_id: client_id.to_lowercase(), graph: self.graph_base_url.clone() }))
    }
}

/// Whether this is how Entra writes ids.
pub(crate) fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}
