//! The running server in front of a directory of the test's own, and tokens for it.

use mcp_support::{
    client::{Recorder, Revision, connect_over},
    testing::{HttpServer, RawHttp, Reply, auth::Mint},
};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use rmcp::{
    RoleClient,
    service::RunningService,
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

use super::fake::Fake;

pub(crate) const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
pub(crate) const PARTNER: &str = "f2ba8434-0d21-4ba6-9f5c-6a3df1b0f9a2";
pub(crate) const STRANGER: &str = "00ec0ffe-604b-40ac-a9d7-9fd97c0b779f";
pub(crate) const APP: &str = "2f6c0a1e-71d4-4b8f-b0a6-3e9d5c847b10";
pub(crate) const CLIENT: &str = "9e3a5d78-64b2-4c01-8f7d-b5c0e2a91f12";
pub(crate) const ADMINS: &str = "a1000000-0000-4000-8000-000000000002";
pub(crate) const SECRET: &str = "the-secret-of-the-test";
pub(crate) const READ: &str = "mcp.tools.read";
pub(crate) const BOTH: &str = "mcp.tools.read mcp.tools.execute";

pub(crate) struct Running {
    pub(crate) server: HttpServer,
    pub(crate) fake: Fake,
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Running {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[("ENTRA_CLIENT_SECRET", SECRET)]).await
    }

    pub(crate) async fn start_with(more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let (fake, folder) = (Fake::start().await?, tempfile::tempdir()?);
        let (graph, audit) = (format!("{}/graph/v1.0", fake.origin), folder.path().join("audit.jsonl"));
        let tenants = format!("{TENANT},{PARTNER}");
        let mut environment = vec![
            ("ENTRA_TENANT_ID", TENANT),
            ("ENTRA_CLIENT_ID", APP),
            ("ENTRA_AUTHORITY", &fake.origin),
            ("GRAPH_BASE_URL", &graph),
            ("ENTRA_ALLOWED_TENANTS", &tenants),
            ("ENTRA_ADMIN_GROUP", ADMINS),
            ("ENTRA_AUDIT_LOG", audit.to_str().expect("a path")),
            ("RUST_LOG", "trace"),
        ];
        environment.extend(more);
        let environment: Vec<(String, String)> =
            environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let server = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-entra-id").as_ref(), &[], &environment).await?;
        Ok(Self { server, fake, folder, environment })
    }

    /// Ends the server, and starts another with the same settings in front of the same directory.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.server.terminate().await?;
        self.server.wait().await?;
        let program = env!("CARGO_BIN_EXE_mcp-entra-id");
        self.server = HttpServer::start_with(program.as_ref(), &[], &self.environment).await?;
        Ok(())
    }

    /// A sound token of a person, in version 2, that tests bend.
    pub(crate) fn mint(&self, oid: &str, scopes: &str) -> Mint {
        let now = now();
        let claims = json!({
            "iss": format!("{}/{TENANT}/v2.0", self.fake.origin), "aud": APP, "ver": "2.0", "tid": TENANT,
            "oid": oid, "sub": format!("pairwise-{oid}"), "azp": CLIENT, "azpacr": "0", "scp": scopes,
            "name": "Ada Brook", "preferred_username": "ada@example.com",
            "iat": now, "nbf": now, "exp": now + 3600, "uti": format!("{:x}", rand::random::<u64>()),
        });
        Mint::new(&self.fake.key(), json!({"typ": "JWT"}), claims)
    }

    pub(crate) fn token(&self, oid: &str, scopes: &str) -> String {
        self.mint(oid, scopes).sign().expect("signed")
    }

    /// A sound token of a program.
    pub(crate) fn program(&self, roles: &[&str]) -> Mint {
        self.mint("d1", READ)
            .claim("scp", Value::Null)
            .claim("roles", json!(roles))
            .claim("sub", "d1")
            .claim("idtyp", "app")
    }

    /// One request without a session, in either revision.
    pub(crate) async fn request(
        &self,
        revision: Revision,
        token: &str,
        method: &str,
        params: Value,
    ) -> anyhow::Result<Reply> {
        let always: HeaderMap = [(AUTHORIZATION, format!("Bearer {token}").parse()?)].into_iter().collect();
        let raw = match revision {
            Revision::Legacy => RawHttp::stateless(&self.server.url)?.with_headers(always),
            Revision::Modern => RawHttp::open_with(&self.server.url, revision, always).await?,
        };
        raw.request(1, method, params).await
    }

    pub(crate) async fn call(&self, revision: Revision, token: &str, tool: &str) -> anyhow::Result<Reply> {
        self.request(revision, token, "tools/call", json!({"name": tool, "arguments": {}})).await
    }

    /// The result of a call that was let through.
    pub(crate) async fn result(&self, revision: Revision, token: &str, tool: &str) -> anyhow::Result<Value> {
        let reply = self.call(revision, token, tool).await?;
        anyhow::ensure!(reply.status == 200, "{tool}: {} {}", reply.status, reply.text);
        Ok(reply.answer()["result"].clone())
    }

    /// The lines of the audit log, once it has one that fits.
    pub(crate) async fn audit(&self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let read = || {
            let text = std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap_or_default();
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<Value>>()
        };
        for _ in 0..200 {
            if read().iter().any(&fits) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        read()
    }

    /// Everything that the server has written anywhere.
    pub(crate) fn written(&self) -> String {
        let audit = std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap_or_default();
        self.server.log() + &audit
    }
}

/// A client that sends this token, if it is one.
pub(crate) async fn connect(
    url: &str,
    token: &str,
    revision: Revision,
) -> anyhow::Result<RunningService<RoleClient, Recorder>> {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let config = if token.is_empty() { config } else { config.auth_header(token) };
    connect_over(StreamableHttpClientTransport::from_config(config), revision.lifecycle(), Recorder::default(), None)
        .await
}

/// What a 401 or 403 says.
pub(crate) fn challenge(reply: &Reply) -> String {
    reply.headers.get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}
