//! Where the browser comes back to: a port of this machine that is open for as long as somebody waits (RFC 8252).

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::Response,
    routing::get,
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
};

use super::page;

/// Ports that are tried until one is free in both families of addresses.
const MAX_TRIES: usize = 8;

/// A listener on a free port. It ends when it is dropped.
pub struct Loopback {
    redirect_uri: String,
    came: Mutex<mpsc::Receiver<CameBack>>,
    serving: JoinSet<()>,
}

/// A browser that has come back, and waits for a page.
#[derive(Debug)]
pub struct CameBack {
    /// Where it was sent to, with what the authorization server has added.
    pub url: String,
    answer: oneshot::Sender<Response>,
}

impl CameBack {
    /// Answers with a page.
    pub fn show(self, page: Response) {
        // A browser that has been closed does not see it.
        let _ = self.answer.send(page);
    }
}

impl Loopback {
    /// Listens on `http://127.0.0.1:{port}/callback`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn listen() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Self::serve(vec![listener], origin, "/callback"))
    }

    /// Listens on `http://localhost:{port}`, for authorization servers that know native apps by that name only.
    ///
    /// # Errors
    /// No port is free.
    pub async fn localhost() -> anyhow::Result<Self> {
        for _ in 0..MAX_TRIES {
            let listener = TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
            let port = listener.local_addr()?.port();
            let origin = format!("http://localhost:{port}");
            // RFC 8252, section 8.3: the name may mean either address, and whoever listens on the other one of the same
            // port would be given the code.
            match TcpListener::bind(("::1", port)).await {
                Ok(other) => return Ok(Self::serve(vec![listener, other], origin, "/")),
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                // A machine without IPv6.
                Err(_) => return Ok(Self::serve(vec![listener], origin, "/")),
            }
        }
        anyhow::bail!("no port is free in both families of addresses")
    }

    fn serve(listeners: Vec<TcpListener>, origin: String, path: &str) -> Self {
        let (sender, came) = mpsc::channel(1);
        let redirect_uri = format!("{origin}{}", path.trim_end_matches('/'));
        let routes = Router::new().route(path, get(receive)).with_state((origin, sender));
        let mut serving = JoinSet::new();
        for listener in listeners {
            let routes = routes.clone();
            serving.spawn(async move {
                let _ = axum::serve(listener, routes).await;
            });
        }
        Self { redirect_uri, came: Mutex::new(came), serving }
    }

    /// What the authorization server is told.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The next URL that a browser comes back with; it is shown that all is done.
    ///
    /// # Errors
    /// The listener has ended.
    pub async fn next(&self) -> anyhow::Result<String> {
        let mut came = self.came_back().await?;
        let url = std::mem::take(&mut came.url);
        came.show(page(StatusCode::OK, "Done", "<p>You can close this page, and go back to the client.</p>", None));
        Ok(url)
    }

    /// The next browser that comes back. It sees no page before somebody [shows](CameBack::show) it one.
    ///
    /// # Errors
    /// The listener has ended.
    pub async fn came_back(&self) -> anyhow::Result<CameBack> {
        anyhow::ensure!(!self.serving.is_empty(), "the listener has ended");
        self.came.lock().await.recv().await.context("the listener has ended")
    }
}

/// Anybody on this machine can call this port; `state` and `iss` say whether it was the answer.
async fn receive(
    State((origin, sender)): State<(String, mpsc::Sender<CameBack>)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let over = || page(StatusCode::GONE, "Too late", "<p>Nobody is waiting for this page any more.</p>", None);
    // A page from elsewhere that has rebound its name to this machine brings that name along.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if origin.strip_prefix("http://") != Some(host) {
        return page(StatusCode::FORBIDDEN, "Not here", "<p>This page has another name.</p>", None);
    }
    let (answer, shown) = oneshot::channel();
    match sender.try_send(CameBack { url: format!("{origin}{uri}"), answer }) {
        Ok(()) => shown.await.unwrap_or_else(|_| over()),
        Err(_) => over(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_addresses_of_localhost_and_no_other_name() -> anyhow::Result<()> {
        let loopback = Loopback::localhost().await?;
        let port = loopback.redirect_uri().strip_prefix("http://localhost:").expect("its name").to_owned();
        let client = reqwest::Client::builder().no_proxy().build()?;
        let rebound = client.get(format!("http://127.0.0.1:{port}/?code=1")).header("host", "evil.example");
        assert_eq!(rebound.send().await?.status(), StatusCode::FORBIDDEN);
        let url = format!("{}/?code=1&state=2", loopback.redirect_uri());
        let visit = tokio::spawn(client.get(&url).send());
        let came = loopback.came_back().await?;
        assert_eq!(came.url, url);
        came.show(page(StatusCode::BAD_REQUEST, "No", "<p>no</p>", None));
        assert_eq!(visit.await??.status(), StatusCode::BAD_REQUEST);
        drop(loopback);
        assert!(client.get(&url).send().await.is_err(), "the port is closed");
        Ok(())
    }

    #[tokio::test]
    async fn the_classical_callback() -> anyhow::Result<()> {
        let loopback = Loopback::listen().await?;
        let url = format!("{}?code=1", loopback.redirect_uri());
        let visit = tokio::spawn(reqwest::get(url.clone()));
        assert_eq!(loopback.next().await?, url);
        assert!(visit.await??.text().await?.contains("You can close this page"));
        Ok(())
    }
}
