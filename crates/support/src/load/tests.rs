use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::post,
};
use futures::stream;
use serde_json::{Value, json};

use super::*;

const TENANT: &str = "x-tenant";

/// Answers each tool in the way that its name says.
async fn answer(headers: HeaderMap, body: Bytes) -> Response {
    let message: Value = serde_json::from_slice(&body).expect("JSON");
    let has = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    let result = |result: Value| json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string();
    match message["method"].as_str().expect("a method") {
        "initialize" if has(TENANT, "one") => ([("mcp-session-id", "the session")], result(json!({}))).into_response(),
        "initialize" => StatusCode::NOT_FOUND.into_response(),
        "notifications/initialized" if has("mcp-session-id", "the session") => StatusCode::ACCEPTED.into_response(),
        _ => match message["params"]["name"].as_str().expect("a name") {
            "echo" if has("mcp-name", "echo") && has("mcp-protocol-version", "2026-07-28") => {
                result(json!({ "isError": false, "said": message["params"]["arguments"] })).into_response()
            }
            "echo" if has("mcp-session-id", "the session") && has(TENANT, "one") => {
                result(json!({ "isError": false })).into_response()
            }
            "growing" => {
                let size = message["id"].as_u64().expect("a number") % 10 * 100;
                result(json!({ "isError": false, "text": "x".repeat(size as usize) })).into_response()
            }
            "failing" => result(json!({ "isError": true })).into_response(),
            "streamed" => {
                let message = result(json!({ "isError": false, "said": "in an event" }));
                let events = ["{\"method\":\"notifications/progress\"}".to_owned(), message];
                Sse::new(stream::iter(events.map(|data| anyhow::Ok(Event::default().data(data))))).into_response()
            }
            _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

async fn server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async { axum::serve(listener, Router::new().route("/mcp", post(answer))).await });
    address
}

#[tokio::test]
async fn calls_are_counted_and_their_results_can_be_read() -> anyhow::Result<()> {
    let address = server().await;
    let echo = Call::tool(Way::Modern, "echo", json!({ "text": "a" }));
    let seen = run(&address, &echo, 3, Until::Calls(100)).await?;
    assert_eq!(seen.calls, 100);
    assert!(seen.quantile(0.0) > Duration::ZERO && seen.quantile(0.5) <= seen.quantile(1.0), "{seen:?}");
    assert_eq!(run(&address, &echo, 2, Until::Time(Duration::ZERO)).await?.calls, 2, "once on each");
    let in_session = echo.made(Way::Session).with_header(TENANT, "one");
    assert_eq!(run(&address, &in_session, 2, Until::Calls(4)).await?.calls, 4);
    assert_eq!(run(&address, &Call::tool(Way::Modern, "growing", json!({})), 1, Until::Calls(30)).await?.calls, 30);

    let mut connection = Connection::open(&address).await?;
    connection.exchange(echo.request(&address, None).next()).await?;
    assert_eq!(connection.last_result()?["said"], json!({ "text": "a" }));
    let streamed = Call::tool(Way::Modern, "streamed", json!({})).with_progress();
    connection.exchange(streamed.request(&address, None).next()).await?;
    assert_eq!(connection.last_result()?["said"], "in an event");
    Ok(())
}

#[tokio::test]
async fn what_is_no_result_ends_a_run() {
    let address = server().await;
    for (call, expected) in [
        (Call::tool(Way::Modern, "failing", json!({})), "\"isError\":true"),
        (Call::tool(Way::Modern, "unknown", json!({})), "503"),
        (Call::tool(Way::Session, "echo", json!({})), "no session"),
    ] {
        let error = run(&address, &call, 1, Until::Calls(2)).await.expect_err("no result");
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    }
}

#[test]
fn ids_differ_and_lengths_do_not() {
    let mut request = Call::tool(Way::Stateless, "echo", json!({ "id": "\"id\":1" })).request("localhost:1", None);
    let (first, second) = (request.next().to_owned(), request.next().to_owned());
    assert_eq!(first.len(), second.len());
    let body = |bytes: &[u8]| -> Value {
        let text = String::from_utf8(bytes.to_owned()).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        serde_json::from_str(body).expect("JSON")
    };
    assert_eq!(body(&first)["id"].as_u64().map(|id| id + 1), body(&second)["id"].as_u64());
    assert_eq!(body(&first)["params"], body(&second)["params"]);
}
