//! How this server proves to Entra that it is its app registration: without a secret where that can be.
//!
//! In order: a managed identity, workload federation, a certificate, and a secret last. The first two hold nothing that
//! could be stolen from this machine's disk; a certificate's key never leaves it; a secret is sent each time.

mod certificate;
mod choice;
mod managed_identity;
mod workload;

use async_trait::async_trait;
use secrecy::SecretString;

pub use self::{
    certificate::Certificate, choice::CredentialSettings, managed_identity::ManagedIdentity,
    workload::WorkloadFederation,
};

/// The audience of a token of another issuer that stands for an app.
pub const FEDERATION_AUDIENCE: &str = "api://AzureADTokenExchange";
/// Spec(RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest assertion of another issuer, in bytes.
const MAX_ASSERTION: usize = 16 * 1024;

/// What proves that a client is itself.
#[async_trait]
pub trait ClientCredential: Send + Sync {
    /// What kind it is, for the log.
    fn name(&self) -> &'static str;

    /// The parameters that prove it in a request to the token endpoint of `client_id`.
    ///
    /// # Errors
    /// The proof cannot be had right now.
    async fn parameters(&self, client_id: &str, token_endpoint: &str) -> Result<Parameters, CredentialError>;
}

/// Parameters of a form.
pub type Parameters = Vec<(&'static str, SecretString)>;

/// Why there is no proof. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A file cannot be used.
    #[error("{0} cannot be used: {1}")]
    File(&'static str, String),
    /// The identity's endpoint has not answered.
    #[error("the managed identity has no token: {0}")]
    Identity(String),
    /// The key does not sign.
    #[error("the certificate's key cannot sign")]
    Key,
}

/// A secret that is sent as it is.
pub struct ClientSecret(pub SecretString);

#[async_trait]
impl ClientCredential for ClientSecret {
    fn name(&self) -> &'static str {
        "client secret"
    }

    // Production: a secret expires, is copied, and ends up in logs; prefer one of the others.
    async fn parameters(&self, _: &str, _: &str) -> Result<Parameters, CredentialError> {
        Ok(vec![("client_secret", self.0.clone())])
    }
}

fn assertion(jwt: SecretString) -> Parameters {
    vec![("client_assertion_type", ASSERTION_TYPE.into()), ("client_assertion", jwt)]
}

/// Whether a text could be a JSON Web Token: what else a file or an endpoint holds is not sent to anyone.
fn is_jwt(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.len() <= MAX_ASSERTION && text.split('.').count() == 3 && text.bytes().all(is_letter)
}
