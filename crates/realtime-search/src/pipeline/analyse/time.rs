//! Time expressions: "since Monday" is no word to look for, it is a window.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// A span of time in seconds since 1970, both ends inclusive; open where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Not before this.
    pub from: Option<i64>,
    /// Not after this.
    pub until: Option<i64>,
}

impl Window {
    /// The last `seconds` before `now`.
    pub fn last(seconds: i64, now: i64) -> Self {
        Self { from: Some(now - seconds), until: None }
    }

    /// Whether nothing is said.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether this time is within.
    pub fn contains(&self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.until.is_none_or(|until| time <= until)
    }
}

/// Expressions that are the same each time, in the four languages, longest first; each with what it means at a date.
const FIXED: [(&str, Meaning); 29] = [
    ("in the last 24 hours", Meaning::Past(DAY)),
    ("day before yesterday", Meaning::Day(2)),
    ("the last few days", Meaning::Past(4 * DAY)),
    ("cette semaine", Meaning::Week),
    ("diese woche", Meaning::Week),
    ("esta semana", Meaning::Week),
    ("this morning", Meaning::Day(0)),
    ("this evening", Meaning::Day(0)),
    ("last month", Meaning::Month(1)),
    ("this month", Meaning::Month(0)),
    ("this week", Meaning::Week),
    ("past week", Meaning::Past(7 * DAY)),
    ("last week", Meaning::Past(7 * DAY)),
    ("letzte woche", Meaning::Past(7 * DAY)),
    ("la semana pasada", Meaning::Past(7 * DAY)),
    ("semaine dernière", Meaning::Past(7 * DAY)),
    ("past hour", Meaning::Past(HOUR)),
    ("this year", Meaning::Past(365 * DAY)),
    ("yesterday", Meaning::Day(1)),
    ("aujourd'hui", Meaning::Day(0)),
    ("tonight", Meaning::Day(0)),
    ("gestern", Meaning::Day(1)),
    ("today", Meaning::Day(0)),
    ("heute", Meaning::Day(0)),
    ("ayer", Meaning::Day(1)),
    ("hier", Meaning::Day(1)),
    ("hoy", Meaning::Day(0)),
    ("ce mois-ci", Meaning::Month(0)),
    ("diesen monat", Meaning::Month(0)),
];

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

#[derive(Clone, Copy)]
enum Meaning {
    /// The seconds before now.
    Past(i64),
    /// The whole day, this many days ago.
    Day(u64),
    /// The last seven days, from midnight on.
    Week,
    /// The whole month, this many months ago.
    Month(u32),
}

/// The window that a query speaks of, and the query without that.
pub(super) fn read(query: &str, now: i64) -> (Window, String) {
    let lower = query.to_lowercase();
    // Lower case may have other lengths: then positions in one say nothing of the other.
    if lower.len() != query.len() {
        return (Window::default(), query.to_owned());
    }
    for (expression, meaning) in FIXED {
        // "hier" is "here" in German.
        let ambiguous = expression == "hier" && !lower.contains(" le ") && !lower.contains(" la ");
        if let Some(at) = whole(&lower, expression).filter(|_| !ambiguous) {
            return (window(meaning, now), without(query, at, expression.len()));
        }
    }
    let words: Vec<&str> = lower.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        let after = |steps: usize| words.get(at + steps).copied().unwrap_or_default();
        let found = match *word {
            "last" | "past" | "since" | "in" => span(word, after(1), after(2), now),
            _ => None,
        };
        if let Some((window, used)) = found {
            // Of "in the last 3 days" nothing should stay but what comes before.
            let mut kept: Vec<&str> = query.split_whitespace().collect();
            let from = if at >= 2 && words[at - 1] == "the" && words[at - 2] == "in" { at - 2 } else { at };
            kept.drain(from..(at + used).min(kept.len()));
            return (window, kept.join(" "));
        }
    }
    (Window::default(), query.to_owned())
}

/// "last 3 days", "since 2026-11-01", "in October": the window and how many words it takes.
fn span(word: &str, next: &str, third: &str, now: i64) -> Option<(Window, usize)> {
    let next = next.trim_end_matches(['?', ',', '.']);
    match word {
        "last" | "past" => {
            let count: i64 = next.parse().ok().filter(|count| (1..=1000).contains(count))?;
            let unit = match third.trim_end_matches(['s', '?', ',', '.']) {
                "hour" => HOUR,
                "day" => DAY,
                "week" => 7 * DAY,
                "month" => 30 * DAY,
                _ => return None,
            };
            Some((Window::last(count * unit, now), 3))
        }
        "since" => date(next)
            .map(|from| (Window { from: Some(from), until: None }, 2))
            .or_else(|| month(next, now).map(|month| (Window { from: month.from, until: None }, 2))),
        // "in may" and "in march" are months here; "may" alone never is.
        _ => month(next, now).map(|window| (window, 2)),
    }
}

/// The last month of this name that has begun.
fn month(name: &str, now: i64) -> Option<Window> {
    let number = u32::try_from(MONTHS.iter().position(|month| *month == name)?).ok()? + 1;
    let today = day_of(now)?;
    let year = if number > today.month() { today.year() - 1 } else { today.year() };
    let first = NaiveDate::from_ymd_opt(year, number, 1)?;
    Some(Window { from: Some(midnight(first)), until: Some(midnight(first.checked_add_months(Months::new(1))?) - 1) })
}

fn window(meaning: Meaning, now: i64) -> Window {
    let Some(today) = day_of(now) else { return Window::default() };
    match meaning {
        Meaning::Past(seconds) => Window::last(seconds, now),
        Meaning::Week => Window { from: today.checked_sub_days(Days::new(6)).map(midnight), until: None },
        Meaning::Day(ago) => {
            let from = today.checked_sub_days(Days::new(ago)).map(midnight);
            Window { from, until: from.map(|from| from + DAY - 1) }
        }
        Meaning::Month(ago) => {
            let first = today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(ago)));
            let next = first.and_then(|first| first.checked_add_months(Months::new(1)));
            Window { from: first.map(midnight), until: next.map(|next| midnight(next) - 1) }
        }
    }
}

/// Seconds since 1970 of a date such as 2026-11-26, at midnight UTC.
pub(super) fn date(text: &str) -> Option<i64> {
    text.parse::<NaiveDate>().ok().filter(|date| (1900..=2200).contains(&date.year())).map(midnight)
}

fn day_of(now: i64) -> Option<NaiveDate> {
    DateTime::<Utc>::from_timestamp(now, 0).map(|time| time.date_naive())
}

fn midnight(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

/// Where an expression stands as whole words.
fn whole(text: &str, expression: &str) -> Option<usize> {
    text.match_indices(expression).map(|(at, _)| at).find(|&at| {
        let open = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        open(text[..at].chars().next_back()) && open(text[at + expression.len()..].chars().next())
    })
}

fn without(query: &str, at: usize, length: usize) -> String {
    format!("{} {}", &query[..at], &query[at + length..]).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_694_400; // 2026-11-26T12:00:00Z
    const TODAY: i64 = NOW - 12 * HOUR;

    #[test]
    fn expressions() {
        for (query, rest, from, until) in [
            ("news today", "news", Some(TODAY), Some(TODAY + DAY - 1)),
            ("Yesterday in Lindhaven", "in Lindhaven", Some(TODAY - DAY), Some(TODAY - 1)),
            ("storm this week", "storm", Some(TODAY - 6 * DAY), None),
            ("storm in the last 3 days", "storm", Some(NOW - 3 * DAY), None),
            ("storm last 2 weeks damage", "storm damage", Some(NOW - 14 * DAY), None),
            ("storm since 2026-11-01", "storm", Some(1_793_491_200), None),
            ("storm in October", "storm", Some(1_790_812_800), Some(1_793_491_199)),
            ("storm in december", "storm", Some(1_764_547_200), Some(1_767_225_599)),
            ("storm last month", "storm", Some(1_790_812_800), Some(1_793_491_199)),
            ("Sturm diese Woche", "Sturm", Some(TODAY - 6 * DAY), None),
            ("may day parade", "may day parade", None, None),
            ("todays special", "todays special", None, None),
            ("last 0 days", "last 0 days", None, None),
            ("was ist hier los", "was ist hier los", None, None),
        ] {
            assert_eq!(read(query, NOW), (Window { from, until }, rest.to_owned()), "{query}");
        }
    }

    #[test]
    fn a_window_holds_its_ends() {
        let window = Window { from: Some(1), until: Some(2) };
        assert!(window.contains(1) && window.contains(2) && !window.contains(0) && !window.contains(3));
        assert!(Window::default().is_open() && Window::default().contains(i64::MIN));
    }
}
