//! The keys are in no log, no result and no error, whatever a provider does with them.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use mcp_support::{
    client::{Recorder, Revision, call, text},
    testing::{Leg, initialize, request},
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::stand_in::{BRAVE_KEY, KEY, answering, json_of, over, serpapi};

/// The keys as they are, and as a URL writes them.
const SECRETS: [&str; 4] = [KEY, "serp%2Bkey%2F4711%3D", "serp%2bkey%2f4711%3d", BRAVE_KEY];

fn assert_clean(what: &str, text: &str) {
    for secret in SECRETS {
        let around = text.find(secret).map(|at| text.get(at.saturating_sub(200)..at + 20));
        assert_eq!(around, None, "{what} holds {secret}");
    }
}

/// What providers do, the worst included: they repeat all that they were sent.
fn repeating(status: u16, content_type: &'static str) -> impl Respond {
    move |request: &Request| {
        let token =
            request.headers.get("x-subscription-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        let sent = format!("you sent {} with {token}, and {KEY}", request.url);
        let body = json!({ "error": if token.is_empty() { sent } else { format!("you sent {token}") } });
        ResponseTemplate::new(status).set_body_raw(body.to_string(), content_type)
    }
}

/// A result that holds the key it was asked with, as both providers write results.
fn echoing(request: &Request) -> ResponseTemplate {
    let (key, escaped) = match request.headers.contains_key("x-subscription-token") {
        true => (BRAVE_KEY, BRAVE_KEY),
        false => (KEY, "serp%2Bkey%2f4711%3D"),
    };
    let (head, tail) = key.split_at(5);
    let snippet = format!("<b>{head}</b>{tail} and {escaped} of {} {key}", "x".repeat(560));
    let link = format!("https://tea.example/{escaped}?of={key}");
    let result = json!({
        "title": format!("Tea {key}"), "description": snippet, "snippet": snippet, "link": link, "url": link,
    });
    let body = json!({
        "answer_box": {"answer": format!("it is {key}"), "title": request.url.as_str()},
        "organic_results": [result], "web": {"results": [result]},
    });
    ResponseTemplate::new(200).set_body_json(body)
}

async fn providers() -> Vec<(&'static str, MockServer)> {
    let mut servers = vec![
        ("well", answering(json_of(&serpapi("Tea"))).await),
        ("moved", answering(ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/")).await),
        ("slow", answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(30))).await),
    ];
    // It answers well, and repeats the keys where they are shown: in text, in links, between tags, at the end of a cut.
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(echoing).mount(&server).await;
    servers.push(("echoes", server));
    for (name, status, content_type) in [
        ("with-200", 200, "application/json"),
        ("bad-key", 401, "application/json"),
        ("bad-query", 400, "application/json"),
        ("busy", 429, "application/json"),
        ("broken", 500, "application/json"),
        ("html", 200, "text/html"),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(repeating(status, content_type)).mount(&server).await;
        servers.push((name, server));
    }
    servers
}

#[tokio::test]
async fn keys_stay_secret_over_http() -> anyhow::Result<()> {
    for (name, server) in providers().await {
        let program = over(&format!("secret-{name}"), &server, &server).with_env("RUST_LOG", "trace");
        for leg in Leg::ALL.into_iter().filter(|leg| leg.http) {
            let client = program.client(leg, Recorder::default()).await?;
            for (tool, arguments) in calls() {
                let result = call(&client, tool, arguments).await?;
                if name == "echoes" && tool == "general_search" {
                    assert!(text(&result).contains("Tea"), "{leg}: {}", text(&result));
                }
                assert_clean(&format!("{leg}: {name}: {tool}"), &serde_json::to_string(&result)?);
            }
            client.cancel().await?;
        }
        let log = program.http().await?.log();
        assert!(log.contains("TRACE"), "{name}: {log}");
        assert!(!log.contains("x".repeat(200).as_str()), "{name}: what strangers write is in no log");
        assert_clean(&format!("{name}: the log"), &log);
    }
    Ok(())
}

#[tokio::test]
async fn keys_stay_secret_on_stdio_and_at_the_start() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(repeating(500, "application/json")).mount(&server).await;
    let uri = server.uri();
    let environment = [
        ("SEARCH_PROVIDERS", "serpapi,brave"),
        ("SERPAPI_BASE_URL", uri.as_str()),
        ("SERPAPI_KEY", KEY),
        ("BRAVE_BASE_URL", uri.as_str()),
        ("BRAVE_API_KEY", BRAVE_KEY),
        ("WEB_SEARCH_MONTHLY_QUOTA", "0"),
        ("WEB_SEARCH_RETRY_MS", "1"),
        ("RUST_LOG", "trace"),
    ];
    for revision in Revision::ALL {
        let mut messages = Vec::new();
        if revision == Revision::Legacy {
            messages = vec![initialize(), json!({"jsonrpc": "2.0", "method": "notifications/initialized"})];
        }
        for (id, (tool, arguments)) in (10..).zip(calls()) {
            messages.push(request(revision, id, "tools/call", json!({"name": tool, "arguments": arguments})));
        }
        let (status, output, log) = run(&environment, &messages).await?;
        assert!(status.success() && log.contains("TRACE"), "{revision:?}: {status}");
        assert_eq!(output.matches("\"id\":1").count(), 5, "{revision:?}: {output}");
        assert_clean("the output", &output);
        assert_clean("the log", &log);
    }
    for (variable, value) in [
        ("SERPAPI_BASE_URL", "http://api.example.com/"),
        ("SERPAPI_KEY", "serp+key/4711= with blanks"),
        ("SEARCH_PROVIDERS", "serpapi,tavily"),
    ] {
        let mut environment = environment.to_vec();
        environment.push((variable, value));
        let (status, output, log) = run(&environment, &[]).await?;
        assert_eq!((status.code(), output.as_str()), (Some(2), ""), "{variable}: {log}");
        assert_clean(variable, &log);
    }
    Ok(())
}

/// The program on stdio: what it makes of these messages, on both of its outputs.
async fn run(environment: &[(&str, &str)], messages: &[Value]) -> anyhow::Result<(ExitStatus, String, String)> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mcp-web-search"))
        .arg("stdio")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = program.stdin.take().expect("a pipe");
    for message in messages {
        // It may have ended before it reads.
        let _ = input.write_all(format!("{message}\n").as_bytes()).await;
    }
    drop(input);
    let output = tokio::time::timeout(Duration::from_secs(60), program.wait_with_output()).await??;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status, text(&output.stdout), text(&output.stderr)))
}

fn calls() -> [(&'static str, Value); 5] {
    [
        ("general_search", json!({"query": "tea"})),
        ("qna", json!({"question": "What is tea?"})),
        ("multi_search", json!({"queries": [{"query": "a"}, {"query": "b", "kind": "news"}]})),
        ("compare_products", json!({"products": ["a", "b"]})),
        ("provider_status", json!({})),
    ]
}
