//! The gateway between a client and a server: real binaries, and where it matters what arrives, a server that writes it
//! down.

mod passes;
mod stops;
mod upstream;

use mcp_support::testing::HttpServer;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::fixture::{CONFIDENTIAL, SECRET, start};

/// What clients call the server, wherever it listens in a test.
const PUBLIC_ORIGIN: &str = "https://api.example.com";
const RESOURCE: &str = "https://api.example.com/mcp";
/// A resource that the gateway accepts tokens for, and the server does not.
const OTHER: &str = "https://other.example.com/mcp";

/// An authorization server, and a gateway that trusts it, in front of some server.
struct Front {
    authorization: HttpServer,
    gateway: HttpServer,
    http: reqwest::Client,
}

impl Front {
    async fn before(upstream: impl AsyncFnOnce(&HttpServer) -> anyhow::Result<String>) -> anyhow::Result<Self> {
        Self::with_flags(upstream, &[]).await
    }

    async fn with_flags(
        upstream: impl AsyncFnOnce(&HttpServer) -> anyhow::Result<String>,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        let resources = ["--resource", RESOURCE, "--resource", OTHER];
        let authorization = start("serve-authorization-server", &resources).await?;
        let upstream = upstream(&authorization).await?;
        let openid_config = format!("{}/.well-known/openid-configuration", authorization.origin());
        let mut flags = vec!["--public-url", PUBLIC_ORIGIN, "--upstream", &upstream];
        flags.extend(["--openid-config", &openid_config, "--issuer", authorization.origin(), "--audience", OTHER]);
        flags.extend(more);
        let gateway = start("gateway", &flags).await?;
        Ok(Self { authorization, gateway, http: reqwest::Client::builder().no_proxy().build()? })
    }

    async fn token(&self, scope: &str, resource: &str, headers: HeaderMap) -> anyhow::Result<String> {
        let form = [("grant_type", "client_credentials"), ("scope", scope), ("resource", resource)];
        let url = format!("{}/oauth2/token", self.authorization.origin());
        let sending = self.http.post(url).basic_auth(CONFIDENTIAL, Some(SECRET)).headers(headers).form(&form);
        let answer: Value = sending.send().await?.json().await?;
        Ok(answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned())
    }

    /// A token that is good for everything here.
    async fn good_token(&self) -> anyhow::Result<String> {
        self.token("mcp.access mcp.read mcp.write", RESOURCE, HeaderMap::new()).await
    }
}

/// The MCP server behind, and the front of it.
async fn stack() -> anyhow::Result<(HttpServer, Front)> {
    let mut server = None;
    let start_server = async |authorization: &HttpServer| {
        let flags = ["--public-url", PUBLIC_ORIGIN, "--issuer", authorization.origin()];
        let started = start("http", &flags).await?;
        Ok(server.insert(started).url.clone())
    };
    // Longer than any test waits: what ends before that has not been waited for.
    let front = Front::with_flags(start_server, &["--drain-seconds", "60"]);
    let front = front.await?;
    Ok((server.expect("started"), front))
}

fn header(name: &'static str, value: &str) -> anyhow::Result<HeaderMap> {
    Ok([(name.parse()?, value.parse()?)].into_iter().collect())
}

fn bearer(token: &str) -> anyhow::Result<HeaderMap> {
    header("authorization", &format!("Bearer {token}"))
}
