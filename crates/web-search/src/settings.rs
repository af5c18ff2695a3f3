//! What an operator can set. Nothing has to be set.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Who is asked, in this order (serpapi, brave, tavily, searxng, embedded): those that are set up below, or
    /// `embedded` alone if none is
    #[arg(
        long = "providers",
        env = "SEARCH_PROVIDERS",
        value_delimiter = ',',
        value_parser = parse_provider,
        global = true,
        value_name = "PROVIDERS"
    )]
    pub providers: Option<Vec<ProviderName>>,

    /// Key for SerpAPI
    #[arg(long, env = "SERPAPI_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub serpapi_key: Option<SecretString>,

    /// Where SerpAPI is
    #[arg(long, env = "SERPAPI_BASE_URL", global = true, default_value = "https://serpapi.com", value_name = "URL")]
    pub serpapi_base_url: Url,

    /// Key for Brave Search
    #[arg(long, env = "BRAVE_API_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub brave_api_key: Option<SecretString>,

    /// Where Brave Search is
    #[arg(
        long,
        env = "BRAVE_BASE_URL",
        global = true,
        default_value = "https://api.search.brave.com/res/v1",
        value_name = "URL"
    )]
    pub brave_base_url: Url,

    /// Key for Tavily
    #[arg(long, env = "TAVILY_API_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub tavily_api_key: Option<SecretString>,

    /// Where Tavily is
    #[arg(long, env = "TAVILY_BASE_URL", global = true, default_value = "https://api.tavily.com", value_name = "URL")]
    pub tavily_base_url: Url,

    /// A SearXNG server whose settings allow the format json
    #[arg(long, env = "SEARXNG_URL", global = true, value_name = "URL")]
    pub searxng_url: Option<Url>,

    /// How long one request to a provider may take
    #[arg(long, env = "WEB_SEARCH_TIMEOUT_MS", global = true, default_value_t = 5_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub timeout_ms: u64,

    /// How long one provider may take altogether, retries and waits included
    #[arg(long, env = "WEB_SEARCH_DEADLINE_MS", global = true, default_value_t = 12_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(10..=110_000))]
    pub deadline_ms: u64,

    /// How often a request is sent again that has failed for a reason which may pass
    #[arg(long, env = "WEB_SEARCH_RETRIES", global = true, default_value_t = 2, value_name = "COUNT",
          value_parser = clap::value_parser!(u8).range(0..=5))]
    pub retries: u8,

    /// About how long to wait before the first retry; twice as long before each further one
    #[arg(long, env = "WEB_SEARCH_RETRY_MS", global = true, default_value_t = 250, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub retry_ms: u64,

    /// The longest wait for a retry, for a provider's Retry-After, or for a turn
    #[arg(long, env = "WEB_SEARCH_PATIENCE_MS", global = true, default_value_t = 3_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub patience_ms: u64,

    /// Failures in a row after which a provider is left alone
    #[arg(long, env = "WEB_SEARCH_BREAKER_FAILURES", global = true, default_value_t = 5, value_name = "COUNT",
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub breaker_failures: u32,

    /// For how long it is left alone; twice as long each time that it fails again
    #[arg(long, env = "WEB_SEARCH_BREAKER_MS", global = true, default_value_t = 30_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(10..=300_000))]
    pub breaker_ms: u64,

    /// Requests a second to each outside provider
    #[arg(long, env = "WEB_SEARCH_RATE", global = true, default_value = "5", value_name = "COUNT")]
    pub rate: NonZeroU32,

    /// Requests a month to each outside provider; 0 is no limit but the provider's own
    #[arg(long, env = "WEB_SEARCH_MONTHLY_QUOTA", global = true, default_value_t = 1_000, value_name = "COUNT",
          value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    pub monthly_quota: u64,

    /// For how long an answer is as good as a new one
    #[arg(long, env = "WEB_SEARCH_CACHE_MS", global = true, default_value_t = 300_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    pub cache_ms: u64,

    /// For how long an old answer is better than none
    #[arg(long, env = "WEB_SEARCH_STALE_MS", global = true, default_value_t = 86_400_000, value_name = "MILLISECONDS",
          value_parser = clap::value_parser!(u64).range(1..=604_800_000))]
    pub stale_ms: u64,

    /// Where the index and the counts of requests are kept; a folder of this user's cache where it is not given
    #[arg(long, env = "WEB_SEARCH_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Hosts (HOST or HOST:PORT) whose pages are fetched although they are private, also over plain http
    #[arg(long, env = "WEB_SEARCH_FETCH_HOSTS", value_delimiter = ',', global = true, value_name = "HOSTS")]
    pub fetch_hosts: Vec<String>,
}

/// Who can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// SerpAPI
    Serpapi,
    /// Brave Search
    Brave,
    /// Tavily
    Tavily,
    /// A SearXNG server
    Searxng,
    /// The bundled collection
    Embedded,
}

/// A name in a list, with blanks around it or not.
fn parse_provider(text: &str) -> Result<ProviderName, String> {
    ProviderName::from_str(text.trim(), false).map_err(|_| {
        let names = ProviderName::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl Settings {
    /// Who is asked, in order.
    pub fn order(&self) -> Vec<ProviderName> {
        use ProviderName::{Brave, Embedded, Searxng, Serpapi, Tavily};
        if let Some(named) = self.providers.as_ref().filter(|named| !named.is_empty()) {
            // Who is named twice is asked once.
            let is_first = |(at, name): &(usize, &ProviderName)| !named[..*at].contains(name);
            return named.iter().enumerate().filter(is_first).map(|(_, name)| *name).collect();
        }
        let is_set = [
            (Serpapi, self.serpapi_key.is_some()),
            (Brave, self.brave_api_key.is_some()),
            (Tavily, self.tavily_api_key.is_some()),
            (Searxng, self.searxng_url.is_some()),
        ];
        let set: Vec<_> = is_set.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect();
        // Pages of a bundled collection are no answer to a question about the web, unless that is all there is.
        if set.is_empty() { vec![Embedded] } else { set }
    }

    /// Where things are kept, if there is a place for them.
    pub fn data(&self) -> Option<PathBuf> {
        self.data.clone().or_else(|| Some(user_cache()?.join(env!("CARGO_PKG_NAME"))))
    }

    /// How long one request may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// The folder for what programs of this user can make again.
fn user_cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    if cfg!(windows) {
        return variable("LOCALAPPDATA");
    }
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home?.join("Library/Caches"));
    }
    variable("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn who_is_asked() {
        use ProviderName::{Brave, Embedded, Searxng, Serpapi};
        let order = |flags: &[&str]| {
            let line = Line::try_parse_from([&["program"], flags].concat()).expect("flags");
            line.settings.order()
        };
        assert_eq!(order(&[]), [Embedded]);
        assert_eq!(order(&["--searxng-url", "http://127.0.0.1:1", "--serpapi-key", "k"]), [Serpapi, Searxng]);
        assert_eq!(order(&["--providers", "brave, embedded,brave ", "--serpapi-key", "k"]), [Brave, Embedded]);
    }
}
