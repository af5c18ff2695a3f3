//! A server that writes down what arrives, and answers as it is told.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Response, StatusCode},
};
use futures::StreamExt;
use mcp_support::testing::{HttpServer, PATIENCE};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};
use tokio_util::task::AbortOnDropHandle;

/// A request that arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What is done with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// An answer with headers that should not go through.
    Answers,
    /// Nothing comes.
    Silent,
    /// An event at once, and more when the test says so.
    Streams,
    /// A head that announces more than comes.
    BreaksOff,
}

pub(super) struct Upstream {
    pub(super) url: String,
    seen: watch::Receiver<Vec<Seen>>,
    /// Events to send.
    pub(super) events: mpsc::Sender<String>,
    /// True once the client of a stream, or of an answer that does not come, has gone.
    pub(super) left: watch::Receiver<bool>,
    _server: AbortOnDropHandle<()>,
}

impl Upstream {
    pub(super) async fn start(behaviour: Behaviour) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let (log, seen) = watch::channel(Vec::new());
        let (events, receiver) = mpsc::channel(4);
        let (gone, left) = watch::channel(false);
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        let answer = move |request: Request| {
            let (log, receiver, gone) = (log.clone(), receiver.clone(), gone.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 16 * 1024 * 1024).await.unwrap_or_default().to_vec();
                let (method, target) = (parts.method.to_string(), parts.uri.to_string());
                log.send_modify(|log| log.push(Seen { method, target, headers: parts.headers, body }));
                match behaviour {
                    Behaviour::Answers => answer(),
                    Behaviour::Silent => {
                        let _guard = OnDrop(gone);
                        std::future::pending().await
                    }
                    Behaviour::Streams => stream(receiver, gone),
                    Behaviour::BreaksOff => broken(),
                }
            }
        };
        let router = Router::new().fallback(answer);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, seen, events, left, _server: AbortOnDropHandle::new(server) })
    }

    /// For a front: this server, whatever the authorization server is.
    pub(super) fn behind(&self) -> impl AsyncFnOnce(&HttpServer) -> anyhow::Result<String> {
        let url = self.url.clone();
        async move |_: &HttpServer| Ok(url)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Ends its stream.
    pub(super) async fn end(&self) -> anyhow::Result<()> {
        // An empty text stands for the end.
        Ok(self.events.send(String::new()).await?)
    }

    /// Waits until a request has arrived.
    pub(super) async fn arrived(&self) -> anyhow::Result<()> {
        let mut seen = self.seen.clone();
        tokio::time::timeout(PATIENCE, seen.wait_for(|seen| !seen.is_empty())).await??;
        Ok(())
    }
}

fn answer() -> Response<Body> {
    let answer = Response::builder()
        .status(StatusCode::IM_A_TEAPOT)
        .header("content-type", "application/json")
        .header("mcp-session-id", "abc")
        .header("connection", "x-inner")
        .header("x-inner", "secret")
        .header("access-control-allow-origin", "*");
    answer.body(Body::from("{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {}}")).expect("a response")
}

fn stream(receiver: Arc<tokio::sync::Mutex<mpsc::Receiver<String>>>, gone: watch::Sender<bool>) -> Response<Body> {
    let guard = OnDrop(gone);
    let events = futures::stream::unfold((receiver, guard), |(receiver, guard)| async move {
        let event = receiver.lock().await.recv().await.filter(|event| !event.is_empty())?;
        Some((Ok::<_, Infallible>(format!("data: {event}\n\n")), (receiver, guard)))
    });
    Response::builder().header("content-type", "text/event-stream").body(Body::from_stream(events)).expect("a response")
}

fn broken() -> Response<Body> {
    let chunks = futures::stream::iter([Ok("{\"jsonrpc\""), Err(std::io::Error::other("broken"))]);
    let slowly = chunks.then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        chunk
    });
    Response::builder().header("content-type", "application/json").body(Body::from_stream(slowly)).expect("a response")
}

struct OnDrop(watch::Sender<bool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}
