//! A person is asked before anything is remembered or leaves the machine, on all four legs.

use mcp_realtime_search::demo::{Person, Stranger};
use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    testing::{Leg, PATIENCE},
};
use rmcp::{
    ClientHandler,
    model::{CallToolRequestParams, NumberOrString, ProgressToken, RequestMetaObject, SubscriptionFilter},
};
use serde_json::{Value, json};

use crate::fixture::{program, structure, text};

#[tokio::test]
async fn history_is_kept_only_where_the_person_agrees() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for agrees in [true, false] {
            let person = Person::who(agrees);
            let client = program.client(leg, person.clone()).await?;
            let begun = call(&client, "web_search", json!({"query": "kestrel ice map", "session": "new"})).await?;
            let session = structure(&begun)["session"].clone();
            assert_eq!(structure(&begun)["remembers"], agrees, "{leg}");
            call(&client, "web_search", json!({"query": "mercury", "session": session})).await?;
            let read = json!({"session": session, "id": "mercury-01", "kind": "dwell", "dwell_seconds": 30});
            assert_eq!(structure(&call(&client, "record_interaction", read).await?)["remembered"], agrees, "{leg}");
            assert_eq!(person.asked().len(), 1, "{leg}: asked once");
            let exported = structure(&call(&client, "export_session", json!({"session": session})).await?).clone();
            let queries = exported["context"]["history"].as_array().map_or(0, Vec::len);
            assert_eq!(queries, if agrees { 2 } else { 0 }, "{leg}: {exported}");
            if agrees {
                let refine = json!({"session": session, "refinement": "planet", "explain": true});
                let refined = call(&client, "refine_search", refine).await?;
                assert_eq!(structure(&refined)["query"], "mercury planet", "{leg}");
            }
            call(&client, "forget_session", json!({"session": session})).await?;
            client.cancel().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_cannot_be_asked_has_not_agreed() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let begun = call(&client, "web_search", json!({"query": "bridge", "session": "new"})).await?;
        assert_eq!(structure(&begun)["remembers"], false, "{leg}");
        assert!(text(&begun).contains("nobody was asked"), "{leg}: {}", text(&begun));
        let exported =
            structure(&call(&client, "export_session", json!({"session": structure(&begun)["session"]})).await?)
                .clone();
        assert_eq!(exported["context"]["history"], json!([]), "{leg}");
        assert_eq!(exported["context"]["sources"]["history_consent"], Value::Null, "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sessions_that_begin_and_end_are_announced_as_resources() -> anyhow::Result<()> {
    let program = program();
    let begin = [
        ("web_search", json!({"query": "bridge", "session": "new"})),
        ("set_preferences", json!({"topics": ["science"], "session": "new"})),
    ];
    for leg in Leg::ALL {
        for (tool, arguments) in begin.clone() {
            let recorder = Recorder::default();
            let client = program.client(leg, recorder.clone()).await?;
            let mut stream = match leg.revision {
                Revision::Legacy => None,
                Revision::Modern => {
                    Some(client.listen(SubscriptionFilter::builder().resources_list_changed().build()).await?)
                }
            };
            let begun = call(&client, tool, arguments).await?;
            let session = json!({"session": structure(&begun)["session"]});
            let uri = format!("search://session/{}", session["session"].as_str().expect("a handle"));
            for (announced, has_begun) in [(1, true), (2, false)] {
                if !has_begun {
                    call(&client, "forget_session", session.clone()).await?;
                }
                match &mut stream {
                    Some(stream) => {
                        let told = tokio::time::timeout(PATIENCE, stream.next()).await??;
                        assert!(told.is_some(), "{leg}: {tool}");
                    }
                    None => {
                        let told = || recorder.heard().iter().filter(|heard| is_list(heard)).count() >= announced;
                        assert!(recorder.wait_for(|_| told()).await.is_some(), "{leg}: {tool}");
                    }
                }
                let listed = client.list_all_resources().await?;
                assert_eq!(listed.iter().any(|resource| resource.uri == uri), has_begun, "{leg}: {tool}");
            }
            client.cancel().await?;
        }
    }
    Ok(())
}

fn is_list(heard: &Heard) -> bool {
    *heard == Heard::ListChanged("resources")
}

#[tokio::test]
async fn a_query_leaves_the_machine_with_consent_and_without_personal_data() -> anyhow::Result<()> {
    let stranger = Stranger::start().await?;
    let program = program().with_env("SEARXNG_URL", &stranger.url());
    for leg in Leg::ALL {
        let before = stranger.asked().len();
        let refusing = program.client(leg, Person::who(false)).await?;
        let found = call(&refusing, "federated_search", json!({"query": "kestrel"})).await?;
        assert_eq!(outcome(structure(&found), "searxng"), "not_asked", "{leg}");
        refusing.cancel().await?;
        let mute = program.client(leg, Recorder::default()).await?;
        let found = call(&mute, "federated_search", json!({"query": "kestrel"})).await?;
        assert_eq!(outcome(structure(&found), "searxng"), "not_asked", "{leg}");
        mute.cancel().await?;
        assert_eq!(stranger.asked().len(), before, "{leg}: nothing has left");

        let person = Person::who(true);
        let client = program.client(leg, person.clone()).await?;
        let found =
            with_progress(&client, json!({"query": "kestrel +44 20 7946 0958", "session": "new", "max_results": 20}))
                .await?;
        let found = structure(&found);
        assert_eq!(outcome(found, "searxng"), "answered", "{leg}: {found}");
        assert_eq!(stranger.asked().last().map(String::as_str), Some("kestrel"), "{leg}");
        let outside = found["results"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|result| result["url"] == "https://outside.example/a");
        let outside = outside.expect("the stranger's page");
        assert!(
            outside["flags"].as_array().is_some_and(|flags| flags.contains(&json!("instructions"))),
            "{leg}: {outside}"
        );
        let steps = person.recorder.heard().into_iter().filter(|heard| matches!(heard, Heard::Progress(..))).count();
        assert!(steps > 0, "{leg}: partial results were told");
        assert_eq!(person.asked().len(), 2, "{leg}: for the session and for the service");
        let again = json!({"query": "kestrel ice", "session": found["session"]});
        let again = structure(&call(&client, "federated_search", again).await?).clone();
        assert_eq!(outcome(&again, "searxng"), "answered", "{leg}: {again}");
        let asked = person.asked();
        assert_eq!(asked.len(), 3, "{leg}: a yes is good for the query that was shown: {asked:?}");
        assert!(asked.last().is_some_and(|asked| asked.contains("as: kestrel ice (")), "{leg}: {asked:?}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_leaves_the_machine_is_what_the_person_has_read() -> anyhow::Result<()> {
    let stranger = Stranger::start().await?;
    let program = program().with_env("SEARXNG_URL", &stranger.url());
    for leg in Leg::ALL {
        let person = Person::who(true);
        let client = program.client(leg, person.clone()).await?;
        let begun = call(
            &client,
            "set_preferences",
            json!({"session": "new", "include_domains": ["oncology-clinic.example", "b.example"],
                   "exclude_domains": ["my-secret-employer.example"], "time_period": "month"}),
        )
        .await?;
        let session = structure(&begun)["session"].clone();
        // The session stays here; what it wants is looked for in the answer.
        let found = call(&client, "federated_search", json!({"query": "kestrel ice", "session": session})).await?;
        assert_eq!(outcome(structure(&found), "searxng"), "answered", "{leg}");
        assert!(!text(&found).contains("https://outside.example/a"), "{leg}: {}", text(&found));
        let sent = stranger.sent().pop().unwrap_or_default();
        assert_eq!(sent["q"], "kestrel ice", "{leg}: {sent:?}");
        assert!(!sent.contains_key("time_range") && !sent.contains_key("language"), "{leg}: {sent:?}");
        let shown = person.asked().pop().unwrap_or_default();
        assert!(shown.ends_with("as: kestrel ice (safe search: moderate)"), "{leg}: {shown}");
        // What the person types goes, as it was typed, and is shown.
        let typed = json!({"query": "lawyer Lisbon 1980 asyncio site:outside.example this week"});
        call(&client, "federated_search", typed).await?;
        let sent = stranger.sent().pop().unwrap_or_default();
        assert_eq!(sent["q"], "lawyer Lisbon 1980 asyncio site:outside.example", "{leg}");
        let shown = person.asked().pop().unwrap_or_default();
        let range = format!("(safe search: moderate; from the last {})", sent["time_range"]);
        assert!(shown.contains(&format!("as: {} {range}", sent["q"])), "{leg}: {shown}");
        client.cancel().await?;
    }
    Ok(())
}

fn outcome(found: &Value, source: &str) -> String {
    let reports = found["sources"].as_array().into_iter().flatten();
    let report = reports.clone().find(|report| report["source"] == source);
    report.and_then(|report| report["outcome"].as_str()).unwrap_or("none").to_owned()
}

async fn with_progress<H: ClientHandler>(
    client: &rmcp::service::RunningService<rmcp::RoleClient, H>,
    arguments: Value,
) -> anyhow::Result<rmcp::model::CallToolResult> {
    let mut params = CallToolRequestParams::new("federated_search");
    params.arguments = arguments.as_object().cloned();
    let mut meta = RequestMetaObject::default();
    meta.set_progress_token(ProgressToken(NumberOrString::Number(7)));
    params.meta = Some(meta);
    Ok(client.call_tool(params).await?)
}
