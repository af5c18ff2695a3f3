//! The settings of sampling and their ranges.

/// How the next token is chosen, and when to stop. What is `None` is the model's own default.
///
/// Ranges are those of the chat-completions API; `top_k` is not part of that API, and a provider ignores it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Sampling {
    /// Divides the log-odds of tokens: 0 is greedy, 1 is the model's own distribution, at most 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Only the smallest set of tokens whose probabilities sum to this counts (nucleus sampling): over 0, at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Only this many of the most probable tokens count: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Taken from a token's log-odds for each time that it was generated before: -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Taken from a token's log-odds once it was generated at all: -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Texts that end the answer where they first appear; they are not part of it. At most 4, each of 1 to 256 bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Most tokens of the answer: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Equal seeds give equal text: always with the embedded model, as far as it can with a provider. Below 2^63.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// A setting that is out of its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {value}, and must be {range}")]
pub struct SettingError {
    /// Its name in [`Sampling`].
    pub setting: &'static str,
    /// What was asked for.
    pub value: String,
    /// What would be accepted.
    pub range: &'static str,
}

/// Most texts in [`Sampling::stop`].
const STOP_TEXTS: usize = 4;
/// Most bytes of each.
const STOP_BYTES: usize = 256;

impl Sampling {
    /// Checks every setting that is there. A number that is none (NaN) is in no range.
    ///
    /// # Errors
    /// The first setting that is out of its range.
    pub fn check(&self) -> Result<(), SettingError> {
        let within = |setting, value: Option<f64>, is_fine: fn(f64) -> bool, range| match value {
            Some(value) if !is_fine(value) => Err(SettingError { setting, value: value.to_string(), range }),
            _ => Ok(()),
        };
        within("temperature", self.temperature, |value| (0.0..=2.0).contains(&value), "0 to 2")?;
        within("top_p", self.top_p, |value| value > 0.0 && value <= 1.0, "over 0, and at most 1")?;
        for (setting, value) in
            [("frequency_penalty", self.frequency_penalty), ("presence_penalty", self.presence_penalty)]
        {
            within(setting, value, |value| (-2.0..=2.0).contains(&value), "-2 to 2")?;
        }
        let ensure = |is_fine: bool, setting, value: String, range| {
            if is_fine { Ok(()) } else { Err(SettingError { setting, value, range }) }
        };
        for (setting, value) in [("top_k", self.top_k), ("max_tokens", self.max_tokens)] {
            ensure(value != Some(0), setting, "0".to_owned(), "at least 1")?;
        }
        ensure(self.stop.len() <= STOP_TEXTS, "stop", format!("{} texts", self.stop.len()), "at most 4 texts")?;
        for text in &self.stop {
            let is_fine = (1..=STOP_BYTES).contains(&text.len());
            ensure(is_fine, "stop", format!("a text of {} bytes", text.len()), "texts of 1 to 256 bytes")?;
        }
        // The API has a signed number here.
        let seed = self.seed.unwrap_or_default();
        ensure(i64::try_from(seed).is_ok(), "seed", seed.to_string(), "0 to 9223372036854775807")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_range_passes() {
        let least = Sampling {
            temperature: Some(0.0),
            top_p: Some(f64::MIN_POSITIVE),
            top_k: Some(1),
            frequency_penalty: Some(-2.0),
            presence_penalty: Some(-2.0),
            stop: vec!["x".into()],
            max_tokens: Some(1),
            seed: Some(0),
        };
        let most = Sampling {
            temperature: Some(2.0),
            top_p: Some(1.0),
            top_k: Some(u32::MAX),
            frequency_penalty: Some(2.0),
            presence_penalty: Some(2.0),
            stop: vec!["x".repeat(256); 4],
            max_tokens: Some(u32::MAX),
            seed: Some(i64::MAX as u64),
        };
        for sampling in [Sampling::default(), least, most] {
            assert_eq!(sampling.check(), Ok(()));
        }
    }

    #[test]
    fn what_is_not_is_named_with_its_range() {
        let with = |change: fn(&mut Sampling)| {
            let mut sampling = Sampling::default();
            change(&mut sampling);
            sampling.check().expect_err("out of range").to_string()
        };
        let cases = [
            (with(|s| s.temperature = Some(2.5)), "temperature is 2.5, and must be 0 to 2"),
            (with(|s| s.temperature = Some(-0.1)), "temperature is -0.1, and must be 0 to 2"),
            (with(|s| s.temperature = Some(f64::NAN)), "temperature is NaN, and must be 0 to 2"),
            (with(|s| s.top_p = Some(0.0)), "top_p is 0, and must be over 0, and at most 1"),
            (with(|s| s.top_p = Some(1.01)), "top_p is 1.01, and must be over 0, and at most 1"),
            (with(|s| s.top_p = Some(f64::NAN)), "top_p is NaN, and must be over 0, and at most 1"),
            (with(|s| s.frequency_penalty = Some(-3.0)), "frequency_penalty is -3, and must be -2 to 2"),
            (with(|s| s.presence_penalty = Some(f64::INFINITY)), "presence_penalty is inf, and must be -2 to 2"),
            (with(|s| s.top_k = Some(0)), "top_k is 0, and must be at least 1"),
            (with(|s| s.max_tokens = Some(0)), "max_tokens is 0, and must be at least 1"),
            (with(|s| s.stop = vec!["x".into(); 5]), "stop is 5 texts, and must be at most 4 texts"),
            (with(|s| s.stop = vec![String::new()]), "stop is a text of 0 bytes, and must be texts of 1 to 256 bytes"),
            (with(|s| s.seed = Some(1 << 63)), "seed is 9223372036854775808, and must be 0 to 9223372036854775807"),
        ];
        for (message, expected) in cases {
            assert_eq!(message, expected);
        }
    }
}
