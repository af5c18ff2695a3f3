//! Who sits before the client: answers every question, and goes with what a form suggests.
#![expect(deprecated, reason = "SEP-2577: sampling and roots are deprecated in 2026-07-28, and still asked for")]

use mcp_support::client::this_client;
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
        ElicitResult, ElicitationAction, ListRootsResult, ProtocolVersion, Root, SamplingMessage,
    },
    service::RequestContext,
};
use serde_json::{Map, Value, json};

pub(crate) struct Person;

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().enable_sampling().enable_roots().build();
        ClientConfig::new(capabilities, this_client()).with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { requested_schema, .. } = request else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let form = serde_json::to_value(requested_schema)
            .map_err(|error| ErrorData::invalid_params(format!("the form cannot be read: {error}"), None))?;
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(filled(&form)))
    }

    async fn create_message(
        &self,
        request: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let answer = SamplingMessage::assistant_text(format!("{} messages read", request.messages.len()));
        Ok(CreateMessageResult::new(answer, "no-model".to_owned()).with_stop_reason("endTurn"))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::new(vec![Root::new("file:///tmp").with_name("tmp")]))
    }
}

/// Every field of a form: what it suggests, or else something that fits.
fn filled(form: &Value) -> Value {
    let fields = form["properties"].as_object().into_iter().flatten();
    let filled: Map<String, Value> = fields.map(|(name, field)| (name.clone(), suggested(field))).collect();
    Value::Object(filled)
}

/// A value that fits a schema as far as its first choice or its type tells.
pub(crate) fn suggested(schema: &Value) -> Value {
    let choice = || {
        let first = schema["enum"].get(0).cloned();
        first.or_else(|| schema["oneOf"].get(0)?.get("const").cloned())
    };
    if let Some(value) = schema.get("default").cloned().or_else(choice) {
        return value;
    }
    match schema["type"].as_str() {
        Some("string") => json!("test"),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => schema.get("minimum").cloned().unwrap_or(json!(1.5)),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => Value::Null,
    }
}
