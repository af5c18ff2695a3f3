//! Latent semantic analysis: directions along which the words of a corpus go together (Deerwester and others, 1990), found
//! by subspace iteration on a sample (Halko, Martinsson and Tropp, 2011).
//!
//! Two texts without a word in common are near when their words stand together elsewhere. A small corpus teaches little
//! of that; it is exact about what it does teach, and needs no model.

use crate::features::{Feature, PLACES};

/// Most directions.
pub const RANK: usize = 96;
/// Texts that are looked at; more change little.
const MOST_TEXTS: usize = 3000;
const ROUNDS: usize = 4;

/// What was learned: for each place of the table, its part in each direction.
#[derive(Debug, Clone)]
pub struct Directions {
    rank: usize,
    /// A row of `rank` numbers for each place.
    table: Vec<f32>,
}

impl Directions {
    /// Learns from texts whose features are weighted already. Nothing is random: equal texts give equal directions.
    pub fn learn(texts: &[Vec<Feature>]) -> Self {
        let step = texts.len().div_ceil(MOST_TEXTS).max(1);
        let sample: Vec<&Vec<Feature>> = texts.iter().step_by(step).collect();
        let rank = RANK.min(sample.len() / 4);
        let mut table = vec![0.0; PLACES * rank];
        if rank == 0 {
            return Self { rank, table };
        }
        // Two hundred thousand numbers that look random, from a counter.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut scores: Vec<f32> = (0..sample.len() * rank).map(|_| next(&mut state)).collect();
        for _ in 0..ROUNDS {
            orthonormal(&mut scores, rank);
            table.fill(0.0);
            for (text, scores) in sample.iter().zip(scores.chunks_exact(rank)) {
                for feature in text.iter() {
                    let row = &mut table[feature.place as usize * rank..][..rank];
                    row.iter_mut().zip(scores).for_each(|(to, score)| *to += feature.weight * score);
                }
            }
            for (text, scores) in sample.iter().zip(scores.chunks_exact_mut(rank)) {
                project(&table, text, scores);
            }
        }
        // Directions times singular values, up to a rotation, which no angle depends on: words are as near as the texts that
        // they stand in are alike, and the directions that tell most texts apart count most.
        Self { rank, table }
    }

    /// Number of directions.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Where a text stands. `place` has [`Self::rank`] numbers.
    pub fn project(&self, text: &[Feature], place: &mut [f32]) {
        project(&self.table, text, place);
    }
}

fn project(table: &[f32], text: &[Feature], place: &mut [f32]) {
    let rank = place.len();
    place.fill(0.0);
    for feature in text {
        let row = &table[feature.place as usize * rank..][..rank];
        place.iter_mut().zip(row).for_each(|(to, value)| *to += feature.weight * value);
    }
}

/// Makes the columns of a matrix, given by rows of `rank` numbers, orthonormal (modified Gram-Schmidt).
fn orthonormal(rows: &mut [f32], rank: usize) {
    let count = rows.len() / rank;
    let mut columns: Vec<Vec<f32>> =
        (0..rank).map(|column| (0..count).map(|row| rows[row * rank + column]).collect()).collect();
    for at in 0..rank {
        let (before, rest) = columns.split_at_mut(at);
        let column = &mut rest[0];
        for other in before.iter() {
            let share: f32 = column.iter().zip(other).map(|(a, b)| a * b).sum();
            column.iter_mut().zip(other).for_each(|(a, b)| *a -= share * b);
        }
        let length = column.iter().map(|value| value * value).sum::<f32>().sqrt();
        // A direction that the others span is none.
        let scale = if length > 1e-4 { 1.0 / length } else { 0.0 };
        column.iter_mut().for_each(|value| *value *= scale);
    }
    for (at, value) in rows.iter_mut().enumerate() {
        *value = columns[at % rank][at / rank];
    }
}

/// From -1 to 1 (xorshift).
fn next(state: &mut u64) -> f32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::features;

    #[test]
    fn words_that_stand_together_elsewhere_are_near() {
        let mut texts = Vec::new();
        for n in 0..30 {
            texts.push(features(&format!("The dock charges a bicycle battery overnight, number {n}")));
            texts.push(features(&format!("The dock is a charger: it fills the accumulator, number {n}")));
            texts.push(features(&format!("Invoices are paid by transfer within days, number {n}")));
        }
        let directions = Directions::learn(&texts);
        let cosine = |one: &str, other: &str| {
            let place = |text: &str| {
                let mut place = vec![0.0; directions.rank()];
                directions.project(&features(text), &mut place);
                let length = place.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-9);
                place.into_iter().map(|value| value / length).collect::<Vec<f32>>()
            };
            place(one).iter().zip(place(other)).map(|(a, b)| a * b).sum::<f32>()
        };
        let (near, far) = (cosine("bicycle dock", "accumulator"), cosine("bicycle dock", "invoices transfer"));
        assert!(near > far + 0.2, "{near} {far}");
    }

    #[test]
    fn too_few_texts_teach_nothing() {
        let directions = Directions::learn(&[features("one text")]);
        assert_eq!(directions.rank(), 0);
        directions.project(&features("one"), &mut []);
    }
}
