//! (3) Okapi BM25 (Robertson and Zaragoza, 2009): a chunk that has the question's rare words often, for its length.
//!
//! An inverted list for each word, in memory. Filters are asked before a chunk is scored, so that a filter never empties
//! the first page; and a chunk can be found as soon as it is added.
//!
//! It stands beside `mcp_support::search::index` because packing asks for what that does not tell: how rare a word is, in the
//! words that vectors and units are made of, and chunks by the numbers of their vectors.

use std::collections::HashMap;

use crate::{features::words, thesaurus::Wanted};

/// How soon more of the same word stops to matter.
pub(crate) const K1: f32 = 1.2;
/// How much a long text has to be longer for the same score: 0 not at all, 1 in proportion.
pub(crate) const B: f32 = 0.6;

/// A text that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Its number.
    pub at: usize,
    /// BM25, above 0.
    pub score: f32,
}

/// Texts by their words.
#[derive(Debug, Clone, Default)]
pub struct Keyword {
    lists: HashMap<String, Vec<Posting>>,
    lengths: Vec<u32>,
    total: u64,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    at: u32,
    times: u32,
}

/// The words of a text, counted: what can be prepared without the index.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    words: Vec<(String, u32)>,
    length: u32,
}

/// Counts the words of a text.
pub fn counted(text: &str) -> Counted {
    let mut all: Vec<String> = words(text).collect();
    all.sort_unstable();
    let length = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let mut words: Vec<(String, u32)> = Vec::new();
    for word in all {
        match words.last_mut() {
            Some((last, times)) if *last == word => *times += 1,
            _ => words.push((word, 1)),
        }
    }
    Counted { words, length }
}

impl Keyword {
    /// Adds a text. Its number is how many there were before.
    pub fn push(&mut self, text: Counted) {
        let at = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        for (word, times) in text.words {
            self.lists.entry(word).or_default().push(Posting { at, times });
        }
        self.lengths.push(text.length);
        self.total += u64::from(text.length);
    }

    /// Takes away all texts but those that stay, which keep their order, and get the numbers from 0 on.
    ///
    /// # Panics
    /// `stays` has fewer entries than there are texts.
    pub fn keep(&mut self, stays: &[bool]) {
        let mut next = 0..;
        let numbers: Vec<Option<u32>> = stays.iter().map(|stays| if *stays { next.next() } else { None }).collect();
        self.lists.retain(|_, list| {
            list.retain_mut(|posting| {
                let number = numbers[posting.at as usize];
                posting.at = number.unwrap_or_default();
                number.is_some()
            });
            !list.is_empty()
        });
        let mut each = stays.iter();
        self.lengths.retain(|_| each.next().is_some_and(|stays| *stays));
        self.total = self.lengths.iter().map(|length| u64::from(*length)).sum();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.lists.len()
    }

    /// In how many texts a word is, given as [`words`] gives it.
    pub fn frequency(&self, word: &str) -> usize {
        self.lists.get(word).map_or(0, Vec::len)
    }

    /// How rare a word is: the logarithm of how many texts there are for each that has it (never negative).
    pub fn rarity(&self, word: &str) -> f32 {
        let (all, having) = (self.len() as f32, self.frequency(word) as f32);
        (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
    }

    /// Bytes of memory, without what the allocator adds.
    pub fn bytes(&self) -> usize {
        let lists: usize = self
            .lists
            .iter()
            .map(|(word, list)| {
                word.capacity() + size_of::<(String, Vec<Posting>)>() + list.capacity() * size_of::<Posting>()
            })
            .sum();
        lists + self.lengths.capacity() * size_of::<u32>()
    }

    /// The `most` best texts for some words, each there once, among those that `may` lets through; the best first.
    pub fn search(&self, asked: &[Wanted], most: usize, may: impl Fn(usize) -> bool) -> Vec<Scored> {
        let average = (self.total as f32 / self.len().max(1) as f32).max(1.0);
        let mut scores = vec![0.0_f32; self.len()];
        let mut touched: Vec<u32> = Vec::new();
        for Wanted { word, weight } in asked {
            let Some(list) = self.lists.get(word) else { continue };
            let rarity = weight * self.rarity(word);
            for Posting { at, times } in list {
                let score = &mut scores[*at as usize];
                if *score == 0.0 {
                    touched.push(*at);
                }
                let length = self.lengths[*at as usize] as f32 / average;
                let times = *times as f32;
                *score += rarity * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length));
            }
        }
        // Kept unsorted and cut in half whenever it is twice too long; only of what would stay the filter is asked, because that
        // looks at a document.
        let mut found: Vec<Scored> = Vec::with_capacity(2 * most);
        let mut least = 0.0;
        for at in touched.into_iter().map(|at| at as usize) {
            let score = scores[at];
            if most > 0 && score >= least && may(at) {
                found.push(Scored { at, score });
                if found.len() == 2 * most {
                    shorten(&mut found, most);
                    least = found[most - 1].score;
                }
            }
        }
        shorten(&mut found, most);
        found
    }
}

/// The best, equal ones in the order of their numbers.
fn shorten(found: &mut Vec<Scored>, most: usize) {
    found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.at.cmp(&b.at)));
    found.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thesaurus::plain;

    fn index(texts: &[&str]) -> Keyword {
        let mut index = Keyword::default();
        texts.iter().for_each(|text| index.push(counted(text)));
        index
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        let index = index(&["gate gate dock", "dock", "lamp lamp lamp lamp"]);
        let found = index.search(&plain("the gate"), 9, |_| true);
        // One of three texts has the word, twice, and is 3 words long where 8/3 is the average.
        let rarity = (1.0_f32 + (3.0 - 1.0 + 0.5) / 1.5).ln();
        let expected = rarity * 2.0 * 2.2 / (2.0 + 1.2 * (0.4 + 0.6 * 3.0 / (8.0 / 3.0)));
        assert_eq!(found.len(), 1);
        assert!((found[0].score - expected).abs() < 1e-5 && found[0].at == 0, "{found:?}");
    }

    #[test]
    fn what_is_taken_away_was_never_there() {
        let texts = ["dock station", "dock gate lamp", "dock lamp", "dock dock dock", "nothing here"];
        let mut index_of_all = index(&texts);
        index_of_all.keep(&[false, true, true, false, true]);
        let index_of_some = index(&[texts[1], texts[2], texts[4]]);
        assert_eq!((index_of_all.len(), index_of_all.frequency("station")), (3, 0));
        for asked in ["dock", "gate lamp", "nothing"] {
            let found = |index: &Keyword| index.search(&plain(asked), 9, |_| true);
            assert_eq!(found(&index_of_all), found(&index_of_some), "{asked}");
        }
    }

    #[test]
    fn rare_words_count_more_and_filters_come_first() {
        let index = index(&["dock station", "dock gate", "dock lamp", "dock dock dock", "nothing here"]);
        let order = |question: &str, most| {
            index.search(&plain(question), most, |_| true).iter().map(|found| found.at).collect::<Vec<_>>()
        };
        assert_eq!(order("dock gate", 9)[0], 1);
        assert_eq!(order("dock gate", 1), [1]);
        assert_eq!(order("of the", 9), [0_usize; 0]);
        assert_eq!(order("dock", 0), [0_usize; 0]);
        let filtered = index.search(&plain("dock"), 2, |at| at > 1);
        assert_eq!(filtered.iter().map(|found| found.at).collect::<Vec<_>>(), [3, 2]);
    }
}
