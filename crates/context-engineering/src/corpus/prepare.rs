//! What can be made of documents without looking at any other: on several threads, and in batches.

use std::{num::NonZero, sync::Arc, thread};

use sha2::{Digest as _, Sha256};

use crate::{
    chunk::{Chunk, chunks},
    document::Document,
    embedder::{EmbedError, Embedder},
    features::{Feature, features},
    keyword::{Counted, counted},
    tokens::Encoding,
};

/// Chunks that are embedded at a time by a service.
const BATCH: usize = 64;
/// Threads that prepare documents.
const MOST_THREADS: usize = 4;

/// What can be made of a document without looking at any other.
pub(super) struct Prepared {
    pub document: Arc<Document>,
    pub chunks: Vec<(Chunk, Counted, Vec<Feature>)>,
}

/// Cuts and counts documents, on several threads where there are many.
pub(super) fn prepare(documents: Vec<Document>, encoding: Encoding) -> Vec<Prepared> {
    let one = |document: Document| {
        let chunks = chunks(&document, encoding).into_iter().map(|chunk| {
            let text = chunk.for_index(&document);
            let (counted, features) = (counted(&text), features(&text));
            (chunk, counted, features)
        });
        Prepared { chunks: chunks.collect(), document: Arc::new(document) }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    if threads == 1 || documents.len() < 2 * threads {
        return documents.into_iter().map(one).collect();
    }
    let share = documents.len().div_ceil(threads);
    let mut shares: Vec<Vec<Document>> = Vec::new();
    let mut rest = documents;
    while rest.len() > share {
        let tail = rest.split_off(share);
        shares.push(std::mem::replace(&mut rest, tail));
    }
    shares.push(rest);
    thread::scope(|scope| {
        let working: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || share.into_iter().map(one).collect::<Vec<_>>()))
            .collect();
        // A panic goes on in the thread that asked.
        working
            .into_iter()
            .flat_map(|work| work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Vectors of all chunks.
pub(super) fn by_service(service: &dyn Embedder, prepared: &[Prepared]) -> Result<Vec<Vec<f32>>, EmbedError> {
    let texts: Vec<String> = prepared
        .iter()
        .flat_map(|prepared| prepared.chunks.iter().map(|(chunk, ..)| chunk.for_index(&prepared.document)))
        .collect();
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        vectors.extend(service.embed(&batch.iter().map(String::as_str).collect::<Vec<_>>())?);
    }
    Ok(vectors)
}

/// The first bytes of a hash of what can be found of a document: its name, its title and its words.
pub(super) fn fingerprint(document: &Document) -> u64 {
    let mut hash = Sha256::new();
    for part in [&document.id, &document.about.title, &document.text] {
        hash.update(part);
        // No part has it, so none can end in another.
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
