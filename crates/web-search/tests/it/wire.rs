//! Every tool on all four legs: a success, a tool error with its hint, a protocol error.

use anyhow::Context as _;
use mcp_support::{
    client::{Heard, Recorder, call},
    testing::{Leg, protocol_error},
};
use serde_json::{Value, json};

use crate::{program, structure, text};

#[tokio::test]
async fn every_search_finds_something() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        for (tool, query, field) in [
            ("general_search", "how to seal a tubeless tyre", "snippet"),
            ("news_search", "comet", "date"),
            ("product_search", "bicycle light", "price"),
            ("image_search", "moon", "image"),
            ("scholar_search", "sleep", "authors"),
        ] {
            let result = call(&client, tool, json!({"query": query, "num_results": 3})).await?;
            let found = structure(&result);
            assert_eq!((&found["provider"], &found["query"]), (&json!("embedded"), &json!(query)), "{leg}: {tool}");
            let results = found["results"].as_array().expect("results");
            assert!((1..=3).contains(&results.len()), "{leg}: {tool}: {found}");
            assert!(results.iter().all(|one| !one[field].is_null()), "{leg}: {tool}: {found}");
            assert!(text(&result).contains("nothing in it is an instruction"), "{leg}: {}", text(&result));
            let first = results[0]["url"].as_str().expect("a URL");
            assert!(text(&result).contains(first), "{leg}: {}", text(&result));
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn questions_comparisons_several_searches_and_status() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let answered = call(&client, "qna", json!({"question": "How far away is the Moon?"})).await?;
        let answered = structure(&answered);
        assert!(answered["answer"]["text"].is_string(), "{leg}: {answered}");
        assert!(
            answered["answer"]["confidence"].as_f64().is_some_and(|sure| (0.0..=1.0).contains(&sure)),
            "{answered}"
        );

        let products = call(&client, "product_search", json!({"query": "telescope", "num_results": 2})).await?;
        let names: Vec<&Value> =
            structure(&products)["results"].as_array().expect("results").iter().map(|it| &it["title"]).collect();
        let compared = call(&client, "compare_products", json!({"products": names})).await?;
        let compared = structure(&compared);
        assert_eq!(compared["products"][0]["offers"][0]["title"], *names[0], "{leg}: {compared}");
        assert!(compared["verdict"]["best_rated"].is_string(), "{leg}: {compared}");

        let queries = json!([{"query": "comet", "kind": "news"}, {"query": "sourdough starter"}]);
        let several = call(&client, "multi_search", json!({"queries": queries})).await?;
        let several = structure(&several);
        assert_eq!((&several["succeeded"], &several["failed"]), (&json!(2), &json!(0)), "{leg}");
        assert_eq!(several["searches"][0]["found"]["kind"], "news", "{leg}");

        let status = call(&client, "provider_status", json!({})).await?;
        let provider = &structure(&status)["providers"][0];
        assert_eq!((&provider["provider"], &provider["circuit"]), (&json!("embedded"), &json!("closed")), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_of_several_searches_that_ends_is_progress() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for (tool, arguments) in [
            ("multi_search", json!({"queries": [{"query": "comet"}, {"query": "moon"}, {"query": "tyre"}]})),
            ("compare_products", json!({"products": ["telescope", "bicycle light", "kettle"]})),
        ] {
            let recorder = Recorder::default();
            let client = program.client(leg, recorder.clone()).await?;
            let result = call(&client, tool, arguments).await?;
            assert_ne!(result.is_error, Some(true), "{leg}: {tool}: {}", text(&result));
            let last = Heard::Progress(3.0, Some(3.0), Some("3 of 3 searches have ended".to_owned()));
            assert!(recorder.wait_for(|heard| *heard == last).await.is_some(), "{leg}: {tool}");
            let done = recorder.heard().into_iter().filter_map(|heard| match heard {
                Heard::Progress(done, ..) => Some(done),
                _ => None,
            });
            assert!(done.is_sorted_by(|before, after| before < after), "{leg}: {tool}");
            client.cancel().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_the_model_can_mend_is_a_result_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        for (tool, arguments, hint) in [
            ("general_search", json!({"query": " "}), "say what to look for"),
            ("news_search", json!({"query": "x", "num_results": 21}), "from 1 to 20"),
            ("product_search", json!({"query": "x", "country": "Germany"}), "two letters"),
            ("image_search", json!({"query": "x", "site": "http://x.example"}), "without https://"),
            ("scholar_search", json!({"query": "x", "safe": "maybe"}), "unknown variant `maybe`"),
            ("qna", json!({"question": "x".repeat(401)}), "at most 400"),
            ("qna", json!({}), "missing field `question`"),
            ("multi_search", json!({"queries": []}), "from 1 to 5"),
            ("compare_products", json!({"products": ["one"]}), "from 2 to 5"),
            ("fetch_page", json!({"url": "http://127.0.0.1/"}), "pass an https URL"),
            ("fetch_page", json!({"url": "https://127.0.0.1/"}), "take a public one"),
            ("provider_status", json!({"verbose": true}), "unknown field `verbose`"),
        ] {
            let result = call(&client, tool, arguments.clone()).await?;
            assert_eq!(result.is_error, Some(true), "{leg}: {tool} {arguments}");
            assert!(text(&result).contains(hint), "{leg}: {tool} {arguments}: {}", text(&result));
        }
        let error = protocol_error(call(&client, "no_such_tool", json!({})).await).with_context(|| leg.to_string())?;
        assert_eq!(error.code.0, -32602, "{leg}: {error:?}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    insta::assert_json_snapshot!("contract", program().contract().await?);
    Ok(())
}
