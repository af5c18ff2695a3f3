//! (3) A corpus: documents, their chunks, and the two indexes over them.

mod prepare;

use std::{collections::BTreeMap, sync::Arc};

use self::prepare::{Prepared, by_service, prepare};

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
    is_there: Vec<bool>,
    there: usize,
    keyword: Keyword,
    vectors: Vectors,
    learned: Option<Arc<Embedded>>,
    learned_from: usize,
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
        let new = |prepared: &&Prepared| !self.documents.contains_key(&prepared.document.id);
        let added = prepared.iter().filter(new).count();
        let made = prepared.iter().map(|prepared| prepared.chunks.len()).sum::<usize>();
        let (documents, chunks) = (self.documents.len() + added, self.pieces.len() + made);
        if documents > MOST_DOCUMENTS || chunks > MOST_CHUNKS {
            return Err(CorpusError::Full { documents, chunks });
        }
        let from_service = match &self.embedding {
            Embedding::Embedded => None,
            Embedding::Service(service) => Some(by_service(service.as_ref(), &prepared)?),
        };
        let ingested = Ingested { added, replaced: prepared.len() - added, chunks: made };
        let mut new_features = Vec::with_capacity(made);
        for Prepared { document, chunks } in prepared {
            self.forget(&document.id);
            for (chunk, counted, features) in chunks {
                self.pieces.push(Piece { document: document.clone(), chunk });
                self.is_there.push(true);
                self.keyword.push(counted);
                new_features.push(features);
            }
            self.documents.insert(document.id.clone(), document);
        }
        self.there += made;
        match from_service {
            Some(vectors) => self.add_vectors(vectors.iter().map(Vec::as_slice)),
            None => self.learn(&new_features),
        }
        Ok(ingested)
    }

    /// Vectors for the last chunks; for all of them when there are more than twice as many as the embedder has learned from.
    fn learn(&mut self, new: &[Vec<Feature>]) {
        if let Some(learned) = self.learned.clone().filter(|_| self.pieces.len() <= 2 * self.learned_from) {
            let vectors: Vec<Vec<f32>> = new.iter().map(|features| learned.vector(features)).collect();
            return self.add_vectors(vectors.iter().map(Vec::as_slice));
        }
        let before = self.pieces.len() - new.len();
        let mut all: Vec<Vec<Feature>> =
            self.pieces[..before].iter().map(|piece| features(&piece.chunk.for_index(&piece.document))).collect();
        all.extend_from_slice(new);
        let learned = Embedded::learn(&all);
        self.vectors = Vectors::new(learned.dimensions());
        for features in &all {
            self.vectors.push(&learned.vector(features));
        }
        self.learned = Some(Arc::new(learned));
        self.learned_from = all.len();
    }

    fn add_vectors<'a>(&mut self, vectors: impl Iterator<Item = &'a [f32]>) {
        for vector in vectors {
            if self.vectors.is_empty() {
                self.vectors = Vectors::new(vector.len());
            }
            self.vectors.push(vector);
        }
    }

    /// Its chunks stay where they are, and are found no more.
    fn forget(&mut self, id: &str) {
        if self.documents.remove(id).is_none() {
            return;
        }
        for (piece, is_there) in self.pieces.iter().zip(&mut self.is_there) {
            if *is_there && piece.document.id == id {
                *is_there = false;
                self.there -= 1;
            }
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
        (0..self.pieces.len()).find(|at| self.is_there(*at) && self.pieces[*at].chunk.id == id)
    }

    /// The numbers of all chunks, by document and place.
    pub fn all(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.pieces.len()).filter(|at| self.is_there(*at)).collect();
        all.sort_by(|a, b| {
            let key = |at: &usize| (&self.pieces[*at].document.id, self.pieces[*at].chunk.span.start);
            key(a).cmp(&key(b))
        });
        all
    }

    /// Whether the chunk with this number can be found.
    pub fn is_there(&self, at: usize) -> bool {
        self.is_there.get(at).copied().unwrap_or(false)
    }

    /// How many chunks can be found.
    pub fn len(&self) -> usize {
        self.there
    }

    /// Whether there is nothing to be found.
    pub fn is_empty(&self) -> bool {
        self.there == 0
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
mod tests {
    use super::*;
    use crate::document::{About, Kind};

    fn document(id: &str, text: &str) -> Document {
        Document::new(id, Kind::Text, text, About::default()).expect("a document")
    }

    #[test]
    fn a_document_takes_the_place_of_another() {
        let mut corpus = Corpus::default();
        let first = corpus.ingest(vec![document("a", "the old gate"), document("b", "the dock")]).expect("fits");
        assert_eq!((first.added, first.replaced, first.chunks), (2, 0, 2));
        let second = corpus.ingest(vec![document("a", "the new lamp")]).expect("fits");
        assert_eq!((second.added, second.replaced), (0, 1));
        assert_eq!((corpus.len(), corpus.documents().count()), (2, 2));
        let texts: Vec<&str> = corpus.all().into_iter().map(|at| corpus.piece(at).text()).collect();
        assert_eq!(texts, ["the new lamp", "the dock"]);
        assert_eq!(corpus.vectors().len(), 3);
    }

    #[test]
    fn the_embedder_learns_again_when_there_is_much_more() {
        let mut corpus = Corpus::default();
        corpus.ingest(vec![document("a", "the gate"), document("b", "the dock")]).expect("fits");
        assert_eq!(corpus.learned_from, 2);
        corpus
            .ingest((0..40).map(|n| document(&format!("d{n}"), &format!("lamp number {n} of the gate"))).collect())
            .expect("fits");
        assert_eq!(corpus.learned_from, 42);
        assert!(corpus.embedder_name().contains("embedded"), "{}", corpus.embedder_name());
    }
}
