//! `run_report`: sums over the sample's orders, a few rows at a time, so that it can be stopped and gone on with
//! anywhere.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most rows of a report.
pub const MAX_ROWS: u32 = 100_000;
/// Longest time that a report may be spread over, in seconds.
pub const MAX_SECONDS: u32 = 3600;
/// Steps in a second.
const STEPS: u32 = 10;
/// Most rows of one step.
const MOST_AT_ONCE: u32 = 1000;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Rows to read; the sample's orders are read again from the first when they have all been read.
    pub rows: u32,
    /// Seconds that the work is spread over.
    pub seconds: u32,
}

/// How the sums are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum GroupBy {
    /// By product.
    #[default]
    Product,
    /// By month of the order.
    Month,
}

/// One row of the sample's orders, joined with its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Name of the product.
    pub product: String,
    /// Month of the order, such as `2025-03`.
    pub month: String,
    /// Quantity times price, in cents.
    pub cents: u64,
}

/// How far a report is. It is also the checkpoint from which a restarted server goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Rows that have been summed.
    pub rows: u32,
    steps: u32,
    by_product: BTreeMap<String, u64>,
    by_month: BTreeMap<String, u64>,
}

/// The finished report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Rows that were summed.
    pub rows: u32,
    /// Sum of all, in cents.
    pub total_cents: u64,
    /// How the sums are grouped.
    pub group_by: GroupBy,
    /// Sum of each group, in cents.
    pub cents: BTreeMap<String, u64>,
}

impl Order {
    /// Steps that the work is cut into, and the pause before each.
    pub fn pace(self) -> (u32, Duration) {
        let steps = (self.seconds * STEPS).max(self.rows.div_ceil(MOST_AT_ONCE)).max(1);
        (steps, Duration::from_secs(self.seconds.into()) / steps)
    }
}

impl Progress {
    /// Sums the rows of the next step. Does nothing once [`Progress::is_done`].
    pub fn advance(&mut self, order: Order, sales: &[Sale]) {
        let steps = u64::from(order.pace().0);
        self.steps = (self.steps + 1).min(order.pace().0);
        let until = u64::from(order.rows) * u64::from(self.steps) / steps;
        while u64::from(self.rows) < until
            && let Some(sale) = sales.get(self.rows as usize % sales.len().max(1))
        {
            *self.by_product.entry(sale.product.clone()).or_default() += sale.cents;
            *self.by_month.entry(sale.month.clone()).or_default() += sale.cents;
            self.rows += 1;
        }
    }

    /// Whether half of the work is done: the moment for a question.
    pub fn is_half_done(&self, order: Order) -> bool {
        self.steps * 2 >= order.pace().0
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self, order: Order) -> bool {
        self.steps >= order.pace().0
    }

    /// The report.
    pub fn finish(self, group_by: GroupBy) -> Report {
        let cents = match group_by {
            GroupBy::Product => self.by_product,
            GroupBy::Month => self.by_month,
        };
        Report { rows: self.rows, total_cents: cents.values().sum(), group_by, cents }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sales() -> Vec<Sale> {
        [("lamp", "2025-01", 100), ("desk", "2025-01", 1000), ("lamp", "2025-02", 50)]
            .map(|(product, month, cents)| Sale { product: product.into(), month: month.into(), cents })
            .to_vec()
    }

    fn run(order: Order) -> Report {
        let mut progress = Progress::default();
        while !progress.is_done(order) {
            progress.advance(order, &sales());
        }
        progress.finish(GroupBy::Product)
    }

    #[test]
    fn steps_do_not_change_the_sum() {
        for rows in [1, 10, 2500] {
            let sums: Vec<Report> = [0, 1, 7, 60].map(|seconds| run(Order { rows, seconds })).to_vec();
            assert!(sums.iter().all(|sum| *sum == sums[0] && sum.rows == rows), "{sums:?}");
        }
        assert_eq!(run(Order { rows: 10, seconds: 0 }).total_cents, 3 * 1150 + 100);
    }

    #[test]
    fn the_pace_fills_the_time() {
        for (rows, seconds) in [(1, 0), (1, 5), (100, 3), (100_000, 3600), (7, 1)] {
            let (steps, pause) = Order { rows, seconds }.pace();
            let (total, wanted) = (pause * steps, Duration::from_secs(seconds.into()));
            assert!(total <= wanted && total + pause >= wanted, "{rows} {seconds:?}: {total:?}");
            assert!(pause <= Duration::from_millis(100), "it can be stopped at any time");
        }
    }
}
