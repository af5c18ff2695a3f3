//! Certificates and federated assertions instead of secrets.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use mcp_entra_id::tenant::{Certificate, Federated, known};
use mcp_support::testing::auth::{Mint, SigningKey};
use serde_json::{Value, json};

use super::fixture::{Answer, BEGIN, GRAPH_DEFAULT, Running, claims, has_openssl, openssl};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ISSUER: &str = "https://tokens.example";
const SUBJECT: &str = "repo:meadow/mcp:ref:refs/heads/main";

/// A key and its self-signed certificate, made by OpenSSL.
struct Pair {
    folder: tempfile::TempDir,
}

impl Pair {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let text = "req -x509 -newkey rsa:2048 -nodes -subj /CN=mcp-server -days 1 -keyout key.pem -out cert.pem";
        openssl(folder.path(), text)?;
        Ok(Self { folder })
    }

    fn certificate(&self) -> anyhow::Result<Certificate> {
        Certificate::from_pem(&std::fs::read(self.folder.path().join("cert.pem"))?)
    }

    fn thumbprint(&self, algorithm: &str) -> anyhow::Result<String> {
        openssl(self.folder.path(), "x509 -in cert.pem -outform DER -out cert.der")?;
        openssl(self.folder.path(), &format!("dgst -{algorithm} -binary -out thumbprint cert.der"))?;
        Ok(BASE64URL.encode(std::fs::read(self.folder.path().join("thumbprint"))?))
    }

    /// An assertion with RS256 and an SHA-1 thumbprint, or with PS256 and an SHA-256 one.
    fn assertion(&self, algorithm: &str, claims: &Value) -> anyhow::Result<String> {
        let header = match algorithm {
            "RS256" => json!({"alg": "RS256", "x5t": self.thumbprint("sha1")?}),
            _ => json!({"alg": "PS256", "x5t#S256": self.thumbprint("sha256")?}),
        };
        let message = format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims.to_string()));
        std::fs::write(self.folder.path().join("message"), &message)?;
        let padding = match algorithm {
            "RS256" => "",
            _ => "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32",
        };
        openssl(self.folder.path(), &format!("dgst -sha256 -sign key.pem {padding} -out signature message"))?;
        Ok(format!("{message}.{}", BASE64URL.encode(std::fs::read(self.folder.path().join("signature"))?)))
    }
}

async fn present(running: &Running, assertion: &str) -> anyhow::Result<Answer> {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", known::SERVER_APP),
        ("scope", GRAPH_DEFAULT),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", assertion),
    ];
    running.token(&form).await
}

#[tokio::test]
async fn a_certificate() -> anyhow::Result<()> {
    if !has_openssl() {
        return Ok(());
    }
    let (pair, stranger) = (Pair::new()?, Pair::new()?);
    let certificate = pair.certificate()?;
    let running = Running::start_with(|settings| settings.server_certificates.push(certificate)).await?;
    let audience = running.at(&format!("/{}/oauth2/v2.0/token", known::TENANT_ID));
    let sound = json!({
        "iss": known::SERVER_APP, "sub": known::SERVER_APP, "aud": audience, "jti": "1",
        "nbf": BEGIN, "exp": BEGIN + 600,
    });
    for algorithm in ["RS256", "PS256"] {
        let answer = present(&running, &pair.assertion(algorithm, &sound)?).await?;
        assert_eq!(claims(&answer.text("access_token"))["appidacr"], "2", "{algorithm}");
    }
    let with = |name: &str, value: Value| {
        let mut changed = sound.clone();
        changed[name] = value;
        changed
    };
    let good = pair.assertion("RS256", &sound)?;
    let (message, _) = good.rsplit_once('.').expect("a JWT");
    for (what, assertion, code) in [
        ("another's certificate", stranger.assertion("RS256", &sound)?, 700_027),
        ("another signature", format!("{message}.{}", BASE64URL.encode([0; 256])), 700_027),
        ("another audience", pair.assertion("RS256", &with("aud", json!("https://elsewhere.example")))?, 700_023),
        ("another subject", pair.assertion("RS256", &with("sub", json!(known::DAEMON_APP)))?, 700_021),
        ("it is over", pair.assertion("RS256", &with("exp", json!(BEGIN - 301)))?, 700_024),
        ("not yet", pair.assertion("RS256", &with("nbf", json!(BEGIN + 301)))?, 700_024),
        ("without an end", pair.assertion("RS256", &with("exp", Value::Null))?, 700_024),
        ("nonsense", "nonsense".to_owned(), 50_027),
    ] {
        assert_eq!(present(&running, &assertion).await?.code(), code, "{what}");
    }
    let untyped = [
        ("grant_type", "client_credentials"),
        ("client_id", known::SERVER_APP),
        ("scope", GRAPH_DEFAULT),
        ("client_assertion", &good),
    ];
    assert_eq!(running.token(&untyped).await?.code(), 9_002_313);
    Ok(())
}

#[tokio::test]
async fn another_issuers_token() -> anyhow::Result<()> {
    let (key, stranger) = (SigningKey::es256("key-1")?, SigningKey::es256("key-1")?);
    let jwks = json!({"keys": [key.jwk()]});
    let trusted = Federated { issuer: ISSUER.to_owned(), subject: SUBJECT.to_owned(), jwks };
    let running = Running::start_with(|settings| settings.server_federated.push(trusted)).await?;
    let sound = Mint::new(
        &key,
        json!({"typ": "JWT"}),
        json!({
            "iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "exp": BEGIN + 600,
        }),
    );
    let answer = present(&running, &sound.sign()?).await?;
    assert_eq!(claims(&answer.text("access_token"))["appidacr"], "2");
    for (what, assertion, code) in [
        ("another issuer", sound.clone().claim("iss", "https://other.example").sign()?, 700_211),
        ("another subject", sound.clone().claim("sub", "repo:meadow/mcp:pull_request").sign()?, 700_213),
        ("another audience", sound.clone().claim("aud", "api://elsewhere").sign()?, 700_212),
        ("another key", sound.sign_with(&stranger)?, 700_027),
        ("no signature", sound.unsigned(), 700_027),
        ("it is over", sound.clone().claim("exp", BEGIN - 301).sign()?, 700_024),
    ] {
        assert_eq!(present(&running, &assertion).await?.code(), code, "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_in_the_header() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let secret = secrecy::ExposeSecret::expose_secret(running.tenant.daemon_secret());
    let scope = format!("api://{}/.default", known::SERVER_APP);
    let path = running.at(&format!("/{}/oauth2/v2.0/token", known::TENANT_ID));
    let form = [("grant_type", "client_credentials"), ("scope", &*scope)];
    let request = running.http.post(path).form(&form).basic_auth(known::DAEMON_APP, Some(secret));
    assert_eq!(super::fixture::answer(request).await?.status, 200);
    Ok(())
}
