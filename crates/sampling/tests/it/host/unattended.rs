//! The host without anybody in front of it: flags decide.

use std::os::unix::fs::PermissionsExt as _;

use mcp_support::client::Revision;
use serde_json::Value;

use super::{TEXT, command, run, stderr, stdout};

#[test]
fn auto_answers_and_deny_refuses() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let revision = revision.to_string();
        let call = ["--revision", &revision, "--call", "summarize", "--arguments", TEXT];
        let output = run(command(&call).args(["--approve", "auto"]))?;
        assert!(stdout(&output).starts_with("Ada Lovelace wrote the first program."), "{revision}: {output:?}");
        assert_eq!(output.status.code(), Some(0), "{revision}");
        let told = "sampling request 1, asked during your call of summarize: to embedded (the only one here); \
                    redacted: 1 e-mail address";
        assert!(stderr(&output).contains(told), "{revision}: {output:?}");

        let output = run(command(&call).args(["--approve", "deny"]))?;
        assert!(stderr(&output).contains("this host is set to deny every request"), "{revision}: {output:?}");
        assert_eq!(output.status.code(), Some(1), "{revision}");

        let output = run(command(&call).args(["--approve", "ask"]))?;
        assert!(stderr(&output).contains("the input ended"), "nobody is there: {revision}: {output:?}");
        assert_eq!(output.status.code(), Some(1), "{revision}");
    }
    Ok(())
}

#[test]
fn the_own_server_gets_its_back_ends_from_the_command_line() -> anyhow::Result<()> {
    let output = run(&mut command(&["--backends", "embedded", "--call", "summarize", "--arguments", TEXT]))?;
    assert!(stdout(&output).contains("(embedded: "), "{output:?}");
    assert!(!stderr(&output).contains("sampling request"), "{output:?}");
    Ok(())
}

#[test]
fn many_requests_in_one_round_are_answered() -> anyhow::Result<()> {
    let arguments = r#"{"prompt": "The server", "settings": [{"temperature": 0}, {}], "seeds": [1, 2, 3, 4, 5]}"#;
    for revision in Revision::ALL {
        let call = ["--revision", &revision.to_string(), "--call", "compare_parameters", "--arguments", arguments];
        let output = run(command(&call).args(["--approve", "auto", "--concurrency", "2"]))?;
        assert!(stdout(&output).contains("in 10 answers"), "{revision}: {output:?}");
    }
    Ok(())
}

#[test]
fn several_calls_are_made_in_order_until_one_fails() -> anyhow::Result<()> {
    let classify = r#"{"text": "I love this wonderful day", "labels": ["good", "bad"]}"#;
    let output = run(command(&["--approve", "auto"]).args([
        "--call",
        "summarize",
        "--arguments",
        TEXT,
        "--call",
        "no_such_tool",
        "--arguments",
        "{}",
        "--call",
        "classify",
        "--arguments",
        classify,
    ]))?;
    assert!(stdout(&output).contains("Ada Lovelace wrote") && !stdout(&output).contains("good"), "{output:?}");
    assert!(stderr(&output).contains("error: no_such_tool failed"), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

#[test]
fn a_budget_ends_what_a_server_may_cause() -> anyhow::Result<()> {
    let twice = ["--call", "summarize", "--arguments", TEXT, "--call", "summarize", "--arguments", TEXT];
    for revision in Revision::ALL {
        let revision = revision.to_string();
        for (flags, says) in [
            (vec!["--requests-per-minute", "1"], "1 requests in a minute"),
            (vec!["--tokens-per-hour", "10"], "of 10 an hour are left"),
            (vec!["--max-tokens", "5"], "this host allows 1 to 5"),
        ] {
            let output = run(command(&twice).args(["--approve", "auto", "--revision", &revision]).args(&flags))?;
            let told = format!("{}{}", stdout(&output), stderr(&output));
            assert!(told.contains(says), "{revision} {flags:?}: {told}");
            assert_eq!(output.status.code(), Some(1), "{revision} {flags:?}");
        }
    }
    Ok(())
}

#[test]
fn the_audit_file_is_private_and_holds_no_word_of_what_was_said() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("audit.jsonl");
    let file = path.to_string_lossy().into_owned();
    let call = ["--call", "summarize", "--arguments", TEXT, "--audit", &file, "--approve"];
    run(command(&call).arg("auto"))?;
    run(command(&call).arg("deny"))?;
    assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path)?;
    let decisions: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str(line).map(|line: Value| line["decision"].as_str().unwrap_or("").to_owned()))
        .collect::<Result<_, _>>()?;
    assert_eq!(decisions, ["auto_approved", "auto_approved", "denied_by_policy"]);
    assert!(!text.contains("Ada") && !text.contains("example.com"), "{text}");
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn without_its_audit_trail_the_host_answers_nothing() -> anyhow::Result<()> {
    let call = ["--call", "summarize", "--arguments", TEXT, "--approve", "auto", "--audit", "/dev/full"];
    let output = run(&mut command(&call))?;
    assert!(stderr(&output).contains("cannot keep its audit trail"), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

#[test]
fn another_server_can_be_started_or_visited() -> anyhow::Result<()> {
    let own = format!("'{}' stdio --backends client", env!("CARGO_BIN_EXE_mcp-sampling"));
    let call = ["--call", "summarize", "--arguments", TEXT, "--approve", "auto"];
    let output = run(command(&call).args(["--server-command", &own]))?;
    assert!(stdout(&output).starts_with("Ada Lovelace wrote"), "{output:?}");
    assert!(stderr(&output).contains("connected to program mcp-sampling in 2026-07-28"), "{output:?}");
    Ok(())
}

#[tokio::test]
async fn another_server_can_be_visited_over_http() -> anyhow::Result<()> {
    let program = crate::asking();
    let url = program.http().await?.url.clone();
    for revision in Revision::ALL {
        let mut command = command(&["--server-url", &url, "--revision", &revision.to_string(), "--approve", "auto"]);
        command.args(["--call", "agent_answer", "--arguments", "{\"question\": \"How much is 17 * (2 + 3)?\"}"]);
        let output = tokio::task::spawn_blocking(move || run(&mut command)).await??;
        assert!(stdout(&output).contains("85"), "{revision}: {output:?}");
    }
    Ok(())
}

#[test]
fn a_command_line_that_cannot_be_used_is_one_line_and_code_2() -> anyhow::Result<()> {
    for (arguments, says) in [
        (vec!["--call", "x", "--arguments", "[1]"], "expected an object"),
        (vec!["--call", "x", "--arguments", "{}", "--arguments", "{}"], "give one for each"),
        (vec!["--revision", "2024-11-05"], "expected one of: 2025-11-25, 2026-07-28"),
        (vec!["--model", "x=1,1,1"], "set MODEL_BASE_URL"),
        (vec!["--model", "x=1,1"], "NAME=COST,SPEED,INTELLIGENCE"),
        (vec!["--server-command", "a 'b"], "a quote is not closed"),
        (vec!["--server-url", "ftp://x/"], "expected https"),
        (vec!["--server-url", "http://mcp.example.com/mcp"], "http on this machine only"),
        (vec!["--server-url", "https://user:secret@mcp.example.com/mcp"], "without user name"),
        (vec!["--without-embedded"], "leaves no model"),
        (vec!["--editor"], "EDITOR"),
        (vec!["--patience", "0"], "patience"),
        (vec!["--cost-per-hour=-1"], "cost-per-hour"),
    ] {
        let output = run(&mut command(&arguments))?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let told = stderr(&output);
        assert!(told.contains(says) && told.trim().lines().count() == 1, "{arguments:?}: {told}");
    }
    Ok(())
}
