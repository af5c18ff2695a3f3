//! What the token endpoint gives for a proof, and what it refuses.

use super::*;

#[tokio::test]
async fn sections_4_2_and_4_3_wrong_proofs_get_no_token_and_use_nothing_up() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let code = holder.running.code("ada").await?;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    let proof = || holder.proof();
    let mut private = holder.key.jwk();
    private["d"] = "AAAA".into();
    let mut cases = vec![
        ("no JWT", "proof".to_owned()),
        ("too long", "a".repeat(9000)),
        ("typ", proof().header("typ", "JWT").sign()?),
        ("alg none", proof().unsigned()),
        ("alg symmetric", proof().sign_hs256(b"AAAA")),
        ("no jwk", proof().without_header("jwk").sign()?),
        ("private jwk", proof().header("jwk", private).sign()?),
        ("symmetric jwk", proof().header("jwk", json!({"kty": "oct", "k": "AAAA"})).sign()?),
        ("signature of another key", proof().sign_with(&SigningKey::es256("other")?)?),
        ("htm", proof().claim("htm", "GET").sign()?),
        ("no jti", proof().claim("jti", Value::Null).sign()?),
        ("iat long ago", proof().claim("iat", now - 100).sign()?),
        ("iat in the future", proof().claim("iat", now + 60).sign()?),
        ("no iat", proof().claim("iat", Value::Null).sign()?),
    ];
    for htu in [holder.running.server.url.clone(), holder.running.at("/oauth2/tokens"), String::new()] {
        cases.push(("htu", proof().claim("htu", htu).sign()?));
    }
    for (rule, proof) in &cases {
        let answer = holder.token(proof, &holder.code_form(&code)).await?;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (400, &json!("invalid_dpop_proof")), "{rule}");
        assert_eq!(answer.body["access_token"], Value::Null, "{rule}");
    }
    // Section 4.3, number 1: exactly one.
    let mut two = header("dpop", &proof().sign()?)?;
    two.append("dpop", proof().sign()?.parse()?);
    let answer = holder.running.send("/oauth2/token", None, two, &holder.code_form(&code)).await?;
    assert_eq!(answer.body["error"], "invalid_dpop_proof", "{answer:?}");
    // Number 9: a query and a fragment do not count.
    let spelled = proof().claim("htu", holder.running.at("/oauth2/token?a=b#c")).sign()?;
    let answer = holder.token(&spelled, &holder.code_form(&code)).await?;
    assert_eq!(answer.status, 200, "the code is still good: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn section_11_1_a_proof_is_good_once() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let proof = holder.proof().sign()?;
    assert_eq!(holder.token(&proof, &holder.machine_form()).await?.status, 200);
    let replayed = holder.token(&proof, &holder.machine_form()).await?;
    assert_eq!((replayed.status.as_u16(), &replayed.body["error"]), (400, &json!("invalid_dpop_proof")));
    assert_eq!(replayed.body["error_description"], "the proof has been used before");
    Ok(())
}

#[tokio::test]
async fn section_5_the_refresh_token_of_a_public_client_is_bound_to_its_key() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let thief = SigningKey::es256("thief")?;
    let code = holder.running.code("ada").await?;
    let first = holder.token(&holder.proof().sign()?, &holder.code_form(&code)).await?.text("refresh_token");
    for key in [None, Some(&thief)] {
        assert_eq!(holder.refresh(&first, key).await?.body["error"], "invalid_grant");
    }
    let second = holder.refresh(&first, Some(&holder.key)).await?.text("refresh_token");
    // What is used up ends a family only for whoever holds the key: nobody else can end it.
    assert_eq!(holder.refresh(&first, Some(&thief)).await?.body["error"], "invalid_grant");
    let third = holder.refresh(&second, Some(&holder.key)).await?;
    assert_eq!(third.status, 200, "{third:?}");
    assert_eq!(holder.refresh(&second, Some(&holder.key)).await?.body["error"], "invalid_grant", "reuse");
    let third = third.text("refresh_token");
    assert_eq!(holder.refresh(&third, Some(&holder.key)).await?.body["error"], "invalid_grant", "the family is over");

    // A grant that began without a key is bound by the first proof.
    let code = holder.running.code("ada").await?;
    let unbound = holder.running.exchange(&code, &[]).await?.text("refresh_token");
    let bound = holder.refresh(&unbound, Some(&holder.key)).await?.text("refresh_token");
    assert_eq!(holder.refresh(&bound, None).await?.body["error"], "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn section_5_the_refresh_token_of_a_confidential_client_is_bound_to_its_secret() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let to = holder.running.authorize(&[("client_id", CONFIDENTIAL), ("scope", "mcp.access")]);
    let back = holder.running.browser()?.approve(&to, "ada", PASSWORD).await?;
    let code = parameter(&back, "code").expect("a code");
    let mut form = holder.code_form(&code);
    form.retain(|(name, _)| *name != "client_id");
    let first = holder.token(&holder.proof().sign()?, &form).await?;
    let other = SigningKey::es256("next")?;
    let token = first.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let second = holder.token(&Holder::proof_of(&other, &holder.running).sign()?, &form).await?;
    assert_eq!(second.status, 200, "{second:?}");
    assert_eq!(claims(&second.text("access_token"))["cnf"]["jkt"], other.thumbprint(), "the token has the new key");
    Ok(())
}

#[tokio::test]
async fn section_10_a_code_that_was_asked_for_with_a_key_needs_its_proof() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let jkt = holder.key.thumbprint();
    let code = async || -> anyhow::Result<String> {
        let to = holder.running.authorize(&[("dpop_jkt", &jkt)]);
        let back = holder.running.browser()?.approve(&to, "ada", PASSWORD).await?;
        Ok(parameter(&back, "code").expect("a code"))
    };
    let stolen = code().await?;
    let other = Holder::proof_of(&SigningKey::es256("thief")?, &holder.running).sign()?;
    let answer = holder.token(&other, &holder.code_form(&stolen)).await?;
    assert_eq!(answer.body["error"], "invalid_grant", "another key: {answer:?}");
    let stolen = code().await?;
    let answer = holder.running.exchange(&stolen, &[]).await?;
    assert_eq!(answer.body["error"], "invalid_grant", "no key: {answer:?}");
    let own = code().await?;
    let answer = holder.token(&holder.proof().sign()?, &holder.code_form(&own)).await?;
    assert_eq!(answer.body["token_type"], "DPoP", "{answer:?}");
    for bad in ["short", &format!("{jkt}="), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA A"] {
        let back = left(holder.running.browser()?.open(&holder.running.authorize(&[("dpop_jkt", bad)])).await?);
        assert_eq!(parameter(&back, "error").as_deref(), Some("invalid_request"), "{bad}");
    }
    Ok(())
}

#[tokio::test]
async fn section_5_2_a_client_can_bind_itself_to_proofs() -> anyhow::Result<()> {
    let holder = Holder::start(&["--dynamic-registration"]).await?;
    let body = json!({"client_name": "N", "redirect_uris": [REDIRECT], "application_type": "native",
                      "dpop_bound_access_tokens": true});
    let registered = holder.running.http.post(holder.running.at("/oauth2/register")).json(&body).send().await?;
    let registered: Value = registered.json().await?;
    assert_eq!(registered["dpop_bound_access_tokens"], true);
    let id = registered["client_id"].as_str().expect("an id");
    let to = holder.running.authorize(&[("client_id", id)]);
    let back = holder.running.browser()?.approve(&to, "ada", PASSWORD).await?;
    let code = parameter(&back, "code").expect("a code");
    let mut form = holder.code_form(&code);
    form[1].1 = id;
    assert_eq!(holder.running.token(&form).await?.body["error"], "invalid_dpop_proof");
    assert_eq!(holder.token(&holder.proof().sign()?, &form).await?.body["token_type"], "DPoP");
    Ok(())
}
