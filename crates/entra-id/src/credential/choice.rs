//! Which credential is set.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use mcp_support::{cli::UsageError, fetch::service::is_safe_base_url};
use secrecy::SecretString;
use url::Url;

use super::{Certificate, ClientCredential, ClientSecret, ManagedIdentity, WorkloadFederation};

/// The credentials that can be set; the first one that is set, in this order, is used.
#[derive(Debug, Clone, Default, Args)]
pub struct CredentialSettings {
    /// Managed identity that the app trusts: `system`, or the client id of a user-assigned one
    #[arg(long, env = "ENTRA_MANAGED_IDENTITY", value_name = "system|GUID")]
    pub managed_identity: Option<String>,

    /// Where App Service, Functions and Container Apps answer for a managed identity; the platform sets it
    #[arg(long, env = "IDENTITY_ENDPOINT", hide = true)]
    pub identity_endpoint: Option<Url>,

    /// What proves a request to it; the platform sets it
    #[arg(long, env = "IDENTITY_HEADER", hide = true, hide_env_values = true)]
    pub identity_header: Option<SecretString>,

    /// Another host for the metadata service of virtual machines; AKS sets it
    #[arg(long, env = "AZURE_POD_IDENTITY_AUTHORITY_HOST", hide = true)]
    pub metadata_host: Option<Url>,

    /// File with a token of an issuer that the app trusts (Kubernetes, GitHub); Kubernetes sets it
    #[arg(long, env = "AZURE_FEDERATED_TOKEN_FILE", value_name = "FILE")]
    pub federated_token_file: Option<PathBuf>,

    /// PEM file with the app's certificate and its key
    #[arg(long, env = "ENTRA_CLIENT_CERTIFICATE", value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,

    /// The app's secret: the last resort (better as a variable)
    #[arg(long, env = "ENTRA_CLIENT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub client_secret: Option<SecretString>,
}

impl CredentialSettings {
    /// The credential to use.
    ///
    /// # Errors
    /// None is set, or the one that is set cannot be used.
    pub fn choose(&self) -> Result<Arc<dyn ClientCredential>, UsageError> {
        let chosen = self.chosen()?;
        // Its name and nothing of it.
        tracing::info!(credential = chosen.name(), "this server proves who it is");
        Ok(chosen)
    }

    fn chosen(&self) -> Result<Arc<dyn ClientCredential>, UsageError> {
        let usage = |name: &str, error: &dyn std::fmt::Display| UsageError(format!("{name}: {error:#}"));
        if let Some(id) = &self.managed_identity {
            let identity = self.identity((id != "system").then(|| id.clone()));
            return Ok(Arc::new(identity.map_err(|error| usage("ENTRA_MANAGED_IDENTITY", &error))?));
        }
        if let Some(file) = &self.federated_token_file {
            return Ok(Arc::new(WorkloadFederation::new(file)));
        }
        if let Some(file) = &self.client_certificate {
            let certificate = Certificate::read(file);
            return Ok(Arc::new(certificate.map_err(|error| usage("ENTRA_CLIENT_CERTIFICATE", &error))?));
        }
        match &self.client_secret {
            Some(secret) if secrecy::ExposeSecret::expose_secret(secret).trim().is_empty() => {
                Err(UsageError("ENTRA_CLIENT_SECRET is blank".to_owned()))
            }
            Some(secret) => Ok(Arc::new(ClientSecret(secret.clone()))),
            None => Err(UsageError(
                "the server has to prove who it is: set ENTRA_MANAGED_IDENTITY, AZURE_FEDERATED_TOKEN_FILE, \
                 ENTRA_CLIENT_CERTIFICATE or, as a last resort, ENTRA_CLIENT_SECRET"
                    .to_owned(),
            )),
        }
    }

    fn identity(&self, client_id: Option<String>) -> anyhow::Result<ManagedIdentity> {
        match (&self.identity_endpoint, &self.identity_header) {
            (Some(endpoint), Some(header)) => ManagedIdentity::of_app(endpoint.clone(), header.clone(), client_id),
            (None, None) => {
                let host = self.metadata_host.clone();
                anyhow::ensure!(host.as_ref().is_none_or(is_near), "the metadata service is on this host only");
                ManagedIdentity::of_machine(host, client_id)
            }
            _ => anyhow::bail!("the platform sets both IDENTITY_ENDPOINT and IDENTITY_HEADER"),
        }
    }
}

/// Whether a host is this machine, a link-local address, or reached over TLS.
fn is_near(host: &Url) -> bool {
    let is_link_local = matches!(host.host(), Some(url::Host::Ipv4(address)) if address.is_link_local());
    is_link_local || is_safe_base_url(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_safest_that_is_set_is_used_and_a_secret_last() {
        let name = |settings: &CredentialSettings| settings.chosen().map(|credential| credential.name()).ok();
        let mut settings = CredentialSettings::default();
        assert_eq!(name(&settings), None);
        settings.client_secret = Some("a long secret".into());
        assert_eq!(name(&settings), Some("client secret"));
        settings.client_certificate = Some("/nowhere/at/all.pem".into());
        assert_eq!(name(&settings), None, "one that cannot be used is an error, and no reason to use a weaker one");
        settings.federated_token_file = Some("/var/run/token".into());
        assert_eq!(name(&settings), Some("workload identity federation"));
        settings.managed_identity = Some("system".to_owned());
        assert_eq!(name(&settings), Some("managed identity"));
        settings.metadata_host = "http://metadata.example.com".parse().ok();
        assert_eq!(name(&settings), None, "an assertion in clear over the network");
    }
}
