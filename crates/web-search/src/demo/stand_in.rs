//! Providers whose servers run inside of the tour: they answer as Brave and SerpAPI do, from the bundled collection,
//! until they are told to fail.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use mcp_support::search::provider::{ProviderAnswer, ProviderRequest, Vertical};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

use crate::embedded::Embedded;

/// How a provider is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It answers after this long.
    Well(Duration),
    /// It answers 429 with `Retry-After: 1`, once, and is well then.
    BusyOnce,
    /// It answers 500.
    Broken,
    /// It answers too late.
    Slow,
    /// It breaks off in the middle of its answer.
    Cut,
}

/// A provider's server. It ends when it is dropped.
pub(super) struct StandIn {
    pub(super) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    embedded: Embedded,
    mood: Mutex<Mood>,
    asked: AtomicUsize,
}

impl StandIn {
    pub(super) async fn start(embedded: Embedded) -> anyhow::Result<Self> {
        let shared =
            Arc::new(Shared { embedded, mood: Mutex::new(Mood::Well(Duration::ZERO)), asked: AtomicUsize::new(0) });
        let routes = Router::new()
            .route("/web/search", get(brave))
            .route("/search.json", get(serpapi))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "a provider of the tour has ended");
            }
        });
        Ok(Self { url, shared, task })
    }

    pub(super) fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How many requests have come.
    pub(super) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn brave(State(shared): State<Arc<Shared>>, Query(query): Query<HashMap<String, String>>) -> Response {
    shared
        .answer(&query, |found| {
            let results = found
                .results
                .iter()
                .map(|one| json!({ "title": one.title, "url": one.url, "description": one.snippet }));
            json!({ "type": "search", "web": { "results": results.collect::<Vec<_>>() } })
        })
        .await
}

async fn serpapi(State(shared): State<Arc<Shared>>, Query(query): Query<HashMap<String, String>>) -> Response {
    shared
        .answer(&query, |found| {
            let results =
                found.results.iter().map(|one| json!({ "title": one.title, "link": one.url, "snippet": one.snippet }));
            json!({ "search_metadata": { "status": "Success" }, "organic_results": results.collect::<Vec<_>>() })
        })
        .await
}

impl Shared {
    async fn answer(&self, query: &HashMap<String, String>, write: impl Fn(&ProviderAnswer) -> Value) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.next_mood() {
            Mood::Well(after) => sleep(after).await,
            Mood::BusyOnce => {
                let error = Json(json!({ "error": "too many requests" }));
                return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")], error).into_response();
            }
            Mood::Broken => return (StatusCode::INTERNAL_SERVER_ERROR, "<html>oops</html>").into_response(),
            Mood::Slow => sleep(Duration::from_secs(30)).await,
            Mood::Cut => {
                let begin = Ok(Bytes::from_static(b"{\"web\": {\"results\": ["));
                let pieces = futures::stream::iter([begin, Err(std::io::Error::other("cut off"))]);
                return ([("content-type", "application/json")], Body::from_stream(pieces)).into_response();
            }
        }
        let words = query.get("q").cloned().unwrap_or_default();
        let (embedded, request) = (self.embedded.clone(), ProviderRequest::new(Vertical::Web, words));
        match tokio::task::spawn_blocking(move || embedded.search_blocking(&request)).await {
            Ok(Ok(found)) => Json(write(&found)).into_response(),
            _ => StatusCode::BAD_REQUEST.into_response(),
        }
    }

    fn next_mood(&self) -> Mood {
        let mut mood = self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if *mood == Mood::BusyOnce { Mood::Well(Duration::ZERO) } else { *mood };
        std::mem::replace(&mut *mood, next)
    }
}
