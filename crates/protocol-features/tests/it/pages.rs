//! The page on which an account is connected, as a browser and as a stranger sees it.

use mcp_support::{client::Revision, testing::RawHttp};
use serde_json::json;

use crate::{program, tool, with_capabilities};

#[tokio::test]
async fn the_link_works_once_and_only_from_its_own_page() -> anyhow::Result<()> {
    let program = program();
    let http = RawHttp::open(&program.http().await?.url, Revision::Modern).await?;
    let params =
        with_capabilities(tool("connect_account", json!({"provider": "notes"})), json!({"elicitation": {"url": {}}}));
    let reply = http.request(1, "tools/call", params).await?;
    let question = &reply.messages[0]["result"]["inputRequests"]["visit"]["params"];
    let url = question["url"].as_str().expect("a URL");
    assert!(url.starts_with(program.http().await?.origin()), "{url}");
    assert!(question["message"].as_str().is_some_and(|message| message.contains("Notes")));

    let browser = reqwest::Client::new();
    let page = browser.get(url).send().await?;
    assert_eq!(page.status(), 200);
    for (header, part) in [
        ("content-security-policy", "frame-ancestors 'none'"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        assert!(page.headers()[header].to_str()?.contains(part), "{header}");
    }
    let text = page.text().await?;
    assert!(text.contains("asks to connect your Notes account") && !text.contains("<script"), "{text}");

    let form = [("decision", "approve"), ("name", "Ada")];
    let foreign = browser.post(url).form(&form).header("origin", "https://evil.example").send().await?;
    assert_eq!(foreign.status(), 403);
    let other_port = browser.post(url).form(&form).header("origin", "http://127.0.0.1:1").send().await?;
    assert_eq!(other_port.status(), 403);
    let nameless = browser.post(url).form(&[("decision", "approve"), ("name", " ")]).send().await?;
    assert_eq!(nameless.status(), 400);
    let huge = browser.post(url).form(&[("decision", "approve"), ("name", &*"x".repeat(10_000))]).send().await?;
    assert!(huge.status().is_client_error());
    let good = browser.post(url).form(&form).send().await?;
    assert_eq!(good.status(), 200);
    assert!(good.text().await?.contains("Connected as <strong>Ada</strong>"));
    assert_eq!(browser.post(url).form(&form).send().await?.status(), 410, "once");
    assert_eq!(browser.get(url).send().await?.status(), 410);
    let guessed = url.replace(&url[url.len() - 4..], "0000");
    assert_eq!(browser.get(guessed).send().await?.status(), 410);
    Ok(())
}
