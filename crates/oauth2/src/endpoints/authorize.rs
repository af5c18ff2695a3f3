//! The pages that a person sees: the request comes in, somebody signs in, and decides.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use mcp_support::web::{Parameters, page};

use super::{BROWSER, CONSENT_PATH, SIGN_IN_PATH, html};
use crate::authorization::{
    AuthorizationServer, ErrorCode, OAuthError,
    requests::{Asked, Opened, Refused},
    secret,
};

/// (3) A client sends a browser here.
pub(super) async fn begin(
    State(server): State<AuthorizationServer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let mut query = match Parameters::read(query.unwrap_or_default().as_bytes()) {
        Ok(query) => query,
        Err(error) => return refused(&error.into()),
    };
    let asked = Asked {
        client_id: query.take("client_id"),
        redirect_uri: query.take("redirect_uri"),
        response_type: query.take("response_type"),
        state: query.take("state"),
        scope: query.take("scope"),
        resource: query.take("resource"),
        code_challenge: query.take("code_challenge"),
        code_challenge_method: query.take("code_challenge_method"),
        dpop_jkt: query.take("dpop_jkt"),
    };
    let is_https = is_https(&server);
    let browser = BROWSER.read(&headers, is_https).unwrap_or_else(secret::random);
    match server.ask(asked, &browser).await {
        Ok(number) => {
            let to = format!("{SIGN_IN_PATH}?request={number}");
            (StatusCode::SEE_OTHER, see_other(to), [(header::SET_COOKIE, BROWSER.write(&browser, is_https))])
                .into_response()
        }
        Err(Refused::ToClient(redirect)) => (StatusCode::SEE_OTHER, see_other(redirect)).into_response(),
        Err(Refused::ToPerson(error)) => refused(&error),
    }
}

pub(super) async fn sign_in_page(
    State(server): State<AuthorizationServer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    match opened(&server, &headers, query).await {
        Ok((number, Opened { user: Some(_), .. }, _)) => to_consent(&number, None),
        Ok((number, opened, _)) => {
            page(StatusCode::OK, "Sign in", &html::sign_in(&number, &opened, SIGN_IN_PATH, None), None)
        }
        Err(response) => *response,
    }
}

pub(super) async fn sign_in(State(server): State<AuthorizationServer>, headers: HeaderMap, body: Bytes) -> Response {
    let (mut sent, opened) = match submitted(&server, &headers, &body).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let name = sent.form.take("username").unwrap_or_default();
    let password = sent.form.take("password").unwrap_or_default();
    let Some(opened) = opened else {
        // The second click of a double click.
        return match server.sign_in_again(&sent.number, &sent.browser, &sent.csrf, &name, password).await {
            Ok(Some(cookie)) => to_consent(&sent.number, Some(BROWSER.write(&cookie, is_https(&server)))),
            _ => over(),
        };
    };
    match server.sign_in(&sent.number, &sent.browser, &name, password).await {
        Ok(cookie) => to_consent(&sent.number, Some(BROWSER.write(&cookie, is_https(&server)))),
        Err(error) => {
            let status = match error.code {
                ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::ServerError => return refused(&error),
                _ => StatusCode::UNAUTHORIZED,
            };
            let failed = html::Failed { name: &name, why: &error.description };
            let body = html::sign_in(&sent.number, &opened, SIGN_IN_PATH, Some(&failed));
            page(status, "Sign in", &body, None)
        }
    }
}

/// (4) Spec(2026-07-28, security best practices): consent for each client, every time, so that nobody is led through a
/// decision that was made for another client (confused deputy).
pub(super) async fn consent_page(
    State(server): State<AuthorizationServer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    match opened(&server, &headers, query).await {
        Ok((number, Opened { user: None, .. }, _)) => {
            (StatusCode::SEE_OTHER, see_other(format!("{SIGN_IN_PATH}?request={number}"))).into_response()
        }
        Ok((number, opened, _)) => {
            let body = html::consent(&number, &opened, CONSENT_PATH);
            page(StatusCode::OK, "Allow access?", &body, Some(&opened.request.redirect_uri))
        }
        Err(response) => *response,
    }
}

pub(super) async fn consent(State(server): State<AuthorizationServer>, headers: HeaderMap, body: Bytes) -> Response {
    let (mut sent, opened) = match submitted(&server, &headers, &body).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let allow = sent.form.take("decision").as_deref() == Some("allow");
    let decided = match opened {
        Some(_) => server.decide(&sent.number, &sent.browser, allow).await,
        // The second click of a double click.
        None => Ok(server.decided(&sent.number, &sent.browser, &sent.csrf, allow)),
    };
    match decided {
        Ok(Some(redirect)) => (StatusCode::SEE_OTHER, see_other(redirect)).into_response(),
        Ok(None) => over(),
        Err(error) => refused(&error),
    }
}

/// The request of a page, and the browser that opens it.
async fn opened(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    query: Option<String>,
) -> Result<(String, Opened, String), Box<Response>> {
    let mut query =
        Parameters::read(query.unwrap_or_default().as_bytes()).map_err(|error| Box::new(refused(&error.into())))?;
    let number = query.take("request").ok_or_else(|| Box::new(over()))?;
    let browser = BROWSER.read(headers, is_https(server)).ok_or_else(|| Box::new(over()))?;
    match server.open(&number, &browser).await {
        Ok(Some(opened)) => Ok((number, opened, browser)),
        Ok(None) => Err(Box::new(over())),
        Err(error) => Err(Box::new(refused(&error))),
    }
}

/// A form as a browser has sent it.
struct Sent {
    number: String,
    browser: String,
    csrf: String,
    form: Parameters,
}

/// A form, which has to come from our own page, and its request, unless that is over.
async fn submitted(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Sent, Option<Opened>), Box<Response>> {
    // A browser says where a form comes from. Other sites, and frames without an origin, are not us.
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    if origin.is_some_and(|origin| origin != server.issuer()) {
        return Err(Box::new(foreign()));
    }
    let mut form = Parameters::read(body).map_err(|error| Box::new(refused(&error.into())))?;
    let number = form.take("request").ok_or_else(|| Box::new(over()))?;
    let browser = BROWSER.read(headers, is_https(server)).ok_or_else(|| Box::new(over()))?;
    let csrf = form.take("csrf").unwrap_or_default();
    let opened = server.open(&number, &browser).await.map_err(|error| Box::new(refused(&error)))?;
    if opened.as_ref().is_some_and(|opened| !opened.is_own_form(&csrf)) {
        return Err(Box::new(foreign()));
    }
    Ok((Sent { number, browser, csrf, form }, opened))
}

fn is_https(server: &AuthorizationServer) -> bool {
    server.issuer().starts_with("https://")
}

fn see_other(to: String) -> [(header::HeaderName, String); 3] {
    // The address of the answer holds a code, so that no page may tell it to the next.
    [
        (header::LOCATION, to),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ]
}

fn to_consent(number: &str, cookie: Option<String>) -> Response {
    let mut response = (StatusCode::SEE_OTHER, see_other(format!("{CONSENT_PATH}?request={number}"))).into_response();
    if let Some(value) = cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn refused(error: &OAuthError) -> Response {
    let status = match error.code {
        ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let text = format!(
        "<p>The app that sent you here asked for something that cannot be done, so nothing was sent back to it.</p>\
         <p class=\"note\">{}</p>",
        html::sentence(&error.description)
    );
    page(status, "This cannot be done", &text, None)
}

fn over() -> Response {
    let text = "<p>It was decided before, has expired, or began in another browser. Go back to your app and start \
                again.</p>";
    page(StatusCode::GONE, "This request is over", text, None)
}

fn foreign() -> Response {
    let text = "<p>This form was sent by another page, or is out of date. Go back to your app and start again.</p>";
    page(StatusCode::FORBIDDEN, "Not from here", text, None)
}
