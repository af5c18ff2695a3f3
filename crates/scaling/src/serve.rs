//! A node on stdio or HTTP: it joins the cluster, and leaves it before it stops to listen.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, routing::get};
use http::header;
use mcp_support::{
    cli::{HttpArgs, UsageError},
    harden::Policy,
    serve::{Limits, Server},
    shutdown,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{node::Node, server::Scaling, session::Sessions, settings::Settings};

/// Serves a node on stdin and stdout.
///
/// # Errors
/// The settings cannot be used.
pub async fn stdio(settings: &Settings) -> anyhow::Result<()> {
    let node = node(settings)?;
    let server = server(settings, &node);
    joined(node, String::new(), server.stdio()).await
}

/// Serves a node on HTTP.
///
/// # Errors
/// The settings cannot be used, or the address not be listened on.
pub async fn http(settings: &Settings, args: &HttpArgs) -> anyhow::Result<()> {
    let node = node(settings)?;
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    let address = listener.local_addr()?.to_string();
    eprintln!("listening on http://{address}/mcp");
    let notice = Duration::from_millis(settings.notice_ms);
    let leaving = node.clone();
    let end = async move {
        shutdown::signal().await?;
        // (6) First everybody learns that this node wants no more calls, then it takes none.
        leaving.drain().await;
        tokio::time::sleep(notice).await;
        Ok(())
    };
    let server = server(settings, &node).with_auth(node.admission.clone()).with_routes(metrics(node.clone()));
    let server = match settings.store {
        Some(_) => server.with_session_store(Arc::new(Sessions::new(node.store.clone()))),
        // Nobody could take them over, and what has expired should be gone.
        None => server,
    };
    let ready = node.clone();
    let server = server.with_readiness(move || ready.is_ready());
    joined(node, address, server.http_on(listener, args, end)).await
}

fn node(settings: &Settings) -> anyhow::Result<Arc<Node>> {
    Ok(Node::new(settings).map_err(|error| UsageError(error.to_string()))?)
}

/// A node in its cluster for as long as it is served.
async fn joined(
    node: Arc<Node>,
    address: String,
    serving: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let end = CancellationToken::new();
    // Before the first call, so that this one finds itself in the cluster. Without a store it goes on alone.
    if let Err(error) = node.join(address).await {
        tracing::warn!(%error, "this node starts without its cluster");
    }
    let beats = node.beats(end.clone());
    let serving = async {
        let served = serving.await;
        end.cancel();
        served
    };
    let (served, ()) = tokio::join!(serving, beats);
    node.leave().await;
    served
}

fn server(settings: &Settings, node: &Arc<Node>) -> Server<Scaling> {
    let policy = Policy {
        call_timeout: settings.deadline(),
        call_timeout_total: settings.deadline(),
        list_ttl: Duration::from_secs(3600),
        // The lists of a node do not change while it runs.
        keep_lists: true,
        ..Policy::default()
    };
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let limits = Limits {
        message_bytes: size(settings.body_bytes),
        sessions: size(settings.sessions),
        session_idle: Duration::from_secs(settings.session_idle_seconds),
        ..Limits::default()
    };
    let server = Server::new(Scaling::new(node.clone()), policy, limits);
    if settings.streamed { server.streamed() } else { server }
}

/// What Prometheus reads, and KEDA, and the autoscaler by way of an adapter.
fn metrics(node: Arc<Node>) -> Router {
    let text = move || {
        let text = node.metrics.prometheus(&node.summary());
        std::future::ready(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
    };
    Router::new().route("/metrics", get(text))
}
