//! Keys: found, kept, rotated, and never fetched faster than the limit.

use std::time::{Duration, Instant};

use futures::{StreamExt, future::join_all, stream};
use mcp_support::{
    auth::{KeyLimits, KeySource, ResourceServer, ResourceServerSettings, SettingsError, TrustedIssuer},
    serve::Access,
    testing::{
        PATIENCE,
        auth::{Behaviour, MetadataForm, SigningKey, TestIssuer},
    },
};
use serde_json::json;

use crate::{Rig, quick};

#[tokio::test]
async fn keys_are_found_wherever_the_metadata_is() -> anyhow::Result<()> {
    for form in [MetadataForm::OAuth, MetadataForm::OpenIdInserted, MetadataForm::OpenIdAppended] {
        let rig = Rig::start_for(TestIssuer::start_at("/tenant/v2.0", form).await?, |_| {}).await?;
        assert_eq!(rig.first_status(&rig.token("access")?).await?, 200, "{form:?}");
    }
    let at_url = |settings: &mut ResourceServerSettings, address: &str| {
        settings.issuers[0].keys = KeySource::Url(address.parse().expect("a URL"));
    };
    let issuer = TestIssuer::start().await?;
    let (address, given) = (issuer.jwks_uri(), issuer.jwks());
    let rig = Rig::start_for(issuer, |settings| at_url(settings, &address)).await?;
    assert_eq!(rig.first_status(&rig.token("access")?).await?, 200, "at a fixed URL");

    // A document that names another issuer is refused where it was looked for, and taken where it was named.
    let issuer = TestIssuer::start().await?;
    issuer.behave(Behaviour::OtherIssuer);
    let metadata: url::Url = format!("{}/.well-known/oauth-authorization-server", issuer.issuer()).parse()?;
    let named = KeySource::Metadata(metadata);
    let rig = Rig::start_for(issuer, |settings| settings.issuers[0].keys = named).await?;
    assert_eq!(rig.first_status(&rig.token("access")?).await?, 200, "at a fixed metadata document");

    let issuer = TestIssuer::start().await?;
    let set = issuer.jwks();
    let rig = Rig::start_for(issuer, |settings| settings.issuers[0].keys = KeySource::Given(set)).await?;
    assert_eq!(rig.first_status(&rig.token("access")?).await?, 200, "given");
    let unknown = rig.issuer.mint(&rig.url).header("kid", "other").sign()?;
    assert_eq!(rig.first_status(&unknown).await?, 401);
    assert_eq!(rig.issuer.fetches(), 0);

    let settings = |issuer: &str, keys| {
        let issuer = TrustedIssuer { issuer: issuer.into(), keys };
        ResourceServer::new(ResourceServerSettings::new("https://a.example/mcp".parse().expect("a URL"), vec![issuer]))
    };
    let plain = KeySource::Url("http://login.example/keys".parse()?);
    assert!(matches!(settings("https://login.example", plain).err(), Some(SettingsError::Keys(_))));
    let plain = KeySource::Metadata("http://login.example/.well-known/openid-configuration".parse()?);
    assert!(matches!(settings("https://login.example", plain).err(), Some(SettingsError::Keys(_))));
    let inner = KeySource::Url("http://127.0.0.1:1/keys".parse()?);
    assert!(matches!(settings("https://login.example", inner).err(), Some(SettingsError::Keys(_))));
    let none = KeySource::Given(json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }));
    assert!(matches!(settings("https://login.example", none).err(), Some(SettingsError::NoKey(_))));
    let plain = settings("http://login.example", KeySource::Given(given));
    assert!(matches!(plain.err(), Some(SettingsError::Issuer(_))));
    Ok(())
}

#[tokio::test]
async fn an_issuer_that_misbehaves_is_our_problem_and_not_the_tokens() -> anyhow::Result<()> {
    for behaviour in [
        Behaviour::Slow(Duration::from_secs(20)),
        Behaviour::Huge,
        Behaviour::Broken,
        Behaviour::WrongType,
        Behaviour::Failing,
        Behaviour::Redirecting,
        Behaviour::TooMany,
        Behaviour::OtherIssuer,
    ] {
        let rig = Rig::start().await?;
        let token = rig.token("access")?;
        rig.issuer.behave(behaviour.clone());
        let began = Instant::now();
        let reply = rig.first(mcp_support::client::Revision::Modern, crate::bearer(&token)?).await?;
        assert_eq!(reply.status, 503, "{behaviour:?}: {}", reply.text);
        assert!(began.elapsed() < Duration::from_secs(5), "{behaviour:?} took {:?}", began.elapsed());
        assert_eq!(reply.headers["retry-after"], "1", "{behaviour:?}");
        assert!(!reply.headers.contains_key("www-authenticate"), "{behaviour:?}: the token may well be good");
        rig.issuer.behave(Behaviour::Well);
        assert_eq!(rig.first_status(&token).await?, 200, "{behaviour:?} is over");
    }
    Ok(())
}

#[tokio::test]
async fn a_failing_refetch_keeps_the_old_keys_until_they_are_too_old() -> anyhow::Result<()> {
    let max_age = Duration::from_millis(1500);
    let limits = KeyLimits { refresh_after: Duration::from_millis(50), max_age, ..quick() };
    let rig = Rig::start_with(|settings| settings.keys = limits).await?;
    assert_eq!(rig.first_status(&rig.token("access")?).await?, 200);
    let fetched = Instant::now();
    rig.issuer.behave(Behaviour::Failing);
    // A new token each time: it is verified, not looked up.
    let mut attempts = 0;
    let until = loop {
        let status = rig.first_status(&rig.token("access")?).await?;
        if status == 503 {
            break fetched.elapsed();
        }
        assert_eq!(status, 200);
        attempts = rig.issuer.fetches();
        anyhow::ensure!(fetched.elapsed() < PATIENCE, "old keys are kept forever");
    };
    assert!(attempts > 2, "it was tried again: {attempts}");
    assert!(until > max_age - Duration::from_millis(500), "refused after {until:?}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_by_all_together() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    assert_eq!(rig.first_status(&rig.token("access")?).await?, 200);
    assert_eq!(rig.issuer.fetches(), 1);
    rig.issuer.rotate_to(SigningKey::es256("key-2")?);
    let tokens: Vec<String> = (0..20).map(|_| rig.token("access")).collect::<Result<_, _>>()?;
    let statuses = join_all(tokens.iter().map(|token| rig.first_status(token))).await;
    for status in statuses {
        assert_eq!(status?, 200);
    }
    assert_eq!(rig.issuer.fetches(), 2);
    let bad = rig.issuer.mint(&rig.url).header("kid", "nobody").sign()?;
    for status in join_all((0..20).map(|_| rig.first_status(&bad))).await {
        assert_eq!(status?, 401);
    }
    assert_eq!(rig.issuer.fetches(), 3);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_published_while_keys_are_being_fetched_is_not_missed() -> anyhow::Result<()> {
    let issuer = TestIssuer::start().await?;
    let limits = KeyLimits { fetch_time: Duration::from_secs(5), ..quick() };
    let server = resource_server(&issuer, limits)?;
    assert_eq!(admits(&server, &issuer.mint(RESOURCE).sign()?).await?, 200);
    issuer.behave(Behaviour::Slow(Duration::from_secs(1)));
    let bad = issuer.mint(RESOURCE).header("kid", "nobody").sign()?;
    let rotating = async {
        while issuer.fetches() < 2 {
            tokio::task::yield_now().await;
        }
        // The answer that is on its way holds the keys from before.
        issuer.rotate_to(SigningKey::es256("key-2")?);
        issuer.withdraw_old_keys();
        let tokens: Vec<String> = (0..10).map(|_| issuer.mint(RESOURCE).sign()).collect::<Result<_, _>>()?;
        for status in join_all(tokens.iter().map(|token| admits(&server, token))).await {
            assert_eq!(status?, 200);
        }
        anyhow::Ok(())
    };
    let (refused, rotated) = tokio::join!(admits(&server, &bad), rotating);
    rotated?;
    assert_eq!(refused?, 401);
    assert_eq!(issuer.fetches(), 3);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_withdrawn_takes_its_tokens_with_it() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let old = rig.token("access")?;
    assert_eq!(rig.first_status(&old).await?, 200);
    assert_eq!(rig.first_status(&old).await?, 200, "looked up");
    rig.issuer.rotate_to(SigningKey::es256("key-2")?);
    rig.issuer.withdraw_old_keys();
    assert_eq!(rig.first_status(&rig.token("access")?).await?, 200);
    assert_eq!(rig.first_status(&old).await?, 401, "although it had been verified");
    Ok(())
}

const RESOURCE: &str = "https://mcp.example.com/mcp";

/// A server without HTTP around it, for what has to be quick.
fn resource_server(issuer: &TestIssuer, keys: KeyLimits) -> anyhow::Result<ResourceServer> {
    let trusted = vec![TrustedIssuer::discovered(issuer.issuer())];
    let mut settings = ResourceServerSettings::new(RESOURCE.parse()?, trusted);
    settings.keys = keys;
    Ok(ResourceServer::new(settings)?)
}

/// A request without a body, as the layer sees it.
async fn admits(server: &ResourceServer, token: &str) -> anyhow::Result<u16> {
    let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}")).body(())?;
    let mut parts = request.into_parts().0;
    Ok(server.admit(&mut parts).await.map_or_else(|refusal| refusal.status().as_u16(), |()| 200))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_bad_tokens_neither_fetches_more_nor_slows_good_ones() -> anyhow::Result<()> {
    let issuer = TestIssuer::start().await?;
    let url = RESOURCE;
    let interval = Duration::from_millis(200);
    let server = resource_server(&issuer, KeyLimits { fetch_interval: interval, ..KeyLimits::default() })?;
    let known = issuer.mint(url).sign()?;
    assert_eq!(admits(&server, &known).await?, 200);

    let stranger = SigningKey::es256("key-1")?;
    let bad = |number: usize| match number % 4 {
        0 => issuer.mint(url).header("kid", format!("unknown-{number}")).sign(),
        1 => issuer.mint(url).claim("n", number).sign_with(&stranger),
        2 => Ok(issuer.mint(url).claim("n", number).unsigned()),
        _ => issuer.mint(url).claim("n", number).claim("exp", 1).sign(),
    };
    let bad: Vec<String> = (0..10_000).map(bad).collect::<Result<_, _>>()?;
    let fresh: Vec<String> = (0..50).map(|_| issuer.mint(url).sign()).collect::<Result<_, _>>()?;

    let began = Instant::now();
    let flood = stream::iter(&bad).map(|token| admits(&server, token)).buffer_unordered(256).collect::<Vec<_>>();
    let good = async {
        let mut slowest = Duration::ZERO;
        for token in &fresh {
            for token in [token, &known] {
                let began = Instant::now();
                assert_eq!(admits(&server, token).await?, 200);
                slowest = slowest.max(began.elapsed());
            }
            tokio::task::yield_now().await;
        }
        anyhow::Ok(slowest)
    };
    let (refused, slowest) = tokio::join!(flood, good);
    let (took, slowest) = (began.elapsed(), slowest?);
    for status in refused {
        assert!(matches!(status?, 401 | 503));
    }
    let fetches = issuer.fetches();
    eprintln!("10 000 bad tokens in {took:?}: {fetches} fetches, slowest good token {slowest:?}");
    let most = 2 + (took.as_millis() / interval.as_millis()) as usize;
    assert!(fetches <= most, "{fetches} fetches in {took:?}");
    assert!(slowest < Duration::from_secs(2), "a good token took {slowest:?}");
    Ok(())
}
