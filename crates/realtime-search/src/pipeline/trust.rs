//! (8) Trust and preference: who says it, and what whoever asks wants to read.

use super::{Candidate, context::Profile};

/// Outlet, topic, language, place: what each adds where it fits.
const SOURCE: f64 = 0.35;
const TOPIC: f64 = 0.35;
const LANGUAGE: f64 = 0.3;
const PLACE: f64 = 0.3;

/// An outlet that is trusted this far is believed as much as any.
const BELIEVED: f64 = 0.6;

/// What an outlet's word counts, from 0 to 1: good outlets are alike, and bad ones fall behind fast.
pub fn credibility(trust: f64) -> f64 {
    (trust / BELIEVED).clamp(0.0, 1.0)
}

/// How much an article is what a profile prefers, from -1 (an outlet that is not wanted) to 1.
pub fn preference(candidate: &Candidate, profile: &Profile) -> f64 {
    let article = &candidate.indexed.article;
    let named = |list: &[String], name: &str| list.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    if named(&profile.blocked, &article.source) {
        return -1.0;
    }
    let mut sum = 0.0;
    if named(&profile.sources, &article.source) {
        sum += SOURCE;
    }
    if article.topics.iter().any(|topic| named(&profile.topics, topic)) {
        sum += TOPIC;
    }
    if !profile.languages.is_empty() {
        sum += if named(&profile.languages, &article.language) { LANGUAGE } else { -LANGUAGE };
    }
    if article.region.as_ref().is_some_and(|region| profile.regions.contains(region)) {
        sum += PLACE;
    } else if !profile.places.is_empty() {
        let found = profile.places.iter().filter(|stem| candidate.indexed.stems.contains_key(*stem)).count();
        sum += PLACE * found as f64 / profile.places.len() as f64;
    }
    sum.clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::candidate;

    #[test]
    fn what_is_wanted_counts_and_what_is_not_wanted_counts_most() {
        let article = candidate("a", "https://a.example", "The bridge in Lindhaven", 0.5, &[]);
        let source = article.indexed.article.source.clone();
        let neutral = Profile::default();
        let local = Profile { places: vec!["lindhaven".to_owned()], ..Profile::default() };
        let german = Profile { languages: vec!["de".to_owned()], ..Profile::default() };
        let blocked = Profile { blocked: vec![source], ..local.clone() };
        assert!(preference(&article, &neutral).abs() < 1e-9);
        assert!(preference(&article, &local) > 0.2);
        assert!(preference(&article, &german) < 0.0);
        assert!((preference(&article, &blocked) + 1.0).abs() < 1e-9);
    }
}
