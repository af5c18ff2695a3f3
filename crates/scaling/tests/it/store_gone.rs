//! The store goes away in the middle, and comes back.

use std::{path::Path, time::Duration};

use mcp_support::{
    client::{HttpServer, Recorder, Revision, Target, call, connect},
    testing::RawHttp,
};
use serde_json::json;

use crate::fixture::{BINARY, structure, text};

#[tokio::test]
async fn reads_go_on_from_what_is_known_and_writes_say_that_they_can_be_sent_again() -> anyhow::Result<()> {
    let program = Path::new(BINARY);
    let store = HttpServer::start_command(program, "store", &[], &[]).await?;
    let variables = [("REDIS_URL".to_owned(), store.url.clone()), ("SCALING_NODE".to_owned(), "only".to_owned())];
    let node = HttpServer::start_with(program, &[], &variables).await?;
    let client = connect(&Target::Url(node.url.clone()), Revision::Modern, Recorder::default(), None).await?;
    let workspace = structure(&call(&client, "create_workspace", json!({})).await?)["workspace"].clone();
    let entry = json!({"workspace": workspace, "text": "one", "idempotency_key": "1"});
    call(&client, "cached_lookup", json!({"number": 12})).await?;

    store.signal("STOP").await?;
    let began = std::time::Instant::now();
    let refused = call(&client, "append_workspace", entry.clone()).await?;
    assert_eq!(refused.is_error, Some(true), "{refused:?}");
    assert!(text(&refused).contains("the same idempotency_key"), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(3), "it is told in time: {:?}", began.elapsed());
    for (tool, arguments, says) in [
        ("cached_lookup", json!({"number": 12}), "12 = 2^2 * 3"),
        ("cached_lookup", json!({"number": 15}), "15 = 3 * 5"),
        ("compute_heavy", json!({"limit": 100}), "25 primes"),
        ("cluster_status", json!({}), "only: ready"),
    ] {
        let answer = call(&client, tool, arguments).await?;
        assert_ne!(answer.is_error, Some(true), "{tool}: {answer:?}");
        assert!(text(&answer).contains(says), "{tool}: {answer:?}");
    }
    let status = structure(&call(&client, "cluster_status", json!({})).await?).clone();
    assert!(status["age_seconds"].as_f64() > Some(0.0), "{status}");
    // A session cannot be taken over now, which is not the same as that there is none.
    let legacy = RawHttp::open(&node.url, Revision::Legacy).await?;
    let unknown = http::HeaderMap::from_iter([("mcp-session-id".parse()?, "11111111-2222".parse()?)]);
    let listing = mcp_support::testing::request(Revision::Legacy, 1, "tools/list", json!({}));
    assert_eq!(legacy.post(&listing, unknown).await?.status, 503);

    store.signal("CONT").await?;
    let written = async {
        loop {
            let answer = call(&client, "append_workspace", entry.clone()).await?;
            if answer.is_error != Some(true) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), written).await??;
    let read = structure(&call(&client, "read_workspace", json!({"workspace": workspace})).await?).clone();
    assert_eq!(read["entries"].as_array().map(Vec::len), Some(1), "sent often, written once: {read}");
    client.cancel().await?;
    Ok(())
}
