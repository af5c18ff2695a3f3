//! What is checked before any work starts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub(super) use mcp_support::refusal::within;
use rmcp::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use crate::{
    contexts::{Change, handle::is_handle, insights::cut},
    error::{Refusal, quoted},
};

const MAX_NAME: usize = 200;
const MAX_FIELD: usize = 64;
const MAX_VALUE: usize = 2000;
const MAX_FIELDS: usize = 32;

/// Metadata that readers see, by field name.
pub(super) type Fields = BTreeMap<String, String>;
/// Metadata that only the owner sees, by field name.
pub(super) type SecretFields = BTreeMap<String, SecretText>;

/// A text that does not show in a debug print.
#[derive(Clone)]
pub(super) struct SecretText(SecretString);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

impl JsonSchema for SecretText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": MAX_VALUE})
    }
}

/// A handle that looks like one.
pub(super) fn handle(id: &str) -> Result<&str, Refusal> {
    if is_handle(id) {
        return Ok(id);
    }
    let hint = "a context_id has 32 hexadecimal digits in lower case; create_context and list_contexts return them";
    Err(Refusal::argument(format!("context_id is {}", quoted(id)), hint))
}

/// A text whose length is in its range, in characters.
pub(super) fn length(name: &str, text: &str, least: usize, most: usize) -> Result<(), Refusal> {
    within(&format!("the length of {name}"), text.chars().count(), least, most).map(|_| ())
}

/// A text of any length and form as such a name.
pub(in crate::server) fn name_of(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    cut(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "), MAX_NAME)
}

/// A name: one line, with something in it.
pub(super) fn line<'a>(name: &str, text: &'a str) -> Result<&'a str, Refusal> {
    let trimmed = text.trim();
    length(name, trimmed, 1, MAX_NAME)?;
    if trimmed.contains(char::is_control) {
        return Err(Refusal::argument(
            format!("{name} is {}, with a control character", quoted(trimmed)),
            format!("{name} is one line"),
        ));
    }
    Ok(trimmed)
}

/// A change of metadata whose names and values are in their bounds.
pub(super) fn change(
    set: Option<Fields>,
    set_secret: Option<SecretFields>,
    remove: Option<Vec<String>>,
) -> Result<Change, Refusal> {
    let (set, set_secret) = (set.unwrap_or_default(), set_secret.unwrap_or_default());
    let remove: BTreeSet<String> = remove.unwrap_or_default().into_iter().collect();
    within("the number of metadata fields", set.len() + set_secret.len() + remove.len(), 0, MAX_FIELDS)?;
    for name in set.keys().chain(set_secret.keys()).chain(&remove) {
        field(name)?;
        let mentions = [set.contains_key(name), set_secret.contains_key(name), remove.contains(name)];
        if mentions.into_iter().filter(|is| *is).count() > 1 {
            return Err(Refusal::argument(
                format!("the field {} stands twice", quoted(name)),
                "a field is either set, set as a secret, or removed",
            ));
        }
    }
    for (name, value) in &set {
        length(&format!("the field {name}"), value, 0, MAX_VALUE)?;
    }
    for (name, value) in &set_secret {
        length(&format!("the field {name}"), secrecy::ExposeSecret::expose_secret(&value.0), 0, MAX_VALUE)?;
    }
    let set_secret = set_secret.into_iter().map(|(name, value)| (name, value.0)).collect();
    Ok(Change { set, set_secret, remove })
}

fn field(name: &str) -> Result<(), Refusal> {
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte));
    if begins && fits && name.len() <= MAX_FIELD {
        return Ok(());
    }
    Err(Refusal::argument(
        format!("a metadata field is called {}", quoted(name)),
        format!("it begins with a small letter and has at most {MAX_FIELD} of a-z, 0-9, _, . and -"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &[&str]) -> Fields {
        names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
    }

    #[test]
    fn names_of_fields_are_checked_and_stand_once() {
        for good in ["a", "customer_tier", "x.y-2"] {
            assert!(change(Some(fields(&[good])), None, None).is_ok(), "{good}");
        }
        for bad in ["", "A", "1a", "a b", "a\u{e9}", "a/b", &"a".repeat(65)] {
            assert!(change(Some(fields(&[bad])), None, None).is_err(), "{bad}");
        }
        assert!(change(Some(fields(&["a"])), None, Some(vec!["a".to_owned()])).is_err());
        let many: Vec<String> = (0..33).map(|number| format!("f{number}")).collect();
        assert!(change(None, None, Some(many)).is_err());
    }

    #[test]
    fn a_secret_does_not_show() {
        let secret: SecretText = serde_json::from_str("\"open sesame\"").expect("a text");
        assert_eq!(format!("{secret:?}"), "[secret]");
        let change = change(None, Some(BTreeMap::from([("a".to_owned(), secret)])), None).expect("fits");
        assert!(!format!("{change:?}").contains("sesame"));
    }
}
