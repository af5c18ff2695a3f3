//! What becomes of tokens: silent, refreshed, revoked, signed out.

use mcp_entra_id::tenant::known;
use mcp_support::client::{Recorder, Revision, call};
use serde_json::{Value, json};

use super::{
    fixture::{Stage, TOOL, is_error, structure, text},
    person::Does,
};

#[tokio::test]
async fn an_access_token_near_its_end_is_refreshed_and_nobody_is_asked() -> anyhow::Result<()> {
    // Shorter than what a token has to be good for, so that every call needs a new one.
    let stage = Stage::set_with(|settings| settings.access_seconds = 200).await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        for _ in 0..3 {
            let result = call(&client, TOOL, json!({})).await?;
            assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
            let status = call(&client, "auth_status", json!({})).await?;
            assert_eq!(structure(&status)["next"], "refresh", "{revision}");
        }
        assert_eq!(person.asked().len(), 1, "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn many_calls_at_once_are_all_served() -> anyhow::Result<()> {
    let stage = Stage::set_with(|settings| settings.access_seconds = 200).await?;
    let client = stage.client(Revision::Modern, stage.person(Does::SignsIn(known::ADA))).await?;
    call(&client, TOOL, json!({})).await?;
    let calls = (0..8).map(|_| call(&client, TOOL, json!({})));
    for result in futures::future::join_all(calls).await {
        let result = result?;
        assert!(!is_error(&result), "{}", text(&result));
    }
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn status_and_sign_out() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        let status = structure(&call(&client, "auth_status", json!({})).await?);
        assert_eq!((&status["signed_in"], &status["next"]), (&json!(false), &json!("sign_in")), "{revision}");
        let nobody = structure(&call(&client, "sign_out", json!({})).await?);
        assert_eq!((&nobody["was_signed_in"], &nobody["logout_url"]), (&json!(false), &Value::Null), "{revision}");

        call(&client, TOOL, json!({})).await?;
        let status = call(&client, "auth_status", json!({})).await?;
        assert!(text(&status).contains(known::ADA) && text(&status).contains("memory"), "{}", text(&status));
        let status = structure(&status);
        assert_eq!((&status["signed_in"], &status["next"]), (&json!(true), &json!("use_token")), "{revision}");
        assert_eq!(status["account"]["username"], known::ADA, "{revision}");
        assert_eq!(status["account"]["tenant_id"], known::TENANT_ID, "{revision}");
        assert!(status["expires_in_seconds"].as_i64().is_some_and(|left| (3000..=3600).contains(&left)), "{status}");
        assert!(status["scopes"].as_array().is_some_and(|scopes| scopes.contains(&json!("User.Read"))), "{status}");

        let out = structure(&call(&client, "sign_out", json!({})).await?);
        assert_eq!((&out["was_signed_in"], &out["page_opened"]), (&json!(true), &json!(true)), "{revision}");
        let logout = format!("{}{}/oauth2/v2.0/logout", stage.tenant.authority(), known::TENANT_ID);
        assert_eq!(out["logout_url"], logout, "{revision}");
        assert_eq!(person.asked()[1].1, logout, "{revision}");
        call(&client, TOOL, json!({})).await?;
        assert_eq!(person.asked().len(), 3, "{revision}: it asks again");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_without_pages_signs_out_too() -> anyhow::Result<()> {
    let stage = Stage::set().await?.with_folder();
    for revision in Revision::ALL {
        let client = stage.client(revision, stage.person(Does::SignsIn(known::ADA))).await?;
        call(&client, TOOL, json!({})).await?;
        client.cancel().await?;
        let client = stage.client(revision, Recorder::default()).await?;
        let out = call(&client, "sign_out", json!({})).await?;
        assert!(text(&out).contains("/oauth2/v2.0/logout"), "{revision}: {}", text(&out));
        let out = structure(&out);
        assert_eq!((&out["was_signed_in"], &out["page_opened"]), (&json!(true), &json!(false)), "{revision}");
        client.cancel().await?;
    }
    Ok(())
}
