//! What looks like a secret or like personal data leaves a prompt before a model sees it.
//!
//! * `patterns`: what is looked for, and what proves that a find is one.
//! * `whole`: every text of a request, wherever it stands.
//!
//! Equal values get equal placeholders within one request, so that a model can still tell who is who.

mod patterns;
mod whole;

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

pub(super) use self::patterns::Kind;

/// Whose text it is decides whether its values may go back to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The server sent it: it knows the value already.
    Server,
    /// The person in front of the host typed it: the server must not learn it by a placeholder.
    Person,
}

/// No placeholder has more bytes.
const MAX_PLACEHOLDER: usize = 40;

/// A value that was taken out.
#[derive(Debug)]
struct Taken {
    value: String,
    placeholder: String,
    known_to_server: bool,
}

/// The values of one request and their placeholders.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    is_off: bool,
    taken: Vec<Taken>,
    by_value: HashMap<(Kind, String), usize>,
    by_placeholder: HashMap<String, usize>,
    counts: BTreeMap<Kind, usize>,
}

impl Redactor {
    /// For one request.
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_off: !is_on, ..Self::default() }
    }

    /// The text with a placeholder for each find.
    pub(super) fn text(&mut self, text: &str, origin: Origin) -> String {
        if self.is_off {
            return text.to_owned();
        }
        let mut redacted = String::with_capacity(text.len());
        let mut end = 0;
        for (range, kind) in disjoint(patterns::finds(text)) {
            redacted.push_str(&text[end..range.start]);
            redacted.push_str(&self.placeholder(kind, &text[range.clone()], origin));
            end = range.end;
        }
        redacted.push_str(&text[end..]);
        redacted
    }

    /// The completion with the values put back that the server sent itself.
    pub(super) fn restore(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        // One pass from left to right: what was put back is not looked at again.
        while let Some(start) = rest.find('[') {
            restored.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.bytes().take(MAX_PLACEHOLDER).position(|byte| byte == b']').map_or(1, |end| end + 1);
            let taken = self.by_placeholder.get(&rest[..end]).and_then(|index| self.taken.get(*index));
            match taken.filter(|taken| taken.known_to_server) {
                Some(taken) => {
                    restored.push_str(&taken.value);
                    rest = &rest[end..];
                }
                None => {
                    restored.push('[');
                    rest = &rest[1..];
                }
            }
        }
        restored.push_str(rest);
        restored
    }

    /// How many different values of each kind were taken out, in a fixed order.
    pub(super) fn counts(&self) -> &BTreeMap<Kind, usize> {
        &self.counts
    }

    /// What was taken out, for a person: `2 e-mail addresses, 1 phone number`.
    pub(super) fn summary(&self) -> String {
        if self.is_off {
            return "off: the model gets everything as it is".to_owned();
        }
        let part = |(kind, count): (&Kind, &usize)| {
            let (one, several) = kind.titles();
            format!("{count} {}", if *count == 1 { one } else { several })
        };
        let parts: Vec<String> = self.counts.iter().map(part).collect();
        if parts.is_empty() { "nothing was found".to_owned() } else { parts.join(", ") }
    }

    fn placeholder(&mut self, kind: Kind, value: &str, origin: Origin) -> String {
        let key = (kind, value.to_owned());
        if let Some(taken) = self.by_value.get(&key).and_then(|index| self.taken.get_mut(*index)) {
            taken.known_to_server |= origin == Origin::Server;
            return taken.placeholder.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = format!("[{} {count}]", kind.word());
        self.by_value.insert(key, self.taken.len());
        self.by_placeholder.insert(placeholder.clone(), self.taken.len());
        self.taken.push(Taken {
            value: value.to_owned(),
            placeholder: placeholder.clone(),
            known_to_server: origin == Origin::Server,
        });
        placeholder
    }
}

/// Finds that overlap become one, of the kind that matters more: nothing of either is left standing.
fn disjoint(mut finds: Vec<(Range<usize>, Kind)>) -> Vec<(Range<usize>, Kind)> {
    finds.sort_by_key(|(range, kind)| (range.start, *kind));
    let mut all: Vec<(Range<usize>, Kind)> = Vec::new();
    for (range, kind) in finds {
        match all.last_mut() {
            Some((last, last_kind)) if range.start < last.end => {
                last.end = last.end.max(range.end);
                *last_kind = (*last_kind).min(kind);
            }
            _ => all.push((range, kind)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(text: &str) -> String {
        Redactor::new(true).text(text, Origin::Server)
    }

    #[test]
    fn what_is_found_and_what_is_not() {
        for (text, expected) in [
            ("Write to ada@example.com, not to Ada@", "Write to [email 1], not to Ada@"),
            ("ada@example.com, bob@example.org, ada@example.com", "[email 1], [email 2], [email 1]"),
            ("Call +49 30 901820 or (030) 90-1820 now", "Call [phone 1] or [phone 2] now"),
            ("Call 555-867-5309.", "Call [phone 1]."),
            ("card 4111 1111 1111 1111 123", "card [card 1] 123"),
            ("card 4111-1111-1111-1112", "card 4111-1111-1111-1112"),
            ("id 378282246310005;", "id [card 1];"),
            ("IBAN DE89 3704 0044 0532 0130 00 AND more", "IBAN [iban 1] AND more"),
            ("IBAN GB82WEST12345698765432.", "IBAN [iban 1]."),
            ("GB83WEST12345698765431", "GB83WEST12345698765431"),
            ("from 192.168.1.17:8080", "from [ip 1]:8080"),
            ("version 1.2.3, 999.1.1.1", "version 1.2.3, 999.1.1.1"),
            ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=[secret 1] next"),
            ("{\"password\": \"correct horse\"}", "{\"password\": [secret 1]}"),
            ("password: hun,ter2SECRET, and", "password: [secret 1], and"),
            ("password=hun&ter2;x'y next", "password=[secret 1] next"),
            (r#"{"password": "hun\"ter2SECRET"}"#, r#"{"password": [secret 1]}"#),
            (r#"{\"password\": \"correct horse\", 1}"#, r#"{\"password\": [secret 1], 1}"#),
            ("password: \"correct horse", "password: [secret 1]"),
            ("api key: abc-1", "api key: [secret 1]"),
            ("AccountKey=abcSECRET==", "AccountKey=[secret 1]"),
            ("<password>correct horse</password>", "<password>[secret 1]</password>"),
            ("Authorization: ApiKey abcSECRET", "Authorization: [token 1]"),
            ("ya29.a0AfH6SMBabc glsa_0123456789abcdef", "[token 1] [token 2]"),
            ("dapi0123456789abcdef SG.abcdefgh.ijklmnop", "[token 1] [token 2]"),
            ("ip:2001:db8::1, [fe80::1%eth0]:80, ::ffff:192.0.2.1.", "ip:[ip 1], [[ip 2]%eth0]:80, [ip 3]."),
            (
                "std::vec::Vec, a::b, at 10:15:30, 00:1a:2b:3c:4d:5e",
                "std::vec::Vec, a::b, at 10:15:30, 00:1a:2b:3c:4d:5e",
            ),
            ("card 4111\u{200b}1111\u{200b}1111\u{200b}1111", "card [card 1]"),
            ("api-key: 'k-1'", "api-key: [secret 1]"),
            ("postgres://app:s3cret@db/x", "postgres://app:[secret 1]@db/x"),
            ("key sk-proj-abcdefghijklmnop1234", "key [token 1]"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[token 1]"),
            ("Authorization: Bearer abcdefghijklmnop.qrst", "Authorization: [token 1]"),
            ("AKIAIOSFODNN7EXAMPLE", "[token 1]"),
            ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "[jwt 1]"),
            ("on 2026-07-28 at 10:15, 01-02-2026, 12345", "on 2026-07-28 at 10:15, 01-02-2026, 12345"),
            ("The answer is 42 of 1,000,000.", "The answer is 42 of 1,000,000."),
        ] {
            assert_eq!(redacted(text), expected, "{text}");
        }
    }

    #[test]
    fn a_private_key_goes_whole_even_when_its_end_is_missing() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAA==\n-----END RSA PRIVATE KEY-----";
        assert_eq!(redacted(&format!("a {key} b")), "a [private-key 1] b");
        assert_eq!(redacted("a -----BEGIN PRIVATE KEY-----\nMIIB\nAA"), "a [private-key 1]");
    }

    #[test]
    fn finds_that_overlap_leave_nothing_standing() {
        let mut redactor = Redactor::new(true);
        let text = redactor.text("token=eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl,ada@example.com", Origin::Server);
        assert!(!text.contains("eyJ") && !text.contains("ada@"), "{text}");
    }

    #[test]
    fn only_what_the_server_sent_is_put_back() {
        let mut redactor = Redactor::new(true);
        redactor.text("ada@example.com", Origin::Server);
        redactor.text("mine@example.com", Origin::Person);
        assert_eq!(
            redactor.restore("To [email 1], [email 2], [email 3] ["),
            "To ada@example.com, [email 2], [email 3] ["
        );
        redactor.text("mine@example.com", Origin::Server);
        assert_eq!(redactor.restore("[email 2]"), "mine@example.com");
    }

    #[test]
    fn several_of_a_kind_are_several() {
        let mut redactor = Redactor::new(true);
        redactor.text("password: one, password: two, ada@example.com", Origin::Server);
        assert_eq!(redactor.summary(), "2 passwords or keys, 1 e-mail address");
    }

    #[test]
    fn off_is_off_and_says_so() {
        let mut redactor = Redactor::new(false);
        assert_eq!(redactor.text("ada@example.com", Origin::Server), "ada@example.com");
        assert!(redactor.summary().starts_with("off"));
    }

    /// A number with its check digit.
    fn with_luhn(digits: &str) -> String {
        (0..10)
            .map(|check| format!("{digits}{check}"))
            .find(|number| patterns::luhn(number.bytes()))
            .expect("one of ten digits fits")
    }

    proptest! {
        #[test]
        fn a_planted_secret_never_comes_through(
            before in "[^0-9A-Za-z@+\\-_.'%]{0,40}", after in "[^0-9A-Za-z@+\\-_.'%]{0,40}",
            name in "[a-z][a-z0-9]{0,12}", digits in "[1-9][0-9]{14}", key in "[A-Za-z0-9]{24}",
            octet in 1u8..=255,
        ) {
            let card = with_luhn(&digits);
            for secret in [
                format!("{name}@{name}.example"), card.clone(), format!("sk-{key}"), format!("192.0.2.{octet}"),
                format!("+4930{}", &digits[..8]), format!("eyJ{key}.eyJ{key}.{key}"),
            ] {
                let text = redacted(&format!("{before} {secret} {after}"));
                prop_assert!(!text.contains(&secret), "{secret} in {text}");
            }
            let text = redacted(&format!("{before} password={key} {after}"));
            prop_assert!(!text.contains(&key), "{text}");
        }

        #[test]
        fn any_text_is_taken(text in any::<String>(), mixed in "(?s)[A-Z0-9a-z \u{212a}\u{17f}@.:=+\\[\\]é-]{0,80}") {
            redacted(&text);
            let mut redactor = Redactor::new(true);
            let text = redactor.text(&mixed, Origin::Server);
            redactor.restore(&text);
        }

        #[test]
        fn what_was_taken_out_can_be_put_back(text in "[a-z@.=+ 0-9\\n-]{0,200}") {
            let mut redactor = Redactor::new(true);
            let redacted = redactor.text(&text, Origin::Server);
            prop_assert_eq!(redactor.restore(&redacted), text);
        }
    }
}
