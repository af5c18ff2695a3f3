//! From what people want to what a model takes.
//!
//! | | `temperature` | `top_p` | `top_k` | `frequency_penalty` | `presence_penalty` | `max_tokens` |
//! |---|---|---|---|---|---|---|
//! | `creative` | 0.9 | 0.95 | 80 | 0.3 | 0.3 | 400 |
//! | `factual` | 0.2 | 0.9 | 20 | 0 | 0 | 300 |
//! | `code` | 0.1 | 0.95 | 40 | 0 | 0 | 600 |
//! | `analytical` | 0.4 | 0.9 | 40 | 0.1 | 0.1 | 500 |
//! | `conversational` | 0.7 | 0.9 | 60 | 0.2 | 0.3 | 300 |
//!
//! Preferences go from 1 to 10 and replace a preset's value; every result is clamped to its range:
//!
//! | preference | sets | from 1 | to 10 |
//! |---|---|---|---|
//! | `creativity` | `temperature` | 0.1 | 1.2 |
//! | `diversity` | `top_p`, `presence_penalty` | 0.5, 0 | 1, 0.6 |
//! | `precision` | `top_k` | 100 | 10 |
//! | `consistency` | multiplies `temperature` by | 1 | 0.28 |

pub mod detect;
pub mod feedback;

use std::{fmt, str::FromStr};

use mcp_support::llm::Sampling;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Refusal, quoted};

/// What kind of text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum TaskType {
    /// Stories, poems, ideas.
    Creative,
    /// Answers that are right or wrong.
    Factual,
    /// Programs.
    Code,
    /// Comparisons, causes, conclusions.
    Analytical,
    /// Small talk, and everything else.
    Conversational,
}

impl TaskType {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Creative, Self::Factual, Self::Code, Self::Analytical, Self::Conversational];

    /// The name by which a caller asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creative => "creative",
            Self::Factual => "factual",
            Self::Code => "code",
            Self::Analytical => "analytical",
            Self::Conversational => "conversational",
        }
    }

    /// What fits this kind of text.
    pub fn preset(self) -> Sampling {
        let (temperature, top_p, top_k, frequency, presence, max_tokens) = match self {
            Self::Creative => (0.9, 0.95, 80, 0.3, 0.3, 400),
            Self::Factual => (0.2, 0.9, 20, 0.0, 0.0, 300),
            Self::Code => (0.1, 0.95, 40, 0.0, 0.0, 600),
            Self::Analytical => (0.4, 0.9, 40, 0.1, 0.1, 500),
            Self::Conversational => (0.7, 0.9, 60, 0.2, 0.3, 300),
        };
        Sampling {
            temperature: Some(temperature),
            top_p: Some(top_p),
            top_k: Some(top_k),
            frequency_penalty: Some(frequency),
            presence_penalty: Some(presence),
            max_tokens: Some(max_tokens),
            ..Sampling::default()
        }
    }
}

impl fmt::Display for TaskType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TaskType {
    type Err = Refusal;

    fn from_str(name: &str) -> Result<Self, Refusal> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Refusal::argument(format!("unknown task type {}", quoted(name)), format!("use one of: {names}"))
        })
    }
}

/// What people want, each from 1 (little) to 10 (much).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// How unexpected the text may be: temperature from 0.1 to 1.2.
    #[schemars(range(min = 1, max = 10))]
    pub creativity: Option<u8>,
    /// How many different words: top-p from 0.5 to 1, presence penalty from 0 to 0.6.
    #[schemars(range(min = 1, max = 10))]
    pub diversity: Option<u8>,
    /// How few unlikely words: top-k from 100 to 10.
    #[schemars(range(min = 1, max = 10))]
    pub precision: Option<u8>,
    /// How alike two answers should be: multiplies the temperature by 1 to 0.28.
    #[schemars(range(min = 1, max = 10))]
    pub consistency: Option<u8>,
}

impl Wishes {
    /// The preset of `kind`, changed by these wishes and by what feedback has taught (`learned`, added to the
    /// temperature).
    ///
    /// # Errors
    /// A wish is not from 1 to 10.
    pub fn apply(&self, kind: TaskType, learned: f64) -> Result<Sampling, Refusal> {
        let mut sampling = kind.preset();
        let mut temperature = sampling.temperature.unwrap_or(1.0);
        if let Some(share) = share("creativity", self.creativity)? {
            temperature = 0.1 + 1.1 * share;
        }
        if let Some(share) = share("diversity", self.diversity)? {
            sampling.top_p = Some(0.5 + 0.5 * share);
            sampling.presence_penalty = Some(0.6 * share);
        }
        if let Some(share) = share("precision", self.precision)? {
            sampling.top_k = Some((100.0 - 90.0 * share).round() as u32);
        }
        if let Some(share) = share("consistency", self.consistency)? {
            temperature *= 1.0 - 0.72 * share;
        }
        // Two decimals are more than anybody can tell apart, and read well.
        sampling.temperature = Some(((temperature + learned).clamp(0.0, 2.0) * 100.0).round() / 100.0);
        sampling.top_p = sampling.top_p.map(|value| (value * 100.0).round() / 100.0);
        sampling.presence_penalty = sampling.presence_penalty.map(|value| (value * 100.0).round() / 100.0);
        Ok(sampling)
    }
}

/// 1 to 10 as 0 to 1.
fn share(name: &str, wish: Option<u8>) -> Result<Option<f64>, Refusal> {
    match wish {
        None => Ok(None),
        Some(value @ 1..=10) => Ok(Some(f64::from(value - 1) / 9.0)),
        Some(value) => Err(Refusal::argument(format!("{name} is {value}"), format!("{name} must be from 1 to 10"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_move_one_thing_each_and_stay_in_range() {
        for kind in TaskType::ALL {
            assert_eq!(Wishes::default().apply(kind, 0.0), Ok(kind.preset()), "{kind}");
            let low = Wishes { creativity: Some(1), diversity: Some(1), precision: Some(1), consistency: Some(1) };
            let high = Wishes { creativity: Some(10), diversity: Some(10), precision: Some(10), consistency: Some(10) };
            let (low, high) = (low.apply(kind, 0.0).expect("low"), high.apply(kind, 0.0).expect("high"));
            assert_eq!(
                (low.temperature, low.top_p, low.presence_penalty, low.top_k),
                (Some(0.1), Some(0.5), Some(0.0), Some(100))
            );
            assert_eq!(
                (high.temperature, high.top_p, high.presence_penalty, high.top_k),
                (Some(0.34), Some(1.0), Some(0.6), Some(10))
            );
            for learned in [-9.0, -0.3, 0.3, 9.0] {
                let sampling = Wishes::default().apply(kind, learned).expect("in range");
                assert!(sampling.check().is_ok(), "{kind} {learned}: {sampling:?}");
            }
        }
        for wrong in [0, 11, 255] {
            let refused = Wishes { creativity: Some(wrong), ..Wishes::default() }.apply(TaskType::Code, 0.0);
            assert!(refused.expect_err("out of range").to_string().contains("1 to 10"));
        }
    }

    #[test]
    fn an_unknown_type_lists_the_known_ones() {
        for kind in TaskType::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        let refused = "poetry".parse::<TaskType>().expect_err("unknown");
        assert!(refused.to_string().contains("creative, factual, code, analytical, conversational"), "{refused}");
    }
}
