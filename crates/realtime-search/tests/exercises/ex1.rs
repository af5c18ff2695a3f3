//! A half-life that follows the news.

use crate::ex1_pace::half_life;

const DAY: i64 = 86_400;

fn days(seconds: f64) -> f64 {
    seconds / DAY as f64
}

#[test]
fn a_story_that_is_told_often_grows_old_fast() {
    let every_six_hours: Vec<i64> = (0..20).map(|n| n * DAY / 4).collect();
    let monthly: Vec<i64> = (0..6).map(|n| n * 30 * DAY).collect();
    assert!((days(half_life(&every_six_hours)) - 1.25).abs() < 0.01);
    assert!((days(half_life(&monthly)) - 150.0).abs() < 0.01);
}

#[test]
fn one_silence_does_not_decide() {
    let mut times: Vec<i64> = (0..9).map(|n| n * DAY).collect();
    times.push(400 * DAY);
    assert!((days(half_life(&times)) - 5.0).abs() < 0.01);
    times.reverse();
    assert!((days(half_life(&times)) - 5.0).abs() < 0.01, "their order says nothing");
}

#[test]
fn too_little_and_too_much_are_bounded() {
    for few in [&[][..], &[7], &[7, 7 + DAY]] {
        assert!((days(half_life(few)) - 14.0).abs() < 0.01);
    }
    assert!((days(half_life(&[5, 5, 5, 5])) - 1.0).abs() < 0.01, "all at once");
    assert!((days(half_life(&[0, 900 * DAY, 1800 * DAY])) - 365.0).abs() < 0.01, "once in years");
}
