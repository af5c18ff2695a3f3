//! A real client on every leg: stdio or HTTP, 2025-11-25 or 2026-07-28. The tours and the tests drive servers with it.
#![expect(deprecated, reason = "SEP-2577: log messages are deprecated and still heard")]

mod connect;
mod http_server;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context as _;
use rmcp::{
    ClientHandler, ClientLifecycleMode, RoleClient,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, JsonObject,
        LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion, ResourceUpdatedNotificationParam,
    },
    service::{NotificationContext, RunningService},
};
use serde_json::Value;
use tokio::sync::Notify;

#[cfg(feature = "testing")]
pub(crate) use self::http_server::terminate;
pub use self::{
    connect::{Tap, challenge, connect, connect_over},
    http_server::{HttpServer, PATIENCE, cpu, memory_kib},
};

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

    /// How a client of this revision begins.
    pub fn lifecycle(self) -> ClientLifecycleMode {
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

/// The text that a result begins with; "no text" where it begins with something else.
pub fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("no text", |text| &text.text)
}

/// The structure of a result; null where it has none.
pub fn structure(result: &CallToolResult) -> &Value {
    result.structured_content.as_ref().unwrap_or(&Value::Null)
}

fn params(tool: &str, arguments: JsonObject) -> CallToolRequestParams {
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)
}
