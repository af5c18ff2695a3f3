//! Where the browser comes back to: a port of this machine that is open for as long as somebody waits (RFC 8252).

use anyhow::Context as _;
use axum::{Router, extract::State, http::Uri, response::Html, routing::get};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

/// A listener on a free port.
pub struct Loopback {
    redirect_uri: String,
    came: Mutex<mpsc::Receiver<String>>,
    serving: JoinHandle<()>,
}

impl Loopback {
    /// Listens.
    ///
    /// # Errors
    /// No port is free.
    pub async fn listen() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (sender, came) = mpsc::channel(1);
        let routes = Router::new().route("/callback", get(receive)).with_state((origin.clone(), sender));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { redirect_uri: format!("{origin}/callback"), came: Mutex::new(came), serving })
    }

    /// What the authorization server is told.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The next URL that a browser comes back with.
    ///
    /// # Errors
    /// The listener has ended.
    pub async fn next(&self) -> anyhow::Result<String> {
        self.came.lock().await.recv().await.context("the listener has ended")
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(State((origin, sender)): State<(String, mpsc::Sender<String>)>, uri: Uri) -> Html<&'static str> {
    // Anybody on this machine can call this port; `state` and `iss` say whether it was the answer.
    let _ = sender.try_send(format!("{origin}{uri}"));
    Html(
        "<!doctype html><html lang=\"en\"><title>Done</title><p>You can close this page, and go back to the client.</p>",
    )
}
