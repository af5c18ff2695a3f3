//! (3) Errors: what the model can mend or wait for is a result, what is malformed is a protocol error, and what is ours is
//! in the log.

use std::time::Duration;

use mcp_support::revision::is_modern;
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, tool::IntoCallToolResult, wrapper::Parameters},
    model::{CallToolResponse, ClientCapabilities, ErrorCode},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    ProtocolFeatures,
    answer::{answer, length},
};
use crate::error::{Refusal, quoted};

const MAX_INPUT: usize = 10_000;
/// What the simulated slow backend is given.
const BACKEND_TIME: Duration = Duration::from_millis(200);
const SIMULATE: &str = "simulate:";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SafeOperation {
    /// A text to measure; or `simulate:` and one of business, outage, timeout, panic, capability, resource, to see that
    /// error.
    #[schemars(length(min = 1, max = 10_000))]
    input: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Measured {
    /// Characters of the input.
    characters: usize,
    /// Words of the input.
    words: usize,
    /// The longest word.
    longest_word: String,
}

#[tool_router(router = error_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Measures a text, or fails in the way that the text asks for; use it to see how each kind of error looks.
    #[tool(
        title = "Safe operation",
        annotations(
            title = "Safe operation",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Measured>()
    )]
    async fn safe_operation(
        &self,
        Parameters(SafeOperation { input }): Parameters<SafeOperation>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Err(refusal) = length("input", &input, 1, MAX_INPUT) {
            return refusal.into_call_tool_result();
        }
        let refusal = match input.strip_prefix(SIMULATE) {
            None => match answer(format!("{} characters", input.chars().count()), &measure(&input)) {
                Ok(result) => return Ok(result.into()),
                Err(refusal) => refusal,
            },
            Some("business") => Refusal::business("the account is closed", "open it before you book on it"),
            Some("outage") => Refusal::later("the booking system is down", "try again in a minute"),
            Some("timeout") => match tokio::time::timeout(BACKEND_TIME, std::future::pending::<()>()).await {
                Ok(()) => Refusal::Internal,
                Err(_) => Refusal::later(
                    format!("the booking system did not answer within {} ms", BACKEND_TIME.as_millis()),
                    "try again later",
                ),
            },
            Some("panic") => return Err(broken()),
            Some("capability") => {
                let needed = ClientCapabilities::builder().enable_elicitation().build();
                return Err(ErrorData::missing_required_client_capability(needed));
            }
            Some("resource") => {
                let data = json!({ "uri": "booking://none" });
                // Spec: -32602 in 2026-07-28, -32002 in 2025-11-25. The SDK chooses for `resources/read` only.
                let code = if is_modern(&context) { ErrorCode::INVALID_PARAMS } else { ErrorCode::RESOURCE_NOT_FOUND };
                return Err(ErrorData::new(code, "no such resource", Some(data)));
            }
            Some(other) => Refusal::argument(
                format!("nothing to simulate: {}", quoted(other)),
                "use business, outage, timeout, panic, capability or resource",
            ),
        };
        refusal.into_call_tool_result()
    }
}

fn measure(input: &str) -> Measured {
    let longest = input.split_whitespace().max_by_key(|word| word.chars().count()).unwrap_or_default();
    Measured {
        characters: input.chars().count(),
        words: input.split_whitespace().count(),
        longest_word: longest.to_owned(),
    }
}

/// A bug, as it happens. The support crate turns the panic into an opaque error, and logs its cause.
fn broken() -> ErrorData {
    let bookings: Vec<ErrorData> = Vec::new();
    bookings.into_iter().next().expect("simulated: there is always a booking")
}
