//! What goes through, and how it arrives.

use mcp_oauth2::client::{connect, missing_scopes};
use mcp_support::{
    client::{Recorder, Revision, call},
    testing::{
        PATIENCE, RawHttp,
        auth::{Mint, SigningKey},
        initialize, request,
    },
};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    Front, PUBLIC_ORIGIN, RESOURCE, bearer, header, stack,
    upstream::{Behaviour, Upstream},
};
use crate::fixture::CONFIDENTIAL;

#[tokio::test]
async fn tools_work_in_both_revisions_and_the_server_asks_for_what_a_tool_needs() -> anyhow::Result<()> {
    let (_server, front) = stack().await?;
    let token = front.good_token().await?;
    for revision in Revision::ALL {
        let client = connect(&front.gateway.url, &token, revision, Recorder::default(), None).await?;
        let who = call(&client, "whoami", json!({})).await?.structured_content.expect("a structure");
        assert_eq!(who["subject"], CONFIDENTIAL, "{revision}: the server has read the token itself");
        let note = call(&client, "create_note", json!({"title": "T", "text": "x"})).await?;
        let id = note.structured_content.expect("a note")["id"].clone();
        let read = call(&client, "read_note", json!({"id": id})).await?.structured_content.expect("a note");
        assert_eq!(read["text"], "x", "{revision}");
        let error = call(&client, "delete_note", json!({"id": id})).await.expect_err("no scope");
        assert_eq!(missing_scopes(&error).as_deref(), Some("mcp.access mcp.admin"), "{revision}: {error:#}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sessions_their_streams_and_their_end_go_through_and_do_not_hold_up_a_shutdown() -> anyhow::Result<()> {
    let (_server, mut front) = stack().await?;
    let token = front.good_token().await?;
    let raw = RawHttp::open_with(&front.gateway.url, Revision::Legacy, bearer(&token)?).await?;
    let mut stream = raw.get().await?;
    assert_eq!((stream.status().as_u16(), &stream.headers()[CONTENT_TYPE]), (200, &"text/event-stream".parse()?));
    let listed = raw.request(1, "tools/list", json!({})).await?;
    assert_eq!(listed.answer()["result"]["tools"].as_array().map(Vec::len), Some(5), "{}", listed.text);

    let ended = RawHttp::open_with(&front.gateway.url, Revision::Legacy, bearer(&token)?).await?;
    let headers = ended.headers(&Value::Null, HeaderMap::new());
    let deleted = front.http.delete(&front.gateway.url).headers(headers).send().await?;
    assert!(deleted.status().is_success(), "{deleted:?}");
    assert_eq!(ended.request(1, "tools/list", json!({})).await?.status, 404, "the session is over");

    front.gateway.terminate().await?;
    let end = tokio::time::timeout(PATIENCE, async { while let Ok(Some(_)) = stream.chunk().await {} });
    assert!(end.await.is_ok(), "the open stream ends");
    assert!(front.gateway.wait().await?.success());
    Ok(())
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent_but_for_what_is_the_gateways_to_say() -> anyhow::Result<()> {
    let upstream = Upstream::start(Behaviour::Answers).await?;
    let front = Front::before(upstream.behind()).await?;
    let token = front.good_token().await?;
    let mut headers = bearer(&token)?;
    for (name, value) in [
        ("mcp-session-id", "abc"),
        ("mcp-param-region", "eu"),
        ("origin", "http://localhost:5173"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-prefix", "/admin"),
        ("forwarded", "for=203.0.113.9"),
        ("proxy-authorization", "Basic x"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
    ] {
        headers.extend(header(name, value)?);
    }
    let raw = RawHttp::stateless(&front.gateway.url)?;
    let message = initialize();
    let reply = raw.post(&message, headers).await?;
    assert_eq!((reply.status.as_u16(), reply.answer()["id"].as_i64()), (418, Some(1)), "{}", reply.text);
    assert_eq!(reply.headers["mcp-session-id"], "abc");
    assert!(!reply.headers.contains_key("x-inner"), "{:?}", reply.headers);
    let origins: Vec<_> = reply.headers.get_all("access-control-allow-origin").iter().collect();
    assert_eq!(origins, ["http://localhost:5173"], "the gateway says which pages may read");

    let seen = upstream.seen();
    let [seen] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/mcp"));
    assert_eq!(serde_json::from_slice::<Value>(&seen.body)?, message);
    let said = |name: &str| seen.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
    let address = front.gateway.address().to_owned();
    for (name, value) in [
        ("authorization", Some(format!("Bearer {token}"))),
        ("mcp-session-id", Some("abc".to_owned())),
        ("mcp-param-region", Some("eu".to_owned())),
        ("origin", Some("http://localhost:5173".to_owned())),
        ("x-forwarded-for", Some("127.0.0.1".to_owned())),
        ("x-forwarded-host", Some(address)),
        ("x-forwarded-proto", Some("https".to_owned())),
        ("host", Some(upstream.url.replace("http://", "").replace("/mcp", ""))),
        ("x-forwarded-prefix", None),
        ("forwarded", None),
        ("proxy-authorization", None),
        ("x-hop", None),
    ] {
        assert_eq!(said(name), value, "{name}");
    }
    assert_eq!(seen.headers.get_all("x-forwarded-for").iter().count(), 1);
    Ok(())
}

#[tokio::test]
async fn events_come_at_once_and_a_client_that_leaves_ends_the_call_behind() -> anyhow::Result<()> {
    let mut upstream = Upstream::start(Behaviour::Streams).await?;
    let front = Front::before(upstream.behind()).await?;
    let raw = RawHttp::open_with(&front.gateway.url, Revision::Modern, bearer(&front.good_token().await?)?).await?;
    let mut answer = raw.start(1, "tools/call", json!({"name": "hello", "arguments": {}})).await?;
    for event in ["one", "two"] {
        upstream.events.send(event.to_owned()).await?;
        let chunk = tokio::time::timeout(PATIENCE, answer.chunk()).await??.expect("an event");
        assert_eq!(chunk, format!("data: {event}\n\n"), "before the next one was sent");
    }
    assert!(!*upstream.left.borrow());
    drop(answer);
    upstream.events.send("three".to_owned()).await?;
    tokio::time::timeout(PATIENCE, upstream.left.wait_for(|left| *left)).await??;

    // And one that does not even wait for the answer to begin.
    let mut upstream = Upstream::start(Behaviour::Silent).await?;
    let front = Front::before(upstream.behind()).await?;
    let raw = RawHttp::open_with(&front.gateway.url, Revision::Modern, bearer(&front.good_token().await?)?).await?;
    tokio::select! {
        answer = raw.start(1, "tools/call", json!({"name": "hello", "arguments": {}})) => panic!("{answer:?}"),
        arrived = upstream.arrived() => arrived?,
    }
    tokio::time::timeout(PATIENCE, upstream.left.wait_for(|left| *left)).await??;
    Ok(())
}

/// Calls in flight finish; a stream that nobody would ever end is ended.
#[tokio::test]
async fn a_shutdown_waits_for_calls_and_not_for_subscriptions() -> anyhow::Result<()> {
    for (method, waits) in [("tools/call", true), ("subscriptions/listen", false)] {
        let upstream = Upstream::start(Behaviour::Streams).await?;
        let mut front = Front::with_flags(upstream.behind(), &["--drain-seconds", "60"]).await?;
        let raw = RawHttp::open_with(&front.gateway.url, Revision::Modern, bearer(&front.good_token().await?)?).await?;
        let mut answer = raw.start(1, method, json!({"name": "hello"})).await?;
        upstream.events.send("one".to_owned()).await?;
        assert_eq!(tokio::time::timeout(PATIENCE, answer.chunk()).await??.as_deref(), Some(&b"data: one\n\n"[..]));
        front.gateway.terminate().await?;
        let closed = async { while TcpStream::connect(front.gateway.address()).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, closed).await?;
        if waits {
            upstream.events.send("two".to_owned()).await?;
            assert_eq!(tokio::time::timeout(PATIENCE, answer.chunk()).await??.as_deref(), Some(&b"data: two\n\n"[..]));
            upstream.end().await?;
        }
        assert_eq!(tokio::time::timeout(PATIENCE, answer.chunk()).await??, None, "{method}: it ends as a whole");
        assert!(front.gateway.wait().await?.success(), "{method}");
    }
    Ok(())
}

#[tokio::test]
async fn a_bound_token_is_proved_to_both_with_one_proof() -> anyhow::Result<()> {
    let (_server, front) = stack().await?;
    let key = SigningKey::es256("own")?;
    let at_token = Mint::proof(&key, "POST", &format!("{}/oauth2/token", front.authorization.origin()), "");
    let token = front.token("mcp.access", RESOURCE, header("dpop", &at_token.sign()?)?).await?;
    let raw = RawHttp::stateless(&front.gateway.url)?;
    let send = async |proof: &str| {
        let mut headers = header("authorization", &format!("DPoP {token}"))?;
        headers.extend(header("dpop", proof)?);
        raw.post(&initialize(), headers).await
    };
    // For the public URL, which is how the client knows the server.
    let proof = Mint::proof(&key, "POST", RESOURCE, &token).sign()?;
    assert_eq!(send(&proof).await?.status, 200);
    assert_eq!(send(&proof).await?.status, 401, "once");
    let thief = Mint::proof(&SigningKey::es256("thief")?, "POST", RESOURCE, &token).sign()?;
    assert_eq!(send(&thief).await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn strangers_are_told_where_to_go_by_the_gateways_public_name() -> anyhow::Result<()> {
    let upstream = Upstream::start(Behaviour::Answers).await?;
    let front = Front::before(upstream.behind()).await?;
    let challenge = mcp_support::web::challenge(&front.gateway.url, None).await?.expect("a challenge");
    let metadata = format!("{PUBLIC_ORIGIN}/.well-known/oauth-protected-resource/mcp");
    assert!(challenge.contains(&format!("resource_metadata=\"{metadata}\"")), "{challenge}");
    let document = format!("{}/.well-known/oauth-protected-resource/mcp", front.gateway.origin());
    let document: Value = front.http.get(document).send().await?.json().await?;
    assert_eq!(document["resource"], RESOURCE);
    assert_eq!(document["authorization_servers"], json!([front.authorization.origin()]));
    let raw = RawHttp::stateless(&front.gateway.url)?;
    let refused = raw.post(&request(Revision::Legacy, 1, "tools/list", json!({})), HeaderMap::new()).await?;
    assert_eq!(refused.status, 401);
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());
    Ok(())
}
