//! A connection to one node: it is opened in whichever revision the node speaks, and what the node says besides its
//! answers finds the call that it belongs to.
#![expect(deprecated, reason = "SEP-2577: sampling, roots and logging are deprecated, and upstreams still use them")]

use std::{
    collections::HashMap,
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use mcp_support::client::{Revision, connect_over};
use rmcp::{
    ClientHandler, ClientLifecycleMode, ErrorData, RoleClient,
    model::{
        CancelledNotification, CancelledNotificationParam, ClientCapabilities, ClientConfig, ClientNotification,
        ClientRequest, CreateMessageRequest, CreateMessageRequestParams, CreateMessageResult, ElicitRequest,
        ElicitRequestParams, ElicitResult, Implementation, InputRequest, ListRootsRequest, ListRootsResult,
        LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken, RequestId, RequestMetaObject,
        ServerResult,
    },
    service::{NotificationContext, Peer, PeerRequestOptions, RequestContext, RunningService, ServiceError},
    transport::{StreamableHttpClientTransport, TokioChildProcess},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};

use super::config::{NodeSettings, Speaks};

/// What one call may be behind with before its node waits.
const EVENTS: usize = 64;
/// Progress that is kept for calls which are not known yet.
const EARLY: usize = 64;
/// How long a server may take to understand `server/discover`, before it is asked in the old way.
const PROBE: Duration = Duration::from_secs(10);
/// Variables that a child gets from the gateway's own: what programs need, and no secrets.
const PASSED: [&str; 7] = ["PATH", "HOME", "LANG", "TMPDIR", "SystemRoot", "TEMP", "RUST_LOG"];

/// What a node says while it works on a call.
pub(super) enum Event {
    /// It has got on.
    Progress(ProgressNotificationParam),
    /// It has a question for the client (2025-11-25).
    Question(Box<InputRequest>, oneshot::Sender<Result<Value, ErrorData>>),
    /// It has something to tell (2025-11-25).
    Log(LoggingMessageNotificationParam),
}

/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    service: RunningService<RoleClient, Listener>,
    pub(super) revision: Revision,
    listener: Listener,
    /// In 2025-11-25 a question names no call, so only one call at a time may be asked one: no question ever reaches
    /// somebody else's client.
    asking: Arc<Semaphore>,
}

impl Connection {
    /// Starts the program or connects to the URL. `news` is told when a list has changed.
    pub(super) async fn open(settings: &NodeSettings, news: Arc<Notify>) -> anyhow::Result<Self> {
        let listener = Listener::new(news);
        let service = match settings.revision {
            Speaks::Auto => match tokio::time::timeout(PROBE, connect(settings, Speaks::Modern, &listener)).await {
                Ok(Ok(service)) => service,
                // A server that knows nothing but `initialize` may say so, end, or be silent: it is begun with anew.
                Ok(Err(error)) => {
                    tracing::debug!(node = settings.id, %error, "asking in the old way");
                    connect(settings, Speaks::Legacy, &listener).await?
                }
                Err(_) => connect(settings, Speaks::Legacy, &listener).await?,
            },
            speaks => connect(settings, speaks, &listener).await?,
        };
        // Only a connection without a handshake has no peer to look at.
        let version = service.peer_info().map(|info| info.protocol_version.clone());
        let is_modern = version.is_some_and(|version| !version.has_initialize());
        let revision = if is_modern { Revision::Modern } else { Revision::Legacy };
        Ok(Self { service, revision, listener, asking: Arc::new(Semaphore::new(1)) })
    }

    pub(super) fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.service.is_closed() || self.service.peer().is_transport_closed()
    }

    /// Sends a request. `asks` says whether the client can be asked: then the call may have to wait for its turn.
    pub(super) async fn send(
        &self,
        request: ClientRequest,
        meta: RequestMetaObject,
        asks: bool,
    ) -> Result<Running, ServiceError> {
        let (sender, events) = mpsc::channel(EVENTS);
        let turn = if asks && self.revision == Revision::Legacy {
            let turn = self.asking.clone().acquire_owned().await.map_err(|_| ServiceError::TransportClosed)?;
            *self.listener.lock(&self.listener.0.asker) = Some(sender.clone());
            Some(turn)
        } else {
            None
        };
        let options = PeerRequestOptions::no_options().with_meta(meta);
        let handle = self.peer().send_cancellable_request(request, options).await?;
        self.listener.register(handle.progress_token.clone(), sender);
        let call = OpenCall {
            peer: handle.peer.clone(),
            id: Some(handle.id.clone()),
            token: handle.progress_token.clone(),
            listener: self.listener.clone(),
            turn,
        };
        Ok(Running { response: handle.rx, events, call })
    }
}

/// A call that a node is working on. Dropping it cancels it.
pub(super) struct Running {
    pub(super) response: oneshot::Receiver<Result<ServerResult, ServiceError>>,
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) call: OpenCall,
}

/// What has to be tidied up after a call.
pub(super) struct OpenCall {
    peer: Peer<RoleClient>,
    /// None once the node has answered.
    id: Option<RequestId>,
    token: ProgressToken,
    listener: Listener,
    turn: Option<OwnedSemaphorePermit>,
}

impl OpenCall {
    /// The node has answered, so there is nothing to cancel.
    pub(super) fn answered(&mut self) {
        self.id = None;
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.listener.lock(&self.listener.0.calls).remove(&self.token);
        if self.turn.is_some() {
            *self.listener.lock(&self.listener.0.asker) = None;
        }
        if let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) {
            let peer = self.peer.clone();
            let param = CancelledNotificationParam::new(Some(id), Some("the caller has gone".to_owned()));
            // Bounded by the connection: without one the notification fails at once.
            runtime.spawn(async move {
                let notification = ClientNotification::CancelledNotification(CancelledNotification::new(param));
                let _ = tokio::time::timeout(Duration::from_secs(5), peer.send_notification(notification)).await;
            });
        }
    }
}

/// The gateway as a node's client.
#[derive(Clone)]
pub(super) struct Listener(Arc<Heard>);

struct Heard {
    calls: Mutex<HashMap<ProgressToken, mpsc::Sender<Event>>>,
    /// Progress may overtake the note of who has called.
    early: Mutex<Vec<ProgressNotificationParam>>,
    asker: Mutex<Option<mpsc::Sender<Event>>>,
    news: Arc<Notify>,
}

impl Listener {
    fn new(news: Arc<Notify>) -> Self {
        Self(Arc::new(Heard { calls: Mutex::default(), early: Mutex::default(), asker: Mutex::default(), news }))
    }

    fn lock<'a, T>(&self, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, token: ProgressToken, sender: mpsc::Sender<Event>) {
        let mut early = self.lock(&self.0.early);
        for progress in early.extract_if(.., |progress| progress.progress_token == token) {
            let _ = sender.try_send(Event::Progress(progress));
        }
        self.lock(&self.0.calls).insert(token, sender);
    }

    /// Puts a question to the client of the one call that may be asked.
    async fn ask<T: DeserializeOwned>(&self, request: InputRequest) -> Result<T, ErrorData> {
        let asker = self.lock(&self.0.asker).clone();
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

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let call = self.lock(&self.0.calls).get(&params.progress_token).cloned();
        match call {
            // A call that is behind hears of later progress.
            Some(call) => drop(call.try_send(Event::Progress(params))),
            None => {
                let mut early = self.lock(&self.0.early);
                if early.len() >= EARLY {
                    early.remove(0);
                }
                early.push(params);
            }
        }
    }

    async fn on_logging_message(&self, params: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        let asker = self.lock(&self.0.asker).clone();
        if let Some(asker) = asker {
            let _ = asker.try_send(Event::Log(params));
        }
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.news.notify_one();
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.news.notify_one();
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.news.notify_one();
    }
}

async fn connect(
    settings: &NodeSettings,
    speaks: Speaks,
    listener: &Listener,
) -> anyhow::Result<RunningService<RoleClient, Listener>> {
    let lifecycle = match speaks {
        Speaks::Legacy => ClientLifecycleMode::Initialize,
        _ => ClientLifecycleMode::Discover { preferred_versions: vec![Revision::Modern.version()] },
    };
    match &settings.url {
        Some(url) => {
            let transport = StreamableHttpClientTransport::from_uri(url.as_str());
            connect_over(transport, lifecycle, listener.clone(), None).await
        }
        None => connect_over(child(settings)?, lifecycle, listener.clone(), None).await,
    }
}

/// The node's program, with its log in ours.
fn child(settings: &NodeSettings) -> anyhow::Result<TokioChildProcess> {
    let (program, arguments) = settings.command.split_first().context("no command")?;
    let program = if program == "{self}" { std::env::current_exe()? } else { program.into() };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).env_clear().kill_on_drop(true);
    command.envs(PASSED.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let (child, stderr) = TokioChildProcess::builder(command).stderr(Stdio::piped()).spawn()?;
    if let Some(stderr) = stderr {
        let node = settings.id.clone();
        // Ends with the child's stderr.
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                tracing::debug!(node, line, "the node says");
            }
        });
    }
    Ok(child)
}
