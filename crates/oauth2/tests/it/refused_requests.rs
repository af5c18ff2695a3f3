//! Authorization requests and pages that must not work, each named by the rule that it breaks.

use mcp_support::web::Arrived;

use crate::fixture::{PASSWORD, REDIRECT, Running, left, page, parameter};

/// What must be shown to the person, because nothing may be sent to an address that is not the client's.
#[tokio::test]
async fn redirect_uris_are_compared_exactly_and_errors_do_not_follow_them() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for (name, value) in [
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "http://127.0.0.1:49152/callback/"),
        ("redirect_uri", "http://127.0.0.1:49152/callback?next=https://evil.example"),
        ("redirect_uri", "http://127.0.0.1:49152/callback#x"),
        ("redirect_uri", "http://127.0.0.1@evil.example/callback"),
        ("redirect_uri", "http://127.0.0.1:49152/x/../callback"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", ""),
        ("client_id", "nobody"),
        ("client_id", ""),
    ] {
        let shown = page(running.browser()?.open(&running.authorize(&[(name, value)])).await?);
        assert_eq!(shown.status, 400, "{name}={value}");
        assert!(!shown.html.contains("<form"), "{name}={value}");
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", running.authorize(&[]));
    assert_eq!(page(running.browser()?.open(&twice).await?).status, 400, "a parameter twice");
    // The port of a loopback address is the client's choice.
    let other = running.authorize(&[("redirect_uri", "http://127.0.0.1:5/callback")]);
    assert_eq!(page(running.browser()?.open(&other).await?).status, 200);
    Ok(())
}

/// What the client is told, at its own address, with the issuer beside it.
#[tokio::test]
async fn pkce_resource_scope_and_response_type_are_checked() -> anyhow::Result<()> {
    let running = Running::start().await?;
    for (name, value, error) in [
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "too-short", "invalid_request"),
        ("resource", "", "invalid_target"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("scope", "mcp.access root", "invalid_scope"),
        ("response_type", "token", "unsupported_response_type"),
    ] {
        let back = left(running.browser()?.open(&running.authorize(&[(name, value)])).await?);
        assert!(back.starts_with(REDIRECT), "{back}");
        assert_eq!(parameter(&back, "error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(parameter(&back, "iss").as_deref(), Some(running.server.origin()), "{name}={value}");
        assert_eq!(parameter(&back, "state").as_deref(), Some("xyz"), "{name}={value}");
        assert_eq!(parameter(&back, "code"), None, "{name}={value}");
    }
    Ok(())
}

#[tokio::test]
async fn metadata_documents_on_private_addresses_are_not_fetched() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let own = running.at("/.well-known/oauth-authorization-server");
    for id in [
        "https://127.0.0.1/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]:8443/client.json",
        "https://10.1.2.3/client.json",
        "https://localhost/client.json",
        own.as_str(),
    ] {
        let shown = page(running.browser()?.open(&running.authorize(&[("client_id", id)])).await?);
        assert_eq!(shown.status, 400, "{id}");
        assert!(shown.html.contains("public https address"), "{id}: {}", shown.html);
    }
    Ok(())
}

#[tokio::test]
async fn pages_cannot_be_framed_scripted_or_kept() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let sign_in = page(browser.open(&running.authorize(&[])).await?);
    let consent = browser.to_consent(&running.authorize(&[]), "ada", PASSWORD).await?;
    for shown in [&sign_in, &consent] {
        let header = |name: &str| shown.headers[name].to_str().expect("text").to_owned();
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!((header("x-frame-options"), header("cache-control")), ("DENY".into(), "no-store".into()));
        let html = &shown.html;
        assert!(["<script", "onclick", "onload", "javascript:", "<link", "<img"].iter().all(|bad| !html.contains(bad)));
        assert!(html.contains("<html lang=\"en\">") && html.contains("<h1>") && html.contains("<main>"), "{html}");
    }
    // Browsers hold a form to its `form-action`, the redirect after it included.
    let policy = consent.headers["content-security-policy"].to_str()?;
    assert!(policy.contains("form-action 'self' http://127.0.0.1:49152;"), "{policy}");
    assert!(sign_in.html.contains("<label for=\"password\">"));
    assert!(consent.html.contains("127.0.0.1") && consent.html.contains(&running.server.url));
    assert!(browser.cookie.as_ref().is_some_and(|cookie| cookie.starts_with("browser=")));
    Ok(())
}

#[tokio::test]
async fn csrf_a_form_from_elsewhere_is_refused() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let consent = browser.to_consent(&running.authorize(&[]), "ada", PASSWORD).await?;
    let own = running.server.origin().to_owned();
    let mut fields = consent.fields();
    fields.push(("decision".to_owned(), "allow".to_owned()));
    let without: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    let forged: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.clone(), if name == "csrf" { "x".repeat(43) } else { value.clone() }))
        .collect();
    for (what, sent, origin) in [
        ("no token", &without, own.as_str()),
        ("a wrong token", &forged, &own),
        ("origin", &fields, "http://localhost:1"),
    ] {
        assert_eq!(page(browser.post(&consent, sent, origin).await?).status, 403, "{what}");
    }
    // Another browser, which has the whole address and the whole form, is not let in either.
    let mut other = running.browser()?;
    assert_eq!(page(other.post(&consent, &fields, &own).await?).status, 410, "no cookie");
    other.to_consent(&running.authorize(&[]), "grace", PASSWORD).await?;
    assert_eq!(page(other.post(&consent, &fields, &own).await?).status, 410, "another cookie");
    assert!(matches!(browser.post(&consent, &fields, &own).await?, Arrived::Left(_)), "the right one still works");
    Ok(())
}

#[tokio::test]
async fn double_submit_decides_once_and_the_back_button_finds_nothing() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let consent = browser.to_consent(&running.authorize(&[]), "ada", PASSWORD).await?;
    let back = left(browser.submit(&consent, &[("decision", "deny")]).await?);
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "iss").as_deref(), Some(running.server.origin()));
    let again = page(browser.submit(&consent, &[("decision", "allow")]).await?);
    assert_eq!(again.status, 410, "what was denied cannot be allowed later");
    let twice = left(browser.submit(&consent, &[("decision", "deny")]).await?);
    assert_eq!(twice, back, "a browser that sends a form twice has given up the first answer");
    let number = &consent.fields()[0].1;
    assert_eq!(page(browser.open(&running.at(&format!("/consent?request={number}"))).await?).status, 410);
    assert_eq!(page(browser.open(&running.at("/consent?request=none")).await?).status, 410);
    Ok(())
}

#[tokio::test]
async fn double_click_on_sign_in_is_one_sign_in() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let form = page(browser.open(&running.authorize(&[])).await?);
    let planted = browser.cookie.clone();
    let signed_in = [("username", "ada"), ("password", PASSWORD)];
    page(browser.submit(&form, &signed_in).await?);
    let real = browser.cookie.clone();
    // The first answer never came, and with it the new cookie.
    browser.cookie.clone_from(&planted);
    let consent = page(browser.submit(&form, &signed_in).await?);
    assert!(consent.html.contains(r#"value="allow""#), "{}", consent.html);
    assert_eq!(browser.cookie, real);
    // Whoever has planted the cookie has the form, but not the password.
    browser.cookie = planted;
    let shown = page(browser.submit(&form, &[("username", "ada"), ("password", "a guess")]).await?);
    assert_eq!(shown.status, 410);
    Ok(())
}

#[tokio::test]
async fn signing_in_changes_the_cookie_and_wrong_passwords_are_limited() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut browser = running.browser()?;
    let form = page(browser.open(&running.authorize(&[])).await?);
    let before = browser.cookie.clone();
    for _ in 0..5 {
        let shown = page(browser.submit(&form, &[("username", "ada"), ("password", "wrong password")]).await?);
        assert_eq!(shown.status, 401);
        assert!(shown.html.contains("role=\"alert\"") && !shown.html.contains("wrong password"), "{}", shown.html);
        assert!(shown.html.contains(r#"value="ada""#), "the name is not asked for again: {}", shown.html);
    }
    let shown = page(browser.submit(&form, &[("username", "ada"), ("password", PASSWORD)]).await?);
    assert_eq!(shown.status, 429, "even the right one has to wait");
    let consent = page(browser.submit(&form, &[("username", "grace"), ("password", PASSWORD)]).await?);
    assert!(consent.html.contains("grace"), "the other user is not locked out");
    assert_ne!(browser.cookie, before, "session fixation");
    Ok(())
}
