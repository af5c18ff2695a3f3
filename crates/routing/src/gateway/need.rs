//! What a call asks of its node: in `_meta`, in an argument that is also a header, or not at all.

use std::str::FromStr;

use mcp_support::serve::principal;
use rmcp::{
    ErrorData, RoleServer,
    model::{JsonObject, RequestMetaObject},
    service::RequestContext,
};
use serde::Deserialize;

use crate::context::{Need, Region};

/// The key in `_meta` under which a call says where it wants to go.
pub const META_KEY: &str = "com.example.routing/route";

/// What may stand there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// `us`, `eu` or `asia`.
    pub region: Option<String>,
    /// Such as `v2`, `^1.2` or `beta`.
    pub version: Option<String>,
    /// Where data has to stay.
    pub residency: Option<String>,
    /// Calls with the same key go to the same node, with consistent hashing.
    pub key: Option<String>,
}

/// Reads what a call asks for.
///
/// # Errors
/// -32602 for what is there and cannot be read: a call that asks for a place must not end in another.
pub(super) fn read(
    meta: &RequestMetaObject,
    arguments: Option<&JsonObject>,
    context: &RequestContext<RoleServer>,
) -> Result<(Need, Option<String>), ErrorData> {
    let route = match meta.0.get(META_KEY) {
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|error| invalid(format!("{META_KEY} is malformed: {error}")))?,
        None => Route::default(),
    };
    // The argument that upstreams mirror in `Mcp-Param-Region`. The SDK has compared the two (-32020).
    let argument = arguments.and_then(|arguments| arguments.get("region")?.as_str());
    let region = route.region.as_deref().or(argument).map(Region::from_str).transpose();
    let version = route.version.as_deref().map(str::parse).transpose();
    let need = Need {
        residency: route.residency,
        version: version.map_err(|error: crate::context::VersionError| invalid(error.to_string()))?.unwrap_or_default(),
        region: region.map_err(invalid)?,
        caller: principal(context),
    };
    Ok((need, route.key))
}

fn invalid(text: String) -> ErrorData {
    ErrorData::invalid_params(text, None)
}
