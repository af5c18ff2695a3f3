//! A node that is a program: its pipes, its log, and the end of it and of everything it has started.

mod bounded;

use std::{
    collections::HashMap,
    future::Future,
    io,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use rmcp::{
    RoleClient,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{Transport, async_rw::AsyncRwTransport},
};
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::{sleep, timeout},
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use self::bounded::Bounded;
pub(super) use self::bounded::is_too_long;
use super::{MAX_ANSWER, config::NodeSettings, loops};

/// Variables that a child gets from the gateway's own: what programs need, and no secrets.
const PASSED: [&str; 7] = ["PATH", "HOME", "LANG", "TMPDIR", "SystemRoot", "TEMP", "RUST_LOG"];
/// Letters that are kept of a program's last line.
const MOST_WORDS: usize = 300;
/// Time for a program to end once its input has, and once more when it is told to.
const PATIENCE: Duration = Duration::from_secs(3);

/// The programs that a gateway has started.
#[derive(Default)]
pub(super) struct Programs {
    /// Those that run.
    pub(super) running: TaskTracker,
    /// What they get to know of the gateways above them.
    above: String,
    /// By node, the last line of its log.
    said: LastWords,
}

type LastWords = Arc<Mutex<HashMap<String, String>>>;

impl Programs {
    pub(super) fn below(above: String) -> Self {
        Self { above, ..Self::default() }
    }

    /// What a node's program has said last: why it has ended, mostly. It is for the operator alone.
    pub(super) fn last_words(&self, node: &str) -> Option<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).remove(node)
    }
}

/// A running program. Dropping it kills it at once, with everything that it has started.
pub(super) struct Program {
    pipes: AsyncRwTransport<RoleClient, Bounded<ChildStdout>, ChildStdin>,
    child: Child,
    group: Group,
    /// The gateway waits for it before it ends.
    _running: TaskTrackerToken,
}

impl Program {
    /// Starts a node's program, with its log in ours.
    pub(super) fn start(settings: &NodeSettings, programs: &Programs) -> anyhow::Result<Self> {
        let (program, arguments) = settings.command.split_first().context("no command")?;
        let program = if program == "{self}" { std::env::current_exe()? } else { program.into() };
        let mut command = Command::new(program);
        command.args(arguments).env_clear().kill_on_drop(true);
        command.envs(PASSED.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env(loops::ABOVE, &programs.above);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What it starts in turn, such as what `npx` runs, belongs to its group and ends with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let group = Group::of(&child);
        let stdout = child.stdout.take().context("no stdout")?;
        let stdin = child.stdin.take().context("no stdin")?;
        if let Some(stderr) = child.stderr.take() {
            // Ends with the program's stderr.
            tokio::spawn(log(settings.id.clone(), stderr, Arc::clone(&programs.said)));
        }
        let pipes = AsyncRwTransport::new(Bounded::new(stdout), stdin).with_max_line_length(MAX_ANSWER);
        Ok(Self { pipes, child, group, _running: programs.running.token() })
    }
}

/// Whatever bytes it writes, and however long its lines are.
async fn log(node: String, mut stderr: ChildStderr, said: LastWords) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        let text = String::from_utf8_lossy(&piece[..length]);
        for line in text.lines() {
            tracing::debug!(node, line, "the node says");
        }
        if let Some(last) = text.lines().rfind(|line| !line.trim().is_empty()) {
            let last = last.chars().filter(|letter| !letter.is_control()).take(MOST_WORDS).collect();
            said.lock().unwrap_or_else(PoisonError::into_inner).insert(node.clone(), last);
        }
    }
}

impl Transport<RoleClient> for Program {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.pipes.send(message)
    }

    fn receive(&mut self) -> impl Future<Output = Option<RxJsonRpcMessage<RoleClient>>> + Send {
        self.pipes.receive()
    }

    /// Spec(2025-11-25, lifecycle): its input ends first, then it is asked to end, and at last it is killed.
    async fn close(&mut self) -> Result<(), Self::Error> {
        self.pipes.close().await?;
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            self.group.terminate();
            let _ = timeout(PATIENCE, self.child.wait()).await;
        }
        // It may have left others behind.
        self.group.end().await;
        self.child.wait().await.map(drop)
    }
}

/// A program and all that it has started, unless they have made groups of their own.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Self { id }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    fn terminate(&self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id {
            // An error says that nobody is left.
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }

    fn is_empty(&self) -> bool {
        #[cfg(unix)]
        return self.id.is_none_or(|id| rustix::process::test_kill_process_group(id).is_err());
        #[cfg(not(unix))]
        return true;
    }

    /// Asks those who are left to end, and kills those who do not.
    async fn end(&mut self) {
        if !self.is_empty() {
            self.terminate();
            let _ = timeout(PATIENCE, async {
                while !self.is_empty() {
                    sleep(Duration::from_millis(20)).await;
                }
            })
            .await;
        }
        self.kill();
    }

    fn kill(&mut self) {
        #[cfg(unix)]
        {
            self.signal(rustix::process::Signal::KILL);
            // The system may give the number to somebody else.
            self.id = None;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
