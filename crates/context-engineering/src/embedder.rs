//! (3) Embedders: what turns a text into numbers, so that near means alike. Every answer names the one that was used.

use std::{fmt::Debug, sync::Arc};

use crate::{
    features::{Feature, PLACES, features},
    lsa::Directions,
    remembered::Remembered,
};

/// Numbers of the hashed half of the embedded embedder.
const HASHED: usize = 256;
/// What the latent half weighs beside the hashed one.
const LATENT_WEIGHT: f32 = 1.2;
/// Places that each feature is added to.
const SPREAD: usize = 2;

/// Turns texts into vectors of one length.
pub trait Embedder: Debug + Send + Sync {
    /// What it is, for people.
    fn name(&self) -> String;

    /// How many numbers a vector has.
    fn dimensions(&self) -> usize;

    /// One vector for each text, in order. Blocks: call it where blocking is allowed.
    ///
    /// # Errors
    /// A service cannot be asked. The embedded one always answers.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Why there is no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The endpoint cannot be reached, or refuses.
    #[error("the embedding service cannot be used: {0}")]
    Service(String),
    /// What it answered is no list of vectors of the right length.
    #[error("the embedding service gave an answer that cannot be used: {0}")]
    Answer(String),
}

/// Learned from the corpus itself: hashed words and pieces of words, weighted by how rare they are, beside the directions
/// of latent semantic analysis. No model, no network; it knows no word that the corpus does not have.
#[derive(Debug, Clone)]
pub struct Embedded {
    rarity: Vec<f32>,
    directions: Directions,
    texts: Arc<Remembered>,
    words: Arc<Remembered>,
}

impl Embedded {
    /// Learns from the features of texts.
    pub fn learn(texts: &[Vec<Feature>]) -> Self {
        let mut having = vec![0_u32; PLACES];
        for feature in texts.iter().flatten() {
            having[feature.place as usize] += 1;
        }
        let all = texts.len() as f32;
        let rarity = having.iter().map(|having| ((all + 1.0) / (*having as f32 + 0.5)).ln().max(0.05)).collect();
        let mut learned =
            Self { rarity, directions: Directions::learn(&[]), texts: Arc::default(), words: Arc::default() };
        let weighted: Vec<Vec<Feature>> = texts.iter().map(|text| learned.weighted(text)).collect();
        learned.directions = Directions::learn(&weighted);
        learned
    }

    /// The vector of a text whose features are known.
    pub fn vector(&self, text: &[Feature]) -> Vec<f32> {
        let text = self.weighted(text);
        let mut vector = vec![0.0_f32; HASHED];
        for feature in &text {
            let mut mixed = u64::from(feature.place).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for _ in 0..SPREAD {
                mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let sign = if mixed >> 63 == 1 { 1.0 } else { -1.0 };
                vector[(mixed >> 32) as usize % HASHED] += sign * feature.weight;
            }
        }
        scale(&mut vector, 1.0);
        let mut latent = vec![0.0; self.directions.rank()];
        self.directions.project(&text, &mut latent);
        scale(&mut latent, LATENT_WEIGHT);
        vector.extend(latent);
        vector
    }

    /// Only the latent half of a word's vector, of unit length: near are words that stand in the same texts.
    pub fn latent(&self, word: &str) -> Arc<[f32]> {
        self.words.get(word, || {
            let mut latent = vec![0.0; self.directions.rank()];
            self.directions.project(&self.weighted(&features(word)), &mut latent);
            scale(&mut latent, 1.0);
            latent
        })
    }

    /// A feature of a long text says less; how often it is there is dampened already.
    fn weighted(&self, text: &[Feature]) -> Vec<Feature> {
        let weighted = text
            .iter()
            .map(|feature| Feature { weight: feature.weight * self.rarity[feature.place as usize], ..*feature });
        let mut weighted: Vec<Feature> = weighted.collect();
        let length = weighted.iter().map(|feature| feature.weight * feature.weight).sum::<f32>().sqrt();
        if length > 0.0 {
            weighted.iter_mut().for_each(|feature| feature.weight /= length);
        }
        weighted
    }
}

fn scale(vector: &mut [f32], to: f32) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value *= to / length);
    }
}

impl Embedder for Embedded {
    fn name(&self) -> String {
        format!(
            "embedded: hashed words and word pieces ({HASHED}) with latent semantic analysis ({})",
            self.directions.rank()
        )
    }

    fn dimensions(&self) -> usize {
        HASHED + self.directions.rank()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| self.texts.get(text, || self.vector(&features(text))).to_vec()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_near() {
        let texts = ["The dock charges bicycles", "Invoices are paid monthly", "A lamp for the gate", "Docking a bike"];
        let learned = Embedded::learn(&texts.map(features));
        let vectors = learned.embed(&["charging a bicycle", texts[0], texts[1]]).expect("always answers");
        let cosine = |a: usize, b: usize| {
            let length = |at: usize| vectors[at].iter().map(|value| value * value).sum::<f32>().sqrt();
            vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum::<f32>() / length(a) / length(b)
        };
        assert!(cosine(0, 1) > cosine(0, 2) + 0.3, "{} {}", cosine(0, 1), cosine(0, 2));
        assert_eq!(vectors[0].len(), learned.dimensions());
        assert_eq!(learned.embed(&["the of"]).expect("always answers")[0], vec![0.0; learned.dimensions()]);
    }
}
