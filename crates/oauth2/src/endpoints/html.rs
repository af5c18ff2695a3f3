//! What the pages hold: two forms.

use mcp_support::web::escaped;

use crate::authorization::{redirect, requests::Opened};

/// An attempt to sign in that has failed.
pub(super) struct Failed<'a> {
    /// The name, which is not asked for again.
    pub(super) name: &'a str,
    /// What was wrong.
    pub(super) why: &'a str,
}

/// The form in which somebody signs in.
pub(super) fn sign_in(number: &str, opened: &Opened, action: &str, failed: Option<&Failed<'_>>) -> String {
    let error =
        failed.map(|Failed { why, .. }| format!(r#"<p class="error" role="alert" id="error">{}</p>"#, sentence(why)));
    let described = if failed.is_some() { r#" aria-describedby="error" aria-invalid="true""# } else { "" };
    // The cursor stands where something is missing.
    let (name, at_name, at_password) = match failed {
        Some(Failed { name, .. }) if !name.is_empty() => (escaped(name), "", " autofocus"),
        _ => (String::new(), " autofocus", ""),
    };
    format!(
        r#"<p>to go on to <strong>{}</strong></p>{}
<form method="post" action="{action}">{}
<label for="username">Name</label>
<input id="username" name="username" value="{name}" maxlength="80" autocomplete="username" required{at_name}{described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" maxlength="200" autocomplete="current-password"
 required{at_password}{described}>
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
<p>The answer goes to {}.</p>
<p class="note">An app chooses its own name. If you have not just started this yourself, say no.</p>
<form method="post" action="{action}">{}
<div class="buttons"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" class="quiet">No, thanks</button></div>
</form>"#,
        escaped(opened.user.as_deref().unwrap_or_default()),
        escaped(&request.client_name),
        escaped(&request.resource),
        goal(&request.redirect_uri),
        hidden(number, opened),
    )
}

/// Where the answer goes, for somebody who has never heard of loopback addresses.
fn goal(redirect_uri: &str) -> String {
    let host = redirect::host(redirect_uri);
    let on_this_device = if redirect::is_loopback_host(&host) { ", a program on this device" } else { "" };
    format!("<strong>{}</strong>{on_this_device}", escaped(&host))
}

fn hidden(number: &str, opened: &Opened) -> String {
    format!(
        r#"<input type="hidden" name="request" value="{}"><input type="hidden" name="csrf" value="{}">"#,
        escaped(number),
        escaped(&opened.csrf)
    )
}

/// A description of an error, as people write.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{}.", escaped(&(first + letters.as_str())))
}
