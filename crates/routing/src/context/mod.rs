//! (3) The context router: which nodes may answer at all, and which of those should.
//!
//! In this order: residency is the law, and fails closed; the version is a promise; the region is a wish. What is left
//! goes to a [strategy](crate::strategy).

mod region;
mod version;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    region::{Region, nearest},
    version::{VersionError, Wanted},
};

/// What a call asks of its node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Need {
    /// Where data has to stay, such as `eu`; none when that does not matter.
    pub residency: Option<String>,
    /// Which version of the tool.
    pub version: Wanted,
    /// Where the caller is.
    pub region: Option<Region>,
    /// Who calls: the same caller always gets the same side of a canary.
    pub caller: String,
}

/// What a node offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where it runs.
    pub region: Region,
    /// Where the data that it sees stays. A node that does not say keeps data nowhere in particular.
    pub residency: Option<&'a str>,
    /// The version of its tools.
    pub version: &'a semver::Version,
    /// What is said to those who still use it.
    pub deprecated: Option<&'a str>,
    /// Which share of callers, in percent, gets it although nobody asks for its version; none for a node that is in
    /// full use.
    pub canary_percent: Option<u8>,
}

/// The nodes that should answer, and what was decided on the way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Narrowed {
    /// Their indices among the offers.
    #[serde(skip)]
    pub chosen: Vec<usize>,
    /// Why each node that was not chosen was not, by id.
    pub left_out: BTreeMap<String, String>,
    /// What the caller should know, such as a deprecation.
    pub notices: Vec<String>,
}

/// Why no node may answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ContextError {
    /// Answering elsewhere would break a law or a contract.
    #[error("no node keeps data in '{residency}'; there are: {known}")]
    Residency {
        /// What was asked for.
        residency: String,
        /// Where data can stay.
        known: String,
    },
    /// Nobody has that version.
    #[error("no node has version {wanted}; there are: {known}")]
    Version {
        /// What was asked for.
        wanted: String,
        /// The versions of those that would be allowed.
        known: String,
    },
    /// There is nobody.
    #[error("no node can answer now")]
    Nobody,
}

/// Chooses among `offers`.
///
/// # Errors
/// [`ContextError`].
pub fn narrow(need: &Need, offers: &[Offer<'_>]) -> Result<Narrowed, ContextError> {
    if offers.is_empty() {
        return Err(ContextError::Nobody);
    }
    let mut narrowed = Narrowed { chosen: (0..offers.len()).collect(), ..Narrowed::default() };
    if let Some(residency) = &need.residency {
        // Fails closed: a node that does not say where data stays is none of those where it stays.
        narrowed.keep(offers, |offer| offer.residency == Some(residency), "keeps data elsewhere");
        if narrowed.chosen.is_empty() {
            let known = listed(offers.iter().filter_map(|offer| offer.residency.map(str::to_owned)));
            return Err(ContextError::Residency { residency: residency.clone(), known });
        }
    }
    let allowed = narrowed.chosen.clone();
    narrowed.keep(offers, |offer| need.version.accepts(offer.version), "has another version");
    if narrowed.chosen.is_empty() {
        let known = listed(allowed.iter().map(|&at| offers[at].version.to_string()));
        return Err(ContextError::Version { wanted: need.version.to_string(), known });
    }
    canary(need, offers, &mut narrowed);
    newest(offers, &mut narrowed);
    if let Some(region) = need.region {
        let nearest = nearest(region, narrowed.chosen.iter().map(|&at| offers[at].region));
        narrowed.keep(offers, |offer| Some(offer.region) == nearest, "is further away");
    }
    for &at in &narrowed.chosen {
        let offer = &offers[at];
        let notice = offer.deprecated.map(|text| format!("version {} is deprecated: {text}", offer.version));
        narrowed.notices.extend(notice.filter(|notice| !narrowed.notices.contains(notice)));
    }
    Ok(narrowed)
}

impl Narrowed {
    fn keep(&mut self, offers: &[Offer<'_>], keep: impl Fn(&Offer<'_>) -> bool, why_not: &str) {
        let (left_out, offers) = (&mut self.left_out, offers);
        self.chosen.retain(|&at| {
            let keeps = keep(&offers[at]);
            if !keeps {
                left_out.entry(offers[at].id.to_owned()).or_insert_with(|| why_not.to_owned());
            }
            keeps
        });
    }
}

/// Whoever asks for a version by name gets it; of the others, a share gets the canary, always the same callers.
fn canary(need: &Need, offers: &[Offer<'_>], narrowed: &mut Narrowed) {
    let is_canary = |at: &usize| offers[*at].canary_percent.is_some();
    if !need.version.is_any() || narrowed.chosen.iter().all(is_canary) {
        return;
    }
    let place = version::percentile(&need.caller);
    let has_canary = |offer: &Offer<'_>| offer.canary_percent.is_some_and(|percent| place < f64::from(percent));
    if narrowed.chosen.iter().any(|&at| has_canary(&offers[at])) {
        narrowed.keep(offers, has_canary, "this caller is among those who try the canary");
    } else {
        narrowed.keep(offers, |offer| offer.canary_percent.is_none(), "is a canary for other callers");
    }
}

/// Among versions that all fit, the newest; an old one answers only who asks for it.
fn newest(offers: &[Offer<'_>], narrowed: &mut Narrowed) {
    let newest = narrowed.chosen.iter().map(|&at| offers[at].version).max();
    narrowed.keep(offers, |offer| Some(offer.version) == newest, "has an older version");
}

/// Names in order, each once.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests;
