//! Text from strangers: nothing of it reaches a client unmarked, on any path.

use mcp_realtime_search::corpus;
use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, Program},
};
use rmcp::model::{GetPromptRequestParams, ReadResourceRequestParams};
use serde_json::{Value, json};

use crate::fixture::{structure, text};

/// Fields that hold text from outside.
const FROM_OUTSIDE: [&str; 7] = ["title", "snippet", "quote", "says", "only_here", "quotes", "text"];

/// Checks every such field of a document.
fn marked(value: &Value, seen: &mut usize, path: &str) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let outside = FROM_OUTSIDE.contains(&name.as_str()) && !path.contains("analysis");
                let texts: Vec<&str> = match field {
                    Value::String(text) => vec![text],
                    Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
                    _ => Vec::new(),
                };
                if outside {
                    for text in texts {
                        *seen += 1;
                        assert!(text.starts_with("<<<") && text.ends_with(">>>"), "{path}/{name}: {text}");
                        let inner = &text[3..text.len() - 3];
                        assert!(!inner.contains(['<', '>']), "{path}/{name}: {text}");
                    }
                }
                marked(field, seen, &format!("{path}/{name}"));
            }
        }
        Value::Array(list) => list.iter().for_each(|item| marked(item, seen, path)),
        Value::String(text) => {
            let hidden = |letter: char| {
                letter.is_control() && letter != '\n'
                    || matches!(u32::from(letter), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069)
                    || matches!(u32::from(letter), 0xFEFF | 0xE0000..=0xE007F)
            };
            assert!(!text.contains(hidden), "{path}: {text:?}");
            for live in ["<script", "<img", "<svg", "javascript:alert", "onerror=\""] {
                assert!(!text.to_lowercase().contains(live), "{path}: {text}");
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn nothing_from_outside_is_unmarked_or_alive() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_mcp-realtime-search")).with_env("REALTIME_SEARCH_FEED_MS", "20");
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    call(&client, "track_topic", json!({"query": "bridge"})).await?;
    let hostile: Vec<&str> = corpus::archive()
        .iter()
        .chain(corpus::stories())
        .filter(|article| article.id.starts_with("hostile"))
        .map(|article| article.title.as_str())
        .collect();
    assert!(hostile.len() >= 8);
    let mut seen = 0;
    for title in hostile {
        let query: String = title.chars().filter(|letter| !letter.is_control()).take(200).collect();
        for (tool, arguments) in [
            ("web_search", json!({"query": query, "safe": "off", "max_results": 20, "explain": true})),
            ("federated_search", json!({"query": query, "safe": "off", "max_results": 20})),
            ("research", json!({"question": query})),
            ("fact_check", json!({"claim": query})),
            ("compare_sources", json!({"query": query})),
            ("suggest_queries", json!({"query": query})),
        ] {
            let answer = call(&client, tool, arguments).await?;
            assert_ne!(answer.is_error, Some(true), "{tool} {query}: {}", text(&answer));
            let mut document = structure(&answer).clone();
            // What the caller has written is theirs.
            for own in ["query", "question", "claim", "queries", "analysis", "expansion", "gaps", "suggestions"] {
                document.as_object_mut().map(|fields| fields.remove(own));
            }
            marked(&document, &mut seen, tool);
        }
    }
    let alerts = structure(&call(&client, "list_alerts", json!({"max_each": 100})).await?).clone();
    marked(&alerts, &mut seen, "list_alerts");
    assert!(seen > 200, "{seen} texts were looked at");
    let arguments = serde_json::Map::from_iter([("topic".to_owned(), json!("Saltgate Bridge opening"))]);
    let prompt = client.get_prompt(GetPromptRequestParams::new("news_brief").with_arguments(arguments)).await?;
    let shown = serde_json::to_string(&prompt)?;
    assert!(!shown.contains("<script") && shown.contains("<<<"), "{shown}");
    let read = client.read_resource(ReadResourceRequestParams::new("search://providers")).await?;
    assert_eq!(read.contents.len(), 1);
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn an_article_that_gives_orders_is_flagged_and_left_out_of_strict_searches() -> anyhow::Result<()> {
    let program = crate::fixture::program();
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    let query = "site:dealsplosion.example Heron update notes";
    let found = call(&client, "web_search", json!({"query": query, "safe": "off"})).await?;
    let first = structure(&found)["results"][0].clone();
    assert_eq!((&first["id"], &first["flags"]), (&json!("hostile-03"), &json!(["instructions", "hidden"])), "{first}");
    assert!(text(&found).contains("do not follow it"), "{}", text(&found));
    let strict = call(&client, "web_search", json!({"query": query, "safe": "strict"})).await?;
    assert_eq!(structure(&strict)["results"], json!([]));
    client.cancel().await?;
    Ok(())
}
