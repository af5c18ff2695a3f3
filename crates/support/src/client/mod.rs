//! A real client on every leg: stdio or HTTP, 2025-11-25 or 2026-07-28. The tours and the tests drive servers with it.
#![expect(deprecated, reason = "SEP-2577: log messages are deprecated and still heard")]

mod http_server;

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context as _;
use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, JsonObject,
        LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion, ResourceUpdatedNotificationParam,
    },
    service::{
        ClientInitializeError, NotificationContext, RunningService, RxJsonRpcMessage, ServiceError, TxJsonRpcMessage,
    },
    transport::{StreamableHttpClientTransport, TokioChildProcess, Transport},
};
use serde_json::Value;
use tokio::sync::Notify;

#[cfg(feature = "testing")]
pub(crate) use self::http_server::terminate;
pub use self::http_server::{HttpServer, PATIENCE};

/// The two revisions that every lesson speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    /// 2025-11-25: a handshake, and sessions over HTTP.
    Legacy,
    /// 2026-07-28: no handshake, no session, `_meta` on each request.
    Modern,
}

impl Revision {
    /// Both, the older first.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::Modern];

    /// As it stands on the wire.
    pub fn version(self) -> ProtocolVersion {
        match self {
            Self::Legacy => ProtocolVersion::V_2025_11_25,
            Self::Modern => ProtocolVersion::V_2026_07_28,
        }
    }

    fn lifecycle(self) -> ClientLifecycleMode {
        match self {
            Self::Legacy => ClientLifecycleMode::Initialize,
            Self::Modern => ClientLifecycleMode::Discover { preferred_versions: vec![self.version()] },
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version().as_str())
    }
}

/// Where the server is.
#[derive(Debug, Clone)]
pub enum Target {
    /// A program that is started with these arguments and spoken to over its pipes.
    Program {
        /// The executable file.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
        /// Variables that are set for it, besides this process's own.
        environment: Vec<(String, String)>,
    },
    /// A URL such as `http://127.0.0.1:8000/mcp`.
    Url(String),
}

impl Target {
    /// The `stdio` command of a lesson's binary.
    pub fn stdio(program: &Path) -> Self {
        Self::Program { program: program.to_owned(), arguments: vec!["stdio".to_owned()], environment: Vec::new() }
    }
}

/// Sees every message of a connection: from the client (`true`) or to it, as JSON.
pub type Tap = Arc<dyn Fn(bool, &Value) + Send + Sync>;

/// Connects with this client handler.
///
/// # Errors
/// The program cannot be started, nothing answers, or the server does not speak the revision.
pub async fn connect<H: ClientHandler>(
    target: &Target,
    revision: Revision,
    handler: H,
    tap: Option<Tap>,
) -> anyhow::Result<RunningService<RoleClient, H>> {
    let lifecycle = revision.lifecycle();
    match target {
        Target::Program { program, arguments, environment } => {
            let mut command = tokio::process::Command::new(program);
            command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
            // The server's log belongs to whoever asked for one; why it cannot start is for everybody.
            if std::env::var_os("RUST_LOG").is_none() {
                command.env("RUST_LOG", "off,rmcp=off");
            }
            let (child, _) = TokioChildProcess::builder(command).stderr(Stdio::inherit()).spawn()?;
            connect_over(child, lifecycle, handler, tap).await
        }
        Target::Url(url) => {
            let http = StreamableHttpClientTransport::from_uri(url.as_str());
            connect_over(http, lifecycle, handler, tap).await
        }
    }
}

/// Connects over a transport that is there already, such as one that sends an access token, with any lifecycle.
///
/// # Errors
/// As [`connect`]; where the server asks for authorization, [`challenge`] finds its words in the error.
pub async fn connect_over<H: ClientHandler, T: Transport<RoleClient> + 'static>(
    transport: T,
    lifecycle: ClientLifecycleMode,
    handler: H,
    tap: Option<Tap>,
) -> anyhow::Result<RunningService<RoleClient, H>> {
    let connecting = handler.serve_with_lifecycle(Tapped { inner: transport, tap }, lifecycle);
    Ok(tokio::time::timeout(PATIENCE, connecting).await??)
}

/// The `WWW-Authenticate` header that a 401 or 403 came with, when that is why a connection or a call failed.
pub fn challenge(error: &anyhow::Error) -> Option<&str> {
    error.chain().find_map(|cause| {
        let of_start = cause.downcast_ref::<ClientInitializeError>().and_then(ClientInitializeError::auth_challenge);
        of_start.or_else(|| cause.downcast_ref::<ServiceError>().and_then(ServiceError::auth_challenge))
    })
}

/// A transport that shows what goes through it.
struct Tapped<T> {
    inner: T,
    tap: Option<Tap>,
}

impl<T> Tapped<T> {
    fn show(&self, sent: bool, message: &impl serde::Serialize) {
        if let Some(tap) = &self.tap
            && let Ok(message) = serde_json::to_value(message)
        {
            tap(sent, &message);
        }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Tapped<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.show(true, &message);
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let message = self.inner.receive().await?;
        self.show(false, &message);
        Some(message)
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// What a server told the client besides its answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// `notifications/progress`: done, total, message.
    Progress(f64, Option<f64>, Option<String>),
    /// `notifications/message`: the data.
    Log(Value),
    /// `notifications/resources/updated`: the URI.
    Updated(String),
    /// One of the `list_changed` notifications: `tools`, `prompts` or `resources`.
    ListChanged(&'static str),
}

/// A client handler that records what it hears. Clones share the record. It declares no capabilities.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    heard: Arc<Mutex<Vec<Heard>>>,
    news: Arc<Notify>,
}

impl Recorder {
    /// Everything heard so far, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().map(|heard| heard.clone()).unwrap_or_default()
    }

    /// Waits until something heard fits, at most ten seconds.
    pub async fn wait_for(&self, fits: impl Fn(&Heard) -> bool) -> Option<Heard> {
        let waiting = async {
            loop {
                let news = self.news.notified();
                if let Some(found) = self.heard().into_iter().find(&fits) {
                    return found;
                }
                news.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.ok()
    }

    fn record(&self, heard: Heard) {
        if let Ok(mut all) = self.heard.lock() {
            all.push(heard);
        }
        self.news.notify_waiters();
    }
}

impl ClientHandler for Recorder {
    fn get_info(&self) -> ClientConfig {
        // What a handshake offers; 2026-07-28 has none, and names its version in each request.
        ClientConfig::new(ClientCapabilities::default(), this_client())
            .with_protocol_version(Revision::Legacy.version())
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.record(Heard::Progress(params.progress, params.total, params.message));
    }

    async fn on_logging_message(&self, params: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        self.record(Heard::Log(params.data));
    }

    async fn on_resource_updated(&self, params: ResourceUpdatedNotificationParam, _: NotificationContext<RoleClient>) {
        self.record(Heard::Updated(params.uri));
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.record(Heard::ListChanged("tools"));
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.record(Heard::ListChanged("prompts"));
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.record(Heard::ListChanged("resources"));
    }
}

/// How long a call of a tour or a test may take.
const CALL: Duration = Duration::from_secs(120);

/// How this workspace's clients introduce themselves.
pub fn this_client() -> Implementation {
    Implementation::new("mcp-samples-client", env!("CARGO_PKG_VERSION"))
}

/// Calls a tool with arguments given as JSON.
///
/// # Errors
/// `arguments` is no object, or the server answers with a protocol error. A tool's own error is a result.
pub async fn call<H: ClientHandler>(
    client: &RunningService<RoleClient, H>,
    tool: &str,
    arguments: Value,
) -> anyhow::Result<CallToolResult> {
    let Value::Object(arguments): Value = arguments else {
        anyhow::bail!("the arguments of {tool} are no object");
    };
    let calling = client.call_tool(params(tool, arguments));
    tokio::time::timeout(CALL, calling).await.with_context(|| format!("no answer from {tool}"))?.map_err(Into::into)
}

fn params(tool: &str, arguments: JsonObject) -> CallToolRequestParams {
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)
}
