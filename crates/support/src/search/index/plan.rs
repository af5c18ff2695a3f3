//! From a person's words to a query of the index.

use std::ops::Bound;

use tantivy::{
    Term,
    query::{
        AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery,
        TermQuery,
    },
    schema::{Field, IndexRecordOption},
};

use super::{
    Analyzer, Filter, IndexOptions, MAX_QUERY_CHARS, MAX_QUERY_WORDS, SearchQuery, WeightedWord, document::facet,
    schema::Fields,
};

type Clause = (Occur, Box<dyn Query>);

/// Pairs are looked for in queries of so many words: longer ones are sentences, where pairs are chance.
const MOST_PAIRED_WORDS: usize = 12;

/// Knows the fields and the words.
pub(super) struct Planner {
    fields: Fields,
    analyzer: Analyzer,
    title_boost: f32,
    pair_boost: f32,
}

impl Planner {
    pub(super) fn new(fields: Fields, options: &IndexOptions) -> Self {
        let analyzer = Analyzer::new(options.language);
        Self { fields, analyzer, title_boost: options.title_boost, pair_boost: options.pair_boost }
    }

    pub(super) fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    pub(super) fn plan(&self, query: &SearchQuery) -> BooleanQuery {
        let text: String = query.text.chars().take(MAX_QUERY_CHARS).collect();
        let mut clauses = Vec::new();
        let (mut should, mut is_asked) = (Vec::new(), false);
        let mut words = String::new();
        for piece in pieces(&text).into_iter().take(MAX_QUERY_WORDS) {
            match piece {
                Piece::Word(word) => {
                    words.push_str(word);
                    words.push(' ');
                }
                Piece::Phrase(phrase) => {
                    if let Some(phrase) = self.phrase(phrase) {
                        is_asked = true;
                        clauses.push((Occur::Must, phrase));
                    }
                }
                Piece::Not(unwanted) => clauses.extend(self.unwanted(unwanted)),
            }
        }
        self.words(&words, &mut should);
        let also = query.also.iter().take(MAX_QUERY_WORDS).filter(|also| also.weight.is_finite() && also.weight > 0.0);
        should.extend(also.filter_map(|WeightedWord { word, weight }| {
            Some((Occur::Should, Box::new(BoostQuery::new(self.phrase(word)?, *weight)) as Box<dyn Query>))
        }));
        match (should.is_empty(), is_asked) {
            // With a phrase that has to stand there, the other words only weigh.
            (false, true) => clauses.extend(should),
            (false, false) => clauses.push((Occur::Must, Box::new(BooleanQuery::new(should)))),
            (true, true) => {}
            (true, false) => clauses.push((Occur::Must, Box::new(AllQuery))),
        }
        clauses.extend(query.filters.iter().filter_map(|filter| self.filter(filter)));
        BooleanQuery::new(clauses)
    }

    /// Words that stand together, in the title or in the body; a single word in any form.
    pub(super) fn phrase(&self, text: &str) -> Option<Box<dyn Query>> {
        let stems = self.analyzer.positioned(&text.chars().take(MAX_QUERY_CHARS).collect::<String>());
        let stems = &stems[..stems.len().min(MAX_QUERY_WORDS)];
        match stems {
            [] => None,
            [(_, stem)] => Some(self.word(stem)),
            several => Some(self.in_both(|field| {
                let terms = several.iter().map(|(position, stem)| (*position, Term::from_field_text(field, stem)));
                Box::new(PhraseQuery::new_with_offset(terms.collect()))
            })),
        }
    }

    fn unwanted(&self, text: &str) -> Option<Clause> {
        // Twice the same, because a phrase alone must not be asked for a document before its first one, which an
        // exclusion does (a bug of tantivy 0.27), and a union may be asked for any.
        let twice = vec![self.phrase(text)?, self.phrase(text)?];
        Some((Occur::MustNot, Box::new(BooleanQuery::union(twice))))
    }

    fn words(&self, text: &str, clauses: &mut Vec<Clause>) {
        let mut stems = self.analyzer.positioned_without_stop_words(text);
        if stems.is_empty() {
            stems = self.analyzer.positioned(text);
        }
        stems.truncate(MAX_QUERY_WORDS);
        if self.pair_boost > 0.0 && stems.len() <= MOST_PAIRED_WORDS {
            for pair in stems.windows(2) {
                let [(first, a), (second, b)] = pair else { continue };
                // Two further apart than one stop word are no pair.
                if a != b && second - first <= 2 {
                    let together = self.in_both(|field| {
                        let terms = vec![
                            (0, Term::from_field_text(field, a)),
                            (second - first, Term::from_field_text(field, b)),
                        ];
                        Box::new(PhraseQuery::new_with_offset(terms))
                    });
                    clauses.push((Occur::Should, Box::new(BoostQuery::new(together, self.pair_boost))));
                }
            }
        }
        let mut seen = Vec::new();
        for (_, stem) in stems {
            if !seen.contains(&stem) {
                clauses.push((Occur::Should, self.word(&stem)));
                seen.push(stem);
            }
        }
    }

    fn word(&self, stem: &str) -> Box<dyn Query> {
        self.in_both(|field| Box::new(TermQuery::new(Term::from_field_text(field, stem), IndexRecordOption::WithFreqs)))
    }

    fn in_both(&self, query: impl Fn(Field) -> Box<dyn Query>) -> Box<dyn Query> {
        let title = BoostQuery::new(query(self.fields.title), self.title_boost);
        Box::new(BooleanQuery::new(vec![(Occur::Should, Box::new(title)), (Occur::Should, query(self.fields.body))]))
    }

    fn filter(&self, filter: &Filter) -> Option<Clause> {
        let any_of = |name: &str, values: &[String]| -> Box<dyn Query> {
            let terms = values.iter().map(|value| Term::from_field_text(self.fields.facet, &facet(name, value)));
            let queries = terms.map(|term| Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>);
            Box::new(BooleanQuery::union(queries.collect()))
        };
        let (occur, query): Clause = match filter {
            Filter::Is { any_of: values, .. } if values.is_empty() => (Occur::Must, Box::new(EmptyQuery)),
            Filter::IsNot { any_of: values, .. } if values.is_empty() => return None,
            Filter::Is { facet, any_of: values } => (Occur::Must, any_of(facet, values)),
            Filter::IsNot { facet, any_of: values } => (Occur::MustNot, any_of(facet, values)),
            Filter::Date { from, until } => {
                let term = |date: i64| Term::from_field_i64(self.fields.date, date);
                let from = Bound::Included(term(from.unwrap_or(i64::MIN)));
                let until = until.map_or(Bound::Unbounded, |until| Bound::Excluded(term(until)));
                (Occur::Must, Box::new(RangeQuery::new(from, until)))
            }
            Filter::Number { least, most } => {
                let term = |number: f64| Term::from_field_f64(self.fields.number, number);
                let least = Bound::Included(term(least.unwrap_or(f64::NEG_INFINITY)));
                let most = Bound::Included(term(most.unwrap_or(f64::INFINITY)));
                (Occur::Must, Box::new(RangeQuery::new(least, most)))
            }
        };
        // A filter lets through, and weighs nothing.
        Some((occur, Box::new(ConstScoreQuery::new(query, 0.0))))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Word(&'a str),
    Phrase(&'a str),
    Not(&'a str),
}

/// Never fails: a quote without its partner quotes to the end, a hyphen inside a word is part of it.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let unsigned =
            rest.strip_prefix('-').filter(|next| next.starts_with(|c: char| is_quote(c) || c.is_alphanumeric()));
        let start = unsigned.unwrap_or(rest);
        let quoted = start.strip_prefix(is_quote);
        let (piece, next) = match quoted {
            Some(quoted) => quoted.split_once(is_quote).unwrap_or((quoted, "")),
            None => start.split_at(start.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(start.len())),
        };
        pieces.push(match (unsigned, quoted) {
            (Some(_), _) => Piece::Not(piece),
            (None, Some(_)) => Piece::Phrase(piece),
            (None, None) => Piece::Word(piece),
        });
        rest = next.trim_start();
    }
    pieces
}

/// Typed, and as keyboards of phones write it.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_types() {
        use Piece::{Not, Phrase, Word};
        for (text, expected) in [
            ("rust  async", vec![Word("rust"), Word("async")]),
            ("\"green tea\" -milk", vec![Phrase("green tea"), Not("milk")]),
            ("-\"black tea\" pot", vec![Not("black tea"), Word("pot")]),
            ("wi-fi - router", vec![Word("wi-fi"), Word("-"), Word("router")]),
            ("\"left open", vec![Phrase("left open")]),
            ("say\"what\"now", vec![Word("say"), Phrase("what"), Word("now")]),
            ("\u{201e}gut\u{201c} --", vec![Phrase("gut"), Word("--")]),
            ("\"\" -", vec![Phrase(""), Word("-")]),
            ("  ", vec![]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
