//! What ends a sign-in from outside, and what the next call does about it.

use mcp_entra_id::tenant::{Control, known};
use mcp_support::client::{Revision, call};
use serde_json::json;

use super::{
    fixture::{Stage, TOOL, is_error, structure, text},
    person::Does,
};

#[tokio::test]
async fn a_revoked_sign_in_is_asked_for_again_with_the_challenge_of_graph() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        call(&client, TOOL, json!({})).await?;
        // A sign-in counts from the second in which it was made.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        stage.tenant.control(Control::RevokeSessions { user: known::ADA.to_owned() }).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        let asked = person.asked();
        assert_eq!(asked.len(), 2, "{revision}");
        let link = url::Url::parse(&asked[1].1)?;
        let value =
            |name: &str| link.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        let claims = value("claims").unwrap_or_default();
        assert!(claims.contains("nbf") && claims.contains("cp1"), "{revision}: {claims}");
        assert_eq!(value("login_hint").as_deref(), Some(known::ADA), "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_expired_refresh_token_asks_the_person() -> anyhow::Result<()> {
    let stage = Stage::set_with(|settings| settings.access_seconds = 200).await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        call(&client, TOOL, json!({})).await?;
        stage.tenant.control(Control::ExpireRefreshTokens {}).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        assert_eq!(person.asked().len(), 2, "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_busy_graph_is_waited_for_or_told() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, stage.person(Does::SignsIn(known::ADA))).await?;
        call(&client, TOOL, json!({})).await?;
        stage.tenant.control(Control::Throttle { requests: 1, retry_after: Some(1), status: 429 }).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        stage.tenant.control(Control::Throttle { requests: 1, retry_after: Some(600), status: 429 }).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&result) && text(&result).contains("try again in 600 s"), "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn consent_that_was_taken_back_is_asked_for_again() -> anyhow::Result<()> {
    let stage = Stage::set_with(|settings| settings.access_seconds = 200).await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        call(&client, TOOL, json!({})).await?;
        stage.tenant.control(Control::RevokeConsent { app: known::LOCAL_APP.to_owned(), user: None }).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        assert_eq!(person.asked().len(), 2, "{revision}");
        client.cancel().await?;
    }
    Ok(())
}
