//! The keys are in no log, no result and no error, whatever a provider does with them.

use std::time::Duration;

use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, RawStdio, request},
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::stand_in::{BRAVE_KEY, KEY, answering, json_of, over, serpapi};

/// The keys as they are, and as a URL writes them.
const SECRETS: [&str; 4] = [KEY, "serp%2Bkey%2F4711%3D", "serp%2bkey%2f4711%3d", BRAVE_KEY];

fn assert_clean(what: &str, text: &str) {
    for secret in SECRETS {
        let around = text.find(secret).map(|at| text.get(at.saturating_sub(200)..at + 20));
        assert_eq!(around, None, "{what} holds {secret}");
    }
}

/// What providers do, the worst included: they repeat the key.
fn answers() -> Vec<(&'static str, ResponseTemplate)> {
    let repeats = format!("your key {KEY} (serp%2Bkey%2F4711%3D) or {BRAVE_KEY} is wrong");
    let error = json!({ "error": repeats });
    vec![
        ("well", json_of(&serpapi("Tea"))),
        ("with-200", json_of(&error)),
        ("bad-key", ResponseTemplate::new(401).set_body_json(&error)),
        ("bad-query", ResponseTemplate::new(400).set_body_json(&error)),
        ("busy", ResponseTemplate::new(429).set_body_json(&error)),
        ("broken", ResponseTemplate::new(500).set_body_json(&error)),
        ("html", ResponseTemplate::new(200).set_body_raw(repeats.clone(), "text/html")),
        ("moved", ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/")),
        ("slow", ResponseTemplate::new(200).set_delay(Duration::from_secs(30))),
    ]
}

#[tokio::test]
async fn keys_stay_secret_over_http() -> anyhow::Result<()> {
    for (name, response) in answers() {
        let server = answering(response).await;
        let program = over(&format!("secret-{name}"), &server, &server).with_env("RUST_LOG", "trace");
        for leg in Leg::ALL.into_iter().filter(|leg| leg.http) {
            let client = program.client(leg, Recorder::default()).await?;
            for (tool, arguments) in calls() {
                let result = call(&client, tool, arguments).await?;
                assert_clean(&format!("{leg}: {name}: {tool}"), &serde_json::to_string(&result)?);
            }
            client.cancel().await?;
        }
        let log = program.http().await?.log();
        assert!(log.contains("TRACE") && !log.contains("search.json?"), "{name}: a URL in the log");
        assert_clean(&format!("{name}: the log"), &log);
    }
    Ok(())
}

#[tokio::test]
async fn keys_stay_secret_on_stdio_and_at_the_start() -> anyhow::Result<()> {
    let server = answering(ResponseTemplate::new(500).set_body_string(format!("{KEY} {BRAVE_KEY}"))).await;
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
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_mcp-web-search"));
    for revision in mcp_support::client::Revision::ALL {
        let mut raw = RawStdio::start_with(program, &environment)?;
        raw.open(revision).await?;
        for (id, (tool, arguments)) in (10..).zip(calls()) {
            let params = json!({"name": tool, "arguments": arguments});
            raw.send(&request(revision, id, "tools/call", params)).await?;
            assert_clean(tool, &raw.answer(&Value::from(id)).await?.to_string());
        }
        raw.close_input();
        let (status, log) = raw.wait().await?;
        assert!(status.success() && log.contains("TRACE"), "{status}");
        assert_clean("the log", &log);
    }
    for (variable, value) in [
        ("SERPAPI_BASE_URL", "http://api.example.com/"),
        ("SERPAPI_KEY", "serp+key/4711= with blanks"),
        ("SEARCH_PROVIDERS", "serpapi,tavily"),
    ] {
        let mut environment: Vec<(&str, &str)> =
            environment.iter().copied().filter(|(name, _)| *name != variable).collect();
        environment.push((variable, value));
        let mut raw = RawStdio::start_with(program, &environment)?;
        let (status, log) = raw.wait().await?;
        assert_eq!(status.code(), Some(2), "{variable}: {log}");
        assert_clean(variable, &log);
    }
    Ok(())
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
