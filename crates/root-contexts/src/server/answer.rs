//! From what was computed to what goes over the wire.

use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};
use serde::Serialize;

use crate::error::Refusal;

/// What the model can mend is a result.
impl IntoCallToolResult for Refusal {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::error(vec![ContentBlock::text(self.to_string())]).into())
    }
}

/// The result of a tool: a text for people, and a structure for programs.
pub(super) fn answer(text: impl Into<String>, structure: &impl Serialize) -> Result<CallToolResult, Refusal> {
    let structure = serde_json::to_value(structure).map_err(|error| Refusal::internal("writing an answer", error))?;
    let mut result = CallToolResult::structured(structure);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}
