//! The tour: a story that arrives while we watch, a query that is understood, and a session that is forgotten.

mod arrival;
mod memory;
mod outside;
mod person;

use mcp_support::{
    cli::DemoArgs,
    client::{Recorder, Revision, call, structure, text},
    demo::Tour,
};
use rmcp::{ClientHandler, RoleClient, model::CallToolResult, service::RunningService};
use serde_json::{Value, json};

pub use self::{outside::Stranger, person::Person};

/// The feed of the tour publishes a story this often.
const FEED_MS: u64 = 300;

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.11. Invented news in an index, a feed that publishes while you watch, and a session that \
                 remembers.\n\
                 Every value below was just computed by the server, which runs as a process of its own.";
    let folder = tempfile::tempdir()?;
    let stranger = Stranger::start().await?;
    let tour = Tour::new("Real-time search", about, args);
    let flags = ["--feed-ms".to_owned(), FEED_MS.to_string(), "--data".to_owned(), folder.path().display().to_string()];
    let mut tour = tour.with_flags(flags).with_flags(["--searxng-url".to_owned(), stranger.url()]);

    for revision in Revision::ALL {
        tour.step(&format!("The server answers on stdio, in {revision}"));
        let client = tour.stdio(revision, Recorder::default()).await?;
        first(&mut tour, &client).await?;
        client.cancel().await?;
    }
    for revision in Revision::ALL {
        tour.step(&format!("A story arrives over HTTP, in {revision}: alerted, found and ranked within a second"));
        arrival::watch(&mut tour, revision).await?;
    }

    let person = Person::who(true);
    let client = tour.http(Revision::Modern, person.clone()).await?;
    tour.step("The same words mean something else to somebody else");
    let session = memory::understood(&mut tour, &client, &person).await?;

    tour.step("Why a result stands where it stands");
    explained(&mut tour, &client, &session).await?;

    tour.step("Text from strangers stays text");
    untrusted(&mut tour, &client).await?;

    tour.step("All sources at once, and a person who is asked before a query leaves the machine");
    outside::everywhere(&mut tour, &client, &person, &stranger).await?;

    tour.step("Several steps: a cited report, a claim, and who tells it how");
    worked(&mut tour, &client).await?;

    tour.step("A session is exported, and then gone from the disk");
    memory::forgotten(&mut tour, &client, &session, folder.path()).await?;
    client.cancel().await?;
    tour.finish()
}

/// One success and one error that the caller can mend.
async fn first(tour: &mut Tour, client: &RunningService<RoleClient, Recorder>) -> anyhow::Result<()> {
    let tools = client.list_all_tools().await?;
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    tour.show("tools", names.join(", "));
    tour.check("there are fifteen", names.len() == 15);
    let found = call(client, "web_search", json!({"query": "harbur bridge opening", "max_results": 2})).await?;
    tour.show("harbur bridge opening", text(&found));
    let mended = structure(&found)["query"] == "harbour bridge opening";
    tour.check("two results, and a typing error that was mended", results(&found).len() == 2 && mended);
    let refused = call(client, "web_search", json!({"query": "bridge", "max_results": 90})).await?;
    tour.show("90 results", text(&refused));
    tour.check(
        "an error that says how to mend the call",
        is_error(&refused) && text(&refused).contains("from 1 to 20"),
    );
    Ok(())
}

async fn explained<H: ClientHandler>(
    tour: &mut Tour,
    client: &RunningService<RoleClient, H>,
    session: &str,
) -> anyhow::Result<()> {
    let asked = json!({"query": "mercury", "session": session, "max_results": 2, "explain": true});
    let found = call(client, "web_search", asked).await?;
    tour.show("mercury, explained", text(&found));
    let adds_up = results(&found).iter().all(|result| {
        let part = |name: &str| result["score"][name].as_f64().unwrap_or(f64::NAN);
        let sum: f64 = ["fused", "recency", "trust", "preference", "context"].iter().map(|name| part(name)).sum();
        (sum - part("total")).abs() < 1e-9
    });
    tour.check("the parts add up to the score", adds_up && !results(&found).is_empty());
    Ok(())
}

async fn untrusted<H: ClientHandler>(tour: &mut Tour, client: &RunningService<RoleClient, H>) -> anyhow::Result<()> {
    let asked = json!({"query": "site:dealsplosion.example Heron update notes", "safe": "off", "max_results": 3});
    let found = call(client, "web_search", asked).await?;
    let hostile = results(&found).into_iter().find(|result| !result["flags"].as_array().is_none_or(Vec::is_empty));
    let hostile = hostile.unwrap_or_default();
    tour.show("a page that gives orders", &hostile["snippet"]);
    tour.show("flags", &hostile["flags"]);
    let marked = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("<<<") && text.ends_with(">>>"));
    tour.check("it is shown between marks, and flagged", marked(&hostile["snippet"]) && marked(&hostile["title"]));
    let asked = json!({"query": "Heron update notes", "safe": "strict", "max_results": 10});
    let strict = call(client, "web_search", asked).await?;
    let flagged = results(&strict).iter().any(|result| result["flags"] != json!([]));
    tour.check("a strict search leaves it out", !results(&strict).is_empty() && !flagged);
    Ok(())
}

async fn worked<H: ClientHandler>(tour: &mut Tour, client: &RunningService<RoleClient, H>) -> anyhow::Result<()> {
    let report = call(client, "research", json!({"question": "When does the Saltgate Bridge open for cars?"})).await?;
    tour.show("research", text(&report));
    let report = structure(&report);
    let sources = report["sources"].as_array().map_or(0, Vec::len) as u64;
    let cited = report["findings"].as_array().is_some_and(|findings| {
        !findings.is_empty()
            && findings.iter().all(|finding| (1..=sources).contains(&finding["source"].as_u64().unwrap_or(0)))
    });
    tour.check("every sentence has its source", cited);
    let checked = call(client, "fact_check", json!({"claim": "the Saltgate Bridge is closed for cars"})).await?;
    tour.show("fact_check", text(&checked).lines().take(4).collect::<Vec<_>>().join("\n"));
    tour.check("there is evidence", structure(&checked)["evidence"].as_array().is_some_and(|all| !all.is_empty()));
    let compared = call(client, "compare_sources", json!({"query": "astrolabe theft", "max_outlets": 3})).await?;
    tour.show("compare_sources", text(&compared));
    let tellings = structure(&compared)["tellings"].as_array().map_or(0, Vec::len);
    tour.check("two outlets or more tell it", tellings >= 2);
    Ok(())
}

fn results(result: &CallToolResult) -> Vec<Value> {
    structure(result)["results"].as_array().cloned().unwrap_or_default()
}

fn is_error(result: &CallToolResult) -> bool {
    result.is_error == Some(true)
}
