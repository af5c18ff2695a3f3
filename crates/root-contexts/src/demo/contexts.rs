//! The course's support case, played with the tools of this server: several processes, one folder.

use std::path::Path;

use anyhow::Context as _;
use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::{
    client::{Recorder, Revision, Target, call, connect, structure, text},
    demo::Tour,
};
use rand::RngExt;
use rmcp::{
    RoleClient,
    model::{CallToolResult, GetPromptRequestParams, ReadResourceRequestParams},
    service::RunningService,
};
use serde_json::{Value, json};

type Client = RunningService<RoleClient, Recorder>;

/// An account number that was made up; it must stand in no file.
const IBAN: &str = "DE02120300000000202051";
/// What customer and engineer say, before the small talk of a long case.
const CASE: [(&str, &str); 4] = [
    (
        "user",
        "I'm having trouble scaling my web service in the cloud. Important: it fails above 400 requests a second.",
    ),
    ("assistant", "Which platform does the web service run on? Is autoscaling on?"),
    ("user", "Kubernetes, with autoscaling. The deadline is Friday, when our sale begins."),
    (
        "assistant",
        "We decided to raise the limit of replicas from 4 to 12. You must set a readiness probe before that.",
    ),
];

/// Plays the case.
///
/// # Errors
/// A server cannot be started, or does not answer.
pub(super) async fn steps(tour: &mut Tour) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let key: [u8; 32] = rand::rng().random();
    let place = Place { folder: folder.path(), key: STANDARD.encode(key) };
    let first = place.server(tour, Revision::Modern).await?;
    let id = begins(tour, &first).await?;
    let second = place.server(tour, Revision::Legacy).await?;
    is_shared(tour, &id, &first, &second).await?;
    first.cancel().await?;
    becomes_long(tour, &id, &second).await?;
    is_found(tour, &id, &second).await?;
    keeps_secrets(tour, &id, &second, folder.path()).await?;
    goes_on(tour, &id, &second).await?;
    ends(tour, &id, &second, folder.path()).await?;
    second.cancel().await?;
    Ok(())
}

/// Where the servers of this part keep their contexts, and the key of their secrets.
struct Place<'a> {
    folder: &'a Path,
    key: String,
}

impl Place<'_> {
    async fn server(&self, tour: &Tour, revision: Revision) -> anyhow::Result<Client> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let folder = self.folder.display().to_string();
        let environment =
            vec![("ROOT_CONTEXTS_SECRET_KEY".to_owned(), self.key.clone()), ("ROOT_CONTEXTS_DATA".to_owned(), folder)];
        let target = Target::Program { program, arguments: vec!["stdio".to_owned()], environment };
        connect(&target, revision, Recorder::default(), tour.tap()).await
    }
}

async fn begins(tour: &mut Tour, client: &Client) -> anyhow::Result<String> {
    tour.step("A support case becomes a context: a handle that any call can name, and what matters is kept apart");
    let arguments = json!({
        "name": "Support: Acme Corporation, scaling",
        "metadata": {"customer": "Acme Corporation", "priority": "high", "domain": "cloud services"},
        "secret_metadata": {"iban": IBAN},
    });
    let made = call(client, "create_context", arguments).await?;
    let id = structure(&made)["context"]["context_id"].as_str().context("no handle")?.to_owned();
    tour.show("create_context", text(&made));
    let mut insights = 0;
    for (role, content) in CASE {
        let appended = append(client, &id, role, content).await?;
        for insight in structure(&appended)["insights"].as_array().into_iter().flatten() {
            tour.show(insight["kind"].as_str().unwrap_or("?"), insight["text"].as_str().unwrap_or("?"));
            insights += 1;
        }
    }
    tour.check("four sentences say of themselves that they matter", insights == 4);
    Ok(id)
}

async fn is_shared(tour: &mut Tour, id: &str, first: &Client, second: &Client) -> anyhow::Result<()> {
    tour.step("Two processes on one folder, in two revisions: no update is lost");
    let (ours, theirs) = tokio::try_join!(append_some(first, id, "Engineer"), append_some(second, id, "Colleague"))?;
    let mut all: Vec<u64> = ours.iter().chain(&theirs).copied().collect();
    all.sort_unstable();
    tour.show("the first wrote at", format!("{ours:?}"));
    tour.show("the second wrote at", format!("{theirs:?}"));
    tour.check("each position was given once, without a gap", all == (5..=24).collect::<Vec<u64>>());
    let changed = json!({"context_id": id, "version": 1, "set": {"environment": "Kubernetes", "problem": "scaling"}});
    call(first, "update_context_metadata", changed).await?;
    let stale = json!({"context_id": id, "version": 1, "set": {"problem": "billing"}});
    let refused = call(second, "update_context_metadata", stale).await?;
    tour.show("a stale version", text(&refused));
    tour.check("who has read an old version overwrites nothing", text(&refused).contains("has version 2, not 1"));
    Ok(())
}

async fn becomes_long(tour: &mut Tour, id: &str, client: &Client) -> anyhow::Result<()> {
    tour.step("Past 50 messages the older ones are condensed, and decisions stay word for word");
    let mut condensed = 0;
    for number in 1..=40 {
        let content = format!("Load test {number}: {} requests a second went through.", 300 + 10 * number);
        let appended = append(client, id, "tool", &content).await?;
        condensed += u32::from(!structure(&appended)["condensed"].is_null());
    }
    let read = client.read_resource(ReadResourceRequestParams::new(format!("context://{id}/messages"))).await?;
    let contents = serde_json::to_value(&read.contents[0])?;
    let all: Value = serde_json::from_str(contents["text"].as_str().unwrap_or_default())?;
    let kept = all["messages"].as_array().map_or(0, Vec::len);
    let summary = all["messages"][0]["content"].as_str().unwrap_or_default();
    tour.show("the first message now", summary.lines().take(7).collect::<Vec<_>>().join("\n"));
    tour.check(format!("64 messages were appended, {kept} are kept"), condensed > 0 && kept <= 50);
    let decided = summary.contains("We decided to raise the limit of replicas from 4 to 12.");
    tour.check("the decision is there", decided && summary.contains("The deadline is Friday"));
    Ok(())
}

async fn is_found(tour: &mut Tour, id: &str, client: &Client) -> anyhow::Result<()> {
    tour.step("It is found again by its words, and said in a few sentences");
    let found = call(client, "search_contexts", json!({"query": "\"replicas\" OR) limit*"})).await?;
    tour.show("search_contexts", text(&found));
    tour.check(
        "signs in a query mean nothing, words do",
        structure(&found)["words"] == json!(["replicas", "OR", "limit"]),
    );
    let found = call(client, "search_contexts", json!({"query": "replicas limit"})).await?;
    let snippet = structure(&found)["hits"][0]["snippet"].as_str().unwrap_or_default().to_owned();
    tour.show("search_contexts", &snippet);
    tour.check("the words are found where the decision stands", snippet.contains("**limit** of **replicas**"));
    let summary = call(client, "summarize_context", json!({"context_id": id, "max_sentences": 4})).await?;
    tour.show("summarize_context", text(&summary));
    let sentences = structure(&summary)["sentences"].as_array().cloned().unwrap_or_default();
    let quoted = sentences.iter().all(|sentence| sentence["position"].is_u64());
    tour.check("each sentence was said, in the message that it names", quoted && !sentences.is_empty());
    Ok(())
}

async fn keeps_secrets(tour: &mut Tour, id: &str, client: &Client, folder: &Path) -> anyhow::Result<()> {
    tour.step("Secret metadata is encrypted at rest, and shown to the owner who asks for it");
    let shown = call(client, "get_context", json!({"context_id": id, "include_secrets": true})).await?;
    tour.show("asked for", &structure(&shown)["secret_metadata"]);
    tour.check("the owner sees it", structure(&shown)["secret_metadata"]["iban"] == IBAN);
    let export = call(client, "export_context", json!({"context_id": id, "format": "json"})).await?;
    tour.check("an export does not hold it", !serde_json::to_string(&export)?.contains(IBAN));
    let (open, secret) = (files_with(folder, "Acme Corporation")?, files_with(folder, IBAN)?);
    tour.show("the customer's name", format!("in {}", open.join(", ")));
    tour.show("the account number", if secret.is_empty() { "in no file".to_owned() } else { secret.join(", ") });
    tour.check("the same search of all files finds the one and not the other", !open.is_empty() && secret.is_empty());
    Ok(())
}

async fn goes_on(tour: &mut Tour, id: &str, client: &Client) -> anyhow::Result<()> {
    tour.step("An archived case can be read, and comes back when the customer does");
    call(client, "archive_context", json!({"context_id": id})).await?;
    let refused = append(client, id, "user", "It happens again.").await?;
    tour.show("append_message", text(&refused));
    tour.check(
        "archived is read only, and the hint says what to do",
        text(&refused).contains("use restore_context first"),
    );
    call(client, "restore_context", json!({"context_id": id})).await?;
    let appended = append(client, id, "user", "It happens again.").await?;
    tour.show("after restore_context", text(&appended));
    tour.check("it goes on where it stopped", structure(&appended)["position"] == 65);
    let arguments = json!({"customer": "Acme Corporation", "issue": "It happens again", "context_id": id});
    let mut params = GetPromptRequestParams::new("customer_support");
    params.arguments = arguments.as_object().cloned();
    let prompt = serde_json::to_value(client.get_prompt(params).await?)?;
    let instruction = prompt["messages"][1]["content"]["text"].as_str().unwrap_or_default();
    tour.show("customer_support", instruction.lines().take(3).collect::<Vec<_>>().join("\n"));
    let embedded = prompt["messages"][0]["content"]["resource"]["uri"] == format!("context://{id}");
    tour.check("the prompt embeds the case, and names the tools", embedded && instruction.contains("append_message"));
    Ok(())
}

async fn ends(tour: &mut Tour, id: &str, client: &Client, folder: &Path) -> anyhow::Result<()> {
    tour.step("What is deleted is gone: from the answers, and from the files");
    let deleted = call(client, "delete_context", json!({"context_id": id})).await?;
    tour.show("delete_context", text(&deleted));
    let refused = call(client, "get_context", json!({"context_id": id})).await?;
    tour.show("get_context", text(&refused));
    tour.check("it is like any handle that never was", text(&refused).starts_with("there is no context"));
    tour.check("no file holds a word of it", files_with(folder, "Acme Corporation")?.is_empty());
    Ok(())
}

async fn append(client: &Client, id: &str, role: &str, content: &str) -> anyhow::Result<CallToolResult> {
    call(client, "append_message", json!({"context_id": id, "role": role, "content": content})).await
}

/// Appends ten messages, and returns where they stand.
async fn append_some(client: &Client, id: &str, who: &str) -> anyhow::Result<Vec<u64>> {
    let mut positions = Vec::new();
    for number in 1..=10 {
        let appended = append(client, id, "tool", &format!("{who}: log line {number} of the scheduler.")).await?;
        positions.extend(structure(&appended)["position"].as_u64());
    }
    Ok(positions)
}

/// Names of the files whose bytes hold the text.
fn files_with(folder: &Path, text: &str) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let bytes = std::fs::read(entry.path())?;
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found.sort();
    Ok(found)
}
