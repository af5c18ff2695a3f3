//! Versions of tools: what a caller may ask for, and who sees a canary.

use std::{fmt, str::FromStr};

use semver::{Op, Version, VersionReq};
use sha2::{Digest, Sha256};

/// Which versions a caller accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Any that is no pre-release.
    #[default]
    Any,
    /// `beta`, `alpha`, `rc`: a pre-release of that name.
    PreRelease(String),
    /// `v2`, `2.1`, `^1.2`, `>=1, <3`: a range as Cargo has them.
    Range(VersionReq),
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no version; use v1, 2.1.0, ^1.2, '>=1, <3' or beta")]
pub struct VersionError(String);

impl Wanted {
    /// Whether a version will do.
    pub fn accepts(&self, version: &Version) -> bool {
        match self {
            Self::Any => version.pre.is_empty(),
            Self::PreRelease(label) => version.pre.split('.').next() == Some(label),
            Self::Range(range) => range.matches(version),
        }
    }

    /// Whether the caller leaves it to the gateway.
    pub fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

impl FromStr for Wanted {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let unknown = || VersionError(text.chars().take(40).collect());
        if ["alpha", "beta", "rc"].contains(&text) {
            return Ok(Self::PreRelease(text.to_owned()));
        }
        let bare = text.strip_prefix('v').unwrap_or(text);
        // `v2` and `2.1.0` mean what everybody takes them for: that version, and what is compatible with it.
        let range: VersionReq =
            if text.len() <= 100 { bare.parse().map_err(|_| unknown())? } else { return Err(unknown()) };
        if range.comparators.is_empty()
            || range.comparators.iter().any(|part| part.op == Op::Wildcard && part.minor.is_none() && text == "*")
        {
            return Ok(Self::Any);
        }
        Ok(Self::Range(range))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::PreRelease(label) => f.write_str(label),
            Self::Range(range) => range.fmt(f),
        }
    }
}

/// Where a caller stands from 0 to 100, always at the same place.
pub(super) fn percentile(caller: &str) -> f64 {
    let digest = Sha256::digest(format!("canary {caller}"));
    let number = digest.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    f64::from(number) / 2_f64.powi(32) * 100.0
}
