//! Exercise 2, extend it: what is new is worth more.
//!
//! Of two passages that answer a question, the newer one is more often right. Give a chunk's value a half-life: after so many
//! days it counts half, after twice as many a quarter. What has no date is taken to be one half-life old, and what was written
//! in the future, by somebody's clock, is new.
//!
//! Where to look: `Candidate` in `src/packing/mod.rs`, and `valued` in `src/strategy.rs`, which makes them.
//!
//! Hint: value * 0.5^(days / half-life); `f32::powf` takes the fraction.
//! Hint: `(today - date).num_days()` is negative for the future.
//!
//! Learned: a value is more than a likeness, and the knapsack takes whatever it is given; a decay has to say what it does with
//! what it does not know, and with what cannot be.
//! Read on: src/packing/mod.rs, src/contradictions.rs.

use chrono::NaiveDate;

/// The value of a chunk that was written on a day, with a half-life of more than 0 days.
pub(crate) fn aged(value: f32, written: Option<NaiveDate>, today: NaiveDate, half_life: u32) -> f32 {
    let half_life = half_life.max(1) as f32;
    let days = written.map_or(half_life, |written| (today - written).num_days().max(0) as f32);
    value * 0.5_f32.powf(days / half_life)
}
