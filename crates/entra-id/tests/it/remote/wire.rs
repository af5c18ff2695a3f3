//! The contract, which is the same in both revisions.

use mcp_support::{client::Revision, testing::contract};
use serde_json::json;

use super::fixture::{BOTH, Running, connect};

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
