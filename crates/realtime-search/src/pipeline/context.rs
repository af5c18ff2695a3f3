//! (2) Context: what a session knows, as weights that a query and a ranking can use.

use std::collections::HashMap;

use super::{Candidate, analyse::Analysis};
use crate::{article::Indexed, session::Session, text};

/// Terms of a profile that count.
const MOST_TERMS: usize = 40;
/// Terms of the profile that are looked for besides the query's own.
const ADDED_TERMS: usize = 4;
/// What one query back counts less.
const FADING: f64 = 0.75;
/// Queries back that are looked at.
const QUERIES: usize = 6;
/// A click that was followed by this many seconds of reading counts in full.
const READ_SECONDS: f64 = 30.0;

/// What is known of whoever asks, and weighs in the ranking.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Weight of each stem that queries and read articles have in common; the largest is 1.
    pub stems: HashMap<String, f64>,
    /// Stems of the query before this one.
    pub last_query: Vec<String>,
    /// Topics that are wanted.
    pub topics: Vec<String>,
    /// Outlets that are wanted.
    pub sources: Vec<String>,
    /// Outlets that are not.
    pub blocked: Vec<String>,
    /// Languages that are read.
    pub languages: Vec<String>,
    /// Where whoever asks is.
    pub regions: Vec<String>,
    /// Stems of that, and of the field of work.
    pub places: Vec<String>,
    /// Articles that were opened: they are known.
    pub seen: Vec<String>,
}

impl Profile {
    /// What a session knows. `find` gives an article that was opened, `rarity` how much a stem says.
    pub fn of(
        session: &Session,
        find: impl Fn(&str) -> Option<std::sync::Arc<Indexed>>,
        rarity: &impl Fn(&str) -> f64,
    ) -> Self {
        let mut stems: HashMap<String, f64> = HashMap::new();
        let mut add = |stem: &str, weight: f64| *stems.entry(stem.to_owned()).or_default() += weight * rarity(stem);
        for (back, asked) in session.history.iter().rev().take(QUERIES).enumerate() {
            let weight = FADING.powi(i32::try_from(back).unwrap_or(i32::MAX));
            text::stems(&asked.query).iter().for_each(|stem| add(stem, weight));
        }
        for read in session.interactions.iter().rev().take(20) {
            let Some(article) = find(&read.id) else { continue };
            let attention = 0.5 + 0.5 * (read.dwell_seconds / READ_SECONDS).min(1.0);
            let length = f64::from(article.stems.values().sum::<u32>()).max(1.0);
            for (stem, count) in &article.stems {
                add(stem, 12.0 * attention * f64::from(*count) / length);
            }
            text::stems(&article.article.title).iter().for_each(|stem| add(stem, 0.5 * attention));
        }
        for topic in session.preferences.topics.iter().chain(session.domain.as_ref()) {
            text::stems(topic).iter().for_each(|stem| add(stem, 0.7));
        }
        let mut ranked: Vec<(String, f64)> = stems.into_iter().collect();
        ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        ranked.truncate(MOST_TERMS);
        let most = ranked.first().map_or(1.0, |(_, weight)| *weight).max(f64::MIN_POSITIVE);
        let preferences = &session.preferences;
        let place = preferences.region.iter().chain(session.domain.as_ref());
        Self {
            stems: ranked.into_iter().map(|(stem, weight)| (stem, weight / most)).collect(),
            last_query: session.history.last().map(|asked| text::stems(&asked.query)).unwrap_or_default(),
            topics: preferences.topics.iter().map(|topic| topic.to_lowercase()).collect(),
            sources: preferences.sources.clone(),
            blocked: preferences.blocked_sources.clone(),
            languages: preferences.languages.clone(),
            regions: preferences.region.iter().map(|region| region.to_lowercase()).collect(),
            places: place.flat_map(|place| text::stems(place)).collect(),
            seen: session.interactions.iter().map(|read| read.id.clone()).collect(),
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.stems.is_empty() && self.sources.is_empty() && self.languages.is_empty() && self.places.is_empty()
    }

    /// Words that make the query plainer, the weightiest first: those of the last query where this one goes on from it,
    /// and else those that the profile is surest of. None where the query already speaks of them.
    pub fn added(&self, analysis: &Analysis) -> Vec<String> {
        let own = text::stems(&analysis.text);
        let mut added: Vec<String> = Vec::new();
        if analysis.follow_up {
            added.extend(self.last_query.iter().filter(|stem| !own.contains(stem)).cloned());
        }
        let mut ranked: Vec<(&String, &f64)> = self.stems.iter().collect();
        ranked.sort_by(|one, other| other.1.total_cmp(one.1).then(one.0.cmp(other.0)));
        for (stem, _) in ranked {
            if added.len() >= ADDED_TERMS {
                break;
            }
            if !own.contains(stem) && !added.contains(stem) {
                added.push(stem.clone());
            }
        }
        added.truncate(ADDED_TERMS);
        added
    }

    /// How much an article has to do with what was spoken of, from 0 to 1.
    pub fn affinity(&self, candidate: &Candidate) -> f64 {
        if self.stems.is_empty() {
            return 0.0;
        }
        let stems = &candidate.indexed.stems;
        let norm = |weights: &mut dyn Iterator<Item = f64>| weights.map(|weight| weight * weight).sum::<f64>().sqrt();
        let damped = |count: u32| 1.0 + f64::from(count).ln();
        let shared: f64 =
            self.stems.iter().filter_map(|(stem, weight)| stems.get(stem).map(|count| weight * damped(*count))).sum();
        // Only what the profile knows is measured: what else an article says does not speak against it.
        let most = norm(&mut self.stems.values().copied());
        let own = norm(&mut self.stems.keys().filter_map(|stem| stems.get(stem)).map(|count| damped(*count)));
        if own == 0.0 { 0.0 } else { (shared / (most * own.max(2.5))).clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pipeline::{analyse::analyse, tests::candidate},
        session::Asked,
    };

    fn session(queries: &[&str]) -> Session {
        let history = queries.iter().map(|query| Asked { query: (*query).to_owned(), at: 0 }).collect();
        Session { history, ..Session::default() }
    }

    #[test]
    fn what_was_asked_before_decides_between_two_meanings() {
        let profile = Profile::of(&session(&["big cats of the rainforest", "ocelot habitat"]), |_| None, &|_| 1.0);
        let cat = candidate("cat", "https://a.example", "The jaguar hunts in the rainforest at night", 0.5, &[]);
        let car = candidate("car", "https://b.example", "The jaguar has a new electric motor", 0.5, &[]);
        assert!(profile.affinity(&cat) > profile.affinity(&car));
        assert!(profile.affinity(&car).abs() < 1e-9);
    }

    #[test]
    fn a_follow_up_takes_the_words_of_the_query_before() {
        let profile = Profile::of(&session(&["weather", "Rovers cup semi-final"]), |_| None, &|_| 1.0);
        let added = profile.added(&analyse("what about the second leg?", 0));
        assert_eq!(added[..2], text::stems("Rovers cup")[..], "{added:?}");
        assert!(Profile::default().added(&analyse("what about it", 0)).is_empty());
    }
}
