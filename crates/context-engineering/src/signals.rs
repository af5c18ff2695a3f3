//! (5) What speaks for a unit: each signal is from 0 to about 1.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    corpus::Corpus,
    features::{features, words},
    thesaurus::{Wanted, expanded, plain},
};

/// The names of the signals.
pub const NAMES: [&str; SIGNALS] = [
    "words",
    "headings",
    "share",
    "pairs",
    "identifiers",
    "figure",
    "length",
    "chunk by words",
    "chunk by vectors",
    "chunk by both",
    "source",
    "neighbour",
    "feedback",
    "vector",
    "nearest words",
    "best chunk of source",
];
/// How many signals there are.
pub const SIGNALS: usize = 16;
const WORDS: usize = 0;
const HEADINGS: usize = 1;
const SHARE: usize = 2;
const PAIRS: usize = 3;
const IDENTIFIERS: usize = 4;
const FIGURE: usize = 5;
const LENGTH: usize = 6;
const CHUNK: usize = 7;
const SOURCE: usize = 10;
const NEIGHBOUR: usize = 11;
const FEEDBACK: usize = 12;
const VECTOR: usize = 13;
const NEAREST: usize = 14;
const BEST: usize = 15;
/// Those that have no bound of their own: they are counted of the best.
const OF_THE_BEST: [usize; 7] = [WORDS, HEADINGS, SOURCE, NEIGHBOUR, FEEDBACK, VECTOR, NEAREST];

/// How soon more of the same word stops to matter, and what a long unit has to pay (BM25).
const K1: f32 = 1.2;
const B: f32 = 0.3;
/// Words of a usual unit.
const USUAL: f32 = 30.0;
/// Units that the question learns words from, and the words that it learns.
const TEACHERS: usize = 8;
const LEARNED: usize = 20;
/// Best units that say what a source is worth.
const OF_A_SOURCE: usize = 4;

/// A unit of a chunk that was found.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// The number of the chunk.
    pub at: usize,
    /// Its number in the chunk.
    pub number: usize,
    /// What speaks for it.
    pub signals: [f32; SIGNALS],
    document: &'a str,
    above: String,
    text: &'a str,
    words: Vec<String>,
}

impl Unit<'_> {
    /// What the cheap signals say.
    pub(crate) fn promise(&self) -> f32 {
        let of = |signal: usize| self.signals[signal];
        of(WORDS) + 2.0 * of(SHARE) + of(SOURCE) + of(CHUNK) + of(CHUNK + 1) + of(CHUNK + 2) + of(PAIRS)
    }
}

/// A question, taken apart once.
#[derive(Debug)]
pub struct Asked {
    words: Vec<Wanted>,
    expanded: Vec<Wanted>,
    identifiers: Vec<String>,
    wants_figure: bool,
    mass: f32,
}

impl Asked {
    /// Takes a question apart.
    pub fn new(corpus: &Corpus, question: &str) -> Self {
        let words = plain(question);
        let lower = question.to_lowercase();
        let figures = [
            "how many",
            "how much",
            "how long",
            "how often",
            "how far",
            "how old",
            "how fast",
            "how big",
            "how high",
            "how large",
            "when ",
            "what time",
            "limit",
            "price",
            "cost",
        ];
        let identifiers = question
            .split(|letter: char| letter.is_whitespace() || ",?!()\"'`".contains(letter))
            .map(|word| word.trim_matches(['.', ';', ':']))
            .filter(|word| word.len() > 2 && is_identifier(word))
            .map(str::to_lowercase);
        let mass = words.iter().map(|wanted| corpus.keyword().rarity(&wanted.word)).sum::<f32>().max(1e-6);
        Self {
            expanded: expanded(question),
            identifiers: identifiers.collect(),
            wants_figure: figures.iter().any(|form| lower.contains(form)),
            mass,
            words,
        }
    }

    /// The signals that need no other unit. `found` is how well its chunk was found, by words, vectors and both.
    pub fn judge<'a>(&self, corpus: &'a Corpus, at: usize, number: usize, found: [f32; 3]) -> Unit<'a> {
        let piece = corpus.piece(at);
        let unit = &piece.chunk.units[number];
        let text = &piece.document.text[unit.span.clone()];
        let head = unit.table_head.clone().map_or("", |head| &piece.document.text[head]);
        let above = format!("{}\n{}\n{head}", piece.document.about.title, unit.headings.join("\n"));
        let here: Vec<String> = words(text).collect();
        let over: Vec<String> = words(&above).collect();
        let both: BTreeSet<&String> = here.iter().chain(&over).collect();
        let has = self.words.iter().filter(|wanted| both.contains(&wanted.word));
        let lower = text.to_lowercase();
        let named = self.identifiers.iter().filter(|name| lower.contains(name.as_str())).count();
        let follows = |pair: &&[Wanted]| here.windows(2).any(|two| two[0] == pair[0].word && two[1] == pair[1].word);
        let pairs = self.words.windows(2).filter(follows).count();
        let mut signals = [0.0; SIGNALS];
        signals[WORDS] = score(corpus, &self.expanded, &here);
        signals[HEADINGS] = score(corpus, &self.expanded, &over);
        signals[SHARE] = has.map(|wanted| corpus.keyword().rarity(&wanted.word)).sum::<f32>() / self.mass;
        signals[PAIRS] = pairs.min(2) as f32 / 2.0;
        signals[IDENTIFIERS] = named as f32 / self.identifiers.len().max(1) as f32;
        signals[FIGURE] = if self.wants_figure && text.chars().any(char::is_numeric) { 1.0 } else { 0.0 };
        signals[LENGTH] = (here.len() as f32 + 1.0).ln() / 4.0;
        signals[CHUNK..CHUNK + 3].copy_from_slice(&found);
        Unit { at, number, signals, document: &piece.document.id, above, text, words: here }
    }
}

/// BM25 of one unit, with the corpus's rarities.
fn score(corpus: &Corpus, wanted: &[Wanted], text: &[String]) -> f32 {
    let mut times: HashMap<&str, f32> = HashMap::new();
    for word in text {
        *times.entry(word).or_default() += 1.0;
    }
    let length = 1.0 - B + B * text.len() as f32 / USUAL;
    let of = |Wanted { word, weight }: &Wanted| {
        let times = *times.get(word.as_str())?;
        Some(weight * corpus.keyword().rarity(word) * times * (K1 + 1.0) / (times + K1 * length))
    };
    wanted.iter().filter_map(of).sum()
}

/// What the other units of a source say of one: a good source, and a good unit beside it.
pub fn from_neighbours(units: &mut [Unit<'_>]) {
    let mut sources: HashMap<&str, Vec<f32>> = HashMap::new();
    for unit in units.iter() {
        sources.entry(unit.document).or_default().push(unit.signals[WORDS]);
    }
    let sources: HashMap<&str, f32> = sources
        .into_iter()
        .map(|(source, mut scores)| {
            scores.sort_unstable_by(|a, b| b.total_cmp(a));
            (source, scores.iter().take(OF_A_SOURCE).sum())
        })
        .collect();
    let mut chunks: HashMap<&str, f32> = HashMap::new();
    for unit in units.iter() {
        let best = chunks.entry(unit.document).or_default();
        *best = best.max((unit.signals[CHUNK] + unit.signals[CHUNK + 1]) / 2.0);
    }
    let scores: Vec<(&str, f32)> = units.iter().map(|unit| (unit.document, unit.signals[WORDS])).collect();
    for (at, unit) in units.iter_mut().enumerate() {
        let of = |at: usize| {
            scores.get(at).filter(|(document, _)| *document == unit.document).map_or(0.0, |(_, score)| *score)
        };
        let neighbour = at.checked_sub(1).map_or(0.0, of).max(of(at + 1));
        unit.signals[NEIGHBOUR] = neighbour;
        unit.signals[BEST] = chunks.get(unit.document).copied().unwrap_or_default();
        unit.signals[SOURCE] = sources.get(unit.document).copied().unwrap_or_default();
    }
}

/// The question in the words of those who seem to answer it (relevance feedback).
pub fn feedback(corpus: &Corpus, asked: &Asked, units: &mut [Unit<'_>]) {
    let mut order: Vec<&Unit<'_>> = units.iter().collect();
    order.sort_by(|a, b| b.promise().total_cmp(&a.promise()));
    let mut weights: BTreeMap<&str, f32> = BTreeMap::new();
    for unit in order.into_iter().take(TEACHERS) {
        let distinct: BTreeSet<&str> = unit.words.iter().map(String::as_str).collect();
        let length = (distinct.len().max(1) as f32).sqrt();
        for word in distinct {
            *weights.entry(word).or_default() += corpus.keyword().rarity(word) / length;
        }
    }
    let is_new = |(word, _): &(&str, f32)| asked.words.iter().all(|wanted| wanted.word != *word);
    let mut learned: Vec<(&str, f32)> = weights.into_iter().filter(is_new).collect();
    learned.sort_by(|a, b| b.1.total_cmp(&a.1));
    learned.truncate(LEARNED);
    let best = learned.first().map_or(1.0, |(_, weight)| *weight);
    let wanted: Vec<Wanted> =
        learned.iter().map(|(word, weight)| Wanted { word: (*word).to_owned(), weight: weight / best }).collect();
    for unit in units.iter_mut() {
        unit.signals[FEEDBACK] = score(corpus, &wanted, &unit.words);
    }
}

/// What vectors say: of the whole unit, and, for each word of the question, of the word in the unit that is nearest to it.
/// Without learned vectors, how near the chunk is stands in for both: a service is not asked for every unit.
pub fn from_vectors(corpus: &Corpus, question: &str, asked: &Asked, units: &mut [Unit<'_>]) {
    let Some(learned) = corpus.learned() else {
        for unit in units {
            unit.signals[VECTOR] = unit.signals[CHUNK + 1];
            unit.signals[NEAREST] = unit.signals[CHUNK + 1];
        }
        return;
    };
    let whole = learned.vector(&features(question));
    let wanted: Vec<(f32, Vec<f32>)> = asked
        .words
        .iter()
        .map(|wanted| (corpus.keyword().rarity(&wanted.word) / asked.mass, learned.latent(&features(&wanted.word))))
        .collect();
    let mut known: HashMap<String, Vec<f32>> = HashMap::new();
    for unit in units {
        let vector = learned.vector(&features(&format!("{}\n{}", unit.above, unit.text)));
        unit.signals[VECTOR] = dot(&vector, &whole) / (dot(&vector, &vector) * dot(&whole, &whole)).sqrt().max(1e-9);
        let mut nearest = vec![0.0_f32; wanted.len()];
        for word in &unit.words {
            let near = known.entry(word.clone()).or_insert_with(|| {
                let vector = learned.latent(&features(word));
                wanted.iter().map(|(_, other)| dot(&vector, other)).collect()
            });
            nearest.iter_mut().zip(near).for_each(|(to, near)| *to = to.max(*near));
        }
        unit.signals[NEAREST] = wanted.iter().zip(&nearest).map(|((share, _), near)| share * near).sum();
    }
}

/// Makes those without a bound a share of the best.
pub fn scaled(units: &mut [Unit<'_>]) {
    for signal in OF_THE_BEST {
        let best = units.iter().map(|unit| unit.signals[signal]).fold(1e-6, f32::max);
        units.iter_mut().for_each(|unit| unit.signals[signal] /= best);
    }
}

fn is_identifier(word: &str) -> bool {
    word.chars().any(|letter| letter.is_numeric() || letter == '_') || word.chars().skip(1).any(char::is_uppercase)
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
