//! (1) The union of what all nodes offer, under names that say where each thing comes from.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use axum::http::HeaderName;
use rmcp::model::{JsonObject, Prompt, Resource, ResourceTemplate, Tool};
use serde_json::Value;

use super::{lists::Offered, node::Node};

/// Between the name of a mount and the name of a tool or a prompt.
pub const SEPARATOR: &str = "__";
/// Longest name of a tool. Spec(2026-07-28, tools): names SHOULD be 1 to 128 characters.
const MAX_NAME: usize = 128;

/// What the gateway shows, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// `weather__get_forecast`
    pub tools: Vec<Tool>,
    /// `weather__plan`
    pub prompts: Vec<Prompt>,
    /// `weather+docs://forecast`
    pub resources: Vec<Resource>,
    /// `weather+docs://{name}`
    pub templates: Vec<ResourceTemplate>,
    /// Tools whose calls need no look at their arguments.
    pub(super) straight: HashSet<String>,
    /// What was left out, and why.
    pub problems: BTreeSet<String>,
}

/// Names of the gateway's own tools. A bare mount cannot have them.
pub const OWN: [&str; 8] = [
    "drain_node",
    "list_nodes",
    "node_stats",
    "reload_routes",
    "route_explain",
    "route_request",
    "set_strategy",
    "undrain_node",
];

impl Catalog {
    /// The union over these nodes. Where nodes of one mount differ, the newest version describes a tool, and among equals
    /// the first node.
    pub(super) fn of(nodes: &[Arc<Node>]) -> Self {
        let mounts: BTreeSet<&str> = nodes.iter().filter(|node| !node.bare).map(|node| node.mount.as_str()).collect();
        // What would be taken for the gateway's own, or for another mount's.
        let is_taken = |name: &str| OWN.contains(&name) || split(name).is_some_and(|(mount, _)| mounts.contains(mount));
        let mut order: Vec<(usize, &Arc<Node>)> = nodes.iter().enumerate().collect();
        order.sort_by(|one, other| other.1.settings.version.cmp(&one.1.settings.version).then(one.0.cmp(&other.0)));
        let offered: Vec<(&Node, Arc<Offered>)> = order.iter().map(|(_, node)| (&***node, node.offered())).collect();
        let mut catalog = Self::default();
        let (mut tools, mut prompts) = (BTreeMap::new(), BTreeMap::new());
        let (mut resources, mut templates) = (BTreeMap::new(), BTreeMap::new());
        // At one node of a mount is at all of them: which one answers is not known yet.
        let mut mirrored = BTreeSet::new();
        for (node, offered) in &offered {
            let (mount, bare, id) = (node.mount.as_str(), node.bare, node.settings.id.as_str());
            catalog.problems.extend(offered.cut.iter().map(|cut| format!("{id} {cut}")));
            let mut own = BTreeSet::new();
            for tool in &offered.tools {
                if !own.insert(&tool.name) {
                    catalog.problems.insert(format!("{id} lists the tool {} twice", shown(&tool.name)));
                    continue;
                }
                let is_fit = is_schema(&tool.input_schema) && !(bare && is_taken(&tool.name));
                match renamed(mount, bare, &tool.name).filter(|_| is_fit) {
                    Some(name) => {
                        if mirrors(&tool.input_schema) {
                            mirrored.insert(name.clone());
                        }
                        tools.entry(name.clone()).or_insert_with(|| with_name(tool, name));
                    }
                    None => drop(
                        catalog.problems.insert(format!("{id} has a tool {} that cannot be used", shown(&tool.name))),
                    ),
                }
            }
            for prompt in &offered.prompts {
                match renamed(mount, bare, &prompt.name).filter(|_| !(bare && is_taken(&prompt.name))) {
                    Some(name) => drop(prompts.entry(name.clone()).or_insert_with(|| {
                        let mut prompt = prompt.clone();
                        prompt.name = name;
                        prompt
                    })),
                    None => drop(
                        catalog
                            .problems
                            .insert(format!("{id} has a prompt {} that cannot be used", shown(&prompt.name))),
                    ),
                }
            }
            for resource in &offered.resources {
                let uri = prefixed(mount, bare, &resource.uri);
                let mut resource = resource.clone();
                resource.uri.clone_from(&uri);
                resources.entry(uri).or_insert(resource);
            }
            for template in &offered.templates {
                let uri = prefixed(mount, bare, &template.uri_template);
                let mut template = template.clone();
                template.uri_template.clone_from(&uri);
                templates.entry(uri).or_insert(template);
            }
        }
        catalog.straight = tools.keys().filter(|name| !mirrored.contains(*name)).cloned().collect();
        catalog.tools = tools.into_values().collect();
        catalog.prompts = prompts.into_values().collect();
        catalog.resources = resources.into_values().collect();
        catalog.templates = templates.into_values().collect();
        catalog
    }

    /// A tool by the name that it has here.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        let at = self.tools.binary_search_by(|tool| tool.name.as_ref().cmp(name)).ok()?;
        self.tools.get(at)
    }
}

/// Mount and name of `weather__get_forecast`.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATOR)
}

/// Mount and URI of `weather+docs://forecast`.
pub(super) fn split_uri(uri: &str) -> Option<(&str, &str)> {
    // A scheme may hold a plus sign of its own, but a mount's name may not.
    uri.split_once('+')
}

pub(super) fn prefixed(mount: &str, bare: bool, uri: &str) -> String {
    if bare { uri.to_owned() } else { format!("{mount}+{uri}") }
}

/// The name here, if it is one.
pub(super) fn renamed(mount: &str, bare: bool, name: &str) -> Option<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let full = if bare { name.to_owned() } else { format!("{mount}{SEPARATOR}{name}") };
    (!name.is_empty() && full.len() <= MAX_NAME && name.chars().all(is_part)).then_some(full)
}

/// A tool without a schema for an object would make strict clients refuse the whole list.
/// Spec(2026-07-28, tools): a tool whose `x-mcp-header` is no name of a header, or is there twice, is left out.
fn is_schema(schema: &JsonObject) -> bool {
    let is_part = |part: &Value| part.is_object() || part.is_boolean();
    let has_parts = |key: &str| {
        schema.get(key).is_none_or(|parts| parts.as_object().is_some_and(|parts| parts.values().all(is_part)))
    };
    let required = schema.get("required");
    let mut headers = Vec::new();
    schema.get("type").and_then(Value::as_str) == Some("object")
        && has_parts("properties")
        && has_parts("$defs")
        && required.is_none_or(|names| names.as_array().is_some_and(|names| names.iter().all(Value::is_string)))
        && headers_of(schema, &mut headers)
        && headers.iter().collect::<BTreeSet<_>>().len() == headers.len()
}

/// The headers that arguments want to be in; false where one cannot be.
fn headers_of(schema: &JsonObject, headers: &mut Vec<String>) -> bool {
    schema.iter().all(|(key, value)| match value {
        Value::String(name) if key == "x-mcp-header" => {
            headers.push(name.to_ascii_lowercase());
            HeaderName::from_bytes(name.as_bytes()).is_ok()
        }
        Value::Object(object) => headers_of(object, headers),
        _ => key != "x-mcp-header",
    })
}

/// Whether a schema asks for an argument in a header. Then the two have to be compared.
fn mirrors(schema: &JsonObject) -> bool {
    schema.values().any(|value| match value {
        Value::Object(object) => object.contains_key("x-mcp-header") || mirrors(object),
        _ => false,
    })
}

fn with_name(tool: &Tool, name: String) -> Tool {
    let mut tool = tool.clone();
    tool.name = name.into();
    tool
}

/// A name of somebody else's in a report.
fn shown(name: &str) -> String {
    mcp_support::refusal::quoted(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_that_clients_would_refuse_is_none() {
        let with = |key: &str, value: Value| {
            let mut schema =
                json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] });
            schema[key] = value;
            is_schema(schema.as_object().expect("an object"))
        };
        let headers = |first: Value, second: Value| json!({ "a": { "type": "string", "x-mcp-header": first }, "b": { "type": "string", "x-mcp-header": second } });
        assert!(with("title", json!("A")) && with("properties", headers(json!("A"), json!("B"))));
        for bad in
            [headers(json!("A\r\nb"), json!("B")), headers(json!(1), json!("B")), headers(json!("A"), json!("a"))]
        {
            assert!(!with("properties", bad.clone()), "{bad}");
        }
        for (key, bad) in [("properties", json!(null)), ("properties", json!({ "a": 1 })), ("required", json!(7))] {
            assert!(!with(key, bad.clone()), "{key}: {bad}");
        }
        assert!(!with("required", json!([1])) && !with("type", json!("array")) && !with("$defs", json!([])));
    }

    #[test]
    fn names_say_where_things_come_from() {
        assert_eq!(renamed("weather", false, "get_forecast").as_deref(), Some("weather__get_forecast"));
        assert_eq!(renamed("weather", true, "get_forecast").as_deref(), Some("get_forecast"));
        assert_eq!(split("weather__get__forecast"), Some(("weather", "get__forecast")));
        assert_eq!(split("greet"), None);
        for bad in ["", "a b", "a\n", &"x".repeat(128)] {
            assert_eq!(renamed("weather", false, bad), None, "{bad:?}");
        }
        assert_eq!(split_uri(&prefixed("docs", false, "git+ssh://x")), Some(("docs", "git+ssh://x")));
    }
}
