//! Values for the properties of a JSON Schema, out of a text: by type, format, pattern, and the words before them.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

/// Most properties that are looked for.
const MOST_PROPERTIES: usize = 50;
/// Most places of a text that are looked at for one property.
const MOST_PLACES: usize = 200;
/// Most bytes in which one match of a caller's own pattern is looked for: some patterns take the square of it.
const WINDOW: usize = 1_000;
/// Longest value, in characters.
const MOST_CHARS: usize = 200;

/// What could be found for the properties of `schema`, an object. What could not is left out.
pub(super) fn values(text: &str, schema: &Value) -> Map<String, Value> {
    let Some(properties) = schema["properties"].as_object() else { return Map::new() };
    let wanted: Vec<(&String, &Value)> = properties.iter().take(MOST_PROPERTIES).collect();
    let (mut found, mut used) = (Map::new(), Vec::new());
    // First what stands behind its own name; what is left over then goes to the others, in order.
    for named in [true, false] {
        for (name, schema) in &wanted {
            if found.contains_key(*name) {
                continue;
            }
            let candidates = candidates(text, name, schema);
            let free = candidates.into_iter().filter(|it| !used.iter().any(|used| overlap(used, &it.place)));
            let best = match named {
                true => free.filter(|it| it.is_named).min_by_key(|it| it.distance),
                false => free.filter(|it| !it.needs_name || it.is_named).min_by_key(|it| it.place.start),
            };
            if let Some(best) = best {
                used.push(best.place);
                found.insert((*name).clone(), best.value);
            }
        }
    }
    found
}

struct Candidate {
    value: Value,
    place: std::ops::Range<usize>,
    /// Whether the property's name stands before it.
    is_named: bool,
    /// From the name to the value, in bytes.
    distance: usize,
    /// Whether it could be anything, so that only its name makes it this property's.
    needs_name: bool,
}

fn overlap(one: &std::ops::Range<usize>, other: &std::ops::Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

fn candidates(text: &str, name: &str, schema: &Value) -> Vec<Candidate> {
    let names = Names::of(text, name);
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    if let Some(choices) = schema["enum"].as_array() {
        return choices
            .iter()
            .filter_map(Value::as_str)
            .take(MOST_PLACES)
            .flat_map(|choice| words_like(text, &names, choice))
            .collect();
    }
    let (pattern, read): (&Regex, fn(&str) -> Option<Value>) = match (kind, schema["format"].as_str()) {
        (Some("integer"), _) => (&INTEGER, |found| plain_number(found).parse::<i64>().ok().map(Value::from)),
        (Some("number"), _) => (&NUMBER, |found| plain_number(found).parse::<f64>().ok().map(Value::from)),
        (Some("boolean"), _) => return boolean(text, name),
        (Some("array" | "object"), _) => return Vec::new(),
        (_, Some("email")) => (&EMAIL, as_text),
        (_, Some("date")) => (&DATE, as_text),
        (_, Some("uri" | "url")) => (&URI, as_text),
        _ => {
            return match schema["pattern"].as_str() {
                Some(pattern) => by_pattern(text, &names, pattern),
                None => named_text(text, name, &names),
            };
        }
    };
    pattern
        .find_iter(text)
        .take(MOST_PLACES)
        .filter_map(|it| Some(names.candidate(it.range(), read(it.as_str())?, false)))
        .collect()
}

fn as_text(found: &str) -> Option<Value> {
    Some(found.trim_end_matches(['.', ',']).into())
}

fn plain_number(found: &str) -> String {
    found.replace(',', "")
}

fn regex(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).case_insensitive(true).build().expect("patterns of this file are tested")
}

static INTEGER: LazyLock<Regex> = LazyLock::new(|| regex(r"-?\b\d{1,3}(?:,\d{3})+\b|-?\b\d{1,15}\b"));
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"-?\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b|-?\b\d{1,15}(?:\.\d{1,15})?\b"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"));
static DATE: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{4}-\d{2}-\d{2}\b"));
static URI: LazyLock<Regex> = LazyLock::new(|| regex(r#"\bhttps?://[^\s<>"]+"#));

/// The name of a property in a text: `order_id` is also `order id` and `Order-ID`.
fn name_pattern(name: &str) -> String {
    let words: Vec<String> = name.split(['_', '-', ' ']).filter(|it| !it.is_empty()).map(regex::escape).collect();
    words.join(r"[\s_-]?")
}

/// Where the name of a property stands.
struct Names<'a> {
    text: &'a str,
    /// Ends, in order.
    ends: Vec<usize>,
}

impl<'a> Names<'a> {
    fn of(text: &'a str, name: &str) -> Self {
        let named = RegexBuilder::new(&format!(r"\b{}\b", name_pattern(name))).case_insensitive(true).build();
        let ends = named.map(|named| named.find_iter(text).map(|it| it.end()).collect()).unwrap_or_default();
        Self { text, ends }
    }

    fn candidate(&self, place: std::ops::Range<usize>, value: Value, needs_name: bool) -> Candidate {
        let last = self.ends[..self.ends.partition_point(|end| *end <= place.start)].last();
        let distance = last.map_or(usize::MAX, |end| place.start - end);
        // Within the same sentence, and not far.
        let is_named = distance <= 40 && !self.text[place.start - distance..place.start].contains(['\n', '!', '?']);
        Candidate { value, place, is_named, distance, needs_name }
    }
}

/// Where one of the allowed words stands.
fn words_like(text: &str, names: &Names<'_>, choice: &str) -> Vec<Candidate> {
    let pattern = RegexBuilder::new(&format!(r"\b{}s?\b", regex::escape(choice))).case_insensitive(true).build();
    let Ok(pattern) = pattern else { return Vec::new() };
    pattern.find_iter(text).take(MOST_PLACES).map(|it| names.candidate(it.range(), choice.into(), false)).collect()
}

/// The longest parts of the text that fit the schema's own pattern, each within a line and [`WINDOW`].
fn by_pattern(text: &str, names: &Names<'_>, pattern: &str) -> Vec<Candidate> {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    let Ok(pattern) = RegexBuilder::new(inner).size_limit(100_000).build() else { return Vec::new() };
    let mut found: Vec<Candidate> = Vec::new();
    for (start, window) in windows(text) {
        for it in pattern.find_iter(window).filter(|it| !it.as_str().trim().is_empty()).take(MOST_PLACES) {
            let from = start + it.start() + it.as_str().len() - it.as_str().trim_start().len();
            let value = it.as_str().trim();
            found.push(names.candidate(from..from + value.len(), value.into(), false));
        }
    }
    let longest = found.iter().map(|it| it.place.len()).max().unwrap_or_default();
    found.retain(|it| it.place.len() == longest);
    found.truncate(MOST_PLACES);
    found
}

/// The lines of a text, long ones in pieces, with where they begin.
fn windows(text: &str) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let end = rest.floor_char_boundary(line.min(WINDOW));
        all.push((start, &rest[..end]));
        start += end;
    }
    all
}

/// `Name: value`, `name is value` and `name "value"`.
fn named_text(text: &str, name: &str, names: &Names<'_>) -> Vec<Candidate> {
    let pattern = format!(
        r#"\b{}\b\s*(?:[:=#]|\bis\b|\bwas\b|\bnumber\b)?\s*(?:"([^"\n]+)"|([^\n.,;!?"]+))"#,
        name_pattern(name)
    );
    let Ok(pattern) = RegexBuilder::new(&pattern).case_insensitive(true).build() else { return Vec::new() };
    let captured = pattern.captures_iter(text).take(MOST_PLACES).filter_map(|it| it.get(1).or_else(|| it.get(2)));
    captured
        .filter(|it| !it.as_str().trim().is_empty() && it.as_str().chars().count() <= MOST_CHARS)
        .map(|it| names.candidate(it.range(), it.as_str().trim().into(), true))
        .collect()
}

/// A property is true where it is named, and false where `not`, `no` or `without` stands before its name.
fn boolean(text: &str, name: &str) -> Vec<Candidate> {
    let pattern = format!(
        r"(\b(?:not|no|without|isn't|never)\s+(?:\w+\s+)?)?\b{}\b(\s*[:=]\s*(?:no|false))?",
        name_pattern(name)
    );
    let Ok(pattern) = RegexBuilder::new(&pattern).case_insensitive(true).build() else { return Vec::new() };
    pattern
        .captures_iter(text)
        .take(MOST_PLACES)
        .filter_map(|it| Some((it.get(0)?.range(), it.get(1).is_none() && it.get(2).is_none())))
        .map(|(place, value)| Candidate { value: value.into(), place, is_named: true, distance: 0, needs_name: false })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn property(schema: Value, name: &str, text: &str) -> Option<Value> {
        let mut found = values(text, &json!({"type": "object", "properties": {name: schema}}));
        found.remove(name)
    }

    #[test]
    fn values_are_found_by_type_format_pattern_and_name() {
        for (schema, name, text, expected) in [
            (json!({"type": "integer"}), "age", "Room 7, age 41", json!(41)),
            (json!({"type": "integer"}), "age", "She is 41.", json!(41)),
            (json!({"type": "number"}), "total", "2 items, total: 1,299.50 EUR", json!(1299.5)),
            (json!({"type": ["integer", "null"]}), "count", "the count is -3", json!(-3)),
            (
                json!({"type": "string", "format": "email"}),
                "from",
                "Write to ada@example.com.",
                json!("ada@example.com"),
            ),
            (json!({"type": "string", "format": "date"}), "due", "due 2026-11-26, or so", json!("2026-11-26")),
            (
                json!({"type": "string", "format": "uri"}),
                "page",
                "see https://example.com/a.",
                json!("https://example.com/a"),
            ),
            (json!({"type": "string", "enum": ["red", "blue"]}), "colour", "A Blue car", json!("blue")),
            (
                json!({"type": "string", "pattern": "^[0-9+*/(). -]+$"}),
                "sum",
                "What is 17 * (2 + 3)?",
                json!("17 * (2 + 3)"),
            ),
            (json!({"type": "string"}), "order_id", "Order ID: A-17, please", json!("A-17")),
            (json!({"type": "string"}), "name", "My name is Ada Lovelace.", json!("Ada Lovelace")),
            (json!({"type": "boolean"}), "damaged", "It is not damaged", json!(false)),
            (json!({"type": "boolean"}), "damaged", "It arrived damaged", json!(true)),
        ] {
            assert_eq!(property(schema.clone(), name, text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        for (schema, name, text) in [
            (json!({"type": "integer"}), "age", "no number"),
            (json!({"type": "string"}), "name", "nothing to see"),
            (json!({"type": "string", "enum": ["red"]}), "colour", "A tired car"),
            (json!({"type": "boolean"}), "damaged", "fine"),
            (json!({"type": "object"}), "x", "x: 1"),
            (json!({"type": "string", "pattern": "(("}), "x", "x: 1"),
        ] {
            assert_eq!(property(schema, name, text), None, "{text}");
        }
        assert!(values("text", &json!(true)).is_empty());
    }

    #[test]
    fn one_value_goes_to_one_property() {
        let unit = json!({"type": "string", "enum": ["km", "mile", "kg"]});
        let date = json!({"type": "string", "format": "date"});
        for (text, expected) in [
            ("Convert 5 km to miles", json!({"from": "km", "to": "mile"})),
            ("How many miles are 5 km?", json!({"from": "mile", "to": "km"})),
            ("From miles to km", json!({"from": "mile", "to": "km"})),
        ] {
            let schema = json!({"properties": {"from": unit, "to": unit}});
            assert_eq!(Value::Object(values(text, &schema)), expected, "{text}");
        }
        let schema = json!({"properties": {"from": date, "to": date}});
        let found = values("days from 2026-01-01 to 2026-03-01", &schema);
        assert_eq!(Value::Object(found), json!({"from": "2026-01-01", "to": "2026-03-01"}));
    }
}
