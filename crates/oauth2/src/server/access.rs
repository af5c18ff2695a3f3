//! Which scope each tool needs, and how tokens are checked: the settings of the resource server.

use mcp_support::auth::{Dpop, ResourceServer, ResourceServerSettings, ScopePolicy, TrustedIssuer};
use url::Url;

use crate::scope::Scope;

/// The tools and the scope that each needs besides [`Scope::Access`].
pub const TOOLS: [(&str, Scope); 6] = [
    ("hello", Scope::Access),
    ("whoami", Scope::Read),
    ("list_notes", Scope::Read),
    ("read_note", Scope::Read),
    ("create_note", Scope::Write),
    ("delete_note", Scope::Admin),
];

/// (7) Lets in who holds a token of `issuer` for `resource`.
///
/// # Errors
/// One of the two is neither https nor on this machine.
pub fn resource_server(resource: Url, issuer: &str, dpop: Dpop) -> anyhow::Result<ResourceServer> {
    let mut settings = ResourceServerSettings::new(resource, vec![TrustedIssuer::discovered(issuer)]);
    // Spec(2026-07-28, authorization): the fewest that are of use; a challenge asks for more when more is needed.
    settings.scopes_supported = vec![Scope::Access.as_str().to_owned(), Scope::Read.as_str().to_owned()];
    let policy = ScopePolicy::new().every_request([Scope::Access.as_str()]);
    settings.scopes = TOOLS.iter().fold(policy, |policy, (tool, scope)| policy.tool(tool, [scope.as_str()]));
    settings.dpop = dpop;
    Ok(ResourceServer::new(settings)?)
}

/// What the caller on stdio may do, who started the process: everything.
pub(super) fn all_scopes() -> Vec<String> {
    Scope::ALL.map(|scope| scope.as_str().to_owned()).into()
}
