//! The 0/1 knapsack: which things of a value and a cost to take, so that the cost stays within a budget.

/// Cells of the table; a larger budget is counted in larger steps, rounded so that the cost never grows.
const MOST_CELLS: usize = 4_000_000;

/// Something that may be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thing {
    /// What it is worth. Only positive ones are taken.
    pub value: f32,
    /// What it costs, in tokens.
    pub cost: usize,
}

/// The numbers of the things to take, in order. Exact when the table is small enough, and never over the budget.
pub fn choose(things: &[Thing], budget: usize) -> Vec<usize> {
    let wanted: Vec<usize> =
        (0..things.len()).filter(|at| things[*at].value > 0.0 && things[*at].cost <= budget).collect();
    let total = wanted.iter().map(|at| things[*at].cost).fold(0_usize, usize::saturating_add);
    if total <= budget {
        return wanted;
    }
    let step = (budget.saturating_mul(wanted.len()) / MOST_CELLS + 1).max(1);
    let width = budget / step;
    let cost = |at: usize| things[at].cost.div_ceil(step);
    let mut best = vec![0.0_f32; width + 1];
    let mut is_taken = vec![false; wanted.len() * (width + 1)];
    for (row, at) in wanted.iter().enumerate() {
        let (cost, value) = (cost(*at), things[*at].value);
        for left in (cost..=width).rev() {
            let with = best[left - cost] + value;
            if with > best[left] {
                best[left] = with;
                is_taken[row * (width + 1) + left] = true;
            }
        }
    }
    let (mut chosen, mut left) = (Vec::new(), width);
    for (row, at) in wanted.iter().enumerate().rev() {
        if is_taken[row * (width + 1) + left] {
            chosen.push(*at);
            left -= cost(*at);
        }
    }
    chosen.reverse();
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn brute_force(things: &[Thing], budget: usize) -> f32 {
        let subsets = 0..1_u32 << things.len();
        let worth = subsets.filter_map(|subset| {
            let taken = (0..things.len()).filter(|at| subset >> at & 1 == 1).map(|at| things[at]);
            let (value, cost) = taken.fold((0.0, 0), |(value, cost), thing| (value + thing.value, cost + thing.cost));
            (cost <= budget).then_some(value)
        });
        worth.fold(0.0, f32::max)
    }

    #[test]
    fn a_cheap_pair_beats_a_dear_one() {
        let thing = |value, cost| Thing { value, cost };
        assert_eq!(choose(&[thing(6.0, 60), thing(5.0, 50), thing(4.0, 50)], 100), [1, 2]);
        assert_eq!(choose(&[thing(6.0, 200)], 100), [0_usize; 0]);
        assert_eq!(choose(&[thing(1.0, 1), thing(0.0, 1)], 0), [0_usize; 0]);
    }

    proptest! {
        #[test]
        fn nothing_better_fits(
            things in prop::collection::vec((0_u8..50, 1_usize..40), 0..11),
            budget in 0_usize..150,
        ) {
            let things: Vec<Thing> = things.iter().map(|(value, cost)| Thing { value: f32::from(*value), cost: *cost }).collect();
            let chosen = choose(&things, budget);
            prop_assert!(chosen.iter().map(|at| things[*at].cost).sum::<usize>() <= budget);
            prop_assert_eq!(chosen.iter().map(|at| things[*at].value).sum::<f32>(), brute_force(&things, budget));
        }

        #[test]
        fn large_budgets_are_kept(costs in prop::collection::vec(1_usize..300_000, 1..100), budget in 100_000_usize..2_000_000) {
            let things: Vec<Thing> = costs.iter().map(|cost| Thing { value: *cost as f32, cost: *cost }).collect();
            let spent: usize = choose(&things, budget).iter().map(|at| things[*at].cost).sum();
            prop_assert!(spent <= budget);
            let smallest = costs.iter().min().copied().unwrap_or_default();
            // Rounding costs at most a step a thing.
            prop_assert!(spent > 0 || smallest + costs.len() > budget);
        }
    }
}
