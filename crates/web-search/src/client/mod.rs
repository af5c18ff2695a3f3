//! A client of this server, in three forms: a demonstration that asserts, a menu for a person, and JSON for a program.
//!
//! It starts its own server over stdio, or goes to one at a URL. In reading order: `session` (the connection and its
//! calls), `automatic` (the demonstration), `interactive` with `form` and `editor` (the menu), `show` (what is
//! seen).

mod automatic;
mod editor;
mod form;
mod interactive;
mod session;
mod show;

use std::path::PathBuf;

use anyhow::bail;
use mcp_support::{cli::UsageError, client::Revision};
use serde_json::{Map, Value};

use self::{
    editor::Editor,
    session::{Session, Target},
    show::Screen,
};

/// A client: a demonstration that asserts, unless another form is asked for
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A menu, with editing and history
    #[arg(long, conflicts_with_all = ["json", "call"])]
    pub interactive: bool,

    /// One JSON object per line on stdout: a call, its result, how long it took
    #[arg(long)]
    pub json: bool,

    /// Server to connect to, instead of starting one
    #[arg(long, value_name = "URL")]
    pub url: Option<url::Url>,

    /// Revision of the protocol: 2025-11-25 or 2026-07-28
    #[arg(long, default_value = "2026-07-28", value_parser = revision, value_name = "REVISION")]
    pub revision: Revision,

    /// Tool to call, instead of the demonstration (repeatable)
    #[arg(long, value_name = "TOOL")]
    pub call: Vec<String>,

    /// Arguments of that tool, as a JSON object: one for each --call, in the same order
    #[arg(long, value_name = "JSON", requires = "call")]
    pub arguments: Vec<String>,

    /// File for the history of the menu, readable by its owner only
    #[arg(long, env = "WEB_SEARCH_HISTORY", value_name = "FILE")]
    pub history: Option<PathBuf>,
}

/// A call that somebody wants.
type Call = (String, Map<String, Value>);

/// Runs the client until its calls are made, or until the person has had enough.
///
/// # Errors
/// The command line cannot be used, the server cannot be reached, or a check of the demonstration or a call has failed.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let calls = calls(&args)?;
    let target = Target::new(args.url.as_ref())?;
    let screen = Screen::new();
    let session = Session::connect(&target, args.revision).await?;
    let outcome = match (args.interactive, calls.is_empty()) {
        (true, _) => interactive::run(&session, &screen, Editor::new(args.history.as_deref(), session.names())?).await,
        (false, true) => automatic::demonstrate(&session, &screen, args.json).await,
        (false, false) => make(&session, &screen, calls, args.json).await,
    };
    session.end().await;
    outcome
}

/// Makes calls in their order.
async fn make(session: &Session, screen: &Screen, calls: Vec<Call>, json: bool) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for (tool, arguments) in calls {
        let called = session.call(&tool, arguments).await?;
        screen.called(&called, json)?;
        if called.is_error() {
            failed.push(show::line(&tool, 120));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("{} failed", failed.join(", "))
}

fn calls(args: &Args) -> Result<Vec<Call>, UsageError> {
    if args.arguments.len() > args.call.len() {
        return Err(UsageError("--arguments: there are more of them than of --call".to_owned()));
    }
    let mut arguments = args.arguments.iter();
    args.call
        .iter()
        .map(|tool| match arguments.next().map(|text| serde_json::from_str(text)) {
            None => Ok((tool.clone(), Map::new())),
            Some(Ok(Value::Object(arguments))) => Ok((tool.clone(), arguments)),
            Some(_) => Err(UsageError("--arguments: expected a JSON object, such as {\"query\": \"rust\"}".to_owned())),
        })
        .collect()
}

fn revision(text: &str) -> Result<Revision, String> {
    let known = Revision::ALL.into_iter().find(|revision| revision.to_string() == text);
    known.ok_or_else(|| "expected 2025-11-25 or 2026-07-28".to_owned())
}

#[cfg(test)]
mod tests;
