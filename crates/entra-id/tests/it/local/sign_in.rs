//! How a person signs in, and all the ways in which that leads to nothing.

use mcp_entra_id::tenant::known;
use mcp_support::client::{Recorder, Revision, call};
use serde_json::json;

use super::{
    fixture::{Stage, TOOL, is_error, structure, text},
    person::{Does, come_back, visit},
};

/// Where the browser is to come back to, from a link.
fn redirect_uri(link: &str) -> anyhow::Result<String> {
    let link = url::Url::parse(link)?;
    let found = link.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
    found.ok_or_else(|| anyhow::anyhow!("no redirect_uri in {link}"))
}

#[tokio::test]
async fn the_first_call_signs_in_and_the_second_asks_nobody() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        for _ in 0..2 {
            let result = call(&client, TOOL, json!({})).await?;
            assert!(!is_error(&result), "{revision}: {}", text(&result));
            assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}");
            assert!(text(&result).contains(known::ADA), "{revision}");
        }
        assert_eq!(person.asked().len(), 1, "{revision}");
        let (message, link) = &person.asked()[0];
        assert!(link.starts_with(stage.tenant.authority().as_str()) && message.contains("Microsoft"), "{link}");
        assert!(redirect_uri(link)?.starts_with("http://localhost:"), "{link}");
        assert!(person.page().await?.contains("You are signed in"), "{revision}");
        assert_eq!(person.done(), usize::from(revision == Revision::Legacy), "{revision}: it is told that it is done");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_declined_question_ends_the_sign_in() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::Declines);
        let client = stage.client(revision, person.clone()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&result) && text(&result).contains("declined"), "{revision}: {}", text(&result));
        assert!(text(&result).contains("hint: "), "{}", text(&result));
        let back = redirect_uri(&person.asked()[0].1)?;
        assert!(come_back(&format!("{back}/?code=x&state=y")).await.is_err(), "{revision}: the port is closed");
        let again = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&again), "{revision}");
        assert_ne!(person.asked()[0].1, person.asked()[1].1, "{revision}: a new sign-in");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_at_entra_is_told() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::Refuses(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&result) && text(&result).contains("permission was not given"), "{}", text(&result));
        assert!(person.page().await?.contains("You are not signed in"), "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_to_another_sign_in_changes_nothing() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::Nothing);
        let client = stage.client(revision, person.clone()).await?;
        let disturbing = async {
            let link = person.link().await?;
            let back = redirect_uri(&link)?;
            for query in ["code=stolen&state=made-up", "code=stolen", "error=access_denied&state=made-up", ""] {
                let (status, page) = come_back(&format!("{back}/?{query}")).await?;
                assert!(status == 400 && page.contains("Nothing has changed"), "{query}: {status} {page}");
            }
            let page = visit(&link, &Does::SignsIn(known::ADA), stage.password()).await?;
            assert!(page.contains("You are signed in"), "{page}");
            anyhow::Ok(back)
        };
        let (result, back) = tokio::join!(call(&client, TOOL, json!({})), disturbing);
        let (result, back) = (result?, back?);
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        assert!(come_back(&format!("{back}/?code=late&state=late")).await.is_err(), "{revision}: one answer, no more");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn nobody_comes_in_time() -> anyhow::Result<()> {
    let stage = Stage::set().await?.with("ENTRA_SIGN_IN_SECONDS", "1");
    for revision in Revision::ALL {
        let person = stage.person(Does::Nothing);
        let client = stage.client(revision, person.clone()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&result) && text(&result).contains("has expired"), "{revision}: {}", text(&result));
        let late = visit(&person.asked()[0].1, &Does::SignsIn(known::ADA), stage.password()).await;
        assert!(late.is_err(), "{revision}: the port is closed: {late:?}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_without_pages_gets_the_link_in_the_answer() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, Recorder::default()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert!(is_error(&result) && text(&result).contains("then call again: http"), "{revision}: {}", text(&result));
        let link = text(&result).split("then call again: ").nth(1).expect("a link").to_owned();
        let status = call(&client, "auth_status", json!({})).await?;
        assert_eq!(structure(&status)["next"], "wait_for_person", "{revision}");
        let page = visit(&link, &Does::SignsIn(known::GRACE), stage.password()).await?;
        assert!(page.contains("You are signed in"), "{revision}: {page}");
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::GRACE, "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_between_two_calls_is_told_once() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let client = stage.client(revision, Recorder::default()).await?;
        let mut links = Vec::new();
        for _ in 0..2 {
            let result = call(&client, TOOL, json!({})).await?;
            let link = text(&result).split("then call again: ").nth(1).unwrap_or_else(|| panic!("{}", text(&result)));
            links.push(link.to_owned());
            visit(link, &Does::Refuses(known::ADA), stage.password()).await?;
            let result = call(&client, TOOL, json!({})).await?;
            assert!(is_error(&result) && text(&result).contains("was not given"), "{revision}: {}", text(&result));
        }
        assert_ne!(links[0], links[1], "{revision}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_calls_share_one_sign_in() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        let calls = [(); 3].map(|()| call(&client, TOOL, json!({})));
        let results = futures::future::join_all(calls).await;
        for result in results {
            let result = result?;
            assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        }
        let mut links: Vec<_> = person.asked().into_iter().map(|(_, link)| link).collect();
        if revision == Revision::Legacy {
            assert_eq!(links.len(), 1, "{revision}: the person is asked once");
        }
        links.dedup();
        assert_eq!(links.len(), 1, "{revision}: {links:?}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_calls_hear_of_one_refusal() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for revision in Revision::ALL {
        let person = stage.person(Does::Refuses(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        let (one, two) = tokio::join!(call(&client, TOOL, json!({})), call(&client, TOOL, json!({})));
        for result in [one?, two?] {
            assert!(is_error(&result) && text(&result).contains("was not given"), "{revision}: {}", text(&result));
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn conditional_access_asks_for_more_at_the_sign_in() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    for (revision, user) in [(Revision::Legacy, known::MIA), (Revision::Modern, known::NOOR)] {
        let client = stage.client(revision, stage.person(Does::SignsIn(user))).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], user, "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_a_tenant_the_stand_in_starts_inside() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    for revision in Revision::ALL {
        let client = super::fixture::client(&[], &log, revision, Recorder::default()).await?;
        let said = std::fs::read_to_string(&log)?;
        let said = said.lines().last().unwrap_or_default().to_owned();
        let said = if said.contains("password ") { said } else { std::fs::read_to_string(&log)? };
        let password = said.rsplit("password ").next().unwrap_or_default();
        let password = password.split_whitespace().next().unwrap_or_default().to_owned();
        let result = call(&client, TOOL, json!({})).await?;
        let link = text(&result).split("then call again: ").nth(1).unwrap_or_default().to_owned();
        visit(&link, &Does::SignsIn(known::ADA), &password).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        client.cancel().await?;
    }
    Ok(())
}
