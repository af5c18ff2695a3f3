//! The fetcher against a server on loopback that plays the attacker.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::*;

async fn server() -> (MockServer, Fetcher) {
    let server = MockServer::start().await;
    let policy = Policy {
        max_bytes: 1000,
        time: Duration::from_secs(2),
        max_redirects: 3,
        content_types: vec!["image/".to_owned(), "text/plain".to_owned()],
        allowed_hosts: vec![server.address().to_string()],
    };
    (server, Fetcher::new(policy))
}

async fn mount(server: &MockServer, at: &str, response: ResponseTemplate) -> String {
    Mock::given(path(at)).respond_with(response).mount(server).await;
    format!("{}{at}", server.uri())
}

fn text(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "text/plain; charset=utf-8")
}

#[tokio::test]
async fn private_hosts_are_refused_in_every_spelling() {
    let fetcher = Fetcher::default();
    for url in [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1:8443/",
        "https://[fd00:ec2::254]/",
        "https://100.100.100.200/",
    ] {
        let error = fetcher.get(url).await.expect_err(url);
        assert!(matches!(error, FetchError::Private(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn other_schemes_and_credentials_are_refused() {
    let fetcher = Fetcher::default();
    for url in ["http://example.com/", "file:///etc/passwd", "ftp://example.com/", "gopher://x/", "data:text/plain,a"] {
        let error = fetcher.get(url).await.expect_err(url);
        assert!(matches!(error, FetchError::Scheme(_)), "{url}: {error}");
    }
    assert!(matches!(fetcher.get("https://u:p@example.com/").await, Err(FetchError::Credentials)));
    assert!(matches!(fetcher.get("no url").await, Err(FetchError::Malformed(_))));
}

#[tokio::test]
async fn an_allowed_host_is_fetched_within_the_limits() {
    let (server, fetcher) = server().await;
    let url = mount(&server, "/good", text("hello")).await;
    let fetched = fetcher.get(&url).await.expect("fetched");
    assert_eq!((fetched.bytes.as_ref(), fetched.content_type.as_str()), (&b"hello"[..], "text/plain"));

    let large = mount(&server, "/large", text(&"x".repeat(1001))).await;
    assert!(matches!(fetcher.get(&large).await, Err(FetchError::TooLarge(1000))));
    let html = mount(&server, "/html", ResponseTemplate::new(200).set_body_raw("<p>", "text/html")).await;
    assert!(matches!(fetcher.get(&html).await, Err(FetchError::ContentType { .. })));
    let missing = mount(&server, "/missing", ResponseTemplate::new(404)).await;
    assert!(matches!(fetcher.get(&missing).await, Err(FetchError::Status(404))));
    let slow = mount(&server, "/slow", text("late").set_delay(Duration::from_secs(10))).await;
    assert!(matches!(fetcher.get(&slow).await, Err(FetchError::TooSlow(_))));
}

#[tokio::test]
async fn each_redirect_is_checked_again() {
    let (server, fetcher) = server().await;
    let to = |target: &str| ResponseTemplate::new(302).insert_header("location", target);
    mount(&server, "/end", text("end")).await;
    let good = mount(&server, "/relative", to("/end")).await;
    let fetched = fetcher.get(&good).await.expect("fetched");
    assert_eq!(fetched.url.path(), "/end");

    let inward = mount(&server, "/inward", to("https://169.254.169.254/latest")).await;
    assert!(matches!(fetcher.get(&inward).await, Err(FetchError::Private(_))));
    // Another port of the same address is another host.
    let other = mount(&server, "/other", to("http://127.0.0.1:1/")).await;
    assert!(matches!(fetcher.get(&other).await, Err(FetchError::Scheme(_))));
    let file = mount(&server, "/file", to("file:///etc/passwd")).await;
    assert!(matches!(fetcher.get(&file).await, Err(FetchError::Scheme(_))));
    let circle = mount(&server, "/circle", to("/circle")).await;
    assert!(matches!(fetcher.get(&circle).await, Err(FetchError::Redirects)));
    let nowhere = mount(&server, "/nowhere", ResponseTemplate::new(302)).await;
    assert!(matches!(fetcher.get(&nowhere).await, Err(FetchError::Redirects)));
}

#[tokio::test]
async fn a_body_without_length_or_end_is_cut_off() {
    for (body, expect_large) in [("x".repeat(5000), true), ("short".to_owned(), false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.read(&mut [0; 1024]).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = format!("{head}{:x}\r\n{body}\r\n", body.len());
            let _ = stream.write_all(chunk.as_bytes()).await;
            std::future::pending::<()>().await;
        });
        let policy = Policy {
            max_bytes: 1000,
            time: Duration::from_millis(500),
            allowed_hosts: vec![address.to_string()],
            ..Policy::default()
        };
        let error = Fetcher::new(policy).get(&format!("http://{address}/")).await.expect_err("an endless body");
        match expect_large {
            true => assert!(matches!(error, FetchError::TooLarge(_)), "{error}"),
            false => assert!(matches!(error, FetchError::TooSlow(_)), "{error}"),
        }
    }
}
