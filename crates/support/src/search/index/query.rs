//! What an index is asked, and what it answers.

/// What is read of a text; the rest counts for nothing.
pub const MAX_QUERY_CHARS: usize = 2_000;
/// Most words and phrases of a text; the rest count for nothing.
pub const MAX_QUERY_WORDS: usize = 64;
/// Most hits at a time.
pub const MAX_LIMIT: usize = 1_000;
/// Most hits that can be passed over.
pub const MAX_OFFSET: usize = 10_000;

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// A person's words. A document matches with any of them; the more, the rarer and the nearer together, the better.
    /// A `"phrase in quotes"` has to stand there; a `-word` or `-"phrase"` must not. Without words, everything matches.
    pub text: String,
    /// More words that count, each with a weight (1: as much as a word of the text). Synonyms, corrections, feedback.
    pub also: Vec<WeightedWord>,
    /// Each has to hold.
    pub filters: Vec<Filter>,
    /// At most so many hits, up to [`MAX_LIMIT`]. Default: 10. With 0, hits are only counted.
    pub limit: usize,
    /// Passes over the first, up to [`MAX_OFFSET`].
    pub offset: usize,
    /// Which come first.
    pub sort: Sort,
}

impl Default for SearchQuery {
    fn default() -> Self {
        Self { text: String::new(), also: Vec::new(), filters: Vec::new(), limit: 10, offset: 0, sort: Sort::default() }
    }
}

impl SearchQuery {
    /// The ten best for these words.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A word with its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedWord {
    /// A word, or several that stand together.
    pub word: String,
    /// 1 is the weight of a word that a person has written.
    pub weight: f32,
}

/// What has to hold of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// The facet has one of these values, exactly.
    Is {
        /// The facet's name.
        facet: String,
        /// With none, nothing matches.
        any_of: Vec<String>,
    },
    /// The facet has none of these values, or is missing.
    IsNot {
        /// The facet's name.
        facet: String,
        /// With none, everything matches.
        any_of: Vec<String>,
    },
    /// The date is known, and from `from` on and before `until`, in seconds since 1970.
    Date {
        /// None: any time before.
        from: Option<i64>,
        /// None: any time after.
        until: Option<i64>,
    },
    /// The number is known, and from `least` to `most`, both included.
    Number {
        /// None: however small.
        least: Option<f64>,
        /// None: however large.
        most: Option<f64>,
    },
}

impl Filter {
    /// The facet has this value.
    pub fn is(facet: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Is { facet: facet.into(), any_of: vec![value.into()] }
    }

    /// The facet does not have this value.
    pub fn is_not(facet: impl Into<String>, value: impl Into<String>) -> Self {
        Self::IsNot { facet: facet.into(), any_of: vec![value.into()] }
    }
}

/// Which hits come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The best (BM25).
    #[default]
    Relevance,
    /// The newest; those without a date last.
    Newest,
}

/// What matches.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hits {
    /// How many documents match in all.
    pub total: usize,
    /// Those that were asked for, in order.
    pub hits: Vec<Hit>,
}

/// A document that matches. [`SearchIndex::get`](super::SearchIndex::get) has the rest of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: String,
    /// Its BM25 score: comparable within one answer only. 0 where hits are sorted by date.
    pub score: f32,
}
