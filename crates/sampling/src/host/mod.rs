//! The client's half of the lesson: a host in a terminal, which calls tools and answers what their server asks of a
//! model.
//!
//! In reading order, which is the way of one request:
//!
//! * `handler`: the protocol's side; what is not asked during a call of this host is not answered.
//! * `desk`: the way of a request, and where it may end.
//! * `check`, `prompt`: what is malformed or too large; what is left of the protocol after that.
//! * `choice`, `models`: which model answers, and why.
//! * `redact`: what no model gets to see.
//! * `budget`: what one server may cause.
//! * `review`, `terminal`, `screen`, `console`: who approves, and what they see.
//! * `audit`: who decided what.
//! * `denied`: how an end is told.
//! * `args`, `target`, `session`: the command line, the server, and the person's own commands.

mod args;
mod audit;
mod budget;
mod check;
mod choice;
mod console;
mod denied;
mod desk;
mod handler;
mod models;
mod prompt;
mod redact;
mod review;
mod screen;
mod session;
mod target;
mod terminal;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use anyhow::anyhow;
use mcp_support::{cli::UsageError, visible};
use tokio::sync::Semaphore;

pub use self::{
    args::{Approve, Args, Switch},
    choice::Card,
};
use self::{
    audit::Audit,
    budget::{Budget, Limits},
    console::Console,
    desk::Desk,
    handler::{Calls, Host},
    review::{Policy, Reviewer},
    session::Session,
    target::Server,
    terminal::Terminal,
    visible::one_line,
};
use crate::settings::Settings;

/// Runs the host until its calls are made, or until the person has had enough.
///
/// # Errors
/// The command line cannot be used, the server cannot be reached, or an unattended call fails.
pub async fn run(args: Args, settings: Settings) -> anyhow::Result<()> {
    let calls = args.calls()?;
    let server = Server::new(&args, &settings)?;
    let console = Arc::new(Console::new());
    let desk = Desk {
        models: models::catalogue(&settings.provider, &args)?,
        budget: Budget::new(limits(&args, &settings), Arc::new(Instant::now)),
        audit: Audit::open(args.audit.as_deref())?,
        reviewer: reviewer(&args, &console)?,
        redact: args.redact == Switch::On,
        restore: args.restore,
        timeout: Duration::from_secs(args.timeout),
        queue: Semaphore::new(desk::QUEUE),
        slots: Semaphore::new(args.concurrency.into()),
        count: AtomicU64::new(0),
    };
    let host = Host {
        desk: Arc::new(desk),
        server: server.key().into(),
        most_tokens: args.max_tokens,
        calls: Calls::default(),
    };
    let connected = server.connect(args.revision, host, &console).await;
    // What a server says while it refuses may hold anything, and the error goes to the terminal.
    let client = connected.map_err(|error| anyhow!("{}", one_line(&format!("{error:#}"), 1000)))?;
    console.note(&format!("connected to {} in {}", server.key(), args.revision));
    let session = Session { client, console, revision: args.revision, deadline: args.deadline() };
    let outcome = match calls.is_empty() {
        true => session.interactive().await,
        false => session.unattended(calls).await,
    };
    session.client.cancel().await?;
    outcome
}

fn limits(args: &Args, settings: &Settings) -> Limits {
    Limits {
        requests_per_minute: settings.requests_per_minute,
        tokens_per_hour: settings.tokens_per_hour,
        cost_per_hour: args.cost_per_hour,
    }
}

fn reviewer(args: &Args, console: &Arc<Console>) -> Result<Arc<dyn Reviewer>, UsageError> {
    let editor = match (args.editor, std::env::var("EDITOR")) {
        (false, _) => None,
        (true, Ok(editor)) if !editor.trim().is_empty() => Some(editor),
        (true, _) => return Err(UsageError("--editor needs the variable EDITOR".to_owned())),
    };
    Ok(match args.approve {
        Approve::Auto => Arc::new(Policy::Auto(Some(console.clone()))),
        Approve::Deny => Arc::new(Policy::Deny),
        Approve::Ask => {
            Arc::new(Terminal { console: console.clone(), patience: Duration::from_secs(args.patience), editor })
        }
    })
}
