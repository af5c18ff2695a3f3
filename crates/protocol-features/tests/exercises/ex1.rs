//! Progress that says how long is left.

use std::time::Duration;

use crate::ex1_time_left::message;

#[track_caller]
fn says(done: u64, total: Option<u64>, passed: f64, wanted: &str) {
    let found = message(done, total, "rows", Duration::from_secs_f64(passed));
    assert_eq!(found, wanted, "{done} of {total:?} after {passed} s");
}

#[test]
fn the_pace_so_far_tells_what_is_left() {
    says(10, Some(100), 2.0, "10 of 100 rows, about 18 s left");
    says(50, Some(100), 30.0, "50 of 100 rows, about 30 s left");
    says(99, Some(100), 2.0, "99 of 100 rows, about 1 s left");
}

#[test]
fn there_is_no_estimate_without_a_basis() {
    says(0, Some(100), 5.0, "0 of 100 rows");
    says(5, Some(100), 0.9, "5 of 100 rows");
    says(100, Some(100), 5.0, "100 of 100 rows");
    says(5, None, 5.0, "5 rows");
}

#[test]
fn long_times_are_minutes() {
    says(1, Some(120), 1.0, "1 of 120 rows, about 119 s left");
    says(1, Some(121), 1.0, "1 of 121 rows, about 2 min left");
    says(1, Some(1000), 1.0, "1 of 1000 rows, about 17 min left");
}

#[test]
fn odd_numbers_do_no_harm() {
    says(200, Some(100), 5.0, "200 of 100 rows");
    says(0, Some(0), 5.0, "0 of 0 rows");
    assert!(message(1, Some(u64::MAX), "rows", Duration::from_secs(1)).contains("left"));
}
