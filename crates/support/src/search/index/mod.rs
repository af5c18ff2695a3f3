//! A full-text index inside the process (tantivy): BM25 over title and body, exact facets, dates and numbers.
//!
//! Everything here blocks: call it from `tokio::task::spawn_blocking`. Clones share one index. A writer takes about
//! 30 MB while it lives; a folder is mapped into memory, not read into it. An index in memory takes about 3 KB for a
//! document of 100 words. `examples/search_speed.rs` measures: on two cores some 20 000 such documents a second, and a
//! query takes 0.2 ms among 10 000 of them and 1.5 ms among 100 000; 99 of 100 take at most 1.5 and 19 ms.
//!
//! In reading order: `document`, `query` (what is asked), `plan` (how it is matched), `analyzer` (what a word is),
//! `spelling`, `folder` (an index that is kept).

mod analyzer;
mod document;
mod folder;
mod plan;
mod query;
mod schema;
mod spelling;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tantivy::{
    Index, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    collector::{Count, TopDocs},
    query::TermQuery,
    schema::IndexRecordOption,
};

pub use self::{
    analyzer::Analyzer,
    document::IndexDocument,
    query::{
        Filter, Hit, Hits, MAX_LIMIT, MAX_OFFSET, MAX_QUERY_CHARS, MAX_QUERY_WORDS, SearchQuery, Sort, WeightedWord,
    },
    spelling::Spelling,
};
use self::{document::Ids, plan::Planner, schema::Fields};
/// The languages whose endings are cut off.
pub use tantivy::tokenizer::Language;

/// What the writer may hold before it writes a segment.
const WRITER_BYTES: usize = 30_000_000;

/// How words are matched and weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexOptions {
    /// Whose endings are cut off and whose stop words count for little. None: words match as they are.
    pub language: Option<Language>,
    /// How much more a word in the title counts than one in the body. Default: 2.
    pub title_boost: f32,
    /// How much two words of the query count that stand beside each other in a document too, against the words alone.
    /// Default: 0.5; 0 switches it off.
    pub pair_boost: f32,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { language: Some(Language::English), title_boost: 2.0, pair_boost: 0.5 }
    }
}

/// Why an index cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A document that is not taken in.
    #[error("document '{id}' cannot be indexed: {reason}")]
    Document {
        /// Its id, cut short.
        id: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Somebody else writes to the same folder.
    #[error("another process writes to this index")]
    Busy,
    /// The folder cannot be used.
    #[error("the folder of the index cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    /// The index is damaged, or the disk is full.
    #[error("the index failed: {0}")]
    Failed(String),
}

impl From<TantivyError> for IndexError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::LockFailure(..) => Self::Busy,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// One index. Cheap to clone.
#[derive(Clone)]
pub struct SearchIndex {
    shared: Arc<Shared>,
}

struct Shared {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    planner: Planner,
    /// Made at the first change, so that whoever only reads needs no memory for it and no lock of the folder.
    writer: Mutex<Option<IndexWriter>>,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SearchIndex").field("documents", &self.len()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// An empty index that ends with its last clone.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn in_memory(options: &IndexOptions) -> Result<Self, IndexError> {
        let (schema, fields) = schema::schema();
        Self::around(Index::create_in_ram(schema), fields, options)
    }

    /// The index of a corpus, kept in a folder of the folder: the one that is there if this version of the code built
    /// it, with this language, from a corpus with this digest, and it is whole; otherwise one built from `documents`.
    /// Two processes may open it at once; each sees a whole index. Changes are allowed to one process at a time.
    ///
    /// # Errors
    /// The folder cannot be written to, or a document cannot be indexed.
    pub fn open<D>(
        folder: &Path,
        options: &IndexOptions,
        corpus_digest: &str,
        documents: impl FnOnce() -> D,
    ) -> Result<Self, IndexError>
    where
        D: IntoIterator<Item = IndexDocument>,
    {
        folder::open(folder, options, corpus_digest, documents)
    }

    fn around(index: Index, fields: Fields, options: &IndexOptions) -> Result<Self, IndexError> {
        let planner = Planner::new(fields, options);
        analyzer::register(&index, options.language);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { shared: Arc::new(Shared { index, reader, fields, planner, writer: Mutex::new(None) }) })
    }

    /// Takes a document in, in the place of the one with its id. Found after [`Self::commit`].
    ///
    /// # Errors
    /// An id, a text or a facet that is too long; another process writes.
    pub fn add(&self, document: &IndexDocument) -> Result<(), IndexError> {
        let indexed = document.indexed(&self.shared.fields)?;
        let writer = self.writer()?;
        if let Some(writer) = writer.as_ref() {
            writer.delete_term(self.id_term(&document.id));
            writer.add_document(indexed)?;
        }
        Ok(())
    }

    /// Takes a document out, if it is there. Gone after [`Self::commit`].
    ///
    /// # Errors
    /// Another process writes.
    pub fn remove(&self, id: &str) -> Result<(), IndexError> {
        let writer = self.writer()?;
        if let Some(writer) = writer.as_ref() {
            writer.delete_term(self.id_term(id));
        }
        Ok(())
    }

    /// Makes all changes visible, to every clone and at once. On disk when it returns, if the index has a folder.
    ///
    /// # Errors
    /// The disk is full, or the like.
    pub fn commit(&self) -> Result<(), IndexError> {
        let mut writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.as_mut() {
            writer.commit()?;
        }
        drop(writer);
        Ok(self.shared.reader.reload()?)
    }

    /// What matches, the best or the newest first. No text is an error: what cannot be understood is taken as words.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn search(&self, query: &SearchQuery) -> Result<Hits, IndexError> {
        let searcher = self.shared.reader.searcher();
        let plan = self.shared.planner.plan(query);
        if query.limit == 0 {
            return Ok(Hits { total: searcher.search(&plan, &Count)?, hits: Vec::new() });
        }
        let top = TopDocs::with_limit(query.limit.min(MAX_LIMIT)).and_offset(query.offset.min(MAX_OFFSET));
        let (total, addresses) = match query.sort {
            Sort::Relevance => {
                let (addresses, total) = searcher.search(&plan, &(top.order_by_score(), Count))?;
                (total, addresses)
            }
            Sort::Newest => {
                let by_date = top.order_by_fast_field::<i64>("date", Order::Desc);
                let (addresses, total) = searcher.search(&plan, &(by_date, Count))?;
                (total, addresses.into_iter().map(|(_, address)| (0.0, address)).collect())
            }
        };
        let mut ids = Ids::new(&searcher);
        let hits = addresses.into_iter().map(|(score, address)| Ok(Hit { id: ids.of(address)?, score }));
        Ok(Hits { total, hits: hits.collect::<Result<_, TantivyError>>()? })
    }

    /// The document with this id, as it was added.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn get(&self, id: &str) -> Result<Option<IndexDocument>, IndexError> {
        let searcher = self.shared.reader.searcher();
        let query = TermQuery::new(self.id_term(id), IndexRecordOption::Basic);
        let found = searcher.search(&query, &TopDocs::with_limit(1).order_by_score())?;
        let Some((_, address)) = found.first() else { return Ok(None) };
        let stored: TantivyDocument = searcher.doc(*address)?;
        Ok(Some(document::whole(&self.shared.fields, &stored)?))
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.shared.reader.searcher().num_docs()).unwrap_or(usize::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// At most `most` known words like this one, at most two letters away (one for short words), nearest first, then
    /// the most frequent. A known word is its own first answer, with distance 0.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn spell(&self, word: &str, most: usize) -> Result<Vec<Spelling>, IndexError> {
        spelling::spell(&self.searcher(), self.shared.fields.words, word, most)
    }

    /// The words that set these documents apart from the others, weight 1 for the first: for feedback, as in "more like
    /// these". One form for each word, no stop words. Unknown ids count for nothing.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn top_terms(&self, ids: &[&str], most: usize) -> Result<Vec<WeightedWord>, IndexError> {
        let documents = ids.iter().filter_map(|id| self.get(id).transpose()).collect::<Result<Vec<_>, _>>()?;
        let texts = documents.iter().map(|document| format!("{} {}", document.title, document.body));
        spelling::top_terms(&self.searcher(), self.shared.fields.words, self.analyzer(), texts, most)
    }

    /// How this index takes text apart, for whoever matches text outside of it.
    pub fn analyzer(&self) -> &Analyzer {
        self.shared.planner.analyzer()
    }

    fn searcher(&self) -> Searcher {
        self.shared.reader.searcher()
    }

    fn id_term(&self, id: &str) -> Term {
        Term::from_field_text(self.shared.fields.id, id)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Option<IndexWriter>>, IndexError> {
        let mut writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            *writer = Some(self.shared.index.writer_with_num_threads(1, WRITER_BYTES)?);
        }
        Ok(writer)
    }
}

#[cfg(test)]
mod tests;
