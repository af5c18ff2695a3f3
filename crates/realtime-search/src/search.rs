//! A search from end to end, over one's own articles. Everything here blocks.

use std::{collections::HashMap, sync::Arc};

use mcp_support::search::index::{IndexError, WeightedWord};

use crate::{
    article::Indexed,
    library::{Kind, Library, Lookup},
    pipeline::{
        self, Asked, Candidate, Place, Weights, normalize,
        plan::{Plan, Sort, Wanted},
    },
    session::Session,
};

/// Results of the first list that are looked at.
const DEPTH: usize = 30;
/// Results of each other list: they mostly have the same articles in another order.
const OTHERS: usize = 20;
/// Articles of the first list that feedback is taken from.
const FEEDBACK_FROM: usize = 3;
/// How far their outlets must be trusted.
const FEEDBACK_TRUST: f64 = 0.4;
/// Words of feedback.
const FEEDBACK_WORDS: usize = 5;

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// What was looked for.
    pub plan: Plan,
    /// The best, in order.
    pub results: Vec<Candidate>,
    /// How many were ranked.
    pub considered: usize,
    /// What was left out as a copy, and what stands for it.
    pub duplicates: Vec<(String, String)>,
}

/// Searches one's own articles.
///
/// # Errors
/// The index is damaged.
pub fn search(
    library: &Library,
    wanted: Wanted,
    session: Option<&Session>,
    weights: &Weights,
    now: i64,
) -> Result<Found, IndexError> {
    let mut plan = Plan::new(library, wanted, session, now);
    let candidates = local(library, &mut plan, None, weights)?;
    Ok(finish(plan, candidates, weights))
}

/// The lists of one's own articles: what was typed, synonyms, feedback, and the words of the session. Feedback is
/// noted in the plan.
///
/// # Errors
/// The index is damaged.
pub fn local(
    library: &Library,
    plan: &mut Plan,
    kind: Option<Kind>,
    weights: &Weights,
) -> Result<Vec<Candidate>, IndexError> {
    let mut lists = Lists { library, kind, plan, scale: 1.0, found: HashMap::new(), order: Vec::new() };
    let words = lists.ask(&[], DEPTH)?;
    lists.scale = scale(library, plan, kind, &words)?;
    let best = lists.take("words", 1.0, words);
    let feedback = {
        // Whoever is trusted little must not choose what is looked for.
        let is_trusted = |id: &&String| {
            let indexed = lists.found.get(*id).map(|candidate| &candidate.indexed);
            indexed.is_some_and(|indexed| indexed.trust >= FEEDBACK_TRUST && indexed.flags.is_empty())
        };
        let ids: Vec<&str> = best.iter().filter(is_trusted).take(FEEDBACK_FROM).map(String::as_str).collect();
        library.top_terms(&ids, FEEDBACK_WORDS)
    };
    let weighted = |words: &[String], weight: f32| -> Vec<WeightedWord> {
        words.iter().map(|word| WeightedWord { word: word.clone(), weight }).collect()
    };
    let (synonyms, context) = (weighted(&plan.expansion.synonyms, 0.7), weighted(&plan.expansion.context, 0.5));
    for (name, weight, also) in [
        ("synonyms", weights.synonyms, synonyms),
        (
            "feedback",
            weights.feedback,
            feedback.iter().map(|word| WeightedWord { weight: word.weight * 0.3, ..word.clone() }).collect(),
        ),
        ("context", weights.context_list, context),
    ] {
        if !also.is_empty() && weight > 0.0 {
            let answer = lists.ask(&also, OTHERS)?;
            lists.take(name, weight, answer);
        }
    }
    let Lists { mut found, order, .. } = lists;
    plan.expansion.feedback = feedback.into_iter().map(|word| word.word).collect();
    Ok(order.iter().filter_map(|id| found.remove(id)).collect())
}

/// Ranks what the sources have found.
pub fn finish(plan: Plan, mut candidates: Vec<Candidate>, weights: &Weights) -> Found {
    candidates.retain(|candidate| plan.fits(candidate));
    let newest = plan.wanted.sort == Sort::Date;
    let most = if newest { usize::MAX } else { plan.wanted.limit };
    let (intent, profile, now) = (plan.analysis.intent, &plan.profile, plan.now);
    let own = if plan.analysis.follow_up { &[][..] } else { &plan.own };
    let ranking = pipeline::rank(candidates, Asked { intent, profile, own, now }, weights, most);
    let mut results = ranking.results;
    if newest {
        results.sort_by_key(|candidate| std::cmp::Reverse(candidate.indexed.published));
        results.truncate(plan.wanted.limit);
    }
    Found { plan, results, considered: ranking.considered, duplicates: ranking.duplicates }
}

/// What the lists of one kind count: as much as their best has of what the best of all kinds has. Ranks alone would
/// make the first of three poor articles as good as the first of thousands.
fn scale(library: &Library, plan: &Plan, kind: Option<Kind>, own: &[(Arc<Indexed>, f32)]) -> Result<f64, IndexError> {
    if kind.is_none() {
        return Ok(1.0);
    }
    let best = |list: &[(Arc<Indexed>, f32)]| list.first().map_or(0.0, |(_, score)| f64::from(*score));
    let all = best(&library.find(&lookup(plan, 1), None)?);
    Ok(if all > 0.0 { (best(own) / all).clamp(0.05, 1.0) } else { 1.0 })
}

fn lookup(plan: &Plan, limit: usize) -> Lookup {
    Lookup {
        text: plan.index_text(),
        also: Vec::new(),
        window: plan.window,
        language: plan.language.clone(),
        sources: plan.analysis.operators.sources.clone(),
        sites: plan.sites.clone(),
        excluded_sites: plan.excluded_sites.clone(),
        limit,
    }
}

struct Lists<'a> {
    library: &'a Library,
    kind: Option<Kind>,
    plan: &'a Plan,
    scale: f64,
    found: HashMap<String, Candidate>,
    order: Vec<String>,
}

impl Lists<'_> {
    /// One list, with the scores.
    fn ask(&self, also: &[WeightedWord], depth: usize) -> Result<Vec<(Arc<Indexed>, f32)>, IndexError> {
        let plan = self.plan;
        let lookup = Lookup { also: also.to_vec(), ..lookup(plan, depth.max(plan.wanted.limit * 2)) };
        self.library.find(&lookup, self.kind)
    }

    /// Notes where each article stands in a list. Returns the ids in its order.
    fn take(&mut self, name: &str, weight: f64, answer: Vec<(Arc<Indexed>, f32)>) -> Vec<String> {
        let prefix = self.kind.map_or("own", Kind::name);
        let list: Arc<str> = format!("{prefix}:{name}").into();
        let mut ids = Vec::new();
        for (at, (indexed, _)) in answer.into_iter().enumerate() {
            let id = indexed.article.id.clone();
            let place = Place { list: list.clone(), rank: at + 1, weight: weight * self.scale };
            ids.push(id.clone());
            match self.found.get_mut(&id) {
                Some(known) => known.places.push(place),
                None => {
                    self.order.push(id.clone());
                    self.found.insert(id, normalize::candidate(indexed, place));
                }
            }
        }
        ids
    }
}
