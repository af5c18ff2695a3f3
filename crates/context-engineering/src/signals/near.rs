//! What vectors say of units.

use std::{collections::HashMap, sync::Arc};

use super::{Asked, NEAREST, Unit, VECTOR};
use crate::{
    corpus::Corpus,
    embedder::{EmbedError, Embedded},
};

/// How near the whole unit is; and, for each word of the question, the word in the unit that is nearest to it. The second
/// needs learned vectors: a service is not asked for every word.
///
/// # Errors
/// The units have no vectors.
pub fn from_vectors(corpus: &Corpus, question: &str, asked: &Asked, units: &mut [Unit<'_>]) -> Result<(), EmbedError> {
    let Some(embedder) = corpus.embedder() else { return Ok(()) };
    let texts: Vec<String> = units.iter().map(|unit| text(corpus, unit)).collect();
    let all: Vec<&str> = std::iter::once(question).chain(texts.iter().map(String::as_str)).collect();
    let vectors = embedder.embed(&all)?;
    let Some((whole, vectors)) = vectors.split_first() else { return Ok(()) };
    let near: Vec<f32> = vectors.iter().map(|vector| cosine(vector, whole)).collect();
    // Embedders differ in how far apart they put what has nothing in common: the mean is nothing, and the best is 1.
    let (mean, best) = (near.iter().sum::<f32>() / near.len().max(1) as f32, near.iter().copied().fold(0.0, f32::max));
    for (unit, near) in units.iter_mut().zip(&near) {
        unit.signals[VECTOR] = (near - mean) / (best - mean).max(1e-6);
    }
    if let Some(learned) = corpus.learned() {
        by_words(learned, asked, units);
    }
    Ok(())
}

/// What is embedded of a unit: where it stands, and what it says.
fn text(corpus: &Corpus, unit: &Unit<'_>) -> String {
    let document = &corpus.piece(unit.at).document;
    format!("{}\n{}", unit.unit.above(document), &document.text[unit.unit.span.clone()])
}

fn by_words(learned: &Embedded, asked: &Asked, units: &mut [Unit<'_>]) {
    let wanted: Vec<Arc<[f32]>> = asked.words.iter().map(|wanted| learned.latent(&wanted.word)).collect();
    let mut known: HashMap<&str, Vec<f32>> = HashMap::new();
    for unit in units {
        let mut nearest = vec![0.0_f32; wanted.len()];
        for word in unit.unit.words.split_ascii_whitespace() {
            let near = known.entry(word).or_insert_with(|| {
                let vector = learned.latent(word);
                wanted.iter().map(|other| dot(&vector, other)).collect()
            });
            nearest.iter_mut().zip(near).for_each(|(to, near)| *to = to.max(*near));
        }
        unit.signals[NEAREST] = asked.shares.iter().zip(&nearest).map(|(share, near)| share * near).sum();
    }
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt().max(1e-9)
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
