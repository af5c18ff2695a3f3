//! Runs a program beside this one: without a shell, on one input file, with a deadline, and with bounded output.

use std::{
    ffi::OsStr,
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::LazyLock,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    sync::Semaphore,
    time,
};

use crate::error::MediaError;

/// Most bytes that are taken from a program's standard output.
pub const OUTPUT_BYTES: usize = 1024 * 1024;

/// Bytes of a program's standard error output that are kept, from its end.
const ERROR_BYTES: usize = 8 * 1024;

/// Variables that a program inherits, when they are set. Everything else stays here, keys above all.
const INHERITED: [&str; 3] = ["PATH", "TESSDATA_PREFIX", "SystemRoot"];

/// One run of a program.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Name of the engine, for errors.
    pub engine: &'a str,
    /// The program, as [`find_on_path`](super::find_on_path) finds it.
    pub program: &'a Path,
    /// Its arguments, each passed as it is.
    pub arguments: &'a [&'a str],
    /// Name and content of a file that is put into the program's working directory, a private one that lasts as long as
    /// the run.
    pub input: Option<(&'a str, &'a [u8])>,
    /// How long it may run.
    pub deadline: Duration,
    /// What would help when it fails, for errors.
    pub hint: &'a str,
}

/// Runs a program to its end and returns its standard output, with wrong UTF-8 replaced. Dropping the future kills the
/// program. It stays in the process group of this one, so that whoever ends the group ends both.
///
/// # Errors
/// [`MediaError::Engine`] when the program cannot be started, takes longer than its deadline, writes more than
/// [`OUTPUT_BYTES`], or ends with another status than 0; then the reason is the last line of its error output.
pub async fn run(invocation: &Invocation<'_>) -> Result<String, MediaError> {
    let Ok(_place) = places().acquire().await else { return Err(MediaError::Cancelled) };
    match time::timeout(invocation.deadline, finish(invocation)).await {
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Ok(output)) => Err(invocation.failure(output.reason())),
        Ok(Err(error)) => Err(invocation.failure(error.to_string())),
        Err(_late) => Err(MediaError::Engine {
            engine: invocation.engine.to_owned(),
            reason: format!("no result within {} s", invocation.deadline.as_secs_f64()),
            hint: "send a smaller or shorter input".to_owned(),
        }),
    }
}

/// As many programs at a time as there are cores: each keeps one busy. The others wait.
fn places() -> &'static Semaphore {
    static PLACES: LazyLock<Semaphore> =
        LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)));
    &PLACES
}

impl Invocation<'_> {
    fn failure(&self, reason: String) -> MediaError {
        MediaError::Engine { engine: self.engine.to_owned(), reason, hint: self.hint.to_owned() }
    }
}

/// What is left of a program that has ended.
struct Output {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr_tail: Vec<u8>,
}

impl Output {
    /// The last line that is not blank, else how the program ended.
    fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr_tail);
        let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        last.map_or_else(
            || self.status.to_string(),
            |line| line.chars().filter(|c| !c.is_control()).take(200).collect(),
        )
    }
}

async fn finish(invocation: &Invocation<'_>) -> io::Result<Output> {
    // Declared before the child, so that it is removed after the child was killed.
    let folder = private_folder()?;
    if let Some((name, content)) = invocation.input {
        tokio::fs::write(folder.path().join(name), content).await?;
    }
    let mut child = command(invocation, folder.path()).spawn()?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("its output cannot be read"));
    };
    // Both pipes at once: a program that fills one while the other is read would wait for ever.
    let (stdout, stderr_tail, status) = tokio::try_join!(read_all(stdout), read_tail(stderr), child.wait())?;
    Ok(Output { status, stdout, stderr_tail })
}

fn command(invocation: &Invocation<'_>, folder: &Path) -> Command {
    let mut command = Command::new(invocation.program);
    command
        .args(invocation.arguments.iter().map(OsStr::new))
        .current_dir(folder)
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("TMPDIR", folder)
        // One form of numbers, and UTF-8 on the pipe.
        .env("LC_ALL", "C.UTF-8")
        // One core a run: `places` bounds how many run at once.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A new folder that no other user can look into.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("mcp-engine-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

async fn read_all(pipe: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(OUTPUT_BYTES + 1).unwrap_or(u64::MAX);
    pipe.take(most).read_to_end(&mut bytes).await?;
    if bytes.len() > OUTPUT_BYTES {
        return Err(io::Error::other(format!("it wrote more than {OUTPUT_BYTES} bytes")));
    }
    Ok(bytes)
}

async fn read_tail(mut pipe: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut tail = Vec::with_capacity(2 * ERROR_BYTES);
    while pipe.read_buf(&mut tail).await? > 0 {
        let surplus = tail.len().saturating_sub(ERROR_BYTES);
        tail.drain(..surplus);
    }
    Ok(tail)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        fs::File,
        io::{BufRead, BufReader, Read},
        os::unix::fs::PermissionsExt,
    };

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    async fn shell(script: &str, deadline: Duration) -> Result<String, MediaError> {
        let arguments = ["-c", script, "sh", "$HOME; echo 1"];
        run(&Invocation {
            engine: "sh",
            program: Path::new("/bin/sh"),
            arguments: &arguments,
            input: Some(("input.txt", b"from the file")),
            deadline,
            hint: "mend the script",
        })
        .await
    }

    fn reason(result: Result<String, MediaError>) -> String {
        match result {
            Err(MediaError::Engine { engine, reason, .. }) if engine == "sh" => reason,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn input_arguments_and_environment() {
        let output = shell("cat input.txt; echo; echo \"$1\"; pwd; env; cat", SOON).await.unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines[..2], ["from the file", "$HOME; echo 1"]);
        assert!(!Path::new(lines[2]).exists(), "{} is left", lines[2]);
        let known = ["PATH", "TESSDATA_PREFIX", "TMPDIR", "LC_ALL", "OMP_THREAD_LIMIT"];
        // What a shell sets by itself.
        let own = ["PWD", "OLDPWD", "SHLVL", "_"];
        for line in &lines[3..] {
            let name = line.split('=').next().unwrap_or_default();
            assert!(known.contains(&name) || own.contains(&name), "{line}");
        }
    }

    #[test]
    fn folders_are_private() {
        let folder = private_folder().unwrap();
        assert_eq!(folder.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn failures_say_why() {
        let cases = [
            ("echo first >&2; echo last >&2; echo >&2; exit 3", "last"),
            ("exit 3", "exit status: 3"),
            ("kill -KILL $$", "signal: 9 (SIGKILL)"),
        ];
        for (script, expected) in cases {
            assert_eq!(reason(shell(script, SOON).await), expected, "{script}");
        }
        assert_eq!(reason(shell("exec sleep 60", Duration::from_millis(50)).await), "no result within 0.05 s");
    }

    #[tokio::test]
    async fn a_missing_program_is_an_error() {
        let invocation = Invocation {
            engine: "sh",
            program: Path::new("/no/such/program"),
            arguments: &[],
            input: None,
            deadline: SOON,
            hint: "install it",
        };
        let error = run(&invocation).await.unwrap_err();
        assert_eq!(error.hint(), "install it");
    }

    #[tokio::test]
    async fn output_is_bounded() {
        let flood = "while :; do echo 0123456789012345678901234567890123456789; done";
        assert_eq!(reason(shell(flood, SOON).await), "it wrote more than 1048576 bytes");
        let errors = "i=0; while [ $i -lt 3000 ]; do echo \"line $i\" >&2; i=$((i+1)); done; exit 1";
        assert_eq!(reason(shell(errors, SOON).await), "line 2999");
        assert_eq!(shell("printf 'a\\377b'", SOON).await.unwrap(), "a\u{fffd}b");
    }

    #[tokio::test]
    async fn dropping_kills() {
        let folder = private_folder().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let script = format!("exec > {}; echo started; exec sleep 60", pipe.display());
        let started = tokio::task::spawn_blocking(move || {
            let mut reader = BufReader::new(File::open(pipe).unwrap());
            reader.read_line(&mut String::new()).unwrap();
            reader
        });
        let mut reader = tokio::select! {
            result = shell(&script, SOON) => panic!("{result:?}"),
            reader = started => reader.unwrap(),
        };
        // The other branch was dropped; the pipe ends when its only writer does.
        let read = tokio::task::spawn_blocking(move || reader.read_to_end(&mut Vec::new()).unwrap());
        assert_eq!(time::timeout(SOON, read).await.unwrap().unwrap(), 0);
    }
}
