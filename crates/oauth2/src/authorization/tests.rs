//! What depends on time, with a clock that stands still.

use serde_json::Value;

use super::{
    client::{Authentication, Grant},
    grants::CodeExchange,
    requests::Asked,
    *,
};
use crate::scope::{Scope, Scopes};

const RESOURCE: &str = "http://127.0.0.1:8000/mcp";
const REDIRECT: &str = "http://127.0.0.1:5000/callback";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client() -> Client {
    Client {
        id: "app".to_owned(),
        name: "App".to_owned(),
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
        authentication: Authentication::None,
        grants: vec![Grant::AuthorizationCode, Grant::RefreshToken],
        scopes: Scopes::all(),
        dpop_bound: false,
    }
}

fn server() -> (AuthorizationServer, Clock) {
    let clock = Clock::standing_at(1_800_000_000);
    let parts = Parts {
        issuer: "http://127.0.0.1:8000".to_owned(),
        resources: vec![RESOURCE.to_owned()],
        clients: vec![client()],
        users: Users::new(vec!["ada".to_owned()], "a long password").expect("a hash"),
        store: Store::open(None).expect("a database"),
        clock: clock.clone(),
        registration: false,
        metadata_hosts: Vec::new(),
    };
    (AuthorizationServer::new(parts).expect("a server"), clock)
}

fn asked() -> Asked {
    let some = |text: &str| Some(text.to_owned());
    Asked {
        client_id: some("app"),
        redirect_uri: some(REDIRECT),
        response_type: some("code"),
        state: some("s"),
        scope: some("mcp.access mcp.read"),
        resource: some(RESOURCE),
        code_challenge: some(CHALLENGE),
        code_challenge_method: some("S256"),
        dpop_jkt: None,
    }
}

async fn code(server: &AuthorizationServer) -> String {
    let number = server.ask(asked(), "browser").await.expect("a request");
    let browser = server.sign_in(&number, "browser", "ada", "a long password".to_owned()).await.expect("signed in");
    let redirect = server.decide(&number, &browser, true).await.expect("a decision").expect("not over");
    let url = url::Url::parse(&redirect).expect("a URL");
    url.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
}

fn exchange(code: &str) -> CodeExchange {
    CodeExchange {
        code: code.to_owned(),
        redirect_uri: Some(REDIRECT.to_owned()),
        verifier: Some(VERIFIER.to_owned()),
        resource: Some(RESOURCE.to_owned()),
    }
}

fn refresh_token(answer: &Value) -> String {
    answer["refresh_token"].as_str().expect("a refresh token").to_owned()
}

async fn is_active(server: &AuthorizationServer, answer: &Value) -> bool {
    let token = answer["access_token"].as_str().expect("a token").to_owned();
    let this = server.clone();
    let claims = server.shared.store.run(move |transaction| this.claims(transaction, &token)).await;
    claims.expect("the database").is_some()
}

#[tokio::test]
async fn a_code_lives_sixty_seconds() {
    let (server, clock) = server();
    let (early, late) = (code(&server).await, code(&server).await);
    clock.advance(59);
    assert!(server.exchange_code(&client(), None, exchange(&early)).await.is_ok());
    clock.advance(1);
    let error = server.exchange_code(&client(), None, exchange(&late)).await.expect_err("over");
    assert_eq!(error.description, "this code has expired");
}

#[tokio::test]
async fn a_code_that_comes_twice_revokes_its_tokens() {
    let (server, _) = server();
    let code = code(&server).await;
    let answer = server.exchange_code(&client(), None, exchange(&code)).await.expect("tokens");
    assert!(is_active(&server, &answer).await);
    assert!(server.exchange_code(&client(), None, exchange(&code)).await.is_err());
    assert!(!is_active(&server, &answer).await);
    assert!(server.refresh(&client(), None, &refresh_token(&answer), None, None).await.is_err());
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_reused_one_ends_the_family() {
    let (server, clock) = server();
    let first = server.exchange_code(&client(), None, exchange(&code(&server).await)).await.expect("tokens");
    let second = server.refresh(&client(), None, &refresh_token(&first), None, None).await.expect("tokens");
    let narrow = server.refresh(&client(), None, &refresh_token(&second), Some("mcp.access".to_owned()), None).await;
    let narrow = narrow.expect("less is allowed");
    assert_eq!(narrow["scope"], "mcp.access");
    let more = Some("mcp.access mcp.admin".to_owned());
    assert!(server.refresh(&client(), None, &refresh_token(&narrow), more, None).await.is_err(), "more is not");
    clock.advance(400);
    assert!(server.refresh(&client(), None, &refresh_token(&first), None, None).await.is_err());
    let error =
        server.refresh(&client(), None, &refresh_token(&narrow), None, None).await.expect_err("the family is over");
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn what_is_over_cannot_be_opened() {
    let (server, clock) = server();
    let number = server.ask(asked(), "browser").await.expect("a request");
    assert!(server.open(&number, "another browser").await.expect("the database").is_none());
    clock.advance(requests::REQUEST_SECONDS);
    assert!(server.open(&number, "browser").await.expect("the database").is_none());
    server.sweep().await.expect("swept");
}

#[tokio::test]
async fn keys_rotate_and_old_tokens_stay_good() {
    let (server, clock) = server();
    let answer = server.exchange_code(&client(), None, exchange(&code(&server).await)).await.expect("tokens");
    let kids = async || -> Vec<String> {
        let keys = server.jwks().await.expect("keys");
        keys["keys"].as_array().expect("a list").iter().map(|key| key["kid"].to_string()).collect()
    };
    let before = kids().await;
    assert_eq!(before.len(), 2);
    let current = format!("\"{}\"", server.rotate_keys().await.expect("a key"));
    let after = kids().await;
    assert!(after.len() == 3 && before.contains(&current), "the next key was known: {before:?} {after:?}");
    assert!(is_active(&server, &answer).await);
    clock.advance(299);
    assert!(is_active(&server, &answer).await);
    clock.advance(1);
    assert!(!is_active(&server, &answer).await);
    clock.advance(3600);
    assert_eq!(kids().await.len(), 2, "a retired key is not published for ever");
}

#[tokio::test]
async fn a_wrong_password_is_counted() {
    let (server, clock) = server();
    let number = server.ask(asked(), "browser").await.expect("a request");
    let attempt = async |password: &str| server.sign_in(&number, "browser", "ada", password.to_owned()).await;
    for _ in 0..5 {
        assert_eq!(attempt("wrong").await.expect_err("wrong").code, ErrorCode::AccessDenied);
    }
    assert_eq!(attempt("a long password").await.expect_err("too many").code, ErrorCode::TooManyRequests);
    clock.advance(300);
    assert!(attempt("a long password").await.is_ok());
}

#[tokio::test]
async fn scopes_are_asked_for_one_by_one() {
    let only = |scope| Scopes::from_iter([scope]);
    let client = Client { scopes: only(Scope::Access), ..client() };
    assert_eq!(client.scopes(None), Ok(only(Scope::Access)));
    assert!(client.scopes(Some("mcp.read")).is_err() && client.scopes(Some("")).is_err());
    assert!(client.scopes(Some("nonsense")).is_err());
}
