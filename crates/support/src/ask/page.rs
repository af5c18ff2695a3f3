//! URL mode: the person is sent to a page, and what happens there stays out of the client's sight.

use rmcp::model::{CustomNotification, ElicitRequestParams, ServerNotification};
use serde_json::json;

use super::Ask;
use crate::revision::is_modern;

impl Ask<'_> {
    /// A question that sends the person to `url`. `id` names it to the client, and must not lead to the page.
    pub fn page(&self, id: &str, message: impl Into<String>, url: impl Into<String>) -> ElicitRequestParams {
        // Spec(2025-11-25, elicitation): an id that the completion is announced with; 2026-07-28 has none.
        let elicitation_id = if is_modern(self.context) { String::new() } else { id.to_owned() };
        ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: message.into(),
            url: url.into(),
            elicitation_id,
        }
    }

    /// Tells the client that the person is done with the page, so that it can stop showing it (2025-11-25).
    pub async fn page_done(&self, id: &str) {
        if is_modern(self.context) {
            return;
        }
        let done = CustomNotification::new("notifications/elicitation/complete", Some(json!({ "elicitationId": id })));
        // A client that has gone is noticed by the call itself.
        let _ = self.context.peer.send_notification(ServerNotification::CustomNotification(done)).await;
    }
}
