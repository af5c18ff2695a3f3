//! The client: the real binary, in a terminal and without one.

use std::{
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use mcp_support::client::Revision;
use rexpect::{
    process::{Signal, WaitStatus},
    session::{PtySession, spawn_command},
};

/// How long anything may take, in milliseconds. Generous, because test machines are slow.
const PATIENCE: u64 = 30_000;
const PROMPT: &str = "search> ";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-web-search"));
    command.arg("client").args(arguments).env("TERM", "xterm").env("NO_COLOR", "1").env("RUST_LOG", "off,rmcp=off");
    command.env("WEB_SEARCH_DATA", super::data("embedded"));
    for name in ["SEARCH_PROVIDERS", "SERPAPI_KEY", "BRAVE_API_KEY", "TAVILY_API_KEY", "SEARXNG_URL"] {
        command.env_remove(name);
    }
    command
}

/// The menu in a terminal, with its history in this folder.
fn menu(folder: &std::path::Path, revision: Revision) -> anyhow::Result<PtySession> {
    let mut command = command(&["--interactive", "--revision", &revision.to_string()]);
    command.env("WEB_SEARCH_HISTORY", folder.join("history"));
    let mut session = spawn_command(command, Some(PATIENCE))?;
    session.exp_string(PROMPT)?;
    Ok(session)
}

fn ends_with_success(session: &mut PtySession) -> anyhow::Result<()> {
    session.exp_eof()?;
    anyhow::ensure!(matches!(session.process().wait()?, WaitStatus::Exited(_, 0)));
    Ok(())
}

#[test]
fn a_person_searches_edits_and_leaves() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let folder = tempfile::tempdir()?;
        let mut session = menu(folder.path(), revision)?;
        // Ctrl-A goes to the beginning of what was typed, which is only right with an editor.
        session.send("rust async")?;
        session.send_control('a')?;
        session.send_line("1 ")?;
        session.exp_string("  | ")?;
        session.exp_string("Async Rust for people who know threads")?;
        session.exp_string("general_search in ")?;
        session.exp_string(PROMPT)?;
        session.send_line("99")?;
        session.exp_string("hint: use a number from 1 to")?;
        session.exp_string(PROMPT)?;
        session.send_line("quit")?;
        ends_with_success(&mut session)?;
        let history = folder.path().join("history");
        assert!(std::fs::read_to_string(&history)?.contains("1 rust async"), "{revision}");
        assert_eq!(std::fs::metadata(&history)?.permissions().mode() & 0o777, 0o600, "{revision}");

        // The next menu remembers: Up three times, past `quit` and `99`.
        let mut session = menu(folder.path(), revision)?;
        session.send("\u{1b}[A\u{1b}[A\u{1b}[A")?;
        session.flush()?;
        session.exp_string("1 rust async")?;
        session.send_control('c')?;
        ends_with_success(&mut session)?;
    }
    Ok(())
}

#[test]
fn every_way_out_is_a_clean_one() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    for key in ['c', 'd'] {
        let mut session = menu(folder.path(), Revision::Modern)?;
        session.send_control(key)?;
        ends_with_success(&mut session)?;
    }
    let mut session = menu(folder.path(), Revision::Modern)?;
    session.process_mut().signal(Signal::SIGTERM)?;
    ends_with_success(&mut session)
}

#[test]
fn lines_of_a_script_are_taken_too() -> anyhow::Result<()> {
    use std::io::Write as _;

    let folder = tempfile::tempdir()?;
    let mut command = command(&["--interactive"]);
    command.env("WEB_SEARCH_HISTORY", folder.path().join("history")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().expect("a pipe").write_all(b"1 Ada Lovelace\njson\nqna\nis raid a backup\n")?;
    let output = child.wait_with_output()?;
    let stdout = String::from_utf8(output.stdout)?;
    assert!(output.status.success() && stdout.contains("\"is_error\":false"), "{stdout}");
    assert!(stdout.contains("https://reference.example/ada-lovelace") && stdout.contains("qna in "), "{stdout}");
    assert!(!stdout.contains('\u{1b}'), "no colour in a file: {stdout}");
    Ok(())
}

#[test]
fn the_demonstration_holds() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let output = command(&["--json", "--revision", &revision.to_string()]).stdin(Stdio::null()).output()?;
        let stdout = String::from_utf8(output.stdout)?;
        let objects = stdout.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>()?;
        assert!(output.status.success() && objects.len() == 5, "{revision}: {stdout}");
        let holds =
            |checks: &serde_json::Value| checks.as_object().is_some_and(|all| all.values().all(|one| one == true));
        assert!(objects.iter().all(|object| holds(&object["checks"])), "{revision}: {stdout}");
    }
    let output = command(&[]).stdin(Stdio::null()).output()?;
    let stdout = String::from_utf8(output.stdout)?;
    assert!(output.status.success() && stdout.contains("ok   news has dates"), "{stdout}");
    Ok(())
}

#[tokio::test]
async fn a_server_at_a_url_is_called_too() -> anyhow::Result<()> {
    let program = super::program();
    let url = program.http().await?.url.clone();
    let run = tokio::task::spawn_blocking(move || {
        let question = r#"{"question": "How far away is the Moon?"}"#;
        let calls = ["--call", "qna", "--arguments", question, "--call", "general_search"];
        command(&["--json", "--url", &url]).args(calls).stdin(Stdio::null()).output()
    });
    let output = run.await??;
    let stdout = String::from_utf8(output.stdout)?;
    assert!(stdout.contains("384,400"), "{stdout}");
    // The second call lacks its query.
    assert_eq!((output.status.code(), stdout.lines().count()), (Some(1), 2), "{stdout}");
    Ok(())
}

#[test]
fn a_bad_command_line_is_one_line_and_code_2() -> anyhow::Result<()> {
    for arguments in [
        &["--json", "--interactive"][..],
        &["--url", "https://ann:secret@search.example/mcp"],
        &["--call", "qna", "--arguments", "no"],
        &["--revision", "2024-11-05"],
    ] {
        let output = command(arguments).stdin(Stdio::null()).output()?;
        let stderr = String::from_utf8(output.stderr)?;
        assert_eq!((output.status.code(), stderr.contains("secret")), (Some(2), false), "{arguments:?}: {stderr}");
    }
    Ok(())
}

#[test]
fn a_server_that_is_not_there_is_an_error() -> anyhow::Result<()> {
    let output = command(&["--json", "--url", "http://127.0.0.1:9/mcp"]).stdin(Stdio::null()).output()?;
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true));
    Ok(())
}
