//! Real feeds, from a server on this machine that a test controls.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, routing::get};
use mcp_support::{
    client::{Recorder, call},
    testing::Leg,
};
use serde_json::json;

use crate::fixture::{program, results, structure};

/// A feed whose text the test sets. Its task ends with the test's runtime.
async fn serve(body: Arc<Mutex<Vec<u8>>>) -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let host = listener.local_addr()?.to_string();
    let answer = move || {
        let body = body.lock().map(|body| body.clone()).unwrap_or_default();
        async move { body }
    };
    let serving = axum::serve(listener, Router::new().route("/feed.xml", get(answer)));
    tokio::spawn(async move { serving.await });
    Ok(host)
}

fn feed(title: &str, text: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title><item><title>{title}</title>\
         <link>https://port.example/1?utm_source=x</link><guid>1</guid><description>{text}</description></item>\
         </channel></rss>"
    )
    .into_bytes()
}

#[tokio::test]
async fn an_item_of_a_feed_is_alerted_and_found_and_a_broken_feed_does_no_harm() -> anyhow::Result<()> {
    let body = Arc::new(Mutex::new(b"this is no feed".to_vec()));
    let host = serve(body.clone()).await?;
    let program = program()
        .with_env("FEEDS", &format!("http://{host}/feed.xml"))
        .with_env("FEEDS_ALLOW_HOSTS", &host)
        .with_env("FEEDS_SECONDS", "1");
    let client = program.client(Leg::ALL[1], Recorder::default()).await?;
    let tracked = call(&client, "track_topic", json!({"query": "zeppelin"})).await?;
    let topic = structure(&tracked)["topic"]["topic"].clone();
    for (text, after) in [("A zeppelin has landed", 0), ("A zeppelin has left again", 1)] {
        *body.lock().expect("a body") = feed("News of the &lt;b&gt;port&lt;/b&gt;", text);
        let asked = json!({"topic": topic, "after": after, "wait_ms": 20_000});
        let polled = structure(&call(&client, "poll_topic", asked).await?).clone();
        assert_eq!(polled["alerts"][0]["title"], "<<<News of the port>>>", "{polled}");
        assert_eq!(polled["alerts"][0]["url"], "https://port.example/1");
        let found = results(&call(&client, "web_search", json!({"query": "zeppelin"})).await?);
        assert!(found[0]["snippet"].as_str().is_some_and(|snippet| snippet.contains(text)), "{found:?}");
    }
    client.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_feed_that_never_ends_and_one_on_a_private_address_are_not_read() -> anyhow::Result<()> {
    // 10 MB on one line: more than a feed may have.
    let body = Arc::new(Mutex::new(feed("Zeppelin", &"zeppelin ".repeat(1_100_000))));
    let host = serve(body.clone()).await?;
    let url = format!("http://{host}/feed.xml");
    for allowed in [host.as_str(), "other.example"] {
        let program =
            program().with_env("FEEDS", &url).with_env("FEEDS_ALLOW_HOSTS", allowed).with_env("FEEDS_SECONDS", "1");
        let client = program.client(Leg::ALL[1], Recorder::default()).await?;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let found = results(&call(&client, "web_search", json!({"query": "zeppelin"})).await?);
        let port = found.iter().find(|result| result["url"].as_str().is_some_and(|url| url.contains("port.example")));
        assert!(port.is_none(), "{allowed}: {port:?}");
        client.cancel().await?;
    }
    Ok(())
}
