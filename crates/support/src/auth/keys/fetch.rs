//! Fetching an issuer's keys, bounded in size, time, number and kind.

use reqwest::{Client, header};
use serde_json::Value;
use url::Url;

use crate::{
    auth::{jwk::PublicKey, settings::KeySource},
    fetch::service::{is_loopback, is_safe_base_url, read_at_most},
};

/// Largest document, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Most keys in a set.
const MAX_KEYS: usize = 64;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("{0}")]
    Unreachable(String),
    #[error("the answer was {0}")]
    Status(u16),
    #[error("the answer is no JSON, but '{0}'")]
    ContentType(String),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer cannot be read as JSON")]
    Malformed,
    #[error("the metadata names another issuer")]
    OtherIssuer,
    #[error("the metadata names no address of keys that is safe to fetch")]
    NoAddress,
    #[error("more than {MAX_KEYS} keys")]
    TooMany,
    #[error("no key can be used")]
    NoKey,
    #[error("it took too long")]
    TooSlow,
}

/// Where to fetch from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) issuer: String,
    pub(super) source: KeySource,
    pub(super) client: Client,
}

impl Origin {
    pub(super) fn new(issuer: String, source: KeySource) -> reqwest::Result<Self> {
        let here = Url::parse(&issuer).is_ok_and(|url| is_loopback(&url));
        let builder = Client::builder()
            // A redirect would lead past the checks of the address.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("mcp-samples/", env!("CARGO_PKG_VERSION")));
        let builder = if here { builder.no_proxy() } else { builder };
        Ok(Self { issuer, source, client: builder.build()? })
    }

    /// One round. `known` is the address of the keys that an earlier round has discovered.
    pub(super) async fn fetch(&self, known: Option<Url>) -> Result<(Vec<PublicKey>, Option<Url>), KeysError> {
        let address = match (&self.source, known) {
            (KeySource::Given(jwks), _) => return Ok((keys(jwks)?, None)),
            (KeySource::Url(address), _) => address.clone(),
            (KeySource::Discovered | KeySource::Metadata(_), Some(address)) => address,
            (KeySource::Discovered, None) => self.discover().await?,
            (KeySource::Metadata(metadata), None) => self.address_of_keys(&self.json(metadata.clone()).await?)?,
        };
        Ok((keys(&self.json(address.clone()).await?)?, Some(address)))
    }

    /// Spec(2026-07-28, authorization server discovery): the addresses in their order, and the issuer has to be the same.
    async fn discover(&self) -> Result<Url, KeysError> {
        let mut last = KeysError::NoAddress;
        for address in well_known(&self.issuer) {
            match self.json(address).await {
                Ok(metadata) if metadata["issuer"] != self.issuer.as_str() => last = KeysError::OtherIssuer,
                Ok(metadata) => return self.address_of_keys(&metadata),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn address_of_keys(&self, metadata: &Value) -> Result<Url, KeysError> {
        let address = metadata["jwks_uri"].as_str().and_then(|address| Url::parse(address).ok());
        address.filter(|address| is_safe_address(address, &self.issuer)).ok_or(KeysError::NoAddress)
    }

    async fn json(&self, address: Url) -> Result<Value, KeysError> {
        let cause = |error: &reqwest::Error| KeysError::Unreachable(crate::fetch::service::root_cause(error));
        let request = self.client.get(address).header(header::ACCEPT, "application/json, application/jwk-set+json");
        let mut response = request.send().await.map_err(|error| cause(&error))?;
        if !response.status().is_success() {
            return Err(KeysError::Status(response.status().as_u16()));
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            return Err(KeysError::ContentType(kind.chars().take(100).collect()));
        }
        let body = read_at_most(&mut response, MAX_BYTES).await.map_err(|error| cause(&error))?;
        serde_json::from_slice(&body.ok_or(KeysError::TooLarge)?).map_err(|_| KeysError::Malformed)
    }
}

/// An address of keys may have a query (Entra's has `appid`), and is on plain http only where the issuer is too.
pub(crate) fn is_safe_address(address: &Url, issuer: &str) -> bool {
    let mut bare = address.clone();
    bare.set_query(None);
    let issuer_is_here = Url::parse(issuer).is_ok_and(|issuer| is_loopback(&issuer));
    is_safe_base_url(&bare) && (address.scheme() == "https" || issuer_is_here)
}

/// The keys of a JWKS that can be used. Those of other kinds and for other uses are none of our business.
pub(crate) fn keys(jwks: &Value) -> Result<Vec<PublicKey>, KeysError> {
    let listed = jwks["keys"].as_array().ok_or(KeysError::Malformed)?;
    if listed.len() > MAX_KEYS {
        return Err(KeysError::TooMany);
    }
    let keys: Vec<PublicKey> = listed.iter().filter_map(PublicKey::read).collect();
    if keys.is_empty() { Err(KeysError::NoKey) } else { Ok(keys) }
}

/// Where an issuer's metadata may be: RFC 8414 with the path inserted, OpenID Connect with it inserted, and appended.
fn well_known(issuer: &str) -> Vec<Url> {
    let Ok(issuer) = Url::parse(issuer) else { return Vec::new() };
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("{path}/.well-known/openid-configuration"));
    }
    let at = |path: String| {
        let mut address = issuer.clone();
        address.set_path(&path);
        address
    };
    paths.into_iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses() {
        let of = |issuer| well_known(issuer).iter().map(Url::to_string).collect::<Vec<_>>();
        assert_eq!(
            of("https://a.example/t/v2.0"),
            [
                "https://a.example/.well-known/oauth-authorization-server/t/v2.0",
                "https://a.example/.well-known/openid-configuration/t/v2.0",
                "https://a.example/t/v2.0/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            of("https://a.example/"),
            [
                "https://a.example/.well-known/oauth-authorization-server",
                "https://a.example/.well-known/openid-configuration"
            ]
        );
    }

    #[test]
    fn addresses_of_keys() {
        for (address, issuer, safe) in [
            ("https://a.example/keys?appid=1", "https://a.example", true),
            ("http://127.0.0.1:1/keys", "http://127.0.0.1:1", true),
            ("http://127.0.0.1:1/keys", "https://a.example", false),
            ("http://a.example/keys", "https://a.example", false),
            ("https://user@a.example/keys", "https://a.example", false),
            ("file:///keys", "https://a.example", false),
        ] {
            assert_eq!(is_safe_address(&Url::parse(address).expect(address), issuer), safe, "{address} {issuer}");
        }
    }
}
