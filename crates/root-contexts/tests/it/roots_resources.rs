//! The resource template, its completion, and the sample project.

use mcp_root_contexts::demo::roots::folder_client::FolderClient;
use mcp_support::{
    client::{Recorder, Revision, call},
    testing::{Leg, Program, RawHttp, RawStdio},
};
use rmcp::model::ReadResourceRequestParams;
use serde_json::{Value, json};

use crate::roots::{Place, structure};

const TEMPLATE: &str = "file://{+path}";

#[tokio::test]
async fn files_and_folders_are_resources() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    for leg in Leg::ALL {
        // A client with roots is not asked for them: a resource depends on what the operator allows alone.
        let handler = FolderClient::with([place.uri("allowed/one")]);
        let client = program.client(leg, handler.clone()).await?;
        let read = async |uri: &str| -> anyhow::Result<Value> {
            let read = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
            Ok(serde_json::to_value(&read.contents[0])?)
        };
        for uri in
            [place.uri("allowed/two/b.py"), "file:///allowed/two/b.py".to_owned(), "FILE:/allowed/two/b.py".to_owned()]
        {
            let found = read(&uri).await?;
            assert_eq!((&found["text"], &found["uri"]), (&json!("# FIXME needle\n"), &json!(uri)), "{leg}");
        }
        assert_eq!(read("file:///allowed/one/latin.txt").await?["blob"], "Z3L832UK", "{leg}");
        let folder = read("file:///allowed/two/").await?;
        assert_eq!(folder["mimeType"], "application/json", "{leg}");
        let analysis: Value = serde_json::from_str(folder["text"].as_str().unwrap_or_default())?;
        assert_eq!(handler.asked(), 0, "{leg}");

        let plain = program.client(leg, Recorder::default()).await?;
        let tool = call(&plain, "analyze_project", json!({"project_directory": "/allowed/two"})).await?;
        assert_eq!(*structure(&tool), analysis, "{leg}");

        let listed = client.list_all_resources().await?;
        assert_eq!(listed.iter().map(|one| one.uri.as_str()).collect::<Vec<_>>(), ["file:///allowed"], "{leg}");
        assert_eq!(client.list_all_resource_templates().await?[0].uri_template, TEMPLATE, "{leg}");
        for (value, expected) in [
            ("", vec!["/allowed/"]),
            ("/allowed/", vec!["/allowed/one/", "/allowed/two/"]),
            ("/allowed/one/g", vec!["/allowed/one/größe 1.txt"]),
            ("/allowed/../", vec![]),
            ("/etc/", vec![]),
            // Long, and shorter than the longest path.
            (&"/x".repeat(1000), vec![]),
        ] {
            let found = client.complete_resource_simple(TEMPLATE, "path", value).await?;
            assert_eq!(found, expected, "{leg} {value}");
        }
        plain.cancel().await?;
        client.cancel().await?;
    }
    Ok(())
}

/// One answer to one request, on any leg.
async fn answer(program: &Program, allowed: &str, leg: Leg, method: &str, params: Value) -> anyhow::Result<Value> {
    if leg.http {
        let http = RawHttp::open(&program.http().await?.url, leg.revision).await?;
        return Ok(http.request(1, method, params).await?.answer().clone());
    }
    let mut stdio = RawStdio::start_with(program.path(), &[("ROOT_CONTEXTS_ALLOW_DIRS", allowed)])?;
    stdio.open(leg.revision).await?;
    stdio.send(&mcp_support::testing::request(leg.revision, 1, method, params)).await?;
    stdio.answer(&json!(1)).await
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_the_revision_says() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    let allowed = place.all.path().join("allowed").display().to_string();
    for leg in Leg::ALL {
        let missing = if leg.revision == Revision::Legacy { -32002 } else { -32602 };
        for (uri, code) in [
            (place.uri("secret.txt"), missing),
            (place.uri("nowhere"), missing),
            (place.uri("allowed/none"), missing),
            ("file:///allowed/one/a.rs/x".to_owned(), missing),
            ("file:///etc/passwd".to_owned(), missing),
            ("file:///".to_owned(), missing),
            (format!("{}/../secret.txt", place.uri("allowed")), -32602),
            ("file:///allowed/..%2fsecret.txt".to_owned(), -32602),
            ("file://server/share".to_owned(), -32602),
            ("file:///C:/x".to_owned(), -32602),
        ] {
            let found = answer(&program, &allowed, leg, "resources/read", json!({ "uri": uri })).await?;
            assert_eq!(found["error"]["code"], code, "{leg} {uri}: {found}");
            assert_eq!(found["error"]["data"]["uri"], uri, "{leg}");
            assert!(!found["error"]["message"].as_str().unwrap_or_default().contains(&allowed), "{leg}: {found}");
        }
        for (reference, argument) in [
            (json!({"type": "ref/resource", "uri": "none://{x}"}), json!({"name": "x", "value": ""})),
            (json!({"type": "ref/resource", "uri": TEMPLATE}), json!({"name": "x", "value": ""})),
            (json!({"type": "ref/resource", "uri": TEMPLATE}), json!({"name": "path", "value": "x".repeat(5000)})),
        ] {
            let params = json!({"ref": reference, "argument": argument});
            let found = answer(&program, &allowed, leg, "completion/complete", params).await?;
            assert_eq!(found["error"]["code"], -32602, "{leg}: {found}");
        }
        for list in ["resources/list", "resources/templates/list"] {
            let found = answer(&program, &allowed, leg, list, json!({"cursor": "x"})).await?;
            assert_eq!(found["error"]["code"], -32602, "{leg} {list}: {found}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_a_setting_there_is_a_sample() -> anyhow::Result<()> {
    let program = Program::new(env!("CARGO_BIN_EXE_mcp-root-contexts"));
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let analysis = call(&client, "analyze_project", json!({})).await?;
        let found = structure(&analysis);
        assert_eq!(found["folders"], json!(["file:///sample"]), "{leg}");
        assert_eq!((&found["todo_count"], &found["skipped"]["ignored"]), (&json!(3), &json!(2)), "{leg}: {found}");
        let languages: Vec<_> =
            found["languages"].as_array().into_iter().flatten().map(|one| &one["language"]).collect();
        assert!(languages.contains(&&json!("Rust")) && languages.contains(&&json!("Python")), "{leg}: {found}");
        assert!(!found.to_string().contains("/tmp"), "{leg}: {found}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_that_cannot_be_allowed_is_one_clear_line() -> anyhow::Result<()> {
    for folder in ["/none/such", "/"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-root-contexts"))
            .args(["--allow-dir", folder, "stdio"])
            .stdin(std::process::Stdio::null())
            .output()?;
        let said = String::from_utf8(output.stderr)?;
        assert!(!output.status.success() && said.trim().lines().count() == 1, "{said}");
        assert!(said.contains("allow") && output.stdout.is_empty(), "{said}");
    }
    Ok(())
}
