//! `routes.toml`: which servers are mounted, and how calls are spread over them.

mod check;

use std::{path::Path, time::Duration};

use semver::Version;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{content::Category, context::Region, health::BreakerSettings, strategy::Strategy};

/// Longest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// What holds for all mounts.
    #[serde(default)]
    pub gateway: GatewaySettings,
    /// The mounted servers.
    #[serde(rename = "mount")]
    pub mounts: Vec<Mount>,
    /// Of the text: the same for the same routes.
    #[serde(skip)]
    pub(super) digest: String,
}

/// What holds for all mounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewaySettings {
    /// How nodes are chosen where a mount does not say. Default: `latency`.
    pub strategy: Strategy,
    /// Seconds that one attempt may take without an answer or progress. Default: 30.
    pub attempt_seconds: f64,
    /// Attempts of a call that may be repeated, the first included. Default: 3.
    pub attempts: u32,
    /// Milliseconds after which a call that may be repeated is sent to a second node too, and the first answer counts; 0
    /// for never. Default: 0.
    pub hedge_millis: u64,
    /// Seconds between probes of a node. Default: 5.
    pub probe_seconds: f64,
    /// When nodes are given up.
    pub breaker: BreakerSettings,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            attempt_seconds: 30.0,
            attempts: 3,
            hedge_millis: 0,
            probe_seconds: 5.0,
            breaker: BreakerSettings::default(),
        }
    }
}

impl GatewaySettings {
    /// Time for one attempt.
    pub fn attempt(&self) -> Duration {
        Duration::from_secs_f64(self.attempt_seconds)
    }

    /// When a second node is asked too, if ever.
    pub fn hedge(&self) -> Option<Duration> {
        (self.hedge_millis > 0).then(|| Duration::from_millis(self.hedge_millis))
    }

    /// Time between probes.
    pub fn probe(&self) -> Duration {
        Duration::from_secs_f64(self.probe_seconds)
    }
}

/// A server, by however many nodes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// What its tools, prompts and resources begin with: lower-case letters, digits and dashes.
    pub name: String,
    /// Whether names and URIs stay as they are, without the mount before them: for one mount at most, such as a server that
    /// was there before the gateway. Default: false.
    #[serde(default)]
    pub bare: bool,
    /// Which texts `route_request` sends to it.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// The tool that gets the text of `route_request`, and its argument for it, such as `search_documents` and `query`.
    pub text_tool: Option<String>,
    /// The argument of that tool that takes the text.
    pub text_argument: Option<String>,
    /// How nodes are chosen, instead of the gateway's way.
    pub strategy: Option<Strategy>,
    /// Its nodes.
    #[serde(rename = "node")]
    pub nodes: Vec<NodeSettings>,
}

/// A node: one running server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSettings {
    /// Its id, unique in the gateway.
    pub id: String,
    /// The program and its arguments, for a server on stdio. The gateway's own program is `{self}`.
    #[serde(default)]
    pub command: Vec<String>,
    /// The URL, for a server on HTTP.
    pub url: Option<Url>,
    /// Which revision it speaks. Default: whichever it can.
    #[serde(default)]
    pub revision: Speaks,
    /// Where it runs.
    #[serde(default = "here")]
    pub region: Region,
    /// Where the data that it sees stays.
    pub residency: Option<String>,
    /// The version of its tools.
    #[serde(default = "first")]
    pub version: Version,
    /// What is said to those who still use it.
    pub deprecated: Option<String>,
    /// Which share of callers gets it although nobody asks for its version, in percent.
    pub canary_percent: Option<u8>,
    /// Its share of calls. Default: 1.
    #[serde(default = "one")]
    pub weight: u32,
    /// Calls that it gets at a time. Default: 64.
    #[serde(default = "many")]
    pub max_in_flight: usize,
}

/// Which revision a node speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Speaks {
    /// Asked with `server/discover`, and with `initialize` if that is not understood.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// A handshake, and a session over HTTP.
    #[serde(rename = "2025-11-25")]
    Legacy,
    /// `_meta` in each request.
    #[serde(rename = "2026-07-28")]
    Modern,
}

fn here() -> Region {
    Region::Us
}

fn first() -> Version {
    Version::new(1, 0, 0)
}

fn one() -> u32 {
    1
}

fn many() -> usize {
    64
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RoutesError {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(String, String),
    /// It is no TOML, or has other fields.
    #[error("{0}")]
    Parse(String),
    /// It says something that cannot be.
    #[error("{0}")]
    Invalid(String),
}

impl Routes {
    /// Reads a file.
    ///
    /// # Errors
    /// [`RoutesError`].
    pub fn read(path: &Path) -> Result<Self, RoutesError> {
        let unreadable = |why: &str| RoutesError::Read(path.display().to_string(), why.to_owned());
        let about = std::fs::metadata(path).map_err(|error| unreadable(&error.to_string()))?;
        if !about.is_file() {
            return Err(unreadable("it is no file"));
        }
        let size = about.len();
        if size > MAX_FILE {
            return Err(unreadable("it is longer than 1 MiB"));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(|error| unreadable(&error.to_string()))?)
    }

    /// Reads text.
    ///
    /// # Errors
    /// [`RoutesError`].
    pub fn parse(text: &str) -> Result<Self, RoutesError> {
        let mut routes: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            RoutesError::Parse(format!("{place}{}", error.message()))
        })?;
        routes.check().map_err(RoutesError::Invalid)?;
        routes.digest = Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(routes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_both_kinds_of_nodes() {
        let routes = Routes::parse(
            "[gateway]\nstrategy = \"round_robin\"\n[[mount]]\nname = \"weather\"\n[[mount.node]]\nid = \"weather-us\"\n\
             command = [\"{self}\", \"upstream\", \"weather\"]\n[[mount.node]]\nid = \"weather-eu\"\nregion = \"eu\"\n\
             url = \"http://127.0.0.1:8001/mcp\"\nrevision = \"2025-11-25\"\nversion = \"2.0.0-beta.1\"\n",
        )
        .expect("routes");
        assert_eq!(routes.gateway.strategy, Strategy::RoundRobin);
        let nodes = &routes.mounts[0].nodes;
        assert_eq!((nodes[0].weight, nodes[1].region, nodes[1].revision), (1, Region::Eu, Speaks::Legacy));
    }
}
