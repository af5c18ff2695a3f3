//! The real binary with known secrets, and a client that speaks plain HTTP to it.

use mcp_support::testing::HttpServer;
use mcp_support::web::{Arrived, Browser, Page};
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

pub(crate) const PASSWORD: &str = "a password of the tests";
pub(crate) const SECRET: &str = "a client's secret of the tests";
pub(crate) const CONFIDENTIAL: &str = "mcp-client";
pub(crate) const PUBLIC: &str = "mcp-cli";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:49152/callback";
// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// One running program with both servers in it.
pub(crate) struct Running {
    pub(crate) server: HttpServer,
    pub(crate) http: reqwest::Client,
}

/// An answer of the token endpoint and its neighbours.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned()
    }
}

impl Running {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(flags: &[&str]) -> anyhow::Result<Self> {
        let server = start("http", flags).await?;
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { server, http })
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server.origin())
    }

    pub(crate) fn browser(&self) -> anyhow::Result<Browser> {
        Browser::new(self.server.origin())
    }

    pub(crate) async fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.http.get(self.at(path)).send().await?.error_for_status()?.json().await?)
    }

    /// The address of a sound authorization request, with some parameters changed; an empty value leaves one out.
    pub(crate) fn authorize(&self, changes: &[(&str, &str)]) -> String {
        let resource = self.server.url.clone();
        let mut all = vec![
            ("client_id", PUBLIC),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("state", "xyz"),
            ("scope", "mcp.access mcp.read mcp.write"),
            ("resource", &resource),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            all.retain(|(known, _)| known != name);
            if !value.is_empty() {
                all.push((name, value));
            }
        }
        let url = url::Url::parse_with_params(&self.at("/oauth2/authorize"), all).expect("a URL");
        url.into()
    }

    /// A code for the public client, approved by `name`.
    pub(crate) async fn code(&self, name: &str) -> anyhow::Result<String> {
        let back = self.browser()?.approve(&self.authorize(&[]), name, PASSWORD).await?;
        Ok(parameter(&back, "code").expect("a code"))
    }

    /// Posts a form, as the confidential client where `secret` is given.
    pub(crate) async fn post(
        &self,
        path: &str,
        basic: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        self.send(path, basic, HeaderMap::new(), form).await
    }

    /// The same with more headers.
    pub(crate) async fn send(
        &self,
        path: &str,
        basic: Option<(&str, &str)>,
        headers: HeaderMap,
        form: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.post(self.at(path)).headers(headers).form(form);
        if let Some((id, secret)) = basic {
            request = request.basic_auth(id, Some(secret));
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: serde_json::from_str(&response.text().await?).unwrap_or(Value::Null) })
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.post("/oauth2/token", None, form).await
    }

    /// Exchanges a code, with some parameters changed; an empty value leaves one out.
    pub(crate) async fn exchange(&self, code: &str, changes: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let resource = self.server.url.clone();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", PUBLIC),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", &resource),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        self.token(&form).await
    }

    /// A token of the confidential client in its own name.
    pub(crate) async fn machine(&self, scope: &str) -> anyhow::Result<Answer> {
        let form = [("grant_type", "client_credentials"), ("scope", scope), ("resource", self.server.url.as_str())];
        self.post("/oauth2/token", Some((CONFIDENTIAL, SECRET)), &form).await
    }
}

/// A command that listens, with known secrets.
pub(crate) async fn start(command: &str, flags: &[&str]) -> anyhow::Result<HttpServer> {
    let environment = [("OAUTH_CLIENT_SECRET", SECRET), ("OAUTH_DEMO_PASSWORD", PASSWORD)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    HttpServer::start_command(env!("CARGO_BIN_EXE_mcp-oauth2").as_ref(), command, flags, &environment).await
}

pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn page(arrived: Arrived) -> Page {
    match arrived {
        Arrived::Page(page) => page,
        Arrived::Left(url) => panic!("left the site to {url}"),
    }
}

pub(crate) fn left(arrived: Arrived) -> String {
    match arrived {
        Arrived::Left(url) => url,
        Arrived::Page(page) => panic!("{} {}", page.status, page.html),
    }
}
