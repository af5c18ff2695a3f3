//! Days, as ISO 8601 writes them.

use chrono::{Datelike as _, NaiveDate};

use super::WeatherError;

/// First day that a report is made for.
pub const FIRST_DAY: &str = "1900-01-01";
/// Last day that a report is made for. Some decades later the formulas for the Sun lose their minute.
pub const LAST_DAY: &str = "2100-12-31";
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// The day of `YYYY-MM-DD`. Signs, blanks and missing zeros are refused, so that a day has one URI.
pub(super) fn parse(text: &str) -> Result<NaiveDate, WeatherError> {
    let error = || WeatherError::Date(super::error::shown(text));
    let is_shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_shaped).ok_or_else(error)?;
    if YEARS.contains(&date.year()) { Ok(date) } else { Err(error()) }
}

/// The Julian day at which the day begins in UTC.
pub(super) fn julian_day(date: NaiveDate) -> f64 {
    // 2000-01-01T12:00Z is 2451545.0 (Meeus, Astronomical Algorithms, chapter 7).
    f64::from(date.num_days_from_ce()) + 1_721_424.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_range_are_read() {
        for text in [FIRST_DAY, LAST_DAY, "2024-02-29", "2000-02-29"] {
            assert_eq!(parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "today",
            "2024-2-29",
            "2024-02-30",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "+2024-1-1",
            " 2024-1-1",
            "2024/02/01",
            "24-02-01",
            "2024-02-01T00:00",
            "1899-12-31",
            "2101-01-01",
            "9999-99-99",
            "٢٠٢٤-٠١",
            "2024-02-1\0",
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.hint(), "send a day as YYYY-MM-DD, from 1900-01-01 to 2100-12-31", "{text}");
        }
    }

    #[test]
    fn julian_days() {
        // Meeus, Astronomical Algorithms, 2nd edition, table of chapter 7.
        for (text, day) in [("2000-01-01", 2_451_544.5), ("1999-01-01", 2_451_179.5), ("1987-01-27", 2_446_822.5)] {
            assert_eq!(julian_day(parse(text).expect(text)), day);
        }
    }
}
