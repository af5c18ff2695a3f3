//! A client with a person in front of it: it fills in forms, and opens pages.

use std::{sync::Arc, sync::Mutex};

use mcp_support::client::{Recorder, Revision, this_client};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::*,
    service::{NotificationContext, RequestContext},
};

/// What a person does when they are asked something.
type Answer = Arc<dyn Fn(&ElicitRequestParams) -> ElicitResult + Send + Sync>;

/// The client's handler. It declares forms, pages and tasks, and records what it hears.
#[derive(Clone)]
pub struct Person {
    /// What the server told the client besides its answers.
    pub recorder: Recorder,
    answer: Answer,
    asked: Arc<Mutex<Vec<String>>>,
    with_tasks: bool,
}

impl Person {
    /// Someone who answers each question like this.
    pub fn new(answer: impl Fn(&ElicitRequestParams) -> ElicitResult + Send + Sync + 'static) -> Self {
        Self { recorder: Recorder::default(), answer: Arc::new(answer), asked: Arc::default(), with_tasks: false }
    }

    /// The same, with a client that declares the Tasks extension.
    #[must_use]
    pub fn with_tasks(mut self) -> Self {
        self.with_tasks = true;
        self
    }

    /// Someone who fills in every form with these values.
    pub fn who_fills_in(values: serde_json::Value) -> Self {
        Self::new(move |_| {
            let mut result = ElicitResult::new(ElicitationAction::Accept);
            result.content = Some(values.clone());
            result
        })
    }

    /// Someone who says this to everything.
    pub fn who_says(action: ElicitationAction) -> Self {
        Self::new(move |_| ElicitResult::new(action.clone()))
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
        elicitation.url = Some(Default::default());
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(elicitation);
        if self.with_tasks {
            capabilities.extensions = ClientCapabilities::builder().enable_tasks().build().extensions;
        }
        ClientConfig::new(capabilities, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if let (
            Ok(mut asked),
            ElicitRequestParams::FormElicitationParams { message, .. }
            | ElicitRequestParams::UrlElicitationParams { message, .. },
        ) = (self.asked.lock(), &request)
        {
            asked.push(message.clone());
        }
        Ok((self.answer)(&request))
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

    async fn on_tool_list_changed(&self, context: NotificationContext<RoleClient>) {
        self.recorder.on_tool_list_changed(context).await;
    }

    async fn on_prompt_list_changed(&self, context: NotificationContext<RoleClient>) {
        self.recorder.on_prompt_list_changed(context).await;
    }

    async fn on_resource_list_changed(&self, context: NotificationContext<RoleClient>) {
        self.recorder.on_resource_list_changed(context).await;
    }
}
