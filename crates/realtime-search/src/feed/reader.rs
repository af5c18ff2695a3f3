//! RSS and Atom feeds from outside. What they say is untrusted: bounded while it is read, cleaned before it is kept.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use feed_rs::parser;
use mcp_support::{
    fetch::{FetchError, Fetcher, Policy},
    search::clean,
};
use url::Url;

use super::Arrivals;
use crate::{
    article::{Article, MAX_TEXT},
    pipeline::{cite, normalize},
};

/// Feeds that are read.
pub const MAX_FEEDS: usize = 20;
/// Largest feed, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Items of one feed that are looked at each time.
const MAX_ITEMS: usize = 200;
/// Items that are remembered as seen.
const MAX_SEEN: usize = 10_000;
/// Time for one feed.
const TIME: Duration = Duration::from_secs(20);
/// An item may say that it is from this many seconds in the future; more is a mistake or a trick.
const AHEAD: i64 = 60;

/// Why a feed cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// It cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It is no RSS and no Atom.
    #[error("this is no feed: {0}")]
    Malformed(String),
}

/// Reads feeds, and remembers what it has seen.
pub struct Reader {
    feeds: Vec<Url>,
    fetcher: Fetcher,
    seen: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Reader {
    /// A reader of `feeds`, which may be on a private address only where the host is in `allowed_hosts`.
    pub fn new(feeds: Vec<Url>, allowed_hosts: Vec<String>) -> Self {
        let policy = Policy { max_bytes: MAX_BYTES, time: TIME, allowed_hosts, ..Policy::default() };
        Self { feeds, fetcher: Fetcher::new(policy), seen: HashSet::new(), order: VecDeque::new() }
    }

    /// Reads all feeds, again and again.
    pub(super) async fn run(mut self, arrivals: &Arrivals, interval: Duration) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for feed in self.feeds.clone() {
                match self.read(&feed, arrivals.clock.now()).await {
                    Ok(new) => {
                        tracing::info!(host = feed.host_str(), new = new.len(), "a feed was read");
                        for article in new {
                            arrivals.publish_elsewhere(article).await;
                        }
                    }
                    // A feed may be back the next time. Its URL may hold a key: the host is enough to know it by.
                    Err(error) => tracing::warn!(host = feed.host_str(), %error, "a feed cannot be read"),
                }
            }
        }
    }

    /// The items of a feed that were not there before, the oldest first.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn read(&mut self, feed: &Url, now: i64) -> Result<Vec<Article>, FeedError> {
        let fetched = self.fetcher.get(feed.as_str()).await?;
        let (url, bytes) = (fetched.url, fetched.bytes);
        let parsing = tokio::task::spawn_blocking(move || items(&bytes, &url, now));
        let items = parsing.await.map_err(|error| FeedError::Malformed(error.to_string()))??;
        Ok(items.into_iter().filter(|item| self.is_new(item)).collect())
    }

    fn is_new(&mut self, item: &Article) -> bool {
        let mut hasher = DefaultHasher::new();
        (&item.id, &item.title, &item.text).hash(&mut hasher);
        let fingerprint = hasher.finish();
        let is_new = self.seen.insert(fingerprint);
        if is_new {
            self.order.push_back(fingerprint);
            if self.order.len() > MAX_SEEN {
                self.order.pop_front().inspect(|oldest| {
                    self.seen.remove(oldest);
                });
            }
        }
        is_new
    }
}

/// The items of a feed that came from `url`, the oldest first. Blocks.
///
/// # Errors
/// [`FeedError::Malformed`].
pub fn items(bytes: &[u8], url: &Url, now: i64) -> Result<Vec<Article>, FeedError> {
    let malformed = |error: &dyn std::fmt::Display| FeedError::Malformed(error.to_string().chars().take(200).collect());
    let feed =
        parser::Builder::new().base_uri(Some(url.as_str())).build().parse(bytes).map_err(|error| malformed(&error))?;
    let language = feed.language.as_deref().and_then(|tag| tag.get(..2)).unwrap_or("en").to_lowercase();
    let host = clean::site(url.as_str());
    let mut articles: Vec<Article> = Vec::new();
    for entry in feed.entries.into_iter().take(MAX_ITEMS) {
        let link = entry.links.first().map_or_else(|| url.to_string(), |link| link.href.clone());
        let content = entry.content.and_then(|content| content.body);
        let summary = entry.summary.map(|text| text.content);
        let text = [content, summary].into_iter().flatten().max_by_key(String::len).unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        (&host, &entry.id).hash(&mut hasher);
        let date = entry.published.or(entry.updated).filter(|date| date.timestamp() <= now + AHEAD);
        articles.push(Article {
            id: format!("feed-{:016x}", hasher.finish()),
            title: entry.title.map(|title| title.content).unwrap_or_default(),
            url: link,
            source: host.clone(),
            published: cite::rfc3339(date.map_or(now, |date| date.timestamp())),
            language: entry
                .language
                .as_deref()
                .and_then(|tag| tag.get(..2))
                .map_or_else(|| language.clone(), str::to_lowercase),
            region: None,
            topics: entry.categories.into_iter().map(|category| category.term).collect(),
            // What is kept is cut again after cleaning; markup takes more room than text.
            text: text.chars().take(4 * MAX_TEXT).collect(),
        });
    }
    articles.sort_by_key(|article| article.published.as_deref().and_then(normalize::seconds));
    Ok(articles)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSS: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title>
        <language>en-gb</language>
        <item><title>Second &amp; last</title><link>https://www.harbour.example/2?utm_source=rss</link><guid>2</guid>
          <pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate>
          <description>&lt;p&gt;Text with &lt;b&gt;markup&lt;/b&gt;&lt;/p&gt;</description></item>
        <item><title>First</title><link>https://harbour.example/1</link><guid>1</guid>
          <pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate><description>Plain</description>
          <category>port</category></item>
        <item><title>From the future</title><link>https://harbour.example/3</link><guid>3</guid>
          <pubDate>Mon, 23 Nov 2099 10:00:00 GMT</pubDate><description>Plain</description></item>
        </channel></rss>"#;
    const NOW: i64 = 1_795_694_400;

    fn url() -> Url {
        Url::parse("https://harbour.example/feed.xml").expect("a URL")
    }

    #[test]
    fn rss_becomes_articles_in_their_order() {
        let found = items(RSS.as_bytes(), &url(), NOW).expect("a feed");
        let titles: Vec<&str> = found.iter().map(|article| article.title.as_str()).collect();
        assert_eq!(titles, ["First", "Second & last", "From the future"]);
        assert_eq!(found[2].published, cite::rfc3339(NOW), "no item is from the future");
        assert_eq!((found[0].source.as_str(), found[0].language.as_str()), ("harbour.example", "en"));
        let kept = normalize::cleaned(found[1].clone()).expect("an article");
        assert_eq!(kept.text, "Text with markup");
        assert!(!kept.url.contains("utm_source"), "{}", kept.url);
    }

    #[test]
    fn what_is_no_feed_is_an_error_and_bad_letters_are_not() {
        for bytes in [&b"<html><body>no feed</body></html>"[..], b"", b"\xff\xfe\x00", b"{\"a\": 1}"] {
            assert!(items(bytes, &url(), NOW).is_err(), "{bytes:?}");
        }
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><rss version=\"2.0\"><channel><title>t</title>\
            <item><title>Caf\xe9</title><link>https://a.example/1</link></item></channel></rss>";
        if let Ok(found) = items(latin, &url(), NOW) {
            assert_eq!(found.len(), 1, "{found:?}");
        }
    }

    #[test]
    fn what_was_seen_is_not_new() {
        let mut reader = Reader::new(Vec::new(), Vec::new());
        let found = items(RSS.as_bytes(), &url(), NOW).expect("a feed");
        assert!(reader.is_new(&found[0]) && !reader.is_new(&found[0]));
        let corrected = Article { text: "Corrected".to_owned(), ..found[0].clone() };
        assert!(reader.is_new(&corrected), "an item that says something else is new");
        for number in 0..MAX_SEEN + 5 {
            reader.is_new(&Article { id: number.to_string(), ..found[0].clone() });
        }
        assert!(reader.seen.len() <= MAX_SEEN && reader.order.len() <= MAX_SEEN);
    }
}
