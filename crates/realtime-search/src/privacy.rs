//! What must not leave this machine with a query: addresses, numbers of people, cards and accounts.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use schemars::JsonSchema;
use serde::Serialize;

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// An e-mail address.
    Email,
    /// An international bank account number.
    BankAccount,
    /// A payment card, with a right check digit.
    PaymentCard,
    /// A telephone number.
    Phone,
    /// An address of a machine.
    IpAddress,
    /// A number that a state gives to a person, such as 123-45-6789.
    PersonalNumber,
    /// A date of birth that is named as one.
    BirthDate,
    /// A name after "my name is" and the like.
    Name,
    /// A key or token of a known form.
    Credential,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns are part of the program")
}

/// In the order in which they are looked for: what is longer and surer first.
static PATTERNS: LazyLock<[(Personal, Regex); 9]> = LazyLock::new(|| {
    [
        (Personal::Credential, pattern(r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{16,}\b")),
        (Personal::Email, pattern(r"(?i)\b[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b")),
        (Personal::BankAccount, pattern(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
        (Personal::PaymentCard, pattern(r"\b\d(?:[ -]?\d){12,18}\b")),
        (Personal::PersonalNumber, pattern(r"\b\d{3}-\d{2}-\d{4}\b")),
        (Personal::IpAddress, pattern(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")),
        (
            Personal::BirthDate,
            pattern(r"(?i)\b(?:born(?: on)?|date of birth|dob|geboren(?: am)?)[: ]+\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"),
        ),
        (
            Personal::Phone,
            pattern(r"(?:\+\d{1,3}[ -]?)?(?:\(\d{1,5}\)[ -]?)?\d{2,5}(?:[ -]\d{2,5}){2,4}\b|\+\d{8,15}\b"),
        ),
        (
            Personal::Name,
            pattern(
                r"(?:(?i:my name is|i am called|ich heiße|me llamo|je m'appelle)) \p{Lu}[\p{L}'-]+( \p{Lu}[\p{L}'-]+)*",
            ),
        ),
    ]
});

/// The query without personal data, and which kinds were removed.
pub fn without_personal_data(query: &str) -> (String, Vec<Personal>) {
    let mut removed = Vec::new();
    let mut text = query.to_owned();
    for (kind, pattern) in PATTERNS.iter() {
        let replaced = pattern.replace_all(&text, |found: &Captures<'_>| {
            let found = &found[0];
            let is_another = match kind {
                Personal::PaymentCard => !has_check_digit(found),
                Personal::Phone => found.parse::<chrono::NaiveDate>().is_ok(),
                _ => false,
            };
            if is_another {
                return found.to_owned();
            }
            removed.push(*kind);
            String::new()
        });
        text = replaced.into_owned();
    }
    removed.sort_unstable();
    removed.dedup();
    (text.split_whitespace().collect::<Vec<_>>().join(" "), removed)
}

/// ISO/IEC 7812, annex B (Luhn): most numbers of this length are no card.
fn has_check_digit(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|letter| letter.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_stays_here() {
        for (query, rest, kind) in [
            ("mail ann.lee@mail.example about bridge", "mail about bridge", Personal::Email),
            ("is 4111 1111 1111 1111 stolen", "is stolen", Personal::PaymentCard),
            ("account DE89 3704 0044 0532 0130 00 fraud", "account fraud", Personal::BankAccount),
            ("who calls from +44 20 7946 0958", "who calls from", Personal::Phone),
            ("my name is Ann Lee and the clinic trial", "and the clinic trial", Personal::Name),
            ("server 10.1.2.3 down", "server down", Personal::IpAddress),
            ("born on 1980-02-03 horoscope", "horoscope", Personal::BirthDate),
            ("record of 078-05-1120", "record of", Personal::PersonalNumber),
            ("leaked sk-abcdefghijklmnop1234 key", "leaked key", Personal::Credential),
        ] {
            assert_eq!(without_personal_data(query), (rest.to_owned(), vec![kind]), "{query}");
        }
    }

    #[test]
    fn other_numbers_are_no_secrets() {
        for query in [
            "election 2026 results",
            "Kestrel-3 launch 12 November 2026",
            "covid 19 trial phase 3",
            "bridge closed 2026-11-20",
            "rust 1.92 release",
            "1234567890123 crowns",
        ] {
            assert_eq!(without_personal_data(query), (query.to_owned(), Vec::new()), "{query}");
        }
    }
}
