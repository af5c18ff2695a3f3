//! Progress, cancellation, data, errors and log messages.
#![expect(deprecated, reason = "SEP-2577: log messages to clients are deprecated and shown here")]

use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    demo::Tour,
};
use rmcp::{
    ServiceError,
    model::{
        CallToolRequest, CallToolRequestParams, ClientRequest, LoggingLevel, RequestMetaObject, SetLevelRequestParams,
    },
    service::PeerRequestOptions,
};
use serde_json::json;

use super::{Client, Folder, is_error, structure, text};

/// How far the client has heard that the work is, in order.
fn steps(recorder: &Recorder) -> Vec<f64> {
    let progress = |heard: Heard| if let Heard::Progress(done, ..) = heard { Some(done) } else { None };
    recorder.heard().into_iter().filter_map(progress).collect()
}

pub(super) async fn reports_progress(tour: &mut Tour, client: &Client, folder: &Folder) -> anyhow::Result<()> {
    tour.step("Long work reports progress");
    let digest = call(client, "process_large_file", json!({"path": "large.txt", "chunk_bytes": 16384})).await?;
    // A notification may be heard a moment after the answer that it preceded.
    let all = structure(&digest)["bytes"].as_f64().unwrap_or_default();
    client.service().wait_for(|heard| matches!(heard, Heard::Progress(done, ..) if *done >= all)).await;
    let steps = steps(client.service());
    tour.show("process_large_file", text(&digest));
    tour.show("progress", format!("{} reports, the last of {} bytes", steps.len(), steps.last().unwrap_or(&0.0)));
    let increases = steps.windows(2).all(|pair| pair[0] < pair[1]);
    tour.check("progress increases up to the size of the file", increases && steps.last() == Some(&all));
    let outside = folder.outside().join("secret.txt");
    for path in ["../secret.txt", outside.to_str().unwrap_or_default()] {
        let refused = call(client, "process_large_file", json!({"path": path})).await?;
        tour.show("outside", text(&refused));
        tour.check("what is outside of the allowed folder stays there", is_error(&refused));
    }
    Ok(())
}

pub(super) async fn can_be_cancelled(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("A cancelled call ends where it is, and frees what it holds");
    let arguments = json!({"query": "prime", "pages": 1000});
    let mut params = CallToolRequestParams::new("long_running_search");
    params.arguments = arguments.as_object().cloned();
    let before = steps(client.service()).len();
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    let searching = client.send_request_with_option(request, PeerRequestOptions::no_options()).await?;
    while steps(client.service()).len() < before + 3 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let counted = call(client, "render_status", json!({})).await?;
    tour.show("while it runs", &structure(&counted)["searches"]);
    tour.check("one search is open", structure(&counted)["searches"]["open"] == 1);
    searching.cancel(Some("seen enough".to_owned())).await?;
    let mut counted = call(client, "render_status", json!({})).await?;
    // A notification has no answer that could be waited for.
    for _ in 0..100 {
        if structure(&counted)["searches"]["open"] == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        counted = call(client, "render_status", json!({})).await?;
    }
    tour.show("after the cancel", &structure(&counted)["searches"]);
    let searches = &structure(&counted)["searches"];
    tour.check("it is abandoned, not finished", searches["open"] == 0 && searches["abandoned"] == 1);
    Ok(())
}

pub(super) async fn reads_the_database(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("A database that can be asked anything, and changed by nothing");
    let sql = "SELECT products.name, sum(quantity) AS sold FROM orders JOIN products ON products.id = product_id \
               GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3";
    let table = call(client, "query_database", json!({"sql": sql})).await?;
    tour.show("query_database", text(&table));
    tour.check("typed rows: a text and a number", structure(&table)["rows"][0][1].is_u64());
    for sql in
        ["DELETE FROM users", "SELECT 1; DROP TABLE users", "SELECT * FROM sqlite_schema", "PRAGMA writable_schema = 1"]
    {
        let refused = call(client, "query_database", json!({"sql": sql})).await?;
        tour.show(sql, text(&refused).split("; hint").next().unwrap_or_default());
        tour.check("refused", is_error(&refused));
    }
    let batch = json!({"items": ["Hello, World", "?!", "Ünïcode"], "operation": "slugify"});
    let batch = call(client, "batch_operation", batch).await?;
    tour.show("batch_operation", &structure(&batch)["items"]);
    tour.check("one item failed, the others did not", structure(&batch)["failed"] == 1 && !is_error(&batch));
    Ok(())
}

pub(super) async fn fails_in_the_right_way(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("Whose problem is it? A hint for the model, a code for the client, silence about what is ours");
    for (input, says) in [
        ("", "must be from 1 to 10000"),
        ("simulate:business", "retryable: false"),
        ("simulate:outage", "retryable: true"),
        ("simulate:timeout", "retryable: true"),
    ] {
        let refused = call(client, "safe_operation", json!({"input": input})).await?;
        tour.show(if input.is_empty() { "an empty input" } else { input }, text(&refused));
        tour.check("a result that says what can be done", is_error(&refused) && text(&refused).contains(says));
    }
    for (input, code) in [("simulate:capability", -32021), ("simulate:resource", -32602), ("simulate:panic", -32603)] {
        let mut params = CallToolRequestParams::new("safe_operation");
        params.arguments = json!({"input": input}).as_object().cloned();
        let error = client.call_tool(params).await;
        let Err(ServiceError::McpError(error)) = error else {
            tour.check(format!("{input} is a protocol error"), false);
            continue;
        };
        tour.show(input, format!("{} {}", error.code.0, error.message));
        tour.check("a protocol error with its code", error.code.0 == code && !error.message.contains("booking"));
    }
    Ok(())
}

pub(super) async fn logs(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("Log messages: only for who asked, from the level that was asked for, without secrets");
    let data = json!({"data": {"user": "ada", "password": "hunter2", "headers": {"authorization": "Bearer abc"}}});
    for revision in Revision::ALL {
        let recorder = Recorder::default();
        let client = tour.stdio(revision, recorder.clone()).await?;
        call(&client, "debug_operation", data.clone()).await?;
        let unasked = logged(&recorder);
        let mut params = CallToolRequestParams::new("debug_operation");
        params.arguments = data.as_object().cloned();
        match revision {
            Revision::Legacy => client.set_level(SetLevelRequestParams::new(LoggingLevel::Debug)).await?,
            Revision::Modern => {
                let mut meta = RequestMetaObject::new();
                meta.set_log_level(LoggingLevel::Debug);
                params.meta = Some(meta);
            }
        }
        client.call_tool(params).await?;
        // The client hears them at once, in any order.
        recorder.wait_for(|heard| matches!(heard, Heard::Log(data) if data["user"].is_string())).await;
        recorder.wait_for(|heard| matches!(heard, Heard::Log(data) if data["fields"].is_u64())).await;
        let asked = logged(&recorder);
        tour.show(&revision.to_string(), asked.join("\n"));
        let is_clean = !asked.concat().contains("hunter2") && !asked.concat().contains("abc");
        tour.check(
            "none unasked, two when asked for, and no secret in them",
            unasked.is_empty() && asked.len() == 2 && is_clean,
        );
        client.cancel().await?;
    }
    Ok(())
}

fn logged(recorder: &Recorder) -> Vec<String> {
    let data = |heard: Heard| if let Heard::Log(data) = heard { Some(data.to_string()) } else { None };
    recorder.heard().into_iter().filter_map(data).collect()
}
