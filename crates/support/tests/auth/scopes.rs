//! Scopes: what is missing is named in one challenge, in both revisions; lists show what may be called; sessions belong
//! to whoever opened them.

use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use mcp_support::{
    client::Revision,
    serve::{Access, Operation},
    testing::{PATIENCE, RawHttp, request},
};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{BOTH, Rig, bearer, call, parameter, said, serve};

#[tokio::test]
async fn a_tool_without_its_scopes_is_a_step_up_challenge() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    for revision in BOTH {
        let client = rig.client(revision, &rig.token("access notes.write")?).await?;
        assert_eq!(said(&client.request(1, "tools/call", call("write")).await?)["tool"], "write", "{revision}");
        let mut streamed = call("remove");
        streamed["_meta"] = json!({ "progressToken": "p" });
        for (way, params) in [("plain", call("remove")), ("with notifications", streamed)] {
            let reply = client.request(2, "tools/call", params).await?;
            assert_eq!(reply.status, 403, "{way} {revision}: {}", reply.text);
            assert_eq!(parameter(&reply, "error"), Some("insufficient_scope"), "{way} {revision}");
            assert_eq!(parameter(&reply, "scope"), Some("access notes.admin notes.write"), "{way} {revision}: all");
            let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", rig.origin());
            assert_eq!(parameter(&reply, "resource_metadata"), Some(metadata.as_str()), "{way} {revision}");
        }
        // The same session, with the token of the step-up.
        let client = client.with_headers(bearer(&rig.token("access notes.write notes.admin")?)?);
        assert_eq!(said(&client.request(3, "tools/call", call("remove")).await?)["tool"], "remove", "{revision}");
        let broad = client.with_headers(bearer(&rig.token("notes.all")?)?);
        assert_eq!(said(&broad.request(4, "tools/call", call("remove")).await?)["tool"], "remove", "{revision}");
    }
    Ok(())
}

#[tokio::test]
async fn every_request_needs_the_scope_of_every_request() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    for revision in BOTH {
        for scopes in ["", "acces", "access2", "ACCESS", "notes.write"] {
            let reply = rig.first(revision, bearer(&rig.token(scopes)?)?).await?;
            assert_eq!(reply.status, 403, "'{scopes}' {revision}");
            assert_eq!(parameter(&reply, "scope"), Some("access"), "'{scopes}' {revision}");
        }
    }
    let client = rig.client(Revision::Legacy, &rig.token("access")?).await?;
    let lesser = client.clone().with_headers(bearer(&rig.token("notes.write")?)?);
    assert_eq!(lesser.get().await?.status(), 403, "the stream of a session too");
    assert_eq!(client.get().await?.status(), 200);
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" });
    assert_eq!(lesser.post(&notification, HeaderMap::new()).await?.status, 403, "and notifications");
    Ok(())
}

#[tokio::test]
async fn what_the_body_says_counts() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    for revision in BOTH {
        let client = rig.client(revision, &rig.token("access")?).await?;
        let message = request(revision, 1, "tools/call", call("remove"));
        let lies = [("mcp-name", HeaderValue::from_static("whoami"))];
        let lies = lies.into_iter().map(|(name, value)| (name.parse().expect("a name"), value)).collect::<HeaderMap>();
        assert_eq!(client.post(&message, lies).await?.status, 403, "{revision}: a header that says something else");

        let text = message.to_string();
        let last = text.replace(r#""name":"remove""#, r#""name":"whoami","name":"remove""#);
        let first = text.replace(r#""name":"remove""#, r#""name":"remove","name":"whoami""#);
        assert!(last != text && first != text);
        for (rule, body) in [
            ("escaped", text.replace(r#""name":"remove""#, r#""n\u0061me":"r\u0065move""#)),
            ("the name twice", last),
            ("the name twice, the other way", first),
            ("the method twice", text.replace(r#""method":"tools/call""#, r#""method":"ping","method":"tools/call""#)),
            (
                "the method twice, the other way",
                text.replace(r#""method":"tools/call""#, r#""method":"tools/call","method":"ping""#),
            ),
            ("a batch", format!("[{text}]")),
        ] {
            let reply = client.post_bytes(body.into_bytes(), client.headers(&message, HeaderMap::new())).await?;
            assert!(!reply.text.contains("principal"), "{rule} {revision}: the tool was called: {}", reply.text);
        }
    }
    Ok(())
}

#[tokio::test]
async fn lists_show_what_may_be_called() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    for revision in BOTH {
        // The same person three times: what is kept of a list for one token is not shown to another.
        for (scopes, tools) in [
            ("access", json!(["whoami"])),
            ("access notes.write", json!(["whoami", "write"])),
            ("notes.all", json!(["whoami", "write", "remove"])),
            ("access", json!(["whoami"])),
        ] {
            let client = rig.client(revision, &rig.token(scopes)?).await?;
            let reply = client.request(1, "tools/list", json!({})).await?;
            let listed = reply.answer()["result"]["tools"].as_array().cloned().unwrap_or_default();
            let names: Value = listed.iter().map(|tool| tool["name"].clone()).collect();
            assert_eq!(names, tools, "{scopes} {revision}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_session_belongs_to_whoever_opened_it() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let alice = rig.client(Revision::Legacy, &rig.token("access")?).await?;
    let again = alice.clone().with_headers(bearer(&rig.token("access")?)?);
    assert_eq!(again.request(1, "tools/list", json!({})).await?.status, 200, "a fresh token of the same person");
    let mallory = rig.issuer.mint(&rig.url).scope("notes.all").claim("sub", "mallory").sign()?;
    let mallory: RawHttp = alice.clone().with_headers(bearer(&mallory)?);
    assert_eq!(mallory.request(2, "tools/list", json!({})).await?.status, 404, "the session of another");
    assert_eq!(mallory.get().await?.status(), 404, "its stream");
    let nobody = alice.clone().with_headers(HeaderMap::new());
    assert_eq!(nobody.request(3, "tools/list", json!({})).await?.status, 401, "a session id is no token");
    let late = rig.issuer.mint(&rig.url).scope("access").claim("exp", 1).sign()?;
    let late = alice.clone().with_headers(bearer(&late)?);
    assert_eq!(late.request(4, "tools/list", json!({})).await?.status, 401, "every request has a token");
    assert_eq!(alice.request(5, "tools/list", json!({})).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_stream_ends_with_its_token() -> anyhow::Result<()> {
    let rig = Rig::start_with(|settings| settings.leeway = Duration::ZERO).await?;
    let long = rig.token("access")?;
    for (way, revision) in [("the stream of a session", Revision::Legacy), ("a subscription", Revision::Modern)] {
        let client = rig.client(revision, &long).await?;
        let short = rig.issuer.mint(&rig.url).scope("access").claim("exp", now() + 2).sign()?;
        let client = client.with_headers(bearer(&short)?);
        let mut stream = match revision {
            Revision::Legacy => client.get().await?,
            Revision::Modern => {
                let wanted = json!({ "notifications": { "toolsListChanged": true } });
                client.start(1, "subscriptions/listen", wanted).await?
            }
        };
        assert_eq!(stream.status(), 200, "{way}");
        let ending = async {
            while stream.chunk().await?.is_some() {}
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, ending).await.map_err(|_| anyhow::anyhow!("{way} stays open"))??;
        assert_eq!(client.request(2, "tools/list", json!({})).await?.status, 401, "{way}");
    }
    Ok(())
}

fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs()
}

/// Lets everyone in, and says no to the second question about a call: as if the SDK had read another tool in its body.
#[derive(Default)]
struct Doubtful(AtomicUsize);

impl Access for Doubtful {
    fn admit<'a>(
        &'a self,
        _: &'a mut http::request::Parts,
    ) -> BoxFuture<'a, Result<(), Box<axum::response::Response>>> {
        ready(Ok(())).boxed()
    }

    fn permit(&self, _: &http::Extensions, asked: Operation<'_>) -> Result<(), Box<axum::response::Response>> {
        if asked == (Operation { method: "tools/call", name: Some("remove") }) && self.0.fetch_add(1, SeqCst) % 2 == 1 {
            return Err(Box::default());
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_body_that_is_read_in_two_ways_calls_nothing() -> anyhow::Result<()> {
    for revision in BOTH {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let _server = serve(listener, Doubtful::default())?;
        let client = RawHttp::open(&url, revision).await?;
        let mut streamed = call("remove");
        streamed["_meta"] = json!({ "progressToken": "p" });
        for params in [call("remove"), streamed] {
            let reply = client.request(1, "tools/call", params).await?;
            assert_eq!(reply.answer()["error"]["message"], "insufficient scope", "{revision}: {}", reply.text);
        }
        assert_eq!(said(&client.request(2, "tools/call", call("write")).await?)["tool"], "write", "{revision}");
    }
    Ok(())
}
