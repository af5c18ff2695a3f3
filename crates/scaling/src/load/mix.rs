//! What is called, and how often.

use std::{fmt, str::FromStr};

use rand::{Rng, RngExt};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `compute_heavy`.
    Compute,
    /// `cached_lookup`.
    Lookup,
    /// `append_workspace`.
    Append,
    /// `read_workspace`.
    Read,
    /// `node_info`, which costs next to nothing.
    Info,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Compute, Self::Lookup, Self::Append, Self::Read, Self::Info];

    /// Its name in a mix.
    pub fn name(self) -> &'static str {
        ["compute", "lookup", "append", "read", "info"][self as usize]
    }
}

/// Kinds with weights, such as `lookup=6,append=2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix(Vec<(Kind, u32)>);

impl Mix {
    /// One kind, by its weight.
    pub(super) fn choose(&self, random: &mut impl Rng) -> Kind {
        let total: u32 = self.0.iter().map(|(_, weight)| weight).sum();
        let mut at = random.random_range(0..total.max(1));
        for (kind, weight) in &self.0 {
            if at < *weight {
                return *kind;
            }
            at -= weight;
        }
        Kind::Info
    }
}

impl Default for Mix {
    fn default() -> Self {
        Self(vec![(Kind::Compute, 2), (Kind::Lookup, 4), (Kind::Append, 3), (Kind::Read, 1)])
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(kind, weight)| format!("{}={weight}", kind.name())).collect();
        f.write_str(&parts.join(","))
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kind = |name: &str| Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let parts = text.split(',').map(|part| {
            let (name, weight) = part.split_once('=')?;
            let weight = weight.parse::<u32>().ok().filter(|weight| (1..=1000).contains(weight))?;
            Some((kind(name)?, weight))
        });
        parts.collect::<Option<Vec<_>>>().map(Self).ok_or_else(|| {
            let known = Kind::ALL.map(Kind::name).join(", ");
            format!("expected NAME=WEIGHT with commas between them, of {known}, and weights from 1 to 1000")
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn a_mix_is_what_it_says() {
        let mix: Mix = "lookup=3,append=1".parse().expect("a mix");
        assert_eq!(mix.to_string(), "lookup=3,append=1");
        let mut random = StdRng::seed_from_u64(1);
        let appends = (0..4000).filter(|_| mix.choose(&mut random) == Kind::Append).count();
        assert!((900..1100).contains(&appends), "{appends}");
        for bad in ["", "lookup", "lookup=0", "nothing=1", "lookup=1,", "lookup=-1"] {
            assert!(bad.parse::<Mix>().is_err(), "{bad}");
        }
    }
}
