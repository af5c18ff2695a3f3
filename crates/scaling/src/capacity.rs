//! How many nodes it takes: Little's law for what is in flight, the universal scalability law for what more nodes bring.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nodes, or callers at a time, of a measurement.
pub const MAX_N: f64 = 100_000.0;
/// Calls a second of a measurement, at least.
pub const MIN_THROUGHPUT: f64 = 0.001;
/// Calls a second of a measurement, at most.
pub const MAX_THROUGHPUT: f64 = 1e9;

/// A measurement: so many nodes (or callers at a time) did so many calls a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Nodes, or callers at a time; at least 1.
    #[schemars(range(min = 1, max = 100_000))]
    pub n: f64,
    /// Calls a second; above 0.
    #[schemars(range(min = 0.001, max = 1e9))]
    pub throughput: f64,
}

/// The universal scalability law, X(n) = `rate` n / (1 + `contention` (n - 1) + `coherence` n (n - 1)) (Gunther, 1993).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Law {
    /// What one does alone, in calls a second.
    pub rate: f64,
    /// The share of the work that waits for others.
    pub contention: f64,
    /// What agreeing with each other costs.
    pub coherence: f64,
    /// How much of what was measured the law explains: 1 is all of it.
    pub r_squared: f64,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CapacityError {
    /// Three different loads are needed for three unknowns.
    #[error("{0} different values of n were measured")]
    TooFew(usize),
    /// Out of bounds, or no number.
    #[error("n {0:?} with throughput {1:?} is no measurement")]
    Point(f64, f64),
    /// The fitted law would not be one.
    #[error("no law fits these points")]
    NoFit,
}

impl Law {
    /// Fits the law by least squares to n / X(n), which is a polynomial of the second degree in n - 1. What a fit makes
    /// negative, because measurements are noisy, is 0, and the rest is fitted again.
    ///
    /// # Errors
    /// There are fewer than three different loads, or a value that is none.
    pub fn fit(points: &[Point]) -> Result<Self, CapacityError> {
        for Point { n, throughput } in points {
            // Farther out, squares of these numbers say nothing any more.
            if !((1.0..=MAX_N).contains(n) && (MIN_THROUGHPUT..=MAX_THROUGHPUT).contains(throughput)) {
                return Err(CapacityError::Point(*n, *throughput));
            }
        }
        let mut loads: Vec<f64> = points.iter().map(|point| point.n).collect();
        loads.sort_by(f64::total_cmp);
        loads.dedup();
        if loads.len() < 3 {
            return Err(CapacityError::TooFew(loads.len()));
        }
        // With m = n - 1: n/X = a + b m + c m², where rate = 1/a, coherence = c/a, contention = b/a - coherence.
        // The law's terms (1, m, m(m+1)) have the coefficients 1/rate, contention/rate, coherence/rate.
        let terms = |point: &Point| [1.0, point.n - 1.0, point.n * (point.n - 1.0)];
        let choices: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];
        let fits = choices.iter().filter_map(|chosen| Self::from_terms(points, chosen, terms));
        fits.max_by(|one, other| one.r_squared.total_cmp(&other.r_squared)).ok_or(CapacityError::NoFit)
    }

    fn from_terms(points: &[Point], chosen: &[usize], terms: impl Fn(&Point) -> [f64; 3]) -> Option<Self> {
        let rows: Vec<(Vec<f64>, f64)> = points
            .iter()
            .map(|point| (chosen.iter().map(|at| terms(point)[*at]).collect(), point.n / point.throughput))
            .collect();
        let solved = least_squares(&rows)?;
        let mut coefficients = [0.0; 3];
        for (at, value) in chosen.iter().zip(solved) {
            coefficients[*at] = value;
        }
        if coefficients[0] <= 0.0 || coefficients.iter().any(|value| *value < 0.0) {
            return None;
        }
        let rate = 1.0 / coefficients[0];
        let law = Self { rate, contention: coefficients[1] * rate, coherence: coefficients[2] * rate, r_squared: 0.0 };
        let mean = points.iter().map(|point| point.throughput).sum::<f64>() / points.len() as f64;
        let total: f64 = points.iter().map(|point| (point.throughput - mean).powi(2)).sum();
        let left: f64 = points.iter().map(|point| (point.throughput - law.throughput(point.n)).powi(2)).sum();
        Some(Self { r_squared: if total > 0.0 { 1.0 - left / total } else { 1.0 }, ..law })
    }

    /// Calls a second with `n`.
    pub fn throughput(&self, n: f64) -> f64 {
        self.rate * n / (1.0 + self.contention * (n - 1.0) + self.coherence * n * (n - 1.0))
    }

    /// Where more bring less; none where more always bring more.
    pub fn peak(&self) -> Option<f64> {
        let peak = ((1.0 - self.contention).max(0.0) / self.coherence).sqrt().max(1.0);
        (self.coherence > 0.0 && peak.is_finite()).then_some(peak)
    }

    /// The fewest that do `target` calls a second; none where no number does.
    pub fn needed(&self, target: f64) -> Option<u64> {
        const MOST: u64 = 1_000_000;
        let most = self.peak().map_or(MOST, |peak| (peak.ceil() as u64).min(MOST)).max(1);
        if self.throughput(most as f64) < target {
            return None;
        }
        // Below the peak the law only grows.
        let (mut low, mut high) = (1, most);
        while low < high {
            let middle = low.midpoint(high);
            if self.throughput(middle as f64) >= target { high = middle } else { low = middle + 1 }
        }
        Some(low)
    }
}

/// Little's law: how many calls are in flight when `rate` a second take `seconds` each.
pub fn in_flight(rate: f64, seconds: f64) -> f64 {
    rate * seconds
}

/// Solves the normal equations by elimination with pivots.
fn least_squares(rows: &[(Vec<f64>, f64)]) -> Option<Vec<f64>> {
    let size = rows.first()?.0.len();
    let mut matrix = vec![vec![0.0; size + 1]; size];
    for (terms, value) in rows {
        for one in 0..size {
            for other in 0..size {
                matrix[one][other] += terms[one] * terms[other];
            }
            matrix[one][size] += terms[one] * value;
        }
    }
    for column in 0..size {
        let pivot =
            (column..size).max_by(|one, other| matrix[*one][column].abs().total_cmp(&matrix[*other][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-300 {
            return None;
        }
        matrix.swap(column, pivot);
        let upper = matrix[column].clone();
        for (at, row) in matrix.iter_mut().enumerate() {
            if at != column {
                let factor = row[column] / upper[column];
                row.iter_mut().zip(&upper).for_each(|(value, above)| *value -= factor * above);
            }
        }
    }
    Some((0..size).map(|at| matrix[at][size] / matrix[at][at]).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_measurement_is_refused() {
        let at = |n, throughput| Point { n, throughput };
        assert_eq!(Law::fit(&[at(1.0, 1.0), at(1.0, 2.0), at(2.0, 2.0)]), Err(CapacityError::TooFew(2)));
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        for (n, throughput) in [(0.0, 1.0), (1.0, 0.0), (nan, 1.0), (1.0, nan), (1.0, inf), (1e6, 1.0), (1.0, 1e10)] {
            assert!(matches!(Law::fit(&[at(n, throughput); 3]), Err(CapacityError::Point(..))));
        }
    }

    #[test]
    fn more_may_bring_less() {
        let law = Law { rate: 100.0, contention: 0.05, coherence: 0.001, r_squared: 1.0 };
        let peak = law.peak().expect("there is one");
        assert!((30.0..32.0).contains(&peak), "{peak}");
        assert!(law.throughput(peak) > law.throughput(2.0 * peak));
        assert_eq!(law.needed(law.throughput(peak) * 1.1), None);
        assert_eq!(law.needed(50.0), Some(1));
    }

    proptest! {
        #[test]
        fn a_law_is_found_in_what_it_predicts(rate in 1.0..1e5_f64, contention in 0.0..0.5_f64, coherence in 0.0..0.05_f64) {
            let truth = Law { rate, contention, coherence, r_squared: 1.0 };
            let points: Vec<Point> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0].map(|n| Point { n, throughput: truth.throughput(n) }).to_vec();
            let found = Law::fit(&points).expect("a law");
            for n in [1.0, 3.0, 20.0, 32.0] {
                let (found, truth) = (found.throughput(n), truth.throughput(n));
                prop_assert!((found / truth - 1.0).abs() < 1e-3, "at {n}: {found}, not {truth}");
            }
        }

        #[test]
        fn whatever_was_measured_every_number_of_a_law_is_one(
            points in prop::collection::vec((1.0..=MAX_N, MIN_THROUGHPUT..=MAX_THROUGHPUT), 3..20),
            target in 0.001..1e10_f64,
        ) {
            let points: Vec<Point> = points.into_iter().map(|(n, throughput)| Point { n, throughput }).collect();
            if let Ok(law) = Law::fit(&points) {
                let numbers = [law.rate, law.contention, law.coherence, law.r_squared, law.peak().unwrap_or(1.0)];
                prop_assert!(numbers.iter().all(|number| number.is_finite()), "{law:?}");
                prop_assert!(law.needed(target).is_none_or(|needed| needed >= 1));
            }
        }

        #[test]
        fn what_is_needed_is_enough_and_one_less_is_not(target in 1.0..900.0_f64) {
            let law = Law { rate: 100.0, contention: 0.02, coherence: 0.0, r_squared: 1.0 };
            let needed = law.needed(target).expect("enough");
            prop_assert!(law.throughput(needed as f64) >= target);
            prop_assert!(needed == 1 || law.throughput((needed - 1) as f64) < target);
        }
    }
}
