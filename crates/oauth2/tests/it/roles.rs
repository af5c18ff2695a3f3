//! The roles apart, and what outlasts a process.

use std::process::Stdio;

use mcp_support::web::challenge;
use mcp_support::{
    testing::{HttpServer, PATIENCE},
    web::{Arrived, Browser},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::fixture::{CONFIDENTIAL, PASSWORD, Running, SECRET};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-oauth2"));
    command.env("OAUTH_CLIENT_SECRET", SECRET).env("OAUTH_DEMO_PASSWORD", PASSWORD);
    command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// The authorization server alone on a free port, and its origin.
async fn authorization_server(resource: &str) -> anyhow::Result<(Child, String)> {
    let flags = ["serve-authorization-server", "--bind", "127.0.0.1:0", "--resource", resource];
    let mut child = program().args(flags).spawn()?;
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await??.expect("a line");
    let origin = line.strip_prefix("listening on ").expect("an address").to_owned();
    Ok((child, origin))
}

#[tokio::test]
async fn the_two_servers_run_apart() -> anyhow::Result<()> {
    // The resource has to be known first; any free port will do.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let resource = format!("http://127.0.0.1:{port}/mcp");
    let (mut child, origin) = authorization_server(&resource).await?;
    let address = format!("127.0.0.1:{port}");
    let mut server = program();
    server.args(["http", "--bind", &address, "--issuer", &origin]);
    let mut server = server.spawn()?;
    let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines();
    assert_eq!(lines.next_line().await?.as_deref(), Some(format!("listening on {resource}").as_str()));

    let http = reqwest::Client::builder().no_proxy().build()?;
    let form = [("grant_type", "client_credentials"), ("scope", "mcp.access"), ("resource", &resource)];
    let sending = http.post(format!("{origin}/oauth2/token")).basic_auth(CONFIDENTIAL, Some(SECRET)).form(&form);
    let answer: Value = sending.send().await?.json().await?;
    let token = answer["access_token"].as_str().expect("a token");
    assert_eq!(challenge(&resource, Some(token)).await?, None, "let in");
    assert!(challenge(&resource, None).await?.is_some());

    // A page that has rebound its name to this machine names another host.
    let rebound = http.get(format!("{origin}/oauth2/jwks")).header("host", "evil.example").send().await?;
    assert_eq!(rebound.status(), 403);
    // Alone too it has the guards of the other server.
    let long = http.get(format!("{origin}/oauth2/jwks")).header("x-long", "x".repeat(150_000)).send().await?;
    assert_eq!(long.status(), 431);
    assert_eq!(http.get(format!("{origin}/readyz")).send().await?.text().await?, "ready\n");
    for (child, name) in [(&mut child, "authorization server"), (&mut server, "resource server")] {
        let id = child.id().expect("running").to_string();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        assert!(tokio::time::timeout(PATIENCE, child.wait()).await??.success(), "{name} ends cleanly");
    }
    Ok(())
}

#[tokio::test]
async fn keys_outlast_a_process_for_their_owner_alone_and_rotate_under_a_running_one() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().to_str().expect("text").to_owned();
    let kids = async |running: &Running| -> anyhow::Result<Vec<String>> {
        let keys = running.json("/oauth2/jwks").await?;
        Ok(keys["keys"].as_array().expect("keys").iter().map(|key| key["kid"].to_string()).collect())
    };
    let first = Running::start_with(&["--data", &data]).await?;
    let before = kids(&first).await?;
    drop(first);
    #[cfg(unix)]
    for entry in std::fs::read_dir(&data)? {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}: {mode:o}", entry.file_name());
    }
    let second = Running::start_with(&["--data", &data]).await?;
    assert_eq!(kids(&second).await?, before);
    let old = second.machine("mcp.access").await?.text("access_token");
    assert_eq!(challenge(&second.server.url, Some(&old)).await?, None);

    let rotated = program().args(["rotate-keys", "--data", &data]).output().await?;
    assert!(rotated.status.success(), "{rotated:?}");
    assert_eq!(kids(&second).await?.len(), 3);
    let new = second.machine("mcp.access").await?.text("access_token");
    assert_ne!(old.split('.').next(), new.split('.').next(), "another kid");
    for token in [&old, &new] {
        assert_eq!(challenge(&second.server.url, Some(token)).await?, None, "both are good, without a restart");
    }
    let without = program().arg("rotate-keys").output().await?;
    assert_eq!(without.status.code(), Some(2));
    Ok(())
}

/// The command `client`, with a browser at the other end of what it prints.
#[tokio::test]
async fn the_client_command_goes_all_the_way() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut client = program().args(["client", "--url", &running.server.url]).spawn()?;
    let mut lines = BufReader::new(client.stdout.take().expect("piped")).lines();
    let mut browser = Browser::new(running.server.origin())?;
    let loopback = reqwest::Client::builder().no_proxy().build()?;
    let mut said = String::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await?? {
        if line.trim().starts_with(running.server.origin()) {
            let back = browser.approve(line.trim(), "ada", PASSWORD).await?;
            assert!(loopback.get(back).send().await?.text().await?.contains("close this page"));
        }
        said += &format!("{line}\n");
    }
    assert!(tokio::time::timeout(PATIENCE, client.wait()).await??.success(), "{said}");
    for part in ["401: Bearer", "hello: Hello, ada!", "403 for create_note", "written: ", "after a refresh: Hello"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn clients_register_only_where_that_is_turned_on() -> anyhow::Result<()> {
    let closed = Running::start().await?;
    let register = async |running: &Running, body: Value| -> anyhow::Result<(u16, Value)> {
        let response = running.http.post(running.at("/oauth2/register")).json(&body).send().await?;
        Ok((response.status().as_u16(), response.json().await.unwrap_or_default()))
    };
    let native = json!({"client_name": "N", "redirect_uris": [crate::fixture::REDIRECT], "application_type": "native"});
    assert_eq!(register(&closed, native.clone()).await?.0, 404);

    let open = Running::start_with(&["--dynamic-registration"]).await?;
    let (status, client) = register(&open, native.clone()).await?;
    assert_eq!(status, 201, "{client}");
    assert_eq!((&client["token_endpoint_auth_method"], &client["client_secret"]), (&json!("none"), &Value::Null));
    let id = client["client_id"].as_str().expect("an id");
    let consent = open.browser()?.to_consent(&open.authorize(&[("client_id", id)]), "ada", PASSWORD).await?;
    assert!(consent.html.contains("<strong>N</strong>"));
    for (name, value) in [
        ("redirect_uris", json!(["http://evil.example/cb"])),
        ("redirect_uris", json!(["javascript:alert(1)"])),
        ("redirect_uris", json!([])),
        ("application_type", json!("web")),
        ("application_type", json!("other")),
        ("scope", json!("root")),
    ] {
        let mut body = native.clone();
        body[name] = value.clone();
        let (status, answer) = register(&open, body).await?;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_client_metadata")), "{name}={value}");
    }
    let script = json!({"client_name": "<script>alert(1)</script>", "redirect_uris": [crate::fixture::REDIRECT],
                        "application_type": "native"});
    let (_, client) = register(&open, script).await?;
    let id = client["client_id"].as_str().expect("an id");
    let arrived = open.browser()?.open(&open.authorize(&[("client_id", id)])).await?;
    let Arrived::Page(page) = arrived else { panic!("{arrived:?}") };
    assert!(page.html.contains("&lt;script&gt;") && !page.html.contains("<script>"), "{}", page.html);
    Ok(())
}

#[tokio::test]
async fn the_tour_holds_whatever_is_set_around_it() -> anyhow::Result<()> {
    let around = [
        ("OAUTH_DPOP", "required"),
        ("OAUTH_DPOP_NONCE", "true"),
        ("OAUTH_ISSUER", "https://login.example.com"),
        ("OAUTH2_PUBLIC_URL", "https://mcp.example.com"),
    ];
    let tour = tokio::time::timeout(2 * PATIENCE, program().arg("demo").envs(around).output()).await??;
    assert!(
        tour.status.success(),
        "{}{}",
        String::from_utf8_lossy(&tour.stdout),
        String::from_utf8_lossy(&tour.stderr)
    );
    Ok(())
}

/// As compose files leave a variable out. A blank secret is none of these: see `refused_tokens`.
#[tokio::test]
async fn variables_that_are_set_to_nothing_are_not_set() -> anyhow::Result<()> {
    let names =
        ["OAUTH2_PUBLIC_URL", "OAUTH_DPOP", "OAUTH_DEMO_USERS", "OAUTH_ISSUER", "MCP_ALLOW_HOSTS", "MCP_STATELESS"];
    let environment = names.map(|name| (name.to_owned(), String::new()));
    let server = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-oauth2").as_ref(), &[], &environment).await?;
    assert!(server.log().contains("made up for ada,grace"), "{}", server.log());
    Ok(())
}

#[tokio::test]
async fn a_busy_port_is_one_line() -> anyhow::Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    for command in ["http", "serve-authorization-server"] {
        let output = program().args([command, "--bind", &address]).output().await?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
        assert!(stderr.contains(&address), "{stderr}");
    }
    assert!(HttpServer::start(env!("CARGO_BIN_EXE_mcp-oauth2").as_ref(), &["--issuer", "nonsense"]).await.is_err());
    Ok(())
}
