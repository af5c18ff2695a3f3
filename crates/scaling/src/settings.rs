//! What an operator can set, with the course's defaults.

use std::time::Duration;

use clap::{Args, builder::BoolishValueParser};
use http::HeaderName;
use secrecy::SecretString;

use crate::registry;

/// Settings of a node: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Store that all nodes of a cluster share; without it, this node is alone and keeps everything in memory
    #[arg(long, env = "REDIS_URL", global = true, value_name = "redis://HOST:PORT", hide_env_values = true)]
    pub store: Option<SecretString>,

    /// Name of this node in its cluster; a random one where none is given
    #[arg(long, env = "SCALING_NODE", global = true, value_name = "NAME", value_parser = parse_node)]
    pub node: Option<String>,

    /// Pieces of work that keep a processor busy at a time; as many as there are processors where it is not given
    #[arg(long, env = "SCALING_WORKERS", global = true, value_name = "COUNT", value_parser = count(1, 1024))]
    pub workers: Option<u64>,

    /// Pieces of work that may wait for a worker
    #[arg(long, env = "SCALING_QUEUE", global = true, default_value_t = 1000, value_name = "COUNT",
          value_parser = count(0, 1_000_000))]
    pub queue: u64,

    /// Largest request body, in bytes
    #[arg(long, env = "SCALING_BODY_BYTES", global = true, default_value_t = 1024 * 1024, value_name = "BYTES",
          value_parser = count(1024, 64 * 1024 * 1024))]
    pub body_bytes: u64,

    /// Calls that are let in at a time; one more is turned away with 503
    #[arg(long, env = "SCALING_CALLS", global = true, default_value_t = 100, value_name = "COUNT",
          value_parser = count(1, 100_000))]
    pub calls: u64,

    /// Let in fewer calls when they take longer than this; 0 keeps the limit where it is
    #[arg(long, env = "SCALING_TARGET_MS", global = true, default_value_t = 0, value_name = "MILLISECONDS",
          value_parser = count(0, 600_000))]
    pub target_ms: u64,

    /// A call ends in an error after this long
    #[arg(long, env = "SCALING_DEADLINE_MS", global = true, default_value_t = 5000, value_name = "MILLISECONDS",
          value_parser = count(100, 600_000))]
    pub deadline_ms: u64,

    /// How long cached values are kept, give or take a tenth; 0 computes every time
    #[arg(long, env = "SCALING_CACHE_MINUTES", global = true, default_value_t = 60, value_name = "MINUTES",
          value_parser = count(0, 7 * 24 * 60))]
    pub cache_minutes: u64,

    /// Sessions of 2025-11-25 at a time; one more ends the one that was used longest ago
    #[arg(long, env = "SCALING_SESSIONS", global = true, default_value_t = 1024, value_name = "COUNT",
          value_parser = count(1, 1_000_000))]
    pub sessions: u64,

    /// A session of 2025-11-25 ends after this much silence
    #[arg(long, env = "SCALING_SESSION_IDLE_SECONDS", global = true, default_value_t = 900, value_name = "SECONDS",
          value_parser = count(1, 24 * 3600))]
    pub session_idle_seconds: u64,

    /// Header that names the tenant of a call, set by a gateway that has checked who calls; without it, all calls are one
    /// tenant's
    #[arg(long, env = "SCALING_TENANT_HEADER", global = true, value_name = "NAME")]
    pub tenant_header: Option<HeaderName>,

    /// Calls a second that each tenant has in the whole cluster; one more is 429. 0 is no limit
    #[arg(long, env = "SCALING_TENANT_RATE", global = true, default_value_t = 0, value_name = "COUNT",
          value_parser = count(0, 1_000_000))]
    pub tenant_rate: u64,

    /// Tenant that may drain nodes, besides a caller on a node that knows no tenants
    #[arg(long, env = "SCALING_ADMIN", global = true, value_name = "TENANT")]
    pub admin: Option<String>,

    /// How long a node that was told to end goes on answering, so that balancers notice first
    #[arg(long, env = "SCALING_NOTICE_MS", global = true, default_value_t = 600, value_name = "MILLISECONDS",
          value_parser = count(0, 60_000))]
    pub notice_ms: u64,

    /// Answer every call with an event stream
    #[arg(long, env = "SCALING_STREAMED", global = true, value_parser = BoolishValueParser::new())]
    pub streamed: bool,
}

fn count(least: u64, most: u64) -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(least..=most)
}

fn parse_node(text: &str) -> Result<String, String> {
    if registry::is_node_name(text) {
        return Ok(text.to_owned());
    }
    Err("expected 1 to 64 letters, digits, '-', '_' or '.'".to_owned())
}

impl Settings {
    /// The workers that were asked for, or one for each processor.
    pub fn workers(&self) -> usize {
        match self.workers {
            Some(workers) => usize::try_from(workers).unwrap_or(1),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// How long a call may take.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}
