//! Which server, and what it gets from this process: no key of a model and no way to one, and no escape sequence through
//! to the terminal.

use std::{path::Path, process::Stdio, sync::Arc};

use anyhow::Context as _;
use mcp_support::{
    cli::UsageError,
    client::{Revision, Target, connect, connect_over},
};
use rmcp::{RoleClient, service::RunningService, transport::TokioChildProcess};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{ChildStderr, Command},
};

use super::{args::Args, console::Console, handler::Host, visible::one_line};
use crate::{completer::Backend, settings::Settings};

// Production: a server that the host starts runs with the person's own rights, and can open their files and their
// terminal. Start it in a container, or reach it over HTTP.

/// What a foreign program gets of this process's environment.
const SHARED: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "SYSTEMROOT",
    "APPDATA",
    "RUST_LOG",
];
/// Variables of a provider: no server gets them.
const PROVIDER: [&str; 2] = ["MODEL_", "AZURE_OPENAI_"];
/// Most letters that are shown of one line of a server's log, and most bytes of all lines together.
const LOG_LINE: usize = 500;
const LOG_BYTES: u64 = 256 * 1024;

/// Where the server is.
#[derive(Debug)]
pub(super) enum Server {
    /// This program, as a server with these back ends.
    Own(Vec<Backend>),
    Url(url::Url),
    Foreign {
        program: String,
        arguments: Vec<String>,
        environment: Vec<(String, String)>,
    },
}

impl Server {
    /// From the command line.
    ///
    /// # Errors
    /// It cannot be used.
    pub(super) fn new(args: &Args, settings: &Settings) -> Result<Self, UsageError> {
        if let Some(url) = &args.server_url {
            let is_here = match url.host() {
                Some(url::Host::Domain(name)) => name == "localhost",
                Some(url::Host::Ipv4(address)) => address.is_loopback(),
                Some(url::Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            };
            // Prompts and completions travel there.
            let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
            if !url.username().is_empty() || url.password().is_some() || !is_safe {
                let what = "--server-url: expected https (http on this machine only), without user name";
                return Err(UsageError(what.to_owned()));
            }
            return Ok(Self::Url(url.clone()));
        }
        let Some(command) = &args.server_command else {
            // The provider is the host's: a server with a way of its own to it would go past budget, redaction and audit.
            let backends: Vec<_> =
                settings.backends.iter().copied().filter(|backend| *backend != Backend::Provider).collect();
            if backends.is_empty() {
                let what = "--backends: the host's own server has no provider of its own: name client or embedded";
                return Err(UsageError(what.to_owned()));
            }
            return Ok(Self::Own(backends));
        };
        let mut words = words(command).map_err(|what| UsageError(format!("--server-command: {what}")))?;
        if words.is_empty() {
            return Err(UsageError("--server-command is empty".to_owned()));
        }
        let program = words.remove(0);
        let environment = args.server_env.iter().map(|text| variable(text)).collect::<Result<_, _>>()?;
        Ok(Self::Foreign { program, arguments: words, environment })
    }

    /// The host's own name for it: budgets and the audit trail go by it.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Own(_) => "own server".to_owned(),
            Self::Url(url) => url.origin().ascii_serialization(),
            Self::Foreign { program, .. } => {
                let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
                format!("program {}", one_line(&name, 120))
            }
        }
    }

    /// Connects to it.
    ///
    /// # Errors
    /// It cannot be started or reached, or does not speak the revision.
    pub(super) async fn connect(
        &self,
        revision: Revision,
        host: Host,
        console: &Arc<Console>,
    ) -> anyhow::Result<RunningService<RoleClient, Host>> {
        let mut command = match self {
            Self::Url(url) => return connect(&Target::Url(url.to_string()), revision, host, None).await,
            Self::Own(backends) => {
                let mut command = Command::new(std::env::current_exe()?);
                let names: Vec<String> = backends.iter().map(ToString::to_string).collect();
                command.args(["stdio", "--backends", &names.join(",")]);
                for (name, _) in std::env::vars_os() {
                    if PROVIDER.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                        command.env_remove(name);
                    }
                }
                if std::env::var_os("RUST_LOG").is_none() {
                    command.env("RUST_LOG", "off,rmcp=off");
                }
                command
            }
            Self::Foreign { program, arguments, environment } => {
                let mut command = Command::new(program);
                command.args(arguments).env_clear();
                command.envs(SHARED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))));
                command.envs(environment.iter().map(|(name, value)| (name, value)));
                command
            }
        };
        command.kill_on_drop(true);
        let (child, stderr) = TokioChildProcess::builder(command)
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.key()))?;
        if let Some(stderr) = stderr {
            // Ends with the server, whose end of the pipe it reads.
            tokio::spawn(relay(stderr, console.clone()));
        }
        connect_over(child, revision.lifecycle(), host, None).await
    }
}

/// A server's log belongs on the screen, but not its escape sequences.
async fn relay(stderr: ChildStderr, console: Arc<Console>) {
    let mut reader = BufReader::new(stderr);
    let mut left = LOG_BYTES;
    let mut line = Vec::new();
    while left > 0 {
        line.clear();
        match (&mut reader).take(left.min(8 * 1024)).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(read) => left = left.saturating_sub(read as u64),
        }
        let text = String::from_utf8_lossy(&line);
        console.note(&format!("  | server log: {}", one_line(text.trim_end(), LOG_LINE)));
    }
    console.note("the server writes too much into its log: the rest is not shown");
    // Read on, or the server would wait for ever.
    let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
}

/// `NAME=VALUE`, or `NAME` for this process's own value.
fn variable(text: &str) -> Result<(String, String), UsageError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, std::env::var(text).ok()),
    };
    match value {
        Some(value) if !name.is_empty() => Ok((name.to_owned(), value)),
        _ => Err(UsageError(format!("--server-env: expected NAME=VALUE, or NAME of a variable that is set: {name}"))),
    }
}

/// Splits a command at blanks that no quotes hold together. There is no shell, and nothing else is special.
fn words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let (mut word, mut quote): (Option<String>, Option<char>) = (None, None);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_person_means_it() {
        for (command, expected) in [
            ("a b  c", vec!["a", "b", "c"]),
            ("a 'b c' \"d 'e'\"", vec!["a", "b c", "d 'e'"]),
            ("a --x='1 2' ''", vec!["a", "--x=1 2", ""]),
            ("", vec![]),
        ] {
            assert_eq!(words(command).expect("words"), expected, "{command}");
        }
        assert!(words("a 'b").is_err());
    }

    #[test]
    fn a_variable_has_a_name_and_a_value() {
        assert_eq!(variable("A=b=c").expect("a pair"), ("A".to_owned(), "b=c".to_owned()));
        assert!(variable("PATH").is_ok());
        assert!(variable("=x").is_err() && variable("NO_SUCH_VARIABLE_HERE").is_err());
    }
}
