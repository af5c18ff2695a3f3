//! A client with a person in front of it, who agrees or does not.

use std::sync::{Arc, Mutex};

use mcp_support::client::{Recorder, Revision, this_client};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability,
        ProgressNotificationParam, ResourceUpdatedNotificationParam,
    },
    service::{NotificationContext, RequestContext},
};

/// The client's handler. It declares forms, and records what it hears.
#[derive(Debug, Clone)]
pub struct Person {
    /// What the server told the client besides its answers.
    pub recorder: Recorder,
    agrees: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Person {
    /// Someone who agrees to everything, or to nothing.
    pub fn who(agrees: bool) -> Self {
        Self { recorder: Recorder::default(), agrees, asked: Arc::default() }
    }

    /// The questions so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut elicitation = ElicitationCapability::new();
        elicitation.form = Some(Default::default());
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(elicitation);
        ClientConfig::new(capabilities, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if let (Ok(mut asked), ElicitRequestParams::FormElicitationParams { message, .. }) =
            (self.asked.lock(), &request)
        {
            asked.push(message.clone());
        }
        let mut answer =
            ElicitResult::new(if self.agrees { ElicitationAction::Accept } else { ElicitationAction::Decline });
        answer.content = self.agrees.then(|| serde_json::json!({"agree": true}));
        Ok(answer)
    }

    async fn on_progress(&self, params: ProgressNotificationParam, context: NotificationContext<RoleClient>) {
        self.recorder.on_progress(params, context).await;
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        context: NotificationContext<RoleClient>,
    ) {
        self.recorder.on_resource_updated(params, context).await;
    }

    async fn on_resource_list_changed(&self, context: NotificationContext<RoleClient>) {
        self.recorder.on_resource_list_changed(context).await;
    }
}
