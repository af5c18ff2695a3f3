//! Who answers: the embedded model, the client's, and nobody when a person says no.

use std::time::Instant;

use mcp_support::{
    client::{Recorder, Revision, call},
    demo::Tour,
    llm::embedded::Embedded,
};
use rmcp::{ErrorData, model::ErrorCode};
use serde_json::json;

use super::{REPORT, client::ModelClient, structure, text};

pub(super) async fn learns_and_answers(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("A bare machine has a model too: trained at start, labelled as what it is");
    let began = Instant::now();
    let model = Embedded::shared();
    let trained = began.elapsed();
    tour.show("model", mcp_support::llm::ChatModel::title(model));
    tour.show("words that it knows", model.model().vocabulary_size());
    let first = Instant::now();
    let client = tour.stdio(Revision::Modern, Recorder::default()).await?;
    let arguments = json!({"prompt": "The server stopped", "task_type": "creative", "seed": 3, "max_tokens": 30});
    let generated = call(&client, "generate", arguments).await?;
    let first = first.elapsed().as_millis();
    tour.show("it goes on from", "The server stopped");
    tour.show("", structure(&generated)["text"].as_str().unwrap_or_default());
    tour.show("training takes", format!("{} ms", trained.as_millis()));
    tour.show("first answer after", format!("{first} ms, from the start of the server's process, training included"));
    tour.check("the answer says who wrote it", structure(&generated)["backend"] == "embedded");
    let summary = call(&client, "summarize", json!({"text": REPORT, "max_words": 25})).await?;
    tour.show("summarize", structure(&summary)["text"].as_str().unwrap_or_default());
    let short = structure(&summary)["words"].as_u64().is_some_and(|words| words <= 25);
    tour.check("a summary within 25 words, of the text's own sentences", short);
    let schema = json!({"type": "object", "properties": {"orders": {"type": "integer"}}, "required": ["orders"]});
    let data = call(&client, "extract", json!({"text": "214 orders were lost", "schema": schema})).await?;
    tour.show("extract", &structure(&data)["data"]);
    tour.check("data that is valid against the caller's schema", structure(&data)["data"]["orders"] == 214);
    client.cancel().await?;
    Ok(())
}

pub(super) async fn of_the_client(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("The client's model: one tool, asked for in both revisions");
    for revision in Revision::ALL {
        let model = ModelClient::small();
        let client = tour.stdio(revision, model.clone()).await?;
        let summary = call(&client, "summarize", json!({"text": REPORT, "max_words": 25})).await?;
        tour.show(&revision.to_string(), structure(&summary)["text"].as_str().unwrap_or_default());
        let asked = serde_json::to_value(model.asked())?;
        tour.show(
            "the client was asked",
            format!("maxTokens {}, {}", asked[0]["maxTokens"], asked[0]["modelPreferences"]),
        );
        tour.check("the client's model has answered", structure(&summary)["backend"] == "client");
        client.cancel().await?;
    }
    tour.note(
        "2025-11-25: a request of the server while the call waits. 2026-07-28: the call ends with a question, and is",
    );
    tour.note("made again with the answer and a sealed state. The tool's code is the same.");
    Ok(())
}

pub(super) async fn uses_tools(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("Sampling with tools: each tool use is answered by exactly one result, in at most 5 turns");
    let question = "How many days lie between 2026-07-28 and 2026-11-26?";
    for revision in Revision::ALL {
        let model = ModelClient::small();
        let client = tour.http(revision, model.clone()).await?;
        let answered = call(&client, "agent_answer", json!({ "question": question })).await?;
        tour.show(&revision.to_string(), structure(&answered)["text"].as_str().unwrap_or_default());
        let used = &structure(&answered)["tool_uses"][0];
        tour.show("the model called", format!("{} {} -> {}", used["tool"], used["arguments"], used["result"]));
        tour.check("121 days, in two turns", used["result"] == "121 days" && structure(&answered)["turns"] == 2);
        let balanced = model.asked().iter().all(|request| request.validate().is_ok());
        tour.check("every request was balanced", balanced);
        client.cancel().await?;
    }
    Ok(())
}

pub(super) async fn may_be_refused(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("A person may say no, and nobody is asked behind their back");
    let refusing = ModelClient::new(|_, _| Err(ErrorData::new(ErrorCode(-1), "User rejected sampling request", None)));
    let client = tour.stdio(Revision::Legacy, refusing).await?;
    let refused = call(&client, "summarize", json!({ "text": REPORT })).await?;
    tour.show("refused", text(&refused));
    let is_final = refused.is_error == Some(true) && text(&refused).contains("nobody else is asked");
    tour.check("an error with a hint, though the embedded model could have answered", is_final);
    client.cancel().await?;
    let client = tour.stdio(Revision::Legacy, Recorder::default()).await?;
    let other = call(&client, "summarize", json!({"text": REPORT, "max_words": 15})).await?;
    tour.show(
        "without sampling",
        format!(
            "{} passed over: {}",
            structure(&other)["fallbacks"][0]["backend"],
            structure(&other)["fallbacks"][0]["reason"]
        ),
    );
    tour.check("who cannot answer is passed over, and the answer says so", structure(&other)["backend"] == "embedded");
    client.cancel().await?;
    Ok(())
}
