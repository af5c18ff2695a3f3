//! Tokens that are bound to a key (RFC 9449).

use mcp_support::{
    auth::DpopPolicy,
    client::Revision,
    testing::{
        Reply,
        auth::{Mint, SigningKey},
    },
};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::{BOTH, Rig, bearer, challenges, header, parameter};

async fn rig(policy: DpopPolicy) -> anyhow::Result<Rig> {
    Rig::start_with(|settings| settings.dpop.policy = policy).await
}

fn with_proof(token: &str, proof: &str) -> anyhow::Result<HeaderMap> {
    let mut headers = header(&format!("DPoP {token}"))?;
    headers.insert("dpop", HeaderValue::from_str(proof)?);
    Ok(headers)
}

async fn send(rig: &Rig, headers: HeaderMap) -> anyhow::Result<Reply> {
    rig.first(Revision::Modern, headers).await
}

fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs()
}

#[tokio::test]
async fn a_bound_token_comes_with_a_proof() -> anyhow::Result<()> {
    for policy in [DpopPolicy::Optional, DpopPolicy::Required] {
        let rig = rig(policy).await?;
        for key in [SigningKey::es256("holder")?, SigningKey::rs256("holder")?, SigningKey::ps256("holder")?] {
            let token = rig.issuer.mint(&rig.url).scope("access").bound_to(&key).sign()?;
            for revision in BOTH {
                let proof = Mint::proof(&key, "POST", &rig.url, &token).sign()?;
                let reply = rig.first(revision, with_proof(&token, &proof)?).await?;
                assert_eq!(reply.status, 200, "{policy:?} {revision} {}: {}", key.algorithm(), reply.text);
                let replayed = rig.first(revision, with_proof(&token, &proof)?).await?;
                assert_eq!(replayed.status, 401, "{policy:?} {revision}");
                assert_eq!(parameter(&replayed, "error_description"), Some("the proof has been used before"));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn proofs_that_are_wrong() -> anyhow::Result<()> {
    let rig = rig(DpopPolicy::Required).await?;
    let (key, other) = (SigningKey::es256("holder")?, SigningKey::es256("thief")?);
    let token = rig.issuer.mint(&rig.url).scope("access").bound_to(&key).sign()?;
    let proof = || Mint::proof(&key, "POST", &rig.url, &token);
    let mut private = key.jwk();
    private["d"] = "AAAA".into();
    let secret = json!({ "kty": "oct", "k": "AAAA" });
    let (url, time, no_key) = (
        "the proof is for another URL",
        "the proof is too old, or from the future",
        "the proof holds no public key for its algorithm",
    );
    for (rule, proof, description) in [
        ("no JWT", "proof".to_owned(), "the proof is no JSON Web Token, or is too long"),
        ("crit", proof().header("crit", json!(["x"])).sign()?, "the proof is no JSON Web Token, or is too long"),
        ("typ", proof().header("typ", "JWT").sign()?, "the proof is of another type than dpop+jwt"),
        ("no typ", proof().without_header("typ").sign()?, "the proof is of another type than dpop+jwt"),
        ("alg none", proof().unsigned(), "the proof is signed with an algorithm that is not accepted"),
        ("HMAC", proof().sign_hs256(b"AAAA"), "the proof is signed with an algorithm that is not accepted"),
        ("no jwk", proof().without_header("jwk").sign()?, no_key),
        ("private jwk", proof().header("jwk", private).sign()?, no_key),
        ("symmetric jwk", proof().header("jwk", secret).sign()?, no_key),
        ("alg of another key type", proof().header("alg", "RS256").sign()?, no_key),
        ("signature", proof().sign_with(&other)?, "the signature of the proof is wrong"),
        ("htm", proof().claim("htm", "GET").sign()?, "the proof is for another method"),
        ("no htm", proof().claim("htm", Value::Null).sign()?, "the proof is for another method"),
        ("htu", proof().claim("htu", "https://other.example/mcp").sign()?, url),
        ("htu of another path", proof().claim("htu", format!("{}/other", rig.url)).sign()?, url),
        ("no htu", proof().claim("htu", Value::Null).sign()?, url),
        ("old", proof().claim("iat", now() - 100).sign()?, time),
        ("future", proof().claim("iat", now() + 60).sign()?, time),
        ("no iat", proof().claim("iat", Value::Null).sign()?, time),
        ("ath", proof().claim("ath", "AAAA").sign()?, "the proof is for another token"),
        ("no ath", proof().claim("ath", Value::Null).sign()?, "the proof is for another token"),
        ("no jti", proof().claim("jti", Value::Null).sign()?, "the proof has no identifier"),
        ("long jti", proof().claim("jti", "j".repeat(600)).sign()?, "the proof has no identifier"),
    ] {
        let reply = send(&rig, with_proof(&token, &proof)?).await?;
        assert_eq!(reply.status, 401, "{rule}: {}", reply.text);
        assert!(challenges(&reply)[0].starts_with("DPoP "), "{rule}: {:?}", challenges(&reply));
        assert_eq!(parameter(&reply, "error"), Some("invalid_dpop_proof"), "{rule}");
        assert_eq!(parameter(&reply, "error_description"), Some(description), "{rule}");
    }
    let thief = Mint::proof(&other, "POST", &rig.url, &token).sign()?;
    let reply = send(&rig, with_proof(&token, &thief)?).await?;
    assert_eq!(parameter(&reply, "error"), Some("invalid_token"), "a proof of another key");

    let mut two = with_proof(&token, &proof().sign()?)?;
    two.append("dpop", HeaderValue::from_str(&proof().sign()?)?);
    for (rule, headers) in [("no proof", header(&format!("DPoP {token}"))?), ("two proofs", two)] {
        let reply = send(&rig, headers).await?;
        assert_eq!(parameter(&reply, "error_description"), Some("the request needs exactly one DPoP header"), "{rule}");
    }
    let spelled = rig.url.replace("http://", "HTTP://") + "?a=b#c";
    let normalized = proof().claim("htu", spelled).sign()?;
    assert_eq!(send(&rig, with_proof(&token, &normalized)?).await?.status, 200, "a URL is compared as a URL");
    Ok(())
}

#[tokio::test]
async fn schemes_are_not_interchangeable() -> anyhow::Result<()> {
    let key = SigningKey::es256("holder")?;
    for (policy, bearer_is_good, dpop_is_good) in
        [(DpopPolicy::Off, true, false), (DpopPolicy::Optional, true, true), (DpopPolicy::Required, false, true)]
    {
        let rig = rig(policy).await?;
        let unbound = rig.token("access")?;
        let bound = rig.issuer.mint(&rig.url).scope("access").bound_to(&key).sign()?;
        let proof = |token: &str| Mint::proof(&key, "POST", &rig.url, token).sign();
        let good = |is_good| if is_good { 200 } else { 401 };
        assert_eq!(send(&rig, bearer(&unbound)?).await?.status, good(bearer_is_good), "{policy:?} bearer");
        let reply = send(&rig, with_proof(&bound, &proof(&bound)?)?).await?;
        assert_eq!(reply.status, good(dpop_is_good), "{policy:?} DPoP");
        let mut downgraded = bearer(&bound)?;
        downgraded.insert("dpop", HeaderValue::from_str(&proof(&bound)?)?);
        for headers in [bearer(&bound)?, downgraded] {
            let reply = send(&rig, headers).await?;
            assert_eq!(reply.status, 401, "{policy:?}: a bound token as a bearer token");
            assert_eq!(parameter(&reply, "error"), Some("invalid_token"), "{policy:?}");
        }
        let reply = send(&rig, with_proof(&unbound, &proof(&unbound)?)?).await?;
        assert_eq!(reply.status, 401, "{policy:?}: an unbound token with a proof");
    }
    Ok(())
}

#[tokio::test]
async fn clients_are_told_which_schemes_there_are() -> anyhow::Result<()> {
    for (policy, schemes) in [
        (DpopPolicy::Off, &["Bearer"][..]),
        (DpopPolicy::Optional, &["Bearer", "DPoP"]),
        (DpopPolicy::Required, &["DPoP"]),
    ] {
        let rig = rig(policy).await?;
        let reply = send(&rig, HeaderMap::new()).await?;
        let challenges = challenges(&reply);
        let named: Vec<&str> = challenges.iter().filter_map(|challenge| challenge.split(' ').next()).collect();
        assert_eq!(named, schemes, "{policy:?}");
        let algorithms = challenges.iter().any(|challenge| challenge.contains("algs=\"ES256 RS256 PS256\""));
        assert_eq!(algorithms, policy != DpopPolicy::Off, "{policy:?}");
        let url = format!("{}/.well-known/oauth-protected-resource", rig.origin());
        let document: Value = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.json().await?;
        let required = document["dpop_bound_access_tokens_required"].as_bool();
        assert_eq!(required, (policy != DpopPolicy::Off).then_some(policy == DpopPolicy::Required));
    }
    Ok(())
}

#[tokio::test]
async fn a_nonce_is_asked_for_and_accepted() -> anyhow::Result<()> {
    let rig = Rig::start_with(|settings| {
        settings.dpop.policy = DpopPolicy::Required;
        settings.dpop.nonce = true;
    })
    .await?;
    let key = SigningKey::es256("holder")?;
    let token = rig.issuer.mint(&rig.url).scope("access").bound_to(&key).sign()?;
    let proof = || Mint::proof(&key, "POST", &rig.url, &token);
    let mut nonces = Vec::new();
    for proof in [proof(), proof().claim("nonce", "made-up")] {
        let reply = send(&rig, with_proof(&token, &proof.sign()?)?).await?;
        assert_eq!((reply.status.as_u16(), parameter(&reply, "error")), (401, Some("use_dpop_nonce")));
        nonces.push(reply.headers["dpop-nonce"].to_str()?.to_owned());
    }
    let proof = proof().claim("nonce", nonces[0].as_str()).sign()?;
    assert_eq!(send(&rig, with_proof(&token, &proof)?).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_full_memory_of_proofs_lets_nobody_in_unseen() -> anyhow::Result<()> {
    let rig = Rig::start_with(|settings| {
        settings.dpop.policy = DpopPolicy::Required;
        settings.dpop.remembered = 2;
    })
    .await?;
    let key = SigningKey::es256("holder")?;
    let token = rig.issuer.mint(&rig.url).scope("access").bound_to(&key).sign()?;
    for status in [200, 200, 503] {
        let proof = Mint::proof(&key, "POST", &rig.url, &token).sign()?;
        assert_eq!(send(&rig, with_proof(&token, &proof)?).await?.status, status);
    }
    Ok(())
}
