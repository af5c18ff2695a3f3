//! Protected resource metadata (RFC 9728): where clients learn who issues tokens for this server.

use std::collections::BTreeSet;

use axum::{Router, routing::get};
use http::header;
use serde_json::{Value, json};
use url::Url;

use super::settings::{DpopPolicy, ResourceServerSettings};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// A resource as it is written in metadata and tokens.
/// Spec(2026-07-28, authorization): without the trailing slash that URL parsers add to an empty path.
pub(super) fn canonical(resource: &Url) -> String {
    match resource.path() {
        "/" => resource.as_str().trim_end_matches('/').to_owned(),
        _ => resource.to_string(),
    }
}

/// Where this resource's metadata is (RFC 9728, section 3.1: the path comes after the well-known one).
pub(super) fn address(resource: &Url) -> String {
    let mut address = resource.clone();
    address.set_path(&format!("{WELL_KNOWN}{}", resource.path().trim_end_matches('/')));
    address.to_string()
}

fn document(settings: &ResourceServerSettings) -> Value {
    let issuers = settings.issuers.iter().map(|issuer| issuer.issuer.clone());
    let servers = match &settings.authorization_servers {
        servers if servers.is_empty() => issuers.collect(),
        servers => servers.clone(),
    };
    let mut document = json!({
        "resource": canonical(&settings.resource),
        "authorization_servers": servers,
        "bearer_methods_supported": ["header"],
    });
    if !settings.scopes_supported.is_empty() {
        let prefixed = settings.scopes_supported.iter().map(|scope| format!("{}{scope}", settings.scope_prefix));
        document["scopes_supported"] = prefixed.collect();
    }
    if settings.dpop.policy != DpopPolicy::Off {
        document["dpop_signing_alg_values_supported"] =
            settings.algorithms.iter().map(|algorithm| algorithm.name()).collect();
        document["dpop_bound_access_tokens_required"] = (settings.dpop.policy == DpopPolicy::Required).into();
    }
    document
}

/// The document at the root, and at the paths of the endpoint as it is here and as clients see it.
pub(super) fn routes(settings: &ResourceServerSettings) -> Router {
    let document = document(settings).to_string();
    let seen = settings.resource.path().trim_end_matches('/');
    let paths: BTreeSet<String> = ["", "/mcp", seen].iter().map(|path| format!("{WELL_KNOWN}{path}")).collect();
    paths.into_iter().filter(|path| is_plain(path)).fold(Router::new(), |router, path| {
        let document = document.clone();
        let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
        router.route(&path, get(move || async move { (headers, document) }))
    })
}

/// Whether the router takes a path literally.
fn is_plain(path: &str) -> bool {
    !path.contains(['{', '}']) && !path.split('/').any(|segment| segment.starts_with([':', '*']))
}
