//! A server whose tools misbehave on purpose. The tests of `support` drive it as a process.
#![expect(deprecated, reason = "SEP-2577: log messages are deprecated and still gated")]

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use clap::Parser;
use mcp_support::{
    ask::{Ask, Roots, Sealer},
    changes::{Change, Changes},
    cli::{self, Command, UsageError},
    client_log,
    harden::Policy,
    progress::Progress,
    serve::{Limits, Server},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::*,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_handler, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Seconds that a call may be silent
    #[arg(long, env = "PROBE_CALL_SECONDS", default_value_t = 120)]
    call_seconds: u64,
    /// Sessions at a time
    #[arg(long, env = "PROBE_SESSIONS", default_value_t = 1024)]
    sessions: usize,
    /// Seconds that a head, a body and a stalled write may take
    #[arg(long, env = "PROBE_SLOW_SECONDS", default_value_t = 30)]
    slow_seconds: u64,
    /// Calls at a time
    #[arg(long, env = "PROBE_IN_FLIGHT", default_value_t = 2048)]
    in_flight: usize,
    /// Events of sessions that are kept, in bytes
    #[arg(long, env = "PROBE_KEPT_BYTES", default_value_t = 0)]
    kept_bytes: usize,
    /// Answer every call over HTTP with a stream
    #[arg(long, env = "PROBE_STREAMED")]
    streamed: bool,
}

fn main() -> ExitCode {
    cli::run(|cli: Cli| async move {
        let changes = Changes::default();
        let slow = Duration::from_secs(cli.slow_seconds);
        let policy = Policy {
            call_timeout: Duration::from_secs(cli.call_seconds),
            max_in_flight: cli.in_flight,
            keep_lists: true,
            changes: Some(changes.clone()),
            ..Policy::default()
        };
        let limits = Limits {
            sessions: cli.sessions,
            head_time: slow,
            body_time: slow,
            write_stall: slow,
            message_bytes: 1024 * 1024,
            kept_events_bytes: cli.kept_bytes,
            ..Limits::default()
        };
        let mut server = Server::new(Probe::new(changes), policy, limits);
        if cli.streamed {
            server = server.streamed();
        }
        match cli.command {
            None | Some(Command::Demo(_)) => Err(UsageError("the probe has no tour".to_owned()).into()),
            Some(Command::Stdio) => server.stdio().await,
            Some(Command::Http(args)) => server.http(&args).await,
        }
    })
}

#[derive(Clone)]
struct Probe {
    router: Arc<ToolRouter<Self>>,
    shared: Arc<Shared>,
}

struct Shared {
    changes: Changes,
    sealer: Sealer,
    running: AtomicUsize,
    listed: AtomicUsize,
}

/// Counts itself for as long as it lives.
struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Text {
    /// Any text.
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wait {
    /// Time to wait, in milliseconds.
    ms: u64,
    /// Progress reports meanwhile.
    #[serde(default)]
    steps: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Size {
    /// Size of the answer, in bytes.
    bytes: usize,
}

#[tool_router]
impl Probe {
    fn new(changes: Changes) -> Self {
        let shared =
            Shared { changes, sealer: Sealer::random(), running: AtomicUsize::new(0), listed: AtomicUsize::new(0) };
        Self { router: Arc::new(Self::tool_router()), shared: Arc::new(shared) }
    }

    fn count(&self) -> Running {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        Running(self.shared.clone())
    }

    /// Returns its argument.
    #[tool(annotations(
        title = "Echo",
        read_only_hint = true,
        destructive_hint = false,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    fn echo(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        text
    }

    /// Panics at once.
    #[tool]
    fn panic(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        panic!("{text}")
    }

    /// Panics after an await.
    #[tool]
    async fn panic_later(&self) -> String {
        tokio::task::yield_now().await;
        panic!("the secret of the panic")
    }

    /// Waits without looking at its cancellation token.
    #[tool]
    async fn wait(
        &self,
        Parameters(Wait { ms, steps }): Parameters<Wait>,
        context: RequestContext<RoleServer>,
    ) -> String {
        let _running = self.count();
        let progress = Progress::new(&context);
        let slice = Duration::from_millis(ms / u64::from(steps + 1));
        for step in 1..=steps {
            tokio::time::sleep(slice).await;
            progress.report(f64::from(step), f64::from(steps), "waiting").await;
        }
        tokio::time::sleep(slice).await;
        "waited".to_owned()
    }

    /// How many waits are running.
    #[tool]
    fn running(&self) -> String {
        self.shared.running.load(Ordering::SeqCst).to_string()
    }

    /// An answer of a given size.
    #[tool]
    fn big(&self, Parameters(Size { bytes }): Parameters<Size>) -> String {
        "x".repeat(bytes.min(64 * 1024 * 1024))
    }

    /// Sends a log message at each level.
    #[tool]
    async fn log(&self, context: RequestContext<RoleServer>) -> String {
        let mut sent = 0;
        for level in [LoggingLevel::Debug, LoggingLevel::Warning, LoggingLevel::Emergency] {
            sent += u32::from(client_log::send(&context, level, "probe", json!({ "at": level })).await);
        }
        sent.to_string()
    }

    /// Announces a change of each list, and of the resource that is named.
    #[tool]
    fn change(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        for change in [Change::Tools, Change::Prompts, Change::Resources, Change::Updated(text.into())] {
            self.shared.changes.announce(change);
        }
        "announced".to_owned()
    }

    /// Asks for two things at once, and then for a third.
    #[tool]
    async fn ask(
        &self,
        Parameters(arguments): Parameters<Text>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call ask", &arguments)?;
        let first = ask.question("first", form("first?")?).await?;
        let second = ask.question("second", form("second?")?).await?;
        let (Some(first), Some(second)) = (first, second) else { return Ok(ask.needs_input()?.into()) };
        let Some(third) = ask.question("third", form("third?")?).await? else { return Ok(ask.needs_input()?.into()) };
        let text = format!("{:?} {:?} {:?}", first.action, second.action, third.content);
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }

    /// Asks the client's model for a completion, and the client for its folders.
    #[tool]
    async fn ask_model_and_roots(&self, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call ask_model_and_roots", &())?;
        let question = CreateMessageRequestParams::new(vec![SamplingMessage::user_text("capital of France?")], 20);
        let message = ask.question("capital", question).await?;
        let roots = ask.question("roots", Roots).await?;
        let (Some(message), Some(roots)) = (message, roots) else { return Ok(ask.needs_input()?.into()) };
        let text = format!("{} and {} roots", message.model, roots.roots.len());
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

/// What the forms ask for.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Value {
    /// Any text.
    value: Option<String>,
}

fn form(message: &str) -> Result<ElicitRequestParams, ErrorData> {
    mcp_support::ask::form::<Value>(message).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

#[tool_handler(router = self.router)]
impl ServerHandler for Probe {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_logging()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("probe", "1.0.0"))
    }

    /// A list that says how often it was asked for, so that a test sees which answers were kept.
    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let name = format!("asked_{}", self.shared.listed.fetch_add(1, Ordering::SeqCst));
        Ok(ListResourceTemplatesResult::with_all_items(vec![ResourceTemplate::new("probe://{name}", name)]))
    }
}
