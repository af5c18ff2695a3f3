//! The commands that the pages print: each `cargo run` line is understood by its binary, each curl block is answered.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use mcp_support::testing::{HttpServer, workspace_binary};
use tokio::process::Command;

use crate::lessons::lesson_folders;

/// What a page has its reader set in both terminals: the secret of the client that asks for a token.
const SHARED: [(&str, &str); 2] =
    [("OAUTH_CLIENT_SECRET", "a secret of these tests"), ("ENTRA_STAND_IN_SECRET", "a secret of these tests")];

/// The blocks of a page that are fenced as `sh`.
fn shell_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match (&mut block, line.trim_end()) {
            (None, "```sh") => block = Some(String::new()),
            (Some(text), "```") => {
                blocks.push(std::mem::take(text));
                block = None;
            }
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    blocks
}

/// Runs `cargo run -p PACKAGE -- ARGUMENTS` as `BINARY ARGUMENTS --help`, which parses everything and does nothing.
async fn is_understood(line: &str) -> anyhow::Result<()> {
    let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
    let ["cargo", "run", "-p", package, rest @ ..] = words.as_slice() else { return Ok(()) };
    let arguments = rest.iter().skip_while(|word| **word == "--");
    let output = Command::new(workspace_binary(package)?).args(arguments).arg("--help").output().await?;
    ensure!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[tokio::test]
async fn commands_work() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages = vec![(root.join("README.md"), None)];
    for (name, folder) in lesson_folders()? {
        pages.push((folder.join("README.md"), Some(name)));
    }
    let has_curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status().await.is_ok();
    ensure!(has_curl || !std::env::var("CI").is_ok_and(|ci| ci == "true"), "curl is not installed");
    for (path, lesson) in pages {
        let page = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let blocks = shell_blocks(&page);
        ensure!(!blocks.is_empty(), "{}: no commands", path.display());
        for line in blocks.iter().flat_map(|block| block.lines()) {
            is_understood(line).await?;
        }
        let Some(lesson) = lesson else { continue };
        let shared = SHARED.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let server = HttpServer::start_with(&workspace_binary(&lesson)?, &[], &shared).await?;
        let mut answered = 0;
        for block in blocks.iter().filter(|block| block.contains("curl ") && has_curl) {
            let script = block.replace("127.0.0.1:8000", server.address());
            let run = Command::new("sh").args(["-euc", &script]).env("NO_PROXY", "*").envs(SHARED).output();
            let output = tokio::time::timeout(mcp_support::testing::PATIENCE, run).await??;
            let text = String::from_utf8_lossy(&output.stdout);
            ensure!(output.status.success() && text.contains("\"result\""), "{lesson}:\n{block}\n{text}");
            ensure!(!text.contains("\"isError\":true"), "{lesson}:\n{block}\n{text}");
            // A block may call in both revisions, one after the other.
            answered += ["2025-11-25", "2026-07-28"].iter().filter(|revision| block.contains(**revision)).count();
        }
        ensure!(answered >= 2 || !has_curl, "{lesson}: a curl block for each revision");
    }
    Ok(())
}
