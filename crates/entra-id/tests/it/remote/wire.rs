//! The contract, which is the same in both revisions.

use mcp_support::{
    client::Revision,
    testing::{HttpServer, contract},
};
use serde_json::{Value, json};

use super::fixture::{BOTH, CLIENT, READ, Running, SECRET, TENANT, connect};

#[tokio::test]
async fn the_contract_is_the_same_in_both_revisions() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.mint("grace", BOTH).claim("roles", json!(["Mcp.Admin"])).sign()?;
    let mut all = Vec::new();
    for revision in Revision::ALL {
        let client = connect(&running.server.url, &token, revision).await?;
        let info = client.peer_info().expect("an introduction");
        let words = serde_json::to_string(info.as_ref())?;
        assert!(words.contains("/sign-in") && words.contains("insufficient_claims"), "{revision}: {words}");
        all.push(contract(&client).await?);
        client.cancel().await?;
    }
    assert_eq!(all[0], all[1]);
    insta::assert_json_snapshot!("remote", all[0]);
    Ok(())
}

#[tokio::test]
async fn what_needs_no_token() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let at = |path: &str| format!("{}{path}", running.server.origin());
    for path in ["/healthz", "/readyz", "/sign-in", "/.well-known/oauth-protected-resource/mcp"] {
        assert_eq!(http.get(at(path)).send().await?.status(), 200, "{path}");
    }
    assert_eq!(http.get(&running.server.url).send().await?.status(), 401);
    assert_eq!(http.post(at("/register")).send().await?.status(), 404, "no registration");
    let page = http.get(at("/sign-in")).send().await?.text().await?;
    assert!(page.contains("ENTRA_HOST_CLIENT_ID"), "none is set: {page}");
    Ok(())
}

#[tokio::test]
async fn behind_a_proxy_everything_speaks_of_the_public_url() -> anyhow::Result<()> {
    let public = ("ENTRA_PUBLIC_URL", "https://mcp.example.com");
    let running = Running::start_with(&[public, ("ENTRA_CLIENT_SECRET", SECRET)]).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let get = |path: &str, host: &str| {
        http.get(format!("{}{path}", running.server.origin())).header("host", host.to_owned()).send()
    };
    let metadata: Value = get("/.well-known/oauth-protected-resource/mcp", "mcp.example.com").await?.json().await?;
    assert_eq!(metadata["resource"], "https://mcp.example.com/mcp");
    assert_eq!(metadata["authorization_servers"], json!(["https://mcp.example.com"]));
    assert_eq!(metadata["scopes_supported"], json!(["https://mcp.example.com/mcp/mcp.tools.read"]));
    let facade: Value = get("/.well-known/oauth-authorization-server", "mcp.example.com").await?.json().await?;
    assert_eq!(facade["issuer"], "https://mcp.example.com");
    assert!(facade["token_endpoint"].as_str().is_some_and(|url| url.starts_with(&running.fake.origin)), "{facade}");
    for absent in ["registration_endpoint", "authorization_response_iss_parameter_supported"] {
        assert!(facade.get(absent).is_none(), "{absent}");
    }
    let refused = get("/mcp", "mcp.example.com").await?;
    let words = refused.headers()["www-authenticate"].to_str()?.to_owned();
    assert!(words.contains("https://mcp.example.com/.well-known/oauth-protected-resource/mcp"), "{words}");
    assert_eq!(get("/sign-in", "evil.example.com").await?.status(), 403, "no other name");
    // In version 1 a token names the App ID URI, which is the public URL now.
    let v1 = running
        .mint("ada", READ)
        .claim("iss", format!("{}/{TENANT}/", running.fake.origin))
        .claim("ver", "1.0")
        .claim("aud", "https://mcp.example.com/mcp")
        .claim("azp", Value::Null)
        .claim("appid", CLIENT);
    for revision in Revision::ALL {
        assert_eq!(running.call(revision, &v1.sign()?, "whoami").await?.status, 200, "{revision}");
        let local = v1.clone().claim("aud", running.server.url.as_str()).sign()?;
        assert_eq!(
            running.call(revision, &local, "whoami").await?.status,
            401,
            "{revision}: not the address behind it"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_stand_in_is_for_this_machine_only() -> anyhow::Result<()> {
    let public = [("ENTRA_PUBLIC_URL".to_owned(), "https://mcp.example.com".to_owned())];
    let started = HttpServer::start_with(env!("CARGO_BIN_EXE_mcp-entra-id").as_ref(), &[], &public).await;
    let error = started.err().expect("no start").to_string();
    assert!(error.contains("ENTRA_TENANT_ID") && !error.contains("password"), "{error}");
    Ok(())
}
