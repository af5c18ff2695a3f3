//! (2) What a call asks of its node: in `_meta`, in an argument that is also a header, or not at all.

use std::str::FromStr;

use rmcp::{
    ErrorData,
    model::{JsonObject, RequestMetaObject},
};
use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

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

/// What stands under the key, to be read.
pub(super) fn in_meta(meta: &RequestMetaObject) -> Option<Box<RawValue>> {
    // A value that was read can be written.
    meta.0.get(META_KEY).and_then(|route| serde_json::value::to_raw_value(route).ok())
}

/// Reads what a call asks for.
///
/// # Errors
/// -32602 for what is there and cannot be read: a call that asks for a place must not end in another.
pub(super) fn read(
    route: Option<&RawValue>,
    arguments: Option<&JsonObject>,
    caller: String,
) -> Result<(Need, Option<String>), ErrorData> {
    let route = route.map(|route| Route::read(route.get())).transpose();
    let route = route.map_err(|error| invalid(format!("{META_KEY} is malformed: {error}")))?.unwrap_or_default();
    // The argument that upstreams mirror in `Mcp-Param-Region`. The SDK has compared the two (-32020).
    let argument = arguments.and_then(|arguments| arguments.get("region")?.as_str());
    let region = route.region.as_deref().or(argument).map(Region::from_str).transpose();
    let version = route.version.as_deref().map(str::parse).transpose();
    let need = Need {
        residency: route.residency,
        version: version.map_err(|error: crate::context::VersionError| invalid(error.to_string()))?.unwrap_or_default(),
        region: region.map_err(invalid)?,
        caller,
    };
    Ok((need, route.key))
}

/// Longest text under the key, in bytes: as what `route_explain` takes.
const MAX_KEY: usize = 200;
const MAX_RESIDENCY: usize = 40;
const MAX_VERSION: usize = 100;
const MAX_REGION: usize = 10;

impl Route {
    fn read(text: &str) -> serde_json::Result<Self> {
        let route: Self = serde_json::from_str(text)?;
        for (name, value, most) in [
            ("region", &route.region, MAX_REGION),
            ("version", &route.version, MAX_VERSION),
            ("residency", &route.residency, MAX_RESIDENCY),
            ("key", &route.key, MAX_KEY),
        ] {
            if value.as_ref().is_some_and(|value| value.len() > most) {
                return Err(serde_json::Error::custom(format!("{name} is longer than {most} bytes")));
            }
        }
        Ok(route)
    }
}

fn invalid(text: String) -> ErrorData {
    ErrorData::invalid_params(text, None)
}
