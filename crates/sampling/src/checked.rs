//! What a model answers, checked: a label is one of the labels, and JSON is valid against its schema.

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::error::Refusal;

/// Most bytes of a schema.
const MAX_SCHEMA_BYTES: usize = 10_000;
/// Errors that are told to a model.
const MAX_ERRORS: usize = 5;

/// The label that `answer` is, whatever its case, and whatever marks stand around it.
///
/// # Errors
/// It is none of them; the message is for the model.
pub fn label(answer: &str, labels: &[String]) -> Result<String, String> {
    let bare = answer.trim().trim_matches(|it: char| it.is_ascii_punctuation()).to_lowercase();
    let found = labels.iter().find(|label| {
        let label = label.to_lowercase();
        label == bare || label == answer.trim().to_lowercase()
    });
    found.cloned().ok_or_else(|| format!("the answer must be exactly one of: {}", labels.join(", ")))
}

/// A schema of an object.
pub struct Schema(Validator);

impl Schema {
    /// A schema that a caller sent.
    ///
    /// # Errors
    /// It is too large, no schema, not one of an object, or leads outside of itself.
    pub fn new(schema: &Value) -> Result<Self, Refusal> {
        let refused = |what: String| {
            Refusal::argument(what, "send a JSON Schema like {\"type\": \"object\", \"properties\": {...}}")
        };
        let bytes = schema.to_string().len();
        if bytes > MAX_SCHEMA_BYTES {
            return Err(refused(format!("the schema has {bytes} bytes, more than {MAX_SCHEMA_BYTES}")));
        }
        if schema["type"] != "object" || !schema["properties"].is_object() {
            return Err(refused("the schema is not one of an object with properties".to_owned()));
        }
        // The linear engine for patterns: the other one can be made to run for years.
        let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
        options.build(schema).map(Self).map_err(|error| refused(format!("the schema cannot be used: {error:.200}")))
    }

    /// The object that `answer` is, with or without a fence around it.
    ///
    /// # Errors
    /// What is wrong with it; the message is for the model.
    pub fn object(&self, answer: &str) -> Result<Map<String, Value>, String> {
        let value: Value = serde_json::from_str(unfenced(answer)).map_err(|error| format!("it is no JSON: {error}"))?;
        let errors: Vec<String> =
            self.0.iter_errors(&value).take(MAX_ERRORS).map(|error| format!("{error:.200}")).collect();
        match value {
            Value::Object(object) if errors.is_empty() => Ok(object),
            Value::Object(_) => Err(errors.join("; ")),
            _ => Err("it is no object".to_owned()),
        }
    }
}

/// Models like to put JSON between three backticks.
fn unfenced(answer: &str) -> &str {
    let answer = answer.trim();
    let inner = answer.strip_prefix("```json").or_else(|| answer.strip_prefix("```"));
    inner.and_then(|inner| inner.strip_suffix("```")).unwrap_or(answer).trim()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_found_whatever_stands_around_them() {
        let labels = ["Billing".to_owned(), "C++".to_owned()];
        for (answer, expected) in [
            ("billing", Some("Billing")),
            (" \"Billing\".\n", Some("Billing")),
            ("c++", Some("C++")),
            ("The label is Billing", None),
            ("", None),
        ] {
            assert_eq!(label(answer, &labels).ok().as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn objects_are_validated() {
        let schema =
            Schema::new(&json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}))
                .expect("a schema");
        assert_eq!(schema.object("```json\n{\"n\": 1}\n```").expect("valid")["n"], 1);
        for wrong in ["", "{", "[]", "{}", "{\"n\": \"1\"}", "Here it is: {\"n\": 1}"] {
            assert!(schema.object(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn schemas_of_strangers_are_refused() {
        let large = "x".repeat(MAX_SCHEMA_BYTES);
        for wrong in [
            json!({}),
            json!({"type": "array"}),
            json!({"type": "object"}),
            json!({"type": "object", "properties": {"a": {"type": "nonsense"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "https://example.com/schema.json"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}),
            json!({"type": "object", "properties": {"a": {"pattern": "(?=look)ahead"}}}),
            json!({"type": "object", "properties": {}, "title": large}),
        ] {
            assert!(Schema::new(&wrong).is_err(), "{wrong:.80}");
        }
    }
}
