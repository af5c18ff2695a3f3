//! Exercise 1, change it: a half-life that follows the news.
//!
//! An article about a storm is old after a day, one about an excavation is not after a month. Here the kind of query
//! decides how fast articles grow old, by a table. The articles themselves know better: a story that is told every
//! few hours moves fast, and one that is told once a month does not.
//!
//! Where to look: `half_life` and `freshness` in `src/pipeline/recency.rs`; `rank` in `src/pipeline/mod.rs` uses them.
//!
//! Hint: sort the times, take the gaps between neighbours, and their median: one long silence should not decide.
//! Hint: five gaps are a fair half-life. Keep it between a day and a year, and take two weeks where fewer than three
//! articles say anything.

const DAY: f64 = 86_400.0;

/// The half-life in seconds of a story whose articles were published at these times (seconds since 1970, in any order).
pub(crate) fn half_life(published: &[i64]) -> f64 {
    // Yours: let the gaps between the articles decide.
    let _ = published;
    14.0 * DAY
}
