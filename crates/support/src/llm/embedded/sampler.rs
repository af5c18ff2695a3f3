//! From the probabilities of the next token to a token, and from tokens to a text that ends in time.
//!
//! A model only says how probable each token is. [`Sampler`] chooses one, in this order:
//!
//! 1. **Penalties.** From a token's log-probability is taken `frequency_penalty` for each time that it was written
//!    before, and `presence_penalty` once if it was written at all. Negative penalties invite repetition.
//! 2. **Temperature.** The log-probabilities are divided by it: under 1 the probable gets more probable, over 1 all get
//!    more alike. At 0 the most probable token is taken, and nothing below counts.
//! 3. **Top-k.** All but the `top_k` most probable tokens are out.
//! 4. **Top-p.** Of those, renormalized, the smallest set stays in that has at least `top_p` of the probability, from
//!    the most probable down (nucleus sampling: Holtzman et al., 2020).
//! 5. **Draw.** One of what is left, with a generator that the `seed` starts.
//!
//! [`Ending`] then writes the token's text, and says when to stop.

use std::collections::HashMap;

use rand::{Rng as _, SeedableRng as _, rngs::ChaCha12Rng};

use super::vocabulary::TokenId;
use crate::llm::{Sampling, SettingError, StopReason};

/// Chooses one token after the other.
#[derive(Debug)]
pub struct Sampler {
    temperature: f64,
    top_p: f64,
    top_k: usize,
    frequency_penalty: f64,
    presence_penalty: f64,
    generator: ChaCha12Rng,
    /// How often each token was chosen.
    chosen: HashMap<TokenId, u32>,
}

impl Sampler {
    /// A sampler at its beginning. What `settings` leave open is neutral: temperature 1, no limit, no penalty, seed 0.
    ///
    /// # Errors
    /// [`Sampling::check`].
    pub fn new(settings: &Sampling) -> Result<Self, SettingError> {
        settings.check()?;
        // ChaCha is defined to the bit, so equal seeds draw equal numbers everywhere, and in later versions too.
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&settings.seed.unwrap_or_default().to_le_bytes());
        Ok(Self {
            temperature: settings.temperature.unwrap_or(1.0),
            top_p: settings.top_p.unwrap_or(1.0),
            top_k: settings.top_k.map_or(usize::MAX, |top_k| top_k.try_into().unwrap_or(usize::MAX)),
            frequency_penalty: settings.frequency_penalty.unwrap_or_default(),
            presence_penalty: settings.presence_penalty.unwrap_or_default(),
            generator: ChaCha12Rng::from_seed(seed),
            chosen: HashMap::new(),
        })
    }

    /// Chooses one of `candidates`, tokens with the natural logarithms of their probabilities, and remembers it for the
    /// penalties. Nothing if there is no candidate with a probability over 0.
    pub fn next(&mut self, candidates: Vec<(TokenId, f64)>) -> Option<TokenId> {
        let shaped = self.shaped(candidates);
        let token = self.draw(&shaped)?;
        *self.chosen.entry(token).or_insert(0) += 1;
        Some(token)
    }

    /// What [`Self::next`] draws from: the tokens that are still in, with their probabilities, which sum to 1.
    pub fn shaped(&self, mut candidates: Vec<(TokenId, f64)>) -> Vec<(TokenId, f64)> {
        candidates.retain(|(_, log)| log.is_finite());
        self.penalize(&mut candidates);
        if self.temperature == 0.0 {
            return greedy(&candidates);
        }
        for (_, log) in &mut candidates {
            *log /= self.temperature;
        }
        self.keep_top(candidates)
    }

    fn penalize(&self, candidates: &mut [(TokenId, f64)]) {
        for (token, log) in candidates {
            if let Some(&times) = self.chosen.get(token) {
                *log -= self.frequency_penalty * f64::from(times) + self.presence_penalty;
            }
        }
    }

    /// Top-k, then top-p.
    fn keep_top(&self, mut candidates: Vec<(TokenId, f64)>) -> Vec<(TokenId, f64)> {
        // Without a limit the order does not matter, and sorting would be most of the work.
        if self.top_k < candidates.len() || self.top_p < 1.0 {
            candidates.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            candidates.truncate(self.top_k);
        }
        let mut probabilities = softmax(candidates);
        if self.top_p < 1.0 {
            let mut sum = 0.0;
            let in_nucleus = probabilities.iter().take_while(|(_, probability)| {
                let is_in = sum < self.top_p;
                sum += probability;
                is_in
            });
            let size = in_nucleus.count();
            probabilities.truncate(size);
            let sum: f64 = probabilities.iter().map(|(_, probability)| probability).sum();
            for (_, probability) in &mut probabilities {
                *probability /= sum;
            }
        }
        probabilities
    }

    fn draw(&mut self, probabilities: &[(TokenId, f64)]) -> Option<TokenId> {
        // 53 random bits: every number from 0 up to, not including, 1 that is a multiple of 2^-53.
        let drawn = (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut sum = 0.0;
        let found = probabilities.iter().find(|(_, probability)| {
            sum += probability;
            drawn < sum
        });
        // The sum may stay a little under 1.
        found.or(probabilities.last()).map(|(token, _)| *token)
    }
}

/// The most probable token; of equals, the one with the smallest number.
fn greedy(candidates: &[(TokenId, f64)]) -> Vec<(TokenId, f64)> {
    let best = candidates.iter().max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
    best.map(|(token, _)| vec![(*token, 1.0)]).unwrap_or_default()
}

/// From log-probabilities to probabilities that sum to 1.
fn softmax(mut candidates: Vec<(TokenId, f64)>) -> Vec<(TokenId, f64)> {
    // Against overflow: e to the power of the largest is 1.
    let largest = candidates.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (_, log) in &mut candidates {
        *log = (*log - largest).exp();
        sum += *log;
    }
    for (_, weight) in &mut candidates {
        *weight /= sum;
    }
    candidates
}

/// The text so far, and whether it ends here.
#[derive(Debug, Clone)]
pub struct Ending {
    stop: Vec<String>,
    max_tokens: u32,
    tokens: u32,
    text: String,
    /// How much of `text` was handed out.
    told: usize,
}

impl Ending {
    /// An empty text that ends before one of [`Sampling::stop`], or after `max_tokens` tokens.
    pub fn new(settings: &Sampling, max_tokens: u32) -> Self {
        Self { stop: settings.stop.clone(), max_tokens, tokens: 0, text: String::new(), told: 0 }
    }

    /// Adds a token's text. The reason to stop, if there is one now.
    pub fn push(&mut self, token: &str) -> Option<StopReason> {
        self.tokens += 1;
        // A stop text may begin in earlier tokens, but not end there: it would have been found.
        let longest = self.stop.iter().map(String::len).max().unwrap_or_default();
        let mut from = self.text.len().saturating_sub(longest);
        while !self.text.is_char_boundary(from) {
            from -= 1;
        }
        self.text.push_str(token);
        if let Some(place) = self.stop.iter().filter_map(|stop| self.text[from..].find(stop)).min() {
            self.text.truncate(from + place);
            return Some(StopReason::StopSequence);
        }
        (self.tokens >= self.max_tokens).then_some(StopReason::MaxTokens)
    }

    /// What can be shown since the last time, while the text goes on: all but an end with which a stop text may begin.
    pub fn piece(&mut self) -> &str {
        let held = self.stop.iter().map(|stop| held(&self.text, stop)).max().unwrap_or_default();
        self.tell(self.text.len() - held)
    }

    /// What was not shown when the text ends.
    pub fn last_piece(&mut self) -> &str {
        self.tell(self.text.len())
    }

    fn tell(&mut self, end: usize) -> &str {
        let start = self.told;
        self.told = end.max(start);
        &self.text[start..self.told]
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its tokens, those of a stop text among them.
    pub fn tokens(&self) -> u32 {
        self.tokens
    }
}

/// The length of the longest end of `text` that `stop` begins with.
fn held(text: &str, stop: &str) -> usize {
    let mut lengths = (1..stop.len()).rev().filter(|length| stop.is_char_boundary(*length));
    lengths.find(|length| text.ends_with(&stop[..*length])).unwrap_or_default()
}

#[cfg(test)]
mod tests;
