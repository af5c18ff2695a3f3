//! Prices as people write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::number::{Number, numbers};

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
const SIGNS: [(&str, &str); 25] = [
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
    ("NT$", "TWD"),
    ("$", "USD"),
    ("\u{20ac}", "EUR"),
    ("\u{a3}", "GBP"),
    ("CN\u{a5}", "CNY"),
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

/// Between the ends of a range.
const TO: [&str; 4] = ["-", "\u{2013}", "\u{2014}", "to"];
/// What stands for missing cents: `1'299.-`.
const NO_CENTS: [&str; 7] = [".-", ",-", ":-", ".\u{2013}", ",\u{2013}", ".\u{2014}", ",\u{2014}"];
/// A price for each of these is the price of one thing.
const ONE: [&str; 6] = ["each", "ea", "item", "pc", "piece", "unit"];

/// The price that a text names: `$1,299.00`, `1.299,00 €`, `EUR 12`, `from CHF 1'299.-`, `2 x $.99`. It is the first
/// number that has a currency at its side; of a range, the lower end. Nothing, if there is none: what costs less than
/// nothing is no price, and what costs so much a month or a kilogram has one that nobody has said.
pub fn price(untrusted: &str) -> Option<Price> {
    if untrusted.len() > MAX_BYTES {
        return None;
    }
    let mut before: Option<Number> = None;
    numbers(untrusted).find_map(|number| {
        let lower = before.replace(number);
        let named = Named::around(untrusted, &number)?;
        if is_negative(&untrusted[..named.start]) || is_rate(&untrusted[named.end..]) {
            return None;
        }
        let lower = lower.filter(|lower| is_range(untrusted, lower, &named) && lower.amount < number.amount);
        Some(Price { amount: lower.unwrap_or(number).amount, currency: named.currency.to_owned() })
    })
}

/// A number with its currency.
struct Named {
    start: usize,
    end: usize,
    currency: &'static str,
}

impl Named {
    fn around(text: &str, number: &Number) -> Option<Self> {
        let before = mark_before(&text[..number.start]);
        let rest = &text[number.end..];
        let rest = NO_CENTS.into_iter().find_map(|none| rest.strip_prefix(none)).unwrap_or(rest);
        let after = mark_after(rest);
        let end = after.map_or(text.len() - rest.len(), |(left, _)| text.len() - left);
        let start = before.map_or(number.start, |(start, _)| start);
        // `$5 CAD` is in Canadian dollars: letters say more than a sign that many countries use.
        let code = after.filter(|(_, code)| before.is_none() || rest.trim_start().starts_with(code));
        let (_, currency) = code.or(before)?;
        Some(Self { start, end, currency })
    }
}

fn marks() -> impl Iterator<Item = (&'static str, &'static str)> {
    SIGNS.into_iter().chain(CODES.map(|code| (code, code)))
}

/// What the text ends with, and where that begins. A `$` after other letters is the dollar of a country not known here.
fn mark_before(text: &str) -> Option<(usize, &'static str)> {
    let text = text.trim_end_matches(|letter: char| letter.is_whitespace() || matches!(letter, ':' | '('));
    marks().find_map(|(mark, code)| {
        let rest = text.strip_suffix(mark)?;
        (!rest.ends_with(char::is_alphabetic)).then_some((rest.len(), code))
    })
}

/// What the text begins with, and how much follows. The `$` of `2 $5` belongs to the 5.
fn mark_after(text: &str) -> Option<(usize, &'static str)> {
    marks().find_map(|(mark, code)| {
        let rest = text.trim_start().strip_prefix(mark)?;
        (!rest.starts_with(char::is_alphanumeric)).then_some((rest.len(), code))
    })
}

/// Whether a minus stands before it; the hyphen of `tea-$5` is none.
fn is_negative(before: &str) -> bool {
    let sign = before.strip_suffix(['-', '\u{2212}']);
    sign.is_some_and(|rest| rest.is_empty() || rest.ends_with(|letter: char| letter.is_whitespace() || letter == '('))
}

/// Whether the number before is the lower end; that of `X2 - 5 €` is a part of a name.
fn is_range(text: &str, lower: &Number, upper: &Named) -> bool {
    let between = text.get(lower.end..upper.start).unwrap_or_default().trim();
    TO.contains(&between) && !text[..lower.start].ends_with(|letter: char| letter.is_alphanumeric() || letter == '-')
}

/// Whether it is what a part, or a time, costs: `/kg`, `/ 100 g`, ` per month`.
fn is_rate(after: &str) -> bool {
    let after = after.trim_start();
    let Some(of) = after.strip_prefix('/').or_else(|| after.strip_prefix("per ")) else { return false };
    let of = of.trim_start();
    let word = of.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    !word.is_empty() && !ONE.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prices() {
        for (text, expected) in [
            ("$1,299.00", Some((1299.0, "USD"))),
            ("1.299,00 \u{20ac}", Some((1299.0, "EUR"))),
            ("EUR 12,5", Some((12.5, "EUR"))),
            ("EUR: 12", Some((12.0, "EUR"))),
            ("from CHF 1'299.-", Some((1299.0, "CHF"))),
            ("from $5", Some((5.0, "USD"))),
            ("12,\u{2013} \u{20ac}", Some((12.0, "EUR"))),
            ("1 299,90 z\u{142}", Some((1299.9, "PLN"))),
            ("\u{a5}12,800", Some((12800.0, "JPY"))),
            ("\u{20b9}1,29,900.50", Some((129_900.5, "INR"))),
            ("1.299.000 IDR", Some((1_299_000.0, "IDR"))),
            ("USD 1,234,567.89", Some((1_234_567.89, "USD"))),
            ("$.99", Some((0.99, "USD"))),
            ("\u{20ac} ,99", Some((0.99, "EUR"))),
            ("$0.125", Some((0.125, "USD"))),
            ("$0", Some((0.0, "USD"))),
            ("12.50", None),
            ("free", None),
            ("EUR", None),
            ("26.11.2026 EUR", None),
            ("$999999999999999", None),
            ("", None),
        ] {
            check(text, expected);
        }
        assert_eq!(price(&format!("$1{}", " ".repeat(100))), None);
    }

    #[test]
    fn of_several_numbers_the_one_with_a_currency() {
        for (text, expected) in [
            ("2 x $5", Some((5.0, "USD"))),
            ("2x5 \u{20ac}", Some((5.0, "EUR"))),
            ("2 $5", Some((5.0, "USD"))),
            ("3 for $10", Some((10.0, "USD"))),
            ("$5 2 left", Some((5.0, "USD"))),
            ("128 GB, 12 EUR", Some((12.0, "EUR"))),
            ("12.50 USD (11 EUR)", Some((12.5, "USD"))),
            ("size 12, ask for the price in EUR", None),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn of_a_range_the_lower_end() {
        for (text, expected) in [
            ("\u{a3}9.99 - \u{a3}19.99", Some((9.99, "GBP"))),
            ("10-20 EUR", Some((10.0, "EUR"))),
            ("9,50 \u{2013} 20 \u{20ac}", Some((9.5, "EUR"))),
            ("$10 to $20", Some((10.0, "USD"))),
            ("10 to 20 USD", Some((10.0, "USD"))),
            ("X2 - 5 \u{20ac}", Some((5.0, "EUR"))),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn currencies_that_look_alike() {
        for (text, expected) in [
            ("CA$5", Some((5.0, "CAD"))),
            ("NT$50", Some((50.0, "TWD"))),
            ("CN\u{a5}50", Some((50.0, "CNY"))),
            ("$5 CAD", Some((5.0, "CAD"))),
            ("US $5", Some((5.0, "USD"))),
            ("XX$5", None),
            ("5 $CC", None),
            ("5 EURO", None),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_price_of_the_thing() {
        for (text, expected) in [
            ("-$5", None),
            ("$-5", None),
            ("(-5 EUR)", None),
            ("tea-$5", Some((5.0, "USD"))),
            ("$27.75/mo", None),
            ("12 \u{20ac} / kg", None),
            ("EUR 0,43 / 100 g", None),
            ("$5 per month", None),
            ("$12.99 ($0.43/oz)", Some((12.99, "USD"))),
            ("$0.43/oz, $12.99", Some((12.99, "USD"))),
            ("$5 / each", Some((5.0, "USD"))),
            ("5 \u{20ac} per piece", Some((5.0, "EUR"))),
        ] {
            check(text, expected);
        }
    }

    fn check(text: &str, expected: Option<(f64, &str)>) {
        let found = price(text).map(|price| (price.amount, price.currency));
        assert_eq!(found, expected.map(|(amount, code)| (amount, code.to_owned())), "{text}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[0-9$\u{20ac}.,' /a-zA-Z\u{a0}\u{142}-]{0,40}") {
            let found = price(&text);
            prop_assert!(found.is_none_or(|price| price.amount.is_finite() && price.amount >= 0.0), "{text}");
        }

        #[test]
        fn what_is_written_is_read(cents in 0_u32..100_000_000) {
            let (whole, cents) = (cents / 100, cents % 100);
            for text in [format!("${whole}.{cents:02}"), format!("{whole},{cents:02} \u{20ac}")] {
                let expected = f64::from(whole) + f64::from(cents) / 100.0;
                prop_assert!((price(&text).expect("a price").amount - expected).abs() < 1e-6, "{text}");
            }
        }
    }
}
