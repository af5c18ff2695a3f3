//! A session: what it changes, and how it is forgotten.

use std::path::Path;

use mcp_support::{client::call, demo::Tour};
use rmcp::{RoleClient, service::RunningService};
use serde_json::{Value, json};

use super::{Person, is_error, results, structure, text};

const QUERY: &str = "mercury";
/// What no file may contain afterwards.
const SECRET: &str = "how to find titan with a telescope";

/// The same query without and with context. Returns the session.
pub(super) async fn understood(
    tour: &mut Tour,
    client: &RunningService<RoleClient, Person>,
    person: &Person,
) -> anyhow::Result<String> {
    let alone = call(client, "web_search", json!({"query": QUERY, "max_results": 3})).await?;
    tour.show("mercury, to anybody", titles(&results(&alone)));
    let begun = call(client, "web_search", json!({"query": "kestrel ice map", "session": "new"})).await?;
    let session = structure(&begun)["session"].as_str().unwrap_or_default().to_owned();
    tour.show("the person was asked", person.asked().join("\n"));
    tour.check(
        "nothing is remembered before they agree",
        person.asked().len() == 1 && structure(&begun)["remembers"] == true,
    );
    call(client, "web_search", json!({"query": SECRET, "session": session})).await?;
    let first = results(&begun).first().map(|result| result["id"].clone()).unwrap_or_default();
    let read = json!({"session": session, "id": first, "kind": "dwell", "dwell_seconds": 40});
    tour.show("record_interaction", text(&call(client, "record_interaction", read).await?));
    call(client, "set_preferences", json!({"session": session, "topics": ["space"], "sources": ["orrery"]})).await?;
    let known = call(client, "web_search", json!({"query": QUERY, "session": session, "max_results": 3})).await?;
    tour.show("to this person", titles(&results(&known)));
    let before = results(&alone).first().map(|result| result["id"].clone());
    let now = results(&known).first().map(|result| result["id"].clone());
    tour.check("another article comes first: the planet", before != now && now == Some(json!("mercury-01")));
    Ok(session)
}

/// Exports the session, forgets it, and looks for it on the disk.
pub(super) async fn forgotten(
    tour: &mut Tour,
    client: &RunningService<RoleClient, Person>,
    session: &str,
    folder: &Path,
) -> anyhow::Result<()> {
    let exported = call(client, "export_session", json!({"session": session})).await?;
    let parts: Vec<String> =
        structure(&exported)["context"].as_object().map(|parts| parts.keys().cloned().collect()).unwrap_or_default();
    tour.show("export_session", parts.join(", "));
    tour.check("its seven parts, and the query", parts.len() == 7 && text(&exported).contains(SECRET));
    tour.check("the query is on the disk", is_on_disk(folder)?);
    tour.show("forget_session", text(&call(client, "forget_session", json!({"session": session})).await?));
    let again = call(client, "get_context", json!({"session": session})).await?;
    tour.show("get_context", text(&again));
    tour.check("the handle opens nothing", is_error(&again));
    tour.check("no file of the folder has the query any more", !is_on_disk(folder)?);
    Ok(())
}

fn titles(results: &[Value]) -> String {
    results.iter().map(|result| result["title"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join("\n")
}

fn is_on_disk(folder: &Path) -> anyhow::Result<bool> {
    for file in std::fs::read_dir(folder)? {
        let bytes = std::fs::read(file?.path())?;
        if bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}
