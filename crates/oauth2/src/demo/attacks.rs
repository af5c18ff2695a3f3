//! What a thief tries with what was stolen, and how it ends.

use std::path::Path;

use anyhow::Context as _;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use mcp_support::{
    client::{HttpServer, Recorder, Revision},
    demo::Tour,
};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use rmcp::transport::auth::AuthorizationManager;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{PUBLIC_CLIENT, REDIRECT, Stage, USER, client, proof::ProofKey, secret};

pub(super) async fn refresh(
    tour: &mut Tour,
    stage: &Stage,
    manager: &AuthorizationManager,
    client_id: &str,
) -> anyhow::Result<()> {
    tour.step("Refresh tokens rotate, and one that comes twice ends the whole family");
    let held = async || -> anyhow::Result<String> {
        let (_, token) = manager.get_credentials().await?;
        let token = serde_json::to_value(token.context("no token")?)?;
        Ok(token["refresh_token"].as_str().context("no refresh token")?.to_owned())
    };
    let stolen = held().await?;
    manager.refresh_token().await?;
    let current = held().await?;
    tour.check("a refresh gives a new refresh token", stolen != current);
    let mut answers = Vec::new();
    for token in [&stolen, &current] {
        let form = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token)];
        let (_, answer) = stage.post("/oauth2/token", false, &form).await?;
        tour.show("the answer", &answer["error_description"]);
        answers.push(answer["error"] == "invalid_grant");
    }
    tour.check(
        "the stolen one is refused, and so is the owner's: nobody can tell who stole it",
        answers == [true, true],
    );
    Ok(())
}

pub(super) async fn replay(tour: &mut Tour, stage: &mut Stage) -> anyhow::Result<()> {
    tour.step("A code works once, and only with the verifier that only its client knows");
    let verifier = secret::random();
    let stolen = code(stage, &verifier).await?;
    let (status, answer) = exchange(stage, &stolen, &secret::random()).await?;
    tour.show("wrong verifier", &answer["error_description"]);
    tour.check("a stolen code is worth nothing: PKCE", status == 400 && answer["error"] == "invalid_grant");
    let code = code(stage, &verifier).await?;
    let (status, tokens) = exchange(stage, &code, &verifier).await?;
    let (again, answer) = exchange(stage, &code, &verifier).await?;
    tour.show("second use", &answer["error_description"]);
    tour.check("the second use is refused", status == 200 && again == 400);
    let active = introspect(stage, &tokens["access_token"]).await?;
    tour.check("and the tokens of the first use are revoked", active == Some(false));
    Ok(())
}

pub(super) async fn bound(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    tour.step("A token that is bound to a key is worth nothing to whoever steals the token alone (DPoP)");
    let (own, thief) = (ProofKey::generate()?, ProofKey::generate()?);
    let url = format!("{}/oauth2/token", stage.server.origin());
    let form = [("grant_type", "client_credentials"), ("scope", "mcp.access"), ("resource", &stage.server.url)];
    let request = stage.http.post(&url).basic_auth("mcp-client", Some(&stage.client_secret)).form(&form);
    let (_, answer) = Stage::answer(request.header("DPoP", own.proof(&url, None)?)).await?;
    let token = answer["access_token"].as_str().context("no token")?;
    tour.show("token_type, cnf", format!("{}, {}", answer["token_type"], claims(token)?["cnf"]));
    let call = async |scheme: &str, key: Option<&ProofKey>| -> anyhow::Result<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("{scheme} {token}"))?);
        if let Some(key) = key {
            headers.insert("dpop", HeaderValue::from_str(&key.proof(&stage.server.url, Some(token))?)?);
        }
        Ok(mcp_support::web::challenge_of(&stage.server.url, headers).await?.unwrap_or_default())
    };
    tour.check("its owner is let in, with a proof for this one request", call("DPoP", Some(&own)).await?.is_empty());
    let (bearer, other) = (call("Bearer", None).await?, call("DPoP", Some(&thief)).await?);
    tour.show("as a bearer token", &bearer);
    tour.check("401 without the key", bearer.contains("invalid_token"));
    tour.check("401 with another key", other.contains("invalid_token"));
    Ok(())
}

pub(super) async fn audience(tour: &mut Tour, stage: &Stage, program: &Path) -> anyhow::Result<()> {
    tour.step("A token for one server is worth nothing at another that trusts the same issuer");
    let form = [("grant_type", "client_credentials"), ("scope", "mcp.access"), ("resource", &stage.server.url)];
    let (_, answer) = stage.post("/oauth2/token", true, &form).await?;
    let token = answer["access_token"].as_str().context("no token")?;
    let claims = claims(token)?;
    tour.show("sub, aud", format!("{}, {}", claims["sub"], claims["aud"]));
    let own = client::connect(&stage.server.url, token, Revision::Modern, Recorder::default(), None).await;
    tour.check("a client came in its own name, with its secret", own.is_ok());
    let other = HttpServer::start(program, &["--issuer", stage.server.origin()]).await?;
    let refused = mcp_support::web::challenge(&other.url, Some(token)).await?.unwrap_or_default();
    tour.show("the other server", &refused);
    tour.check("401: the audience is another", refused.contains("invalid_token"));
    Ok(())
}

pub(super) async fn revocation(tour: &mut Tour, stage: &mut Stage) -> anyhow::Result<()> {
    tour.step("Signing out: revoking a refresh token ends everything that came from it");
    let verifier = secret::random();
    let code = code(stage, &verifier).await?;
    let (_, tokens) = exchange(stage, &code, &verifier).await?;
    let before = introspect(stage, &tokens["access_token"]).await?;
    let refresh = tokens["refresh_token"].as_str().context("no refresh token")?;
    stage.post("/oauth2/revoke", false, &[("client_id", PUBLIC_CLIENT), ("token", refresh)]).await?;
    let after = introspect(stage, &tokens["access_token"]).await?;
    tour.show("active", format!("{before:?}, then {after:?}"));
    tour.check("introspection says so at once", (before, after) == (Some(true), Some(false)));
    tour.note(
        "A resource server that checks tokens by itself lets this one in until it expires: at most five minutes.",
    );
    Ok(())
}

/// What a token says, for whoever has it.
fn claims(token: &str) -> anyhow::Result<Value> {
    let claims = token.split('.').nth(1).context("no JWT")?;
    Ok(serde_json::from_slice(&BASE64URL.decode(claims)?)?)
}

/// A code of the public client, approved in the browser that is signed in.
async fn code(stage: &mut Stage, verifier: &str) -> anyhow::Result<String> {
    let challenge = BASE64URL.encode(Sha256::digest(verifier));
    let parameters = [
        ("client_id", PUBLIC_CLIENT),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "mcp.access mcp.read"),
        ("resource", &stage.server.url),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let url = Url::parse_with_params(&format!("{}/oauth2/authorize", stage.server.origin()), parameters)?;
    let back = Url::parse(&stage.browser.approve(url.as_str(), USER, &stage.password).await?)?;
    let code = back.query_pairs().find(|(name, _)| name == "code").context("no code")?;
    Ok(code.1.into_owned())
}

async fn exchange(stage: &Stage, code: &str, verifier: &str) -> anyhow::Result<(u16, Value)> {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", PUBLIC_CLIENT),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
        ("resource", &stage.server.url),
    ];
    stage.post("/oauth2/token", false, &form).await
}

async fn introspect(stage: &Stage, token: &Value) -> anyhow::Result<Option<bool>> {
    let token = token.as_str().context("no token")?;
    Ok(stage.post("/oauth2/introspect", true, &[("token", token)]).await?.1["active"].as_bool())
}
