//! Device codes.

use mcp_entra_id::tenant::{Control, known};
use mcp_support::web::{Arrived, Browser};

use super::fixture::{Answer, Running, answer};

async fn begin(running: &Running, scope: &str) -> anyhow::Result<Answer> {
    let path = format!("/{}/oauth2/v2.0/devicecode", known::TENANT_ID);
    answer(running.http.post(running.at(&path)).form(&[("client_id", known::LOCAL_APP), ("scope", scope)])).await
}

async fn poll(running: &Running, code: &str) -> anyhow::Result<Answer> {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    running.token(&[("grant_type", grant), ("client_id", known::LOCAL_APP), ("device_code", code)]).await
}

/// Types a code in, and returns the page that follows.
async fn enter(running: &Running, browser: &mut Browser, code: &str) -> anyhow::Result<Arrived> {
    let Arrived::Page(page) = browser.open(&running.at("/devicelogin")).await? else { panic!("no page") };
    browser.submit(&page, &[("otc", code)]).await
}

#[tokio::test]
async fn somebody_types_the_code_in() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let begun = begin(&running, "User.Read openid offline_access").await?;
    let (code, user_code) = (begun.text("device_code"), begun.text("user_code"));
    assert_eq!(begun.text("verification_uri"), running.at("/devicelogin"));
    assert!(
        begun.text("message").contains(&user_code) && begun.body["interval"] == 5 && begun.body["expires_in"] == 900
    );
    let pending = poll(&running, &code).await?;
    assert_eq!((pending.code(), pending.text("error").as_str()), (70_016, "authorization_pending"));

    let mut browser = running.browser()?;
    let Arrived::Page(page) = enter(&running, &mut browser, "WRONGCODE").await? else { panic!("no page") };
    assert!(page.status == 400 && page.html.contains("Check the code"), "{}", page.html);
    let arrived = enter(&running, &mut browser, &user_code.to_lowercase()).await?;
    let Arrived::Page(page) = browser.walk(arrived, known::ADA, running.password()).await? else { panic!("no page") };
    assert!(page.html.contains("You have signed in"), "{}", page.html);

    let tokens = poll(&running, &code).await?;
    assert_eq!(tokens.claims()["upn"], known::ADA);
    assert!(tokens.body["refresh_token"].is_string() && tokens.body["id_token"].is_string());
    assert_eq!(poll(&running, &code).await?.code(), 70_018, "once");
    Ok(())
}

#[tokio::test]
async fn a_known_browser_is_asked_whether_it_was_them() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let local = [("client_id", known::LOCAL_APP), ("scope", "User.Read")];
    browser.approve(&running.authorize(&local), known::ADA, running.password()).await?;
    // Signed in, and consent was given: nothing else stands between a code that a thief has sent and the tokens.
    let begun = begin(&running, "User.Read").await?;
    let Arrived::Page(page) = enter(&running, &mut browser, &begun.text("user_code")).await? else { panic!("no page") };
    assert!(page.html.contains("Only continue if you began this yourself"), "{}", page.html);
    assert_eq!(poll(&running, &begun.text("device_code")).await?.code(), 70_016);
    browser.submit(&page, &[("decision", "deny")]).await?;
    let declined = poll(&running, &begun.text("device_code")).await?;
    assert_eq!((declined.code(), declined.text("error").as_str()), (65_004, "authorization_declined"));
    Ok(())
}

#[tokio::test]
async fn codes_expire() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let first = begin(&running, "User.Read").await?;
    running.clock.advance(900);
    let expired = poll(&running, &first.text("device_code")).await?;
    assert_eq!((expired.code(), expired.text("error").as_str()), (70_020, "expired_token"));
    let second = begin(&running, "User.Read").await?;
    running.tenant.control(Control::ExpireCodes {}).await?;
    assert_eq!(poll(&running, &second.text("device_code")).await?.code(), 70_020);
    assert_eq!(poll(&running, "unknown").await?.code(), 70_018);
    assert_eq!(begin(&running, "").await?.code(), 900_144);
    Ok(())
}
