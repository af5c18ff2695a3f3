//! What an operator can set.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use mcp_support::cli::UsageError;
use secrecy::SecretString;
use url::Url;

use crate::feed::{FIRST_SEED, MAX_FEEDS};

/// Flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder that sessions are kept in; without it they end with the server
    #[arg(long, env = "REALTIME_SEARCH_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// A session ends this long after its last use
    #[arg(long, env = "REALTIME_SEARCH_SESSION_MINUTES", global = true, default_value_t = 24 * 60,
          value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=60 * 24 * 90))]
    pub session_minutes: u64,

    /// The lesson's own feed publishes a story this often; 0 switches it off
    #[arg(long, env = "REALTIME_SEARCH_FEED_MS", global = true, default_value_t = 3000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    pub feed_ms: u64,

    /// Decides the order of its stories
    #[arg(long, env = "REALTIME_SEARCH_FEED_SEED", global = true, default_value_t = FIRST_SEED, value_name = "NUMBER")]
    pub feed_seed: u64,

    /// RSS and Atom feeds that are read too, with commas between them
    #[arg(long, env = "FEEDS", global = true, value_name = "URLS", value_delimiter = ',', value_parser = parse_feeds,
          hide_env_values = true)]
    pub feeds: Vec<Option<Url>>,

    /// They are read this often
    #[arg(long, env = "FEEDS_SECONDS", global = true, default_value_t = 300, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub feeds_seconds: u64,

    /// Hosts that feeds may be read from although their address is private, with commas between them
    #[arg(long, env = "FEEDS_ALLOW_HOSTS", global = true, value_name = "HOSTS", value_delimiter = ',')]
    pub feeds_allow_hosts: Vec<String>,

    /// A source that has not answered by then is left out of the answer
    #[arg(long, env = "REALTIME_SEARCH_SOURCE_MS", global = true, default_value_t = 3000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub source_ms: u64,

    /// Key of Brave Search, an outside source of federated_search
    #[arg(long, env = "BRAVE_API_KEY", global = true, value_name = "KEY", hide_env_values = true)]
    pub brave_key: Option<SecretString>,

    /// Key of SerpAPI, an outside source of federated_search
    #[arg(long, env = "SERPAPI_KEY", global = true, value_name = "KEY", hide_env_values = true)]
    pub serpapi_key: Option<SecretString>,

    /// Key of Tavily, an outside source of federated_search
    #[arg(long, env = "TAVILY_API_KEY", global = true, value_name = "KEY", hide_env_values = true)]
    pub tavily_key: Option<SecretString>,

    /// A SearXNG server, an outside source of federated_search
    #[arg(long, env = "SEARXNG_URL", global = true, value_name = "URL", value_parser = parse_feed)]
    pub searxng_url: Option<Url>,
}

/// A variable that is set to nothing names no feed.
fn parse_feeds(text: &str) -> Result<Option<Url>, String> {
    if text.trim().is_empty() { Ok(None) } else { parse_feed(text).map(Some) }
}

fn parse_feed(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("expected an http: or https: URL".to_owned()),
    }
}

impl Settings {
    /// Checks what one value alone does not show.
    ///
    /// # Errors
    /// Too many feeds.
    pub fn check(&self) -> Result<(), UsageError> {
        match self.feeds().len() {
            0..=MAX_FEEDS => Ok(()),
            many => Err(UsageError(format!("at most {MAX_FEEDS} feeds can be read, not {many}"))),
        }
    }

    /// The feeds that are named.
    pub fn feeds(&self) -> Vec<Url> {
        self.feeds.iter().flatten().cloned().collect()
    }

    /// How long a source may take.
    pub fn source_deadline(&self) -> Duration {
        Duration::from_millis(self.source_ms)
    }

    /// How long a session lives after its last use, in seconds.
    pub fn session_seconds(&self) -> i64 {
        i64::try_from(self.session_minutes * 60).unwrap_or(i64::MAX)
    }
}
