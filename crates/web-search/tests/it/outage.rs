//! What callers see while providers fail.

use mcp_support::{
    client::{Recorder, call},
    testing::Leg,
};
use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::any};

use crate::{
    failure,
    stand_in::{answering, brave, json_of, over, serpapi},
    structure, text,
};

const DOWN: u16 = 503;

#[tokio::test]
async fn the_next_provider_answers_and_the_result_says_so() -> anyhow::Result<()> {
    let (broken, healthy) = (answering(ResponseTemplate::new(DOWN)).await, answering(json_of(&brave("Tea"))).await);
    let program = over("failover", &broken, &healthy)
        .with_env("WEB_SEARCH_BREAKER_FAILURES", "3")
        .with_env("WEB_SEARCH_BREAKER_MS", "300000");
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let query = format!("tea {leg}");
        let result = call(&client, "general_search", json!({"query": query})).await?;
        let found = structure(&result);
        assert_eq!((&found["provider"], &found["served"]), (&json!("brave"), &json!("live")), "{leg}");
        assert_eq!(
            (&found["passed_over"][0]["provider"], &found["passed_over"][0]["code"]),
            (&json!("serpapi"), &json!("upstream"))
        );
        assert!(text(&result).contains("Not from serpapi: upstream"), "{leg}: {}", text(&result));
        let again = call(&client, "general_search", json!({"query": format!("  tea   {leg} ")})).await?;
        assert_eq!(structure(&again)["served"], "cached", "{leg}");
        let status = call(&client, "provider_status", json!({})).await?;
        assert_eq!(structure(&status)["providers"][0]["circuit"], "open", "{leg}: {}", text(&status));
        client.cancel().await?;
    }
    // Three tries open the circuit; one process serves both legs of HTTP.
    assert_eq!(broken.received_requests().await.map(|requests| requests.len()), Some(9));
    Ok(())
}

#[tokio::test]
async fn every_kind_of_failure_has_its_code() -> anyhow::Result<()> {
    let leg = Leg::ALL[0];
    for (name, response, code, retryable) in [
        ("busy", ResponseTemplate::new(429).insert_header("retry-after", "60"), "rate_limited", true),
        ("empty", ResponseTemplate::new(402), "quota_exhausted", false),
        ("locked", ResponseTemplate::new(401), "bad_key", false),
        ("broken", ResponseTemplate::new(DOWN), "upstream", true),
        ("strange", ResponseTemplate::new(200).set_body_string("<html>"), "upstream", true),
        ("picky", ResponseTemplate::new(400), "invalid_query", false),
        ("slow", json_of(&serpapi("late")).set_delay(std::time::Duration::from_secs(60)), "timeout", true),
    ] {
        let server = answering(response).await;
        let program = over(name, &server, &server);
        let client = program.client(leg, Recorder::default()).await?;
        let result = call(&client, "general_search", json!({"query": "tea"})).await?;
        let failure = failure(&result);
        assert_eq!((&failure["code"], &failure["retryable"]), (&json!(code), &json!(retryable)), "{name}: {failure}");
        assert_eq!(failure["attempts"].as_array().map(Vec::len), Some(2), "{name}: both were asked");
        assert!(text(&result).starts_with(code) && text(&result).contains("; hint: "), "{name}: {}", text(&result));
        if name == "busy" {
            assert!(failure["retry_after_seconds"].as_u64().is_some_and(|wait| (1..=60).contains(&wait)), "{failure}");
        }
        if ["bad_key", "quota_exhausted"].contains(&code) {
            // Nobody is asked now, and the answer is the same: an operator has to hear of it.
            let again = call(&client, "general_search", json!({"query": "coffee"})).await?;
            assert!(text(&again).starts_with(code) && text(&again).contains("(not retryable)"), "{}", text(&again));
            assert_eq!(server.received_requests().await.map(|requests| requests.len()), Some(2), "{name}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_search_of_several_may_fail() -> anyhow::Result<()> {
    let (first, second) = (answering(json_of(&serpapi("Tea"))).await, answering(ResponseTemplate::new(DOWN)).await);
    first.reset().await;
    let for_bad = wiremock::matchers::query_param("q", "bad");
    Mock::given(for_bad).respond_with(ResponseTemplate::new(DOWN)).with_priority(1).mount(&first).await;
    Mock::given(any()).respond_with(json_of(&serpapi("Tea"))).with_priority(2).mount(&first).await;
    let program = over("partial", &first, &second);
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let queries = json!([{"query": "good"}, {"query": "bad"}]);
        let result = call(&client, "multi_search", json!({"queries": queries})).await?;
        let several = structure(&result);
        assert_eq!((&several["succeeded"], &several["failed"]), (&json!(1), &json!(1)), "{leg}: {several}");
        assert_eq!(several["searches"][1]["error"]["code"], "upstream", "{leg}");
        assert!(text(&result).contains("\"bad\" has failed. upstream"), "{leg}: {}", text(&result));
        let all = call(&client, "multi_search", json!({"queries": [{"query": "bad"}]})).await?;
        assert_eq!(failure(&all)["code"], "upstream", "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_old_answer_is_served_and_says_that_it_is_old() -> anyhow::Result<()> {
    let server = answering(json_of(&serpapi("Tea"))).await;
    let program = over("stale", &server, &server).with_env("WEB_SEARCH_CACHE_MS", "1");
    for leg in Leg::ALL {
        server.reset().await;
        Mock::given(any()).respond_with(json_of(&serpapi("Tea"))).mount(&server).await;
        let client = program.client(leg, Recorder::default()).await?;
        let search = || call(&client, "general_search", json!({"query": "tea"}));
        assert_eq!(structure(&search().await?)["served"], "live", "{leg}");
        server.reset().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(DOWN)).mount(&server).await;
        let old = loop {
            let found = search().await?;
            // Even a millisecond is not always over yet.
            if structure(&found)["served"] != "cached" {
                break found;
            }
        };
        assert_eq!(
            (&structure(&old)["served"], &structure(&old)["provider"]),
            (&json!("stale"), &json!("serpapi")),
            "{leg}"
        );
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_quota_ends_and_a_restart_does_not_begin_it_again() -> anyhow::Result<()> {
    let server = answering(json_of(&serpapi("Tea"))).await;
    let folder = tempfile::tempdir()?;
    for (start, codes) in [(1, ["live", "live"]), (2, ["live", "quota_exhausted"])] {
        let program = over("quota", &server, &server)
            .with_env("WEB_SEARCH_DATA", &folder.path().display().to_string())
            .with_env("SEARCH_PROVIDERS", "serpapi")
            .with_env("WEB_SEARCH_MONTHLY_QUOTA", "3");
        let client = program.client(Leg::ALL[1], Recorder::default()).await?;
        for (n, code) in codes.into_iter().enumerate() {
            let result = call(&client, "general_search", json!({"query": format!("tea {start} {n}")})).await?;
            if code == "live" {
                assert_eq!(structure(&result)["served"], code, "{start} {n}");
            } else {
                assert_eq!(failure(&result)["code"], code, "{start} {n}");
            }
        }
        client.cancel().await?;
    }
    assert_eq!(server.received_requests().await.map(|requests| requests.len()), Some(3));
    Ok(())
}
