//! How the server proves who it is, seen by whoever is shown the proof.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use mcp_support::client::{HttpServer, Revision};
use serde_json::Value;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, path, query_param},
};

use super::fixture::{APP, READ, Running, SECRET, TENANT, now};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The form that an exchange with this credential has sent.
async fn proof(settings: &[(&str, &str)]) -> anyhow::Result<(Running, std::collections::HashMap<String, String>)> {
    let running = Running::start_with(settings).await?;
    let result = running.result(Revision::Modern, &running.token("ada", READ), "get_user_details").await?;
    anyhow::ensure!(result["isError"] != true, "{result}");
    let form = running.fake.state().forms[0].clone();
    Ok((running, form))
}

#[tokio::test]
async fn a_managed_identity_comes_before_everything_else() -> anyhow::Result<()> {
    let platform = MockServer::start().await;
    let answer = serde_json::json!({"access_token": "aa.bb.cc", "expires_on": (now() + 3600).to_string()});
    Mock::given(path("/metadata/identity/oauth2/token"))
        .and(header("Metadata", "true"))
        .and(query_param("resource", "api://AzureADTokenExchange"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&platform)
        .await;
    let (running, form) = proof(&[
        ("ENTRA_MANAGED_IDENTITY", "system"),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", &platform.uri()),
        ("ENTRA_CLIENT_SECRET", SECRET),
    ])
    .await?;
    assert_eq!(
        (form["client_assertion_type"].as_str(), form["client_assertion"].as_str()),
        (ASSERTION_TYPE, "aa.bb.cc")
    );
    assert!(!form.contains_key("client_secret"));
    let log = running.server.log();
    assert!(log.contains("managed identity") && !log.contains("aa.bb.cc"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_federated_token_is_read_from_its_file() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("token");
    std::fs::write(&file, "dd.ee.ff\n")?;
    let (_running, form) =
        proof(&[("AZURE_FEDERATED_TOKEN_FILE", file.to_str().expect("a path")), ("ENTRA_CLIENT_SECRET", SECRET)])
            .await?;
    assert_eq!((form["client_assertion"].as_str(), form.get("client_secret")), ("dd.ee.ff", None));
    Ok(())
}

#[tokio::test]
async fn a_certificate_signs_for_the_tenants_token_endpoint() -> anyhow::Result<()> {
    use aws_lc_rs::{encoding::AsDer as _, rsa::KeySize, signature::RsaKeyPair};
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("app.pem");
    let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let encode = |bytes: &[u8]| base64::prelude::BASE64_STANDARD.encode(bytes);
    let pkcs8 = key.as_der()?;
    std::fs::write(
        &file,
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n{}\n\
             -----END PRIVATE KEY-----\n",
            encode(b"a certificate"),
            encode(pkcs8.as_ref())
        ),
    )?;
    let (running, form) =
        proof(&[("ENTRA_CLIENT_CERTIFICATE", file.to_str().expect("a path")), ("ENTRA_CLIENT_SECRET", SECRET)]).await?;
    let claims: Value = super::fake::claims_of(&form["client_assertion"]);
    assert_eq!(claims["aud"], format!("{}/{TENANT}/oauth2/v2.0/token", running.fake.origin));
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(APP), Some(APP)));
    let head = BASE64_URL_SAFE_NO_PAD.decode(form["client_assertion"].split('.').next().unwrap_or_default())?;
    assert_eq!(serde_json::from_slice::<Value>(&head)?["alg"], "PS256");
    assert!(!form.contains_key("client_secret"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_used_is_one_line_and_no_start() -> anyhow::Result<()> {
    let base = [("ENTRA_TENANT_ID", TENANT), ("ENTRA_CLIENT_ID", APP)];
    for (name, value, said) in [
        ("", "", "the server has to prove who it is"),
        ("ENTRA_CLIENT_SECRET", "  ", "blank"),
        ("ENTRA_CLIENT_CERTIFICATE", "/nowhere.pem", "ENTRA_CLIENT_CERTIFICATE"),
        ("ENTRA_ALLOWED_TENANTS", "common", "ENTRA_ALLOWED_TENANTS"),
        ("ENTRA_ADMIN_GROUP", "admins", "ENTRA_ADMIN_GROUP"),
        ("ENTRA_HOST_CLIENT_ID", "host", "ENTRA_HOST_CLIENT_ID"),
        ("ENTRA_APP_ID_URI", "no \"uri\"", "ENTRA_APP_ID_URI"),
        ("ENTRA_PUBLIC_URL", "http://mcp.example.com", "ENTRA_PUBLIC_URL"),
        ("ENTRA_PUBLIC_URL", "https://mcp.example.com/path", "ENTRA_PUBLIC_URL"),
        ("ENTRA_AUTHORITY", "http://login.example.com", "ENTRA_AUTHORITY"),
        ("ENTRA_TENANT_ID", "contoso.onmicrosoft.com", "GUID"),
        ("ENTRA_TOKEN_CACHE", "keyring", "ENTRA_TOKEN_CACHE"),
        ("ENTRA_AUDIT_LOG", "/proc/none/audit", "ENTRA_AUDIT_LOG"),
    ] {
        let mut environment: Vec<(String, String)> = Vec::new();
        let secret = (!["", "ENTRA_CLIENT_SECRET"].contains(&name)).then_some(("ENTRA_CLIENT_SECRET", SECRET));
        let set = base.into_iter().chain(secret).chain([(name, value)]).filter(|(name, _)| !name.is_empty());
        environment.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let started = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-entra-id").as_ref(), &[], &environment).await;
        let error = started.err().unwrap_or_else(|| panic!("started with {name}={value:?}")).to_string();
        assert!(error.contains("error: ") && error.contains(said) && !error.contains(SECRET), "{name}: {error}");
    }
    Ok(())
}
