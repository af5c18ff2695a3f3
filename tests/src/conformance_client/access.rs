//! Getting authorized: discovery, registration, a person's consent, and more scopes when they are asked for.

use anyhow::{Context as _, bail};
use reqwest::redirect::Policy;
use rmcp::transport::{
    AuthClient,
    auth::{AuthorizationCallback, AuthorizationRequest, OAuthState, WWWAuthenticateParams},
};
use url::Url;

use crate::{
    machine,
    settings::{Identity, Settings},
};

/// Spec(2025-11-25 and 2026-07-28, authorization): a client SHOULD limit how often it tries.
const MAX_ATTEMPTS: u32 = 3;
/// Where a browser would come back to. Nothing listens there: this client reads the redirect itself.
const REDIRECT: &str = "http://localhost:3000/callback";
/// The document in which the suite looks for this client's metadata.
const METADATA: &str = "https://conformance-test.local/client-metadata.json";

/// What this client may show a server.
pub(crate) enum Access {
    None,
    /// The SDK holds the tokens, and refreshes them.
    Managed(AuthClient<reqwest::Client>),
    /// A token that cannot be refreshed.
    Token(String),
}

/// Answers challenges.
pub(crate) struct Authorizer {
    url: Url,
    identity: Identity,
    attempts: u32,
}

impl Authorizer {
    pub(crate) fn new(url: &str, settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self { url: url.parse()?, identity: settings.identity()?, attempts: 0 })
    }

    /// What to show the server next time.
    ///
    /// # Errors
    /// Nothing trustworthy says who may authorize this client, it is refused, or it has tried often enough.
    pub(crate) async fn answer(&mut self, challenge: &str, access: Access) -> anyhow::Result<Access> {
        self.attempts += 1;
        if self.attempts > MAX_ATTEMPTS {
            bail!("the server still refuses after {MAX_ATTEMPTS} authorizations: {challenge}");
        }
        let wanted = WWWAuthenticateParams::parse(challenge, &self.url);
        match access {
            Access::Managed(client) if wanted.is_insufficient_scope() => {
                step_up(&client, wanted.scope.as_deref().unwrap_or_default()).await?;
                Ok(Access::Managed(client))
            }
            // An answer that the server does not take was the best that a machine had.
            Access::Managed(_) | Access::Token(_) if self.identity.is_machine() => {
                bail!("the server does not take the token: {challenge}")
            }
            _ if self.identity.is_machine() => machine::authorize(&self.url, &self.identity, challenge).await,
            // Who authorizes may have changed since, so everything is asked for again, registration included.
            _ => Ok(Access::Managed(self.ask_the_person(challenge).await?)),
        }
    }

    async fn ask_the_person(&self, challenge: &str) -> anyhow::Result<AuthClient<reqwest::Client>> {
        let mut state = OAuthState::new(self.url.as_str(), None).await?;
        let mut request = AuthorizationRequest::new(REDIRECT)
            .with_client_name("mcp-samples-client")
            .with_client_metadata_url(METADATA)
            .with_initial_scope_selection()
            .with_challenge(challenge);
        if let Identity::Registered(id, secret) = &self.identity {
            request = request.with_preregistered_client(id).with_client_secret(secret);
        }
        state.start_authorization(request).await?;
        let redirect = consent(&state.get_authorization_url().await?).await?;
        state.handle_callback_url(&redirect).await?;
        let manager = state.into_authorization_manager().context("not authorized")?;
        Ok(AuthClient::new(reqwest::Client::new(), manager))
    }
}

impl Identity {
    fn is_machine(&self) -> bool {
        !matches!(self, Self::Person | Self::Registered(..))
    }
}

/// Asks for one scope more, and keeps those that were granted before.
async fn step_up(client: &AuthClient<reqwest::Client>, scope: &str) -> anyhow::Result<()> {
    let manager = client.auth_manager.lock().await;
    let redirect = consent(&manager.request_scope_upgrade(scope).await?).await?;
    let callback = AuthorizationCallback::from_redirect_url(&redirect)?;
    let issuer = callback.issuer.as_deref();
    manager.exchange_code_for_token_with_issuer(&callback.code, &callback.csrf_token, issuer).await?;
    Ok(())
}

/// The person says yes at once: the authorization server redirects without asking.
async fn consent(url: &str) -> anyhow::Result<String> {
    let browser = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let response = browser.get(url).send().await?;
    let location = response.headers().get("location").context("the authorization server does not redirect")?;
    Ok(location.to_str()?.to_owned())
}
