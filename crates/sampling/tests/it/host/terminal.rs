//! A person at a terminal: every way in which a decision can go.

use std::os::unix::fs::PermissionsExt as _;

use mcp_support::client::Revision;

use super::{Terminal, command};

const ASKED: &str = "approve, edit or refuse? [a/e/r] ";
const ASKED_AGAIN: &str = "send it: approve, edit or refuse? [a/e/r] ";

#[test]
fn a_request_is_shown_whole_and_goes_out_when_it_is_approved_twice() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut host = Terminal::summarize(revision, &[])?;
        let shown = host.sees(ASKED)?;
        for part in [
            "--- sampling request 1 ---",
            "own server, which calls itself mcp-sampling",
            "asked during your call of summarize; a summary of at most 20 words",
            "embedded (the only one here)",
            "at most",
            "1 e-mail address",
            "system prompt:",
            "  | Ada Lovelace wrote the first program. Mail her at [email 1]. ",
        ] {
            assert!(shown.contains(part), "{revision}: {part}: {shown}");
        }
        assert!(!shown.contains("ada@example.com"), "{shown}");
        host.types("a")?;
        let shown = host.sees(ASKED_AGAIN)?;
        assert!(shown.contains("--- completion 1 ---") && shown.contains("not a language model"), "{shown}");
        host.types("approve")?;
        let (rest, code) = host.ends()?;
        let rest = unwrapped(&rest);
        assert!(rest.contains("Ada Lovelace wrote the first program."), "{revision}: {rest}");
        assert_eq!(code, 0, "{revision}");
    }
    Ok(())
}

#[test]
fn a_refusal_is_told_as_each_revision_has_it() -> anyhow::Result<()> {
    for (revision, says) in [
        // The server hears error -1, and says so in its result.
        (Revision::Legacy, "the person in front of the client said no"),
        // There is no answer, so the call is not sent again.
        (Revision::Modern, "the call ends here: in 2026-07-28 the server waits for nothing, and is told nothing"),
    ] {
        for answers in [vec!["r"], vec!["a", "refuse"]] {
            let mut host = Terminal::summarize(revision, &[])?;
            for answer in &answers {
                host.sees(ASKED)?;
                host.types(answer)?;
            }
            let (rest, code) = host.ends()?;
            let rest = unwrapped(&rest);
            assert!(rest.contains("the sampling request was rejected: the person said no"), "{revision}: {rest}");
            assert!(rest.contains(says), "{revision} {answers:?}: {rest}");
            assert_eq!(code, 1, "{revision}");
        }
    }
    Ok(())
}

#[test]
fn the_prompt_can_be_edited_and_is_shown_again() -> anyhow::Result<()> {
    let mut host = Terminal::summarize(Revision::Modern, &[])?;
    host.sees(ASKED)?;
    host.types("e")?;
    host.sees("edit the system prompt or the last user message? [s/u] ")?;
    host.types("u")?;
    host.sees("ended by a line with a single '.':")?;
    host.types("Bob built the second engine.")?;
    host.types("Ask bob@example.com.")?;
    host.types(".")?;
    let shown = host.sees(ASKED)?;
    assert!(shown.contains("  | Bob built the second engine.\r\n  | Ask [email 2]."), "{shown}");
    host.types("e")?;
    host.sees("[s/u] ")?;
    host.types("s")?;
    host.types("Be kind.")?;
    host.types(".")?;
    let shown = host.sees(ASKED)?;
    assert!(shown.contains("system prompt:\r\n  | Be kind."), "{shown}");
    host.types("a")?;
    host.sees(ASKED_AGAIN)?;
    host.types("a")?;
    let (rest, code) = host.ends()?;
    let rest = unwrapped(&rest);
    assert!(rest.contains("Bob built the second engine.") && !rest.contains("Ada"), "{rest}");
    assert_eq!(code, 0);
    Ok(())
}

#[test]
fn the_completion_can_be_edited_and_is_shown_again() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut host = Terminal::summarize(revision, &[])?;
        host.sees(ASKED)?;
        host.types("a")?;
        host.sees(ASKED_AGAIN)?;
        host.types("e")?;
        host.sees("single '.':")?;
        host.types("Ada came first.")?;
        host.types(".")?;
        let shown = host.sees(ASKED_AGAIN)?;
        assert!(shown.contains("  | Ada came first."), "{shown}");
        host.types("a")?;
        let (rest, code) = host.ends()?;
        let rest = unwrapped(&rest);
        assert!(rest.contains("Ada came first.") && !rest.contains("wrote"), "{revision}: {rest}");
        assert_eq!(code, 0);
    }
    Ok(())
}

#[test]
fn an_editor_edits_in_place() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let editor = folder.path().join("editor.sh");
    std::fs::write(
        &editor,
        "#!/bin/sh\nsed -i 's/Ada Lovelace wrote the first program/Eve broke the last cipher/' \"$2\"\n",
    )?;
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700))?;
    let mut command = command(&["--editor", "--call", "summarize", "--arguments", super::TEXT]);
    command.env("EDITOR", format!("{} --wait", editor.display()));
    let mut host = Terminal::start_command(command)?;
    host.sees(ASKED)?;
    host.types("e")?;
    host.sees("[s/u] ")?;
    host.types("u")?;
    let shown = host.sees(ASKED)?;
    assert!(shown.contains("| Eve broke the last cipher."), "{shown}");
    host.types("a")?;
    host.sees(ASKED_AGAIN)?;
    host.types("a")?;
    assert_eq!(host.ends()?.1, 0);
    Ok(())
}

#[test]
fn silence_and_the_end_of_input_refuse() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut host = Terminal::summarize(revision, &["--patience", "1"])?;
        host.sees(ASKED)?;
        let (rest, code) = host.ends()?;
        let rest = unwrapped(&rest);
        assert!(rest.contains("rejected: nobody decided within 1 s"), "{revision}: {rest}");
        assert_eq!(code, 1, "{revision}");

        let mut host = Terminal::summarize(revision, &[])?;
        host.sees(ASKED)?;
        host.presses_control('d')?;
        let (rest, code) = host.ends()?;
        let rest = unwrapped(&rest);
        assert!(rest.contains("rejected: the input ended before anybody decided"), "{revision}: {rest}");
        assert_eq!(code, 1, "{revision}");
    }
    Ok(())
}

#[test]
fn a_slip_of_the_hand_and_what_was_typed_ahead_decide_nothing() -> anyhow::Result<()> {
    let mut host = Terminal::start(&["--patience", "5"])?;
    host.sees("mcp> ")?;
    // The answer is there before the question is.
    host.types(&format!("call summarize {}\na", super::TEXT))?;
    host.sees(ASKED)?;
    host.types("yes")?;
    host.sees("please answer with one of: a, e, r")?;
    host.sees(ASKED)?;
    host.sees("nobody decided within 5 s")?;
    host.sees("mcp> ")?;
    host.types("quit")?;
    assert_eq!(host.ends()?.1, 0);
    Ok(())
}

#[test]
fn a_session_lists_calls_helps_and_ends() -> anyhow::Result<()> {
    let mut host = Terminal::start(&["--approve", "auto"])?;
    host.sees("mcp> ")?;
    host.types("tools")?;
    let shown = host.sees("mcp> ")?;
    assert!(shown.contains("summarize ") && shown.contains("agent_answer "), "{shown}");
    for (line, says) in [
        ("help", "call NAME JSON"),
        ("dance", "there is no command 'dance'"),
        ("call summarize [1]", "expected an object"),
        ("call no_such_tool", "error -32602"),
        ("call agent_answer {\"question\": \"How much is 17 * (2 + 3)?\"}", "85"),
    ] {
        host.types(line)?;
        let shown = host.sees("mcp> ")?;
        assert!(shown.contains(says), "{line}: {shown}");
    }
    host.presses_control('d')?;
    assert_eq!(host.ends()?.1, 0);
    Ok(())
}

#[test]
fn tool_calls_of_a_model_are_shown_before_the_server_makes_them() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let revision_text = revision.to_string();
        let question = "{\"question\": \"How much is 17 * (2 + 3)?\"}";
        let mut host =
            Terminal::start(&["--revision", &revision_text, "--call", "agent_answer", "--arguments", question])?;
        let shown = host.sees(ASKED)?;
        assert!(shown.contains("tool calculator:"), "{revision}: {shown}");
        host.types("a")?;
        let shown = host.sees(ASKED_AGAIN)?;
        assert!(shown.contains("the model wants the server to call calculator"), "{revision}: {shown}");
        host.types("a")?;
        let shown = host.sees(ASKED)?;
        assert!(shown.contains("sampling request 2") && shown.contains("result of tool call"), "{revision}: {shown}");
        host.types("r")?;
        assert_eq!(host.ends()?.1, 1, "{revision}");
    }
    Ok(())
}

#[test]
fn colours_only_where_they_are_wanted() -> anyhow::Result<()> {
    for (no_colour, wanted) in [("", true), ("1", false)] {
        let mut command = command(&["--call", "summarize", "--arguments", super::TEXT]);
        command.env("NO_COLOR", no_colour);
        let mut host = Terminal::start_command(command)?;
        let shown = host.sees("approve, edit")?;
        assert_eq!(shown.contains("\u{1b}[1m"), wanted, "{no_colour}: {shown:?}");
        host.presses_control('d')?;
        host.ends()?;
    }
    Ok(())
}

/// What a terminal shows, without the breaks and marks of long lines.
fn unwrapped(shown: &str) -> String {
    shown.replace("\r\n  | ", "").replace("\n  | ", "")
}
