//! A balancer that fits on one page: round robin over the nodes that are there, answers streamed through, and a second
//! try only where the first cannot have had an effect.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};
use mcp_support::{
    cli::{HttpArgs, UsageError},
    serve::{Bodies, Limits, ReadBody, refuse_body, routes_on},
    shutdown,
};
use secrecy::SecretString;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    registry::{self, Record, Registry},
    settings::Settings,
    store,
};

/// How often the registry is read.
const LOOK: Duration = Duration::from_millis(200);
/// A node has this long for the head of its answer.
const FIRST_BYTE: Duration = Duration::from_secs(30);
/// How long it may be silent in the middle. An open stream has a comment every 15 s.
const SILENT: Duration = Duration::from_secs(60);
/// What belongs to one connection and not to the next (RFC 9110, section 7.6.1), and what is written anew.
const NOT_PASSED: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
];

/// Balances between the nodes of the store in `settings`.
///
/// # Errors
/// There is none, or as [`serve`].
pub async fn run(settings: &Settings, args: &HttpArgs) -> anyhow::Result<()> {
    match &settings.store {
        Some(url) => serve(url, args, usize::try_from(settings.body_bytes)?).await,
        None => Err(UsageError("balance needs the store of its nodes: --store or REDIS_URL".to_owned()).into()),
    }
}

/// Serves `/mcp` of the nodes that are registered in a store, until SIGINT or SIGTERM, for bodies of at most `body_bytes`.
///
/// # Errors
/// The store's URL is none of Redis, or the address cannot be listened on.
pub async fn serve(url: &SecretString, args: &HttpArgs, body_bytes: usize) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    eprintln!("listening on http://{}/mcp", listener.local_addr()?);
    let registry = Registry::new(store::open(Some(url))?);
    let (sender, nodes) = watch::channel(Vec::new());
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(1))
        .pool_max_idle_per_host(256)
        .build()?;
    let limits = Limits { message_bytes: body_bytes, ..Limits::default() };
    let balancer = Arc::new(Balancer { client, nodes, next: AtomicUsize::new(0), bodies: Bodies::new(&limits) });
    let routes = Router::new().route("/mcp", any(forward)).route("/nodes", get(node_names)).with_state(balancer);
    tokio::select! {
        served = routes_on(listener, routes, args, &limits, shutdown::signal()) => served,
        never = watch_nodes(registry, sender) => never,
    }
}

/// Keeps the list of nodes. A store that is gone leaves it as it was: whoever is not there is found out by calling. When it
/// comes back, the leases in it have ended, and nodes get the time to give a sign of life. And when all leases end within a
/// moment, it is the store that takes no signs of life, because it is full: then those that were there last stay.
async fn watch_nodes(registry: Registry, nodes: watch::Sender<Vec<Record>>) -> anyhow::Result<()> {
    let mut doubted = None;
    let mut gone: Vec<(tokio::time::Instant, Record)> = Vec::new();
    loop {
        let read = registry.nodes().await;
        if read.is_err() {
            doubted = Some(tokio::time::Instant::now() + registry::LEASE);
        }
        if let Ok(mut now) = read {
            let is_in = |list: &[Record], id: &str| list.iter().any(|node| node.id == id);
            let mut missing = nodes.borrow().clone();
            missing.retain(|node| !is_in(&now, &node.id));
            if doubted.is_some_and(|until| tokio::time::Instant::now() < until) {
                now.extend(missing);
            } else if now.is_empty() {
                let last = gone.drain(..).map(|(_, node)| node).filter(|node| !is_in(&missing, &node.id));
                now = missing.iter().cloned().chain(last).collect();
            } else {
                gone.extend(missing.into_iter().map(|node| (tokio::time::Instant::now(), node)));
                gone.retain(|(since, node)| since.elapsed() < registry::LEASE && !is_in(&now, &node.id));
            }
            nodes.send_if_modified(|nodes| {
                let changed = *nodes != now;
                *nodes = now;
                changed
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

struct Balancer {
    client: reqwest::Client,
    nodes: watch::Receiver<Vec<Record>>,
    next: AtomicUsize,
    bodies: Bodies,
}

/// What came of sending a request to a node.
enum Tried {
    Answered(Response),
    /// The node has not got it: another may have it.
    NotSent,
    /// The node may have begun. Only the client knows whether it may be sent again.
    Unknown(&'static str),
}

/// The names of those that get calls.
async fn node_names(State(balancer): State<Arc<Balancer>>) -> axum::Json<Vec<String>> {
    axum::Json(balancer.candidates().into_iter().map(|node| node.id).collect())
}

async fn forward(State(balancer): State<Arc<Balancer>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // The whole body: it may have to be sent to another node, too. Its share of the memory is held until one has it.
    let ReadBody { bytes: body, share: _share } = match balancer.bodies.read(&parts.headers, body).await {
        Ok(read) => read,
        Err(status) => return refuse_body(status),
    };
    let nodes = balancer.candidates();
    let turn = balancer.next.fetch_add(1, Ordering::Relaxed);
    for at in 0..nodes.len() {
        let node = &nodes[(turn + at) % nodes.len()];
        match balancer.send(node, &parts, body.clone()).await {
            Tried::Answered(response) => return response,
            Tried::NotSent => tracing::debug!(node = node.id, "not reached; trying the next"),
            Tried::Unknown(why) => {
                tracing::warn!(node = node.id, why, "a node was lost in the middle of a call");
                return retry(StatusCode::BAD_GATEWAY, "the node was lost in the middle of the call\n");
            }
        }
    }
    retry(StatusCode::SERVICE_UNAVAILABLE, "no node can be reached\n")
}

fn retry(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::RETRY_AFTER, "1")], text).into_response()
}

impl Balancer {
    /// The nodes that want calls; if none does, those that are there.
    fn candidates(&self) -> Vec<Record> {
        let nodes: Vec<Record> = self.nodes.borrow().iter().filter(|node| !node.address.is_empty()).cloned().collect();
        let ready: Vec<Record> = nodes.iter().filter(|node| node.state == registry::State::Ready).cloned().collect();
        if ready.is_empty() { nodes } else { ready }
    }

    async fn send(&self, node: &Record, parts: &Parts, body: Bytes) -> Tried {
        let path = parts.uri.path_and_query().map_or("/mcp", |path| path.as_str());
        let request = self.client.request(parts.method.clone(), format!("http://{}{path}", node.address));
        let sending = request.headers(passed(&parts.headers)).body(body).send();
        let answered = tokio::select! {
            answered = tokio::time::timeout(FIRST_BYTE, sending) => answered,
            // A node whose lease has ended does not answer any more, or answers for nobody.
            () = self.lost(node) => return Tried::Unknown("its lease has ended"),
        };
        match answered {
            Ok(Ok(response)) => Tried::Answered(stream_through(response)),
            Ok(Err(error)) if error.is_connect() => Tried::NotSent,
            Ok(Err(_)) => Tried::Unknown("the connection broke"),
            Err(_) => Tried::Unknown("it did not answer in time"),
        }
    }

    /// Completes when a node has been silent for too long. One that leaves is there until it has finished what it has.
    async fn lost(&self, node: &Record) {
        let mut nodes = self.nodes.clone();
        let is_there = |nodes: &Vec<Record>| nodes.iter().any(|other| other.id == node.id && other.epoch == node.epoch);
        if nodes.wait_for(|nodes| !is_there(nodes)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The headers of a message that go on to the next connection.
fn passed(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let keep = |name: &HeaderName| {
        !NOT_PASSED.contains(&name.as_str())
            && !named.iter().any(|other| other == name.as_str())
            && name != header::HOST
    };
    headers.iter().filter(|(name, _)| keep(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn stream_through(response: reqwest::Response) -> Response {
    let (status, headers) = (response.status(), passed(response.headers()));
    let bytes = stream::unfold(Some(response), |response| async {
        let mut response = response?;
        match tokio::time::timeout(SILENT, response.chunk()).await {
            Ok(Ok(Some(chunk))) => Some((Ok(chunk), Some(response))),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some((Err(std::io::Error::other(error)), None)),
            Err(_) => Some((Err(std::io::ErrorKind::TimedOut.into()), None)),
        }
    });
    let mut answer = Response::new(Body::from_stream(bytes));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{registry::tests::record, store::Keyspace};

    #[tokio::test(start_paused = true)]
    async fn nodes_whose_leases_all_end_at_once_are_still_called() -> anyhow::Result<()> {
        let registry = Registry::new(Arc::new(Keyspace::default()));
        for id in ["a", "b"] {
            registry.beat(&record(id, 1)).await?;
            tokio::time::advance(LOOK * 2).await;
        }
        let (sender, mut nodes) = watch::channel(Vec::new());
        let watching = tokio::spawn(watch_nodes(registry.clone(), sender));
        nodes.wait_for(|nodes| nodes.len() == 2).await?;
        tokio::time::sleep(2 * registry::LEASE).await;
        assert_eq!(registry.nodes().await?, [], "the store took no signs of life");
        assert_eq!(nodes.borrow().len(), 2, "one after the other, and none is lost");
        registry.beat(&record("c", 2)).await?;
        nodes.wait_for(|nodes| nodes.len() == 1 && nodes[0].id == "c").await?;
        watching.abort();
        Ok(())
    }

    #[test]
    fn what_belongs_to_one_connection_stays_there() {
        let headers = [
            (header::HOST, "balancer"),
            (header::CONNECTION, "close, X-Mine"),
            (HeaderName::from_static("x-mine"), "1"),
            (HeaderName::from_static("mcp-session-id"), "s"),
            (header::CONTENT_LENGTH, "7"),
            (header::TRANSFER_ENCODING, "chunked"),
        ];
        let headers = headers.map(|(name, value)| (name, value.parse().expect("a value"))).into_iter().collect();
        let passed = passed(&headers);
        assert_eq!(passed.keys().collect::<Vec<_>>(), ["mcp-session-id"]);
    }
}
