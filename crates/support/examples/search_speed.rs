//! How fast the index is: documents a second, milliseconds a query, memory.
//!
//! `cargo run --release -p mcp-support --features search --example search_speed`

use std::{
    collections::BTreeMap,
    io::Write as _,
    time::{Duration, Instant},
};

use mcp_support::search::index::{Filter, IndexDocument, IndexOptions, SearchIndex, SearchQuery, Sort};
use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};

const WORDS_A_DOCUMENT: usize = 90;
const VOCABULARY: u32 = 50_000;
const QUERIES: usize = 500;
/// Hits of whoever ranks them again.
const MANY: usize = 200;

fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:>9} {:>12} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "documents", "indexed /s", "p50 ms", "p99 ms", "200 hits", "spell ms", "MiB"
    )?;
    for documents in [10_000, 100_000] {
        let mut random = ChaCha8Rng::seed_from_u64(59);
        let texts: Vec<_> = (0..documents).map(|n| document(n, &mut random)).collect();
        let before = memory_mib();
        let start = Instant::now();
        let index = SearchIndex::in_memory(&IndexOptions::default())?;
        for text in &texts {
            index.add(text)?;
        }
        index.commit()?;
        let rate = documents as f64 / start.elapsed().as_secs_f64();
        let memory = memory_mib() - before;
        let times = times_of(&index, 10, &mut random)?;
        let of_many = times_of(&index, MANY, &mut random)?;
        let start = Instant::now();
        for _ in 0..50 {
            index.spell(&format!("{}x", word(&mut random)), 5)?;
        }
        let spell = start.elapsed() / 50;
        writeln!(
            out,
            "{documents:>9} {rate:>12.0} {:>10.2} {:>10.2} {:>10.2} {:>10.2} {memory:>10.0}",
            ms(times[QUERIES / 2]),
            ms(times[QUERIES * 99 / 100]),
            ms(of_many[QUERIES / 2]),
            ms(spell)
        )?;
    }
    Ok(())
}

/// How long queries for so many hits take, sorted.
fn times_of(index: &SearchIndex, limit: usize, random: &mut ChaCha8Rng) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(QUERIES);
    for n in 0..QUERIES {
        let mut query = SearchQuery { limit, ..SearchQuery::new(words(2 + n % 4, random)) };
        if n % 4 == 0 {
            query.filters =
                vec![Filter::is("site", "site3.example"), Filter::Date { from: Some(500_000), until: None }];
        }
        query.sort = if n % 10 == 0 { Sort::Newest } else { Sort::Relevance };
        let start = Instant::now();
        index.search(&query)?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

fn document(n: usize, random: &mut ChaCha8Rng) -> IndexDocument {
    IndexDocument {
        id: format!("document-{n}"),
        title: words(6, random),
        body: words(WORDS_A_DOCUMENT, random),
        facets: BTreeMap::from([("site".to_owned(), vec![format!("site{}.example", n % 10)])]),
        date: Some(random.random_range(0..1_000_000)),
        number: Some(random.random_range(1.0..100.0)),
    }
}

fn words(count: usize, random: &mut ChaCha8Rng) -> String {
    (0..count).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

/// As frequent as words are: the n-th about once in n (Zipf).
fn word(random: &mut ChaCha8Rng) -> String {
    let rank = f64::from(VOCABULARY).powf(random.random_range(0.0..1.0)) as u32;
    let mut word = String::new();
    let mut rest = rank.wrapping_mul(2_654_435_761) >> 4;
    for _ in 0..4 {
        word.push(char::from(b"bdfgklmnprstvz"[rest as usize % 14]));
        rest /= 14;
        word.push(char::from(b"aeiou"[rest as usize % 5]));
        rest /= 5;
    }
    word
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// What this process holds, where the system tells (Linux).
fn memory_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
