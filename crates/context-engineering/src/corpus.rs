//! (3) A corpus: documents, their chunks, and the two indexes over them.

mod prepare;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use self::prepare::{Prepared, by_service, fingerprint, prepare};

use crate::{
    chunk::Chunk,
    document::Document,
    embedder::{EmbedError, Embedded, Embedder},
    features::{Feature, features},
    keyword::Keyword,
    tokens::Encoding,
    vectors::Vectors,
};

/// Most documents of a corpus.
pub const MOST_DOCUMENTS: usize = 150_000;
/// Most chunks of a corpus.
pub const MOST_CHUNKS: usize = 200_000;
/// A chunk with its document.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Where it is from.
    pub document: Arc<Document>,
    /// Which part of it.
    pub chunk: Chunk,
}

impl Piece {
    /// Its text.
    pub fn text(&self) -> &str {
        self.chunk.text(&self.document)
    }
}

/// Where vectors come from.
#[derive(Debug, Clone, Default)]
pub enum Embedding {
    /// Learned from the corpus.
    #[default]
    Embedded,
    /// A service.
    Service(Arc<dyn Embedder>),
}

/// Documents that can be searched. A clone shares their texts.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    encoding: Encoding,
    embedding: Embedding,
    documents: BTreeMap<String, Arc<Document>>,
    pieces: Vec<Piece>,
    keyword: Keyword,
    vectors: Vectors,
    learned: Option<Arc<Embedded>>,
    learned_from: usize,
    new_since: usize,
    fingerprint: u64,
}

/// What an ingestion has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Documents that were not there before.
    pub added: usize,
    /// Documents that took the place of others with their ids.
    pub replaced: usize,
    /// Chunks that were made.
    pub chunks: usize,
}

/// Why documents were not taken; then none of them was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorpusError {
    /// More than [`MOST_DOCUMENTS`] or [`MOST_CHUNKS`].
    #[error(
        "the corpus would have {documents} documents and {chunks} chunks: at most {MOST_DOCUMENTS} and {MOST_CHUNKS}"
    )]
    Full {
        /// How many documents it would have.
        documents: usize,
        /// How many chunks it would have.
        chunks: usize,
    },
    /// There are no vectors.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

impl Corpus {
    /// An empty one.
    pub fn new(encoding: Encoding, embedding: Embedding) -> Self {
        Self { encoding, embedding, ..Self::default() }
    }

    /// Adds documents; one with the id of another takes its place. Works on several threads, and blocks.
    ///
    /// # Errors
    /// See [`CorpusError`]. Then nothing has changed.
    pub fn ingest(&mut self, documents: Vec<Document>) -> Result<Ingested, CorpusError> {
        // The last of several with one id counts.
        let unique: BTreeMap<String, Document> =
            documents.into_iter().map(|document| (document.id.clone(), document)).collect();
        let prepared = prepare(unique.into_values().collect(), self.encoding);
        let ids: BTreeSet<&str> = prepared.iter().map(|prepared| prepared.document.id.as_str()).collect();
        let replaced: BTreeSet<&str> = ids.into_iter().filter(|id| self.documents.contains_key(*id)).collect();
        let stays: Vec<bool> = self.pieces.iter().map(|piece| !replaced.contains(piece.document.id.as_str())).collect();
        let (added, replaced) = (prepared.len() - replaced.len(), replaced.len());
        let made = prepared.iter().map(|prepared| prepared.chunks.len()).sum::<usize>();
        let documents = self.documents.len() + added;
        let chunks = stays.iter().filter(|stays| **stays).count() + made;
        if documents > MOST_DOCUMENTS || chunks > MOST_CHUNKS {
            return Err(CorpusError::Full { documents, chunks });
        }
        let from_service = match &self.embedding {
            Embedding::Embedded => None,
            Embedding::Service(service) => Some(by_service(service.as_ref(), &prepared)?),
        };
        self.keep(&stays);
        let mut new_features = Vec::with_capacity(made);
        for Prepared { document, chunks } in prepared {
            for (chunk, counted, features) in chunks {
                self.pieces.push(Piece { document: document.clone(), chunk });
                self.keyword.push(counted);
                new_features.push(features);
            }
            self.fingerprint = self.fingerprint.wrapping_add(fingerprint(&document));
            if let Some(old) = self.documents.insert(document.id.clone(), document) {
                self.fingerprint = self.fingerprint.wrapping_sub(fingerprint(&old));
            }
        }
        match from_service {
            Some(vectors) => self.add_vectors(vectors.iter().map(Vec::as_slice)),
            None => self.learn(new_features),
        }
        Ok(Ingested { added, replaced, chunks: made })
    }

    /// Takes away the chunks that do not stay. What was replaced is not found, and counts for nothing: neither for a quota nor
    /// for how rare a word is.
    fn keep(&mut self, stays: &[bool]) {
        if stays.iter().all(|stays| *stays) {
            return;
        }
        let mut each = stays.iter();
        self.pieces.retain(|_| each.next().is_some_and(|stays| *stays));
        self.keyword.keep(stays);
        self.vectors.keep(stays);
    }

    /// Vectors for the last chunks; for all of them when more are new than the embedder has learned from.
    fn learn(&mut self, new: Vec<Vec<Feature>>) {
        self.new_since += new.len();
        if let Some(learned) = self.learned.clone().filter(|_| self.new_since <= self.learned_from) {
            let vectors: Vec<Vec<f32>> = new.iter().map(|features| learned.vector(features)).collect();
            return self.add_vectors(vectors.iter().map(Vec::as_slice));
        }
        let before = &self.pieces[..self.pieces.len() - new.len()];
        let mut all: Vec<Vec<Feature>> =
            before.iter().map(|piece| features(&piece.chunk.for_index(&piece.document))).collect();
        all.extend(new);
        let learned = Embedded::learn(&all);
        self.vectors = Vectors::new(learned.dimensions());
        for features in &all {
            self.vectors.push(&learned.vector(features));
        }
        self.learned = Some(Arc::new(learned));
        (self.learned_from, self.new_since) = (all.len(), 0);
    }

    fn add_vectors<'a>(&mut self, vectors: impl Iterator<Item = &'a [f32]>) {
        for vector in vectors {
            if self.vectors.is_empty() {
                self.vectors = Vectors::new(vector.len());
            }
            self.vectors.push(vector);
        }
    }

    /// What turns a question into a vector, once there are documents.
    pub fn embedder(&self) -> Option<&dyn Embedder> {
        match &self.embedding {
            Embedding::Embedded => self.learned.as_deref().map(|learned| learned as &dyn Embedder),
            Embedding::Service(service) => Some(service.as_ref()),
        }
    }

    /// What the corpus has taught, if vectors are learned from it.
    pub fn learned(&self) -> Option<&Embedded> {
        self.learned.as_deref()
    }

    /// The name of the embedder.
    pub fn embedder_name(&self) -> String {
        self.embedder().map_or_else(|| "none: there are no documents".to_owned(), Embedder::name)
    }

    /// How tokens are counted.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// A number that is the same for the same documents with the same words, and for hardly any others.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The documents, in the order of their ids.
    pub fn documents(&self) -> impl Iterator<Item = &Arc<Document>> {
        self.documents.values()
    }

    /// A document.
    pub fn document(&self, id: &str) -> Option<&Arc<Document>> {
        self.documents.get(id)
    }

    /// The chunk with this number.
    ///
    /// # Panics
    /// There is none.
    pub fn piece(&self, at: usize) -> &Piece {
        &self.pieces[at]
    }

    /// The number of the chunk with this id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.pieces.iter().position(|piece| piece.chunk.id == id)
    }

    /// The numbers of all chunks, by document and place.
    pub fn all(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.pieces.len()).collect();
        all.sort_by(|a, b| {
            let key = |at: &usize| (&self.pieces[*at].document.id, self.pieces[*at].chunk.span.start);
            key(a).cmp(&key(b))
        });
        all
    }

    /// Whether there is a chunk with this number.
    pub fn is_there(&self, at: usize) -> bool {
        at < self.pieces.len()
    }

    /// How many chunks there are.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Chunks by their words.
    pub fn keyword(&self) -> &Keyword {
        &self.keyword
    }

    /// Chunks by their vectors.
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// Bytes of the two indexes.
    pub fn index_bytes(&self) -> (usize, usize) {
        (self.keyword.bytes(), self.vectors.bytes())
    }
}

#[cfg(test)]
mod tests;
