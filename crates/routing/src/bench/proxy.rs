//! A proxy that only copies bytes: hyper on both sides, connections that stay open, and nothing looked at. The
//! practical limit for anything between a client and a server.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use clap::Args;
use tokio::net::TcpListener;
use url::Url;

use crate::gateway::Pool;

/// Longest body, in bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Flags of `bench-proxy`.
#[derive(Debug, Clone, Args)]
pub struct ProxyArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,
    /// Address of the server
    #[arg(long, value_name = "ADDRESS")]
    pub to: SocketAddr,
}

/// Copies until a signal.
///
/// # Errors
/// It cannot listen.
pub async fn run(args: &ProxyArgs) -> anyhow::Result<()> {
    let url: Url = format!("http://{}/mcp", args.to).parse()?;
    let pool = Arc::new(Pool::new(&url).context("no plain URL")?);
    let listener = TcpListener::bind(args.bind).await?;
    eprintln!("listening on http://{}/mcp", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // A stream that cannot be told is slower.
        let _ = stream.set_nodelay(true);
    });
    let end = async {
        let _ = mcp_support::shutdown::signal().await;
    };
    let router = Router::new().fallback(copy).with_state(pool);
    axum::serve(listener, router).with_graceful_shutdown(end).await?;
    Ok(())
}

async fn copy(State(pool): State<Arc<Pool>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // A stream that a session has beside its calls: none of these servers needs one.
    if head.method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let mut request = pool.request(body);
    request.headers_mut().extend(head.headers);
    let Ok((head, body)) = pool.exchange(request, MAX_BODY).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response.headers_mut().remove("transfer-encoding");
    response
}
