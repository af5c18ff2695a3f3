//! Every text of a request: messages, arguments and results of tools, definitions of tools, the task. A secret that is
//! left in one of them is a secret that is sent.

use mcp_support::llm::{ChatRequest, Message, Part, Tool, ToolCall};
use serde_json::{Map, Value};

use super::{Kind, Origin, Redactor, patterns::is_secret_name};
use crate::task::Task;

impl Redactor {
    /// The conversation of a server. Pictures and sounds stay as they are.
    pub(in crate::host) fn chat(&mut self, chat: &ChatRequest) -> ChatRequest {
        let mut redacted = chat.clone();
        for message in &mut redacted.messages {
            self.message(message);
        }
        for Tool { description, parameters, .. } in &mut redacted.tools {
            *description = self.text(description, Origin::Server);
            *parameters = self.schema(parameters);
        }
        for stop in &mut redacted.sampling.stop {
            *stop = self.text(stop, Origin::Server);
        }
        redacted
    }

    /// What the embedded model is held to.
    pub(in crate::host) fn task(&mut self, task: &Task) -> Task {
        let mut text = |text: &String| self.text(text, Origin::Server);
        match task {
            Task::Continue => Task::Continue,
            Task::Summarize { text: all, max_words } => Task::Summarize { text: text(all), max_words: *max_words },
            Task::Classify { text: all, labels } => {
                Task::Classify { text: text(all), labels: labels.iter().map(text).collect() }
            }
            Task::Critique { text: all, rubric } => {
                Task::Critique { text: text(all), rubric: rubric.iter().map(text).collect() }
            }
            Task::Answer { question } => Task::Answer { question: text(question) },
            Task::Extract { text: all, schema } => Task::Extract { text: text(all), schema: self.schema(schema) },
        }
    }

    /// A value of a tool call, with its names: a name of a field may be an address, too.
    pub(in crate::host) fn value(&mut self, value: &Value) -> Value {
        self.json(value, true)
    }

    /// A schema: `password` is the name of a field there, and what follows it is no secret.
    fn schema(&mut self, schema: &Value) -> Value {
        self.json(schema, false)
    }

    fn json(&mut self, value: &Value, names_tell: bool) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text, Origin::Server)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item, names_tell)).collect()),
            Value::Object(fields) => {
                let mut redacted = Map::new();
                for (name, field) in fields {
                    let field = match names_tell && !self.is_off && is_secret_name(name) {
                        true => self.secret(field),
                        false => self.json(field, names_tell),
                    };
                    redacted.insert(self.text(name, Origin::Server), field);
                }
                Value::Object(redacted)
            }
            // A card number may come as a number.
            Value::Number(number) => {
                let text = number.to_string();
                let redacted = self.text(&text, Origin::Server);
                if redacted == text { value.clone() } else { Value::String(redacted) }
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    /// What stands under the name of a secret: each text and number in it is one.
    fn secret(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.placeholder(Kind::Secret, text, Origin::Server)),
            Value::Number(number) => Value::String(self.placeholder(Kind::Secret, &number.to_string(), Origin::Server)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.secret(item)).collect()),
            Value::Object(fields) => {
                let text = |redactor: &mut Self, name: &String| redactor.text(name, Origin::Server);
                fields.iter().map(|(name, field)| (text(self, name), self.secret(field))).collect()
            }
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    fn message(&mut self, message: &mut Message) {
        match message {
            Message::System(text) | Message::ToolResult { text, .. } => *text = self.text(text, Origin::Server),
            Message::User(parts) => {
                for part in parts {
                    if let Part::Text(text) = part {
                        *text = self.text(text, Origin::Server);
                    }
                }
            }
            Message::Assistant { text, tool_calls } => {
                *text = self.text(text, Origin::Server);
                for ToolCall { arguments, .. } in tool_calls {
                    *arguments = self.value(arguments);
                }
            }
        }
    }

    /// The arguments of a model's tool call with the values put back that the server sent itself.
    pub(in crate::host) fn restore_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.restore(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.restore_value(item)).collect()),
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(name, field)| (self.restore(name), self.restore_value(field))).collect(),
            ),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_corner_of_a_request_is_left_out() {
        let secret = "ada@example.com";
        let call = ToolCall {
            id: "1".into(),
            name: "mail".into(),
            arguments: json!({secret: [secret, 1], "n": 4111111111111111_u64}),
        };
        let chat = ChatRequest {
            messages: vec![
                Message::System(secret.into()),
                Message::user(secret),
                Message::Assistant { text: secret.into(), tool_calls: vec![call] },
                Message::ToolResult { call_id: "1".into(), text: secret.into(), is_error: false },
            ],
            tools: vec![Tool {
                name: "mail".into(),
                description: secret.into(),
                parameters: json!({"properties": {"password": {"type": "string", "default": secret}}}),
            }],
            ..ChatRequest::default()
        };
        let mut redactor = Redactor::new(true);
        let shown = format!("{:?}", redactor.chat(&chat));
        assert!(!shown.contains(secret) && !shown.contains("4111111111111111"), "{shown}");
        assert!(shown.contains("\"type\": String(\"string\")"), "a schema keeps its meaning: {shown}");
        for task in [
            Task::Summarize { text: secret.into(), max_words: 9 },
            Task::Classify { text: secret.into(), labels: vec![secret.into()] },
            Task::Extract { text: secret.into(), schema: json!({"description": secret}) },
            Task::Critique { text: secret.into(), rubric: vec![secret.into()] },
            Task::Answer { question: secret.into() },
        ] {
            let shown = format!("{:?}", redactor.task(&task));
            assert!(shown.contains("[email 1]") && !shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_field_that_is_called_a_secret_is_one() {
        let mut redactor = Redactor::new(true);
        let value = json!({"user": "ada", "db_password": "hunter2", "passage": "hello"});
        let redacted = redactor.value(&value);
        assert_eq!(redacted, json!({"user": "ada", "db_password": "[secret 1]", "passage": "hello"}));
        assert_eq!(redactor.restore_value(&redacted), value);
        let value = json!({"password": 12345678, "token": {"value": "abcSECRET", "old": ["x", 1.5]}, "secret": null});
        let redacted = redactor.value(&value).to_string();
        for secret in ["12345678", "abcSECRET", "\"x\"", "1.5"] {
            assert!(!redacted.contains(secret), "{secret}: {redacted}");
        }
    }
}
