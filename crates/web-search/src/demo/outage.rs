//! The outage: what a caller sees, step by step, while providers fail, and what the operator reads meanwhile.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use mcp_support::{
    client::{HttpServer, Recorder, Revision, Target, call, connect},
    demo::Tour,
};
use serde_json::{Value, json};
use tokio::{task::spawn_blocking, time::sleep};

use super::{
    Client,
    stand_in::{Mood, StandIn},
    structure, text,
};
use crate::embedded::Embedded;

/// The keys of the tour: secrets that the log must not hold.
const KEYS: [&str; 2] = ["tour-key-of-brave", "tour-key-of-serpapi"];
/// How long answers are kept as good as new ones, and how long a failing provider is left alone.
const FRESH: Duration = Duration::from_millis(2_500);
const ALONE: Duration = Duration::from_millis(2_000);
/// Callers who ask the same at once.
const CALLERS: usize = 20;

/// Two providers, the server between them and a client of it.
struct Scene<'a> {
    tour: &'a mut Tour,
    client: Client,
    brave: StandIn,
    serpapi: StandIn,
}

pub(super) async fn run(tour: &mut Tour) -> anyhow::Result<()> {
    let embedded = spawn_blocking(Embedded::in_memory).await??;
    let (brave, serpapi) = (StandIn::start(embedded.clone()).await?, StandIn::start(embedded).await?);
    let (fresh, alone) = (FRESH.as_millis().to_string(), ALONE.as_millis().to_string());
    let environment = [
        ("SEARCH_PROVIDERS", "brave,serpapi"),
        ("BRAVE_BASE_URL", &brave.url),
        ("BRAVE_API_KEY", KEYS[0]),
        ("SERPAPI_BASE_URL", &serpapi.url),
        ("SERPAPI_KEY", KEYS[1]),
        ("WEB_SEARCH_TIMEOUT_MS", "400"),
        ("WEB_SEARCH_RETRY_MS", "40"),
        ("WEB_SEARCH_PATIENCE_MS", "1500"),
        ("WEB_SEARCH_RATE", "1000"),
        ("WEB_SEARCH_MONTHLY_QUOTA", "0"),
        ("WEB_SEARCH_CACHE_MS", &fresh),
        ("WEB_SEARCH_BREAKER_MS", &alone),
        ("RUST_LOG", "info"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let server = HttpServer::start_with(&std::env::current_exe()?, &[], &environment).await?;
    let client = connect(&Target::Url(server.url.clone()), Revision::Modern, Recorder::default(), tour.tap()).await?;
    let mut scene = Scene { tour, client, brave, serpapi };
    scene.well().await?;
    scene.busy().await?;
    scene.broken().await?;
    scene.slow_and_cut().await?;
    scene.dark().await?;
    scene.client.cancel().await?;
    log(tour, &server.log());
    Ok(())
}

impl Scene<'_> {
    async fn well(&mut self) -> anyhow::Result<()> {
        self.tour.step("All is well: one request for all who ask the same, and none for who asks again");
        self.brave.set(Mood::Well(Duration::from_millis(150)));
        let (client, query) = (&self.client, json!({"query": "green tea"}));
        let asked = (0..CALLERS).map(|_| call(client, "general_search", query.clone()));
        let answers = try_join_all(asked).await?;
        self.tour.show("callers at once", CALLERS);
        self.tour.show("requests to brave", self.brave.asked());
        self.tour.check("they share one request", self.brave.asked() == 1 && answers.len() == CALLERS);
        let found = self.search("green tea").await?;
        self.tour.check("an answer is kept for a while", found["served"] == "cached" && self.brave.asked() == 1);
        self.brave.set(Mood::Well(Duration::ZERO));
        Ok(())
    }

    async fn busy(&mut self) -> anyhow::Result<()> {
        self.tour.step("brave is busy (429, Retry-After: 1): it is asked again when it wants to be");
        self.brave.set(Mood::BusyOnce);
        let (before, started) = (self.brave.asked(), Instant::now());
        let found = self.search("sourdough bread").await?;
        self.shown(&found);
        self.tour
            .check("the second try has an answer", found["provider"] == "brave" && self.brave.asked() == before + 2);
        self.tour.check("it came no sooner than a second later", started.elapsed() >= Duration::from_secs(1));
        Ok(())
    }

    async fn broken(&mut self) -> anyhow::Result<()> {
        self.tour
            .step("brave is broken (500): retries, then serpapi; then brave is left alone, and tried with one request");
        self.brave.set(Mood::Broken);
        let before = self.brave.asked();
        for query in ["mountain bike", "wireless router", "telescope"] {
            let found = self.search(query).await?;
            self.shown(&found);
            self.tour.check("serpapi answers, and the result says why", found["passed_over"][0]["code"] == "upstream");
        }
        self.tour.show("requests to brave", self.brave.asked() - before);
        self.tour.check("three tries, two more, and its circuit is open", self.brave.asked() - before == 5);
        let status = call(&self.client, "provider_status", json!({})).await?;
        self.tour.show("provider_status", text(&status));
        self.tour.check("the status says so", structure(&status)?["providers"][0]["circuit"] == "open");
        self.brave.set(Mood::Well(Duration::ZERO));
        sleep(ALONE).await;
        let found = self.search("tomato plants").await?;
        self.shown(&found);
        self.tour.check("it is well again: one request has closed the circuit", found["provider"] == "brave");
        Ok(())
    }

    async fn slow_and_cut(&mut self) -> anyhow::Result<()> {
        self.tour.step("brave is slow, then its answers break off: nobody waits for ever, nothing half is passed on");
        for (mood, query, code) in [(Mood::Slow, "camera lens", "timeout"), (Mood::Cut, "knee pain", "upstream")] {
            self.brave.set(mood);
            let (started, found) = (Instant::now(), self.search(query).await?);
            self.shown(&found);
            self.tour.show("took", format!("{} ms", started.elapsed().as_millis()));
            let is_passed_over = found["passed_over"][0]["code"] == code && found["provider"] == "serpapi";
            self.tour.check(format!("{code}: serpapi has answered instead"), is_passed_over);
        }
        Ok(())
    }

    async fn dark(&mut self) -> anyhow::Result<()> {
        self.tour.step(
            "Both are down: what was found before is better than nothing, and what was not is an error with a code",
        );
        self.brave.set(Mood::Broken);
        self.serpapi.set(Mood::Broken);
        sleep(FRESH).await;
        let found = self.search("green tea").await?;
        self.shown(&found);
        self.tour.check("an old answer, and it says that it is old", found["served"] == "stale");
        let queries = json!([{"query": "green tea"}, {"query": "never asked before"}]);
        let several = call(&self.client, "multi_search", json!({"queries": queries})).await?;
        let several = structure(&several)?;
        self.tour.check("one search of two has failed", several["succeeded"] == 1 && several["failed"] == 1);
        let failed = call(&self.client, "general_search", json!({"query": "never asked before"})).await?;
        self.tour.show("the error", text(&failed));
        let is_told =
            failed.is_error == Some(true) && text(&failed).contains("(retryable") && text(&failed).contains("hint");
        self.tour.check("a code, whether to ask again, and a hint", is_told);
        Ok(())
    }

    async fn search(&self, query: &str) -> anyhow::Result<Value> {
        let result = call(&self.client, "general_search", json!({"query": query})).await?;
        Ok(structure(&result)?.clone())
    }

    fn shown(&self, found: &Value) {
        let passed: Vec<&str> =
            found["passed_over"].as_array().into_iter().flatten().filter_map(|it| it["reason"].as_str()).collect();
        let not = if passed.is_empty() { String::new() } else { format!(", not brave: {}", passed.join("; ")) };
        let part = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        self.tour.show(&part("query"), format!("from {} ({}){not}", part("provider"), part("served")));
    }
}

fn log(tour: &mut Tour, log: &str) {
    tour.step("What the operator reads: who failed, how, for how long; no question and no key");
    let told =
        log.lines().filter(|line| ["circuit", "tries again", "old answer"].iter().any(|words| line.contains(words)));
    for line in told.take(12) {
        // Without the time, which stands first.
        tour.note(line.split_once(' ').map_or(line, |(_, rest)| rest.trim_start()));
    }
    for event in
        ["tries again", "is passed over", "circuit opened", "circuit half open", "circuit closed", "an old answer"]
    {
        tour.check(format!("the log tells: {event}"), log.contains(event));
    }
    let is_private = KEYS.iter().chain(&["green tea"]).all(|secret| !log.contains(secret));
    tour.check("neither a key nor a question stands in it", is_private);
}
