//! The one cookie: a random name for a browser.

use axum::http::{HeaderMap, header};

use super::super::sessions::BROWSER_SECONDS;

/// Over https the prefix keeps other hosts of the same domain from planting one; over http there is no such prefix.
fn name(is_https: bool) -> &'static str {
    if is_https { "__Host-stand-in" } else { "stand-in" }
}

/// What the browser sent.
pub(super) fn read(headers: &HeaderMap, is_https: bool) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let own = pairs.filter(|(found, _)| *found == name(is_https)).map(|(_, value)| value);
    own.filter(|value| value.len() == 43).map(str::to_owned).next()
}

/// `Lax`, because the first request comes from a link on another site; forms are protected by their own token.
pub(super) fn write(value: &str, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={BROWSER_SECONDS}; HttpOnly; SameSite=Lax{secure}", name(is_https))
}
