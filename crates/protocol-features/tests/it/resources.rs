//! Resources: pages, templates, completion.

use std::collections::BTreeSet;

use mcp_support::{
    client::{Recorder, Revision},
    testing::{Leg, Program, RawHttp},
};
use rmcp::model::{CompletionContext, ReadResourceRequestParams};
use serde_json::{Value, json};

use crate::{MODERN_HTTP, answer, program};

#[tokio::test]
async fn pages_hold_every_resource_once_and_cursors_are_ours() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), None, 0);
    loop {
        let params = cursor.as_ref().map_or(json!({}), |cursor| json!({ "cursor": cursor }));
        let reply = http.request(1, "resources/list", params).await?;
        let result = &reply.messages[0]["result"];
        for resource in result["resources"].as_array().expect("resources") {
            assert!(seen.insert(resource["uri"].to_string()), "{resource} twice");
        }
        pages += 1;
        match result["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (251, 6));
    let good = cursor.expect("a cursor");
    let other = Program::new(program.path());
    let elsewhere = RawHttp::open(&other.http().await?.url, Revision::Modern).await?;
    for (http, cursor) in
        [(&http, format!("{good}x")), (&http, "50".to_owned()), (&http, String::new()), (&elsewhere, good.clone())]
    {
        let reply = http.request(1, "resources/list", json!({ "cursor": cursor })).await?;
        assert_eq!(reply.messages[0]["error"]["code"], -32602, "{cursor}: {}", reply.text);
    }
    Ok(())
}

#[tokio::test]
async fn processes_with_one_key_share_their_cursors() -> anyhow::Result<()> {
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let (one, other) = (
        program().with_env("PROTOCOL_FEATURES_STATE_KEY", key),
        program().with_env("PROTOCOL_FEATURES_STATE_KEY", key),
    );
    let first = answer(&one, MODERN_HTTP, "resources/list", json!({})).await?;
    let next = answer(&other, MODERN_HTTP, "resources/list", json!({"cursor": first["result"]["nextCursor"]})).await?;
    assert_eq!(next["result"]["resources"].as_array().map(Vec::len), Some(50), "{next}");
    Ok(())
}

#[tokio::test]
async fn templates_are_read_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        for (uri, part) in [
            ("catalog://numbers/97", "97: prime"),
            ("db://users/1", "\"city\""),
            ("db://tables/products/rows/1", "lamp"),
            ("file:///notes/hello.md", "# Hello"),
            ("file://notes/hello%2Emd", "# Hello"),
            ("api://weather/berlin/2026-03-20", "berlin"),
            ("github://repos/local/workspace/issues/1", "local/workspace#1"),
            ("status://server", "# Status"),
        ] {
            let read = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
            let read = serde_json::to_value(&read.contents)?;
            assert!(read[0]["text"].as_str().is_some_and(|text| text.contains(part)), "{leg} {uri}: {read}");
            assert_eq!(read[0]["uri"], uri, "{leg}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_refused() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    for uri in [
        "catalog://numbers/0",
        "catalog://numbers/-1",
        "catalog://numbers/007",
        "catalog://numbers/50001",
        "catalog://numbers/1e3",
        "catalog://numbers/",
        "db://users/x",
        "db://users/1/2",
        "db://users/99999999999999999999",
        "db://tables/none/rows/1",
        "db://tables/sqlite_schema/rows/1",
        "db://tables/users;--/rows/1",
        "db://tables/users/rows/1 OR 1=1",
        "file:///../secret",
        "file:///%2e%2e/secret",
        "file:///notes",
        "file:///",
        "file:///etc/passwd",
        "file:///notes/hello.md%00",
        "file:///%zz",
        "api://weather/berlin/2026-02-30",
        "api://weather/berlin/yesterday",
        "api://weather/atlantis/2026-01-01",
        "github://repos/local/workspace/issues/0",
        "github://repos/local/workspace/issues/9999",
        "github://repos/../x/issues/1",
        "github://repos/rust-lang/rust/issues/1",
        "feature://tip",
        "",
        "x",
        "status://server/",
        "DB://users/1",
        &format!("file:///{}", "x".repeat(5000)),
    ] {
        let reply = http.request(1, "resources/read", json!({ "uri": uri })).await?;
        let error = &reply.messages[0]["error"];
        assert_eq!(error["code"], -32602, "{uri}: {}", reply.text);
        assert_eq!(error["data"]["uri"], uri);
        assert!(!error["message"].as_str().unwrap_or_default().contains("/tmp"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn hints_of_caching_are_true() -> anyhow::Result<()> {
    let program = program();
    for (uri, ttl, scope) in [
        ("catalog://numbers/7", 86_400_000, "public"),
        ("api://weather/berlin/2026-01-01", 86_400_000, "public"),
        ("db://users/1", 0, "private"),
        ("status://server", 0, "private"),
        ("file:///notes/hello.md", 0, "private"),
    ] {
        let result = answer(&program, MODERN_HTTP, "resources/read", json!({ "uri": uri })).await?["result"].clone();
        assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(ttl), &json!(scope)), "{uri}: {result}");
    }
    let result = answer(&program, MODERN_HTTP, "resources/templates/list", json!({})).await?["result"].clone();
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(3_600_000), &json!("public")));
    Ok(())
}

#[tokio::test]
async fn every_variable_and_argument_is_completed() -> anyhow::Result<()> {
    let program = program();
    for leg in [Leg::ALL[0], Leg::ALL[3]] {
        let client = program.client(leg, Recorder::default()).await?;
        let context = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Some(CompletionContext::with_arguments(pairs.collect()))
        };
        for (template, variable, value, resolved, first, all) in [
            ("catalog://numbers/{number}", "number", "24", None, "24", 11),
            ("db://users/{user_id}", "user_id", "4", None, "4", 2),
            ("db://tables/{table}/rows/{id}", "table", "", None, "orders", 4),
            ("db://tables/{table}/rows/{id}", "id", "12", context(&[("table", "products")]), "12", 1),
            ("db://tables/{table}/rows/{id}", "id", "", context(&[("table", "orders")]), "1", 400),
            ("file://{+path}", "path", "/no", None, "/notes/hello.md", 1),
            ("api://weather/{city}/{date}", "city", "Berl", None, "berlin", 1),
            ("api://weather/{city}/{date}", "date", "2026-1", None, "2026-10-01", 3),
            ("github://repos/{owner}/{repo}/issues/{issue_number}", "owner", "l", None, "local", 1),
            (
                "github://repos/{owner}/{repo}/issues/{issue_number}",
                "repo",
                "",
                context(&[("owner", "local")]),
                "workspace",
                1,
            ),
        ] {
            let found = client.complete_resource_argument(template, variable, value, resolved).await?;
            assert_eq!(found.values.first().map(String::as_str), Some(first), "{leg} {template} {variable}");
            assert_eq!(found.total, Some(all), "{leg} {template} {variable}");
            assert_eq!(found.has_more, Some(all as usize > found.values.len()), "{leg} {template} {variable}");
            assert!(found.values.len() <= 100);
        }
        for (prompt, argument, value, first) in [
            ("explain_sales", "group_by", "m", "month"),
            ("compare_cities", "first", "to", "tokyo"),
            ("compare_cities", "date", "1999", "1999-01-01"),
        ] {
            let found = client.complete_prompt_simple(prompt, argument, value).await?;
            assert_eq!(found.first().map(String::as_str), Some(first), "{leg} {prompt} {argument}");
        }
        client.cancel().await?;
    }
    for reference in
        [json!({"type": "ref/prompt", "name": "none"}), json!({"type": "ref/resource", "uri": "none://{x}"})]
    {
        let params = json!({"ref": reference, "argument": {"name": "x", "value": ""}});
        assert_eq!(answer(&program, MODERN_HTTP, "completion/complete", params).await?["error"]["code"], -32602);
    }
    Ok(())
}

#[tokio::test]
async fn prompts_are_filled_in() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for (name, arguments, kinds) in [
            ("explain_sales", json!({"group_by": "product", "question": "Why?"}), vec!["image", "text"]),
            (
                "compare_cities",
                json!({"first": "berlin", "second": "lima", "date": "2026-06-21"}),
                vec!["resource", "resource", "text"],
            ),
        ] {
            let result =
                answer(&program, leg, "prompts/get", json!({"name": name, "arguments": arguments})).await?["result"]
                    .clone();
            let found: Vec<&str> = result["messages"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|message| message["content"]["type"].as_str().unwrap_or("?"))
                .collect();
            assert_eq!(found, kinds, "{leg} {name}: {result}");
        }
        for (name, arguments) in [
            ("none", json!({})),
            ("explain_sales", json!({"group_by": "x"})),
            ("explain_sales", json!({})),
            ("compare_cities", json!({"first": "berlin", "second": "atlantis", "date": "2026-06-21"})),
            ("plan_day", json!({"city": "berlin"})),
        ] {
            let error: Value = answer(&program, leg, "prompts/get", json!({"name": name, "arguments": arguments}))
                .await?["error"]
                .clone();
            assert_eq!(error["code"], -32602, "{leg} {name}: {error}");
        }
    }
    Ok(())
}
