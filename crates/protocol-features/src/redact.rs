//! What log messages must not show: values under telling names, and tokens in text.

use serde_json::Value;

/// What stands where something was.
pub const REDACTED: &str = "[redacted]";

/// Names, compared without case and separators. A name that contains one of them is one of them.
const TELLING: [&str; 13] = [
    "password",
    "passwd",
    "pwd",
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
const TOKENS: [&str; 7] = ["sk-", "ghp_", "github_pat_", "xoxb-", "AKIA", "eyJ", "glpat-"];
/// Letters of a token after its beginning; fewer may be a word.
const TOKEN_CHARS: usize = 8;

/// The same value without secrets: under telling names nothing is left, and in texts the tokens are cut.
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    (redact_text(name), if is_telling(name) { REDACTED.into() } else { redact(value) })
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(redact).collect(),
        Value::String(text) => redact_text(text).into(),
        other => other.clone(),
    }
}

/// What the text before this place makes of what follows.
#[derive(Clone, Copy, PartialEq)]
enum Expects {
    Nothing,
    /// A telling name was there: a sign of assignment makes the rest its value.
    Sign,
    /// What comes is a secret.
    Secret,
}

/// The same text with tokens cut, and what is assigned to telling names: `name=value`, `name: value`, `"name":"value"`,
/// `?name=value`, and a user with a password in a URL.
pub fn redact_text(text: &str) -> String {
    let (mut shown, mut rest, mut expects) = (String::new(), text, Expects::Nothing);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("://") {
            shown.push_str("://");
            rest = without_user(after, &mut shown);
            expects = Expects::Nothing;
            continue;
        }
        let is_part: fn(char) -> bool = if expects == Expects::Secret { is_of_secret } else { is_of_word };
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        if end == 0 {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
            expects = match (expects, first) {
                (Expects::Sign, '=' | ':') => Expects::Secret,
                (kept, letter) if letter.is_whitespace() || matches!(letter, '"' | '\'' | '\\') => kept,
                _ => Expects::Nothing,
            };
            continue;
        }
        let word = &rest[..end];
        rest = &rest[end..];
        // `Authorization: Bearer abc`: the scheme is no secret, what follows is.
        let is_scheme = word == "Bearer" || (expects == Expects::Secret && word.eq_ignore_ascii_case("basic"));
        let is_secret = !is_scheme && (expects == Expects::Secret || is_token(word));
        shown.push_str(if is_secret { REDACTED } else { word });
        expects = match () {
            () if is_scheme => Expects::Secret,
            () if !is_secret && is_telling(word) => Expects::Sign,
            () => Expects::Nothing,
        };
    }
    shown
}

/// What follows `://` without the user that may stand before the host.
fn without_user<'a>(after: &'a str, shown: &mut String) -> &'a str {
    let authority = after.find(|letter: char| matches!(letter, '/' | '?' | '#') || letter.is_whitespace());
    match after[..authority.unwrap_or(after.len())].rfind('@') {
        Some(at) => {
            shown.push_str(REDACTED);
            &after[at..]
        }
        None => after,
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '~' | '+' | '%' | '$')
}

/// A secret ends where a list or a text goes on.
fn is_of_secret(letter: char) -> bool {
    !letter.is_whitespace()
        && !matches!(letter, '"' | '\'' | '\\' | ',' | ';' | '&' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>')
}

fn is_token(word: &str) -> bool {
    TOKENS.iter().any(|token| word.find(token).is_some_and(|at| word.len() > at + token.len() + TOKEN_CHARS))
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
            ("user=ada&password=hunter2&x=1", "user=ada&password=[redacted]&x=1"),
            (r#"{"user":"a","password":"hunter3"}"#, r#"{"user":"a","password":"[redacted]"}"#),
            ("user=ada,pwd=x, ok", "user=ada,pwd=[redacted], ok"),
            ("https://x/?user=1&token=x", "https://x/?user=1&token=[redacted]"),
            ("at https://u:pw@h.example/p?q", "at https://[redacted]@h.example/p?q"),
            ("Authorization: Basic dXNlcjpwdw==", "Authorization: Basic [redacted]"),
            ("basic training", "basic training"),
            ("my password is long", "my password is long"),
            ("password\t=\n x", "password\t=\n [redacted]"),
            ("ä=ö: password=ü", "ä=ö: password=[redacted]"),
        ] {
            assert_eq!(redact_text(text), shown);
        }
    }
}
