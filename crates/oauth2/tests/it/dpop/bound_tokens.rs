//! What a bound token is worth: at the resource server, and to whoever asks.

use super::*;

#[tokio::test]
async fn sections_5_and_6_1_a_proof_binds_the_token_of_every_grant() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let running = &holder.running;
    // Section 5.1.
    let metadata = running.json("/.well-known/oauth-authorization-server").await?;
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(["ES256", "RS256", "PS256"]));
    let code = running.code("ada").await?;
    let first = holder.token(&holder.proof().sign()?, &holder.code_form(&code)).await?;
    let refreshed = holder.refresh(&first.text("refresh_token"), Some(&holder.key)).await?;
    let machine = holder.token(&holder.proof().sign()?, &holder.machine_form()).await?;
    for answer in [&first, &refreshed, &machine] {
        assert_eq!((answer.status.as_u16(), &answer.body["token_type"]), (200, &json!("DPoP")), "{answer:?}");
        let token = answer.text("access_token");
        assert_eq!(claims(&token)["cnf"], json!({"jkt": holder.key.thumbprint()}));
        for revision in Revision::ALL {
            let proof = Mint::proof(&holder.key, "POST", &running.server.url, &token).sign()?;
            let reply = holder.call(revision, &format!("DPoP {token}"), Some(&proof)).await?;
            assert_eq!(reply.status, 200, "{revision}: {}", reply.text);
        }
    }
    for key in [SigningKey::rs256("rsa")?, SigningKey::ps256("pss")?] {
        let answer = holder.token(&Holder::proof_of(&key, running).sign()?, &holder.machine_form()).await?;
        assert_eq!(claims(&answer.text("access_token"))["cnf"]["jkt"], key.thumbprint(), "{}", key.algorithm());
    }
    let plain = running.machine("mcp.access").await?;
    assert_eq!(plain.body["token_type"], "Bearer");
    assert_eq!(claims(&plain.text("access_token"))["cnf"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn sections_8_and_9_a_nonce_is_asked_for_by_each_server() -> anyhow::Result<()> {
    let holder = Holder::start(&["--dpop-nonce"]).await?;
    let mut nonce = String::new();
    for proof in [holder.proof(), holder.proof().claim("nonce", "made-up")] {
        let answer = holder.token(&proof.sign()?, &holder.machine_form()).await?;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (400, &json!("use_dpop_nonce")));
        nonce = answer.headers["dpop-nonce"].to_str()?.to_owned();
        assert!(nonce.len() > 16, "{nonce}");
    }
    let proof = holder.proof().claim("nonce", nonce.as_str()).sign()?;
    let answer = holder.token(&proof, &holder.machine_form()).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    // Section 8.2: the next one comes with the answer.
    assert!(answer.headers.contains_key("dpop-nonce"));
    let token = answer.text("access_token");
    let proof = || Mint::proof(&holder.key, "POST", &holder.running.server.url, &token);
    let authorization = format!("DPoP {token}");
    let reply = holder.call(Revision::Modern, &authorization, Some(&proof().sign()?)).await?;
    assert_eq!((reply.status.as_u16(), error_of(&reply)), (401, "use_dpop_nonce".to_owned()));
    let proof = proof().claim("nonce", reply.headers["dpop-nonce"].to_str()?).sign()?;
    assert_eq!(holder.call(Revision::Modern, &authorization, Some(&proof)).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn section_6_2_introspection_tells_the_key() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let code = holder.running.code("ada").await?;
    let answer = holder.token(&holder.proof().sign()?, &holder.code_form(&code)).await?;
    let cnf = json!({"jkt": holder.key.thumbprint()});
    for (name, kind) in [("access_token", json!("DPoP")), ("refresh_token", Value::Null)] {
        let form = [("token", answer.text(name))];
        let form: Form<'_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let seen = holder.running.post("/oauth2/introspect", Some((CONFIDENTIAL, SECRET)), &form).await?.body;
        assert_eq!((&seen["active"], &seen["cnf"], &seen["token_type"]), (&json!(true), &cnf, &kind), "{name}");
    }
    let token = holder.running.machine("mcp.access").await?.text("access_token");
    let own = Some((CONFIDENTIAL, SECRET));
    let seen = holder.running.post("/oauth2/introspect", own, &[("token", token.as_str())]).await?.body;
    assert_eq!((&seen["token_type"], &seen["cnf"]), (&json!("Bearer"), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn sections_7_1_and_7_2_a_stolen_token_is_worth_nothing_at_the_resource() -> anyhow::Result<()> {
    let holder = Holder::start(&[]).await?;
    let token = holder.bound_token().await?;
    let url = holder.running.server.url.clone();
    let own = || Mint::proof(&holder.key, "POST", &url, &token);
    let thief = Mint::proof(&SigningKey::es256("thief")?, "POST", &url, &token).sign()?;
    let seen = own().sign()?;
    let dpop = format!("DPoP {token}");
    assert_eq!(holder.call(Revision::Modern, &dpop, Some(&seen)).await?.status, 200);
    for revision in Revision::ALL {
        for (what, authorization, proof, error) in [
            ("7.2: as a bearer token", format!("Bearer {token}"), None, "invalid_token"),
            ("7.2: as a bearer token with a proof", format!("Bearer {token}"), Some(own().sign()?), "invalid_token"),
            ("7.1: without a proof", dpop.clone(), None, "invalid_dpop_proof"),
            ("7.1: a proof of another key", dpop.clone(), Some(thief.clone()), "invalid_token"),
            ("4.3: without ath", dpop.clone(), Some(own().claim("ath", Value::Null).sign()?), "invalid_dpop_proof"),
            ("4.3: for another method", dpop.clone(), Some(own().claim("htm", "GET").sign()?), "invalid_dpop_proof"),
            ("11.1: a proof that was read on the way", dpop.clone(), Some(seen.clone()), "invalid_dpop_proof"),
        ] {
            let reply = holder.call(revision, &authorization, proof.as_deref()).await?;
            assert_eq!((reply.status.as_u16(), error_of(&reply).as_str()), (401, error), "{revision} {what}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn dpop_can_be_required_or_off() -> anyhow::Result<()> {
    let required = Holder::start(&["--dpop", "required"]).await?;
    let refused = required.running.machine("mcp.access").await?;
    assert_eq!(refused.body["error"], "invalid_dpop_proof", "{refused:?}");
    let resource = required.running.json("/.well-known/oauth-protected-resource").await?;
    assert_eq!(resource["dpop_bound_access_tokens_required"], true);
    required.bound_token().await?;

    let off = Holder::start(&["--dpop", "off"]).await?;
    let metadata = off.running.json("/.well-known/openid-configuration").await?;
    assert_eq!(metadata["dpop_signing_alg_values_supported"], Value::Null);
    let answer = off.token("whatever this is", &off.machine_form()).await?;
    assert_eq!(answer.body["token_type"], "Bearer", "{answer:?}");
    let bound = required.bound_token().await?;
    let reply = off.call(Revision::Modern, &format!("DPoP {bound}"), None).await?;
    assert_eq!(reply.status, 401);
    assert!(Running::start_with(&["--dpop", "perhaps"]).await.is_err());
    Ok(())
}
