//! The page on which a person connects an account: plain HTML, no script, nothing from elsewhere.

use std::time::Instant;

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::OnceCell};

use crate::accounts::{Accounts, MAX_NAME_CHARS, Provider};

/// The path that an attempt's number follows.
pub const PATH: &str = "/connect/";
/// Longest form, in bytes.
const MAX_FORM_BYTES: usize = 4096;

/// The routes of the page.
pub fn routes(accounts: Accounts) -> Router {
    Router::new()
        .route("/connect/{number}", get(show).post(decide))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(accounts)
}

/// A server of its own for the page, for when the protocol is spoken on stdio. Started when it is first needed.
#[derive(Default)]
pub struct LocalPages(OnceCell<String>);

impl LocalPages {
    /// Its origin, such as `http://127.0.0.1:40001`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn origin(&self, accounts: &Accounts) -> std::io::Result<&str> {
        let origin = self.0.get_or_try_init(|| async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let origin = format!("http://{}", listener.local_addr()?);
            let routes = routes(accounts.clone());
            // Ends with the runtime: whoever speaks on stdio is this process's only client.
            tokio::spawn(async move { axum::serve(listener, routes).await });
            Ok::<_, std::io::Error>(origin)
        });
        origin.await.map(String::as_str)
    }
}

async fn show(State(accounts): State<Accounts>, Path(number): Path<String>) -> Response {
    match accounts.open(&number, Instant::now()) {
        Some(provider) => page(StatusCode::OK, "Connect an account", &form(provider)),
        None => gone(),
    }
}

#[derive(Deserialize)]
struct Decision {
    decision: String,
    #[serde(default)]
    name: String,
}

async fn decide(
    State(accounts): State<Accounts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Decision>,
) -> Response {
    // Only the page itself may send the form: a page from elsewhere would have another origin.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if origin.is_some_and(|origin| origin.split_once("://").is_none_or(|(_, from)| from != host)) {
        return page(StatusCode::FORBIDDEN, "Not from here", "<p>This form was sent by another page.</p>");
    }
    let name = form.name.trim();
    let name = match form.decision.as_str() {
        "approve" if name.is_empty() || name.chars().count() > MAX_NAME_CHARS => {
            let text = format!("<p>Give the account a name of 1 to {MAX_NAME_CHARS} characters.</p>");
            return page(StatusCode::BAD_REQUEST, "A name is missing", &text);
        }
        "approve" => Some(name),
        _ => None,
    };
    if !accounts.decide(&number, name, Instant::now()) {
        return gone();
    }
    match name {
        Some(name) => {
            let text = format!("<p>Connected as <strong>{}</strong>. You can close this page.</p>", escaped(name));
            page(StatusCode::OK, "Connected", &text)
        }
        None => page(StatusCode::OK, "Not connected", "<p>Nothing was connected. You can close this page.</p>"),
    }
}

fn gone() -> Response {
    page(StatusCode::GONE, "This link is over", "<p>It was used, or it has expired. Ask for a new one.</p>")
}

fn form(provider: Provider) -> String {
    format!(
        r#"<p>The server <strong>mcp-protocol-features</strong> asks to connect your {} account.</p>
<p class="note">This is a lesson: the account is made up, and nothing is sent to anybody.
If you have not just asked for this in your MCP client, say no.</p>
<form method="post">
<label for="name">Name of the account</label>
<input id="name" name="name" maxlength="{MAX_NAME_CHARS}" autocomplete="off" autofocus>
<div class="buttons"><button name="decision" value="approve">Connect</button>
<button name="decision" value="decline" class="quiet" formnovalidate>No, thanks</button></div>
</form>"#,
        provider.name()
    )
}

const STYLE: &str = "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f3f4f6;color:#1f2937}\
main{max-width:26rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:12px;box-shadow:0 2px 12px #0002}\
h1{font-size:1.4rem;margin:0 0 1rem}label{display:block;margin-top:1rem;font-weight:600}\
input{width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #9ca3af;border-radius:6px}\
.note{color:#4b5563;font-size:.9rem}.buttons{margin-top:1.2rem;display:flex;gap:.8rem}\
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#1d4ed8;color:#fff;cursor:pointer}\
.quiet{background:#e5e7eb;color:#1f2937}:focus-visible{outline:3px solid #93c5fd}";

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let headers: [(HeaderName, &str); 5] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        // The number stays here; with `no-referrer` the form itself would have the origin `null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // The number in its address is worth something until it is used.
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
