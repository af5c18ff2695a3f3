//! Every tool on all four legs: a success, a tool error with its hint, a protocol error.

use anyhow::Context as _;
use mcp_support::{
    client::{Recorder, call},
    testing::{Leg, protocol_error},
};
use rmcp::{
    model::{ArgumentInfo, CompleteRequestParams, GetPromptRequestParams, ReadResourceRequestParams, Reference},
    service::ServiceError,
};
use serde_json::{Value, json};

use crate::fixture::{program, results, structure, text};

#[tokio::test]
async fn every_tool_answers() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let begun = call(&client, "set_preferences", json!({"session": "new", "topics": ["space"]})).await?;
        let session = structure(&begun)["session"].clone();
        let tracked = call(&client, "track_topic", json!({"query": "zeppelin landed"})).await?;
        let topic = structure(&tracked)["topic"]["topic"].clone();
        for (tool, arguments, says) in [
            ("web_search", json!({"query": "Saltgate Bridge"}), "[1] <<<"),
            ("web_search", json!({"query": "bridge", "session": session, "explain": true}), "score "),
            (
                "web_search",
                json!({"query": "bridge site:orrerymag.example -ice zzz", "time_period": "day"}),
                "nothing was found",
            ),
            ("web_search", json!({"query": "bridge", "sort": "date", "language": "en", "safe": "strict"}), "[1] <<<"),
            ("federated_search", json!({"query": "kestrel ice map"}), "[1] <<<"),
            ("refine_search", json!({"session": session, "query": "mercury", "refinement": "planet"}), "[1] <<<"),
            ("suggest_queries", json!({"query": "kestrl", "session": session}), "a likelier spelling"),
            ("record_interaction", json!({"session": session, "id": "mercury-01", "kind": "click"}), "not remembered"),
            ("get_context", json!({"session": session}), "topics space"),
            ("export_session", json!({"session": session}), "\"interactions\": []"),
            ("poll_topic", json!({"topic": topic}), "no alert after number 0"),
            ("list_alerts", json!({}), "zeppelin landed: 0 alerts"),
            ("research", json!({"question": "When does the Saltgate Bridge open for cars?"}), "## Sources"),
            ("fact_check", json!({"claim": "the Saltgate Bridge is closed for cars"}), "read the evidence"),
            ("compare_sources", json!({"query": "astrolabe theft"}), "only here"),
            ("track_topic", json!({"query": "zeppelin landed", "active": false}), "tracked no more"),
            ("forget_session", json!({"session": session}), "forgotten: 0 queries"),
        ] {
            let result = call(&client, tool, arguments.clone()).await?;
            assert_ne!(result.is_error, Some(true), "{leg} {tool} {arguments}: {result:?}");
            assert!(text(&result).contains(says), "{leg} {tool} {arguments}: {}", text(&result));
            assert!(structure(&result).is_object(), "{leg} {tool}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_model_can_mend_is_a_result_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let begun = call(&client, "set_preferences", json!({"session": "new"})).await?;
        let session = structure(&begun)["session"].clone();
        for (tool, arguments, hint) in [
            ("web_search", json!({}), "missing field `query`"),
            ("web_search", json!({"query": " "}), "must have from 1 to 400"),
            ("web_search", json!({"query": "x".repeat(401)}), "must have from 1 to 400"),
            ("web_search", json!({"query": "x", "max_results": 0}), "max_results must be from 1 to 20"),
            ("web_search", json!({"query": "x", "include_domains": ["https://a.example"]}), "write hosts alone"),
            ("web_search", json!({"query": "x", "exclude_domains": vec!["a.example"; 21]}), "at most 20 hosts"),
            ("web_search", json!({"query": "x", "language": "english"}), "use two letters"),
            ("web_search", json!({"query": "x", "time_period": "decade"}), "unknown variant"),
            ("web_search", json!({"query": "x", "session": "nobody's"}), "another caller's"),
            ("web_search", json!({"query": "x", "region": "y".repeat(61)}), "at most 60 characters"),
            ("federated_search", json!({"query": "x", "limit": 3}), "unknown field `limit`"),
            ("federated_search", json!({"query": "x", "session": "nobody's"}), "session 'new'"),
            ("refine_search", json!({"session": session, "refinement": "planet"}), "give the query to refine"),
            ("suggest_queries", json!({"query": "x", "max_suggestions": 21}), "must be from 1 to 20"),
            (
                "record_interaction",
                json!({"session": session, "id": "none", "kind": "click"}),
                "take the id of a result",
            ),
            ("record_interaction", json!({"session": session, "id": "mercury-01", "kind": "hover"}), "unknown variant"),
            (
                "record_interaction",
                json!({"session": session, "id": "mercury-01", "kind": "dwell", "dwell_seconds": -1}),
                "dwell_seconds must be from 0 to 3600",
            ),
            ("set_preferences", json!({"session": session, "sources": ["nobody"]}), "use one of: "),
            ("set_preferences", json!({"session": session, "topics": ["x".repeat(101)]}), "at most 100 characters"),
            ("set_preferences", json!({"session": session, "languages": ["deutsch"]}), "use two letters"),
            ("get_context", json!({"session": "x"}), "there is no session 'x'"),
            ("export_session", json!({"session": "x"}), "there is no session 'x'"),
            ("forget_session", json!({"session": "x"}), "there is no session 'x'"),
            ("track_topic", json!({"query": "the of -x"}), "name what to wait for"),
            ("track_topic", json!({"query": "never", "active": false}), "list_alerts shows"),
            ("poll_topic", json!({"topic": "x"}), "list_alerts shows the topics"),
            ("poll_topic", json!({"topic": "x", "wait_ms": 20_001}), "wait_ms must be from 0 to 20000"),
            ("list_alerts", json!({"max_each": 0}), "max_each must be from 1 to 100"),
            ("research", json!({"question": ""}), "question must have from 1 to 400"),
            ("research", json!({"question": "x", "max_sources": 1}), "max_sources must be from 2 to 12"),
            ("fact_check", json!({"claim": ""}), "claim must have from 1 to 400"),
            ("compare_sources", json!({"query": "x", "max_outlets": 11}), "max_outlets must be from 2 to 10"),
        ] {
            let result = call(&client, tool, arguments.clone()).await?;
            assert_eq!(result.is_error, Some(true), "{leg} {tool} {arguments}: {result:?}");
            assert!(text(&result).contains(hint), "{leg} {tool} {arguments}: {result:?}");
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
        for uri in ["search://session/x", "search://topic/x", "search://nothing", "search://session/"] {
            let error = client.read_resource(ReadResourceRequestParams::new(uri)).await.expect_err("there is none");
            let ServiceError::McpError(error) = error else { panic!("{leg} {uri}: {error:?}") };
            assert_eq!(error.data, Some(json!({"uri": uri})), "{leg}");
        }
        for (name, argument) in [("news_brief", "claim"), ("nothing", "topic")] {
            let arguments = serde_json::Map::from_iter([(argument.to_owned(), json!("x"))]);
            let asked = GetPromptRequestParams::new(name).with_arguments(arguments);
            let error = client.get_prompt(asked).await.expect_err("no such prompt");
            assert!(matches!(error, ServiceError::McpError(_)), "{leg} {name}: {error:?}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn resources_prompts_and_completion() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let begun = call(&client, "set_preferences", json!({"session": "new", "region": "osthaven"})).await?;
        let session = structure(&begun)["session"].as_str().unwrap_or_default().to_owned();
        let tracked = call(&client, "track_topic", json!({"query": "zeppelin"})).await?;
        let topic = structure(&tracked)["topic"]["topic"].as_str().unwrap_or_default().to_owned();
        for (uri, pointer, value) in [
            ("search://providers".to_owned(), "/sources/0/name", json!("archive")),
            (format!("search://session/{session}"), "/context/preferences/region", json!("osthaven")),
            (format!("search://topic/{topic}"), "/topic/query", json!("zeppelin")),
        ] {
            let listed = client.list_all_resources().await?;
            assert!(listed.iter().any(|resource| resource.uri == uri), "{leg} {uri}: {listed:?}");
            let read = client.read_resource(ReadResourceRequestParams::new(uri.clone())).await?;
            let document = serde_json::to_value(&read.contents[0])?["text"].as_str().unwrap_or_default().to_owned();
            let document: Value = serde_json::from_str(&document)?;
            assert_eq!(document.pointer(pointer), Some(&value), "{leg} {uri}: {document}");
        }
        for (prompt, argument) in [("research_plan", "question"), ("news_brief", "topic"), ("verify_claim", "claim")] {
            let arguments = serde_json::Map::from_iter([(argument.to_owned(), json!("Saltgate Bridge"))]);
            let asked = GetPromptRequestParams::new(prompt).with_arguments(arguments);
            let shown = serde_json::to_string(&client.get_prompt(asked).await?)?;
            assert!(
                shown.contains("<<<Saltgate Bridge>>>") && shown.contains("never an instruction"),
                "{leg}: {shown}"
            );
            let completed = client
                .complete(CompleteRequestParams::new(
                    Reference::for_prompt(prompt),
                    ArgumentInfo::new(argument, "Saltgate"),
                ))
                .await?;
            assert!(completed.completion.values.iter().any(|title| title.contains("Saltgate")), "{leg}: {completed:?}");
        }
        for (template, id) in [("search://session/{id}", &session), ("search://topic/{id}", &topic)] {
            let asked =
                CompleteRequestParams::new(Reference::for_resource(template), ArgumentInfo::new("id", &id[..4]));
            let completed = client.complete(asked).await?;
            assert!(completed.completion.values.contains(id), "{leg} {template}: {completed:?}");
        }
        call(&client, "forget_session", json!({"session": session})).await?;
        call(&client, "track_topic", json!({"query": "zeppelin", "active": false})).await?;
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn filters_hold_and_the_score_adds_up() -> anyhow::Result<()> {
    let program = program();
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    for (arguments, field, fits) in [
        (json!({"query": "bridge", "include_domains": ["orrerymag.example"]}), "url", "orrerymag.example"),
        (json!({"query": "bridge OR Hafen", "language": "de"}), "language", "de"),
        (json!({"query": "kestrel source:orrery"}), "source", "Orrery"),
    ] {
        let found = results(&call(&client, "web_search", arguments.clone()).await?);
        assert!(!found.is_empty(), "{arguments}");
        assert!(
            found.iter().all(|result| result[field].as_str().is_some_and(|value| value.contains(fits))),
            "{arguments}: {found:?}"
        );
    }
    let week =
        results(&call(&client, "web_search", json!({"query": "storm", "time_period": "week", "sort": "date"})).await?);
    let dates: Vec<&str> = week.iter().filter_map(|result| result["published"].as_str()).collect();
    let mut sorted = dates.clone();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(dates, sorted);
    assert!(!dates.is_empty());
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    insta::assert_json_snapshot!("contract", program().contract().await?);
    Ok(())
}

#[tokio::test]
async fn answers_say_what_is_so() -> anyhow::Result<()> {
    let program = program();
    let client = program.client(Leg::ALL[0], Recorder::default()).await?;
    // A tool that goes on with a session does not send the caller round in a circle.
    let refused =
        call(&client, "refine_search", json!({"session": "new", "refinement": "ice", "query": "map"})).await?;
    assert!(refused.is_error == Some(true) && text(&refused).contains("in web_search"), "{}", text(&refused));
    let checked = call(&client, "fact_check", json!({"claim": "the zebras of Qux have won the lottery"})).await?;
    assert!(!text(&checked).contains("-0.00"), "{}", text(&checked));
    let begun = call(&client, "set_preferences", json!({"session": "new", "topics": ["space"]})).await?;
    for _ in 1..100 {
        call(&client, "set_preferences", json!({"session": "new"})).await?;
    }
    let full = call(&client, "set_preferences", json!({"session": "new"})).await?;
    assert!(text(&full).contains("resources/list") && text(&full).contains("forget_session"), "{}", text(&full));
    call(&client, "forget_session", json!({"session": structure(&begun)["session"]})).await?;
    let again = call(&client, "set_preferences", json!({"session": "new"})).await?;
    assert_ne!(again.is_error, Some(true), "{}", text(&again));
    client.cancel().await?;
    Ok(())
}
