//! The command line of `host`.

use std::{path::PathBuf, time::Duration};

use mcp_support::{cli::UsageError, client::Revision};
use serde_json::{Map, Value};

use super::choice::Card;

/// A host in a terminal: it calls tools, and answers what their server asks of a model
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Server to connect to, instead of this lesson's own
    #[arg(long, value_name = "URL", conflicts_with = "server_command")]
    pub server_url: Option<url::Url>,

    /// Server to start, instead of this lesson's own, such as `python server.py`
    #[arg(long, value_name = "COMMAND")]
    pub server_command: Option<String>,

    /// Variable for that server, which gets few others (repeatable)
    #[arg(long, value_name = "NAME[=VALUE]", requires = "server_command")]
    pub server_env: Vec<String>,

    /// Revision of the protocol: 2025-11-25 or 2026-07-28
    #[arg(long, default_value = "2026-07-28", value_parser = revision, value_name = "REVISION")]
    pub revision: Revision,

    /// Tool to call instead of asking what to do (repeatable)
    #[arg(long, value_name = "TOOL")]
    pub call: Vec<String>,

    /// Arguments of that tool, as JSON: one for each --call, in the same order
    #[arg(long, value_name = "JSON", requires = "call")]
    pub arguments: Vec<String>,

    /// Who decides about a sampling request
    #[arg(long, value_enum, default_value_t = Approve::Ask, value_name = "POLICY")]
    pub approve: Approve,

    /// Seconds for each decision; whoever says nothing has said no
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub patience: u64,

    /// Edit in the program that EDITOR names
    #[arg(long)]
    pub editor: bool,

    /// Whether secrets and personal data are taken out before a model sees them
    #[arg(long, value_enum, default_value_t = Switch::On, value_name = "SWITCH")]
    pub redact: Switch,

    /// Put what was taken out back into what the server gets
    #[arg(long)]
    pub restore: bool,

    /// Model of the provider: NAME=COST,SPEED,INTELLIGENCE from 0 to 1, perhaps ,image or ,audio (repeatable)
    #[arg(long, value_name = "MODEL")]
    pub model: Vec<Card>,

    /// Offer the provider's models only
    #[arg(long)]
    pub without_embedded: bool,

    /// Price of 1000 tokens of a provider's model, in any unit
    #[arg(long, default_value_t = 0.0, value_name = "PRICE", value_parser = amount)]
    pub price_per_1000_tokens: f64,

    /// Most that a server may cost in an hour, in the same unit
    #[arg(long, value_name = "COST", value_parser = amount)]
    pub cost_per_hour: Option<f64>,

    /// Most tokens of one answer
    #[arg(long, default_value_t = 4096, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: u32,

    /// Most sampling requests at a time; others wait
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub concurrency: u16,

    /// Seconds that a model may take
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,

    /// File that gets a line for each decision, without contents
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
}

/// Who decides about a sampling request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Approve {
    /// Nobody: every request is answered
    Auto,
    /// The person at the terminal
    Ask,
    /// Nobody: every request is refused
    Deny,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// It is done
    On,
    /// It is not
    Off,
}

/// A tool and its arguments.
pub(super) type Call = (String, Map<String, Value>);

impl Args {
    /// The calls of an unattended run.
    ///
    /// # Errors
    /// Arguments that are no object, or not one for each call.
    pub(super) fn calls(&self) -> Result<Vec<Call>, UsageError> {
        if !self.arguments.is_empty() && self.arguments.len() != self.call.len() {
            let (calls, arguments) = (self.call.len(), self.arguments.len());
            return Err(UsageError(format!(
                "{calls} times --call and {arguments} times --arguments: give one for each"
            )));
        }
        let mut calls = Vec::new();
        for (index, tool) in self.call.iter().enumerate() {
            let text = self.arguments.get(index).map_or("{}", String::as_str);
            let arguments = arguments(text).map_err(|what| UsageError(format!("--arguments of {tool}: {what}")))?;
            calls.push((tool.clone(), arguments));
        }
        Ok(calls)
    }

    /// The longest that a call can take when everybody takes as long as they may: ten rounds of a prompt and a
    /// completion that are each looked at once, with the model in between.
    pub(super) fn deadline(&self) -> Duration {
        Duration::from_secs(10 * (2 * self.patience + self.timeout) + 60)
    }
}

/// Arguments of a tool.
pub(super) fn arguments(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("expected an object, such as {\"text\": \"...\"}".to_owned()),
        Err(error) => Err(format!("no JSON: {error}")),
    }
}

fn revision(text: &str) -> Result<Revision, String> {
    let all = Revision::ALL.into_iter();
    all.clone().find(|revision| revision.to_string() == text).ok_or_else(|| {
        format!("expected one of: {}", all.map(|revision| revision.to_string()).collect::<Vec<_>>().join(", "))
    })
}

fn amount(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|amount: &f64| amount.is_finite() && *amount >= 0.0)
        .ok_or_else(|| "expected a number".to_owned())
}
