//! Tokens that are wrong in one way each, and what is said about them.

use mcp_support::{
    auth::Algorithm,
    client::Revision,
    testing::auth::{Mint, SigningKey, TestIssuer},
};
use serde_json::{Value, json};

use crate::{BOTH, Rig, bearer, call, parameter, said};

/// Each token is refused with 401, `invalid_token` and this description, in both revisions.
async fn refused(rig: &Rig, cases: Vec<(&str, String, &str)>) -> anyhow::Result<()> {
    for (rule, token, description) in cases {
        for revision in BOTH {
            let reply = rig.first(revision, bearer(&token)?).await?;
            assert_eq!(reply.status, 401, "{rule} {revision}: {}", reply.text);
            assert_eq!(parameter(&reply, "error"), Some("invalid_token"), "{rule} {revision}");
            assert_eq!(parameter(&reply, "error_description"), Some(description), "{rule} {revision}");
            let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", rig.origin());
            assert_eq!(parameter(&reply, "resource_metadata"), Some(metadata.as_str()), "{rule} {revision}");
            assert!(!reply.text.contains(&token[..20.min(token.len())]), "{rule}: the answer repeats the token");
        }
    }
    Ok(())
}

fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs()
}

#[tokio::test]
async fn a_good_token_is_accepted_and_tells_who_calls() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    for revision in BOTH {
        let kid = |kind| format!("{kind} {revision}");
        for key in [SigningKey::es256(&kid("e"))?, SigningKey::rs256(&kid("r"))?, SigningKey::ps256(&kid("p"))?] {
            rig.issuer.rotate_to(key);
            let client = rig.client(revision, &rig.token("access")?).await?;
            let said = said(&client.request(1, "tools/call", call("whoami")).await?);
            assert_eq!(said["principal"], format!("{} alice", rig.issuer.issuer()), "{revision}");
            assert_eq!(said["client"], "a-client", "{revision}");
            assert_eq!((&said["has_header"], &said["has_token"]), (&json!(false), &json!(false)), "no passing on");
        }
    }
    Ok(())
}

#[tokio::test]
async fn claims_that_are_wrong() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let mint = || rig.issuer.mint(&rig.url).scope("access");
    let other = TestIssuer::start().await?;
    let audience = "the token is for another audience";
    let lacks = "the token lacks a subject or an expiry, or one of its dates is none";
    let cases = vec![
        ("wrong aud", mint().claim("aud", "https://other.example/mcp").sign()?, audience),
        ("no aud", mint().claim("aud", Value::Null).sign()?, audience),
        ("aud list without us", mint().claim("aud", json!(["https://a.example", 7])).sign()?, audience),
        ("aud is a prefix", mint().claim("aud", rig.origin()).sign()?, audience),
        ("expired", mint().claim("exp", now() - 31).sign()?, "the token has expired"),
        ("no exp", mint().claim("exp", Value::Null).sign()?, lacks),
        ("exp is text", mint().claim("exp", "4000000000").sign()?, lacks),
        ("exp is negative", mint().claim("exp", -1).sign()?, lacks),
        ("exp is huge", mint().claim("exp", 1e300).sign()?, lacks),
        ("nbf", mint().claim("nbf", now() + 60).sign()?, "the token is not valid yet"),
        ("iat in the future", mint().claim("iat", now() + 60).sign()?, "the token was issued in the future"),
        ("no sub", mint().claim("sub", Value::Null).sign()?, lacks),
        ("wrong iss", mint().claim("iss", "https://other.example").sign()?, "the issuer is not trusted"),
        (
            "iss with a slash",
            mint().claim("iss", format!("{}/", rig.issuer.issuer())).sign()?,
            "the issuer is not trusted",
        ),
        ("iss of another, honestly signed", other.mint(&rig.url).sign()?, "the issuer is not trusted"),
        (
            "claims to be of our issuer, signed by another",
            other.mint(&rig.url).claim("iss", rig.issuer.issuer()).sign()?,
            "the signature is wrong",
        ),
        ("cnf that we cannot verify", mint().claim("cnf", json!({ "x5t#S256": "a" })).sign()?, lacks),
    ];
    refused(&rig, cases).await
}

#[tokio::test]
async fn headers_that_are_wrong() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let mint = || rig.issuer.mint(&rig.url).scope("access");
    let evil = SigningKey::es256("key-1")?;
    let (no_algorithm, no_type) =
        ("the token is signed with an algorithm that is not accepted", "the token is of another type than at+jwt");
    let signature = "the signature is wrong";
    let public = rig.issuer.key().jwk().to_string();
    let cases = vec![
        ("alg none", mint().unsigned(), no_algorithm),
        (
            "alg None",
            format!("{}.", mint().header("alg", "None").sign()?.rsplit_once('.').expect("parts").0),
            no_algorithm,
        ),
        ("alg none with a signature", mint().header("alg", "none").sign()?, no_algorithm),
        ("HMAC under the public key", mint().sign_hs256(public.as_bytes()), no_algorithm),
        ("alg ES384", mint().header("alg", "ES384").sign()?, no_algorithm),
        (
            "alg of another key type",
            mint().header("alg", "RS256").sign()?,
            "no single key of the issuer is for this token and its algorithm",
        ),
        ("no alg", mint().without_header("alg").sign()?, "the token is no JSON Web Token"),
        ("unknown kid", mint().header("kid", "nobody").sign()?, "the issuer has no such key"),
        ("kid is long", mint().header("kid", "k".repeat(600)).sign()?, "the token is no JSON Web Token"),
        ("typ JWT", mint().header("typ", "JWT").sign()?, no_type),
        ("no typ", mint().without_header("typ").sign()?, no_type),
        ("typ of a proof", mint().header("typ", "dpop+jwt").sign()?, no_type),
        ("crit", mint().header("crit", json!(["exp"])).sign()?, "the token has critical header parameters"),
        ("empty crit", mint().header("crit", json!([])).sign()?, "the token has critical header parameters"),
        ("wrong signature", mint().sign_with(&evil)?, signature),
        ("embedded jwk", mint().header("jwk", evil.jwk()).sign_with(&evil)?, signature),
        ("jku", mint().header("jku", "http://127.0.0.1:1/keys").sign_with(&evil)?, signature),
        ("x5u", mint().header("x5u", "http://127.0.0.1:1/chain").sign_with(&evil)?, signature),
        ("no signature", format!("{}.", mint().sign()?.rsplit_once('.').expect("parts").0), signature),
    ];
    refused(&rig, cases).await?;
    // A public RSA key as the secret of an HMAC.
    rig.issuer.rotate_to(SigningKey::rs256("rsa")?);
    let public = rig.issuer.key().jwk()["n"].as_str().expect("a modulus").to_owned();
    let confused = rig.issuer.mint(&rig.url).scope("access").sign_hs256(public.as_bytes());
    refused(&rig, vec![("RS/HS confusion", confused, no_algorithm)]).await
}

#[tokio::test]
async fn tokens_that_are_none() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let good = rig.token("access")?;
    let (header, rest) = good.split_once('.').expect("parts");
    let malformed = "the token is no JSON Web Token";
    let nested = "[".repeat(2000) + &"]".repeat(2000);
    let cases = vec![
        ("a word", "opaque".to_owned(), malformed),
        ("two parts", rest.to_owned(), malformed),
        ("five parts", format!("{good}.a.b"), malformed),
        ("empty parts", "..".to_owned(), malformed),
        ("header is no JSON", format!("AAAA.{rest}"), malformed),
        ("padded", format!("{header}==.{rest}"), malformed),
        (
            "nested",
            rig.issuer.mint(&rig.url).claim("x", nested.as_str()).claim("aud", 1).sign()?,
            "the token is for another audience",
        ),
        ("huge", format!("{header}.{}.sig", "A".repeat(16 * 1024)), "the token is longer than 16384 bytes"),
    ];
    refused(&rig, cases).await?;
    let large = rig.issuer.mint(&rig.url).scope("access").claim("pad", "x".repeat(11 * 1024)).sign()?;
    assert_eq!(rig.first_status(&large).await?, 200, "{} bytes are allowed", large.len());
    Ok(())
}

#[tokio::test]
async fn what_is_accepted_although_it_is_unusual() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let mint = || rig.issuer.mint(&rig.url).scope("access");
    for (rule, token) in [
        ("aud list with us", mint().claim("aud", json!(["https://a.example", rig.url])).sign()?),
        ("expired within the skew", mint().claim("exp", now() - 10).sign()?),
        ("not yet, within the skew", mint().claim("nbf", now() + 10).claim("iat", now() + 10).sign()?),
        ("dates with fractions", mint().claim("exp", now() as f64 + 20.5).sign()?),
        ("typ in full", mint().header("typ", "application/at+jwt").sign()?),
        ("typ in capitals", mint().header("typ", "AT+JWT").sign()?),
        ("no kid, and one key", mint().without_header("kid").sign()?),
        ("jku is not looked at", mint().header("jku", "http://127.0.0.1:1/keys").sign()?),
        ("scope as a list", mint().claim("scope", Value::Null).claim("scp", json!(["access"])).sign()?),
    ] {
        assert_eq!(rig.first_status(&token).await?, 200, "{rule}");
    }
    Ok(())
}

#[tokio::test]
async fn settings_make_it_stricter_or_looser() -> anyhow::Result<()> {
    let loose = Rig::start_with(|settings| {
        settings.require_typ_at_jwt = false;
        settings.algorithms = vec![Algorithm::Rs256];
        settings.audiences = vec!["api://notes".into()];
        settings.keep_token = true;
        *settings = settings.clone().with_check(|claims| match claims.all.get("tid") {
            Some(tenant) if *tenant == "ours" => {
                claims.scopes.insert("access".into());
                Ok(())
            }
            _ => Err("the tenant \"is\" another".into()),
        });
    })
    .await?;
    loose.issuer.rotate_to(SigningKey::rs256("r")?);
    let mint = || Mint::new(&loose.issuer.key(), json!({ "typ": "JWT" }), json!({}));
    let claims = |mint: Mint| {
        let mint = mint.claim("iss", loose.issuer.issuer()).claim("sub", "app").claim("exp", now() + 60);
        mint.claim("aud", "api://notes")
    };
    let client = loose.client(Revision::Modern, &claims(mint()).claim("tid", "ours").sign()?).await?;
    let said = said(&client.request(1, "tools/call", call("whoami")).await?);
    assert_eq!(said["has_token"], true);
    let cases = vec![
        ("the check refuses", claims(mint()).claim("tid", "theirs").sign()?, "the tenant 'is' another"),
        (
            "ES256 is not allowed",
            loose.issuer.mint("api://notes").header("alg", "ES256").sign()?,
            "the token is signed with an algorithm that is not accepted",
        ),
        (
            "a logout token",
            claims(mint()).header("typ", "logout+jwt").sign()?,
            "the token is of another type than at+jwt",
        ),
    ];
    refused(&loose, cases).await
}
