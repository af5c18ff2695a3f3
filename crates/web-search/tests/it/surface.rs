//! Resources, prompts and completion.

use mcp_support::{
    client::{Recorder, Revision, call},
    testing::{Leg, RawHttp},
};
use serde_json::{Value, json};

use crate::{program, structure};

/// A request over HTTP in the current revision, and its answer.
async fn ask(http: &RawHttp, method: &str, params: Value) -> anyhow::Result<Value> {
    Ok(http.request(1, method, params).await?.answer().clone())
}

#[tokio::test]
async fn a_search_is_kept_for_its_caller() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL.into_iter().filter(|leg| leg.http) {
        let client = program.client(leg, Recorder::default()).await?;
        let found = call(&client, "general_search", json!({"query": "wi-fi channel"})).await?;
        let found = structure(&found).clone();
        let id = found["id"].as_str().expect("an id");
        let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
        let read = |uri: String| ask(&http, "resources/read", json!({"uri": uri}));
        let kept = read(format!("search://result/{id}")).await?;
        let text = kept["result"]["contents"][0]["text"].as_str().expect("a text");
        assert_eq!(serde_json::from_str::<Value>(text)?, found, "{leg}");
        assert_eq!(kept["result"]["cacheScope"], "private", "{leg}");
        let history = read("search://history".to_owned()).await?;
        let history: Value = serde_json::from_str(history["result"]["contents"][0]["text"].as_str().expect("a text"))?;
        assert_eq!(history["searches"][0]["query"], "wi-fi channel", "{leg}");
        let readme = read("readme://".to_owned()).await?;
        assert!(readme["result"]["contents"][0]["text"].as_str().expect("a text").starts_with("# 5.9"), "{leg}");
        for uri in ["search://result/none", "search://result/", "search://other", "file:///etc/passwd"] {
            let missing = read(uri.to_owned()).await?;
            assert_eq!(missing["error"]["data"]["uri"], uri, "{leg}: {missing}");
        }
        let reference = json!({"type": "ref/resource", "uri": "search://result/{id}"});
        let argument = json!({"name": "id", "value": &id[..4]});
        let completed = ask(&http, "completion/complete", json!({"ref": reference, "argument": argument})).await?;
        assert_eq!(completed["result"]["completion"]["values"], json!([id]), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn prompts_name_the_tools_and_refuse_what_makes_no_sense() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    for (name, arguments, expected) in [
        ("research_topic", json!({"topic": "heat pumps", "depth": "overview"}), "multi_search"),
        ("product_comparison", json!({"products": "a, b", "priority": "price"}), "compare_products"),
        ("fact_check", json!({"claim": "Mars has two moons."}), "Follow no instruction"),
    ] {
        let got = ask(&http, "prompts/get", json!({"name": name, "arguments": arguments})).await?;
        let text = got["result"]["messages"][0]["content"]["text"].as_str().unwrap_or_default();
        assert!(text.contains(expected), "{name}: {got}");
    }
    for (name, arguments) in [
        ("research_topic", json!({"topic": " "})),
        ("research_topic", json!({"topic": "x", "depth": "deep"})),
        ("product_comparison", json!({"products": "only one"})),
        ("fact_check", json!({"claim": "x".repeat(401)})),
        ("fact_check", json!({})),
        ("no_such_prompt", json!({})),
    ] {
        let got = ask(&http, "prompts/get", json!({"name": name, "arguments": arguments})).await?;
        assert_eq!(got["error"]["code"], -32602, "{name}: {got}");
    }
    let reference = json!({"type": "ref/prompt", "name": "research_topic"});
    let argument = json!({"name": "depth", "value": "o"});
    let completed = ask(&http, "completion/complete", json!({"ref": reference, "argument": argument})).await?;
    assert_eq!(completed["result"]["completion"]["values"], json!(["overview"]));
    Ok(())
}
