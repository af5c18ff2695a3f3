//! Waits that spread callers out.

use std::time::Duration;

use crate::ex1_full_jitter::wait;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

fn millis(n: u32, asked: Option<u64>, chance: f64) -> Option<u128> {
    wait(n, FIRST, LONGEST, asked.map(Duration::from_millis), chance).map(|wait| wait.as_millis())
}

#[test]
fn the_bound_doubles_and_ends() {
    for (n, bound) in
        [(0, 100), (1, 200), (2, 400), (4, 1_600), (5, 2_000), (31, 2_000), (32, 2_000), (u32::MAX, 2_000)]
    {
        assert_eq!(millis(n, None, 0.0), Some(0), "{n}");
        assert_eq!(millis(n, None, 0.5), Some(bound / 2), "{n}");
        assert!(millis(n, None, 0.999).is_some_and(|wait| wait < bound), "{n}");
    }
}

#[test]
fn what_is_asked_for_is_the_least_and_chance_comes_on_top() {
    assert_eq!(millis(0, Some(1_000), 0.0), Some(1_000));
    assert_eq!(millis(1, Some(1_000), 0.5), Some(1_100));
    assert_eq!(millis(0, Some(2_000), 0.0), Some(2_000));
    assert_eq!(millis(0, Some(2_001), 0.0), None, "longer than anybody waits");
    assert_eq!(millis(3, Some(0), 0.25), Some(200));
}

#[test]
fn a_hundred_callers_do_not_come_at_once() {
    let mut waits: Vec<_> = (0..100).map(|caller| millis(3, None, f64::from(caller) / 100.0)).collect();
    waits.dedup();
    assert!(waits.len() > 90, "{waits:?}");
}
