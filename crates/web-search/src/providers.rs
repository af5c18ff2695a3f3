//! From settings to providers, each with its guard.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use mcp_support::{
    cli::UsageError,
    clock::Clock,
    search::{
        index::IndexError,
        provider::{Brave, ProviderSettings, SearchProvider, Searxng, SerpApi, SetupError, Tavily},
    },
};
use secrecy::SecretString;
use url::Url;

use crate::{
    embedded::Embedded,
    resilience::{Breaker, Guarded, Ledger, Patience, Search},
    settings::{ProviderName, Settings},
};

/// All that is set, in its order, and the bundled collection if it is among them. Blocks while that is opened.
///
/// # Errors
/// A provider is named that is not set up, or cannot be.
pub fn open(settings: &Settings, clock: &Clock) -> anyhow::Result<(Search, Option<Embedded>)> {
    let (data, mut embedded) = (settings.data(), None);
    let mut guarded = Vec::new();
    for name in settings.order() {
        let provider: Arc<dyn SearchProvider> = match name {
            ProviderName::Embedded => {
                let opened = open_embedded(data.as_deref())?;
                embedded = Some(opened.clone());
                Arc::new(opened)
            }
            outside => client(outside, settings, clock)?,
        };
        guarded.push(guard(provider, name, settings, data.as_deref(), clock)?);
    }
    let (fresh, stale) = (Duration::from_millis(settings.cache_ms), Duration::from_millis(settings.stale_ms));
    Ok((Search::new(guarded, fresh, stale, clock.clone()), embedded))
}

fn guard(
    provider: Arc<dyn SearchProvider>,
    name: ProviderName,
    settings: &Settings,
    data: Option<&Path>,
    clock: &Clock,
) -> anyhow::Result<Guarded> {
    let patience = Patience {
        retries: settings.retries.into(),
        first_wait: Duration::from_millis(settings.retry_ms),
        longest_wait: Duration::from_millis(settings.patience_ms),
        deadline: Duration::from_millis(settings.deadline_ms),
    };
    let called = provider.name();
    let breaker = Breaker::new(called, settings.breaker_failures, Duration::from_millis(settings.breaker_ms));
    let mut guarded = Guarded::new(provider, breaker, patience);
    if name == ProviderName::Embedded {
        return Ok(guarded);
    }
    guarded = guarded.with_rate(settings.rate);
    if settings.monthly_quota > 0 {
        let data = data.context("the quota cannot be counted: set WEB_SEARCH_DATA, or WEB_SEARCH_MONTHLY_QUOTA=0")?;
        let folder = data.join("quota");
        let ledger = Ledger::open(&folder, called, settings.monthly_quota, clock.clone());
        guarded = guarded.with_ledger(ledger.with_context(|| format!("cannot use the folder {}", folder.display()))?);
    }
    Ok(guarded)
}

fn client(name: ProviderName, settings: &Settings, clock: &Clock) -> Result<Arc<dyn SearchProvider>, UsageError> {
    let set = |base_url: &Url, key: Option<&SecretString>| ProviderSettings {
        base_url: base_url.clone(),
        key: key.cloned(),
        timeout: settings.timeout(),
        clock: clock.clone(),
    };
    let missing = |variable: &str| UsageError(format!("SEARCH_PROVIDERS names {name:?}, but {variable} is not set"));
    let wrong = |error: SetupError| UsageError(error.to_string());
    Ok(match name {
        ProviderName::Serpapi => {
            let key = settings.serpapi_key.as_ref().ok_or_else(|| missing("SERPAPI_KEY"))?;
            Arc::new(SerpApi::new(set(&settings.serpapi_base_url, Some(key))).map_err(wrong)?)
        }
        ProviderName::Brave => {
            let key = settings.brave_api_key.as_ref().ok_or_else(|| missing("BRAVE_API_KEY"))?;
            Arc::new(Brave::new(set(&settings.brave_base_url, Some(key))).map_err(wrong)?)
        }
        ProviderName::Tavily => {
            let key = settings.tavily_api_key.as_ref().ok_or_else(|| missing("TAVILY_API_KEY"))?;
            Arc::new(Tavily::new(set(&settings.tavily_base_url, Some(key))).map_err(wrong)?)
        }
        ProviderName::Searxng => {
            let url = settings.searxng_url.as_ref().ok_or_else(|| missing("SEARXNG_URL"))?;
            Arc::new(Searxng::new(set(url, None)).map_err(wrong)?)
        }
        ProviderName::Embedded => return Err(UsageError("the bundled collection is no outside provider".to_owned())),
    })
}

/// Kept, if there is a place to keep it; otherwise in memory.
fn open_embedded(data: Option<&Path>) -> Result<Embedded, IndexError> {
    let Some(data) = data else { return Embedded::in_memory() };
    Embedded::open(&data.join("index")).or_else(|error| {
        tracing::warn!(%error, "the index cannot be kept, and is built in memory");
        Embedded::in_memory()
    })
}
