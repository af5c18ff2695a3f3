//! The house rules, for every lesson that exists. Lessons are found in the workspace, not in a list by hand.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::{Recorder, Revision},
    testing::{HttpServer, Leg, Program, RawHttp, RawStdio, contract, request, workspace_binary},
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::Raw;

/// The packages of all lessons, with their folders.
pub(crate) fn lesson_folders() -> anyhow::Result<Vec<(String, PathBuf)>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(crates)? {
        let folder = entry?.path();
        let Ok(text) = std::fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let manifest: toml::Table = toml::from_str(&text).with_context(|| folder.display().to_string())?;
        let package = manifest.get("package").context("a package")?;
        if package.get("metadata").and_then(|metadata| metadata.get("lesson")).is_some() {
            found.push((package["name"].as_str().context("a name")?.to_owned(), folder));
        }
    }
    found.sort();
    ensure!(!found.is_empty(), "no lesson was found");
    Ok(found)
}

/// The binaries of all lessons, and the probe, which keeps the same rules.
fn servers() -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = vec![("probe".to_owned(), PathBuf::from(env!("CARGO_BIN_EXE_probe")))];
    for (name, _) in lesson_folders()? {
        found.push((name.clone(), workspace_binary(&name)?));
    }
    Ok(found)
}

/// Whether only who holds a token is let in over HTTP. Such a lesson has its own tests of what comes after that.
async fn is_protected(url: &str) -> anyhow::Result<bool> {
    let http = RawHttp::open(url, Revision::Modern).await?;
    Ok(http.request(0, "tools/list", json!({})).await?.status == 401)
}

#[tokio::test]
async fn stdout_belongs_to_the_protocol() -> anyhow::Result<()> {
    for (name, path) in servers()? {
        for revision in Revision::ALL {
            let mut stdio = RawStdio::start_with(&path, &[("RUST_LOG", "trace,rmcp=trace")])?;
            stdio.open(revision).await?;
            for (id, method, params) in [
                (1, "tools/list", json!({})),
                (2, "tools/call", json!({"name": "no_such_tool", "arguments": {}})),
                (3, "no/such/method", json!({})),
            ] {
                stdio.send(&request(revision, id, method, params)).await?;
                stdio.answer(&json!(id)).await?;
            }
            stdio.send_bytes(b"no json\n").await?;
            stdio.close_input();
            let (status, rest) = stdio.wait().await?;
            assert!(status.success(), "{name} {revision}: {status}");
            for line in rest.lines() {
                let message: Value = serde_json::from_str(line).with_context(|| format!("{name}: {line:?}"))?;
                assert_eq!(message["jsonrpc"], "2.0", "{name}: {line}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn signals_end_the_server_with_streams_open() -> anyhow::Result<()> {
    for (name, path) in servers()? {
        let mut server = HttpServer::start(&path, &[]).await?;
        let mut streams = Vec::new();
        if !is_protected(&server.url).await? {
            let legacy = RawHttp::open(&server.url, Revision::Legacy).await?;
            streams.push(legacy.get().await?);
            let modern = RawHttp::open(&server.url, Revision::Modern).await?;
            let filter = json!({"notifications": {"resourcesListChanged": true}});
            streams.push(modern.start("sub", "subscriptions/listen", filter).await?);
        }
        server.terminate().await?;
        let status = server.wait().await?;
        assert!(status.success(), "{name}: {status}: {}", server.log());

        let mut stdio = RawStdio::start(&path)?;
        stdio.send(&request(Revision::Modern, 1, "tools/list", json!({}))).await?;
        stdio.answer(&json!(1)).await?;
        stdio.terminate().await?;
        let (status, _) = stdio.wait().await?;
        assert!(status.success(), "{name}: stdio: {status}");
    }
    Ok(())
}

/// Runs a command line and returns its exit code and stderr.
async fn fails(path: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<(i32, String)> {
    let mut command = Command::new(path);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(mcp_support::testing::PATIENCE, command.output()).await??;
    assert!(output.stdout.is_empty(), "stdout belongs to the protocol: {:?}", output.stdout);
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[tokio::test]
async fn what_cannot_work_is_one_clear_line() -> anyhow::Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    for (name, path) in servers()? {
        for (arguments, environment, code, says) in [
            (vec!["http", "--bind", address.as_str()], vec![], 1, address.as_str()),
            (vec!["http", "--bind", "nonsense"], vec![], 2, "nonsense"),
            (vec!["http", "--allow-origin", "nonsense"], vec![], 2, "nonsense"),
            (vec!["--no-such-flag"], vec![], 2, "--no-such-flag"),
            (vec!["no-such-command"], vec![], 2, "no-such-command"),
            (vec!["http"], vec![("MCP_BIND", "nonsense")], 2, "nonsense"),
            (vec!["http"], vec![("MCP_DRAIN_SECONDS", "soon")], 2, "soon"),
            (vec!["stdio"], vec![("RUST_LOG", "a=b=c")], 2, "RUST_LOG"),
        ] {
            let (found, stderr) = fails(&path, &arguments, &environment).await?;
            assert_eq!(found, code, "{name} {arguments:?} {environment:?}: {stderr}");
            assert!(stderr.contains(says) && stderr.starts_with("error: "), "{name} {arguments:?}: {stderr}");
            assert_eq!(stderr.trim().lines().count(), 1, "{name} {arguments:?}: {stderr}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn strangers_are_refused() -> anyhow::Result<()> {
    for (name, path) in servers()? {
        let server = HttpServer::start(&path, &[]).await?;
        let http = RawHttp::open(&server.url, Revision::Modern).await?;
        // Whoever holds no token is refused before the body is read.
        let (usual, oversized) = if is_protected(&server.url).await? { (401, 401) } else { (200, 413) };
        let list = request(Revision::Modern, 1, "tools/list", json!({}));
        for (header, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
            let headers = [(header.parse()?, value.parse()?)].into_iter().collect();
            assert_eq!(http.post(&list, headers).await?.status, 403, "{name}: {header}");
        }
        let huge = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}", "x".repeat(64 * 1024 * 1024));
        let reply = http.post_bytes(huge.into_bytes(), http.headers(&list, Default::default())).await;
        // The server may close the connection while the client still sends.
        assert!(reply.as_ref().is_ok_and(|reply| reply.status == oversized) || reply.is_err(), "{name}: {reply:?}");
        assert_eq!(http.request(2, "tools/list", json!({})).await?.status, usual, "{name}: still there");
        for route in ["healthz", "readyz"] {
            let url = format!("{}/{route}", server.origin());
            assert_eq!(reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.status(), 200, "{name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn errors_have_the_right_code_on_every_leg() -> anyhow::Result<()> {
    for (name, path) in servers()? {
        let program = Program::new(path);
        let is_protected = is_protected(&program.http().await?.url).await?;
        for leg in Leg::ALL.into_iter().filter(|leg| !(leg.http && is_protected)) {
            let mut raw = Raw::open(&program, leg.http, leg.revision).await?;
            for (id, method, params, code) in [
                (1, "tools/call", json!({"name": "no_such_tool", "arguments": {}}), -32602),
                (2, "tools/call", json!({"arguments": {}}), -32602),
                (3, "tools/call", json!([]), -32602),
                (4, "no/such/method", json!({}), -32601),
            ] {
                if leg.revision == Revision::Modern && params.is_array() {
                    continue; // has no place for `_meta`
                }
                let answer = raw.answer(leg.revision, id, method, params).await?;
                assert_eq!(answer["error"]["code"], code, "{name} {leg} {method}: {answer}");
            }
        }
        let mut stdio = RawStdio::start(program.path())?;
        let mut unknown = request(Revision::Modern, 1, "tools/list", json!({}));
        unknown["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
        stdio.send(&unknown).await?;
        let answer = stdio.receive().await?;
        assert_eq!(answer["error"]["code"], -32022, "{name}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn every_tool_is_fit_to_be_offered() -> anyhow::Result<()> {
    for (name, path) in servers()? {
        if name == "probe" {
            continue; // its tools misbehave
        }
        let program = Program::new(path);
        let mut contracts = Vec::new();
        let is_protected = is_protected(&program.http().await?.url).await?;
        for leg in Leg::ALL.into_iter().filter(|leg| !(leg.http && is_protected)) {
            let client = program.client(leg, Recorder::default()).await?;
            let server = client.peer_info().context("the server introduces itself")?;
            let info = serde_json::to_value(server.as_ref())?;
            assert!(info.to_string().contains(&format!("\"name\":\"{name}\"")), "{name} {leg}: it calls itself {info}");
            contracts.push(contract(&client).await?);
            client.cancel().await?;
        }
        for other in &contracts[1..] {
            assert_eq!(&contracts[0]["tools"], &other["tools"], "{name}: the legs differ");
        }
        let tools = contracts[0]["tools"].as_array().context("tools")?;
        assert!(!tools.is_empty(), "{name} has no tools");
        for tool in tools {
            let label = format!("{name} {}", tool["name"]);
            let valid = tool["name"].as_str().is_some_and(|name| {
                name.len() <= 64
                    && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            });
            assert!(valid, "{label}: not in snake_case");
            assert!(tool["title"].is_string() || tool["annotations"]["title"].is_string(), "{label}: no title");
            assert!(tool["description"].as_str().is_some_and(|text| text.len() > 20), "{label}: no description");
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                assert!(tool["annotations"][hint].is_boolean(), "{label}: no {hint}");
            }
            assert_eq!(tool["inputSchema"]["type"], "object", "{label}");
            assert!(tool["outputSchema"].is_object(), "{label}: no output schema");
            for schema in [&tool["inputSchema"], &tool["outputSchema"]] {
                jsonschema::meta::validate(schema).map_err(|error| anyhow::anyhow!("{label}: {error}"))?;
                assert!(!schema.to_string().contains("\"format\":\"uint"), "{label}: a format that is none");
            }
            for (field, schema) in tool["inputSchema"]["properties"].as_object().into_iter().flatten() {
                let described =
                    schema["description"].is_string() || schema["$ref"].is_string() || schema["anyOf"].is_array();
                assert!(described, "{label}: {field} is not described");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn lists_carry_cache_hints_and_private_data_is_never_public() -> anyhow::Result<()> {
    for (name, path) in servers()? {
        let mut stdio = RawStdio::start(&path)?;
        for (id, method) in
            ["tools/list", "resources/list", "prompts/list", "resources/templates/list"].iter().enumerate()
        {
            stdio.send(&request(Revision::Modern, id, method, json!({}))).await?;
            let answer = stdio.answer(&json!(id)).await?;
            if answer["error"]["code"] == -32601 {
                continue;
            }
            let result = &answer["result"];
            assert!(result["ttlMs"].is_u64(), "{name} {method}: {answer}");
            assert!(["public", "private"].contains(&result["cacheScope"].as_str().unwrap_or("")), "{name}: {answer}");
            if *method == "resources/list" {
                assert_eq!(result["cacheScope"], "private", "{name}: resources belong to somebody");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_tour_ends_by_itself_and_every_claim_holds() -> anyhow::Result<()> {
    for (name, _) in lesson_folders()? {
        let mut command = Command::new(workspace_binary(&name)?);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(4 * mcp_support::testing::PATIENCE, command.output()).await??;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("All is as it should be"), "{name}: {text}");
        assert!(!text.contains('\u{1b}'), "{name}: colour where nobody watches");
    }
    Ok(())
}
