//! Exact nearest vectors, by looking at all of them: quantized to a byte a number, in one block of memory.
//!
//! A hundred thousand vectors of 352 numbers are 35 MB, which one core reads in a few milliseconds. An approximate index
//! would be faster, and wrong now and then; at this size nobody would notice the first, and everybody the second.

/// Numbers of a block: what the compiler turns into one instruction or two.
const LANES: usize = 32;

/// Vectors of unit length, by number.
#[derive(Debug, Clone, Default)]
pub struct Vectors {
    dimensions: usize,
    /// `dimensions`, rounded up to whole blocks.
    stride: usize,
    values: Vec<i8>,
    /// What a number of the row stands for.
    scales: Vec<f32>,
}

/// A vector that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Its number: that of the chunk that it stands for.
    pub at: usize,
    /// Cosine of the angle between it and the question's, from -1 to 1.
    pub similarity: f32,
}

impl Vectors {
    /// None yet, of so many numbers each.
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, stride: dimensions.next_multiple_of(LANES), ..Self::default() }
    }

    /// Adds one, scaled to unit length. Its number is how many there were before.
    ///
    /// # Panics
    /// It has other dimensions.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.dimensions, "a vector of another embedder");
        let (values, scale) = quantized(vector, self.stride);
        self.values.extend(values.into_iter().map(|value| value as i8));
        self.scales.push(scale);
    }

    /// Takes away all but those that stay, which keep their order, and get the numbers from 0 on.
    ///
    /// # Panics
    /// `stays` has more entries than there are vectors.
    pub fn keep(&mut self, stays: &[bool]) {
        let mut kept = 0;
        for at in (0..stays.len()).filter(|at| stays[*at]) {
            self.values.copy_within(at * self.stride..(at + 1) * self.stride, kept * self.stride);
            self.scales[kept] = self.scales[at];
            kept += 1;
        }
        self.values.truncate(kept * self.stride);
        self.scales.truncate(kept);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.values.capacity() + self.scales.capacity() * size_of::<f32>()
    }

    /// Cosine of the angle between two of them.
    ///
    /// # Panics
    /// One of the numbers is none of a vector.
    pub fn between(&self, one: usize, other: usize) -> f32 {
        let row = |at: usize| &self.values[at * self.stride..(at + 1) * self.stride];
        let sum: i32 = row(one).iter().zip(row(other)).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        sum as f32 * self.scales[one] * self.scales[other]
    }

    /// The `most` that are nearest to `vector` among those that `may` lets through, the nearest first. A vector of zeros
    /// is near to nothing.
    ///
    /// # Panics
    /// It has other dimensions.
    pub fn nearest(&self, vector: &[f32], most: usize, may: impl Fn(usize) -> bool) -> Vec<Near> {
        assert_eq!(vector.len(), self.dimensions, "a vector of another embedder");
        let (wanted, scale) = quantized(vector, self.stride);
        if scale == 0.0 || most == 0 || self.stride == 0 {
            return Vec::new();
        }
        // Kept unsorted and cut in half whenever it is twice too long: cheaper than a heap where most are turned away.
        let mut found: Vec<Near> = Vec::with_capacity(most * 2);
        let mut least = f32::MIN;
        for (at, row) in self.values.chunks_exact(self.stride).enumerate() {
            let similarity = dot(row, &wanted) as f32 * self.scales[at] * scale;
            if similarity > least && similarity > 0.0 && may(at) {
                found.push(Near { at, similarity });
                if found.len() == most * 2 {
                    shorten(&mut found, most);
                    least = found[most - 1].similarity;
                }
            }
        }
        let most = most.min(found.len());
        shorten(&mut found, most);
        found
    }
}

fn shorten(found: &mut Vec<Near>, most: usize) {
    // Equal ones in the order of their numbers, so that equal questions have equal answers.
    found.sort_unstable_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.at.cmp(&b.at)));
    found.truncate(most);
}

/// Numbers from -127 to 127, and what 1 stands for so that the whole has unit length.
fn quantized(vector: &[f32], stride: usize) -> (Vec<i16>, f32) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let mut values = vec![0; stride];
    if !length.is_finite() || length <= 0.0 {
        return (values, 0.0);
    }
    for (to, value) in values.iter_mut().zip(vector) {
        *to = (value / largest * 127.0).round() as i16;
    }
    (values, largest / 127.0 / length)
}

fn dot(row: &[i8], wanted: &[i16]) -> i32 {
    let mut sum = 0;
    for (row, wanted) in row.chunks_exact(LANES).zip(wanted.chunks_exact(LANES)) {
        sum += row.iter().zip(wanted).map(|(a, b)| i32::from(i16::from(*a)) * i32::from(*b)).sum::<i32>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zeros_are_near_to_nothing() {
        let mut vectors = Vectors::new(3);
        vectors.push(&[0.0, 0.0, 0.0]);
        vectors.push(&[1.0, 0.0, 0.0]);
        assert_eq!(vectors.nearest(&[0.0, 0.0, 0.0], 5, |_| true), []);
        let found = vectors.nearest(&[2.0, 0.0, 0.0], 5, |_| true);
        assert_eq!(found.len(), 1);
        assert!((found[0].similarity - 1.0).abs() < 0.01 && found[0].at == 1);
        assert_eq!(vectors.nearest(&[2.0, 0.0, 0.0], 5, |at| at != 1), []);
        vectors.push(&[1.0, 1.0, 0.0]);
        assert!((vectors.between(1, 2) - 0.5_f32.sqrt()).abs() < 0.01 && vectors.between(0, 2) == 0.0);
        vectors.keep(&[false, true, true]);
        assert_eq!(vectors.len(), 2);
        assert!((vectors.between(0, 1) - 0.5_f32.sqrt()).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_of_exact_arithmetic(
            rows in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 40), 1..120),
            wanted in prop::collection::vec(-1.0_f32..1.0, 40),
            most in 1_usize..20,
        ) {
            let mut vectors = Vectors::new(40);
            rows.iter().for_each(|row| vectors.push(row));
            let cosine = |row: &[f32]| {
                let length = |row: &[f32]| row.iter().map(|value| value * value).sum::<f32>().sqrt();
                row.iter().zip(&wanted).map(|(a, b)| a * b).sum::<f32>() / length(row) / length(&wanted)
            };
            let found = vectors.nearest(&wanted, most, |_| true);
            let mut exact: Vec<f32> = rows.iter().map(|row| cosine(row)).filter(|value| *value > 0.02).collect();
            exact.sort_by(|a, b| b.total_cmp(a));
            prop_assert!(found.len() <= most && found.len() >= exact.len().min(most));
            for (near, exact) in found.iter().zip(&exact) {
                prop_assert!((near.similarity - exact).abs() < 0.02);
                prop_assert!((cosine(&rows[near.at]) - near.similarity).abs() < 0.02);
            }
        }
    }
}
