//! The practical limit of a call: axum and serde_json, and no protocol, no guards and no pool around the same work, with
//! the same answer.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::Context as _;
use axum::{Router, extract::State, http::header, response::IntoResponse, routing::post, serve::ListenerExt};
use bytes::Bytes;
use clap::Args;
use mcp_support::shutdown;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    numbers::{self, Facts},
    pool::Stop,
};

/// Flags of the baseline.
#[derive(Debug, Clone, Args)]
pub struct BaselineArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,
}

/// A node's, so that the answers are the same.
pub(super) const NAME: &str = "node-1";

#[derive(Deserialize)]
struct Request<'a> {
    id: Value,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: &'a str,
    arguments: Arguments,
    #[serde(rename = "_meta")]
    meta: Option<Value>,
}

#[derive(Deserialize)]
struct Arguments {
    number: Option<u64>,
    limit: Option<u64>,
}

#[derive(Serialize)]
struct Response<'a, T> {
    jsonrpc: &'static str,
    id: &'a Value,
    result: Outcome<'a, T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
    content: [Text<'a>; 1],
    structured_content: T,
    is_error: bool,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
}

#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/serverInfo")]
    server: Server,
}

#[derive(Serialize)]
struct Server {
    name: &'static str,
    version: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
struct Looked<'a> {
    facts: &'a Facts,
    source: &'static str,
    node: &'static str,
    took_ms: f64,
}

#[derive(Serialize)]
struct Computed {
    limit: u64,
    primes: u64,
    node: &'static str,
    took_ms: f64,
}

/// What was looked up before, with its text.
type Known = Arc<Mutex<HashMap<u64, Arc<(Facts, String)>>>>;

/// Serves the same two tools until SIGINT or SIGTERM.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(args: &BaselineArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    eprintln!("listening on http://{}/mcp", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new().route("/mcp", post(handle)).with_state(Known::default());
    let end = async {
        // An error only says that there are no signals.
        let _ = shutdown::signal().await;
    };
    axum::serve(listener, router).with_graceful_shutdown(end).await?;
    Ok(())
}

async fn handle(State(known): State<Known>, body: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], answer(&known, &body).unwrap_or_default())
}

fn answer(known: &Known, body: &[u8]) -> serde_json::Result<Vec<u8>> {
    let began = Instant::now();
    let request: Request<'_> = serde_json::from_slice(body)?;
    let arguments = &request.params.arguments;
    if request.params.name == "compute_heavy" {
        let limit = arguments.limit.unwrap_or_default();
        let primes = numbers::count_primes(limit, &Stop::default()).unwrap_or_default();
        let text = format!("{primes} primes up to {limit}, counted by {NAME}");
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        return write(&request, &text, Computed { limit, primes, node: NAME, took_ms });
    }
    let looked = look_up(known, arguments.number.unwrap_or(1));
    let (facts, text) = &*looked;
    let took_ms = began.elapsed().as_secs_f64() * 1000.0;
    write(&request, text, Looked { facts, source: "node", node: NAME, took_ms })
}

fn look_up(known: &Known, number: u64) -> Arc<(Facts, String)> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let looked = known.entry(number).or_insert_with(|| {
        let facts =
            numbers::factorize(number, &Stop::default()).unwrap_or(Facts { number, factors: vec![], divisors: 1 });
        let text = facts.to_string();
        Arc::new((facts, text))
    });
    looked.clone()
}

fn write<T: Serialize>(request: &Request<'_>, text: &str, structured_content: T) -> serde_json::Result<Vec<u8>> {
    let is_modern = request.params.meta.is_some();
    let meta = || Meta {
        server: Server { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), title: "Scaling" },
    };
    let result = Outcome {
        result_type: is_modern.then_some("complete"),
        content: [Text { kind: "text", text }],
        structured_content,
        is_error: false,
        meta: is_modern.then(meta),
    };
    serde_json::to_vec(&Response { jsonrpc: "2.0", id: &request.id, result })
}
