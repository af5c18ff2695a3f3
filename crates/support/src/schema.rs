//! Schemas that strict clients accept.

use std::sync::Arc;

use rmcp::{handler::server::router::tool::ToolRouter, model::JsonObject};
use serde_json::Value;

/// Formats of JSON Schema 2020-12 (validation, section 7.3). schemars adds others for Rust's numbers, such as `uint32`,
/// and strict clients complain about each.
const STANDARD_FORMATS: [&str; 19] = [
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "idn-email",
    "hostname",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "iri",
    "iri-reference",
    "uuid",
    "uri-template",
    "json-pointer",
    "relative-json-pointer",
    "regex",
];

/// A router whose tools have portable schemas: only standard formats. Call it once, when the server is made.
#[must_use]
pub fn portable<S: Send + Sync + 'static>(mut router: ToolRouter<S>) -> ToolRouter<S> {
    for route in router.map.values_mut() {
        strip(&mut route.attr.input_schema);
        if let Some(schema) = &mut route.attr.output_schema {
            strip(schema);
        }
    }
    router
}

fn strip(schema: &mut Arc<JsonObject>) {
    let mut value = Value::Object(schema.as_ref().clone());
    strip_formats(&mut value);
    if let Value::Object(object) = value {
        *schema = Arc::new(object);
    }
}

fn strip_formats(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let foreign = object.get("format").and_then(Value::as_str).is_some_and(|f| !STANDARD_FORMATS.contains(&f));
            if foreign {
                object.remove("format");
            }
            object.values_mut().for_each(strip_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_formats),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_foreign_formats_go() {
        let mut schema = json!({"properties": {
            "count": {"type": "integer", "format": "uint32", "minimum": 0},
            "when": {"type": "string", "format": "date-time"},
            "format": {"type": "string"},
        }});
        strip_formats(&mut schema);
        assert_eq!(
            schema,
            json!({"properties": {
                "count": {"type": "integer", "minimum": 0},
                "when": {"type": "string", "format": "date-time"},
                "format": {"type": "string"},
            }})
        );
    }
}
