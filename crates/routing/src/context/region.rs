//! Regions, and how far they are apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a node runs, or a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// North America.
    Us,
    /// Europe.
    Eu,
    /// Asia and the Pacific.
    Asia,
}

impl Region {
    /// All.
    pub const ALL: [Self; 3] = [Self::Us, Self::Eu, Self::Asia];

    /// The name, as in `routes.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::Asia => "asia",
        }
    }

    /// Milliseconds there and back through the best cables between the middles of two regions: half the circumference of
    /// the earth at two thirds of the speed of light is 100 ms one way; rounded figures of cloud providers.
    pub fn round_trip_millis(self, other: Self) -> u32 {
        match (self, other) {
            (one, same) if one == same => 10,
            (Self::Us, Self::Eu) | (Self::Eu, Self::Us) => 90,
            (Self::Us, Self::Asia) | (Self::Asia, Self::Us) => 150,
            _ => 220,
        }
    }
}

impl std::str::FromStr for Region {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|region| region.name() == text);
        found
            .ok_or_else(|| format!("no region '{}'; there are: {}", text.chars().take(40).collect::<String>(), known()))
    }
}

/// The region of `offered` that is nearest to `from`; none where nothing is offered.
pub fn nearest(from: Region, offered: impl Iterator<Item = Region>) -> Option<Region> {
    offered.min_by_key(|&region| (from.round_trip_millis(region), region))
}
