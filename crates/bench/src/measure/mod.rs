//! What is measured, each in a module of its own.

pub(crate) mod calls;
pub(crate) mod instructions;
pub(crate) mod process;
pub(crate) mod sessions;
pub(crate) mod start;
pub(crate) mod stdio;
pub(crate) mod subscribers;

/// The value in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
