//! Silent, refreshed or not at all: the session alone, with a token endpoint that says what the test wants.

use std::collections::BTreeSet;

use mcp_entra_id::{
    authority::Authority,
    failure::EntraError,
    local::{
        cache::{AccessToken, Account, Entry, Place, TokenCache},
        session::{Need, Session, SessionError, Wanted},
    },
    settings::Directory,
    tenant::known,
};
use mcp_support::clock::Clock;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, method, path},
};

/// When the clock of these tests stands.
const NOW: i64 = 1_790_000_000;

struct Stage {
    entra: MockServer,
    cache: TokenCache,
    session: Session,
}

impl Stage {
    /// Somebody has signed in, with an access token that is good for `seconds`.
    async fn set(seconds: i64) -> anyhow::Result<Self> {
        let entra = MockServer::start().await;
        let authority = Authority::new(entra.uri().parse()?, known::TENANT_ID)?;
        let graph = entra.uri().parse()?;
        let directory = Directory { authority, client_id: known::LOCAL_APP.to_owned(), graph };
        let cache = TokenCache::open(&Place::Memory, &directory)?;
        let account = Account {
            object_id: "someone".to_owned(),
            tenant_id: known::TENANT_ID.to_owned(),
            username: Some(known::ADA.to_owned()),
            name: None,
        };
        let access = AccessToken { token: "old-access".into(), expires_at: NOW + seconds, scopes: BTreeSet::new() };
        cache.put(Entry::new(account, access, Some("old-refresh".into()))).await?;
        let session = Session::new(directory, cache.clone(), Clock::standing_at(NOW))?;
        Ok(Self { entra, cache, session })
    }

    /// What the token endpoint answers, and how often it is asked.
    async fn answers(&self, status: u16, body: Value, times: u64) {
        Mock::given(method("POST"))
            .and(path(format!("/{}/oauth2/v2.0/token", known::TENANT_ID)))
            .and(body_string_contains("refresh_token=old-refresh"))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .expect(times)
            .mount(&self.entra)
            .await;
    }

    async fn token(&self) -> Result<String, SessionError> {
        self.session.token(&Wanted::default()).await.map(|token| token.expose_secret().to_owned())
    }

    /// The refresh token that is kept.
    async fn kept(&self) -> Option<String> {
        let entry = self.cache.load().await.expect("works")?;
        entry.refresh_token.map(|token| token.expose_secret().to_owned())
    }
}

fn issued(refresh_token: Option<&str>) -> Value {
    let mut answer =
        json!({"token_type": "Bearer", "access_token": "new-access", "expires_in": 3600, "scope": "User.Read"});
    if let Some(refresh_token) = refresh_token {
        answer["refresh_token"] = refresh_token.into();
    }
    answer
}

fn refused(error: &str, claims: Option<&str>) -> Value {
    json!({"error": error, "error_description": "AADSTS50076: More is needed.", "error_codes": [50076], "claims": claims})
}

#[tokio::test]
async fn a_fresh_token_is_used_and_entra_is_not_asked() -> anyhow::Result<()> {
    let stage = Stage::set(301).await?;
    stage.answers(500, json!({}), 0).await;
    assert_eq!(stage.token().await?, "old-access");
    Ok(())
}

#[tokio::test]
async fn many_who_need_a_new_one_refresh_once() -> anyhow::Result<()> {
    let stage = Stage::set(300).await?;
    stage.answers(200, issued(Some("new-refresh")), 1).await;
    for token in futures::future::join_all((0..20).map(|_| stage.token())).await {
        assert_eq!(token?, "new-access");
    }
    assert_eq!(stage.kept().await.as_deref(), Some("new-refresh"), "refresh tokens rotate");
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_that_is_not_replaced_stays() -> anyhow::Result<()> {
    let stage = Stage::set(0).await?;
    stage.answers(200, issued(None), 1).await;
    assert_eq!(stage.token().await?, "new-access");
    assert_eq!(stage.kept().await.as_deref(), Some("old-refresh"));
    Ok(())
}

#[tokio::test]
async fn a_grant_that_is_over_is_forgotten() -> anyhow::Result<()> {
    let stage = Stage::set(0).await?;
    stage.answers(400, refused("invalid_grant", None), 1).await;
    for _ in 0..2 {
        assert!(matches!(stage.token().await, Err(SessionError::NeedsPerson(Need { claims: None, .. }))));
    }
    assert!(stage.cache.load().await?.is_none(), "as if signed out");
    Ok(())
}

#[tokio::test]
async fn a_challenge_goes_to_the_person_and_the_tokens_stay() -> anyhow::Result<()> {
    let stage = Stage::set(0).await?;
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    stage.answers(400, refused("interaction_required", Some(claims)), 1).await;
    let Err(SessionError::NeedsPerson(Need { claims: Some(told), .. })) = stage.token().await else {
        panic!("no challenge")
    };
    assert_eq!(told, claims);
    assert!(stage.kept().await.is_some());
    Ok(())
}

#[tokio::test]
async fn a_bad_minute_at_entra_is_none_while_the_old_token_lives() -> anyhow::Result<()> {
    for (seconds, status) in [(200, 503), (200, 500), (31, 429)] {
        let stage = Stage::set(seconds).await?;
        stage.answers(status, json!({}), 1).await;
        assert_eq!(stage.token().await?, "old-access", "{seconds} {status}");
    }
    for seconds in [30, 0, -100] {
        let stage = Stage::set(seconds).await?;
        stage.answers(503, json!({}), 1).await;
        assert!(matches!(stage.token().await, Err(SessionError::Entra(EntraError::Busy(_)))), "{seconds}");
        assert!(stage.kept().await.is_some(), "{seconds}: nothing is lost");
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_graph_has_refused_is_not_given_again() -> anyhow::Result<()> {
    let stage = Stage::set(3600).await?;
    stage.answers(200, issued(Some("new-refresh")), 1).await;
    let wanted = Wanted { but_not: Some("old-access".into()), claims: None };
    assert_eq!(stage.session.token(&wanted).await?.expose_secret(), "new-access");
    Ok(())
}

#[tokio::test]
async fn who_signs_out_during_a_refresh_stays_signed_out() -> anyhow::Result<()> {
    let stage = Stage::set(0).await?;
    Mock::given(method("POST"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(issued(None)).set_delay(std::time::Duration::from_millis(300)),
        )
        .mount(&stage.entra)
        .await;
    let signing_out = async {
        while stage.entra.received_requests().await.is_none_or(|requests| requests.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        // As another process does it, which does not wait for this one's turn.
        stage.cache.forget(None).await
    };
    let (token, forgotten) = tokio::join!(stage.token(), signing_out);
    assert!(forgotten? && matches!(token, Err(SessionError::NeedsPerson(Need { claims: None, .. }))));
    assert!(stage.cache.load().await?.is_none());
    Ok(())
}
