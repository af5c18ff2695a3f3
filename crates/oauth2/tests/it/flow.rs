//! The way that ends well, from discovery to a refreshed token, with both revisions behind it.

use mcp_oauth2::client::connect;
use mcp_support::client::{Recorder, Revision, call};
use serde_json::{Value, json};

use crate::fixture::{CONFIDENTIAL, PUBLIC, Running, SECRET, parameter};

#[tokio::test]
async fn discovery_leads_from_the_401_to_the_keys() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let origin = running.server.origin();
    let challenge = mcp_support::web::challenge(&running.server.url, None).await?.expect("a challenge");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("scope=\"mcp.access\""), "{challenge}");
    let resource = running.json("/.well-known/oauth-protected-resource/mcp").await?;
    assert_eq!(resource["resource"], running.server.url);
    assert_eq!(resource["authorization_servers"], json!([origin]));
    for document in ["oauth-authorization-server", "openid-configuration"] {
        let metadata = running.json(&format!("/.well-known/{document}")).await?;
        assert_eq!(metadata["issuer"], origin);
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(metadata["registration_endpoint"], Value::Null, "off unless turned on");
    }
    let keys = running.json("/oauth2/jwks").await?;
    let keys = keys["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key["alg"] == "ES256" && key["d"].is_null()), "public halves only: {keys:?}");
    Ok(())
}

#[tokio::test]
async fn a_person_approves_and_tools_work_in_both_revisions() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let back = running.browser()?.approve(&running.authorize(&[]), "ada", crate::fixture::PASSWORD).await?;
    assert_eq!(parameter(&back, "state").as_deref(), Some("xyz"));
    assert_eq!(parameter(&back, "iss").as_deref(), Some(running.server.origin()));
    let answer = running.exchange(&parameter(&back, "code").expect("a code"), &[]).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        (&answer.body["token_type"], &answer.body["scope"]),
        (&json!("Bearer"), &json!("mcp.access mcp.read mcp.write"))
    );
    for revision in Revision::ALL {
        let client =
            connect(&running.server.url, &answer.text("access_token"), revision, Recorder::default(), None).await?;
        let names: Vec<String> = client.list_all_tools().await?.into_iter().map(|tool| tool.name.into()).collect();
        assert_eq!(names, ["create_note", "hello", "list_notes", "read_note", "whoami"], "{revision}");
        let who = call(&client, "whoami", json!({})).await?.structured_content.expect("a structure");
        assert_eq!((&who["subject"], &who["client_id"]), (&json!("ada"), &json!(PUBLIC)), "{revision}");
        let note = call(&client, "create_note", json!({"title": "T", "text": "x"})).await?;
        let id = note.structured_content.expect("a note")["id"].clone();
        let read = call(&client, "read_note", json!({"id": id})).await?.structured_content.expect("a note");
        assert_eq!(read["text"], "x", "{revision}");
        let missing = call(&client, "read_note", json!({"id": "none"})).await?;
        assert_eq!(missing.is_error, Some(true), "{revision}");
        assert!(format!("{missing:?}").contains("hint: list_notes"), "{missing:?}");
        // Step-up: the challenge names all that the call needs.
        let error = call(&client, "delete_note", json!({"id": id})).await.expect_err("no scope");
        let missing = mcp_oauth2::client::missing_scopes(&error);
        assert_eq!(missing.as_deref(), Some("mcp.access mcp.admin"), "{revision}: {error:#}");
        client.cancel().await?;
    }
    Ok(())
}

/// Mix-up: another server's answer in the place of this one's (RFC 9207).
#[tokio::test]
async fn the_client_takes_only_the_answer_of_the_issuer_that_it_asked() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let challenge = mcp_support::web::challenge(&running.server.url, None).await?.expect("a challenge");
    let session = mcp_oauth2::client::begin(&running.server.url, &challenge, PUBLIC, crate::fixture::REDIRECT).await?;
    let back = running.browser()?.approve(session.get_authorization_url(), "ada", crate::fixture::PASSWORD).await?;
    let replaced = |iss: Option<&str>| -> anyhow::Result<String> {
        let mut url = url::Url::parse(&back)?;
        let kept: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
        url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(iss.map(|iss| ("iss", iss)));
        Ok(url.into())
    };
    let origin = running.server.origin().to_owned();
    for iss in [Some("https://evil.example"), Some(format!("{origin}/").as_str()), Some(""), None] {
        let error = session.handle_callback_url(&replaced(iss)?).await.err();
        let error = error.unwrap_or_else(|| panic!("{iss:?} was taken")).to_string();
        assert!(error.contains("issuer"), "{iss:?}: {error}");
    }
    // Nothing was sent anywhere for those: the code is still good.
    session.handle_callback_url(&replaced(Some(&origin))?).await?;
    Ok(())
}

#[tokio::test]
async fn each_user_has_their_own_notes() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mut ids = Vec::new();
    for name in ["ada", "grace"] {
        let answer = running.exchange(&running.code(name).await?, &[]).await?;
        let token = answer.text("access_token");
        let client = connect(&running.server.url, &token, Revision::Modern, Recorder::default(), None).await?;
        let found = call(&client, "list_notes", json!({})).await?.structured_content.expect("a structure");
        assert_eq!(found["notes"], json!([]), "{name}");
        for id in &ids {
            let other = call(&client, "read_note", json!({"id": id})).await?;
            assert_eq!(other.is_error, Some(true), "another's note");
        }
        let note = call(&client, "create_note", json!({"title": "T", "text": name})).await?;
        ids.push(note.structured_content.expect("a note")["id"].clone());
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_acts_in_its_own_name() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let answer = running.machine("mcp.access mcp.read").await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["refresh_token"], Value::Null);
    let token = answer.text("access_token");
    let client = connect(&running.server.url, &token, Revision::Modern, Recorder::default(), None).await?;
    let info = serde_json::to_value(client.peer_info().expect("an introduction").as_ref())?;
    let extension = &info["capabilities"]["extensions"]["io.modelcontextprotocol/oauth-client-credentials"];
    assert!(extension.is_object(), "{info}");
    let who = call(&client, "whoami", json!({})).await?.structured_content.expect("a structure");
    assert_eq!(who["subject"], CONFIDENTIAL);
    client.cancel().await?;
    assert_eq!(running.machine("mcp.admin").await?.body["error"], "invalid_scope");
    Ok(())
}

#[tokio::test]
async fn introspection_and_revocation() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let own = Some((CONFIDENTIAL, SECRET));
    let look = async |token: &str| running.post("/oauth2/introspect", own, &[("token", token)]).await;
    let answer = running.exchange(&running.code("ada").await?, &[]).await?;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    let seen = look(&access).await?.body;
    assert_eq!((&seen["active"], &seen["sub"], &seen["client_id"]), (&json!(true), &json!("ada"), &json!(PUBLIC)));
    assert_eq!(look(&refresh).await?.body["active"], true);
    assert_eq!(look("nonsense").await?.body, json!({"active": false}));
    let public = running.post("/oauth2/introspect", None, &[("token", &access), ("client_id", PUBLIC)]).await?;
    assert_eq!(public.body["error"], "unauthorized_client");

    // Another client's token cannot be revoked; the answer does not tell.
    assert_eq!(running.post("/oauth2/revoke", own, &[("token", &refresh)]).await?.status, 200);
    assert_eq!(look(&access).await?.body["active"], true);
    let form = [("token", refresh.as_str()), ("client_id", PUBLIC)];
    assert_eq!(running.post("/oauth2/revoke", None, &form).await?.status, 200);
    assert_eq!(look(&access).await?.body["active"], false, "the family is over");
    assert_eq!(look(&refresh).await?.body["active"], false);
    let refreshed =
        running.token(&[("grant_type", "refresh_token"), ("client_id", PUBLIC), ("refresh_token", &refresh)]).await?;
    assert_eq!(refreshed.body["error"], "invalid_grant");
    Ok(())
}
