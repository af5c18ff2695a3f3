//! What people see, and who else may send their forms.

use mcp_entra_id::tenant::known;
use mcp_support::web::{Arrived, Page};

use super::fixture::{REDIRECT, Running};

fn page(arrived: Arrived) -> Page {
    match arrived {
        Arrived::Page(page) => page,
        Arrived::Left(url) => panic!("left to {url}"),
    }
}

#[tokio::test]
async fn it_says_what_it_is() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for url in [running.authorize(&[]), running.at("/devicelogin"), running.at("/error?code=65001")] {
        let page = page(running.browser()?.open(&url).await?);
        assert!(page.html.contains("not a sign-in page of Microsoft"), "{}", page.html);
        assert!(page.headers["content-security-policy"].to_str()?.contains("frame-ancestors 'none'"));
    }
    Ok(())
}

#[tokio::test]
async fn passwords() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let first = page(browser.open(&running.authorize(&[])).await?);
    for (name, password) in [(known::ADA, "a wrong password"), ("nobody@meadow.example", running.password()), ("", "")]
    {
        let again = page(browser.submit(&first, &[("username", name), ("password", password)]).await?);
        assert!(again.status == 401 && again.html.contains("AADSTS50126"), "{name}: {}", again.html);
        assert!(!again.html.contains("a wrong password"));
    }
    for _ in 0..9 {
        browser.submit(&first, &[("username", known::ADA), ("password", "a wrong password")]).await?;
    }
    let locked = page(browser.submit(&first, &[("username", known::ADA), ("password", running.password())]).await?);
    assert!(locked.html.contains("AADSTS50053"), "{}", locked.html);
    running.clock.advance(60);
    let consent = page(browser.submit(&first, &[("username", known::ADA), ("password", running.password())]).await?);
    assert!(consent.html.contains("Permissions requested"), "{}", consent.html);
    let stranger = running.browser()?.to_consent(&running.authorize(&[]), known::VERA, running.password()).await;
    assert!(stranger.expect_err("of another tenant").to_string().contains("AADSTS50020"));
    Ok(())
}

#[tokio::test]
async fn nobody_else_sends_these_forms() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let own = browser.to_consent(&running.authorize(&[]), known::ADA, running.password()).await?;
    let mut fields = own.fields();
    fields.push(("decision".to_owned(), "allow".to_owned()));
    let foreign = page(browser.post(&own, &fields, "https://elsewhere.example").await?);
    assert_eq!(foreign.status, 403);
    let without: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    assert_eq!(page(browser.post(&own, &without, &running.at("")).await?).status, 403);
    let thief = page(running.browser()?.post(&own, &fields, &running.at("")).await?);
    assert_eq!(thief.status, 410, "another browser");
    let request = running.http.get(running.authorize(&[])).header("host", "elsewhere.example");
    assert_eq!(request.send().await?.status(), 403, "another host name");
    assert!(matches!(browser.post(&own, &fields, &running.at("")).await?, Arrived::Left(_)));
    Ok(())
}

#[tokio::test]
async fn ways_back_to_the_client() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let fragment = [("response_mode", "fragment")];
    let back = browser.approve(&running.authorize(&fragment), known::ADA, running.password()).await?;
    assert!(back.starts_with(&format!("{REDIRECT}#code=")), "{back}");
    let other =
        Running::start_with(|settings| settings.redirect_uris.push("https://app.example/done".to_owned())).await?;
    let elsewhere = [("redirect_uri", "https://app.example/done")];
    let back = other.browser()?.approve(&other.authorize(&elsewhere), known::ADA, other.password()).await?;
    assert!(back.starts_with("https://app.example/done?code="), "{back}");
    let posted = page(browser.open(&running.authorize(&[("response_mode", "form_post")])).await?);
    let fields = posted.fields();
    assert!(fields.iter().any(|(name, value)| name == "code" && !value.is_empty()), "{fields:?}");
    assert!(posted.html.contains(&format!(r#"action="{REDIRECT}""#)));

    // Signed out, the browser is asked again; so it is when the client wants that.
    let login = page(browser.open(&running.authorize(&[("prompt", "login")])).await?);
    assert!(login.html.contains(r#"type="password""#));
    browser.open(&running.at("/common/oauth2/v2.0/logout")).await?;
    let signed_out = page(browser.open(&running.authorize(&[("login_hint", known::ADA)])).await?);
    assert!(signed_out.html.contains(&format!(r#"value="{}""#, known::ADA)), "{}", signed_out.html);
    Ok(())
}
