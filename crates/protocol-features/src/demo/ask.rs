//! Questions to the person in front of the client: in a form, and on a page.

use mcp_support::{
    client::{Revision, call},
    demo::Tour,
};
use rmcp::model::{ElicitRequestParams, ElicitResult, ElicitationAction};
use serde_json::json;

use super::{person::Person, structure, text};

pub(super) async fn in_a_form(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("A destructive act waits for a person: a request in 2025-11-25, a second round in 2026-07-28");
    for revision in Revision::ALL {
        for (answer, person, deleted) in [
            ("decline", Person::who_says(ElicitationAction::Decline), false),
            ("an unchecked box", Person::who_fills_in(json!({"confirm": false})), false),
            ("a checked box", Person::who_fills_in(json!({"confirm": true})), true),
        ] {
            let client = tour.http(revision, person.clone()).await?;
            let record = if revision == Revision::Legacy { 5 } else { 6 };
            let result = call(&client, "confirm_delete", json!({"record_id": record})).await?;
            tour.show(&format!("{revision}, {answer}"), text(&result));
            tour.check(
                "the record goes only if the person says so",
                structure(&result)["deleted"] == deleted && person.asked().len() == 1,
            );
            client.cancel().await?;
        }
    }
    Ok(())
}

pub(super) async fn on_a_page(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("What the client must not see happens on a page of the server");
    for revision in Revision::ALL {
        let person = Person::new(|question| {
            if let ElicitRequestParams::UrlElicitationParams { url, .. } = question {
                // The person's browser: it opens the page and sends its form.
                tokio::spawn(visit(url.clone()));
            }
            ElicitResult::new(ElicitationAction::Accept)
        });
        let client = tour.stdio(revision, person.clone()).await?;
        let result = call(&client, "connect_account", json!({"provider": "notes"})).await?;
        tour.show(&revision.to_string(), text(&result));
        tour.check(
            "approved on the page, under the name that was typed there",
            structure(&result)["account"] == "Ada's notes",
        );
        client.cancel().await?;
    }
    Ok(())
}

async fn visit(url: String) -> reqwest::Result<()> {
    let browser = reqwest::Client::builder().no_proxy().build()?;
    browser.get(&url).send().await?.error_for_status()?;
    let form = [("decision", "approve"), ("name", "Ada's notes")];
    browser.post(&url).form(&form).send().await?.error_for_status()?;
    Ok(())
}
