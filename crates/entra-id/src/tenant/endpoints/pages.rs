//! What a person sees. Every page says that it is not Microsoft's.

use axum::{
    extract::RawQuery,
    http::{StatusCode, header},
    response::Response,
};
use mcp_support::web::{Parameters, escaped, page};

use super::super::{
    Service,
    errors::Traced,
    interaction::{Back, Request},
    sessions::Session,
};

const NOTICE: &str = "<p class=\"note\">Stand-in for Microsoft Entra ID: for trying out and tests, not a sign-in page \
                      of Microsoft. Do not type a password here that you use anywhere else.</p>";

/// Where somebody signs in; `refused` is the name that was typed in before, and why it was not taken.
pub(super) fn sign_in(service: &Service, number: &str, request: &Request, refused: Option<(&str, &str)>) -> Response {
    let typed = refused.map(|(name, _)| name).or(request.login_hint.as_deref());
    let error = refused.map(|(_, text)| format!(r#"<p class="error" role="alert" id="error">{}</p>"#, escaped(text)));
    let described = if error.is_some() { r#" aria-describedby="error" aria-invalid="true""# } else { "" };
    let body = format!(
        r#"<p>to continue to <strong>{}</strong></p>{}
{}
<label for="username">Sign-in name</label>
<input id="username" name="username" maxlength="113" autocomplete="username" value="{}" required autofocus{described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" maxlength="200"
autocomplete="current-password" required{described}>
<div class="buttons"><button>Sign in</button></div>
</form>"#,
        escaped(client_name(service, request)),
        error.as_deref().unwrap_or_default(),
        form(service, number, request),
        escaped(typed.unwrap_or_default()),
    );
    let status = if error.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    // Where nothing is left to ask, the answer to this form leads to the client.
    shown(status, "Sign in", &body, redirect_uri(request))
}

pub(super) fn second_factor(service: &Service, number: &str, request: &Request, session: &Session) -> Response {
    let has_one = service.shared.sessions.is_enrolled(session.user);
    let (title, text, button) = if has_one {
        ("Approve sign-in", "Your organization asks for a second factor. Here, this button is it.", "Approve")
    } else {
        (
            "More information required",
            "Your organization needs you to set up a second factor. Here, this button is it.",
            "Set up",
        )
    };
    let body = format!(
        r#"<p>You are signed in as <strong>{}</strong>.</p><p>{text}</p>
{}
<div class="buttons"><button name="decision" value="allow">{button}</button>
<button name="decision" value="deny" class="quiet">Cancel</button></div>
</form>"#,
        escaped(session.user.principal_name),
        form(service, number, request),
    );
    shown(StatusCode::OK, title, &body, redirect_uri(request))
}

pub(super) fn consent(
    service: &Service,
    number: &str,
    request: &Request,
    session: &Session,
    scopes: &[String],
) -> Response {
    let resource = service.shared.directory.by_id(request.wanted.resource);
    let item = |scope: &String| {
        let meaning = resource.and_then(|resource| resource.scope(scope)).map_or("", |scope| scope.meaning);
        format!("<li>{meaning} <code>{}</code></li>", escaped(scope))
    };
    let items: String = scopes.iter().map(item).collect();
    let body = format!(
        r#"<p>You are signed in as <strong>{}</strong>.</p>
<p><strong>{}</strong> asks to use <strong>{}</strong> in your name:</p>
<ul>{items}</ul>
{}
<div class="buttons"><button name="decision" value="allow">Accept</button>
<button name="decision" value="deny" class="quiet">Cancel</button></div>
</form>"#,
        escaped(session.user.principal_name),
        escaped(client_name(service, request)),
        escaped(resource.map_or("an API", |resource| resource.name)),
        form(service, number, request),
    );
    shown(StatusCode::OK, "Permissions requested", &body, redirect_uri(request))
}

/// Whether it was they who began this on another device: who was sent a code by somebody else says no here.
pub(super) fn confirm(service: &Service, number: &str, request: &Request, session: &Session) -> Response {
    let body = format!(
        r#"<p>You are signed in as <strong>{}</strong>.</p>
<p>Are you trying to sign in to <strong>{}</strong> on another device? Only continue if you began this yourself.</p>
{}
<div class="buttons"><button name="decision" value="allow">Continue</button>
<button name="decision" value="deny" class="quiet">Cancel</button></div>
</form>"#,
        escaped(session.user.principal_name),
        escaped(client_name(service, request)),
        form(service, number, request),
    );
    shown(StatusCode::OK, "Continue?", &body, None)
}

/// Where a code from another device is typed in.
pub(super) fn device_code(service: &Service, csrf: &str, typed: Option<&str>, error: Option<&str>) -> Response {
    let error = error.map(|text| format!(r#"<p class="error" role="alert" id="error">{text}</p>"#));
    let described = if error.is_some() { r#" aria-describedby="error" aria-invalid="true""# } else { "" };
    let body = format!(
        r#"<p>Enter the code that is shown on your app or device.</p>{}
<form method="post" action="{}/common/oauth2/deviceauth"><input type="hidden" name="csrf" value="{}">
<label for="otc">Code</label>
<input id="otc" name="otc" maxlength="20" autocomplete="one-time-code" value="{}" required autofocus{described}>
<div class="buttons"><button>Next</button></div>
</form>"#,
        error.as_deref().unwrap_or_default(),
        service.shared.authority,
        escaped(csrf),
        escaped(typed.unwrap_or_default()),
    );
    shown(StatusCode::OK, "Enter code", &body, None)
}

pub(super) fn device_done(is_allowed: bool) -> Response {
    let (title, text) = if is_allowed {
        ("You have signed in", "<p>You can close this page, and go back to your device.</p>")
    } else {
        ("Cancelled", "<p>Nothing was allowed. You can close this page.</p>")
    };
    shown(StatusCode::OK, title, text, None)
}

/// The parameters as a form that leads to the client. A real page sends it by script; here a person does.
pub(super) fn form_post(redirect_uri: &str, parameters: &[(&str, &str)]) -> Response {
    let field = |(name, value): &(&str, &str)| {
        format!(r#"<input type="hidden" name="{}" value="{}">"#, escaped(name), escaped(value))
    };
    let fields: String = parameters.iter().map(field).collect();
    let body = format!(
        r#"<form method="post" action="{}">{fields}<div class="buttons"><button>Continue</button></div></form>"#,
        escaped(redirect_uri)
    );
    shown(StatusCode::OK, "Back to the app", &body, Some(redirect_uri))
}

pub(super) fn signed_out() -> Response {
    shown(StatusCode::OK, "Signed out", "<p>You can close this page.</p>", None)
}

/// What only the person may hear, because it is not known where the client is.
pub(super) fn refused(error: &Traced) -> Response {
    let body =
        format!("<p>Sorry, but we're having trouble signing you in.</p><p>{}</p>", escaped(&error.description()));
    shown(StatusCode::BAD_REQUEST, "Sign in", &body, None)
}

/// `/error?code=...`: where `error_uri` leads.
pub(super) async fn error_code(RawQuery(query): RawQuery) -> Response {
    let code = Parameters::read(query.unwrap_or_default().as_bytes()).ok().and_then(|mut query| query.take("code"));
    let code = code.and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    let body = format!(
        r#"<p>What the real one means by <code>AADSTS{code}</code>:
<a href="https://login.microsoftonline.com/error?code={code}">Microsoft's own page</a>.</p>"#
    );
    shown(StatusCode::OK, "Error code", &body, None)
}

pub(super) fn over() -> Response {
    let text = "<p>It was answered before, has expired, or began in another browser. Go back to your app and start \
                again.</p>";
    shown(StatusCode::GONE, "This request is over", text, None)
}

pub(super) fn foreign() -> Response {
    let text = "<p>This form was sent by another page, or is out of date. Go back to your app and start again.</p>";
    shown(StatusCode::FORBIDDEN, "Not from here", text, None)
}

pub(super) fn set_cookie(response: &mut Response, cookie: Option<String>) {
    if let Some(value) = cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}

/// The beginning of a form, with what ties it to its request.
fn form(service: &Service, number: &str, request: &Request) -> String {
    format!(
        r#"<form method="post" action="{}/common/login">
<input type="hidden" name="request" value="{}"><input type="hidden" name="csrf" value="{}">"#,
        service.shared.authority,
        escaped(number),
        escaped(&request.csrf),
    )
}

fn client_name<'a>(service: &'a Service, request: &Request) -> &'a str {
    service.shared.directory.by_id(request.client).map_or("an app", |app| app.name)
}

fn redirect_uri(request: &Request) -> Option<&str> {
    match &request.back {
        Back::Client(reply) => Some(&reply.redirect_uri),
        Back::Device(_) => None,
    }
}

fn shown(status: StatusCode, title: &str, body: &str, answer_to: Option<&str>) -> Response {
    page(status, title, &format!("{body}{NOTICE}"), answer_to)
}
