//! (3) Vectors that were made already: a unit is asked for by many questions, and its text does not change.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::embedder::{EmbedError, Embedder};

/// Most numbers that are remembered, 4 bytes each, in each of the two generations.
const MOST_NUMBERS: usize = 4_000_000;
/// Texts that an embedder is asked for at a time.
const BATCH: usize = 16;

/// Texts with their vectors. Bounded: when the younger generation is full, the older one is forgotten, so what was used
/// lately stays.
#[derive(Default)]
pub struct Remembered(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<String, Arc<[f32]>>,
    old: HashMap<String, Arc<[f32]>>,
    numbers: usize,
}

impl Remembered {
    /// The vector of a text; `make` is asked where it is not known, without holding the lock.
    pub fn get(&self, text: &str, make: impl FnOnce() -> Vec<f32>) -> Arc<[f32]> {
        self.known(text).unwrap_or_else(|| self.keep(text, make()))
    }

    fn known(&self, text: &str) -> Option<Arc<[f32]>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vector) = generations.young.get(text) {
            return Some(vector.clone());
        }
        let (text, vector) = generations.old.remove_entry(text)?;
        generations.put(text, vector.clone());
        Some(vector)
    }

    fn keep(&self, text: &str, vector: Vec<f32>) -> Arc<[f32]> {
        let vector: Arc<[f32]> = vector.into();
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.put(text.to_owned(), vector.clone());
        vector
    }
}

impl Generations {
    fn put(&mut self, text: String, vector: Arc<[f32]>) {
        if self.numbers + vector.len() > MOST_NUMBERS {
            self.old = std::mem::take(&mut self.young);
            self.numbers = 0;
        }
        self.numbers += vector.len();
        self.young.insert(text, vector);
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}

/// An embedder that is asked once for each text.
#[derive(Debug)]
pub struct Remembering<E> {
    embedder: E,
    remembered: Remembered,
}

impl<E: Embedder> Remembering<E> {
    /// Remembers what `embedder` says.
    pub fn new(embedder: E) -> Self {
        Self { embedder, remembered: Remembered::default() }
    }
}

impl<E: Embedder> Embedder for Remembering<E> {
    fn name(&self) -> String {
        self.embedder.name()
    }

    fn dimensions(&self) -> usize {
        self.embedder.dimensions()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut found: Vec<Option<Arc<[f32]>>> = texts.iter().map(|text| self.remembered.known(text)).collect();
        let missing: Vec<usize> = (0..texts.len()).filter(|at| found[*at].is_none()).collect();
        for batch in missing.chunks(BATCH) {
            let vectors = self.embedder.embed(&batch.iter().map(|at| texts[*at]).collect::<Vec<_>>())?;
            for (at, vector) in batch.iter().zip(vectors) {
                found[*at] = Some(self.remembered.keep(texts[*at], vector));
            }
        }
        Ok(found.into_iter().flatten().map(|vector| vector.to_vec()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl Embedder for Counting {
        fn name(&self) -> String {
            "counting".to_owned()
        }

        fn dimensions(&self) -> usize {
            1
        }

        fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
            assert!(texts.len() <= BATCH);
            self.0.fetch_add(texts.len(), Ordering::Relaxed);
            Ok(texts.iter().map(|text| vec![text.len() as f32]).collect())
        }
    }

    #[test]
    fn a_text_is_embedded_once() {
        let remembering = Remembering::new(Counting::default());
        let texts: Vec<String> = (0..100).map(|n| "x".repeat(n)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for asked in [&texts[..70], &texts[20..], &texts] {
            let vectors = remembering.embed(asked).expect("always answers");
            assert!(vectors.iter().zip(asked).all(|(vector, text)| vector[..] == [text.len() as f32]));
        }
        assert_eq!(remembering.embedder.0.load(Ordering::Relaxed), 100);
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_what_is_used() {
        let remembered = Remembered::default();
        let large = || vec![0.0; MOST_NUMBERS / 4];
        for n in 0..9 {
            remembered.get("often", || vec![1.0]);
            remembered.get(&n.to_string(), large);
        }
        let generations = remembered.0.lock().expect("nobody has panicked");
        assert!(generations.numbers <= MOST_NUMBERS && generations.young.len() + generations.old.len() < 9);
        drop(generations);
        assert_eq!(remembered.get("often", || vec![2.0])[..], [1.0]);
    }
}
