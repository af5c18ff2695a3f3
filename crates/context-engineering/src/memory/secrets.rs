//! Secrets are taken out before anything is stored: what is not there cannot leak.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

/// What stands in a secret's place.
const REMOVED: &str = "[secret removed]";

/// What is said before a secret. Anything may stand before a `_` in front of it, as in `DB_PASSWORD`.
const NAMES: &str = "password|passwd|pwd|passphrase|secret(?:[_ -](?:access[_ -])?key)?|client[_ -]?secret|api[_ -]?key|\
    private[_ -]?key|access[_ -]?(?:key|token)|token";
/// What may follow it: one that was taken out before, one in quotes, or all up to white space, but for a comma at the end.
const VALUES: &str = r#"\[secret removed\]|"(?:[^"\\]|\\.)*"|'[^']*'|(?:bearer|basic)\s+\S*[^\s,;]|\S*[^\s,;]"#;

/// Takes out what looks like a key, a token, a password or a number of a card. The second value counts them. It knows the
/// usual forms; a secret that looks like a word stays.
pub fn without_secrets(text: &str) -> (String, usize) {
    static FORMS: LazyLock<Regex> = LazyLock::new(|| {
        let forms = [
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
            r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
            r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}",
            r"\b(?:gh[pousr]|npm)_[A-Za-z0-9]{20,}",
            r"\bgithub_pat_[A-Za-z0-9_]{20,}",
            r"\bglpat-[A-Za-z0-9_.-]{16,}",
            r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
            r"\bAKIA[0-9A-Z]{16}\b",
            r"\bAIza[0-9A-Za-z_-]{30,}",
            r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9+/_.=~-]{12,}",
            r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@]*:(?P<login>[^\s/]+)@",
            &format!(r#"(?i)(?:\b|_)(?:{NAMES})\b["']?\s*(?:\bis\b\s*[:=]?|[:=]+>?)\s*(?P<value>{VALUES})"#),
        ];
        Regex::new(&forms.join("|")).expect("the pattern is part of this file, and a test uses it")
    });
    static CARD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:\d[ -]?){12,18}\d\b").expect("the pattern is part of this file"));
    let mut removed = 0;
    let text = FORMS.replace_all(text, |found: &Captures<'_>| {
        let whole = found.get_match();
        // What names the secret stays, so that a reader knows what was there.
        let inner = found.name("value").or_else(|| found.name("login")).unwrap_or(whole);
        removed += usize::from(inner.as_str() != REMOVED);
        let (before, after) = (&text[whole.start()..inner.start()], &text[inner.end()..whole.end()]);
        format!("{before}{REMOVED}{after}")
    });
    let text = CARD.replace_all(&text, |found: &Captures<'_>| {
        let is_card = is_card_number(&found[0]);
        removed += usize::from(is_card);
        if is_card { Cow::Borrowed(REMOVED) } else { Cow::Owned(found[0].to_owned()) }
    });
    (text.into_owned(), removed)
}

/// The check digit of payment cards (ISO/IEC 7812).
fn is_card_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    digits.iter().any(|digit| *digit != digits[0]) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let key = format!("sk-{}", "a1".repeat(12));
        let cases = [
            (format!("Use {key} for it."), "Use [secret removed] for it."),
            ("password: hunter2, then wait".to_owned(), "password: [secret removed], then wait"),
            ("The API key is \"a b c\".".to_owned(), "The API key is [secret removed]."),
            ("https://ada:pw123@example.com/x".to_owned(), "https://ada:[secret removed]@example.com/x"),
            ("Authorization: Bearer abcdefghijklmnop".to_owned(), "Authorization: [secret removed]"),
            ("card 4111 1111 1111 1111 please".to_owned(), "card [secret removed] please"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_secrets(&text), (expected.to_owned(), 1), "{text}");
        }
        for (text, expected) in [
            ("postgres://postgres:postgres@db/app", "postgres://postgres:[secret removed]@db/app"),
            ("amqp://guest:guest@mq", "amqp://guest:[secret removed]@mq"),
            ("redis://:pw@host/0", "redis://:[secret removed]@host/0"),
            ("mysql://a:p@ss@db/x", "mysql://a:[secret removed]@db/x"),
            ("password: pass", "password: [secret removed]"),
            ("password: hunter,two;three, then wait", "password: [secret removed], then wait"),
            ("The password is: hunter2", "The password is: [secret removed]"),
            ("token: Bearer abcdefghijklmnop", "token: [secret removed]"),
            ("DB_PASSWORD=x", "DB_PASSWORD=[secret removed]"),
            ("client_secret: x", "client_secret: [secret removed]"),
            ("AWS_SECRET_ACCESS_KEY=x", "AWS_SECRET_ACCESS_KEY=[secret removed]"),
            ("\"secret_key\": \"a\\\"b\"", "\"secret_key\": [secret removed]"),
            ("pwd=x", "pwd=[secret removed]"),
            ("see github_pat_11ABCDEFG0abcdefghij_xyz", "see [secret removed]"),
            ("see glpat-abcdefghij1234567890", "see [secret removed]"),
            ("see npm_abcdefghij1234567890abcdefghij123456", "see [secret removed]"),
        ] {
            let once = without_secrets(text);
            assert_eq!(once, (expected.to_owned(), 1), "{text}");
            assert_eq!(without_secrets(&once.0), (expected.to_owned(), 0), "twice: {text}");
        }
        for text in ["We decided to keep tokens for 3 days.", "Order 1234 5678 9012 3456 is late.", "2026-03-31 14:30"]
        {
            assert_eq!(without_secrets(text), (text.to_owned(), 0));
        }
        let pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nend";
        assert_eq!(without_secrets(pem).0, "[secret removed]\nend");
    }
}
