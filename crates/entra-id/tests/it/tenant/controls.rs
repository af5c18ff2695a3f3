//! The controls, over HTTP, and keys that change.

use mcp_entra_id::tenant::{Control, known};
use secrecy::ExposeSecret;
use serde_json::json;

use super::fixture::{Running, answer};

#[tokio::test]
async fn only_whoever_has_the_key() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let key = running.tenant.controls_key().expect("controls").expose_secret().to_owned();
    let post = |path: &str| running.http.post(running.at(path));
    assert_eq!(answer(post("/stand-in/rotate-keys")).await?.status, 401);
    assert_eq!(answer(post("/stand-in/rotate-keys").bearer_auth("another key")).await?.status, 401);
    assert!(answer(post("/stand-in/rotate-keys").bearer_auth(&key)).await?.body["kid"].is_string());
    for (action, body) in [
        ("destroy", json!({})),
        ("throttle", json!({"requests": "many"})),
        ("throttle", json!({"requests": 1, "surprise": true})),
        ("throttle", json!({"requests": 1, "status": 200})),
        ("revoke-sessions", json!({"user": "nobody@meadow.example"})),
        ("access-seconds", json!({"seconds": 90_000})),
        ("rotate-keys", json!([])),
    ] {
        let refused = answer(post(&format!("/stand-in/{action}")).bearer_auth(&key).json(&body)).await?;
        assert_eq!(refused.status, 400, "{action} {body}: {refused:?}");
    }
    let closed = Running::start_with(|settings| settings.controls = false).await?;
    let path = closed.at("/stand-in/rotate-keys");
    assert_eq!(answer(closed.http.post(path).bearer_auth(&key)).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn keys_change_in_flight() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let published = async || {
        let keys = running.get("/common/discovery/v2.0/keys", None).await?;
        let keys = keys.body["keys"].as_array().cloned().unwrap_or_default();
        anyhow::Ok(keys.into_iter().map(|key| key["kid"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>())
    };
    let before = published().await?;
    let old = running.signed_in(known::ADA).await?.text("access_token");
    let rotated = running.tenant.control(Control::RotateKeys { withdraw: false }).await?;
    let after = published().await?;
    assert_eq!((before.len(), after.len()), (2, 3));
    assert_eq!(rotated["kid"], before[1], "what signs now was published before");
    assert_eq!(running.on_behalf_of(&old, &[]).await?.status, 200, "old tokens stay good");
    running.tenant.control(Control::RotateKeys { withdraw: true }).await?;
    assert_eq!(running.on_behalf_of(&old, &[]).await?.code(), 50_013, "until their key is withdrawn");
    Ok(())
}

#[tokio::test]
async fn lives_of_tokens() -> anyhow::Result<()> {
    let running = Running::start().await?;
    running.tenant.control(Control::AccessSeconds { seconds: -1 }).await?;
    let answer = running.daemon(&[]).await?;
    let claims = answer.claims();
    assert_eq!(claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time"), -1);
    let refresh = running.signed_in(known::ADA).await?.text("refresh_token");
    running.tenant.control(Control::ExpireRefreshTokens {}).await?;
    let form = [("grant_type", "refresh_token"), ("client_id", known::HOST_APP), ("refresh_token", &refresh)];
    assert_eq!(running.token(&form).await?.code(), 70_008);
    Ok(())
}
