//! The person behind the tour's client: says yes to each question, and remembers it.

use std::sync::{Arc, Mutex, PoisonError};

use mcp_support::client::{Revision, this_client};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction},
    service::RequestContext,
};
use serde_json::json;

/// A person. Clones share the memory.
#[derive(Debug, Clone, Default)]
pub struct Person(Arc<Mutex<Vec<String>>>);

impl Person {
    /// What was asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(ClientCapabilities::builder().enable_elicitation().build(), this_client())
            .with_protocol_version(Revision::Legacy.version())
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let (ElicitRequestParams::FormElicitationParams { message, .. }
        | ElicitRequestParams::UrlElicitationParams { message, .. }) = params
        else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"confirm": true})))
    }
}
