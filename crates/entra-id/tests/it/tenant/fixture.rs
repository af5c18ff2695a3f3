//! A stand-in on loopback, and clients that speak plain HTTP to it.

use std::{path::Path, process::Command};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use mcp_entra_id::tenant::{Tenant, TenantSettings, known};
use mcp_support::{clock::Clock, web::Browser};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;

pub(crate) const SERVER_URL: &str = "http://127.0.0.1:8000/mcp";
pub(crate) const REDIRECT: &str = "http://localhost:49152/callback";
// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const GRAPH_DEFAULT: &str = "https://graph.microsoft.com/.default";
/// When the standing clock of these tests begins.
pub(crate) const BEGIN: i64 = 1_780_000_000;

/// A stand-in whose clock stands.
pub(crate) struct Running {
    pub(crate) tenant: Tenant,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
}

/// An answer of an endpoint.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned()
    }

    /// The number of the refusal; 0 when it was none.
    pub(crate) fn code(&self) -> u64 {
        self.body["error_codes"][0].as_u64().unwrap_or_default()
    }

    /// The claims of its access token.
    pub(crate) fn claims(&self) -> Value {
        claims(&self.text("access_token"))
    }
}

impl Running {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(|_| ()).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut TenantSettings)) -> anyhow::Result<Self> {
        let clock = Clock::standing_at(BEGIN);
        let mut settings = TenantSettings { clock: clock.clone(), controls: true, ..TenantSettings::default() };
        change(&mut settings);
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { tenant: Tenant::start(settings).await?, clock, http })
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.tenant.authority().as_str().trim_end_matches('/'))
    }

    pub(crate) fn browser(&self) -> anyhow::Result<Browser> {
        Browser::new(&self.at(""))
    }

    pub(crate) fn password(&self) -> &str {
        self.tenant.password().expose_secret()
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> anyhow::Result<Answer> {
        let mut request = self.http.get(self.at(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        answer(request).await
    }

    /// The address of a sound authorization request, with some parameters changed; an empty value leaves one out.
    pub(crate) fn authorize(&self, changes: &[(&str, &str)]) -> String {
        let scope = format!("openid offline_access api://{}/{}", known::SERVER_APP, known::SCOPE_READ);
        let mut all = vec![
            ("client_id", known::HOST_APP),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("state", "xyz"),
            ("scope", &scope),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        change(&mut all, changes);
        let path = format!("/{}/oauth2/v2.0/authorize", known::TENANT_ID);
        url::Url::parse_with_params(&self.at(&path), all).expect("a URL").into()
    }

    /// A code that `user` has approved.
    pub(crate) async fn code(&self, user: &str, changes: &[(&str, &str)]) -> anyhow::Result<String> {
        let back = self.browser()?.approve(&self.authorize(changes), user, self.password()).await?;
        Ok(parameter(&back, "code").unwrap_or_else(|| panic!("no code: {back}")))
    }

    /// Posts a form to the token endpoint of the first tenant.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let path = format!("/{}/oauth2/v2.0/token", known::TENANT_ID);
        answer(self.http.post(self.at(&path)).form(form)).await
    }

    /// Exchanges a code, with some parameters changed; an empty value leaves one out.
    pub(crate) async fn exchange(&self, code: &str, changes: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", known::HOST_APP),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        change(&mut form, changes);
        self.token(&form).await
    }

    /// The tokens that an MCP host gets for `user`.
    pub(crate) async fn signed_in(&self, user: &str) -> anyhow::Result<Answer> {
        let answer = self.exchange(&self.code(user, &[]).await?, &[]).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        Ok(answer)
    }

    /// On behalf of whoever the token is for, with some parameters changed; an empty value leaves one out.
    pub(crate) async fn on_behalf_of(&self, token: &str, changes: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("client_id", known::SERVER_APP),
            ("client_secret", self.tenant.server_secret().expose_secret()),
            ("assertion", token),
            ("scope", GRAPH_DEFAULT),
            ("requested_token_use", "on_behalf_of"),
        ];
        change(&mut form, changes);
        self.token(&form).await
    }

    /// A token of the daemon in its own name, with some parameters changed; an empty value leaves one out.
    pub(crate) async fn daemon(&self, changes: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let scope = format!("api://{}/.default", known::SERVER_APP);
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", known::DAEMON_APP),
            ("client_secret", self.tenant.daemon_secret().expose_secret()),
            ("scope", &scope),
        ];
        change(&mut form, changes);
        self.token(&form).await
    }
}

fn change<'a>(all: &mut Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) {
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Answer> {
    let response = request.send().await?;
    let status = response.status();
    Ok(Answer { status, body: serde_json::from_str(&response.text().await?).unwrap_or(Value::Null) })
}

pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&BASE64URL.decode(part).expect("base64url")).expect("JSON")
}

pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// Whether OpenSSL is there; without it, a test that needs it passes outside of CI alone.
pub(crate) fn has_openssl() -> bool {
    let has = Command::new("openssl").arg("version").output().is_ok();
    assert!(has || !std::env::var("CI").is_ok_and(|ci| ci == "true"), "openssl is not installed");
    if !has {
        eprintln!("skipped: openssl is not installed");
    }
    has
}

/// Runs OpenSSL, which makes keys and certificates.
pub(crate) fn openssl(folder: &Path, arguments: &str) -> anyhow::Result<()> {
    let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output()?;
    anyhow::ensure!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
