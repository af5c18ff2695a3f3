//! What the model can mend is a result with a hint; what cannot be routed is a protocol error.

use anyhow::Context as _;
use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, protocol_error},
};
use rmcp::{
    model::{GetPromptRequestParams, ReadResourceRequestParams},
    service::ServiceError,
};
use serde_json::json;

use crate::fixture::{opened, program, text};

#[tokio::test]
async fn what_the_model_can_mend_is_a_result_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    let nobody = "0".repeat(32);
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = opened(&client).await?;
        let document = |id: &str, text: &str| json!({"documents": [{"id": id, "text": text}]});
        for (tool, arguments, hint) in [
            ("ingest_documents", json!({}), "give documents, or a folder"),
            ("ingest_documents", document("../a", "x"), "is no id of a document"),
            ("ingest_documents", document("a", " "), "has no text"),
            ("ingest_documents", json!({"folder": "."}), "CONTEXT_DOCUMENTS"),
            (
                "ingest_documents",
                json!({"documents": [{"id": "a", "text": "x", "date": "May"}]}),
                "write it like 2026-03-31",
            ),
            ("search_context", json!({"query": " "}), "the length of query must be from 1 to 2000"),
            ("search_context", json!({"query": "x", "limit": 99}), "limit must be from 1 to 50"),
            ("search_context", json!({"query": "x", "mode": "fast"}), "unknown variant"),
            ("search_context", json!({"query": "x", "filter": {"since": "now"}}), "such as 2026-03-31"),
            ("process_with_chunked_context", json!({"query": "x", "token_budget": 1}), "must be from 50 to 100000"),
            ("open_context", json!({"question": "x"}), "unknown field `question`"),
            ("expand_context", json!({"context": nobody}), "open_context gives out handles"),
            ("expand_context", json!({"context": "short"}), "32 hexadecimal digits"),
            ("expand_context", json!({"context": id, "cursor": "9"}), "begin again without a cursor"),
            ("expand_context", json!({"context": id, "cursor": "9.1"}), "a corpus that has changed"),
            ("assemble_context", json!({"query": "x", "shares": [1, 2, 3, 4]}), "100 together"),
            ("compress_context", json!({"text": "x"}), "give one of the two"),
            ("compress_context", json!({"text": "x", "ratio": 2.0}), "ratio must be from 0.01 to 1"),
            ("compress_context", json!({"text": "x", "ratio": 0.5, "by_model": true}), "leave by_model out"),
            ("record_decision", json!({"context": id, "decision": "x", "supersedes": 7}), "list_decisions shows"),
            ("record_decision", json!({"context": nobody, "decision": "x"}), "there is no context"),
            ("list_decisions", json!({"context": nobody}), "they end after 30 days"),
            ("compact_history", json!({"context": id, "turns": [{"role": "boss", "text": "x"}]}), "unknown variant"),
            ("evaluate_strategies", json!({"budgets": []}), "the number of budgets must be from 1 to 5"),
            ("compare_shared_and_fragmented", json!({"queries": ["x"]}), "must be from 2 to 8"),
        ] {
            let result = call(&client, tool, arguments.clone()).await?;
            assert_eq!(result.is_error, Some(true), "{leg} {tool} {arguments}: {result:?}");
            assert!(text(&result).contains(hint), "{leg} {tool} {arguments}: {}", text(&result));
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_routed_is_a_protocol_error() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let error = protocol_error(call(&client, "no_such_tool", json!({})).await).with_context(|| leg.to_string())?;
        assert_eq!(error.code.0, -32602, "{leg}: {error:?}");
        let nobody = format!("context://{}/decisions", "0".repeat(32));
        for uri in
            [nobody.as_str(), "corpus://documents/none.md", "corpus://documents/%zz", "context://", "file:///etc"]
        {
            let error = client.read_resource(ReadResourceRequestParams::new(uri)).await.expect_err("there is none");
            let ServiceError::McpError(error) = error else { panic!("{leg} {uri}: {error:?}") };
            assert_eq!(error.data, Some(json!({ "uri": uri })), "{leg}: {error:?}");
        }
        let arguments = |name: &str, value: &str| serde_json::Map::from_iter([(name.to_owned(), json!(value))]);
        for (prompt, given) in [
            ("none", arguments("query", "x")),
            ("find_gaps", arguments("question", "x")),
            ("find_gaps", arguments("query", " ")),
            ("compress_history", arguments("context", "none")),
        ] {
            let asked = GetPromptRequestParams::new(prompt).with_arguments(given);
            let error = client.get_prompt(asked).await.expect_err("not to be had");
            let ServiceError::McpError(error) = error else { panic!("{leg} {prompt}: {error:?}") };
            assert_eq!(error.code.0, -32602, "{leg} {prompt}");
        }
        client.cancel().await?;
    }
    Ok(())
}
