//! Prices as people write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// In units of the currency.
    pub amount: f64,
    /// Three letters (ISO 4217), such as `EUR`.
    pub currency: String,
}

/// Longer texts are no prices.
const MAX_BYTES: usize = 80;

/// The first that fits counts, so the longer come first. A bare `$` is the US dollar.
const SIGNS: [(&str, &str); 23] = [
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("C$", "CAD"),
    ("AU$", "AUD"),
    ("A$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("MX$", "MXN"),
    ("$", "USD"),
    ("\u{20ac}", "EUR"),
    ("\u{a3}", "GBP"),
    ("\u{a5}", "JPY"),
    ("\u{20b9}", "INR"),
    ("\u{20a9}", "KRW"),
    ("\u{20ba}", "TRY"),
    ("\u{20aa}", "ILS"),
    ("\u{20b4}", "UAH"),
    ("z\u{142}", "PLN"),
    ("K\u{10d}", "CZK"),
    ("Ft", "HUF"),
    ("Fr.", "CHF"),
];
const CODES: [&str; 32] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY",
    "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "ZAR",
];

/// The price that a text names: `$1,299.00`, `1.299,00 €`, `EUR 12`, `from CHF 1'299.-`. Of a range, its lower end.
/// Nothing, if it names no amount or no currency that is known.
pub fn price(untrusted: &str) -> Option<Price> {
    if untrusted.len() > MAX_BYTES {
        return None;
    }
    Some(Price { amount: amount(untrusted)?, currency: currency(untrusted)?.to_owned() })
}

fn currency(text: &str) -> Option<&'static str> {
    let codes = text.split(|letter: char| !letter.is_ascii_alphabetic());
    let code = codes.filter_map(|word| CODES.into_iter().find(|code| *code == word)).next();
    code.or_else(|| SIGNS.into_iter().find(|(sign, _)| text.contains(sign)).map(|(_, code)| code))
}

fn amount(text: &str) -> Option<f64> {
    let first = text.find(|letter: char| letter.is_ascii_digit())?;
    if text[..first].ends_with(['-', '\u{2212}']) {
        return None;
    }
    let is_of_number = |letter: char| {
        letter.is_ascii_digit() || matches!(letter, '.' | ',' | '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{202f}')
    };
    let end = text[first..].find(|letter| !is_of_number(letter)).map_or(text.len(), |length| first + length);
    let number = text[first..end].trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let (whole, cents) = match number.rfind(['.', ',']) {
        Some(mark) if is_decimal_mark(number, mark) => (&number[..mark], &number[mark + 1..]),
        _ => (number, ""),
    };
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    format!("{digits}.{cents}0").parse().ok().filter(|amount: &f64| amount.is_finite() && *amount < 1e12)
}

/// `12.50` and `1.299,00` end with decimals; `1,299` and `1.299.000` with thousands.
fn is_decimal_mark(number: &str, mark: usize) -> bool {
    let (before, after) = (&number[..mark], &number[mark + 1..]);
    let sign = number.as_bytes()[mark] as char;
    let is_alone = !before.contains(sign);
    is_alone && after.bytes().all(|digit| digit.is_ascii_digit()) && (after.len() != 3 || before.contains(['.', ',']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices() {
        for (text, expected) in [
            ("$1,299.00", Some((1299.0, "USD"))),
            ("1.299,00 \u{20ac}", Some((1299.0, "EUR"))),
            ("EUR 12,5", Some((12.5, "EUR"))),
            ("from CHF 1'299.-", Some((1299.0, "CHF"))),
            ("1 299,90 z\u{142}", Some((1299.9, "PLN"))),
            ("\u{a3}9.99 - \u{a3}19.99", Some((9.99, "GBP"))),
            ("\u{a5}12,800", Some((12800.0, "JPY"))),
            ("1.299.000 IDR", Some((1_299_000.0, "IDR"))),
            ("CA$5", Some((5.0, "CAD"))),
            ("USD 1,234,567.89", Some((1_234_567.89, "USD"))),
            ("$0", Some((0.0, "USD"))),
            ("-$5", Some((5.0, "USD"))),
            ("$-5", None),
            ("12.50", None),
            ("free", None),
            ("EUR", None),
            ("$999999999999999", None),
            ("", None),
        ] {
            let found = price(text).map(|price| (price.amount, price.currency));
            assert_eq!(found, expected.map(|(amount, code)| (amount, code.to_owned())), "{text}");
        }
        assert_eq!(price(&format!("$1{}", " ".repeat(100))), None);
    }
}
