//! What a protected server says to a stranger.

use anyhow::Context as _;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;

use crate::client::{PATIENCE, this_client};

/// What the server asks for when it is called without a token, or with one that it does not accept; none when it answers.
///
/// # Errors
/// Nothing answers there.
pub async fn challenge(url: &str, token: Option<&str>) -> anyhow::Result<Option<String>> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?);
    }
    challenge_of(url, headers).await
}

/// The same for a request with these headers, such as a token that comes with a proof of a key.
///
/// # Errors
/// Nothing answers there.
pub async fn challenge_of(url: &str, headers: HeaderMap) -> anyhow::Result<Option<String>> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": this_client(),
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build()?;
    let sending = client
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "server/discover")
        .headers(headers)
        .json(&request);
    let response = sending.send().await.context("the server cannot be reached")?;
    let status = response.status();
    let challenge = response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().map(str::to_owned));
    anyhow::ensure!(challenge.is_some() || status.is_success(), "the server answered {status} to {url}");
    Ok(challenge.transpose()?)
}
