//! Getting authorized where no person is asked.

use anyhow::{Context as _, bail};
use oauth2::ClientSecret;
use rmcp::transport::{
    AuthClient, AuthorizationManager,
    auth::{
        AuthorizationMetadata, ClientCredentialsConfig, JwtSigningAlgorithm, OAuthState, default_oauth_http_client,
        enterprise::{EmaAuthorizationServer, EmaClientAuthentication, EmaExchangeRequest},
    },
};
use serde::Deserialize;
use url::Url;

use crate::{
    access::Access,
    settings::{Employee, Identity},
};

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// One attempt: a machine that is refused will be refused again.
pub(crate) async fn authorize(url: &Url, identity: &Identity, challenge: &str) -> anyhow::Result<Access> {
    match identity {
        Identity::Person | Identity::Registered(..) => bail!("a person has to be asked"),
        Identity::Secret(client_id, client_secret) => {
            let config = ClientCredentialsConfig::ClientSecret {
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                scopes: Vec::new(),
                resource: Some(url.to_string()),
            };
            client_credentials(url, config).await
        }
        Identity::Key { client_id, pem, algorithm } => {
            let config = ClientCredentialsConfig::PrivateKeyJwt {
                client_id: client_id.clone(),
                signing_key: pem.as_bytes().to_vec(),
                signing_algorithm: match algorithm.as_str() {
                    "RS256" => JwtSigningAlgorithm::RS256,
                    "ES256" => JwtSigningAlgorithm::ES256,
                    other => bail!("this client does not sign with {other}"),
                },
                token_endpoint_audience: None,
                scopes: Vec::new(),
                resource: Some(url.to_string()),
            };
            client_credentials(url, config).await
        }
        Identity::Employee(employee) => enterprise(url, employee, challenge).await,
        Identity::Workload(assertion) => workload(url, assertion, challenge).await,
    }
}

async fn client_credentials(url: &Url, config: ClientCredentialsConfig) -> anyhow::Result<Access> {
    let mut state = OAuthState::new(url.as_str(), None).await?;
    state.authenticate_client_credentials(config).await?;
    let manager = state.into_authorization_manager().context("not authorized")?;
    Ok(Access::Managed(AuthClient::new(reqwest::Client::new(), manager)))
}

/// The employer's word about the person becomes a token of the resource's authorization server.
async fn enterprise(url: &Url, employee: &Employee, challenge: &str) -> anyhow::Result<Access> {
    let metadata = discover(url, challenge).await?;
    let issuer = metadata.issuer.as_deref().context("the authorization server does not name itself")?;
    let secret = EmaClientAuthentication::ClientSecretBasic(ClientSecret::new(employee.client_secret.clone()));
    let idp = EmaAuthorizationServer::new(&employee.idp_issuer, &employee.idp_token_endpoint, &employee.idp_client_id);
    let resource_as = EmaAuthorizationServer::new(issuer, &metadata.token_endpoint, &employee.client_id)
        .with_client_authentication(secret);
    let http = default_oauth_http_client()?;
    let exchange = EmaExchangeRequest::new_with_id_token(idp, resource_as, url.as_str(), &employee.idp_id_token);
    let token = exchange.exchange(&http, &http).await?;
    Ok(Access::Token(token.access_token.secret().clone()))
}

/// RFC 7523: the platform's token is the grant. The SDK has no such flow, and it is one request.
async fn workload(url: &Url, assertion: &str, challenge: &str) -> anyhow::Result<Access> {
    let metadata = discover(url, challenge).await?;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion),
        ("resource", url.as_str()),
    ];
    let response = reqwest::Client::new().post(&metadata.token_endpoint).form(&form).send().await?;
    let token: Token = response.error_for_status()?.json().await?;
    Ok(Access::Token(token.access_token))
}

async fn discover(url: &Url, challenge: &str) -> anyhow::Result<AuthorizationMetadata> {
    let manager = AuthorizationManager::new(url.as_str()).await?;
    let resolution = manager.resolve_metadata_from_challenge(Some(challenge)).await?;
    if !resolution.source.is_discovered() {
        bail!("nothing says who authorizes clients of {url}");
    }
    Ok(resolution.metadata)
}
