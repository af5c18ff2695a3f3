//! `fetch_page`, from the bundled collection and from a server.

use mcp_support::{
    client::{Recorder, call},
    testing::Leg,
};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::{program, structure, text};

#[tokio::test]
async fn a_result_of_the_collection_can_be_read() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let found = call(&client, "general_search", json!({"query": "tubeless tyre"})).await?;
        let url = structure(&found)["results"][0]["url"].clone();
        let whole = call(&client, "fetch_page", json!({"url": url})).await?;
        let whole = structure(&whole);
        assert_eq!((&whole["from"], &whole["url"]), (&json!("embedded"), &url), "{leg}");
        let part = call(&client, "fetch_page", json!({"url": url, "max_chars": 200})).await?;
        assert!(text(&part).contains("(goes on: start=200)"), "{leg}: {}", text(&part));
        let rest = call(&client, "fetch_page", json!({"url": url, "max_chars": 20000, "start": 200})).await?;
        let joined = format!(
            "{}{}",
            structure(&part)["text"].as_str().expect("text"),
            structure(&rest)["text"].as_str().expect("text")
        );
        assert_eq!(whole["text"], joined, "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn pages_of_a_server_and_what_is_refused() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    let paragraph =
        "Green tea is steeped in water that does not boil, for two or three minutes, so that it stays mild. ".repeat(3);
    let html = format!(
        "<html><head><title>Green tea</title></head><body><nav><a href=/>Home</a></nav><article><h1>Green tea</h1>\
         <p>{paragraph}</p><p>{paragraph}</p><script>steal()</script></article></body></html>"
    );
    for (at, response) in [
        ("/tea", ResponseTemplate::new(200).set_body_raw(html, "text/html; charset=utf-8")),
        ("/plain", ResponseTemplate::new(200).set_body_raw("one\n\n\u{202e}two", "text/plain")),
        ("/picture", ResponseTemplate::new(200).set_body_raw("x", "image/png")),
        ("/gone", ResponseTemplate::new(404)),
        ("/large", ResponseTemplate::new(200).set_body_raw("x".repeat(4 * 1024 * 1024), "text/plain")),
        ("/inwards", ResponseTemplate::new(302).insert_header("location", "https://169.254.169.254/latest/")),
    ] {
        Mock::given(path(at)).respond_with(response).mount(&server).await;
    }
    let program = program().with_env("WEB_SEARCH_FETCH_HOSTS", &server.address().to_string());
    let url = |path: &str| format!("{}{path}", server.uri());
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let page = call(&client, "fetch_page", json!({"url": url("/tea")})).await?;
        let page = structure(&page);
        assert_eq!(
            (&page["title"], &page["is_article"], &page["from"]),
            (&json!("Green tea"), &json!(true), &json!("web"))
        );
        let read = page["text"].as_str().expect("text");
        assert!(read.contains("does not boil") && !read.contains("steal") && !read.contains("Home"), "{leg}: {read}");
        let plain = call(&client, "fetch_page", json!({"url": url("/plain")})).await?;
        assert_eq!(structure(&plain)["text"], "one\ntwo", "{leg}");
        for (path, hint) in [
            ("/picture", "only pages and texts"),
            ("/gone", "the page is gone"),
            ("/large", "too large"),
            ("/inwards", "not a public host"),
        ] {
            let refused = call(&client, "fetch_page", json!({"url": url(path)})).await?;
            assert_eq!(refused.is_error, Some(true), "{leg}: {path}");
            assert!(text(&refused).contains(hint), "{leg}: {path}: {}", text(&refused));
        }
        client.cancel().await?;
    }
    Ok(())
}
