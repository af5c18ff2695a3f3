//! What settings do, and how scores change them.

use mcp_support::{
    client::{Recorder, Revision, call},
    demo::Tour,
};
use serde_json::json;

use super::structure;

pub(super) async fn are_chosen_and_compared(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("The same prompt under three temperatures and two seeds");
    let client = tour.stdio(Revision::Modern, Recorder::default()).await?;
    let compared = call(&client, "compare_parameters", json!({"prompt": "The customer", "max_tokens": 14})).await?;
    let runs = structure(&compared)["runs"].as_array().cloned().unwrap_or_default();
    for run in &runs {
        let label = format!("temperature {}, seed {}", run["applied"]["temperature"], run["seed"]);
        tour.show(&label, run["text"].as_str().unwrap_or_default().replace('\n', " "));
    }
    let greedy = runs.len() == 6 && runs[0]["text"] == runs[1]["text"];
    tour.check("temperature 0 is greedy, whatever the seed", greedy);
    tour.check("above it, each seed has its own text", runs.len() == 6 && runs[4]["text"] != runs[5]["text"]);
    client.cancel().await?;
    Ok(())
}

pub(super) async fn learn(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("Settings fit the kind of text, and learn from scores");
    let client = tour.stdio(Revision::Modern, Recorder::default()).await?;
    for prompt in ["Write a poem about rain", "Refactor this Rust function", "Compare the trend with last year's"] {
        let explained = call(&client, "explain_parameters", json!({ "prompt": prompt })).await?;
        let kind = &structure(&explained)["kinds"][0];
        let applied = &kind["applied"];
        tour.show(
            prompt,
            format!("{}, temperature {}, top-p {}", kind["task_type"], applied["temperature"], applied["top_p"]),
        );
    }
    let mut temperatures = vec![0.9];
    for score in [0.0, 0.0, 1.0, 1.0, 1.0] {
        let arguments = json!({"prompt": "Once upon a time", "task_type": "creative", "max_tokens": 5});
        let generated = call(&client, "generate", arguments).await?;
        let id = structure(&generated)["generation_id"].clone();
        let learned = call(&client, "record_feedback", json!({"generation_id": id, "score": score})).await?;
        temperatures.push(structure(&learned)["next_temperature"].as_f64().unwrap_or_default());
    }
    tour.show("scores 0 0 1 1 1", format!("temperature {temperatures:?}"));
    tour.check("bad scores make it careful", temperatures[2] < temperatures[0]);
    tour.check("good ones bring it back, and beyond", temperatures[5] > temperatures[0]);
    client.cancel().await?;
    Ok(())
}
