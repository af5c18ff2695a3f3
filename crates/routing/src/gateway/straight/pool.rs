//! Connections to a node that stay open between calls.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::Instant};
use url::Url;

/// Servers close connections that are silent for some time, often 30 s or more. One that old is not used again.
const IDLE: Duration = Duration::from_secs(20);
/// Connections that are kept for later.
const KEPT: usize = 64;
/// Time to open a connection.
const OPENING: Duration = Duration::from_secs(5);

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// The node never saw it.
    NotSent,
    /// It may have.
    Broken,
}

/// Connections to one node over plain HTTP.
pub(crate) struct Pool {
    /// Host and port, for the system and for `Host`.
    address: String,
    host: HeaderValue,
    target: Uri,
    idle: Mutex<VecDeque<(Instant, SendRequest<Full<Bytes>>)>>,
}

impl Pool {
    /// None for a URL that needs more than a plain connection.
    pub(crate) fn new(url: &Url) -> Option<Self> {
        if url.scheme() != "http" || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let address = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = HeaderValue::from_str(&address).ok()?;
        Some(Self { host, address, target: target.parse().ok()?, idle: Mutex::default() })
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, SendRequest<Full<Bytes>>)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request to the node, without its own headers.
    pub(crate) fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.target.clone();
        request.headers_mut().insert(header::HOST, self.host.clone());
        request
    }

    /// Sends a request, and returns the answer's head with the connection that goes back with [`Pool::keep`] once the body
    /// has been read.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, SendRequest<Full<Bytes>>), Unsent> {
        loop {
            let (mut connection, is_new) = match self.take() {
                Some(kept) => (kept, false),
                None => (self.open().await.ok_or(Unsent::NotSent)?, true),
            };
            match connection.try_send_request(request).await {
                Ok(response) => return Ok((response, connection)),
                // The node has closed the connection before anything of the request was sent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) => return Err(Unsent::NotSent),
                    None => return Err(Unsent::Broken),
                },
            }
        }
    }

    fn take(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle();
        // The one that was used last: those that are not needed grow old.
        while let Some((since, connection)) = idle.pop_back() {
            if since.elapsed() < IDLE && connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose answer has been read to its end.
    pub(crate) fn keep(&self, connection: SendRequest<Full<Bytes>>) {
        if connection.is_closed() {
            return;
        }
        let mut idle = self.idle();
        while idle.len() >= KEPT || idle.front().is_some_and(|(since, _)| since.elapsed() >= IDLE) {
            idle.pop_front();
        }
        idle.push_back((Instant::now(), connection));
    }

    async fn open(&self) -> Option<SendRequest<Full<Bytes>>> {
        let opening = async {
            let stream = TcpStream::connect(&self.address).await.ok()?;
            // Without it the kernel holds small requests back for up to 40 ms.
            let _ = stream.set_nodelay(true);
            handshake(TokioIo::new(stream)).await.ok()
        };
        let (sender, connection) = tokio::time::timeout(OPENING, opening).await.ok()??;
        // Ends when the sender is dropped, or with the connection.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a kept connection ended");
            }
        });
        Some(sender)
    }
}
