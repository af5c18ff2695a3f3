//! What a model is asked, apart from the protocol: what a person edits, a budget counts and an audit file hashes.

use mcp_support::llm::{ChatRequest, Message, Part};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::redact::{Origin, Redactor};
use crate::{completer::estimated_tokens, task::Task};

/// What is reserved for a picture or a sound: models count them in ways of their own.
const TOKENS_FOR_MEDIA: u64 = 1000;

/// A conversation, and what the embedded model is held to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Prompt {
    pub(super) chat: Chat,
    pub(super) task: Task,
}

/// [`ChatRequest`] that can be compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Chat(pub(super) ChatRequest);

impl PartialEq for Chat {
    fn eq(&self, other: &Self) -> bool {
        self.0.messages == other.0.messages && self.0.tools == other.0.tools && self.0.sampling == other.0.sampling
    }
}

/// What a person wrote instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// For the system prompt.
    System(String),
    /// For the text of the user's last message.
    LastUser(String),
}

impl Prompt {
    /// The system prompt.
    pub(super) fn system(&self) -> Option<&str> {
        self.chat.0.messages.iter().find_map(|message| match message {
            Message::System(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The text of the user's last message.
    pub(super) fn last_user(&self) -> Option<String> {
        self.chat.0.messages.iter().rev().find_map(|message| match message {
            Message::User(parts) => Some(
                parts
                    .iter()
                    .filter_map(|part| match part {
                        Part::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
            _ => None,
        })
    }

    /// Takes over what a person wrote. It is redacted like everything else, and what it hides stays hidden from the
    /// server.
    pub(super) fn apply(&mut self, edit: Edit, redactor: &mut Redactor) {
        let messages = &mut self.chat.0.messages;
        match edit {
            Edit::System(text) => {
                let text = redactor.text(&text, Origin::Person);
                messages.retain(|message| !matches!(message, Message::System(_)));
                if !text.is_empty() {
                    messages.insert(0, Message::System(text));
                }
            }
            Edit::LastUser(text) => {
                let text = redactor.text(&text, Origin::Person);
                let last = messages.iter_mut().rev().find_map(|message| match message {
                    Message::User(parts) => Some(parts),
                    _ => None,
                });
                if let Some(parts) = last {
                    parts.retain(|part| !matches!(part, Part::Text(_)));
                    parts.insert(0, Part::Text(text.clone()));
                }
                // Otherwise the embedded model would answer to what the person has just taken out.
                match &mut self.task {
                    Task::Continue => {}
                    Task::Answer { question } => *question = text,
                    Task::Summarize { text: all, .. }
                    | Task::Classify { text: all, .. }
                    | Task::Extract { text: all, .. }
                    | Task::Critique { text: all, .. } => *all = text,
                }
            }
        }
    }

    /// What it may cost at most.
    pub(super) fn most_tokens(&self) -> u64 {
        let chat = &self.chat.0;
        let read: u64 = chat.messages.iter().map(tokens).sum();
        let tools: u64 = chat
            .tools
            .iter()
            .map(|tool| estimated_tokens(&tool.description) + estimated_tokens(&tool.parameters.to_string()))
            .sum();
        read + tools + u64::from(chat.sampling.max_tokens.unwrap_or_default())
    }

    /// SHA-256 of everything that a model would read, in hexadecimal.
    pub(super) fn fingerprint(&self) -> String {
        let chat = &self.chat.0;
        let messages: Vec<Value> = chat.messages.iter().map(plain).collect();
        let tools: Vec<Value> =
            chat.tools.iter().map(|tool| json!([tool.name, tool.description, tool.parameters])).collect();
        hex(json!([messages, tools, self.task, chat.sampling]).to_string().as_bytes())
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn plain(message: &Message) -> Value {
    match message {
        Message::System(text) => json!(["system", text]),
        Message::User(parts) => json!(["user", parts.iter().map(plain_part).collect::<Vec<_>>()]),
        Message::Assistant { text, tool_calls } => {
            let calls: Vec<Value> = tool_calls.iter().map(|call| json!([call.id, call.name, call.arguments])).collect();
            json!(["assistant", text, calls])
        }
        Message::ToolResult { call_id, text, is_error } => json!(["tool", call_id, text, is_error]),
    }
}

fn plain_part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!(text),
        Part::Image { media_type, data } | Part::Audio { media_type, data } => json!([media_type, hex(data)]),
    }
}

fn tokens(message: &Message) -> u64 {
    match message {
        Message::System(text) | Message::ToolResult { text, .. } => estimated_tokens(text),
        Message::Assistant { text, tool_calls } => {
            let calls: u64 = tool_calls.iter().map(|call| estimated_tokens(&call.arguments.to_string())).sum();
            estimated_tokens(text) + calls
        }
        Message::User(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => estimated_tokens(text),
                Part::Image { .. } | Part::Audio { .. } => TOKENS_FOR_MEDIA,
            })
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt() -> Prompt {
        let messages = vec![Message::System("Be brief.".into()), Message::user("old"), Message::assistant("said")];
        Prompt {
            chat: Chat(ChatRequest { messages, ..ChatRequest::default() }),
            task: Task::Summarize { text: "old".into(), max_words: 9 },
        }
    }

    #[test]
    fn an_edit_leaves_nothing_of_what_it_replaces() {
        let mut redactor = Redactor::new(true);
        let mut edited = prompt();
        edited.apply(Edit::LastUser("new, mine@example.com".into()), &mut redactor);
        edited.apply(Edit::System("Be long.".into()), &mut redactor);
        assert_eq!(edited.last_user().as_deref(), Some("new, [email 1]"));
        assert_eq!(edited.system(), Some("Be long."));
        assert!(!format!("{edited:?}").contains("old"), "{edited:?}");
        assert_eq!(redactor.restore("[email 1]"), "[email 1]", "the server does not learn it");
        edited.apply(Edit::System(String::new()), &mut redactor);
        assert_eq!(edited.system(), None);
    }

    #[test]
    fn equal_prompts_have_equal_fingerprints_and_others_have_others() {
        let mut other = prompt();
        assert_eq!(prompt().fingerprint(), other.fingerprint());
        other.chat.0.messages.push(Message::user(""));
        assert_ne!(prompt().fingerprint(), other.fingerprint());
        assert_eq!(prompt().fingerprint().len(), 64);
    }
}
