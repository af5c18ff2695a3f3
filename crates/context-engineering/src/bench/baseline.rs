//! What the indexes are measured against: none. For each question, every chunk's words are gone through for BM25, every
//! chunk's vector is multiplied in f32 as it was made, and all scores are sorted.

use std::collections::HashMap;

use crate::{
    corpus::Corpus,
    embedder::{EmbedError, Embedder},
    features::words,
    keyword::{B, K1},
    search::{Mode, POOL, reciprocal},
    thesaurus::expanded,
};

/// All chunks, as they are.
#[derive(Debug)]
pub struct BruteForce<'a> {
    corpus: &'a Corpus,
    numbers: HashMap<String, u32>,
    /// For each chunk its words, by number, and how often each is there.
    texts: Vec<Vec<(u32, u32)>>,
    lengths: Vec<f32>,
    average: f32,
    dimensions: usize,
    vectors: Vec<f32>,
}

impl<'a> BruteForce<'a> {
    /// Reads the chunks of a corpus again.
    ///
    /// # Errors
    /// There are no vectors.
    pub fn new(corpus: &'a Corpus) -> Result<Self, EmbedError> {
        let mut all = Self {
            corpus,
            numbers: HashMap::new(),
            texts: Vec::with_capacity(corpus.len()),
            lengths: Vec::with_capacity(corpus.len()),
            average: 0.0,
            dimensions: corpus.embedder().map_or(0, Embedder::dimensions),
            vectors: Vec::new(),
        };
        all.vectors.reserve_exact(corpus.len() * all.dimensions);
        for at in 0..corpus.len() {
            let piece = corpus.piece(at);
            let text = piece.chunk.for_index(&piece.document);
            let mut numbers: Vec<u32> = words(&text).map(|word| all.number(word)).collect();
            all.lengths.push(numbers.len() as f32);
            numbers.sort_unstable();
            let same = numbers.chunk_by(|one, other| one == other);
            all.texts.push(same.map(|same| (same[0], u32::try_from(same.len()).unwrap_or(u32::MAX))).collect());
            if let Some(embedder) = corpus.embedder() {
                let mut vector = embedder.embed(&[&text])?.concat();
                let length = dot(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
                vector.iter_mut().for_each(|value| *value /= length);
                all.vectors.extend(vector);
            }
        }
        all.average = (all.lengths.iter().sum::<f32>() / all.lengths.len().max(1) as f32).max(1.0);
        Ok(all)
    }

    fn number(&mut self, word: String) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(word).or_insert(next)
    }

    /// The numbers of the best chunks.
    ///
    /// # Errors
    /// The question has no vector.
    pub fn search(&self, question: &str, mode: Mode, most: usize) -> Result<Vec<usize>, EmbedError> {
        Ok(match mode {
            Mode::Keyword => best(self.by_words(question), most),
            Mode::Vector => best(self.by_vector(question)?, most),
            Mode::Hybrid => {
                let mut fused: HashMap<usize, f32> = HashMap::new();
                for scores in [self.by_words(question), self.by_vector(question)?] {
                    for (rank, at) in best(scores, POOL).into_iter().enumerate() {
                        *fused.entry(at).or_default() += reciprocal(rank);
                    }
                }
                best(fused.into_iter().collect(), most)
            }
        })
    }

    fn by_words(&self, question: &str) -> Vec<(usize, f32)> {
        let known = expanded(question).into_iter().filter_map(|wanted| {
            let rarity = wanted.weight * self.corpus.keyword().rarity(&wanted.word);
            Some((*self.numbers.get(&wanted.word)?, rarity))
        });
        let asked: Vec<(u32, f32)> = known.collect();
        let score = |(words, length): (&Vec<(u32, u32)>, &f32)| -> f32 {
            let length = K1 * (1.0 - B + B * length / self.average);
            let part = |(number, rarity): &(u32, f32)| {
                let at = words.binary_search_by_key(number, |(number, _)| *number).ok()?;
                let times = words[at].1 as f32;
                Some(rarity * times * (K1 + 1.0) / (times + length))
            };
            asked.iter().filter_map(part).sum()
        };
        self.texts.iter().zip(&self.lengths).map(score).enumerate().collect()
    }

    fn by_vector(&self, question: &str) -> Result<Vec<(usize, f32)>, EmbedError> {
        let Some(embedder) = self.corpus.embedder() else { return Ok(Vec::new()) };
        let wanted = embedder.embed(&[question])?.concat();
        let rows = self.vectors.chunks_exact(self.dimensions.max(1));
        Ok(rows.map(|row| dot(row, &wanted)).enumerate().collect())
    }
}

fn best(mut scored: Vec<(usize, f32)>, most: usize) -> Vec<usize> {
    scored.retain(|(_, score)| *score > 0.0);
    scored.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    scored.into_iter().take(most).map(|(at, _)| at).collect()
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
