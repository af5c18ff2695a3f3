//! Who says yes: a policy, or a person. Nothing is approved by silence.

use std::sync::Arc;

use async_trait::async_trait;
use mcp_support::llm::ToolCall;

use super::{
    console::Console,
    denied::Rejection,
    prompt::{Edit, Prompt},
    screen,
};

/// What a request for approval shows.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    /// Counts the requests of this run.
    pub(super) number: u64,
    /// Who asks.
    pub(super) server: &'a str,
    /// During which call, and what for.
    pub(super) purpose: &'a str,
    /// Which model would answer.
    pub(super) model: &'a str,
    /// Why that one.
    pub(super) reason: &'a str,
    /// What it would read, after redaction.
    pub(super) prompt: &'a Prompt,
    /// What was taken out.
    pub(super) redacted: &'a str,
}

/// What a model answered, before the server gets it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) number: u64,
    pub(super) model: String,
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) stop_reason: String,
    /// Read and written.
    pub(super) tokens: (u64, u64),
}

/// What is decided.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict<T> {
    Approved,
    /// Something else instead; it is shown again.
    Edited(T),
    Refused(Rejection),
}

/// Whoever decides.
#[async_trait]
pub(super) trait Reviewer: Send + Sync {
    /// Before a model sees it.
    async fn prompt(&self, sheet: &Sheet<'_>) -> Verdict<Edit>;
    /// Before the server sees it.
    async fn completion(&self, draft: &Draft) -> Verdict<String>;
    /// How an approval stands in the audit trail.
    fn approval(&self) -> &'static str {
        "approved"
    }
}

/// Says the same to everything, without asking anybody.
pub(super) enum Policy {
    /// Yes. What goes where is told on the console.
    Auto(Option<Arc<Console>>),
    /// No.
    Deny,
}

#[async_trait]
impl Reviewer for Policy {
    async fn prompt(&self, sheet: &Sheet<'_>) -> Verdict<Edit> {
        match self {
            Self::Auto(console) => {
                if let Some(console) = console {
                    console.note(&screen::summary(sheet));
                }
                Verdict::Approved
            }
            Self::Deny => Verdict::Refused(Rejection::Policy),
        }
    }

    async fn completion(&self, _: &Draft) -> Verdict<String> {
        match self {
            Self::Auto(_) => Verdict::Approved,
            Self::Deny => Verdict::Refused(Rejection::Policy),
        }
    }

    fn approval(&self) -> &'static str {
        "auto_approved"
    }
}
