//! Pages: plain HTML, no script, nothing from elsewhere.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

const STYLE: &str = "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f3f4f6;color:#1f2937}\
main{max-width:28rem;margin:8vh auto;padding:2rem;background:#fff;border-radius:12px;overflow-wrap:anywhere}\
h1{font-size:1.4rem;margin:0 0 1rem}label{display:block;margin-top:1rem;font-weight:600}\
input{width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #6b7280;border-radius:6px}\
input{margin-top:.4rem}li{margin-bottom:.4rem}li code{display:block;color:#4b5563;font-size:.85rem}\
.note{color:#4b5563;font-size:.9rem}.error{color:#b91c1c}.buttons{margin-top:1.2rem;display:flex;gap:.8rem}\
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#1d4ed8;color:#fff;cursor:pointer}\
.quiet{background:#e5e7eb;color:#1f2937}:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}";

/// A whole page. `answer_to` is where its form may lead after our own answer: browsers hold redirects to `form-action`.
pub fn page(status: StatusCode, title: &str, body: &str, answer_to: Option<&str>) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let answer_to = answer_to.and_then(|uri| url::Url::parse(uri).ok()).map(|url| match url.scheme() {
        "http" | "https" => format!(" {}", url.origin().ascii_serialization()),
        scheme => format!(" {scheme}:"),
    });
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{}; frame-ancestors 'none'; base-uri 'none'",
        answer_to.unwrap_or_default()
    );
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, &policy),
        // The request's number stays here; with `no-referrer` the form itself would have the origin `null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}

/// Text as HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
