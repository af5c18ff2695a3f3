//! The data that comes with the lesson: an archive of invented news, stories that are yet to be published, and the
//! outlets.

use std::sync::{Arc, LazyLock};

use crate::{
    article::{Article, Outlets},
    evaluate::Copies,
    pipeline::{cite, normalize},
};

const ARCHIVE: &str = include_str!("../corpus/articles.jsonl");
const STORIES: &str = include_str!("../corpus/feed.jsonl");
const OUTLETS: &str = include_str!("../corpus/sources.toml");
/// The newest article of the archive is this old when the server starts.
const NEWEST_SECONDS: i64 = 3600;

static READ: LazyLock<(Vec<Article>, Vec<Article>, Arc<Outlets>)> = LazyLock::new(|| {
    let articles = |text: &str| -> Vec<Article> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| serde_json::from_str(line).expect("the corpus is part of the program")).collect()
    };
    let outlets = Outlets::parse(OUTLETS).expect("the outlets are part of the program");
    (articles(ARCHIVE), articles(STORIES), Arc::new(outlets))
});

/// The archive as it was written, with the dates that it was written with.
pub fn archive() -> &'static [Article] {
    &READ.0
}

/// The time at which the archive was judged: an hour after its newest article.
pub fn written_at() -> i64 {
    let dates = archive().iter().filter_map(|article| normalize::seconds(article.published.as_deref()?));
    dates.max().unwrap_or_default() + NEWEST_SECONDS
}

/// The archive with its dates moved, so that it is as old at `now` as it was when it was written.
pub fn archive_at(now: i64) -> Vec<Article> {
    let moved = now - written_at();
    let shift = |article: &Article| {
        let published = article.published.as_deref().and_then(normalize::seconds);
        let published = published.and_then(|published| cite::rfc3339(published + moved));
        Article { published, ..article.clone() }
    };
    archive().iter().map(shift).collect()
}

/// Which articles of the archive are copies of which. Known to the evaluation, not to the ranking.
pub fn copies() -> Copies {
    #[derive(serde::Deserialize)]
    struct Line {
        id: String,
        copy_of: Option<String>,
    }
    let lines = ARCHIVE.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    Arc::new(lines.filter_map(|line| Some((line.id, line.copy_of?))).collect())
}

/// Stories in the order in which they are published.
pub fn stories() -> &'static [Article] {
    &READ.1
}

/// Who is trusted how far.
pub fn outlets() -> Arc<Outlets> {
    READ.2.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_always_news() {
        let now = 2_000_000_000;
        let dates = archive_at(now).into_iter().filter_map(|article| normalize::seconds(article.published.as_deref()?));
        assert_eq!(dates.max(), Some(now - NEWEST_SECONDS));
        assert!(archive().len() >= 100 && stories().len() >= 10);
    }

    #[test]
    fn every_outlet_is_known_and_every_name_is_one_articles() {
        let outlets = outlets();
        let mut ids = std::collections::BTreeSet::new();
        for article in archive().iter().chain(stories()) {
            assert!(ids.insert(&article.id), "{}", article.id);
            let known = outlets.iter().any(|outlet| outlet.id == article.source);
            assert!(known, "{}: {}", article.id, article.source);
        }
    }
}
