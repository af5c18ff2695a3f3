//! Resources, prompts and completion.

use mcp_support::{client::Recorder, testing::Leg};
use rmcp::model::{ArgumentInfo, CompleteRequestParams, GetPromptRequestParams, ReadResourceRequestParams, Reference};
use serde_json::json;

use crate::fixture::{Client, done, opened, program};

async fn read(client: &Client, uri: &str) -> anyhow::Result<String> {
    let read = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
    Ok(serde_json::to_value(&read.contents[0])?["text"].as_str().unwrap_or_default().to_owned())
}

async fn completed(client: &Client, reference: Reference, name: &str, value: &str) -> anyhow::Result<Vec<String>> {
    let asked = CompleteRequestParams::new(reference, ArgumentInfo::new(name, value));
    Ok(client.complete(asked).await?.completion.values)
}

#[tokio::test]
async fn resources_are_read_and_completed() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = opened(&client).await?;
        done(&client, "record_decision", json!({"context": id, "decision": "Keep it."})).await?;
        let document = read(&client, "corpus://documents/adr-0024-jetstream.md").await?;
        assert!(document.starts_with("<passage n=\"1\" from=\"adr-0024-jetstream.md\""), "{leg}: {document}");
        assert!(read(&client, &format!("context://{id}")).await?.contains("GUL-4112"), "{leg}");
        assert!(read(&client, &format!("context://{id}/decisions")).await?.contains("Keep it."), "{leg}");
        let template = Reference::for_resource("corpus://documents/{id}");
        assert!(completed(&client, template, "id", "adr-0024").await?.contains(&"adr-0024-jetstream.md".to_owned()));
        let contexts = completed(&client, Reference::for_resource("context://{id}"), "id", &id[..8]).await?;
        assert_eq!(contexts, [id], "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn prompts_begin_with_the_context() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = opened(&client).await?;
        let turns = json!([{"role": "user", "text": "We decided to keep it. Fine."}]);
        done(&client, "compact_history", json!({"context": id, "turns": turns})).await?;
        for (prompt, name, value, says) in [
            ("assemble_context", "query", "What does GUL-4112 mean?", "<passage n="),
            ("find_gaps", "query", "Does GUL-4112 concern bananas?", "- bananas: no document"),
            ("compress_history", "context", id.as_str(), "We decided to keep it."),
        ] {
            let arguments = serde_json::Map::from_iter([(name.to_owned(), json!(value))]);
            let asked = GetPromptRequestParams::new(prompt).with_arguments(arguments);
            let shown = serde_json::to_value(client.get_prompt(asked).await?)?;
            let text = shown["messages"][0]["content"]["text"].as_str().unwrap_or_default().to_owned();
            assert!(text.contains(says), "{leg} {prompt}: {text}");
        }
        let history = completed(&client, Reference::for_prompt("compress_history"), "context", &id[..6]).await?;
        assert_eq!(history, [id], "{leg}");
        let budgets = completed(&client, Reference::for_prompt("find_gaps"), "token_budget", "20").await?;
        assert_eq!(budgets, ["2000"], "{leg}");
        client.cancel().await?;
    }
    Ok(())
}
