//! Figures: standing queries against each new document, and queries at a given number of documents, each beside a
//! baseline.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::IndexedRandom};

use crate::{
    article::{Article, Indexed},
    corpus,
    library::Library,
    pipeline::{Weights, plan::Wanted},
    search,
    session::{Asked, Session},
    standing::{Percolator, Standing},
    text,
};

/// How much.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// Standing queries
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub standing: u64,
    /// Documents that are searched
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(300..=200_000))]
    pub documents: u64,
    /// Times that each is measured
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub rounds: u64,
}

/// Measures, and prints.
///
/// # Errors
/// The index fails.
pub async fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let args = args.clone();
    let report = tokio::task::spawn_blocking(move || -> anyhow::Result<String> {
        Ok(format!("{}{}", standing(&args), queries(&args)?))
    });
    let report = report.await??;
    std::io::stdout().lock().write_all(report.as_bytes())?;
    Ok(())
}

/// Standing queries of two or three words of one story each, some with an exclusion or a phrase.
pub fn standing_queries(count: u64, seed: u64) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let stories: Vec<&Article> = corpus::archive().iter().chain(corpus::stories()).collect();
    let query = |_| {
        let story = stories.choose(&mut random)?;
        let words: Vec<String> = text::words(&format!("{} {}", story.title, story.text))
            .into_iter()
            .filter(|word| word.len() > 3 && !text::stems(word).is_empty())
            .collect();
        let mut chosen: Vec<String> =
            (0..random.random_range(2..=3)).filter_map(|_| words.choose(&mut random).cloned()).collect();
        if random.random_bool(0.2) {
            chosen.push(format!("-{}", words.choose(&mut random)?));
        }
        if random.random_bool(0.1) {
            let at = random.random_range(0..words.len().max(2) - 1);
            chosen.push(format!("\"{}\"", words.get(at..at + 2)?.join(" ")));
        }
        Some(chosen.join(" "))
    };
    (0..count).filter_map(query).collect()
}

fn standing(args: &BenchArgs) -> String {
    let outlets = corpus::outlets();
    let mut percolator = Percolator::default();
    for (number, query) in standing_queries(args.standing, 5).iter().enumerate() {
        if let Ok(standing) = Standing::compile(query, 0) {
            percolator.insert(number as u64, standing, |_| 1);
        }
    }
    let documents: Vec<Indexed> =
        corpus::stories().iter().map(|story| Indexed::new(story.clone(), Some(0), &outlets)).collect();
    let rounds = usize::try_from(args.rounds).unwrap_or(300);
    let arriving: Vec<&Indexed> = documents.iter().cycle().take(rounds).collect();
    let (mut looked_at, mut matched) = (0, 0);
    let indexed = Times::of(&arriving, |document| {
        let (found, looked) = percolator.percolate(document);
        (looked_at, matched) = (looked_at + looked, matched + found.len());
    });
    let one_by_one = Times::of(&arriving, |document| drop(std::hint::black_box(percolator.one_by_one(document))));
    let mut text = format!("{} standing queries, each new document against all of them\n", percolator.len());
    let _ = writeln!(text, "  filed by a required word   {indexed}");
    let _ = writeln!(text, "  baseline: one by one       {one_by_one}");
    let each = |sum: usize| sum as f64 / args.rounds as f64;
    let _ = writeln!(text, "  looked at in full: {:.1} a document, matched: {:.2}", each(looked_at), each(matched));
    text
}

/// The archive again and again, each copy with other words in the place of some, so that copies are no copies.
pub fn many(count: u64) -> Vec<Article> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let archive = corpus::archive();
    let vocabulary: Vec<String> = archive.iter().flat_map(|article| text::words(&article.text)).collect();
    let varied = |number: u64| {
        let original = &archive[usize::try_from(number).unwrap_or_default() % archive.len()];
        if number < archive.len() as u64 {
            return original.clone();
        }
        let mut word = |word: &str| match random.random_bool(0.4) {
            true => vocabulary.choose(&mut random).cloned().unwrap_or_default(),
            false => word.to_owned(),
        };
        let text = original.text.split_whitespace().map(&mut word).collect::<Vec<_>>().join(" ");
        let url = format!("{}?copy={number}", original.url);
        Article { id: format!("{}-{number}", original.id), url, text, ..original.clone() }
    };
    (0..count).map(varied).collect()
}

fn queries(args: &BenchArgs) -> anyhow::Result<String> {
    let began = Instant::now();
    let library = Library::new(many(args.documents), corpus::outlets())?;
    let built = began.elapsed();
    let judged = crate::evaluate::Judged::read()?;
    let mut person = Session::new(judged.now, 3600);
    person.sources.history_consent = Some(true);
    person.history = ["mariners cup final", "kestrel ice map", "ferry timetable"]
        .map(|query| Asked { query: query.to_owned(), at: judged.now })
        .to_vec();
    person.preferences.languages = vec!["en".to_owned()];
    let texts: Vec<&String> =
        judged.sessions.iter().flat_map(|session| &session.queries).map(|query| &query.text).collect();
    let weights = Weights::default();
    let asked: Vec<&String> = texts.into_iter().cycle().take(usize::try_from(args.rounds).unwrap_or(300)).collect();
    let ask = |query: &String, person: Option<&Session>| {
        let wanted = Wanted { query: query.clone(), limit: 10, ..Wanted::default() };
        search::search(&library, wanted, person, &weights, judged.now).map(|found| found.results.len())
    };
    for query in &asked {
        ask(query, None)?;
    }
    let alone = Times::of(&asked, |query| drop(std::hint::black_box(ask(query, None))));
    let known = Times::of(&asked, |query| drop(std::hint::black_box(ask(query, Some(&person)))));
    let all: Vec<Arc<Indexed>> = many(args.documents).iter().filter_map(|article| library.get(&article.id)).collect();
    let scan = Times::of(&asked[..asked.len().min(20)], |query| drop(std::hint::black_box(scan(&all, query))));
    let mut failed = None;
    let publish = Times::of(corpus::stories(), |story| failed = library.publish(story.clone()).err().or(failed.take()));
    if let Some(error) = failed {
        return Err(error.into());
    }
    let mut text = format!(
        "{} documents, indexed in {:.1} s; each query through the whole pipeline\n",
        library.count().0,
        built.as_secs_f64()
    );
    let _ = writeln!(text, "  without context            {alone}");
    let _ = writeln!(text, "  with context               {known}");
    let _ = writeln!(text, "  baseline: read every text  {scan}");
    let _ = writeln!(text, "  a story until it is found  {publish}");
    Ok(text)
}

/// The baseline: every text is read, and the words of the query counted in it.
fn scan(all: &[Arc<Indexed>], query: &str) -> Vec<(usize, String)> {
    let stems = text::stems(query);
    let count = |indexed: &Arc<Indexed>| {
        let found = text::stems(&indexed.article.text).iter().filter(|stem| stems.contains(stem)).count();
        (found, indexed.article.id.clone())
    };
    let mut counted: Vec<(usize, String)> = all.iter().map(count).collect();
    counted.sort_unstable_by(|one, other| other.cmp(one));
    counted.truncate(10);
    counted
}

#[derive(Debug)]
struct Times {
    each: Vec<Duration>,
    on_core: Option<Duration>,
}

impl Times {
    fn of<T>(items: &[T], mut work: impl FnMut(&T)) -> Self {
        let before = on_core();
        let each = items.iter().map(|item| {
            let began = Instant::now();
            work(item);
            began.elapsed()
        });
        let mut each: Vec<Duration> = each.collect();
        each.sort_unstable();
        let on_core = before.and_then(|before| on_core()?.checked_sub(before));
        Self { each, on_core }
    }
}

/// The time that this thread has had a core for, where the system says so: what else runs on the machine does not count.
fn on_core() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |share: f64| {
            let index = ((self.each.len().max(1) - 1) as f64 * share).round() as usize;
            self.each.get(index).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
        };
        write!(formatter, "median {:8.3} ms, p99 {:8.3} ms", at(0.5), at(0.99))?;
        match self.on_core {
            Some(total) => {
                let mean = total.as_secs_f64() * 1000.0 / self.each.len().max(1) as f64;
                write!(formatter, "; on a core {mean:.3} ms each")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_standing_queries_are_no_burden() {
        let mut percolator = Percolator::default();
        for (number, query) in (0..).zip(standing_queries(1100, 5)) {
            if let Ok(standing) = Standing::compile(&query, 0) {
                percolator.insert(number, standing, |_| 1);
            }
        }
        assert!(percolator.len() >= 1000, "{}", percolator.len());
        let outlets = corpus::outlets();
        let stories = corpus::stories().iter().map(|story| Indexed::new(story.clone(), Some(0), &outlets));
        let stories: Vec<Indexed> = stories.collect();
        let began = Instant::now();
        let found: Vec<Vec<u64>> = stories.iter().map(|story| percolator.percolate(story).0).collect();
        // Holds in a build that is not optimized, on a machine that has other work.
        let each = began.elapsed() / u32::try_from(stories.len()).expect("a hundred stories");
        assert!(each < Duration::from_millis(100), "{each:?}");
        assert!(found.iter().map(Vec::len).sum::<usize>() > 100);
        assert!(stories.iter().zip(&found).all(|(story, found)| percolator.one_by_one(story) == *found));
    }
}
