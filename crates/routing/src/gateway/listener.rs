//! The gateway as a client: what a node says besides its answers finds the call that it belongs to.
#![expect(deprecated, reason = "SEP-2577: sampling, roots and logging are deprecated, and upstreams still use them")]

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mcp_support::client::Revision;
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CreateMessageRequest, CreateMessageRequestParams, CreateMessageResult,
        ElicitRequest, ElicitRequestParams, ElicitResult, Implementation, InputRequest, ListRootsRequest,
        ListRootsResult, LoggingMessageNotificationParam, ProgressNotificationParam, ResourceUpdatedNotificationParam,
    },
    service::{NotificationContext, RequestContext},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    calls::Calls,
    watching::{Lists, News},
};

/// How long nobody is asked anything after a call was given up.
const QUIET: Duration = Duration::from_secs(20);

/// What a node says while it works on a call.
pub(super) enum Event {
    /// It has got on.
    Progress(ProgressNotificationParam),
    /// It has a question for the client (2025-11-25).
    Question(Box<InputRequest>, oneshot::Sender<Result<Value, ErrorData>>),
    /// It has something to tell.
    Log(LoggingMessageNotificationParam),
}

/// The gateway as a node's client.
#[derive(Clone)]
pub(super) struct Listener(Arc<Heard>);

struct Heard {
    calls: Calls,
    asker: Mutex<Option<mpsc::Sender<Event>>>,
    /// Calls whose persons are thinking: a question could be theirs.
    parked: AtomicUsize,
    /// Until when a question could belong to a call that was given up.
    quiet_until: Mutex<Option<Instant>>,
    news: Arc<News>,
}

impl Listener {
    pub(super) fn new(news: Arc<News>) -> Self {
        Self(Arc::new(Heard {
            calls: Calls::default(),
            asker: Mutex::default(),
            parked: AtomicUsize::new(0),
            quiet_until: Mutex::default(),
            news,
        }))
    }

    fn lock<'a, T>(&self, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls that the node is working on.
    pub(super) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// The node says something, perhaps about a call.
    pub(super) fn log(&self, params: LoggingMessageNotificationParam) {
        // It may still work on a call that was given up.
        if !self.is_quiet() {
            self.0.calls.log(params);
        }
    }

    /// Which call a question belongs to, if any.
    pub(super) fn may_ask(&self, call: Option<mpsc::Sender<Event>>) {
        *self.lock(&self.0.asker) = call;
    }

    pub(super) fn parked(&self, one_more: bool) {
        if one_more {
            self.0.parked.fetch_add(1, Ordering::Relaxed);
        } else {
            self.0.parked.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A call was given up, and the node may not have noticed.
    pub(super) fn be_quiet(&self) {
        *self.lock(&self.0.quiet_until) = Some(Instant::now() + QUIET);
    }

    fn is_quiet(&self) -> bool {
        self.lock(&self.0.quiet_until).is_some_and(|until| Instant::now() < until)
    }

    /// Puts a question to the client of the one call that may be asked. Where it could be another call's, nobody is.
    async fn ask<T: DeserializeOwned>(&self, request: InputRequest) -> Result<T, ErrorData> {
        let is_unclear = self.is_quiet() || self.0.parked.load(Ordering::Relaxed) > 0;
        let asker = self.lock(&self.0.asker).clone().filter(|_| !is_unclear);
        let nobody = || ErrorData::internal_error("no client can be asked now", None);
        let (sender, answer) = oneshot::channel();
        let asker = asker.ok_or_else(nobody)?;
        asker.send(Event::Question(Box::new(request), sender)).await.map_err(|_| nobody())?;
        let answer = answer.await.map_err(|_| nobody())??;
        serde_json::from_value(answer)
            .map_err(|error| ErrorData::internal_error(format!("the client's answer is malformed: {error}"), None))
    }
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        // What some client behind the gateway may be able to do. Whether this one is, is known with each call.
        let capabilities =
            ClientCapabilities::builder().enable_elicitation().enable_sampling().enable_sampling_tools().enable_roots();
        let gateway = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        ClientConfig::new(capabilities.build(), gateway).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        self.ask(InputRequest::CreateMessage(CreateMessageRequest::new(params))).await
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        self.ask(InputRequest::ListRoots(ListRootsRequest::default())).await
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.ask(InputRequest::Elicitation(ElicitRequest::new(params))).await
    }

    async fn on_resource_updated(&self, params: ResourceUpdatedNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.news.updated(params.uri);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.news.changed(Lists::TOOLS);
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.news.changed(Lists::PROMPTS);
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.news.changed(Lists::RESOURCES);
    }
}
