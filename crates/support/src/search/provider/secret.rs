//! A key is in nothing that comes back: services repeat what they were sent, in links too.

use std::borrow::Cow;

use serde_json::Value;

/// Stands where the key was.
const MARK: &str = "[key]";

/// Takes a key out of every text of an answer.
pub(super) fn remove(value: &mut Value, key: &str) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(cleaned) = without(text, key) {
                *text = cleaned;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, key)),
        Value::Object(fields) => fields.values_mut().for_each(|field| remove(field, key)),
        _ => {}
    }
}

/// A text without a key, as it is and as URLs write it: each of its letters may be escaped, or not.
pub(super) fn without<'a>(text: &'a str, key: &str) -> Cow<'a, str> {
    if key.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::new();
    let mut rest = text;
    let mut at = 0;
    while let Some(letter) = rest.get(at..).and_then(|rest| rest.chars().next()) {
        match length(&rest.as_bytes()[at..], key.as_bytes()) {
            Some(length) => {
                cleaned.push_str(&rest[..at]);
                cleaned.push_str(MARK);
                rest = &rest[at + length..];
                at = 0;
            }
            None => at += letter.len_utf8(),
        }
    }
    if cleaned.is_empty() {
        return Cow::Borrowed(text);
    }
    cleaned.push_str(rest);
    Cow::Owned(cleaned)
}

/// How many bytes of the text are the key, if it begins with it.
fn length(text: &[u8], key: &[u8]) -> Option<usize> {
    key.iter().try_fold(0, |at, letter| {
        let rest = text.get(at..)?;
        if rest.first() == Some(letter) {
            return Some(at + 1);
        }
        let digits = std::str::from_utf8(rest.strip_prefix(b"%")?.get(..2)?).ok()?;
        (u8::from_str_radix(digits, 16).ok()? == *letter).then_some(at + 3)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_form_of_the_key_is_left() {
        let key = "serp+key/4711=";
        let mut answer = json!({"title": "you sent serp+key/4711= and serp%2Bkey%2F4711%3D",
            "results": [{"url": "https://a.example/?k=serp%2bkey/4711%3d&x=1", "rank": 4711}], "ö": "größer %2 %"});
        remove(&mut answer, key);
        let expected = json!({"title": "you sent [key] and [key]",
            "results": [{"url": "https://a.example/?k=[key]&x=1", "rank": 4711}], "ö": "größer %2 %"});
        assert_eq!(answer, expected);
        assert_eq!(without("anything", ""), "anything");
        assert_eq!(without("keykey", "key"), "[key][key]");
    }
}
