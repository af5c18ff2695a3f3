//! The command line that every lesson has: `demo` (the default), `stdio` and `http`.
//!
//! A lesson parses its own `clap` struct, which flattens its settings and holds a [`Command`]; [`run`] does the rest:
//! logs, runtime, one-line errors and exit codes.

use std::{
    ffi::{OsStr, OsString},
    future::Future,
    io::IsTerminal,
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, builder::BoolishValueParser};

use crate::telemetry;

/// What to do with the lesson's server.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The guided tour: a real client drives the real server, step by step
    Demo(DemoArgs),
    /// The server on stdin and stdout (what an MCP host starts)
    Stdio,
    /// The server on `http://127.0.0.1:8000/mcp`
    Http(HttpArgs),
}

impl Default for Command {
    fn default() -> Self {
        Self::Demo(DemoArgs::default())
    }
}

/// Flags of the tour.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Show every JSON-RPC message
    #[arg(long)]
    pub wire: bool,
}

/// Flags of the HTTP server.
#[derive(Debug, Clone, Args)]
pub struct HttpArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "MCP_BIND", default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,

    /// Host name that requests may be addressed to, besides loopback names (repeatable)
    #[arg(long = "allow-host", env = "MCP_ALLOW_HOSTS", value_delimiter = ',', value_name = "HOST",
          value_parser = parse_host)]
    pub allow_hosts: Vec<String>,

    /// Origin of a web page that may call this server, besides loopback pages (repeatable)
    #[arg(long = "allow-origin", env = "MCP_ALLOW_ORIGINS", value_delimiter = ',', value_name = "ORIGIN",
          value_parser = parse_origin)]
    pub allow_origins: Vec<String>,

    /// Serve 2025-11-25 without sessions too: cheaper, and any instance can answer. Lost are notifications and questions
    /// to the client outside of the answer to a request, and what a session would remember
    #[arg(long, env = "MCP_STATELESS", value_parser = BoolishValueParser::new())]
    pub stateless: bool,

    /// Seconds that calls in flight may take to finish after a signal
    #[arg(long, env = "MCP_DRAIN_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    pub drain_seconds: u64,
}

impl HttpArgs {
    /// How long calls in flight may take to finish after a signal.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.min(3600))
    }
}

/// A host is a name or an address, perhaps with a port: `mcp.example.com`, `mcp.example.com:8443`.
///
/// # Errors
/// The text holds anything else, such as a scheme or a path.
pub fn parse_host(text: &str) -> Result<String, String> {
    let authority: http::uri::Authority =
        text.parse().map_err(|_| "expected host or host:port, such as mcp.example.com".to_owned())?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err("expected host or host:port, such as mcp.example.com".to_owned());
    }
    Ok(text.to_owned())
}

/// An origin is a scheme, a host and perhaps a port: `https://app.example.com`.
fn parse_origin(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text.trim_end_matches(":*"))
        .map_err(|_| "expected scheme://host or scheme://host:port".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || url.query().is_some() {
        return Err("expected scheme://host or scheme://host:port".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether what is written there may have colours: a terminal that shows them, whose person has not set `NO_COLOR`.
pub fn has_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Parses the command line, runs `main` on a runtime of its own, and turns what comes back into an exit code: 0, 2 for a
/// command line or variable that cannot be used, 1 for everything else. Every failure is one line on stderr.
pub fn run<C, F>(main: impl FnOnce(C) -> F) -> ExitCode
where
    C: Parser,
    F: Future<Output = anyhow::Result<()>>,
{
    let cli = match parse(C::command()) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::from(error).context("cannot start the runtime")),
    };
    let result = runtime.block_on(async {
        let telemetry = telemetry::init()?;
        std::panic::set_hook(Box::new(log_panic));
        let result = main(cli).await;
        telemetry.flush().await;
        result
    });
    // A blocking read of a terminal's stdin cannot be cancelled, and must not hold the exit up.
    runtime.shutdown_timeout(Duration::from_millis(200));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn parse<C: Parser>(command: clap::Command) -> Result<C, clap::Error> {
    let mut command = without_empty_variables(command, &|name| std::env::var_os(name));
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// A variable that is set to nothing is not set: that is how compose files and shells leave one out. A blank secret is
/// another matter, and stays what it is: nobody wants a server that quietly does without.
fn without_empty_variables(command: clap::Command, variable: &dyn Fn(&OsStr) -> Option<OsString>) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        let set = arg.get_env().filter(|_| !arg.is_hide_env_values_set()).and_then(variable);
        set.is_some_and(|value| value.is_empty())
    };
    let command = command.mut_args(|arg| if is_empty(&arg) { arg.env(None::<&'static str>) } else { arg });
    command.mut_subcommands(|command| without_empty_variables(command, variable))
}

/// A panic is one line in the log like everything else, with its backtrace where `RUST_BACKTRACE` asks for one.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let backtrace = std::backtrace::Backtrace::capture();
    let backtrace =
        matches!(backtrace.status(), std::backtrace::BacktraceStatus::Captured).then(|| backtrace.to_string());
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    tracing::error!(place, message, backtrace, "panic");
}

/// A setting that cannot be used although it parses: reported like a bad flag, with exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

fn fail(error: &anyhow::Error) -> ExitCode {
    let line = format!("{error:#}").replace(['\n', '\r'], " ");
    eprintln!("error: {line}");
    ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
}

fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // `--help` and `--version` are answers, not errors, and nothing speaks the protocol yet.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut line = lines.next().unwrap_or("error: unusable command line").to_owned();
    // Required arguments stand on the lines after the first; usage and tips do not belong in one line.
    for more in lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("tip:")) {
        if more.starts_with("For more information") {
            break;
        }
        line = format!("{line} {more}");
    }
    eprintln!("{line} (see --help)");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Command, parse_host, parse_origin, without_empty_variables};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(subcommand)]
        command: Command,
    }

    /// Whether the flags of `http` read variables.
    fn read(command: clap::Command, variable: &'static str) -> [bool; 3] {
        let command = without_empty_variables(command, &|_| Some(variable.into()));
        let http = command.find_subcommand("http").expect("a command").clone();
        ["bind", "allow_hosts", "stateless"].map(|name| {
            let arg = http.get_arguments().find(|arg| arg.get_id() == name).expect("a flag");
            arg.get_env().is_some()
        })
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set_unless_it_is_a_secret() {
        assert_eq!(read(Cli::command(), "x"), [true; 3]);
        assert_eq!(read(Cli::command(), ""), [false; 3]);
        let secret = |http: clap::Command| http.mut_arg("bind", |bind| bind.hide_env_values(true));
        assert_eq!(read(Cli::command().mut_subcommand("http", secret), ""), [true, false, false]);
        assert!(matches!(Cli::try_parse_from(["x", "http"]).map(|cli| cli.command), Ok(Command::Http(_))));
    }

    #[test]
    fn hosts() {
        for good in ["mcp.example.com", "mcp.example.com:8443", "10.0.0.1", "[::1]:80"] {
            assert_eq!(parse_host(good).as_deref(), Ok(good));
        }
        for bad in ["", "http://x", "http://x/", "x/y", "a b", "u@h"] {
            assert!(parse_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn origins() {
        for good in ["https://app.example.com", "http://localhost:*", "http://127.0.0.1:3000"] {
            assert_eq!(parse_origin(good).as_deref(), Ok(good));
        }
        assert_eq!(parse_origin("https://a.example/").as_deref(), Ok("https://a.example"));
        for bad in ["app.example.com", "ftp://a.example", "https://a.example/path", "", "null"] {
            assert!(parse_origin(bad).is_err(), "{bad}");
        }
    }
}
