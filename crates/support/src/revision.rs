//! Which revision does this request speak? Both live on the same pipe and the same URL, so the question is asked per
//! request, never per process.

use rmcp::{RoleServer, model::ProtocolVersion, service::RequestContext};

/// True for 2026-07-28 and later: no handshake, no session, `_meta` on each request.
pub fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version_is_modern(&version))
}

/// True for 2026-07-28 and later. Versions are ISO dates, which compare as text.
pub fn version_is_modern(version: &ProtocolVersion) -> bool {
    version.as_str() >= ProtocolVersion::V_2026_07_28.as_str()
}
