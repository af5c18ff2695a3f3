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

/// Two tools have one name. rmcp keeps the last of them and says nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are two tools named '{0}'")]
pub struct DuplicateTool(pub String);

/// One router from several, each with portable schemas.
///
/// # Errors
/// [`DuplicateTool`].
pub fn join<S: Send + Sync + 'static>(
    routers: impl IntoIterator<Item = ToolRouter<S>>,
) -> Result<ToolRouter<S>, DuplicateTool> {
    let mut all = ToolRouter::new();
    for router in routers {
        if let Some(name) = router.map.keys().find(|name| all.map.contains_key(*name)) {
            return Err(DuplicateTool(name.to_string()));
        }
        all.merge(router);
    }
    Ok(portable(all))
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
    fn two_tools_of_one_name_are_refused() {
        let router = |name: &'static str| {
            let tool = rmcp::model::Tool::new(name, "", JsonObject::new());
            ToolRouter::<()>::new().with_route((tool, || async { "done".to_owned() }))
        };
        assert_eq!(join([router("a"), router("b")]).map(|all| all.map.len()), Ok(2));
        assert_eq!(join([router("a"), router("a")]).map(|all| all.map.len()), Err(DuplicateTool("a".to_owned())));
    }

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
