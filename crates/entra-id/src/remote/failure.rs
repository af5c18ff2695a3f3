//! Why a tool has no answer, told to the model with what a person can do about it.

use mcp_support::refusal::Refusal;
use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};
use serde_json::json;

use super::policy::Denial;
use crate::{
    failure::{EntraError, Refused},
    graph::GraphError,
};

/// Consent is missing.
const NO_CONSENT: u32 = 65001;

/// Why a tool has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Denied(#[from] Denial),
    /// What the caller's next token has to fulfil.
    #[error(
        "Microsoft asks for more before it gives out this data (Conditional Access); hint: sign in again and send the \
         claims of this result along as the parameter `claims`; until then this tool answers 401 insufficient_claims"
    )]
    Claims(String),
    #[error("{0}; hint: {hint}", hint = hint_of_entra(.0))]
    Entra(EntraError),
    #[error("{0}; hint: {hint}", hint = hint_of_graph(.0))]
    Graph(GraphError),
}

impl From<EntraError> for Failure {
    fn from(error: EntraError) -> Self {
        match error.refused().and_then(|refused| refused.claims.clone()) {
            Some(claims) => Self::Claims(claims),
            None => Self::Entra(error),
        }
    }
}

impl IntoCallToolResult for Failure {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let mut result = CallToolResult::error(vec![ContentBlock::text(self.to_string())]);
        if let Self::Claims(claims) = &self {
            result.structured_content = Some(json!({"error": "insufficient_claims", "claims": claims}));
        }
        Ok(result.into())
    }
}

fn hint_of_entra(error: &EntraError) -> &'static str {
    match error {
        EntraError::Refused(refused) => hint_of_refusal(refused),
        EntraError::Busy(_) => "wait that long",
        EntraError::Unavailable(_) => "try again, and tell the operator if it stays",
    }
}

fn hint_of_refusal(refused: &Refused) -> &'static str {
    match refused.code {
        NO_CONSENT => {
            "sign in again and consent; where the tenant does not let people consent, an administrator grants this \
             server's Graph permissions (App registrations, API permissions, Grant admin consent)"
        }
        _ if refused.needs_person() => "sign in again",
        _ => "tell the operator: this server's app registration or its credential is not right",
    }
}

fn hint_of_graph(error: &GraphError) -> &'static str {
    match error {
        GraphError::Unauthorized(_) => "sign in again",
        GraphError::Forbidden(_) => "an administrator of the tenant decides who may see this",
        GraphError::NotFound(_) => "this person has none, such as no mailbox",
        GraphError::Busy(_) => "wait that long, and ask for less at a time",
        GraphError::Request(_) | GraphError::Unavailable(_) => "try again, and tell the operator if it stays",
    }
}
