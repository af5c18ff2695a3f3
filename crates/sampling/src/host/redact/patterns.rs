//! What is looked for. The expressions run in linear time; what they find is proved where a proof exists.

use std::{net::Ipv6Addr, ops::Range, sync::LazyLock};

use regex::Regex;

// Production: redaction finds what has a form, and not names, street addresses or secrets that look like words. Put a
// detector that is trained on your own data behind the same function.

/// What was found. The order says which kind matters more where two overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::host) enum Kind {
    PrivateKey,
    Jwt,
    Token,
    Secret,
    Card,
    Iban,
    Email,
    Phone,
    Ip,
}

impl Kind {
    /// In a placeholder.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::Jwt => "jwt",
            Self::Token => "token",
            Self::Secret => "secret",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Ip => "ip",
        }
    }

    /// For a person: what one is called, and what several are.
    pub(super) fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::PrivateKey => ("private key", "private keys"),
            Self::Jwt => ("JSON Web Token", "JSON Web Tokens"),
            Self::Token => ("access token", "access tokens"),
            Self::Secret => ("password or key", "passwords or keys"),
            Self::Card => ("card number", "card numbers"),
            Self::Iban => ("IBAN", "IBANs"),
            Self::Email => ("e-mail address", "e-mail addresses"),
            Self::Phone => ("phone number", "phone numbers"),
            Self::Ip => ("IP address", "IP addresses"),
        }
    }
}

/// Expressions whose group `value`, or whose whole match, is a find.
static PLAIN: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let octet = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";
    let ip = format!(r"\b{octet}(?:\.{octet}){{3}}\b");
    [
        (
            Kind::PrivateKey,
            // Without its end, everything after its beginning.
            concat!(
                r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)",
                r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
            ),
        ),
        (Kind::Jwt, r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"),
        (Kind::Token, r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"),
        (Kind::Token, r"\b(?:gh[opusr]_|github_pat_|glpat-|npm_|hf_)[A-Za-z0-9_-]{16,}"),
        (Kind::Token, r"\bxox[a-z]-[A-Za-z0-9-]{10,}"),
        (Kind::Token, r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        (Kind::Token, r"\bAIza[0-9A-Za-z_-]{30,}"),
        (Kind::Token, r"(?i)\b(?:bearer|basic)\s{1,4}[A-Za-z0-9._~+/-]{12,}=*"),
        (
            Kind::Token,
            r"\b(?:ya29\.[A-Za-z0-9_-]{8,}|glsa_[A-Za-z0-9_]{12,}|dapi[0-9a-f]{12,}|SG\.[A-Za-z0-9_.-]{12,})",
        ),
        // Whatever the scheme is called.
        (Kind::Token, r#"(?i)\bauthorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?<value>[^\r\n"'\\]+)"#),
        (Kind::Secret, r"://[^/\s:@]*:(?<value>[^/\s@]+)@"),
        (Kind::Email, r"[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,24}"),
        (Kind::Ip, ip.as_str()),
    ]
    .into_iter()
    .map(|(kind, pattern)| (kind, compiled(pattern)))
    .collect()
});

/// Names whose value is a secret.
const SECRET_NAMES: &str = concat!(
    "pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?",
    "|(?:api|access|account|private|auth)[ _-]?key"
);

/// `name=value` and `name: value`, also quoted as in JSON, and as in JSON within JSON. What is not quoted goes up to the
/// next blank: rather too much than half of a secret. So does a quote without its end.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        concat!(
            r"(?i)(?:^|[^A-Za-z])(?:[A-Za-z0-9]+[_.-])*(?:{names})(?:[_-][A-Za-z0-9]+)*",
            r#"\\?["']?\s{{0,4}}[:=]\s{{0,4}}(?<value>"(?s:[^"\\]|\\.)+(?:"|\z)|'(?s:[^'\\]|\\.)+(?:'|\z)"#,
            r#"|\\"(?s:.+?)(?:\\"|\z)|[^\s,;"'](?:\S*[^\s,;])?)"#,
        ),
        names = SECRET_NAMES
    ))
});

/// `<name>value</name>`, with or without attributes.
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(r"(?i)<(?:[a-z0-9]+[:_.-])*(?:{SECRET_NAMES})(?:[_-][a-z0-9]+)*(?:\s[^<>]*)?>(?<value>[^<]+)"))
});

/// A name of a secret and nothing else.
static SECRET_NAME: LazyLock<Regex> =
    LazyLock::new(|| compiled(&format!("(?i)^(?:[a-z0-9]+[_.-])*(?:{SECRET_NAMES})(?:[_-][a-z0-9]+)*$")));

/// Groups of digits, as cards are written.
static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    let between = r"[ \u{a0}\u{ad}\u{2007}\u{2009}-\u{200d}\u{2010}\u{2011}\u{202f}\u{2060}\u{feff}.-]";
    compiled(&format!("[0-9]+(?:{between}{{1,3}}[0-9]+)*"))
});
/// What an IPv6 address may be a part of.
static COLONS: LazyLock<Regex> = LazyLock::new(|| compiled("[0-9A-Za-z]*:[0-9A-Za-z:.]+"));
/// The longest IPv6 address, with an IPv4 one at its end.
const MAX_IPV6: usize = 45;
/// What begins like an IBAN.
static IBAN: LazyLock<Regex> = LazyLock::new(|| compiled("[A-Za-z]{2}[0-9]{2}(?:[ \u{a0}-]?[A-Za-z0-9]){11,30}"));
/// International, with a leading zero, or in the North American groups of three, three and four.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"\+[1-9](?:[ ().\x{a0}/-]{0,2}[0-9]){6,14}",
        r"|\b00[1-9](?:[ ().\x{a0}/-]{0,2}[0-9]){7,13}",
        r"|\(0[0-9]{1,5}\)(?:[ .\x{a0}/-]{0,2}[0-9]){4,10}",
        r"|\b0[0-9]{1,5}[ /-](?:[ .\x{a0}/-]{0,2}[0-9]){5,10}",
        r"|(?:\([0-9]{3}\) ?|\b[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}\b",
    ))
});
static DATE: LazyLock<Regex> = LazyLock::new(|| compiled("^[0-9]{2}[ /-][0-9]{2}[ /-][0-9]{4}$"));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("an expression of this file, which its tests compile")
}

/// Whether the name of a field says that its value is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    SECRET_NAME.is_match(name)
}

/// All finds, which may overlap.
pub(super) fn finds(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut finds = Vec::new();
    for (kind, pattern) in PLAIN.iter() {
        for found in pattern.captures_iter(text) {
            let range = found.name("value").or_else(|| found.get(0)).map(|value| value.range());
            finds.extend(range.map(|range| (range, *kind)));
        }
    }
    let all = NAMED.captures_iter(text).chain(ELEMENT.captures_iter(text));
    let named = all.filter_map(|found| found.name("value").map(|value| value.range()));
    // `Authorization: Bearer ...` is a token; only what no other kind explains is a plain secret.
    finds.extend(named.map(|range| (range, Kind::Secret)));
    finds.extend(COLONS.find_iter(text).filter_map(|run| Some((ipv6(text, run.range())?, Kind::Ip))));
    for run in DIGITS.find_iter(text) {
        finds.extend(cards(text, run.range()).into_iter().map(|range| (range, Kind::Card)));
    }
    finds.extend(ibans(text).into_iter().map(|range| (range, Kind::Iban)));
    let phones = PHONE.find_iter(text).filter(|found| !DATE.is_match(found.as_str()));
    finds.extend(phones.map(|found| (found.range(), Kind::Phone)));
    finds
}

/// The address at the end of letters, digits and colons: a word with a colon may stand before it.
fn ipv6(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let end = run.start + text[run.clone()].trim_end_matches(['.', ':']).len();
    let after_colons = text[run.start..end].match_indices(':').map(|(index, _)| run.start + index + 1);
    std::iter::once(run.start)
        .chain(after_colons)
        .filter(|start| end - start <= MAX_IPV6)
        .find(|start| {
            let address = &text[*start..end];
            // `a::b` is rather a path in a program.
            let is_told = address.len() >= 8 || address.bytes().any(|byte| byte.is_ascii_digit());
            is_told && address.parse::<Ipv6Addr>().is_ok()
        })
        .map(|start| start..end)
}

/// The card numbers in groups of digits: one group, or several that stand together. A security code after them does
/// not hide them.
fn cards(text: &str, run: Range<usize>) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (index, byte) in text[run.clone()].bytes().enumerate() {
        let at = run.start + index;
        match groups.last_mut() {
            Some(group) if byte.is_ascii_digit() && group.end == at => group.end += 1,
            _ if byte.is_ascii_digit() => groups.push(at..at + 1),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        // At most 19 digits, so at most 19 groups.
        let card = (first..groups.len().min(first + 19)).rev().find(|last| {
            let digits = || text[groups[first].start..groups[*last].end].bytes().filter(u8::is_ascii_digit);
            (13..=19).contains(&digits().count()) && luhn(digits())
        });
        if let Some(last) = card {
            found.push(groups[first].start..groups[last].end);
            first = last;
        }
        first += 1;
    }
    found
}

/// ISO/IEC 7812-1, annex B: every second digit from the right counts twice.
pub(super) fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let value = u32::from(digit - b'0') * if index % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Words after an IBAN look like more of it, so the longest beginning that is one counts.
fn ibans(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(candidate) = IBAN.find_at(text, from) {
        let within_word = text[..candidate.start()].chars().next_back().is_some_and(char::is_alphanumeric);
        let end = (15..=candidate.len()).rev().map(|length| candidate.start() + length).find(|end| {
            let ends_word = text.get(*end..).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
            !within_word && ends_word && text.get(candidate.start()..*end).is_some_and(mod_97)
        });
        // A find that is none may hide the beginning of one. Its first two letters are ASCII.
        from = end.unwrap_or(candidate.start() + 1);
        found.extend(end.map(|end| candidate.start()..end));
    }
    found
}

/// ISO 13616: the first four characters go to the end, letters count from 10, and the rest of the division by 97 is 1.
fn mod_97(iban: &str) -> bool {
    let compact: Vec<u8> = iban.bytes().filter(u8::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&compact.len()) {
        return false;
    }
    let (head, tail) = compact.split_at(4);
    let rest = tail.iter().chain(head).fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}
