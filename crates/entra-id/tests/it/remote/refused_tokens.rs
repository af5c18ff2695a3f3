//! Tokens that must not be let in, each named by the rule that it breaks, in both revisions.

use mcp_support::{client::Revision, testing::auth::SigningKey};
use serde_json::{Value, json};

use super::fixture::{APP, CLIENT, PARTNER, READ, Running, STRANGER, TENANT, challenge, now};

#[tokio::test]
async fn each_rule_refuses_the_token_that_breaks_it() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let (good, origin) = (running.mint("ada", READ), running.fake.origin.clone());
    let issuer = |tenant: &str, version: &str| format!("{origin}/{tenant}/{version}");
    let url = running.server.url.clone();
    let other_key = SigningKey::rs256("key-9")?;
    let public_key = running.fake.key().jwk()["n"].as_str().expect("a modulus").to_owned();
    let null = Value::Null;
    let id_token = good.clone().claim("azp", null.clone()).claim("scp", null.clone()).claim("nonce", "n");
    let v1 = good
        .clone()
        .claim("iss", issuer(TENANT, ""))
        .claim("ver", "1.0")
        .claim("aud", url.as_str())
        .claim("azp", null.clone())
        .claim("appid", CLIENT);
    let program = running.program(&[]);
    for (rule, token, said) in [
        ("no_token_at_all", "x".to_owned(), "JSON Web Token"),
        ("wrong_audience", good.clone().claim("aud", "6f1f4e0e-0000-4000-8000-000000000000").sign()?, "audience"),
        ("graph_token_passthrough", good.clone().claim("aud", "https://graph.microsoft.com").sign()?, "audience"),
        ("graph_token_by_id", good.clone().claim("aud", "00000003-0000-0000-c000-000000000000").sign()?, "audience"),
        ("another_servers_url", good.clone().claim("aud", "https://other.example.com/mcp").sign()?, "audience"),
        ("expired", good.clone().claim("exp", now() - 60).sign()?, "expired"),
        ("not_yet_valid", good.clone().claim("nbf", now() + 600).sign()?, "not valid yet"),
        ("issued_in_the_future", good.clone().claim("iat", now() + 600).sign()?, "future"),
        ("without_an_end", good.clone().claim("exp", null.clone()).sign()?, "expiry"),
        ("alg_none", good.unsigned(), "algorithm"),
        ("hs256_with_the_public_key", good.sign_hs256(public_key.as_bytes()), "algorithm"),
        ("another_algorithm", good.clone().header("alg", "ES256").sign()?, "algorithm"),
        ("signed_by_another_key", good.sign_with(&other_key)?, "signature"),
        ("unknown_kid", good.clone().header("kid", "key-9").sign_with(&other_key)?, "no such key"),
        ("its_own_key_in_the_header", good.clone().header("jwk", other_key.jwk()).sign_with(&other_key)?, "signature"),
        ("critical_header", good.clone().header("crit", json!(["x"])).sign()?, "critical"),
        (
            "wrong_tenant",
            good.clone().claim("iss", issuer(STRANGER, "v2.0")).claim("tid", STRANGER).sign()?,
            "issuer is not trusted",
        ),
        ("tenant_of_another_issuer", good.clone().claim("tid", PARTNER).sign()?, "does not fit the tenant"),
        ("tenant_off_the_list", good.clone().claim("tid", STRANGER).sign()?, "not on the list"),
        ("issuer_common", good.clone().claim("iss", issuer("common", "v2.0")).sign()?, "issuer is not trusted"),
        ("v1_issuer_v2_claims", good.clone().claim("iss", issuer(TENANT, "")).sign()?, "version"),
        ("v2_issuer_v1_claims", v1.clone().claim("iss", issuer(TENANT, "v2.0")).sign()?, "version"),
        ("v1_token_v2_audience", v1.clone().claim("aud", APP).sign()?, "audience does not fit"),
        ("v2_token_v1_audience", good.clone().claim("aud", url.as_str()).sign()?, "audience does not fit"),
        ("v1_token_without_appid", v1.clone().claim("appid", null.clone()).sign()?, "ID token"),
        ("id_token_as_access_token", id_token.sign()?, "ID token"),
        ("id_token_with_roles", id_token.clone().claim("roles", json!(["Mcp.Admin"])).sign()?, "ID token"),
        ("neither_scopes_nor_roles", good.clone().claim("scp", null.clone()).sign()?, "neither scopes"),
        ("app_only_without_a_role", program.clone().claim("roles", null.clone()).sign()?, "neither scopes"),
        ("app_only_with_anothers_role", running.program(&["Reports.Read"]).sign()?, "no app role of this server"),
        ("roles_of_a_person_as_app_only", running.program(&["Mcp.Admin"]).claim("idtyp", "user").sign()?, "neither"),
        ("delegated_and_app_only", good.clone().claim("idtyp", "app").sign()?, "neither"),
        ("scopes_of_another_api", running.mint("ada", "User.Read Mail.Read").sign()?, "no scope"),
        ("typ_of_something_else", good.clone().header("typ", "dpop+jwt").sign()?, "another type"),
    ] {
        for revision in Revision::ALL {
            let reply = running.call(revision, &token, "whoami").await?;
            let words = challenge(&reply);
            assert_eq!(reply.status, 401, "{rule} {revision}: {} {words}", reply.text);
            assert!(words.contains("error=\"invalid_token\"") && words.contains(said), "{rule} {revision}: {words}");
            assert!(words.contains(&format!("scope=\"{url}/mcp.tools.read\"")), "{rule}: {words}");
            assert!(words.contains("/.well-known/oauth-protected-resource/mcp"), "{rule}: {words}");
        }
    }
    for revision in Revision::ALL {
        for token in [good.sign()?, v1.sign()?, good.clone().claim("exp", now() - 10).sign()?] {
            assert_eq!(
                running.call(revision, &token, "whoami").await?.status,
                200,
                "{revision}: a sound one, with skew"
            );
        }
        let partner = good.clone().claim("iss", issuer(PARTNER, "v2.0")).claim("tid", PARTNER).sign()?;
        let who = running.result(revision, &partner, "whoami").await?;
        assert_eq!(who["structuredContent"]["tenant"], PARTNER, "{revision}: another tenant of the list");
    }
    let refused = running.audit(|line| line["event"] == "admitted").await;
    assert!(refused.iter().filter(|line| line["event"] == "refused").all(|line| line["oid"].is_null()));
    Ok(())
}

#[tokio::test]
async fn a_token_in_the_query_or_in_the_body_is_refused() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.token("ada", READ);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let in_query = http.post(format!("{}?access_token={token}", running.server.url)).bearer_auth(&token).send().await?;
    assert_eq!(in_query.status(), 400);
    let in_body = http.post(&running.server.url).form(&[("access_token", token.as_str())]).send().await?;
    assert_eq!(in_body.status(), 400);
    let twice = http.post(&running.server.url).bearer_auth(&token).bearer_auth(&token).send().await?;
    assert_eq!(twice.status(), 400);
    assert!(!running.written().contains(&token), "and it is in no log");
    Ok(())
}

#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_all_scopes_with_their_app_id_uri() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let url = running.server.url.clone();
    for revision in Revision::ALL {
        let reply = running.call(revision, &running.token("ada", READ), "list_my_messages").await?;
        let words = challenge(&reply);
        assert_eq!(reply.status, 403, "{revision}: {}", reply.text);
        assert!(words.contains("insufficient_scope"), "{words}");
        assert!(words.contains(&format!("scope=\"{url}/mcp.tools.execute {url}/mcp.tools.read\"")), "{words}");
        let reply = running.call(revision, &running.token("ada", "mcp.tools.execute"), "whoami").await?;
        assert_eq!(reply.status, 403, "{revision}: every request needs the scope to read");
    }
    assert!(running.fake.state().forms.is_empty(), "nothing was exchanged for them");
    let lines = running.audit(|line| line["event"] == "denied").await;
    let line = lines.iter().find(|line| line["event"] == "denied").expect("a line");
    assert_eq!((&line["oid"], &line["tool"]), (&json!("ada"), &json!("list_my_messages")), "{line}");
    Ok(())
}
