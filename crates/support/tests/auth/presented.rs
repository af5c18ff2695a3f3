//! How a token is presented, what a client without one is told, and what is open to everyone.

use mcp_support::{client::Revision, testing::RawHttp};
use reqwest::{
    Client, Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use crate::{BOTH, Rig, bearer, challenges, header, parameter};

#[tokio::test]
async fn without_a_token_a_client_is_told_where_to_get_one() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", rig.origin());
    for revision in BOTH {
        for (rule, headers) in [("nothing", HeaderMap::new()), ("another scheme", header("Basic YTpi")?)] {
            let reply = rig.first(revision, headers).await?;
            assert_eq!(reply.status, 401, "{rule} {revision}");
            let expected = format!("Bearer resource_metadata=\"{metadata}\", scope=\"access\"");
            assert_eq!(challenges(&reply), [expected], "{rule} {revision}: no error without credentials");
            assert_eq!(reply.headers["cache-control"], "no-store", "{rule}");
        }
    }
    // Every method of HTTP, and sessions that do not exist.
    let client = Client::builder().no_proxy().build()?;
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let response = client.request(method.clone(), &rig.url).header("mcp-session-id", "guess").send().await?;
        assert_eq!(response.status(), 401, "{method}");
    }
    Ok(())
}

#[tokio::test]
async fn the_metadata_is_open_and_true() -> anyhow::Result<()> {
    let rig = Rig::start_with(|settings| settings.scope_prefix = "api://notes/".into()).await?;
    let client = Client::builder().no_proxy().build()?;
    for path in ["", "/mcp"] {
        let url = format!("{}/.well-known/oauth-protected-resource{path}", rig.origin());
        let response = client.get(&url).send().await?;
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json", "{path}");
        let document: Value = response.json().await?;
        assert_eq!(
            document,
            json!({
                "resource": rig.url,
                "authorization_servers": [rig.issuer.issuer()],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["api://notes/access"],
            }),
            "{path}"
        );
    }
    let reply = rig.first(Revision::Modern, HeaderMap::new()).await?;
    assert_eq!(parameter(&reply, "scope"), Some("api://notes/access"), "as it has to be asked for");
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/", 200), ("/.well-known/other", 404)] {
        assert_eq!(client.get(format!("{}{path}", rig.origin())).send().await?.status(), status, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_token_anywhere_else_is_a_bad_request() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let token = rig.token("access")?;
    let (good, other) = (bearer(&token)?, bearer(&rig.token("access")?)?);
    let mut two = good.clone();
    two.append(AUTHORIZATION, other[AUTHORIZATION].clone());
    let mut form = good.clone();
    form.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    for (rule, url, headers) in [
        ("in the query", format!("{}?access_token={token}", rig.url), HeaderMap::new()),
        ("in the query, escaped", format!("{}?a=b&access%5Ftoken={token}", rig.url), HeaderMap::new()),
        ("in the query and the header", format!("{}?access_token={token}", rig.url), good),
        ("in a form", rig.url.clone(), form),
        ("two headers", rig.url.clone(), two),
        ("no token", rig.url.clone(), header("Bearer")?),
        ("an empty token", rig.url.clone(), header("Bearer ")?),
        ("two words", rig.url.clone(), header("Bearer a b")?),
        ("other letters", rig.url.clone(), header("Bearer a,b")?),
        ("no text", rig.url.clone(), [(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff")?)].into_iter().collect()),
    ] {
        let raw = RawHttp::open(&url, Revision::Modern).await?;
        let message = mcp_support::testing::request(Revision::Modern, 1, "tools/list", json!({}));
        let reply = raw.post(&message, headers).await?;
        assert_eq!(reply.status, 400, "{rule}: {}", reply.text);
        assert_eq!(parameter(&reply, "error"), Some("invalid_request"), "{rule}");
        assert!(!reply.text.contains(&token), "{rule}: the answer repeats the token");
    }
    for spelled in ["bearer", "BEARER"] {
        let reply = rig.first(Revision::Modern, header(&format!("{spelled} {token}"))?).await?;
        assert_eq!(reply.status, 200, "{spelled}: schemes have no case");
    }
    Ok(())
}

#[tokio::test]
async fn the_check_comes_before_the_body_and_after_host_and_origin() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let client = Client::builder().no_proxy().build()?;
    // Announced and never sent: whoever waited for it would wait forever.
    let mut stream = tokio::net::TcpStream::connect(rig.origin().trim_start_matches("http://")).await?;
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await?;
    let mut answer = [0; 12];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer);
    tokio::time::timeout(std::time::Duration::from_secs(5), reading).await??;
    assert_eq!(&answer, b"HTTP/1.1 401");
    let large = client.post(&rig.url).body(vec![b'x'; 8 * 1024 * 1024]).send().await?;
    assert_eq!(large.status(), 401, "not 413");

    let foreign = client.post(&rig.url).header("origin", "https://evil.example").send().await?;
    assert_eq!(foreign.status(), 403);
    assert!(!foreign.headers().contains_key("www-authenticate"), "a foreign page is told nothing");
    Ok(())
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_can_read_the_challenge() -> anyhow::Result<()> {
    let rig = Rig::start().await?;
    let client = Client::builder().no_proxy().build()?;
    let preflight = client
        .request(Method::OPTIONS, &rig.url)
        .header("origin", "http://localhost:5173")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,dpop,content-type")
        .send()
        .await?;
    assert_eq!(preflight.status(), 200, "a preflight has no token");
    let allowed = preflight.headers()["access-control-allow-headers"].to_str()?;
    assert!(allowed.contains("authorization") && allowed.contains("dpop"), "{allowed}");
    let refused = client.post(&rig.url).header("origin", "http://localhost:5173").send().await?;
    assert_eq!(refused.status(), 401);
    let exposed = refused.headers()["access-control-expose-headers"].to_str()?;
    assert!(exposed.contains("www-authenticate") && exposed.contains("dpop-nonce"), "{exposed}");
    Ok(())
}
