//! What the pages hold: two forms.

use mcp_support::web::escaped;

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
