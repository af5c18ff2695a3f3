//! From what a model answered to what goes over the wire.

use mcp_support::llm::Sampling;
pub(super) use mcp_support::refusal::{answer, within};
use rmcp::{ErrorData, handler::server::tool::IntoCallToolResult, model::CallToolResponse};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    completer::{Backend, CompleterError, Completion, chain::Fallback},
    error::Refusal,
};

/// Why a tool that asks a model has no answer.
pub(super) enum Failure {
    /// A result with a hint.
    Refused(Refusal),
    /// A protocol error.
    Protocol(ErrorData),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ErrorData> for Failure {
    fn from(error: ErrorData) -> Self {
        Self::Protocol(error)
    }
}

impl From<CompleterError> for Failure {
    fn from(error: CompleterError) -> Self {
        match error {
            CompleterError::Protocol(error) => Self::Protocol(error),
            CompleterError::Limit(refusal) => Self::Refused(refusal),
            CompleterError::Refused(reason) => Self::Refused(Refusal::argument(
                format!("no answer: {reason}"),
                "nobody else is asked instead; change the request, or leave it",
            )),
            CompleterError::Unavailable(reasons) => Self::Refused(Refusal::argument(
                format!("no back end has an answer ({reasons})"),
                "mend what the reasons say, or let somebody else be asked: a client with sampling, a provider \
                 (MODEL_BASE_URL), or `embedded` in --backends",
            )),
        }
    }
}

impl IntoCallToolResult for Failure {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Refused(refusal) => refusal.into_call_tool_result(),
            Self::Protocol(error) => Err(error),
        }
    }
}

/// Where an answer comes from, beside it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Origin {
    /// Who ran the model: `client`, `provider` or `embedded`.
    backend: Backend,
    /// The model, as it calls itself.
    model: String,
    /// Why it ended: `endTurn`, `stopSequence`, `maxTokens`, or what the model says.
    stop_reason: String,
    /// The settings that were applied, as far as the back end tells; a client need not keep to what was asked.
    applied: Applied,
    /// What it cost, in tokens.
    usage: Tokens,
    /// Back ends that were passed over before this one, and why.
    fallbacks: Vec<Fallback>,
}

/// Settings of a model.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Applied {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

impl From<&Sampling> for Applied {
    fn from(sampling: &Sampling) -> Self {
        Self {
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            top_k: sampling.top_k,
            frequency_penalty: sampling.frequency_penalty,
            presence_penalty: sampling.presence_penalty,
            stop: sampling.stop.clone(),
            max_tokens: sampling.max_tokens,
            seed: sampling.seed,
        }
    }
}

/// What an answer cost.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Tokens {
    /// Tokens read.
    input_tokens: u64,
    /// Tokens written.
    output_tokens: u64,
    /// Both.
    total_tokens: u64,
    /// Whether this server has estimated them: a client does not tell what its model has counted.
    estimated: bool,
}

impl Origin {
    pub(super) fn of(completion: &Completion, fallbacks: &[Fallback]) -> Self {
        Self {
            backend: completion.backend,
            model: completion.model.clone(),
            stop_reason: completion.stop_reason.clone(),
            applied: Applied::from(&completion.applied),
            usage: Tokens {
                input_tokens: completion.usage.input_tokens,
                output_tokens: completion.usage.output_tokens,
                total_tokens: completion.usage.input_tokens + completion.usage.output_tokens,
                estimated: completion.usage_is_estimated,
            },
            fallbacks: fallbacks.to_vec(),
        }
    }

    /// One line for people: who wrote this.
    pub(super) fn line(&self) -> String {
        let passed: String =
            self.fallbacks.iter().map(|it| format!("; {} passed over: {}", it.backend, it.reason)).collect();
        format!("({}: {}, {} tokens, {}{passed})", self.backend, self.model, self.usage.total_tokens, self.stop_reason)
    }
}

/// A text from outside, without what no text needs: control characters other than white space.
///
/// # Errors
/// It is blank, or longer than `most` characters.
pub(super) fn clean(name: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let kept = text.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\t')).collect::<String>();
    if kept.trim().is_empty() {
        return Err(Refusal::argument(format!("{name} is empty"), format!("send 1 to {most} characters")));
    }
    within(&format!("the length of {name}"), kept.chars().count(), 1, most)?;
    Ok(kept)
}
