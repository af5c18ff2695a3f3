//! Providers that fail on command.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use mcp_support::search::provider::{SearchProvider, Vertical};
use tokio::time::{Instant, sleep};

use super::*;

/// Does what its script says, one line for each request; when it is over, it answers.
struct Scripted {
    name: &'static str,
    script: Mutex<VecDeque<Result<Duration, ProviderError>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(name: &'static str, script: impl IntoIterator<Item = Result<Duration, ProviderError>>) -> Arc<Self> {
        Arc::new(Self { name, script: Mutex::new(script.into_iter().collect()), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SearchProvider for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn supports(&self, vertical: Vertical) -> bool {
        vertical != Vertical::Scholar
    }

    async fn search(&self, _: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        let line = self.script.lock().expect("a lock").pop_front();
        sleep(line.unwrap_or(Ok(Duration::ZERO))?).await;
        Ok(ProviderAnswer { total: Some(n as u64), ..ProviderAnswer::default() })
    }
}

const PATIENCE: Patience = Patience {
    retries: 2,
    first_wait: Duration::from_millis(200),
    longest_wait: Duration::from_secs(2),
    deadline: Duration::from_secs(10),
};

fn guarded(provider: &Arc<Scripted>) -> Guarded {
    let breaker = Breaker::new(provider.name, 5, Duration::from_secs(30));
    Guarded::new(Arc::clone(provider) as Arc<dyn SearchProvider>, breaker, PATIENCE)
}

fn failing(times: usize, code: ErrorCode) -> Vec<Result<Duration, ProviderError>> {
    let error = ProviderError { is_retryable: true, ..ProviderError::new("p", code, "down") };
    std::iter::repeat_n(Err(error), times).collect()
}

fn search_over(providers: Vec<Guarded>) -> (Search, Clock) {
    let clock = Clock::standing_at(1_000);
    (Search::new(providers, Duration::from_secs(1), Duration::from_secs(3_600), clock.clone()), clock)
}

fn question() -> ProviderRequest {
    ProviderRequest::new(Vertical::Web, "tea")
}

#[tokio::test(start_paused = true)]
async fn tries_again_with_growing_jittered_waits_and_not_forever() {
    let provider = Scripted::new("p", failing(2, ErrorCode::Upstream));
    let started = Instant::now();
    assert!(guarded(&provider).search(&question()).await.is_ok());
    assert_eq!(provider.asked(), 3);
    // 200 and 400 ms, each with up to as much again.
    let waited = started.elapsed().as_millis();
    assert!((600..=1_200).contains(&waited), "{waited}");

    let provider = Scripted::new("p", failing(9, ErrorCode::Timeout));
    assert_eq!(guarded(&provider).search(&question()).await.expect_err("down").code, ErrorCode::Timeout);
    assert_eq!(provider.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_where_it_can_be_borne() {
    for (seconds, asked, least) in [(1, 2, 1_000), (2, 2, 2_000), (60, 1, 0)] {
        let busy = ProviderError {
            retry_after: Some(Duration::from_secs(seconds)),
            ..ProviderError::new("p", ErrorCode::RateLimited, "busy")
        };
        let provider = Scripted::new("p", [Err(busy)]);
        let started = Instant::now();
        let answer = guarded(&provider).search(&question()).await;
        assert_eq!((answer.is_ok(), provider.asked()), (asked == 2, asked), "{seconds}");
        assert!(started.elapsed().as_millis() >= least, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_retry_can_mend_is_tried_once() {
    for code in [ErrorCode::BadKey, ErrorCode::QuotaExhausted, ErrorCode::InvalidQuery] {
        let provider = Scripted::new("p", [Err(ProviderError::new("p", code, "no"))]);
        assert_eq!(guarded(&provider).search(&question()).await.expect_err("refused").code, code);
        assert_eq!(provider.asked(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_over_all_tries() {
    let provider = Scripted::new("p", [Ok(Duration::from_secs(3_600))]);
    let started = Instant::now();
    assert_eq!(guarded(&provider).search(&question()).await.expect_err("slow").code, ErrorCode::Timeout);
    assert_eq!(started.elapsed(), PATIENCE.deadline);
}

#[tokio::test(start_paused = true)]
async fn a_dead_provider_is_left_alone_and_the_next_one_asked() {
    let (dead, alive) = (Scripted::new("dead", failing(99, ErrorCode::Upstream)), Scripted::new("alive", []));
    let (search, _) = search_over(vec![guarded(&dead), guarded(&alive)]);
    for n in 0..6 {
        let (found, _) = search.search(&ProviderRequest::new(Vertical::Web, format!("tea {n}"))).await.expect("found");
        assert_eq!((found.provider, found.passed_over.len()), ("alive", 1));
    }
    assert_eq!((dead.asked(), alive.asked()), (5, 6), "five failures open the circuit");
    let reports = search.reports();
    assert_eq!((reports[0].circuit, reports[1].circuit), ("open", "closed"));
    assert_eq!((reports[0].requests, reports[0].failures[&ErrorCode::Upstream]), (5, 5));
}

#[tokio::test]
async fn one_request_for_all_who_ask_the_same_at_once() {
    let provider = Scripted::new("p", [Ok(Duration::from_millis(20))]);
    let (search, _) = search_over(vec![guarded(&provider)]);
    let question = question();
    let answers = futures::future::join_all((0..50).map(|_| search.search(&question))).await;
    assert_eq!(provider.asked(), 1);
    let live = answers.iter().filter(|answer| matches!(answer, Ok((_, Served::Live)))).count();
    assert_eq!((live, answers.len()), (1, 50));
}

#[tokio::test]
async fn a_caller_that_goes_leaves_the_work_to_the_next() {
    let provider = Scripted::new("p", [Ok(Duration::from_secs(3_600))]);
    let (search, _) = search_over(vec![guarded(&provider)]);
    let question = question();
    let first = search.search(&question);
    assert!(tokio::time::timeout(Duration::from_millis(10), first).await.is_err(), "it waits, and is dropped");
    let (found, served) = search.search(&question).await.expect("an answer");
    assert_eq!((found.answer.total, served, provider.asked()), (Some(1), Served::Live, 2));
}

#[tokio::test]
async fn an_old_answer_is_better_than_none() {
    let script = std::iter::once(Ok(Duration::ZERO)).chain(failing(9, ErrorCode::BadKey));
    let provider =
        Scripted::new("p", script.map(|line| line.map_err(|error| ProviderError { is_retryable: false, ..error })));
    let (search, clock) = search_over(vec![guarded(&provider)]);
    assert_eq!(search.search(&question()).await.expect("found").1, Served::Live);
    assert_eq!(search.search(&question()).await.expect("found").1, Served::Cached);
    clock.advance(600);
    // The time to live of the cache is real time.
    sleep(Duration::from_millis(1_050)).await;
    let (found, served) = search.search(&question()).await.expect("an old one");
    assert_eq!((found.fetched_at, served), (1_000, Served::Stale));
    let error = search.search(&ProviderRequest::new(Vertical::Web, "new")).await.expect_err("never found");
    // It is not asked any more, and goes on saying what only its operator can mend.
    assert_eq!((error.code(), error.is_retryable(), error.retry_after()), (ErrorCode::BadKey, false, None), "{error}");
    assert_eq!(provider.asked(), 2, "{error}");
}

#[tokio::test]
async fn buckets_quotas_and_searches_that_nobody_has() {
    let provider = Scripted::new("p", []);
    let impatient = Patience { longest_wait: Duration::from_millis(10), ..PATIENCE };
    let breaker = || Breaker::new("p", 5, Duration::from_secs(30));
    let shared = || Arc::clone(&provider) as Arc<dyn SearchProvider>;
    let slow = Guarded::new(shared(), breaker(), impatient).with_rate(NonZeroU32::MIN);
    assert!(slow.search(&question()).await.is_ok());
    let error = slow.search(&question()).await.expect_err("no token");
    assert_eq!((error.code, error.is_retryable), (ErrorCode::RateLimited, true));
    assert!(error.retry_after.is_some_and(|wait| wait <= Duration::from_secs(1)), "{error:?}");

    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open(folder.path(), "p", 1, Clock::default()).expect("a ledger");
    let counted = Guarded::new(shared(), breaker(), PATIENCE).with_ledger(ledger);
    assert!(counted.search(&question()).await.is_ok());
    assert_eq!(counted.search(&question()).await.expect_err("used up").code, ErrorCode::QuotaExhausted);
    assert_eq!((counted.report().month_used, counted.report().month_limit), (Some(1), Some(1)));
    assert_eq!(provider.asked(), 2, "what may not be asked is not asked");

    let (search, _) = search_over(vec![guarded(&provider)]);
    let error = search.search(&ProviderRequest::new(Vertical::Scholar, "tea")).await.expect_err("no such search");
    assert_eq!(error.code(), ErrorCode::InvalidQuery);
}
