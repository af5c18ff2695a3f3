//! From what a person types to the arguments of a tool, by the schema that its server has sent.

use std::collections::BTreeSet;

use rmcp::model::Tool;
use serde_json::{Map, Value};

use super::show::line;

/// Longest description that is shown.
const MOST_LETTERS: usize = 200;

/// An argument of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) kind: FieldKind,
    pub(super) is_required: bool,
    /// All that is allowed, where that is said.
    pub(super) choices: Vec<String>,
}

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Text,
    Integer,
    Number,
    Switch,
    /// Texts, separated by commas.
    List,
    Json,
}

/// The arguments of a tool, the required ones first.
pub(super) fn fields(tool: &Tool) -> Vec<Field> {
    let schema = &tool.input_schema;
    let required: BTreeSet<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut fields: Vec<Field> = properties
        .map(|(name, property)| {
            let property = resolved(property, schema);
            Field {
                is_required: required.contains(name.as_str()),
                about: line(property.get("description").and_then(Value::as_str).unwrap_or_default(), MOST_LETTERS),
                kind: kind(property, schema),
                choices: choices(property, schema),
                name: name.clone(),
            }
        })
        .collect();
    fields.sort_by_key(|field| !field.is_required);
    fields
}

/// Words, and `name=value` for any argument: `rust async num_results=3`. The words are the first text that is required,
/// or the first there is. What is required and missing is asked for.
///
/// # Errors
/// A value does not fit, and why.
pub(super) fn read(text: &str, fields: &[Field]) -> Result<Map<String, Value>, String> {
    let mut arguments = Map::new();
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let named = word.split_once('=').and_then(|(name, text)| Some((fields.iter().find(|f| f.name == name)?, text)));
        match named {
            Some((field, text)) => {
                arguments.insert(field.name.clone(), value(field, text)?);
            }
            None => words.push(word),
        }
    }
    if !words.is_empty() {
        let takes_words = |field: &&Field| {
            let is_free = matches!(field.kind, FieldKind::Text | FieldKind::List) && field.choices.is_empty();
            is_free && !arguments.contains_key(&field.name)
        };
        let field = fields.iter().find(takes_words).ok_or("this tool takes no words")?;
        arguments.insert(field.name.clone(), value(field, &words.join(" "))?);
    }
    Ok(arguments)
}

/// What a text means as this argument.
///
/// # Errors
/// It means nothing, and what would.
pub(super) fn value(field: &Field, text: &str) -> Result<Value, String> {
    let text = text.trim();
    let wrong = |expected: &str| Err(format!("{}: expected {expected}", field.name));
    if !field.choices.is_empty() && field.kind != FieldKind::List {
        let chosen = field.choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
        return match chosen {
            Some(choice) => Ok(Value::String(choice.clone())),
            None => wrong(&format!("one of {}", field.choices.join(", "))),
        };
    }
    match field.kind {
        FieldKind::Text => Ok(Value::String(text.to_owned())),
        FieldKind::Integer => text.parse::<i64>().map(Value::from).or_else(|_| wrong("a whole number")),
        FieldKind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::from(number)),
            _ => wrong("a number"),
        },
        FieldKind::Switch => match text.to_lowercase().as_str() {
            "yes" | "y" | "true" | "on" => Ok(Value::Bool(true)),
            "no" | "n" | "false" | "off" => Ok(Value::Bool(false)),
            _ => wrong("yes or no"),
        },
        FieldKind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        FieldKind::Json => serde_json::from_str(text).or_else(|_| wrong("JSON")),
    }
}

/// A property, or the definition that it points to.
fn resolved<'a>(property: &'a Value, schema: &'a Map<String, Value>) -> &'a Value {
    let reference = |value: &'a Value| value.get("$ref").and_then(Value::as_str);
    let of_any = property.get("anyOf").and_then(Value::as_array);
    let pointer = reference(property).or_else(|| of_any?.iter().find_map(reference));
    let name = pointer.and_then(|pointer| pointer.strip_prefix("#/$defs/"));
    name.and_then(|name| schema.get("$defs")?.get(name)).unwrap_or(property)
}

fn kind(property: &Value, schema: &Map<String, Value>) -> FieldKind {
    let of_any = property.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let types = match property.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => of_any.filter_map(|one| one.get("type").and_then(Value::as_str)).collect(),
    };
    match types.into_iter().find(|name| *name != "null") {
        Some("string") => FieldKind::Text,
        Some("integer") => FieldKind::Integer,
        Some("number") => FieldKind::Number,
        Some("boolean") => FieldKind::Switch,
        Some("array") => {
            let items = property.get("items").map(|items| resolved(items, schema));
            let is_text = items.and_then(|items| items.get("type")).and_then(Value::as_str) == Some("string");
            if is_text { FieldKind::List } else { FieldKind::Json }
        }
        None if property.get("enum").is_some() || property.get("oneOf").is_some() => FieldKind::Text,
        _ => FieldKind::Json,
    }
}

fn choices(property: &Value, schema: &Map<String, Value>) -> Vec<String> {
    let listed = property.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let constants = property.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let constants = constants.map(|one| resolved(one, schema)).filter_map(|one| one.get("const")?.as_str());
    listed.chain(constants).map(|choice| line(choice, 80)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn tool() -> Vec<Field> {
        let Value::Object(schema) = json!({
            "type": "object",
            "properties": {
                "num_results": {"type": ["integer", "null"], "description": "How many."},
                "query": {"type": "string", "description": "What to \u{1b}[31mlook for."},
                "safe": {"anyOf": [{"$ref": "#/$defs/Safe"}, {"type": "null"}]},
                "searches": {"type": "array", "items": {"type": "string"}},
                "strict": {"type": "boolean"},
                "least": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                "filter": {"type": "object"},
            },
            "required": ["query"],
            "$defs": {"Safe": {"oneOf": [{"const": "off"}, {"const": "strict"}]}},
        }) else {
            return Vec::new();
        };
        fields(&Tool::new("search", "Searches.", Arc::new(schema)))
    }

    #[test]
    fn a_schema_is_a_form() {
        let fields = tool();
        assert_eq!((fields[0].name.as_str(), fields[0].is_required), ("query", true));
        assert_eq!(fields[0].about, "What to \\u{1b}[31mlook for.");
        let kind = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.kind);
        for (name, expected) in [
            ("num_results", FieldKind::Integer),
            ("safe", FieldKind::Text),
            ("searches", FieldKind::List),
            ("strict", FieldKind::Switch),
            ("least", FieldKind::Number),
            ("filter", FieldKind::Json),
        ] {
            assert_eq!(kind(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_line_is_filled_in() {
        let fields = tool();
        for (text, expected) in [
            ("rust async", Ok(json!({"query": "rust async"}))),
            (
                "rust num_results=3 async safe=STRICT",
                Ok(json!({"query": "rust async", "num_results": 3, "safe": "strict"})),
            ),
            ("1=2 a=b", Ok(json!({"query": "1=2 a=b"}))),
            (
                "query=rust searches=a,,b strict=yes least=0.5",
                Ok(json!({"query": "rust", "searches": ["a", "b"], "strict": true, "least": 0.5})),
            ),
            ("query=rust more words", Ok(json!({"query": "rust", "searches": ["more words"]}))),
            ("filter={\"a\":1}", Ok(json!({"filter": {"a": 1}}))),
            ("", Ok(json!({}))),
            ("rust num_results=many", Err("num_results: expected a whole number")),
            ("rust safe=perhaps", Err("safe: expected one of off, strict")),
            ("rust least=NaN", Err("least: expected a number")),
            ("rust strict=maybe", Err("strict: expected yes or no")),
            ("filter=x", Err("filter: expected JSON")),
        ] {
            let read = read(text, &fields).map(Value::Object);
            assert_eq!(read, expected.map_err(str::to_owned), "{text}");
        }
        assert_eq!(read("words", &[]), Err("this tool takes no words".to_owned()));
    }
}
