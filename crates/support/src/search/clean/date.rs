//! Dates as search services, feeds and people write them.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone as _, Utc};

/// Longer texts are no dates.
const MAX_BYTES: usize = 80;
/// Nothing was published before the first journals, nor later than a clock may be wrong.
const YEARS: std::ops::RangeInclusive<i32> = 1600..=2200;

const MOMENTS: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%m/%d/%Y, %I:%M %p, +0000 UTC",
    "%m/%d/%Y, %I:%M %p",
    "%Y%m%dT%H%M%S",
];
const DAYS: [&str; 9] =
    ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%a, %d %b %Y"];

/// The date that a text names, as RFC 3339 in UTC. `now` (seconds since 1970) is what `3 hours ago` counts from.
/// A day without a time is its beginning; what names no day is no date.
pub fn date(untrusted: &str, now: i64) -> Option<String> {
    rfc3339(timestamp(untrusted, now)?)
}

/// The same, in seconds since 1970.
pub fn timestamp(untrusted: &str, now: i64) -> Option<i64> {
    let text = untrusted.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let moment = absolute(text).or_else(|| relative(&text.to_lowercase(), Utc.timestamp_opt(now, 0).single()?))?;
    YEARS.contains(&moment.year()).then(|| moment.timestamp())
}

/// Seconds since 1970 as RFC 3339 in UTC: `2026-11-26T15:04:05Z`.
pub fn rfc3339(seconds: i64) -> Option<String> {
    Some(Utc.timestamp_opt(seconds, 0).single()?.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn absolute(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(moment.to_utc());
    }
    let moment = MOMENTS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || {
        DAYS.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok()).and_then(|day| day.and_hms_opt(0, 0, 0))
    };
    moment.or_else(day).map(|moment| moment.and_utc())
}

/// `5 minutes ago`, `an hour ago`, `yesterday`.
fn relative(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match text {
        "just now" | "now" | "today" => return Some(now),
        "yesterday" => return now.checked_sub_days(Days::new(1)),
        _ => {}
    }
    let mut words = text.strip_suffix(" ago")?.split_whitespace();
    let (count, unit) = (words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let count: u32 = if matches!(count, "a" | "an" | "one") { 1 } else { count.parse().ok()? };
    let seconds = |each: i64| now.checked_sub_signed(chrono::TimeDelta::try_seconds(each * i64::from(count))?);
    match unit.trim_end_matches(['s', '.']) {
        "second" | "sec" => seconds(1),
        "minute" | "min" => seconds(60),
        "hour" | "hr" | "h" => seconds(3_600),
        "day" | "d" => seconds(86_400),
        "week" | "wk" => seconds(7 * 86_400),
        "month" | "mo" => now.checked_sub_months(Months::new(count)),
        "year" | "yr" => now.checked_sub_months(Months::new(count.checked_mul(12)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let now = timestamp("2026-11-26T15:00:00Z", 0).expect("a date");
        for (text, expected) in [
            ("2026-11-20T10:30:00+02:00", Some("2026-11-20T08:30:00Z")),
            ("2026-11-20T10:30:00", Some("2026-11-20T10:30:00Z")),
            ("2026-11-20 10:30:00.123", Some("2026-11-20T10:30:00Z")),
            ("Fri, 20 Nov 2026 10:30:00 GMT", Some("2026-11-20T10:30:00Z")),
            ("11/20/2026, 10:30 AM, +0000 UTC", Some("2026-11-20T10:30:00Z")),
            ("Nov 20, 2026", Some("2026-11-20T00:00:00Z")),
            ("November 20, 2026", Some("2026-11-20T00:00:00Z")),
            ("20 Nov 2026", Some("2026-11-20T00:00:00Z")),
            ("20.11.2026", Some("2026-11-20T00:00:00Z")),
            ("2026-11-20", Some("2026-11-20T00:00:00Z")),
            ("3 hours ago", Some("2026-11-26T12:00:00Z")),
            ("An hour ago", Some("2026-11-26T14:00:00Z")),
            ("5 mins ago", Some("2026-11-26T14:55:00Z")),
            ("2 weeks ago", Some("2026-11-12T15:00:00Z")),
            ("1 month ago", Some("2026-10-26T15:00:00Z")),
            ("2 years ago", Some("2024-11-26T15:00:00Z")),
            ("yesterday", Some("2026-11-25T15:00:00Z")),
            ("4294967295 years ago", None),
            ("2026-02-30", None),
            ("9999-01-01", None),
            ("soon", None),
            ("2026", None),
            ("", None),
        ] {
            assert_eq!(date(text, now).as_deref(), expected, "{text}");
        }
    }
}
