//! A connection to one node: it is opened in whichever revision the node speaks, and what the node says besides its
//! answers finds the call that it belongs to.
#![expect(deprecated, reason = "SEP-2577: nodes of 2025-11-25 are asked for log messages by a request")]

use std::{sync::Arc, time::Duration};

use mcp_support::{
    client::{Revision, connect_over},
    client_log::severity,
    refusal::quoted,
};
use rmcp::{
    ClientLifecycleMode, RoleClient,
    model::{
        CancelledNotification, CancelledNotificationParam, ClientNotification, ClientRequest, LoggingLevel,
        ProgressToken, ProtocolVersion, RequestId, RequestMetaObject, ServerResult, SetLevelRequestParams,
    },
    service::{Peer, PeerRequestOptions, RunningService, ServiceError},
    transport::{StreamableHttpClientTransport, Transport},
};
use tokio::sync::{Mutex, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, mpsc, oneshot};

use super::{
    calls::Caller,
    config::{NodeSettings, Speaks},
    listener::{Event, Listener},
    ordered::Ordered,
    program::{Program, Programs},
    watching::News,
};

/// What one call may be behind with before its node waits.
const EVENTS: usize = 64;
/// How long a server may take to understand `server/discover`, before it is asked in the old way.
const PROBE: Duration = Duration::from_secs(10);
/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    service: RunningService<RoleClient, Listener>,
    pub(super) revision: Revision,
    listener: Listener,
    /// In 2025-11-25 a question names no call. So a call whose client can be asked is alone on the connection, and nobody
    /// else's client is asked: calls of clients that cannot be asked share it.
    turns: Arc<RwLock<()>>,
    /// 2025-11-25: the least grave log messages that the node was asked for.
    level: Mutex<Option<LoggingLevel>>,
}

/// A call's place on a connection of 2025-11-25.
enum Turn {
    /// With others; nobody is asked.
    Shared { _guard: OwnedRwLockReadGuard<()> },
    /// Alone.
    Alone { _guard: OwnedRwLockWriteGuard<()> },
    /// The person is thinking: others go on, and are not asked meanwhile.
    Parked,
}

impl Connection {
    /// Starts the program or connects to the URL. `news` is told what the node tells unasked.
    pub(super) async fn open(settings: &NodeSettings, news: Arc<News>, programs: &Programs) -> anyhow::Result<Self> {
        let listener = Listener::new(news);
        let service = match settings.revision {
            Speaks::Auto => {
                match tokio::time::timeout(PROBE, connect(settings, Speaks::Modern, &listener, programs)).await {
                    Ok(Ok(service)) => service,
                    // A server that knows nothing but `initialize` may say so, end, or be silent: it is begun with anew.
                    Ok(Err(error)) => {
                        tracing::debug!(node = settings.id, %error, "asking in the old way");
                        connect(settings, Speaks::Legacy, &listener, programs).await?
                    }
                    Err(_) => connect(settings, Speaks::Legacy, &listener, programs).await?,
                }
            }
            speaks => connect(settings, speaks, &listener, programs).await?,
        };
        // Only a connection without a handshake has no peer to look at.
        let version = service.peer_info().map(|info| info.protocol_version.clone());
        // Spec(2025-11-25, lifecycle): a client that does not support the server's version disconnects.
        if let Some(version) = version.as_ref().filter(|version| !ProtocolVersion::KNOWN_VERSIONS.contains(version)) {
            anyhow::bail!("it speaks {}, which nobody here does", quoted(version.as_str()));
        }
        let is_modern = version.is_some_and(|version| !version.has_initialize());
        let revision = if is_modern { Revision::Modern } else { Revision::Legacy };
        listener.calls().speaks(revision);
        Ok(Self { service, revision, listener, turns: Arc::new(RwLock::new(())), level: Mutex::new(None) })
    }

    pub(super) fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.service.is_closed() || self.service.peer().is_transport_closed()
    }

    /// Whether the node can tell of changes of a resource.
    pub(super) fn tells_of_resources(&self) -> bool {
        let told = self.peer().peer_info();
        let resources = told.as_ref().and_then(|info| info.capabilities.resources.as_ref());
        resources.is_some_and(|resources| resources.subscribe == Some(true))
    }

    /// 2025-11-25: a node's level is one for all its callers, so it is as low as one of them has ever wanted.
    async fn log_from(&self, level: LoggingLevel) {
        let logs = self.peer().peer_info().is_some_and(|info| info.capabilities.logging.is_some());
        let mut current = self.level.lock().await;
        let is_enough = current.is_some_and(|current| severity(current) <= severity(level));
        if self.revision == Revision::Modern || !logs || is_enough {
            return;
        }
        let setting = self.peer().set_level(SetLevelRequestParams::new(level));
        if !matches!(tokio::time::timeout(PROBE, setting).await, Ok(Ok(()))) {
            tracing::debug!("a node does not set its level");
        }
        // It is asked once: a node that says nothing would hold each call up.
        *current = Some(level);
    }

    /// Sends a request. `asks` says whether the client can be asked: then the call may have to wait for its turn. `level` is
    /// that of the log messages that it wants, if any.
    pub(super) async fn send(
        &self,
        request: ClientRequest,
        meta: RequestMetaObject,
        asks: bool,
        level: Option<LoggingLevel>,
    ) -> Result<Running, ServiceError> {
        if let Some(level) = level {
            self.log_from(level).await;
        }
        let (sender, events) = mpsc::channel(EVENTS);
        let turn = match (self.revision, asks) {
            (Revision::Modern, _) => None,
            (Revision::Legacy, false) => Some(Turn::Shared { _guard: self.turns.clone().read_owned().await }),
            (Revision::Legacy, true) => {
                let turn = Turn::Alone { _guard: self.turns.clone().write_owned().await };
                self.listener.may_ask(Some(sender.clone()));
                Some(turn)
            }
        };
        let options = PeerRequestOptions::no_options().with_meta(meta);
        let begun = self.listener.calls().begin(Caller { events: sender.clone(), wants_logs: level.is_some() });
        let handle = self.peer().send_cancellable_request(request, options).await?;
        begun.sent(handle.progress_token.clone());
        let call = OpenCall {
            peer: handle.peer.clone(),
            id: Some(handle.id.clone()),
            token: handle.progress_token.clone(),
            listener: self.listener.clone(),
            turns: self.turns.clone(),
            events: sender,
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
    turns: Arc<RwLock<()>>,
    events: mpsc::Sender<Event>,
    turn: Option<Turn>,
}

impl OpenCall {
    /// Gives the turn back while the person thinks.
    pub(super) fn park(&mut self) {
        self.listener.may_ask(None);
        self.listener.parked(true);
        self.turn = Some(Turn::Parked);
    }

    /// Takes the turn again, to hear what the node asks next.
    pub(super) async fn unpark(&mut self) {
        let turn = Turn::Alone { _guard: self.turns.clone().write_owned().await };
        self.listener.parked(false);
        self.listener.may_ask(Some(self.events.clone()));
        self.turn = Some(turn);
    }

    /// The node has answered, so there is nothing to cancel.
    pub(super) fn answered(&mut self) {
        self.id = None;
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.listener.calls().forget(&self.token);
        match self.turn {
            Some(Turn::Alone { .. }) => self.listener.may_ask(None),
            Some(Turn::Parked) => self.listener.parked(false),
            _ => {}
        }
        if self.id.is_some() && self.turn.is_some() {
            // The node may go on with it all the same, and ask.
            self.listener.be_quiet();
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

async fn connect(
    settings: &NodeSettings,
    speaks: Speaks,
    listener: &Listener,
    programs: &Programs,
) -> anyhow::Result<RunningService<RoleClient, Listener>> {
    let lifecycle = match speaks {
        Speaks::Legacy => ClientLifecycleMode::Initialize,
        _ => ClientLifecycleMode::Discover { preferred_versions: vec![Revision::Modern.version()] },
    };
    match &settings.url {
        Some(url) => {
            let transport = StreamableHttpClientTransport::from_uri(url.as_str());
            over(transport, lifecycle, listener).await
        }
        None => over(Program::start(settings, programs)?, lifecycle, listener).await,
    }
}

async fn over<T: Transport<RoleClient> + 'static>(
    inner: T,
    lifecycle: ClientLifecycleMode,
    listener: &Listener,
) -> anyhow::Result<RunningService<RoleClient, Listener>> {
    let transport = Ordered { inner, listener: listener.clone() };
    connect_over(transport, lifecycle, listener.clone(), None).await
}
