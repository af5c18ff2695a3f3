//! The tour's client, described at a URL of its own.

use axum::{Json, Router, routing::get};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

/// A metadata document on a free port of this machine. A real one is https, on the client's own site; the tour tells the
/// server that this host is fine (`--metadata-hosts`).
pub(super) struct ClientDocument {
    host: String,
    url: String,
    serving: JoinHandle<()>,
}

impl ClientDocument {
    pub(super) async fn serve() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let url = format!("http://{host}/client.json");
        let document = json!({
            "client_id": url,
            "client_name": "Tour client",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        });
        let routes = Router::new().route("/client.json", get(move || async move { Json(document) }));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { host, url, serving })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ClientDocument {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
