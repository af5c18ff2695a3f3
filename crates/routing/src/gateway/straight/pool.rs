//! Connections to a node that stay open between calls. Whoever calls drives its connection itself: a task for each would
//! cost two switches a call.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, Request, Uri, header, response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    body::{Body as _, Incoming},
    client::conn::http1::{Connection, SendRequest, handshake},
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

/// Why there is no answer to a request.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The node never saw the request.
    NotSent,
    /// It may have.
    Broken,
    /// There is one, and it is too long.
    TooLong,
}

/// Connections to one node over plain HTTP.
pub(crate) struct Pool {
    /// Host and port, for the system and for `Host`.
    address: String,
    host: HeaderValue,
    target: Uri,
    idle: Mutex<VecDeque<(Instant, Open)>>,
}

/// An open connection. Nothing happens on it unless it is driven.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<TokioIo<TcpStream>, Full<Bytes>>,
    is_over: bool,
}

/// An answer that is being read. Dropping it breaks the connection off.
pub(crate) struct Reading {
    open: Open,
    body: Incoming,
}

impl Reading {
    /// Some more of the answer; nothing at its end.
    pub(crate) async fn more(&mut self) -> Result<Option<Bytes>, NoAnswer> {
        loop {
            let Self { open, body } = self;
            match open.drive(body.frame()).await.ok_or(NoAnswer::Broken)? {
                Some(Ok(frame)) => {
                    // Whatever else a frame holds is none of the body.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(_)) => return Err(NoAnswer::Broken),
                None => return Ok(None),
            }
        }
    }
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

    /// A request to the node, without its own headers.
    pub(crate) fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.target.clone();
        request.headers_mut().insert(header::HOST, self.host.clone());
        request
    }

    /// Sends a request, and reads the whole answer, of at most so many bytes. Dropping it breaks the connection off.
    pub(crate) async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<(response::Parts, Bytes), NoAnswer> {
        let (head, reading) = self.send(request).await?;
        Ok((head, self.rest(reading, most).await?))
    }

    /// Sends a request, and reads the head of the answer.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<(response::Parts, Reading), NoAnswer> {
        let (response, open) = loop {
            let (mut open, is_new) = match self.take() {
                Some(kept) => (kept, false),
                None => (self.open().await.ok_or(NoAnswer::NotSent)?, true),
            };
            let sending = open.sender.try_send_request(request);
            match open.drive(sending).await.ok_or(NoAnswer::Broken)? {
                Ok(response) => break (response, open),
                // The node has closed the connection before anything of the request was sent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) => return Err(NoAnswer::NotSent),
                    None => return Err(NoAnswer::Broken),
                },
            }
        };
        let (head, body) = response.into_parts();
        Ok((head, Reading { open, body }))
    }

    /// The rest of an answer, of at most so many bytes.
    pub(crate) async fn rest(&self, reading: Reading, most: usize) -> Result<Bytes, NoAnswer> {
        let Reading { mut open, body } = reading;
        if body.size_hint().lower() > most as u64 {
            return Err(NoAnswer::TooLong);
        }
        let reading = Limited::new(body, most).collect();
        let body = match open.drive(reading).await.ok_or(NoAnswer::Broken)? {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(NoAnswer::TooLong),
            Err(_) => return Err(NoAnswer::Broken),
        };
        self.keep(open);
        Ok(body)
    }

    fn take(&self) -> Option<Open> {
        let mut idle = self.idle();
        // The one that was used last: those that are not needed grow old.
        while let Some((since, mut open)) = idle.pop_back() {
            // A look at whether the node has closed it.
            open.is_over = (&mut open.connection).now_or_never().is_some();
            if since.elapsed() < IDLE && !open.is_over && open.sender.is_ready() {
                return Some(open);
            }
        }
        None
    }

    /// Keeps a connection whose answer has been read to its end.
    fn keep(&self, open: Open) {
        if open.is_over || open.sender.is_closed() {
            return;
        }
        let mut idle = self.idle();
        while idle.len() >= KEPT || idle.front().is_some_and(|(since, _)| since.elapsed() >= IDLE) {
            idle.pop_front();
        }
        idle.push_back((Instant::now(), open));
    }

    async fn open(&self) -> Option<Open> {
        let opening = async {
            let stream = TcpStream::connect(&self.address).await.ok()?;
            // Without it the kernel holds small requests back for up to 40 ms.
            let _ = stream.set_nodelay(true);
            handshake(TokioIo::new(stream)).await.ok()
        };
        let (sender, connection) = tokio::time::timeout(OPENING, opening).await.ok()??;
        Some(Open { sender, connection, is_over: false })
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, Open)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Waits for something that happens on the connection. None when the connection ends before it.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            // Once before the connection, to give it what there is to send, and once after it, to take what it has read.
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            self.is_over = self.is_over || Pin::new(&mut self.connection).poll(context).is_ready();
            match work.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if self.is_over => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}
