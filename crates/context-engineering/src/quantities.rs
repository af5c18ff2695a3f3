//! (6) Numbers with what they count: what two statements can disagree about.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use crate::features::{is_common, stem};

/// A number, a day or a time of the day, however it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Such as `14`, `2027-03-31`, `9:30`.
    pub value: String,
    /// What it counts, in one form: `minut`, `%`, `euro`, `date`, `clock`; nothing where that is not said.
    pub unit: String,
    /// Bytes of the text, from the number to the end of the unit.
    pub span: Range<usize>,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
/// Units that are written in several ways.
const UNITS: [(&str, &[&str]); 12] = [
    ("%", &["%", "percent"]),
    ("degree", &["°C", "°", "degrees", "degree"]),
    ("second", &["s", "sec", "secs", "second", "seconds"]),
    ("minut", &["min", "mins", "minute", "minutes"]),
    ("hour", &["h", "hour", "hours"]),
    ("day", &["d", "day", "days"]),
    ("km", &["km", "kilometre", "kilometres"]),
    ("metre", &["m", "metre", "metres"]),
    ("m/s", &["m/s"]),
    ("mm", &["mm", "millimetre", "millimetres"]),
    ("euro", &["€", "EUR", "euro", "euros"]),
    ("ms", &["ms", "millisecond", "milliseconds"]),
];

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let months = MONTHS.join("|");
    let pattern = format!(
        r"(?ix) (?<iso>\b\d{{4}}-\d\d-\d\d\b)
        | \b(?<day>\d{{1,2}})\.?\ (?<month>{months})\b (?:\ (?<year>\d{{4}})\b)?
        | \b(?:{months})\ \d{{4}}\b
        | (?<clock>\b\d{{1,2}}:\d\d\b)
        | \d+(?:\.\d+){{2,}}
        | (?<number>[-−]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?)
        | (?<word>m/s|°C|°|%|€|[\p{{L}}_][\p{{L}}\p{{N}}_]*(?:-[\p{{L}}\p{{N}}]+)*)"
    );
    Regex::new(&pattern).expect("the pattern is part of this file, and a test uses it")
});

/// The quantities of a statement, in order. Names with digits in them, versions, bare years and
/// the number in front of an item are none.
pub fn quantities(text: &str) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    // The end of a number that waits for its unit.
    let mut open: Option<usize> = None;
    for token in TOKEN.captures_iter(text) {
        let Some(all) = token.get(0) else { continue };
        let at = all.start();
        let part = |name: &str| token.name(name).map(|part| part.as_str());
        let mut push =
            |value: String, unit: &str| found.push(Quantity { value, unit: unit.to_owned(), span: all.range() });
        let follows = open.take().is_some_and(|end| text[end..at].chars().all(|sign| " \n*`_-".contains(sign)));
        if let Some(day) = part("iso") {
            push(day.to_owned(), "date");
        } else if let (Some(day), Some(month)) = (part("day"), part("month")) {
            let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(name)).unwrap_or_default() + 1;
            let year = part("year").map_or_else(String::new, |year| format!("{year}-"));
            push(format!("{year}{month:02}-{day:0>2}"), if year.is_empty() { "day of a year" } else { "date" });
        } else if let Some(time) = part("clock") {
            push(time.trim_start_matches('0').to_owned(), "clock");
        } else if let Some(number) = part("number") {
            let rest = &text[all.end()..];
            let is_item = text[..at].trim_matches(['*', '#', '>', '-', ' ', '\n']).is_empty() && rest.starts_with(". ");
            let is_name = text[..at].ends_with(['-', '/', '.']) || rest.starts_with(['/', '_']);
            let is_part = rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
            let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
            if !is_item && !is_name && !is_part && !is_year {
                push(plain(number), "");
                open = Some(all.end());
            }
        } else if let Some(word) = part("word") {
            let lower = word.to_lowercase();
            if let Some(number) = in_words(&lower) {
                push(number.to_string(), "");
                open = Some(all.end());
            } else if let Some(last) = found.last_mut().filter(|_| follows) {
                last.unit = unit(word);
                last.span.end = if last.unit.is_empty() { last.span.end } else { all.end() };
            }
        }
    }
    found.retain(|quantity| !quantity.unit.is_empty() || !names(&text[..quantity.span.start]));
    found
}

/// Whether a number that counts nothing belongs to the word before it, such as `version 2` or `PostgreSQL 15`.
fn names(ahead: &str) -> bool {
    let word = ahead.strip_suffix(' ').and_then(|ahead| ahead.rsplit(|sign: char| !sign.is_alphanumeric()).next());
    let numbered = ["version", "severity", "level", "number", "step", "stage", "part", "page", "port", "table"];
    word.is_some_and(|word| word.starts_with(char::is_uppercase) || numbered.contains(&word))
}

fn plain(number: &str) -> String {
    let number = number.replace(',', "").replace('−', "-");
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    number.to_owned()
}

/// `thirteen`, `twenty-five`. One is mostly no number.
fn in_words(word: &str) -> Option<usize> {
    let one = |word: &str| ONES.iter().position(|name| *name == word);
    let ten = |word: &str| TENS.iter().position(|name| *name == word).map(|at| 10 * (at + 2));
    let number = match word.split_once('-') {
        Some((tens, ones)) => ten(tens)? + one(ones).filter(|ones| (1..10).contains(ones))?,
        None => one(word).or_else(|| ten(word))?,
    };
    (number > 1).then_some(number)
}

fn unit(word: &str) -> String {
    let known = UNITS.iter().find(|(_, forms)| forms.contains(&word));
    let lower = word.to_lowercase();
    let counts = !is_common(&lower)
        && !["within", "per", "since", "times"].contains(&lower.as_str())
        && lower.chars().all(char::is_alphabetic);
    known.map_or_else(|| if counts { stem(&lower).to_owned() } else { String::new() }, |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_all_their_forms() {
        for (text, expected) in [
            ("Every five minutes, for thirteen months", "5 minut, 13 month"),
            ("Twenty-five months or 20,000 records", "25 month, 20000 record"),
            ("raised from 120 to **300**", "120 , 300 "),
            ("up to **60 days** old (before: 14)", "60 day, 14 "),
            ("at 6.0 °C, -0.3 degrees, 35 %", "6 degree, -0.3 degree, 35 %"),
            ("on Tuesday at 09:30, on 31 March 2027 and 2027-06-30", "9:30 clock, 2027-03-31 date, 2027-06-30 date"),
            ("3. A key of 180 days, as of October 2025, since 1 March", "180 day, 03-01 day of a year"),
            ("GUL-4107 of OST-0417, version 4.5.0, version 2, PostgreSQL 15, QC05, 2019, page 26-B", ""),
            ("One of them has a 10min step", "10 minut"),
        ] {
            let found = quantities(text);
            let shown: Vec<String> =
                found.iter().map(|quantity| format!("{} {}", quantity.value, quantity.unit)).collect();
            assert_eq!(shown.join(", "), expected, "{text}");
        }
    }
}
