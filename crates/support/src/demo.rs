//! The narrator of a tour: what is being proved, with the actual values, and a verdict at the end.

use std::{
    fmt::Display,
    io::{IsTerminal, Write},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rmcp::{ClientHandler, RoleClient, service::RunningService};
use serde_json::Value;

use crate::{
    cli::{DemoArgs, has_colour},
    client::{HttpServer, Revision, Tap, Target, connect},
};

/// Text longer than this is cut in the wire view: a picture in base64 says nothing to a reader.
const WIRE_TEXT: usize = 160;

/// A tour through one server. Writes to stdout, which no protocol uses while a tour runs.
pub struct Tour {
    paint: Paint,
    wire: bool,
    steps: u32,
    checks: u32,
    failures: Vec<String>,
    started: Instant,
    step_started: Instant,
    http: Option<HttpServer>,
    flags: Vec<String>,
}

impl Tour {
    /// Begins a tour with its title and what it shows in one sentence.
    pub fn new(title: &str, about: &str, args: &DemoArgs) -> Self {
        let tour = Self {
            paint: Paint(has_colour(&std::io::stdout())),
            wire: args.wire,
            steps: 0,
            checks: 0,
            failures: Vec::new(),
            started: Instant::now(),
            step_started: Instant::now(),
            http: None,
            flags: own_flags(),
        };
        tour.line(&format!("\n{}", tour.paint.bold(title)));
        tour.line(&format!("{about}\n"));
        tour
    }

    /// Starts its servers with more flags, such as `--data FOLDER`, besides those that the tour was started with.
    #[must_use]
    pub fn with_flags(mut self, flags: impl IntoIterator<Item = String>) -> Self {
        self.flags.extend(flags);
        self
    }

    /// True when a person is watching on a terminal.
    pub fn is_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// Begins a step: what it proves.
    pub fn step(&mut self, proves: &str) {
        self.steps += 1;
        self.step_started = Instant::now();
        self.line(&format!("\n{} {}", self.paint.cyan(&format!("{:>2}.", self.steps)), self.paint.bold(proves)));
    }

    /// Shows an actual value.
    pub fn show(&self, label: &str, value: impl Display) {
        let value = value.to_string().replace('\n', &format!("\n{:26}", ""));
        self.line(&format!("    {} {value}", self.paint.dim(&format!("{label:<21}"))));
    }

    /// Says something in passing.
    pub fn note(&self, text: impl Display) {
        self.line(&format!("    {}", self.paint.dim(&text.to_string())));
    }

    /// Writes bytes as they are, such as a picture for the terminal.
    pub fn raw(&self, bytes: &[u8]) {
        let _ = std::io::stdout().write_all(bytes);
    }

    /// Checks a claim. The tour goes on when it does not hold, and fails at its end.
    pub fn check(&mut self, claim: impl Display, holds: bool) {
        self.checks += 1;
        let took = self.paint.dim(&format!("{:>6}", millis(self.step_started.elapsed())));
        if holds {
            self.line(&format!("    {} {claim} {took}", self.paint.green("ok")));
        } else {
            self.line(&format!("    {} {claim} {took}", self.paint.red("FAILED")));
            self.failures.push(format!("step {}: {claim}", self.steps));
        }
    }

    /// Ends the tour with its summary.
    ///
    /// # Errors
    /// A check has failed.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.http = None;
        let summary = format!("{} steps, {} checks, {}", self.steps, self.checks, millis(self.started.elapsed()));
        if self.failures.is_empty() {
            self.line(&format!("\n{} {summary}", self.paint.green("All is as it should be:")));
            self.line("Next: the same with `demo --wire` shows every message; README.md connects your own host.\n");
            return Ok(());
        }
        self.line(&format!("\n{summary}"));
        bail!("{} of {} checks failed: {}", self.failures.len(), self.checks, self.failures.join("; "))
    }

    /// A client of this very program on stdio.
    ///
    /// # Errors
    /// The program cannot be started again.
    pub async fn stdio<H: ClientHandler>(
        &self,
        revision: Revision,
        handler: H,
    ) -> anyhow::Result<RunningService<RoleClient, H>> {
        let mut arguments = self.flags.clone();
        arguments.push("stdio".to_owned());
        let target = Target::Program { program: this_program()?, arguments, environment: Vec::new() };
        connect(&target, revision, handler, self.tap()).await
    }

    /// A client of this very program on HTTP; its server is started at the first call, on a free port.
    ///
    /// # Errors
    /// The program cannot be started again.
    pub async fn http<H: ClientHandler>(
        &mut self,
        revision: Revision,
        handler: H,
    ) -> anyhow::Result<RunningService<RoleClient, H>> {
        let url = match &self.http {
            Some(server) => server.url.clone(),
            None => {
                let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
                self.http.insert(HttpServer::start(&this_program()?, &flags).await?).url.clone()
            }
        };
        connect(&Target::Url(url), revision, handler, self.tap()).await
    }

    /// The view of the wire, where `--wire` asked for it.
    pub fn tap(&self) -> Option<Tap> {
        let paint = self.paint;
        self.wire.then(|| {
            Arc::new(move |sent: bool, message: &Value| {
                let arrow = if sent { paint.cyan("-->") } else { paint.green("<--") };
                let text = shortened(message).to_string();
                let _ = writeln!(std::io::stdout(), "    {arrow} {}", paint.dim(&text));
            }) as Tap
        })
    }

    fn line(&self, text: &str) {
        // A reader that has seen enough closes the pipe; the tour's verdict is its exit code.
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

fn this_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("cannot find this program's own file")
}

/// The lesson's own flags, which the server of a tour gets too.
fn own_flags() -> Vec<String> {
    std::env::args().skip(1).filter(|argument| argument != "demo" && argument != "--wire").collect()
}

fn millis(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

fn shortened(message: &Value) -> Value {
    match message {
        Value::String(text) if text.len() > WIRE_TEXT => {
            let start: String = text.chars().take(40).collect();
            format!("{start}... ({} characters)", text.chars().count()).into()
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), shortened(value))).collect())
        }
        other => other.clone(),
    }
}

/// Colour, where it is wanted.
#[derive(Debug, Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn code(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    fn cyan(self, text: &str) -> String {
        self.code("36", text)
    }

    fn green(self, text: &str) -> String {
        self.code("32", text)
    }

    fn red(self, text: &str) -> String {
        self.code("31;1", text)
    }
}
