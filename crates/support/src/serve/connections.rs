//! Accepting connections, with limits that `axum::serve` does not have: how many, how slow, how long idle.

use std::{convert::Infallible, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{extract::ConnectInfo, response::Response};
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use super::Limits;

/// A head larger than this is refused with 431.
const HEAD_BYTES: usize = 64 * 1024;
/// After an error that is not about one connection, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts, and serves each connection with what `service` makes for its client, until `closing` is cancelled. The connections that are then open finish under the returned watcher.
pub(super) async fn accept<S>(
    listener: TcpListener,
    service: impl Fn(SocketAddr) -> S,
    limits: &Limits,
    closing: &CancellationToken,
) -> GracefulShutdown
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Send + 'static,
    S::Future: Send,
{
    let open = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut builder = http1::Builder::new();
    // hyper counts the head's time from the moment it waits for one, so this closes idle connections too.
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(HEAD_BYTES);
    loop {
        let next = async {
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, stream, client) = tokio::select! {
            () = closing.cancelled() => return open,
            (slot, accepted) = next => match accepted {
                Ok((stream, client)) => (slot, stream, client),
                Err(error) => {
                    if !is_about_one_connection(&error) {
                        tracing::error!(%error, "cannot accept connections");
                        tokio::time::sleep(PAUSE).await;
                    }
                    continue;
                }
            },
        };
        let connection = builder.serve_connection(TokioIo::new(timed(stream, limits)), service(client));
        let connection = open.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off, stalls or sends no HTTP is its own concern.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(slot);
        });
    }
}

/// A client that takes no byte for a while loses its connection, and with it all that the server holds for it.
fn timed(stream: TcpStream, limits: &Limits) -> Pin<Box<TimeoutStream<TcpStream>>> {
    // Without it the kernel holds small answers back for up to 40 ms.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_stall));
    Box::pin(stream)
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// A service whose requests know the address of their client.
pub(super) struct FromClient<S> {
    client: SocketAddr,
    inner: S,
}

impl<S> FromClient<S> {
    pub(super) fn new(client: SocketAddr, inner: S) -> Self {
        Self { client, inner }
    }
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for FromClient<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.client));
        self.inner.call(request)
    }
}
