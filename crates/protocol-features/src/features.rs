//! Features that can be switched on and off while the server runs: a tool, a prompt and a resource.
//!
//! What is on is remembered for each caller, so that no stranger changes what somebody else is offered.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Callers whose switches are remembered; one more makes the oldest start over.
const MAX_OWNERS: usize = 10_000;

/// What can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Feature {
    /// The tool `roll_dice`.
    Dice,
    /// The prompt `plan_day`.
    PlanDay,
    /// The resource `feature://tip`.
    Tip,
}

/// Who has what on.
#[derive(Default)]
pub struct Features {
    owners: Mutex<Owners>,
}

#[derive(Default)]
struct Owners {
    on: HashMap<String, (u64, Vec<Feature>)>,
    clock: u64,
}

impl Features {
    /// Whether `owner` has it on. Everything is off at first.
    pub fn is_on(&self, owner: &str, feature: Feature) -> bool {
        let owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.on.get(owner).is_some_and(|(_, on)| on.contains(&feature))
    }

    /// Switches it, and returns whether that changed anything.
    pub fn set(&self, owner: &str, feature: Feature, enabled: bool) -> bool {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.clock += 1;
        let now = owners.clock;
        if !owners.on.contains_key(owner) && owners.on.len() >= MAX_OWNERS {
            let oldest = owners.on.iter().min_by_key(|(_, (at, _))| *at).map(|(owner, _)| owner.clone());
            oldest.and_then(|oldest| owners.on.remove(&oldest));
        }
        let (at, on) = owners.on.entry(owner.to_owned()).or_default();
        *at = now;
        let was_on = on.contains(&feature);
        on.retain(|other| *other != feature);
        if enabled {
            on.push(feature);
        }
        was_on != enabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_their_own() {
        let features = Features::default();
        assert!(!features.is_on("ana", Feature::Dice));
        assert!(features.set("ana", Feature::Dice, true) && !features.set("ana", Feature::Dice, true));
        assert!(features.is_on("ana", Feature::Dice) && !features.is_on("bo", Feature::Dice));
        assert!(features.set("ana", Feature::Dice, false) && !features.is_on("ana", Feature::Dice));
    }

    #[test]
    fn the_number_of_owners_is_bounded() {
        let features = Features::default();
        for owner in 0..=MAX_OWNERS {
            features.set(&owner.to_string(), Feature::Tip, true);
        }
        assert!(!features.is_on("0", Feature::Tip) && features.is_on(&MAX_OWNERS.to_string(), Feature::Tip));
    }
}
