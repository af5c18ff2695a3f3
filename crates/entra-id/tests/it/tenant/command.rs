//! The command `tenant`: the stand-in as a process of its own.

use std::process::{Command, Output};

use mcp_entra_id::tenant::known;
use mcp_support::testing::HttpServer;
use serde_json::Value;

use super::fixture::{has_openssl, openssl};

const BINARY: &str = env!("CARGO_BIN_EXE_mcp-entra-id");

#[tokio::test]
async fn it_says_what_to_set_and_ends_cleanly() -> anyhow::Result<()> {
    let mut running = HttpServer::start_command(BINARY.as_ref(), "tenant", &["--controls"], &[]).await?;
    let log = running.log();
    for line in [
        format!("ENTRA_AUTHORITY={}", running.url),
        format!("ENTRA_TENANT_ID={}", known::TENANT_ID),
        format!("GRAPH_BASE_URL={}/graph/v1.0", running.url),
    ] {
        assert!(log.lines().any(|found| found == line), "{line} is not in {log}");
    }
    let value = |name: &str| {
        let line = log.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()).map(str::to_owned).unwrap_or_default()
    };
    assert!(value("ENTRA_STAND_IN_PASSWORD=").len() == 43 && value("key of the controls: ").len() == 43, "{log}");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", known::SERVER_APP),
        ("client_secret", &value("ENTRA_CLIENT_SECRET=")),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url = format!("{}/{}/oauth2/v2.0/token", running.url, known::TENANT_ID);
    let client = reqwest::Client::builder().no_proxy().build()?;
    assert_eq!(client.post(url).form(&form).send().await?.status(), 200);
    running.terminate().await?;
    assert!(running.wait().await?.success());
    Ok(())
}

#[tokio::test]
async fn what_is_chosen_is_not_printed() -> anyhow::Result<()> {
    let chosen = [("ENTRA_STAND_IN_PASSWORD", "a chosen password"), ("ENTRA_STAND_IN_SECRET", "a chosen secret")];
    let chosen = chosen.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let running = HttpServer::start_command(BINARY.as_ref(), "tenant", &[], &chosen).await?;
    let log = running.log();
    assert!(!log.contains("a chosen") && !log.contains("made up") && !log.contains("controls"), "{log}");
    Ok(())
}

#[tokio::test]
async fn over_tls() -> anyhow::Result<()> {
    if !has_openssl() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("leaf.ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")?;
    for command in [
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=tests -days 1 -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tls.key -out tls.csr",
        "x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile leaf.ext -out tls.pem",
    ] {
        openssl(folder.path(), command)?;
    }
    let flags = ["--host", "localhost", "--tls-cert", &at("tls.pem"), "--tls-key", &at("tls.key")];
    let running = HttpServer::start_command(BINARY.as_ref(), "tenant", &flags, &[]).await?;
    assert!(running.url.starts_with("https://localhost:"), "{}", running.url);
    let root = reqwest::Certificate::from_pem(&std::fs::read(at("ca.pem"))?)?;
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build()?;
    let url = format!("{}/{}/v2.0/.well-known/openid-configuration", running.url, known::TENANT_ID);
    let metadata: Value = client.get(&url).send().await?.json().await?;
    assert_eq!(metadata["issuer"], format!("{}/{}/v2.0", running.url, known::TENANT_ID));
    let stranger = reqwest::Client::builder().no_proxy().build()?;
    assert!(stranger.get(&url).send().await.is_err(), "nobody else trusts that certificate");
    let plain = stranger.get(url.replacen("https", "http", 1)).send().await;
    assert!(plain.is_err(), "and nothing is answered in clear");
    Ok(())
}

#[test]
fn what_cannot_be_used_is_one_clear_line() {
    let run = |arguments: &[&str], environment: &[(&str, &str)]| -> Output {
        let command = Command::new(BINARY).arg("tenant").args(arguments).envs(environment.iter().copied()).output();
        command.expect("it runs")
    };
    for (arguments, environment, code, part) in [
        (&["--server-url", "nonsense"][..], &[][..], 2, "'nonsense' is no URL of an MCP server"),
        (&["--bind", "nonsense"], &[], 2, "--bind"),
        (&["--tls-cert", "cert.pem"], &[], 2, "--tls-key"),
        (&["--federated-issuer", "https://tokens.example"], &[], 2, "--federated-subject"),
        (&["--server-certificate", "/nowhere/cert.pem"], &[], 2, "cannot read /nowhere/cert.pem"),
        (&["--server-certificate", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], &[], 2, "is no certificate"),
        (&["--tls-cert", "/nowhere/a", "--tls-key", "/nowhere/b", "--bind", "127.0.0.1:0"], &[], 1, "/nowhere/a"),
        (&["--bind", "0.0.0.0:0"], &[], 1, "https only"),
        (&[], &[("ENTRA_STAND_IN_PASSWORD", "short")], 2, "ENTRA_STAND_IN_PASSWORD has to have 12 to 200 characters"),
    ] {
        let output = run(arguments, environment);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(part) && !stderr.contains("short\n"), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}
