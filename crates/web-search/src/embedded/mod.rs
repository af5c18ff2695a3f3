//! The provider `embedded`: a search of a bundled collection that needs no network, no account and no key.
//!
//! Every answer is computed from the collection by a full-text index (BM25). In reading order: `corpus` (what is
//! there), `question` with `wishes` and `synonyms` (what is asked), `rank` with `lexicon` and `copies` (what comes
//! first), `extract` and `features` (what is shown).

mod copies;
mod corpus;
mod extract;
mod features;
mod lexicon;
mod pages;
mod question;
mod rank;
mod synonyms;
mod wishes;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;
use mcp_support::search::{
    clean,
    index::{IndexDocument, IndexError, IndexOptions, SearchIndex},
    provider::{
        ErrorCode, Image, MAX_COUNT, MAX_QUERY_CHARS, ProviderAnswer, ProviderError, ProviderRequest, SearchProvider,
        SearchResult, Vertical,
    },
};

use self::{
    corpus::{Corpus, Document, Kind},
    features::All,
    lexicon::Lexicon,
    question::Question,
    rank::Ranked,
    synonyms::Synonyms,
};

/// How this provider is called in settings, results and logs.
pub const NAME: &str = "embedded";

/// A word in the title against one in the text.
const TITLE_BOOST: f32 = 1.5;

/// The search. Cheap to clone.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

struct Shared {
    corpus: &'static Corpus,
    index: SearchIndex,
    lexicon: Lexicon,
    synonyms: Synonyms,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Embedded").field("documents", &self.len()).finish_non_exhaustive()
    }
}

impl Embedded {
    /// With an index that lives as long as the process. Blocks while it is built.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn in_memory() -> Result<Self, IndexError> {
        let corpus = Corpus::bundled();
        let index = SearchIndex::in_memory(&options())?;
        for document in &corpus.documents {
            index.add(&indexed(document))?;
        }
        index.commit()?;
        Ok(Self::around(corpus, index))
    }

    /// With an index that is kept in a folder: the one that is there if it is of this collection, otherwise one that is
    /// built now. Blocks while it is opened or built.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let corpus = Corpus::bundled();
        let index = SearchIndex::open(folder, &options(), &Corpus::digest(), || corpus.documents.iter().map(indexed))?;
        Ok(Self::around(corpus, index))
    }

    fn around(corpus: &'static Corpus, index: SearchIndex) -> Self {
        let lexicon = Lexicon::new(corpus, index.analyzer().clone());
        let synonyms = Synonyms::new(&lexicon);
        Self { shared: Arc::new(Shared { corpus, index, lexicon, synonyms }) }
    }

    /// How many documents can be found.
    pub fn len(&self) -> usize {
        self.shared.corpus.documents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches on this thread.
    ///
    /// # Errors
    /// The question is empty or too long, or the index is damaged.
    pub fn search_blocking(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let (question, ranked) = self.ranked(request)?;
        let shared = &self.shared;
        let page = ranked.iter().skip(request.offset()).take(request.count);
        let results = page.map(|hit| shared.result(hit, &question)).collect();
        let mut answer = ProviderAnswer {
            results,
            total: u64::try_from(ranked.len()).ok(),
            corrected_query: question.corrected.clone(),
            ..ProviderAnswer::default()
        };
        // They stand above the first page only.
        if request.page <= 1 {
            let all = All { corpus: shared.corpus, lexicon: &shared.lexicon };
            features::add(&mut answer, &ranked, &question, request.vertical, &all);
        }
        Ok(answer)
    }

    /// The ids of the results, in order: for whoever judges them.
    pub(crate) fn ids(&self, request: &ProviderRequest) -> Result<Vec<&'static str>, ProviderError> {
        let (_, ranked) = self.ranked(request)?;
        let page = ranked.iter().skip(request.offset()).take(request.count);
        Ok(page.map(|hit| self.shared.corpus.documents[hit.place].id.as_str()).collect())
    }

    /// Whether there is such a document.
    #[cfg(test)]
    pub(crate) fn has(&self, id: &str) -> bool {
        self.shared.corpus.place(id).is_some()
    }

    fn ranked(&self, request: &ProviderRequest) -> Result<(Question, Vec<Ranked>), ProviderError> {
        check(request)?;
        let shared = &self.shared;
        let failed = |error: IndexError| {
            tracing::error!(%error, "the index failed");
            ProviderError::new(NAME, ErrorCode::Upstream, "its index failed")
        };
        let now = shared.corpus.now;
        let question = Question::new(request, &shared.index, &shared.lexicon, &shared.synonyms, now).map_err(failed)?;
        let hits = shared.index.search(&question.query).map_err(failed)?;
        let ranked = rank::rank(&hits.hits, &question, request.vertical, shared.corpus, &shared.lexicon);
        Ok((question, ranked))
    }
}

#[async_trait]
impl SearchProvider for Embedded {
    fn name(&self) -> &'static str {
        NAME
    }

    fn supports(&self, _: Vertical) -> bool {
        true
    }

    async fn search(&self, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let (embedded, request) = (self.clone(), request.clone());
        let searched = tokio::task::spawn_blocking(move || embedded.search_blocking(&request)).await;
        searched.unwrap_or_else(|_| Err(ProviderError::new(NAME, ErrorCode::Upstream, "its search was given up")))
    }
}

impl Shared {
    fn result(&self, hit: &Ranked, question: &Question) -> SearchResult {
        let document = &self.corpus.documents[hit.place];
        let source = document.maker.clone().or_else(|| document.venue.clone());
        SearchResult {
            title: document.title.clone(),
            url: document.url.clone(),
            snippet: extract::passage(&document.text, &question.terms, &self.lexicon).text,
            site: document.site.clone(),
            date: document.date.and_then(clean::rfc3339),
            price: document.price.clone(),
            rating: document.rating,
            reviews: document.reviews,
            source: source.or_else(|| (document.kind == Kind::News).then(|| document.site.clone())),
            image: (document.kind == Kind::Image).then(|| Image {
                url: format!("{}.jpg", document.url),
                width: document.size.0,
                height: document.size.1,
            }),
            authors: document.authors.clone(),
            cited_by: document.cited_by,
        }
    }
}

impl Document {
    /// What can be found besides title and text.
    fn words_besides(&self) -> String {
        let facts = self.facts.iter().flat_map(|(name, fact)| [name.as_str(), fact.as_str()]);
        let tags = self.tags.iter().chain(&self.aliases).chain(&self.authors).map(String::as_str);
        let others = self.maker.iter().chain(&self.what).map(String::as_str);
        tags.chain(others).chain(facts).collect::<Vec<_>>().join(" ")
    }
}

fn check(request: &ProviderRequest) -> Result<(), ProviderError> {
    let invalid = |reason: String| Err(ProviderError::new(NAME, ErrorCode::InvalidQuery, reason));
    if request.query.trim().is_empty() {
        return invalid("the query is empty".to_owned());
    }
    if request.query.chars().count() > MAX_QUERY_CHARS {
        return invalid(format!("the query is longer than {MAX_QUERY_CHARS} characters"));
    }
    if !(1..=MAX_COUNT).contains(&request.count) {
        return invalid(format!("a page has 1 to {MAX_COUNT} results"));
    }
    Ok(())
}

fn options() -> IndexOptions {
    IndexOptions { title_boost: TITLE_BOOST, ..IndexOptions::default() }
}

fn indexed(document: &Document) -> IndexDocument {
    let sites = parents(&document.site);
    let facets = [
        ("kind", vec![document.kind.as_str().to_owned()]),
        ("language", vec![document.language.clone()]),
        ("site", sites),
    ];
    IndexDocument {
        id: document.id.clone(),
        title: document.title.clone(),
        body: format!("{}\n{}", document.text, document.words_besides()),
        facets: BTreeMap::from(facets.map(|(name, values)| (name.to_owned(), values))),
        date: document.date,
        number: document.price.as_ref().map(|price| price.amount),
    }
}

/// A host and all that it is a part of: whoever asks for `example.com` means `past.example.com`, too.
fn parents(site: &str) -> Vec<String> {
    let starts = std::iter::once(0).chain(site.match_indices('.').map(|(dot, _)| dot + 1));
    starts.map(|start| site[start..].to_owned()).collect()
}

#[cfg(test)]
mod tests;
