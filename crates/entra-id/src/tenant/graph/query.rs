//! The query options of OData that are here: `$select`, `$top`, `$skip`, `$skiptoken`, `$filter`, `$orderby` and
//! `$count`.

use mcp_support::web::Parameters;
use serde_json::{Map, Value};

use super::error::GraphError;

/// Conditions of one filter, and properties of one selection.
const MAX_PARTS: usize = 20;
/// Longest option, in bytes.
const MAX_BYTES: usize = 1000;

/// What a request wants to see of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    select: Option<Vec<String>>,
    rare: &'static [&'static str],
    /// Whether the page's length was asked for, and so belongs into the link to the next one.
    top: Option<usize>,
    skip: usize,
    filter: Vec<Condition>,
    /// By which property, and whether the largest comes first.
    order: Option<(String, bool)>,
    /// The options as they came, for the link to the next page.
    kept: Vec<(&'static str, String)>,
}

/// One condition; all have to hold.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Equals(String, Value),
    StartsWith(String, String),
}

impl Query {
    /// Reads the query of a request for entities with these properties, of which a page holds `most` at most.
    pub(super) fn read(text: Option<&str>, properties: &[&str], most: usize) -> Result<Self, GraphError> {
        let mut parameters = Parameters::read(text.unwrap_or_default().as_bytes())
            .map_err(|error| GraphError::request(format!("{error}.")))?;
        let mut kept = Vec::new();
        let mut take = |name: &'static str, keep: bool| -> Result<Option<String>, GraphError> {
            let value = parameters.take(name);
            if value.as_ref().is_some_and(|value| value.len() > MAX_BYTES) {
                return Err(GraphError::request(format!("The value of {name} is too long.")));
            }
            kept.extend(value.clone().filter(|_| keep).map(|value| (name, value)));
            Ok(value)
        };
        let select = take("$select", true)?.map(|text| read_select(&text, properties)).transpose()?;
        let filter = take("$filter", true)?.map(|text| read_filter(&text, properties)).transpose()?;
        let order = take("$orderby", true)?.map(|text| read_order(&text, properties)).transpose()?;
        let number = |name: &str, text: Option<String>| match text.map(|text| text.parse::<usize>()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(GraphError::request(format!("Invalid value specified for {name}."))),
        };
        let top = number("$top", take("$top", true)?)?;
        if top.is_some_and(|top| top == 0 || top > most) {
            return Err(GraphError::request(format!("$top must be between 1 and {most}.")));
        }
        let skip = number("$skip", take("$skip", false)?)?;
        let skip_token = number("$skiptoken", take("$skiptoken", false)?)?;
        take("$count", true)?;
        for unknown in ["$expand", "$search"] {
            if take(unknown, false)?.is_some() {
                return Err(GraphError::request(format!("The query option {unknown} is not here.")));
            }
        }
        let (skip, filter) = (skip.or(skip_token).unwrap_or_default(), filter.unwrap_or_default());
        Ok(Self { select, rare: &[], top, skip, filter, order, kept })
    }

    /// One page of the entities that fit, with a link to the next where there is one. `next` is the option by which the
    /// link skips.
    pub(super) fn page(&self, context: &str, url: &str, all: Vec<Value>, usual: usize, next: &str) -> Value {
        let mut fitting: Vec<Value> =
            all.into_iter().filter(|entity| self.filter.iter().all(|condition| condition.holds(entity))).collect();
        if let Some((path, descending)) = &self.order {
            let key = |entity: &Value| at(entity, path).as_str().map(str::to_lowercase);
            fitting.sort_by(|one, other| {
                let order = key(one).cmp(&key(other));
                if *descending { order.reverse() } else { order }
            });
        }
        let end = self.skip.saturating_add(self.top.unwrap_or(usual));
        let page: Vec<Value> =
            fitting.iter().skip(self.skip).take(end - self.skip).map(|entity| self.selected(entity)).collect();
        let mut answer = serde_json::json!({"@odata.context": context});
        if fitting.len() > end {
            let pairs = self.kept.iter().map(|(name, value)| (*name, value.clone())).chain([(next, end.to_string())]);
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            answer["@odata.nextLink"] = format!("{url}?{query}").into();
        }
        answer["value"] = page.into();
        answer
    }

    /// The same, where these properties are seen by who selects them alone.
    pub(super) fn with_rare(self, rare: &'static [&'static str]) -> Self {
        Self { rare, ..self }
    }

    /// What is selected of an entity; its id is always there.
    pub(super) fn selected(&self, entity: &Value) -> Value {
        let is_chosen = |name: &str| match &self.select {
            Some(select) => name.starts_with('@') || name == "id" || select.iter().any(|chosen| chosen == name),
            None => !self.rare.contains(&name),
        };
        let all = entity.as_object().into_iter().flatten().filter(|(name, _)| is_chosen(name));
        Value::Object(all.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
    }

    /// Whether one of these was selected.
    pub(super) fn selects_besides(&self, known: &[&str]) -> bool {
        self.select.iter().flatten().any(|name| !known.contains(&name.as_str()))
    }
}

impl Condition {
    fn holds(&self, entity: &Value) -> bool {
        match self {
            // Graph compares texts without regard to case.
            Self::Equals(path, Value::String(text)) => {
                at(entity, path).as_str().is_some_and(|found| found.to_lowercase() == text.to_lowercase())
            }
            Self::Equals(path, value) => at(entity, path) == value,
            Self::StartsWith(path, text) => {
                at(entity, path).as_str().is_some_and(|found| found.to_lowercase().starts_with(&text.to_lowercase()))
            }
        }
    }
}

/// What stands at a path such as `from/emailAddress/address`.
fn at<'a>(entity: &'a Value, path: &str) -> &'a Value {
    path.split('/').fold(entity, |value, name| &value[name])
}

/// `name`, `name asc` or `name desc`.
fn read_order(text: &str, properties: &[&str]) -> Result<(String, bool), GraphError> {
    let (path, descending) = match text.trim().split_once(' ') {
        None => (text.trim(), false),
        Some((path, "asc")) => (path, false),
        Some((path, "desc")) => (path, true),
        Some(_) => return Err(GraphError::request("Invalid value specified for $orderby.")),
    };
    Ok((known(path, properties)?.to_owned(), descending))
}

fn read_select(text: &str, properties: &[&str]) -> Result<Vec<String>, GraphError> {
    let names: Vec<&str> = text.split(',').map(str::trim).take(MAX_PARTS + 1).collect();
    if names.len() > MAX_PARTS {
        return Err(GraphError::request("Too many properties in $select."));
    }
    names.into_iter().map(|name| known(name, properties).map(str::to_owned)).collect()
}

fn read_filter(text: &str, properties: &[&str]) -> Result<Vec<Condition>, GraphError> {
    let parts: Vec<&str> = text.split(" and ").take(MAX_PARTS).collect();
    parts.into_iter().map(|part| read_condition(part.trim(), properties)).collect()
}

/// `name eq value` or `startswith(name,'text')`.
fn read_condition(text: &str, properties: &[&str]) -> Result<Condition, GraphError> {
    let invalid = || GraphError::request("Invalid filter clause: here are eq and startswith, joined by and.");
    if let Some(inner) = text.strip_prefix("startswith(").and_then(|rest| rest.strip_suffix(')')) {
        let (name, value) = inner.split_once(',').ok_or_else(invalid)?;
        let value = quoted(value.trim()).ok_or_else(invalid)?;
        return Ok(Condition::StartsWith(known(name.trim(), properties)?.to_owned(), value));
    }
    let (name, value) = text.split_once(" eq ").ok_or_else(invalid)?;
    let value = match value.trim() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        value => Value::String(quoted(value).ok_or_else(invalid)?),
    };
    Ok(Condition::Equals(known(name.trim(), properties)?.to_owned(), value))
}

/// A text in quotes, in which a quote is doubled.
fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "\u{0}");
    (!plain.contains('\'')).then(|| plain.replace('\u{0}', "'"))
}

fn known<'a>(path: &'a str, properties: &[&str]) -> Result<&'a str, GraphError> {
    let name = path.split('/').next().unwrap_or_default();
    if properties.contains(&name) {
        return Ok(path);
    }
    let name: String = name.chars().take(80).collect();
    Err(GraphError::request(format!("Could not find a property named '{name}'.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NAMES: [&str; 4] = ["id", "name", "isRead", "from"];

    fn page(query: &str) -> Result<Value, String> {
        let entities = ["Ada", "Ben", "Bea", "Cy"].iter().enumerate().map(|(id, name)| {
            json!({"id": id, "name": name, "isRead": id % 2 == 0, "from": {"address": format!("{name}@x")}})
        });
        let query = Query::read(Some(query), &NAMES, 10).map_err(|error| error.message)?;
        Ok(query.page("context", "http://graph/users", entities.collect(), 2, "$skiptoken"))
    }

    #[test]
    fn pages_follow_one_another() {
        let first = page("$select=name").expect("a page");
        assert_eq!(first["value"], json!([{"id": 0, "name": "Ada"}, {"id": 1, "name": "Ben"}]));
        assert_eq!(first["@odata.nextLink"], "http://graph/users?%24select=name&%24skiptoken=2");
        let last = page("%24select=name&%24skiptoken=2").expect("a page");
        assert_eq!(last["value"][1]["name"], "Cy");
        assert!(last.get("@odata.nextLink").is_none());
        assert_eq!(page("$orderby=name desc").expect("a page")["value"][0]["name"], "Cy");
        assert_eq!(page("$skip=99").expect("a page")["value"], json!([]));
    }

    #[test]
    fn filters() {
        for (filter, names) in [
            ("startswith(name,'b')", json!(["Ben", "Bea"])),
            ("name eq 'ada'", json!(["Ada"])),
            ("isRead eq false and startswith(name,'B')", json!(["Ben"])),
            ("from/address eq 'Cy@x'", json!(["Cy"])),
            ("name eq 'O''Neil'", json!([])),
        ] {
            let page = page(&format!("$filter={filter}")).expect("a page");
            let found: Value =
                page["value"].as_array().expect("a list").iter().map(|user| user["name"].clone()).collect();
            assert_eq!(found, names, "{filter}");
        }
    }

    #[test]
    fn what_is_refused() {
        for bad in [
            "$select=password",
            "$filter=name lt 'x'",
            "$filter=name eq x",
            "$filter=name eq 'a'b'",
            "$filter=password eq 'x'",
            "$top=0",
            "$top=11",
            "$top=x",
            "$orderby=name sideways",
            "$orderby=password",
            "$expand=from",
            "$top=1&$top=2",
        ] {
            assert!(page(bad).is_err(), "{bad}");
        }
    }
}
