//! The migration: the same tool, answered by a provider instead of the client, and by the embedded model.

use axum::{Json, Router, extract::State, routing::post};
use mcp_support::{
    client::{Revision, Target, call, connect},
    demo::Tour,
    llm::{ChatModel, ChatRequest, Message, Sampling, embedded::Embedded},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{client::ModelClient, structure};

pub(super) async fn changes_one_line(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("The migration: the same result by sampling, by a provider's API, and by the embedded model");
    let provider = Provider::start().await?;
    tour.note("a provider for this tour: the small model behind the chat-completions API, on this machine");
    let mut texts = Vec::new();
    for backend in ["client", "provider", "embedded"] {
        let environment = [
            ("SAMPLING_BACKENDS", backend.to_owned()),
            ("MODEL_BASE_URL", provider.url.clone()),
            ("MODEL_NAME", "small".to_owned()),
        ];
        let target = Target::Program {
            program: std::env::current_exe()?,
            arguments: vec!["stdio".to_owned()],
            environment: environment.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        };
        let client = connect(&target, Revision::Modern, ModelClient::small(), tour.tap()).await?;
        // Greedy: nothing is left to chance, so that the three texts can be compared.
        let arguments =
            json!({"prompt": "The database", "settings": [{"temperature": 0}], "seeds": [1], "max_tokens": 12});
        let compared = call(&client, "compare_parameters", arguments).await?;
        client.cancel().await?;
        let found = &structure(&compared)["runs"][0];
        tour.show(&format!("--backends {backend}"), format!("{} ({})", found["text"], found["model"]));
        tour.check(format!("answered by {backend}"), found["backend"] == backend);
        texts.push(found["text"].clone());
    }
    tour.check("three ways, one text", texts.iter().all(|text| text.is_string() && *text == texts[0]));
    tour.note("README.md shows the migration as a diff: two settings of the operator, and nothing in the tools.");
    provider.task.abort();
    Ok(())
}

/// The small model behind a provider's API: what a chat-completions server does, in its smallest form.
struct Provider {
    url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Provider {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1/", listener.local_addr()?);
        let app = Router::new().route("/v1/chat/completions", post(complete)).with_state(Embedded::shared());
        let task = tokio::spawn(async move {
            // It ends with the tour.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { url, task })
    }
}

async fn complete(State(model): State<&'static Embedded>, Json(request): Json<Value>) -> Json<Value> {
    let said = request["messages"].as_array().into_iter().flatten();
    let prompt =
        said.filter(|message| message["role"] == "user").filter_map(|message| message["content"].as_str()).next_back();
    let stop = request["stop"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let chat = ChatRequest {
        messages: vec![Message::user(prompt.unwrap_or_default())],
        sampling: Sampling {
            temperature: request["temperature"].as_f64(),
            max_tokens: request["max_tokens"].as_u64().map(|most| most as u32),
            stop,
            ..Sampling::default()
        },
        ..ChatRequest::default()
    };
    Json(match model.chat(&chat).await {
        Ok(reply) => json!({
            "id": "tour", "object": "chat.completion", "created": 0, "model": reply.model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": reply.text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": reply.usage.input_tokens, "completion_tokens": reply.usage.output_tokens}
        }),
        Err(error) => json!({"error": {"message": error.to_string()}}),
    })
}
