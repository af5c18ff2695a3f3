//! The 0/1 knapsack: which things of a value and a cost to take, so that the cost stays within a budget. Things may be of
//! groups, where the first thing of a group costs something more: the marks around a source.

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
    choose_of_groups(things, &vec![0; things.len()], &[0], budget)
}

/// The same, where thing `n` is of the group `groups[n]`, whose first thing costs `openings` of that group in addition.
///
/// # Panics
/// There are fewer `groups` than things, or a group has no opening.
pub fn choose_of_groups(things: &[Thing], groups: &[usize], openings: &[usize], budget: usize) -> Vec<usize> {
    let fits = |at: &usize| things[*at].value > 0.0 && things[*at].cost.saturating_add(openings[groups[*at]]) <= budget;
    let mut wanted: Vec<usize> = (0..things.len()).filter(fits).collect();
    wanted.sort_by_key(|at| groups[*at]);
    let by_group: Vec<&[usize]> = wanted.chunk_by(|one, other| groups[*one] == groups[*other]).collect();
    let opening = |group: &[usize]| openings[groups[group[0]]];
    let total = by_group.iter().map(|group| opening(group)).chain(wanted.iter().map(|at| things[*at].cost));
    if total.fold(0_usize, usize::saturating_add) <= budget {
        wanted.sort_unstable();
        return wanted;
    }
    let rows = wanted.len() + by_group.len();
    let step = (budget.saturating_mul(rows) / MOST_CELLS + 1).max(1);
    let width = budget / step + 1;
    let mut table = Table { best: vec![0.0; width], is_taken: Vec::with_capacity(rows * width), width };
    for group in &by_group {
        let mut open = table.opened(opening(group).div_ceil(step));
        for at in *group {
            table.take(&mut open, things[*at].cost.div_ceil(step), things[*at].value);
        }
        table.close(&open);
    }
    let (mut chosen, mut left, mut row) = (Vec::new(), width - 1, rows);
    for group in by_group.iter().rev() {
        row -= 1;
        let is_open = table.is_taken[row * width + left];
        for at in group.iter().rev() {
            row -= 1;
            if is_open && table.is_taken[row * width + left] {
                chosen.push(*at);
                left -= things[*at].cost.div_ceil(step);
            }
        }
        left -= if is_open { opening(group).div_ceil(step) } else { 0 };
    }
    chosen.sort_unstable();
    chosen
}

/// What the best choice among the things so far is worth, for each number of steps that may be spent.
struct Table {
    best: Vec<f32>,
    /// A row for each thing, and one behind the things of a group for the group itself.
    is_taken: Vec<bool>,
    width: usize,
}

impl Table {
    /// What is best when a group is paid for, and nothing of it is taken yet.
    fn opened(&self, cost: usize) -> Vec<f32> {
        let before = self.width.saturating_sub(cost);
        std::iter::repeat_n(f32::NEG_INFINITY, self.width - before).chain(self.best[..before].iter().copied()).collect()
    }

    fn take(&mut self, open: &mut [f32], cost: usize, value: f32) {
        let row = self.is_taken.len();
        self.is_taken.resize(row + self.width, false);
        for left in (cost..self.width).rev() {
            let with = open[left - cost] + value;
            if with > open[left] {
                open[left] = with;
                self.is_taken[row + left] = true;
            }
        }
    }

    fn close(&mut self, open: &[f32]) {
        for (best, open) in self.best.iter_mut().zip(open) {
            self.is_taken.push(open > best);
            *best = best.max(*open);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spent(things: &[Thing], groups: &[usize], openings: &[usize], chosen: &[usize]) -> usize {
        let opened: std::collections::BTreeSet<usize> = chosen.iter().map(|at| groups[*at]).collect();
        chosen.iter().map(|at| things[*at].cost).sum::<usize>() + opened.iter().map(|at| openings[*at]).sum::<usize>()
    }

    fn brute_force(things: &[Thing], groups: &[usize], openings: &[usize], budget: usize) -> f32 {
        let subsets = 0..1_u32 << things.len();
        let worth = subsets.filter_map(|subset| {
            let taken: Vec<usize> = (0..things.len()).filter(|at| subset >> at & 1 == 1).collect();
            let fits = spent(things, groups, openings, &taken) <= budget;
            fits.then(|| taken.iter().map(|at| things[*at].value).sum())
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

    #[test]
    fn another_of_the_same_group_is_cheaper() {
        let thing = |value, cost| Thing { value, cost };
        let things = [thing(6.0, 40), thing(5.0, 40), thing(4.0, 40)];
        assert_eq!(choose_of_groups(&things, &[0, 1, 0], &[20, 20], 100), [0, 2]);
        assert_eq!(choose_of_groups(&things, &[0, 1, 0], &[20, 20], 120), [0, 1]);
        assert_eq!(choose_of_groups(&things, &[0, 1, 0], &[200, 20], 120), [1]);
    }

    proptest! {
        #[test]
        fn nothing_better_fits(
            things in prop::collection::vec((0_u8..50, 1_usize..40, 0_usize..3), 0..11),
            openings in prop::collection::vec(0_usize..30, 3),
            budget in 0_usize..150,
        ) {
            let groups: Vec<usize> = things.iter().map(|(.., group)| *group).collect();
            let things: Vec<Thing> =
                things.iter().map(|(value, cost, _)| Thing { value: f32::from(*value), cost: *cost }).collect();
            let chosen = choose_of_groups(&things, &groups, &openings, budget);
            prop_assert!(spent(&things, &groups, &openings, &chosen) <= budget);
            let worth = chosen.iter().map(|at| things[*at].value).sum::<f32>();
            prop_assert_eq!(worth, brute_force(&things, &groups, &openings, budget));
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
