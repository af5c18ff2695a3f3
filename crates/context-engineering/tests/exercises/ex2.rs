//! Values with a half-life.

use chrono::NaiveDate;

use crate::ex2_half_life::aged;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn is_near(one: f32, other: f32) -> bool {
    (one - other).abs() < 1e-4
}

#[test]
fn after_a_half_life_it_is_half() {
    let today = day("2026-07-01");
    assert!(is_near(aged(8.0, Some(today), today, 30), 8.0));
    assert!(is_near(aged(8.0, Some(day("2026-06-01")), today, 30), 4.0));
    assert!(is_near(aged(8.0, Some(day("2026-05-02")), today, 30), 2.0));
    assert!(is_near(aged(8.0, Some(day("2026-06-16")), today, 30), 8.0 * 0.5_f32.sqrt()));
}

#[test]
fn no_date_and_a_date_to_come() {
    let today = day("2026-07-01");
    assert!(is_near(aged(8.0, None, today, 30), 4.0));
    assert!(is_near(aged(8.0, Some(day("2027-01-01")), today, 30), 8.0));
}
