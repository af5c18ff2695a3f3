//! The pages: plain HTML, no script, nothing from elsewhere.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::authorization::{redirect, requests::Opened};

/// The form in which somebody signs in.
pub(super) fn sign_in(number: &str, opened: &Opened, action: &str, error: Option<&str>) -> String {
    let error = error.map(|text| format!(r#"<p class="error" role="alert" id="error">{}</p>"#, escaped(text)));
    let described = if error.is_some() { r#" aria-describedby="error" aria-invalid="true""# } else { "" };
    format!(
        r#"<p>to go on to <strong>{}</strong></p>{}
<form method="post" action="{action}">{}
<label for="username">Name</label>
<input id="username" name="username" maxlength="80" autocomplete="username" required autofocus{described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" maxlength="200" autocomplete="current-password" required{described}>
<div class="buttons"><button>Sign in</button></div>
</form>"#,
        escaped(&opened.request.client_name),
        error.unwrap_or_default(),
        hidden(number, opened),
    )
}

/// The form in which somebody decides.
pub(super) fn consent(number: &str, opened: &Opened, action: &str) -> String {
    let request = &opened.request;
    let scopes: String = request
        .scopes
        .iter()
        .map(|scope| format!("<li>{} <code>{}</code></li>", scope.meaning(), scope.as_str()))
        .collect();
    let is_url = request.client_id.starts_with("http");
    let from =
        if is_url { format!(", described at <code>{}</code>,", escaped(&request.client_id)) } else { String::new() };
    format!(
        r#"<p>You are signed in as <strong>{}</strong>.</p>
<p><strong>{}</strong>{from} asks to use <code>{}</code> in your name:</p>
<ul>{scopes}</ul>
<p>The answer goes to <strong>{}</strong>.</p>
<p class="note">An app chooses its own name. If you have not just started this yourself, say no.</p>
<form method="post" action="{action}">{}
<div class="buttons"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" class="quiet">No, thanks</button></div>
</form>"#,
        escaped(opened.user.as_deref().unwrap_or_default()),
        escaped(&request.client_name),
        escaped(&request.resource),
        escaped(&redirect::host(&request.redirect_uri)),
        hidden(number, opened),
    )
}

fn hidden(number: &str, opened: &Opened) -> String {
    format!(
        r#"<input type="hidden" name="request" value="{}"><input type="hidden" name="csrf" value="{}">"#,
        escaped(number),
        escaped(&opened.csrf)
    )
}

const STYLE: &str = "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f3f4f6;color:#1f2937}\
main{max-width:28rem;margin:8vh auto;padding:2rem;background:#fff;border-radius:12px;overflow-wrap:anywhere}\
h1{font-size:1.4rem;margin:0 0 1rem}label{display:block;margin-top:1rem;font-weight:600}\
input{width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #6b7280;border-radius:6px}\
.note{color:#4b5563;font-size:.9rem}.error{color:#b91c1c}.buttons{margin-top:1.2rem;display:flex;gap:.8rem}\
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#1d4ed8;color:#fff;cursor:pointer}\
.quiet{background:#e5e7eb;color:#1f2937}:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}";

/// A whole page. `answer_to` is where its form may lead after our own answer: browsers hold redirects to `form-action`.
pub(super) fn page(status: StatusCode, title: &str, body: &str, answer_to: Option<&str>) -> Response {
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
