//! The table of errors: one test for each row.

use mcp_support::{
    client::Revision,
    testing::{HttpServer, Leg, RawHttp, RawStdio, request},
};
use serde_json::{Value, json};

use crate::{MODERN_HTTP, answer, program, tool};

async fn code(leg: Leg, method: &str, params: Value) -> anyhow::Result<Value> {
    let answer = answer(&program(), leg, method, params).await?;
    Ok(answer["error"].clone())
}

#[tokio::test]
async fn an_unknown_tool_is_32602() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        assert_eq!(code(leg, "tools/call", tool("none", json!({}))).await?["code"], -32602, "{leg}");
        assert_eq!(code(leg, "tools/call", tool("roll_dice", json!({}))).await?["code"], -32602, "{leg}: switched off");
    }
    Ok(())
}

#[tokio::test]
async fn malformed_parameters_of_a_known_method_are_32602() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        for (method, params) in [
            ("tools/call", json!({"arguments": {}})),
            ("resources/read", json!({"uri": 7})),
            ("prompts/get", json!({})),
            ("completion/complete", json!({"ref": {"type": "ref/none"}})),
        ] {
            assert_eq!(code(leg, method, params).await?["code"], -32602, "{leg} {method}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_resource_has_its_uri_and_the_revisions_code() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        for uri in ["none://such", "db://users/999", "feature://tip"] {
            let error = code(leg, "resources/read", json!({ "uri": uri })).await?;
            let wanted = if leg.revision == Revision::Legacy { -32002 } else { -32602 };
            assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(wanted), &json!(uri)), "{leg}");
        }
        let simulated = code(leg, "tools/call", tool("safe_operation", json!({"input": "simulate:resource"}))).await?;
        assert_eq!(simulated["code"], if leg.revision == Revision::Legacy { -32002 } else { -32602 }, "{leg}");
    }
    Ok(())
}

#[tokio::test]
async fn headers_that_disagree_with_the_body_are_32020_and_400() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let message = request(Revision::Modern, 1, "tools/call", tool("render_status", json!({})));
    for (header, value) in
        [("mcp-method", "tools/list"), ("mcp-name", "query_database"), ("mcp-protocol-version", "2025-11-25")]
    {
        let headers = [(header.parse()?, value.parse()?)].into_iter().collect();
        let reply = http.post(&message, headers).await?;
        let error = reply.messages.last().map(|answer| answer["error"]["code"].clone()).unwrap_or_default();
        assert_eq!(reply.status, 400, "{header}: {}", reply.text);
        // A version in the header that the body contradicts: the SDK answers by the header's revision.
        assert!(error == -32020 || header == "mcp-protocol-version", "{header}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_client_capability_is_32021_and_400() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for params in [
            tool("safe_operation", json!({"input": "simulate:capability"})),
            tool("confirm_delete", json!({"record_id": 1})),
            tool("connect_account", json!({"provider": "notes"})),
        ] {
            let answer = answer(&program, leg, "tools/call", params).await?;
            assert_eq!(answer["error"]["code"], -32021, "{leg}: {answer}");
            assert!(answer["error"]["data"]["requiredCapabilities"]["elicitation"].is_object(), "{leg}: {answer}");
        }
    }
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let reply = http.request(1, "tools/call", tool("confirm_delete", json!({"record_id": 1}))).await?;
    assert_eq!(reply.status, 400);
    Ok(())
}

#[tokio::test]
async fn an_unsupported_version_is_32022_and_names_the_supported() -> anyhow::Result<()> {
    let program = program();
    let mut unknown = request(Revision::Modern, 1, "tools/list", json!({}));
    unknown["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let mut stdio = RawStdio::start(program.path())?;
    stdio.send(&unknown).await?;
    let answer = stdio.answer(&json!(1)).await?;
    assert_eq!(answer["error"]["code"], -32022, "{answer}");
    assert!(answer["error"]["data"]["supported"].to_string().contains("2026-07-28"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_business_failure_says_whether_it_can_be_retried() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        for (input, retryable) in [("business", false), ("outage", true), ("timeout", true)] {
            let params = tool("safe_operation", json!({"input": format!("simulate:{input}")}));
            let result = answer(&program(), leg, "tools/call", params).await?["result"].clone();
            assert_eq!(result["isError"], true, "{leg} {input}: {result}");
            assert_eq!(result["_meta"]["mcp-samples/retryable"], retryable, "{leg} {input}: {result}");
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            assert!(text.contains(&format!("retryable: {retryable}")), "{leg}: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_panic_is_an_opaque_error_and_a_line_in_the_log() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        let error = code(leg, "tools/call", tool("safe_operation", json!({"input": "simulate:panic"}))).await?;
        assert_eq!((&error["code"], &error["message"]), (&json!(-32603), &json!("internal error")), "{leg}");
        assert!(error["data"].is_null(), "{leg}: {error}");
    }
    let server = HttpServer::start(program().path(), &[]).await?;
    let http = RawHttp::open(&server.url, Revision::Modern).await?;
    http.request(1, "tools/call", tool("safe_operation", json!({"input": "simulate:panic"}))).await?;
    for _ in 0..100 {
        if server.log().contains("there is always a booking") {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the cause is not in the log: {}", server.log())
}

#[tokio::test]
async fn an_oversized_body_is_413_and_bad_json_is_32700_with_400() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let message = request(Revision::Modern, 1, "tools/call", tool("safe_operation", json!({"input": "x"})));
    let headers = || http.headers(&message, Default::default());
    let huge = message.to_string().replace("\"x\"", &format!("\"{}\"", "x".repeat(5 * 1024 * 1024)));
    let refused = http.head(huge.into_bytes(), headers()).await;
    // The server answers and closes while the client still sends, which some clients notice first.
    assert!(refused.as_ref().is_ok_and(|status| *status == 413) || refused.is_err(), "{refused:?}");
    for body in ["{", "no json", "\u{feff}{}"] {
        let reply = http.post_bytes(body.as_bytes().to_vec(), headers()).await?;
        assert_eq!((reply.status.as_u16(), &reply.messages[0]["error"]["code"]), (400, &json!(-32700)), "{body}");
    }
    let works = answer(&program, MODERN_HTTP, "tools/call", tool("safe_operation", json!({"input": "x"}))).await?;
    assert!(works["result"].is_object(), "still there");
    Ok(())
}
