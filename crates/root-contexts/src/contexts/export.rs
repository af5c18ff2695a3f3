//! A context as one text that a person or a program can keep.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Contexts,
    error::ContextError,
    metadata,
    model::{ContextInfo, Message},
    store::messages,
};

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Format {
    /// For programs.
    Json,
    /// For people.
    Markdown,
}

/// A part of a context, or all of it.
#[derive(Debug, Clone)]
pub struct Export {
    /// The context.
    pub context: ContextInfo,
    /// The text.
    pub text: String,
    /// Messages in it.
    pub messages: u32,
    /// Position where the next part begins, if there is one.
    pub next_position: Option<u32>,
}

impl Contexts {
    /// The context as a text of at most about `most_bytes`, with messages from `from_position` on. At least one message
    /// is in it, if there is one; insights and metadata are in the first part.
    ///
    /// # Errors
    /// Secrets are for the owner, and need the key that they were encrypted with.
    pub async fn export(
        &self,
        principal: &str,
        id: &str,
        format: Format,
        from_position: Option<u32>,
        with_secrets: bool,
        most_bytes: usize,
    ) -> Result<Export, ContextError> {
        let keys = self.keys.clone();
        self.read(principal, id, move |transaction, context| {
            let (metadata, secrets) = metadata::visible(transaction, &context, &keys, with_secrets)?;
            let insights = messages::insights(transaction, &context.id)?;
            let first = from_position.unwrap_or(0);
            let stored = messages::from_position(transaction, &context.id, first, u32::MAX)?;
            let all: Vec<Message> = stored.into_iter().map(messages::StoredMessage::message).collect();
            let context = context.info();
            let head = from_position.is_none().then(|| match format {
                Format::Markdown => {
                    let lines = metadata.iter().map(|(name, value)| format!("- {name}: {}\n", one_line(value)));
                    let hidden = secrets.exposed().unwrap_or_default();
                    let hidden = hidden.iter().map(|(name, value)| format!("- {name} (secret): {}\n", one_line(value)));
                    let found = insights.iter().map(|insight| format!("- [{}] {}\n", insight.position, insight.text));
                    let fields: String = lines.chain(hidden).collect();
                    let found: String = found.collect();
                    let found = if found.is_empty() { found } else { format!("\n## Insights\n\n{found}") };
                    format!(
                        "# {}\n\n- context: {}\n{fields}{found}\n## Messages\n",
                        one_line(&context.name),
                        context.context_id
                    )
                }
                // Without its closing brace: the messages follow.
                Format::Json => object_without_end(&json!({
                    "context": context, "metadata": metadata, "secret_metadata": secrets.exposed(),
                    "insights": insights,
                })),
            });
            let mut parts: Vec<String> = Vec::new();
            let mut bytes = head.as_ref().map_or(0, String::len);
            for message in &all {
                let part = match format {
                    Format::Markdown => markdown(message),
                    Format::Json => json!(message).to_string(),
                };
                bytes += part.len() + 1;
                if bytes > most_bytes && !parts.is_empty() {
                    break;
                }
                parts.push(part);
            }
            let text = match (format, head) {
                (Format::Markdown, head) => head.unwrap_or_default() + &parts.concat(),
                (Format::Json, None) => format!("{{\"messages\":[{}]}}", parts.join(",")),
                (Format::Json, Some(head)) => {
                    format!("{head},\"messages\":[{}]}}", parts.join(","))
                }
            };
            let next_position = all.get(parts.len()).map(|message| message.position);
            Ok(Export { context, text, messages: u32::try_from(parts.len()).unwrap_or(u32::MAX), next_position })
        })
        .await
    }
}

fn object_without_end(object: &serde_json::Value) -> String {
    let mut text = object.to_string();
    text.pop();
    text
}

fn markdown(message: &Message) -> String {
    // A fence longer than any in the text, so that no message can end its own block.
    let longest = message.content.split(|sign| sign != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "\n### {} {} ({}, {})\n\n{fence}text\n{}\n{fence}\n",
        message.position,
        message.role,
        message.added_at,
        one_line(&message.added_by),
        message.content
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
