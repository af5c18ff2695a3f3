//! (6) Four layers, each with a share of the budget: what always holds, what is going on, what was found, and where to look
//! when that is not enough. What a layer does not need goes to the next one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{compression::compress, tokens::Encoding, untrusted::within_marks};

/// A layer, from the one that goes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Layer {
    /// Goals, rules and decisions: always there.
    Core,
    /// What was said lately.
    Situational,
    /// Passages that the question finds.
    Supporting,
    /// Where more is to be found.
    Fallback,
}

impl Layer {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Core, Self::Situational, Self::Supporting, Self::Fallback];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Situational => "situational",
            Self::Supporting => "supporting",
            Self::Fallback => "fallback",
        }
    }
}

/// Shares of the budget, in percent, of the four layers in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares([usize; 4]);

/// Shares have to be 100 percent together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shares are {0} percent together")]
pub struct NotWhole(usize);

impl Default for Shares {
    fn default() -> Self {
        Self([20, 20, 50, 10])
    }
}

impl Shares {
    /// Shares in percent: core, situational, supporting, fallback.
    ///
    /// # Errors
    /// They are not 100 together.
    pub fn new(percent: [usize; 4]) -> Result<Self, NotWhole> {
        let sum = percent.iter().copied().fold(0, usize::saturating_add);
        if sum == 100 { Ok(Self(percent)) } else { Err(NotWhole(sum)) }
    }

    /// Tokens of a layer, without what others leave to it.
    pub fn of(self, layer: Layer, budget: usize) -> usize {
        self.0[layer as usize] * budget / 100
    }
}

/// A layer as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Which layer.
    pub layer: Layer,
    /// Its text, with its marks; empty where it had nothing to say.
    pub text: String,
    /// Tokens that it had: its share, and what the layers before left.
    pub had: usize,
    /// Tokens of the text, exactly.
    pub tokens: usize,
}

/// Writes the layers in their order. `write` makes the inside of a layer within a number of tokens; what is longer
/// nevertheless is cut by whole sentences.
pub fn assemble(
    budget: usize,
    shares: Shares,
    encoding: Encoding,
    mut write: impl FnMut(Layer, usize) -> String,
) -> (String, Vec<Written>) {
    let (mut text, mut layers, mut given) = (String::new(), Vec::new(), 0);
    for layer in Layer::ALL {
        given += shares.of(layer, budget);
        // Where two layers meet, their tokens may be counted otherwise: what counts is the whole.
        let had = given.saturating_sub(encoding.count(&text));
        let written = within(layer, had, encoding, &mut write);
        let with = format!("{text}{written}");
        let fits = encoding.count(&with) <= given.min(budget);
        let written = if fits { written } else { String::new() };
        text.push_str(&written);
        layers.push(Written { layer, tokens: encoding.count(&written), had, text: written });
    }
    (text, layers)
}

fn within(layer: Layer, tokens: usize, encoding: Encoding, write: &mut impl FnMut(Layer, usize) -> String) -> String {
    let marked = |inside: &str| format!("<context layer=\"{}\">\n{inside}\n</context>\n", layer.name());
    let marks = encoding.count(&marked("")) + 1;
    let Some(room) = tokens.checked_sub(marks).filter(|room| *room > 0) else { return String::new() };
    let inside = write(layer, room);
    if inside.trim().is_empty() {
        return String::new();
    }
    let fits = |inside: &str| encoding.count(&marked(inside)) <= tokens;
    let inside = inside.trim_end();
    if fits(inside) {
        return marked(inside);
    }
    let short = compress(inside, room.saturating_sub(2), encoding).text;
    if short.is_empty() || !fits(&short) { String::new() } else { marked(&short) }
}

/// A line of a layer: a text from outside, with what it is.
pub fn line(label: &str, text: &str) -> String {
    format!("- {label}: {}\n", within_marks(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_layer_leaves_goes_to_the_next() {
        let encoding = Encoding::O200kBase;
        let mut had = Vec::new();
        let (text, layers) = assemble(400, Shares::default(), encoding, |layer, room| {
            had.push((layer, room));
            if layer == Layer::Situational { String::new() } else { "a word. ".repeat(10) }
        });
        assert_eq!(layers[1].tokens, 0);
        assert!(had[2].1 > had[0].1 + Shares::default().of(Layer::Supporting, 400) - 30, "{had:?}");
        assert!(text.starts_with("<context layer=\"core\">") && !text.contains("situational"));
        assert_eq!(Shares::new([50, 50, 50, 0]), Err(NotWhole(150)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn layers_never_exceed_the_budget(
            texts in prop::collection::vec("([a-zA-Z]{1,9}[ .]|\\PC|\n){0,120}", 4),
            cuts in (0_usize..=100, 0_usize..=100, 0_usize..=100),
            budget in 0_usize..500,
        ) {
            let mut cuts = [cuts.0, cuts.1, cuts.2];
            cuts.sort_unstable();
            let shares = Shares::new([cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 100 - cuts[2]]).expect("whole");
            for encoding in Encoding::ALL {
                let (text, layers) = assemble(budget, shares, encoding, |layer, _| texts[layer as usize].clone());
                prop_assert!(encoding.count(&text) <= budget);
                prop_assert_eq!(layers.iter().map(|layer| layer.text.as_str()).collect::<String>(), text);
            }
        }
    }
}
