//! The stand-in's own tokens, in both versions, for a person and for a program; and its keys, which rotate.

use anyhow::Context as _;
use mcp_entra_id::tenant::{Certificate, Federated, Tenant, TenantSettings, known};
use mcp_support::{
    client::{HttpServer, Revision, call},
    testing::auth::{Mint, SigningKey},
    web::Browser,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::fixture::{connect, now};
use crate::tenant::fixture::{has_openssl, openssl};

const REDIRECT: &str = "http://127.0.0.1:45454/callback";

struct Running {
    tenant: Tenant,
    server: HttpServer,
    http: reqwest::Client,
}

impl Running {
    async fn start(version: u8) -> anyhow::Result<Self> {
        let settings = TenantSettings { server_token_version: version, ..TenantSettings::default() };
        let secret = settings.server_secret.expose_secret().to_owned();
        Self::start_with(settings, ("ENTRA_CLIENT_SECRET", &secret)).await
    }

    async fn start_with(settings: TenantSettings, credential: (&str, &str)) -> anyhow::Result<Self> {
        let tenant = Tenant::start(settings).await?;
        let environment = [
            ("ENTRA_TENANT_ID", known::TENANT_ID.to_owned()),
            ("ENTRA_CLIENT_ID", known::SERVER_APP.to_owned()),
            ("ENTRA_AUTHORITY", tenant.authority().to_string()),
            ("GRAPH_BASE_URL", tenant.graph_url().to_string()),
            (credential.0, credential.1.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        let server = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-entra-id").as_ref(), &[], &environment).await?;
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { tenant, server, http })
    }

    fn at(&self, endpoint: &str) -> String {
        format!("{}{}/oauth2/v2.0/{endpoint}", self.tenant.authority(), known::TENANT_ID)
    }

    async fn token(&self, form: &[(&str, &str)]) -> anyhow::Result<String> {
        let answer: Value = self.http.post(self.at("token")).form(form).send().await?.json().await?;
        answer["access_token"].as_str().map(str::to_owned).with_context(|| answer.to_string())
    }

    async fn person(&self) -> anyhow::Result<String> {
        // The example of RFC 7636.
        let (verifier, digest) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let scope = format!("api://{}/mcp.tools.read", known::SERVER_APP);
        let parameters = [
            ("client_id", known::HOST_APP),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", &scope),
            ("code_challenge", digest),
            ("code_challenge_method", "S256"),
        ];
        let url = Url::parse_with_params(&self.at("authorize"), parameters)?;
        let mut browser = Browser::new(&self.tenant.authority().origin().ascii_serialization())?;
        let back = browser.approve(url.as_str(), known::ADA, self.tenant.password().expose_secret()).await?;
        let back = Url::parse(&back)?;
        let code = back.query_pairs().find(|(name, _)| name == "code").context("a code")?.1.into_owned();
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", known::HOST_APP),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ])
        .await
    }

    async fn program(&self) -> anyhow::Result<String> {
        self.token(&[
            ("grant_type", "client_credentials"),
            ("client_id", known::DAEMON_APP),
            ("client_secret", self.tenant.daemon_secret().expose_secret()),
            ("scope", &format!("api://{}/.default", known::SERVER_APP)),
        ])
        .await
    }
}

#[tokio::test]
async fn tokens_of_both_versions_for_a_person_and_for_a_program() -> anyhow::Result<()> {
    for version in [1, 2] {
        let running = Running::start(version).await?;
        let (person, program) = (running.person().await?, running.program().await?);
        for revision in Revision::ALL {
            for (token, kind) in [(&person, "delegated"), (&program, "app-only")] {
                let client = connect(&running.server.url, token, revision).await?;
                let who = call(&client, "whoami", json!({})).await?.structured_content.context("a structure")?;
                assert_eq!(who["kind"], kind, "version {version}, {revision}");
                assert_eq!(who["version"], format!("{version}.0"), "{revision}");
                let details = call(&client, "get_user_details", json!({})).await?;
                if kind == "delegated" {
                    let details = details.structured_content.with_context(|| format!("{:?}", details.content))?;
                    assert_eq!(details["user_principal_name"], known::ADA, "version {version}, {revision}");
                } else {
                    assert!(format!("{details:?}").contains("on behalf of a person"), "{details:?}");
                }
                client.cancel().await?;
            }
        }
    }
    Ok(())
}

/// Whether the stand-in takes the proof of who the server is.
async fn exchanges(running: &Running) -> anyhow::Result<String> {
    let client = connect(&running.server.url, &running.person().await?, Revision::Modern).await?;
    let details = call(&client, "get_user_details", json!({})).await?;
    client.cancel().await?;
    Ok(format!("{details:?}"))
}

#[tokio::test]
async fn a_certificate_proves_who_the_server_is() -> anyhow::Result<()> {
    if !has_openssl() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let make = |name: &str| {
        let text = format!("req -x509 -newkey rsa:2048 -nodes -subj /CN={name} -days 1 -keyout key.pem -out cert.pem");
        openssl(folder.path(), &text)?;
        let [certificate, key] = ["cert.pem", "key.pem"].map(|file| std::fs::read(folder.path().join(file)));
        let (certificate, file) = (certificate?, folder.path().join(name));
        std::fs::write(&file, [certificate.clone(), key?].concat())?;
        anyhow::Ok((Certificate::from_pem(&certificate)?, file))
    };
    let ((certificate, file), (_, stranger)) = (make("server")?, make("stranger")?);
    let settings = || TenantSettings { server_certificates: vec![certificate.clone()], ..TenantSettings::default() };
    for (file, is_good) in [(file, true), (stranger, false)] {
        let credential = ("ENTRA_CLIENT_CERTIFICATE", file.to_str().context("a path")?);
        let said = exchanges(&Running::start_with(settings(), credential).await?).await?;
        assert_eq!(said.contains(known::ADA), is_good, "{said}");
        assert!(is_good || said.contains("AADSTS700027"), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn another_issuer_proves_who_the_server_is() -> anyhow::Result<()> {
    let (folder, key) = (tempfile::tempdir()?, SigningKey::rs256("issuer-1")?);
    let (issuer, subject) = ("https://tokens.example", "system:serviceaccount:mcp:server");
    let file = folder.path().join("token");
    let trusted =
        Federated { issuer: issuer.to_owned(), subject: subject.to_owned(), jwks: json!({"keys": [key.jwk()]}) };
    let settings = TenantSettings { server_federated: vec![trusted], ..TenantSettings::default() };
    let credential = ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().context("a path")?);
    let running = Running::start_with(settings, credential).await?;
    for (named, is_good) in [("system:serviceaccount:mcp:other", false), (subject, true)] {
        let claims = json!({"iss": issuer, "sub": named, "aud": "api://AzureADTokenExchange",
            "iat": now(), "nbf": now(), "exp": now() + 600});
        std::fs::write(&file, Mint::new(&key, json!({"typ": "JWT"}), claims).sign()?)?;
        let said = exchanges(&running).await?;
        assert_eq!(said.contains(known::ADA), is_good, "{named}: {said}");
    }
    Ok(())
}
