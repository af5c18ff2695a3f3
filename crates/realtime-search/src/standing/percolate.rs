//! (11) Percolation: each new document is matched against all standing queries, and not the other way round.
//!
//! A document can only match a query whose words it has. So each query is filed under the one of its words that fewest
//! queries and documents have, and a document looks up its own words: what is checked in full are the few queries that
//! share a rare word with it.

use std::collections::{HashMap, HashSet};

use crate::{
    article::Indexed,
    pipeline::analyse::{self, Analysis},
    text,
};

/// Most words of a standing query that have to be there.
const MAX_TERMS: usize = 12;

/// A standing query, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Stems that must all be there.
    required: Vec<String>,
    /// Runs of words that must be there.
    phrases: Vec<String>,
    /// Stems that must not be there.
    excluded: Vec<String>,
    sites: Vec<String>,
    excluded_sites: Vec<String>,
    sources: Vec<String>,
    language: Option<String>,
}

/// A standing query has to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the query has no word that could be looked for")]
pub struct Empty;

impl Standing {
    /// Compiles a query: all its words, its phrases and its operators have to hold. Times mean nothing: all documents
    /// are new.
    ///
    /// # Errors
    /// [`Empty`]: there is no word in it.
    pub fn compile(query: &str, now: i64) -> Result<Self, Empty> {
        let Analysis { text, operators, .. } = analyse::analyse(query, now);
        let mut required: Vec<String> = Vec::new();
        let asked = operators.required.iter().flat_map(|word| text::stems(word));
        for stem in text::stems(&text).into_iter().chain(asked) {
            if required.len() < MAX_TERMS && !required.contains(&stem) {
                required.push(stem);
            }
        }
        if required.is_empty() {
            return Err(Empty);
        }
        Ok(Self {
            required,
            phrases: operators.phrases.iter().map(|phrase| text::words(phrase).join(" ")).collect(),
            excluded: operators.excluded.iter().flat_map(|word| text::stems(word)).collect(),
            sites: operators.sites,
            excluded_sites: operators.excluded_sites,
            sources: operators.sources,
            language: operators.language,
        })
    }

    /// Whether a document is what this query waits for.
    pub fn matches(&self, document: &Indexed) -> bool {
        let article = &document.article;
        let has = |stem: &String| document.stems.contains_key(stem);
        self.required.iter().all(has)
            && !self.excluded.iter().any(has)
            && self.language.as_ref().is_none_or(|language| *language == article.language)
            && (self.sources.is_empty() || self.sources.iter().any(|id| id.eq_ignore_ascii_case(&article.source)))
            && (self.sites.is_empty() || self.sites.iter().any(|site| is_at(&article.url, site)))
            && !self.excluded_sites.iter().any(|site| is_at(&article.url, site))
            && self.has_phrases(document)
    }

    fn has_phrases(&self, document: &Indexed) -> bool {
        if self.phrases.is_empty() {
            return true;
        }
        // Read only here, because few documents come this far.
        let words = |text: &str| format!(" {} ", text::words(text).join(" "));
        let (title, body) = (words(&document.article.title), words(&document.article.text));
        self.phrases.iter().all(|phrase| {
            let phrase = format!(" {phrase} ");
            title.contains(&phrase) || body.contains(&phrase)
        })
    }
}

/// Whether a URL is at a host or below it.
pub fn is_at(url: &str, site: &str) -> bool {
    let host =
        url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?', '#', ':']).next().unwrap_or_default();
    host == site || host.strip_suffix(site).is_some_and(|before| before.ends_with('.'))
}

/// All standing queries, filed under one required word each.
#[derive(Debug, Default)]
pub struct Percolator {
    queries: HashMap<u64, Standing>,
    filed: HashMap<String, HashSet<u64>>,
}

impl Percolator {
    /// How many queries stand.
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Whether none stands.
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// Takes a query in. `frequency` says in how many documents a stem is, as far as anybody knows.
    pub fn insert(&mut self, number: u64, query: Standing, frequency: impl Fn(&str) -> usize) {
        self.remove(number);
        let cost = |stem: &String| (self.filed.get(stem).map_or(0, HashSet::len) + 1) * (frequency(stem) + 1);
        let Some(rarest) = query.required.iter().min_by_key(|stem| cost(stem)).cloned() else { return };
        self.filed.entry(rarest).or_default().insert(number);
        self.queries.insert(number, query);
    }

    /// Takes a query out, if it is there.
    pub fn remove(&mut self, number: u64) {
        let Some(query) = self.queries.remove(&number) else { return };
        for stem in &query.required {
            if let Some(numbers) = self.filed.get_mut(stem) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    self.filed.remove(stem);
                }
            }
        }
    }

    /// The queries that a document matches, in ascending order, and how many had to be looked at.
    pub fn percolate(&self, document: &Indexed) -> (Vec<u64>, usize) {
        let mut looked_at = 0;
        let mut matched: Vec<u64> = Vec::new();
        for number in document.stems.keys().filter_map(|stem| self.filed.get(stem)).flatten() {
            looked_at += 1;
            if self.queries.get(number).is_some_and(|query| query.matches(document)) {
                matched.push(*number);
            }
        }
        matched.sort_unstable();
        (matched, looked_at)
    }

    /// The same by asking each query: the baseline of the bench, and the judge of the tests.
    pub fn one_by_one(&self, document: &Indexed) -> Vec<u64> {
        let mut matched: Vec<u64> =
            self.queries.iter().filter(|(_, query)| query.matches(document)).map(|(number, _)| *number).collect();
        matched.sort_unstable();
        matched
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::tests::candidate;

    fn document(text: &str) -> Arc<Indexed> {
        candidate("d", "https://news.osthaven.example/1", text, 0.5, &[]).indexed
    }

    #[test]
    fn every_condition_has_to_hold() {
        let story = document("The harbour bridge stays closed after engineers found cracks");
        for (query, holds) in [
            ("bridge closed", true),
            ("bridges closing", true),
            ("bridge open", false),
            ("bridge -cracks", false),
            ("bridge -storm", true),
            ("\"harbour bridge\"", true),
            ("\"bridge harbour\"", false),
            ("bridge site:osthaven.example", true),
            ("bridge site:haven.example", false),
            ("bridge -site:osthaven.example", false),
            ("bridge lang:de", false),
            ("bridge lang:en", true),
            ("bridge today", true),
        ] {
            let query_compiled = Standing::compile(query, 0).expect("words");
            assert_eq!(query_compiled.matches(&story), holds, "{query}");
        }
        assert_eq!(Standing::compile("the -of site:a.example", 0), Err(Empty));
    }

    #[test]
    fn what_is_removed_matches_no_more() {
        let mut percolator = Percolator::default();
        for (number, query) in [(1, "bridge closed"), (2, "bridge"), (3, "storm")] {
            percolator.insert(number, Standing::compile(query, 0).expect("words"), |_| 1);
        }
        let story = document("bridge closed");
        assert_eq!(percolator.percolate(&story).0, [1, 2]);
        percolator.remove(2);
        percolator.remove(9);
        assert_eq!(percolator.percolate(&story).0, [1]);
        assert_eq!(percolator.len(), 2);
    }

    proptest! {
        /// The index leaves nothing out and puts nothing in.
        #[test]
        fn the_index_finds_what_asking_each_one_finds(
            queries in prop::collection::vec("(-?[a-d]{2} ){1,4}", 1..40),
            text in "([a-d]{2} ){0,30}",
        ) {
            let mut percolator = Percolator::default();
            for (number, query) in queries.iter().enumerate() {
                if let Ok(standing) = Standing::compile(query, 0) {
                    percolator.insert(number as u64, standing, |stem| stem.len());
                }
            }
            let story = document(&text);
            prop_assert_eq!(percolator.percolate(&story).0, percolator.one_by_one(&story));
        }
    }
}
