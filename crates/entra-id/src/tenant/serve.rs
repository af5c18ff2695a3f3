//! Connections: plain or TLS, so many at a time, and none that takes for ever. Unlike a lesson's server the stand-in has
//! nothing to finish: it ends with whoever has started it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::Tls;

const MAX_CONNECTIONS: usize = 256;
/// Time for a handshake, and for the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// A head larger than this is refused with 431.
const HEAD_BYTES: usize = 64 * 1024;
/// A connection is closed after this, whatever it does.
const CONNECTION: Duration = Duration::from_secs(300);

/// Answers until it is dropped.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, routes: Router) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Dropped with this future, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Such as too many open files: it passes, or the next one says so again.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Without it the kernel holds small answers back for up to 40 ms.
        let _ = stream.set_nodelay(true);
        while connections.try_join_next().is_some() {}
        let (tls, routes) = (tls.clone(), routes.clone());
        connections.spawn(async move {
            let _slot = slot;
            let answering = async {
                let Some(tls) = tls else { return answer(stream, routes).await };
                if let Ok(Ok(stream)) = timeout(HEAD, tls.accept(stream)).await {
                    answer(stream, routes).await;
                }
            };
            let _ = timeout(CONNECTION, answering).await;
        });
    }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, routes: Router) {
    let service = TowerToHyperService::new(routes);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection has ended");
    }
}

/// What speaks TLS with a certificate.
pub(super) fn acceptor(tls: &Tls) -> anyhow::Result<TlsAcceptor> {
    let read = |what: &str, path: &std::path::Path| format!("cannot read the {what} {}", path.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect)
        .with_context(|| read("certificate", &tls.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).with_context(|| read("key", &tls.key))?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
