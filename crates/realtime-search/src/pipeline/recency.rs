//! (7) Recency: what was true last week may be wrong today, and how soon depends on what is asked.

use super::analyse::Intent;

const DAY: f64 = 86_400.0;

/// After this long, half of an article's freshness is gone.
pub fn half_life(intent: Intent) -> f64 {
    DAY * match intent {
        Intent::Fresh => 2.0,
        Intent::Local => 7.0,
        Intent::News => 14.0,
        Intent::Comparison => 60.0,
        Intent::Evergreen => 365.0,
    }
}

/// What share of the score freshness decides.
pub fn weight(intent: Intent) -> f64 {
    match intent {
        Intent::Fresh => 0.5,
        Intent::Local => 0.25,
        Intent::News => 0.2,
        Intent::Comparison => 0.1,
        Intent::Evergreen => 0.03,
    }
}

/// Freshness from 0 to 1: one half after each half-life. An article without a date is as stale as one of two
/// half-lives; one from the future is not fresher than one from now.
pub fn freshness(published: Option<i64>, now: i64, intent: Intent) -> f64 {
    let Some(published) = published else { return 0.25 };
    let age = (now - published).max(0) as f64;
    (-age / half_life(intent)).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_halves() {
        let now = 1_000_000_000;
        let after = |days: i64, intent| freshness(Some(now - days * 86_400), now, intent);
        assert!((after(2, Intent::Fresh) - 0.5).abs() < 1e-9);
        assert!((after(28, Intent::News) - 0.25).abs() < 1e-9);
        assert!(after(30, Intent::Evergreen) > 0.9);
        assert!((freshness(Some(now + 500), now, Intent::Fresh) - 1.0).abs() < 1e-9);
        assert!((freshness(None, now, Intent::Fresh) - 0.25).abs() < 1e-9);
    }
}
