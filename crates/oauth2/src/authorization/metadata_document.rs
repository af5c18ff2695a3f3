//! Client ID Metadata Documents: a client whose `client_id` is the https URL of a document about itself.
//!
//! Spec(2026-07-28, authorization, client registration): the way for clients and servers that do not know each other.
//! The URL comes from a stranger, so it is fetched only from public addresses, without redirects, and at most 5 KiB.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mcp_support::fetch::{Fetcher, Policy};
use url::Url;

use super::{
    OAuthError,
    client::{Client, Metadata},
    limits::Limit,
};

/// Largest document, in bytes, as the draft recommends.
const MAX_BYTES: u64 = 5 * 1024;
/// How long a document is believed, in seconds.
const KEEP_SECONDS: i64 = 300;
/// Documents that are kept at a time.
const MAX_KEPT: usize = 1000;

/// Fetches documents, and keeps them for a while.
pub(super) struct Documents {
    fetcher: Fetcher,
    fetches: Limit,
    kept: Mutex<HashMap<String, (i64, Client)>>,
}

/// Whether a client id is the URL of a document. Only an operator's own hosts may be plain http.
pub(super) fn is_url(client_id: &str) -> bool {
    client_id.starts_with("https://") || client_id.starts_with("http://")
}

impl Documents {
    pub(super) fn new(allowed_hosts: Vec<String>) -> Self {
        let policy = Policy {
            max_bytes: MAX_BYTES,
            time: std::time::Duration::from_secs(5),
            // A redirect would make two URLs one client.
            max_redirects: 0,
            content_types: vec!["application/json".to_owned()],
            allowed_hosts,
        };
        Self { fetcher: Fetcher::new(policy), fetches: Limit::new(120, 60), kept: Mutex::default() }
    }

    /// The client that the document behind this URL describes.
    pub(super) async fn client(&self, id: &str, now: i64) -> Result<Client, OAuthError> {
        if let Some((until, client)) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(id)
            && *until > now
        {
            return Ok(client.clone());
        }
        check_url(id)?;
        // Whoever asks makes this server send a request, to a place of their choice.
        self.fetches.count("all", now)?;
        let fetched = self.fetcher.get(id).await.map_err(|error| {
            tracing::info!(%error, "refused a client metadata document");
            // What an inner address answered is nobody's business: the error says no more than that.
            OAuthError::client("the client's metadata document cannot be fetched from a public https address")
        })?;
        let metadata: Metadata = serde_json::from_slice(&fetched.bytes)
            .map_err(|_| OAuthError::client("the client's metadata document is not the JSON that it should be"))?;
        // Otherwise a document that anybody may host somewhere would speak for another client.
        if metadata.client_id.as_deref() != Some(id) {
            return Err(OAuthError::client("the metadata document names another client_id than its own URL"));
        }
        let client = metadata.client(id.to_owned())?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, (until, _)| *until > now);
        }
        if kept.len() < MAX_KEPT {
            kept.insert(id.to_owned(), (now + KEEP_SECONDS, client.clone()));
        }
        Ok(client)
    }
}

/// A URL that is a client id has a path, and nothing that could be written in two ways.
fn check_url(id: &str) -> Result<(), OAuthError> {
    let refused =
        || OAuthError::client("a client_id that is a URL needs a path, and no fragment, user or dot segments");
    let url = Url::parse(id).map_err(|_| refused())?;
    let is_plain = url.as_str() == id && url.fragment().is_none() && url.username().is_empty();
    if !is_plain || url.password().is_some() || url.path() == "/" || id.len() > 500 {
        return Err(refused());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_can_be_client_ids() {
        assert!(check_url("https://app.example/client.json").is_ok());
        for bad in [
            "https://app.example",
            "https://app.example/",
            "https://app.example/x#y",
            "https://u@app.example/x",
            "https://app.example/a/../x",
            "https://APP.example/x",
            "https://",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn private_addresses_are_not_fetched() {
        let documents = Documents::new(Vec::new());
        for url in [
            "https://127.0.0.1/c.json",
            "https://10.0.0.1/c.json",
            "https://169.254.169.254/latest/x",
            "https://[::1]/c.json",
            "https://localhost/c.json",
            "http://example.com/c.json",
        ] {
            assert!(documents.client(url, 0).await.is_err(), "{url}");
        }
    }
}
