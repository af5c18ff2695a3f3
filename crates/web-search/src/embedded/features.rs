//! What stands above the results: a direct answer, a known thing, the best passage, what else people ask. All of it is
//! found in the collection, or is not there.

use std::collections::HashSet;

use mcp_support::search::provider::{
    AnswerBox, FeaturedSnippet, KnowledgeGraph, ProviderAnswer, RelatedQuestion, Vertical,
};

use super::{
    corpus::{Corpus, Document, Kind},
    extract::{beginning, passage},
    lexicon::{Lexicon, coverage},
    question::Question,
    rank::Ranked,
};

/// How much of the question somebody's question with its answer has to say, and its title alone, to be the answer.
const ANSWERED: f32 = 0.75;
const ASKED: f32 = 0.5;
/// How much of somebody's question has to be in ours: otherwise it asks for something narrower.
const ASKED_BACK: f32 = 0.3;
/// How much of the question a known thing has to say.
const KNOWN: f32 = 0.6;
/// How much of the question a passage has to say, and its page.
const SAID: f32 = 0.5;
/// How much of the question another one has to say.
const RELATED: f32 = 0.34;
const MOST_RELATED: usize = 4;

/// What is found, to stand above `ranked`, the results of a search of everything.
pub(super) fn add(
    answer: &mut ProviderAnswer,
    ranked: &[Ranked],
    question: &Question,
    vertical: Vertical,
    all: &All<'_>,
) {
    if vertical != Vertical::Web || question.terms.is_empty() {
        return;
    }
    let answers: Vec<&Ranked> = ranked.iter().filter(|hit| all.document(hit).kind == Kind::Answer).collect();
    let direct = answers.iter().copied().find(|hit| all.answers(hit, question));
    answer.answer_box = direct.map(|hit| {
        let document = all.document(hit);
        AnswerBox {
            answer: beginning(&document.text),
            title: Some(document.title.clone()),
            url: Some(document.url.clone()),
        }
    });
    answer.knowledge_graph = all.known(ranked, question).map(|document| KnowledgeGraph {
        title: document.title.clone(),
        kind: document.what.clone(),
        description: beginning(&document.text),
        url: Some(document.url.clone()),
        facts: document.facts.clone(),
    });
    answer.featured_snippet = all.featured(ranked, question);
    let others = answers.into_iter().filter(|hit| Some(hit.place) != direct.map(|direct| direct.place));
    answer.related_questions = others
        .filter(|hit| hit.coverage >= RELATED)
        .take(MOST_RELATED)
        .map(|hit| {
            let document = all.document(hit);
            RelatedQuestion {
                question: document.title.clone(),
                answer: beginning(&document.text),
                title: Some(document.title.clone()),
                url: Some(document.url.clone()),
            }
        })
        .collect();
}

/// The collection and its words.
pub(super) struct All<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) lexicon: &'a Lexicon,
}

impl<'a> All<'a> {
    fn document(&self, hit: &Ranked) -> &'a Document {
        &self.corpus.documents[hit.place]
    }

    /// Whether somebody has asked the same, so that the answer is the answer.
    fn answers(&self, hit: &Ranked, question: &Question) -> bool {
        let title = &self.lexicon.documents[hit.place].title;
        // Nearly every hit fails here, and the rest is dearer.
        if hit.coverage < ANSWERED || coverage(&question.terms, title) < ASKED {
            return false;
        }
        let ours: HashSet<String> = question
            .terms
            .iter()
            .flat_map(|term| std::iter::once(term.stem.clone()).chain(term.same.iter().flatten().cloned()))
            .collect();
        let theirs = self.lexicon.terms(&self.document(hit).title);
        coverage(&theirs, &ours) >= ASKED_BACK
    }

    /// The thing that the question names and is about. Of several the one with the longest name: an Andromeda galaxy is
    /// no galaxy first.
    fn known(&self, ranked: &[Ranked], question: &Question) -> Option<&'a Document> {
        let typed = self.lexicon.stems(&question.wishes.topic);
        let named = |document: &Document| {
            let names = std::iter::once(&document.title).chain(&document.aliases);
            let stems = names.map(|name| self.lexicon.stems(name)).filter(|stems| !stems.is_empty());
            stems
                .filter(|stems| typed.windows(stems.len()).any(|window| window == stems))
                .map(|stems| stems.len())
                .max()
        };
        let entities = ranked.iter().filter(|hit| hit.coverage >= KNOWN && self.document(hit).kind == Kind::Entity);
        let entities = entities.filter_map(|hit| Some((named(self.document(hit))?, hit)));
        let best = entities.max_by(|(a, one), (b, other)| a.cmp(b).then(one.score.total_cmp(&other.score)))?;
        Some(self.document(best.1))
    }

    /// The best passage of the first page that has one.
    fn featured(&self, ranked: &[Ranked], question: &Question) -> Option<FeaturedSnippet> {
        let pages = ranked.iter().filter(|hit| self.document(hit).kind == Kind::Page && hit.coverage >= SAID);
        let passages = pages.take(3).map(|hit| (hit, passage(&self.document(hit).text, &question.terms, self.lexicon)));
        let (hit, passage) = passages.into_iter().find(|(_, passage)| passage.coverage >= SAID)?;
        let document = self.document(hit);
        Some(FeaturedSnippet { text: passage.text, title: document.title.clone(), url: document.url.clone() })
    }
}
