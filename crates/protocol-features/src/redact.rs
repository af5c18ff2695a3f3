//! What log messages must not show: values under telling names, and tokens in text.

use serde_json::Value;

/// What stands where something was.
pub const REDACTED: &str = "[redacted]";

/// Names, compared without case and separators. A name that contains one of them is one of them.
const TELLING: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "privatekey",
    "accesskey",
    "sessionid",
];

/// Beginnings of well-known tokens.
const TOKENS: [&str; 8] = ["sk-", "ghp_", "github_pat_", "xoxb-", "AKIA", "eyJ", "glpat-", "Bearer "];

/// The same value without secrets: under telling names nothing is left, and in texts the tokens are cut.
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), if is_telling(name) { REDACTED.into() } else { redact(value) }))
                .collect(),
        ),
        Value::Array(items) => items.iter().map(redact).collect(),
        Value::String(text) => redact_text(text).into(),
        other => other.clone(),
    }
}

/// The same text with tokens cut, and with `name=value` and `name: value` cut after telling names.
pub fn redact_text(text: &str) -> String {
    let mut shown = Vec::new();
    let mut hides_next = false;
    for word in text.split(' ') {
        if hides_next && !word.is_empty() {
            // `Authorization: Bearer abc`: the scheme is no secret, what follows is.
            hides_next = word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
            shown.push(if hides_next { word.to_owned() } else { REDACTED.to_owned() });
            continue;
        }
        match word.split_once(['=', ':']) {
            Some((name, "")) if is_telling(name) => {
                hides_next = true;
                shown.push(word.to_owned());
            }
            Some((name, _)) if is_telling(name) => shown.push(format!("{name}={REDACTED}")),
            _ if TOKENS.iter().any(|token| word.contains(token.trim_end()) && word.len() > token.len() + 8) => {
                shown.push(REDACTED.to_owned());
            }
            _ => {
                hides_next = word == "Bearer";
                shown.push(word.to_owned());
            }
        }
    }
    shown.join(" ")
}

fn is_telling(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    TELLING.iter().any(|telling| plain.contains(telling))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_under_telling_names() {
        let data = json!({
            "user": "ada", "Password": "hunter2", "nested": [{"api_key": 7, "API-Key": "x", "ok": true}],
            "headers": {"Authorization": "Bearer abcdefghijk", "Accept": "*/*"}, "sessionId": "s",
        });
        assert_eq!(
            redact(&data),
            json!({
                "user": "ada", "Password": REDACTED, "nested": [{"api_key": REDACTED, "API-Key": REDACTED, "ok": true}],
                "headers": {"Authorization": REDACTED, "Accept": "*/*"}, "sessionId": REDACTED,
            })
        );
    }

    #[test]
    fn tokens_in_text() {
        for (text, shown) in [
            ("nothing to hide: 7 = 7", "nothing to hide: 7 = 7"),
            ("password=hunter2 user=ada", "password=[redacted] user=ada"),
            ("token: abc next", "token: [redacted] next"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
            ("sent Bearer abc.def on", "sent Bearer [redacted] on"),
            ("key sk-1234567890abcdef used", "key [redacted] used"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.x", "[redacted]"),
        ] {
            assert_eq!(redact_text(text), shown);
        }
    }
}
