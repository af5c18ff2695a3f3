//! Signing in with a code that is entered elsewhere.

use mcp_entra_id::tenant::{Control, known};
use mcp_support::client::{Recorder, Revision, call};
use serde_json::json;

use super::{
    fixture::{Stage, TOOL, is_error, structure, text},
    person::{Does, code_in, enter},
};

async fn stage() -> anyhow::Result<Stage> {
    let stage = Stage::set_with(|settings| settings.device_interval = 1).await?;
    Ok(stage.with("ENTRA_DEVICE_CODE", "true"))
}

#[tokio::test]
async fn the_person_enters_the_code() -> anyhow::Result<()> {
    let stage = stage().await?;
    for (revision, user) in [(Revision::Legacy, known::ADA), (Revision::Modern, known::MIA)] {
        let person = stage.person(Does::SignsIn(user));
        let client = stage.client(revision, person.clone()).await?;
        for _ in 0..2 {
            let result = call(&client, TOOL, json!({})).await?;
            assert_eq!(structure(&result)["user_principal_name"], user, "{revision}: {}", text(&result));
        }
        let (message, link) = &person.asked()[0];
        assert!(code_in(message).is_some() && link.ends_with("/devicelogin"), "{message} {link}");
        assert_eq!(person.asked().len(), 1, "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_without_pages_gets_the_code_in_the_answer() -> anyhow::Result<()> {
    let stage = stage().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, Recorder::default()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        let code = code_in(text(&result)).unwrap_or_default();
        let page = format!("{}devicelogin", stage.tenant.authority());
        assert!(is_error(&result) && text(&result).contains(&page), "{revision}: {}", text(&result));
        let shown = enter(&page, &code, &Does::SignsIn(known::ADA), stage.password()).await?;
        assert!(shown.contains("You have signed in"), "{revision}: {shown}");
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_person_refuses_or_the_code_expires() -> anyhow::Result<()> {
    let stage = stage().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, stage.person(Does::Refuses(known::ADA))).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&result) && text(&result).contains("was not given"), "{revision}: {}", text(&result));
        client.cancel().await?;

        let person = stage.person(Does::Nothing);
        let client = stage.client(revision, person.clone()).await?;
        let expiring = async {
            person.link().await?;
            stage.tenant.control(Control::ExpireCodes {}).await
        };
        let (result, expired) = tokio::join!(call(&client, TOOL, json!({})), expiring);
        expired?;
        let result = result?;
        assert!(is_error(&result) && text(&result).contains("has expired"), "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}
