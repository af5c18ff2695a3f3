//! Spans reach a collector, inside the trace that the caller named.

use mcp_support::{
    client::Revision,
    testing::{RawStdio, request, workspace_binary},
};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn holds(request: &Request, part: &[u8]) -> bool {
    request.body.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_call_continues_its_callers_trace() -> anyhow::Result<()> {
    let collector = MockServer::start().await;
    Mock::given(path("/v1/traces")).respond_with(ResponseTemplate::new(200)).mount(&collector).await;
    let server = workspace_binary("examples/traced")?;
    let mut stdio = RawStdio::start_with(
        &server,
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.uri()), ("OTEL_SERVICE_NAME", "under-test")],
    )?;
    let params = json!({"name": "hello", "arguments": {"secret": "THE-SECRET-ARGUMENT"}, "_meta": {"traceparent": format!("00-{TRACE}-{PARENT}-01")}});
    stdio.send(&request(Revision::Modern, 1, "tools/call", params)).await?;
    stdio.answer(&json!(1)).await?;
    stdio.close_input();
    let (status, _) = stdio.wait().await?;
    assert!(status.success(), "{status}");
    let received = collector.received_requests().await.unwrap_or_default();
    // Protobuf holds identifiers as they are.
    let found = received.iter().any(|request| {
        holds(request, &bytes(TRACE))
            && holds(request, &bytes(PARENT))
            && holds(request, b"tools/call")
            && holds(request, b"under-test")
    });
    assert!(!received.iter().any(|request| holds(request, b"THE-SECRET-ARGUMENT")), "content of messages is exported");
    assert!(found, "{} exports, none with the caller's trace", received.len());
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_away_does_no_harm() -> anyhow::Result<()> {
    let server = workspace_binary("examples/traced")?;
    let mut stdio = RawStdio::start_with(&server, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")])?;
    stdio.send(&request(Revision::Modern, 1, "tools/call", json!({"name": "hello"}))).await?;
    stdio.answer(&json!(1)).await?;
    stdio.close_input();
    let (status, _) = stdio.wait().await?;
    assert!(status.success(), "{status}");
    Ok(())
}
