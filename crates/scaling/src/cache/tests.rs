use std::convert::Infallible;

use super::*;
use crate::store::{Keyspace, StoreError};

const HOUR: Duration = Duration::from_secs(3600);

/// An origin that takes its time and counts.
async fn origin(asked: &AtomicU64) -> Result<String, Infallible> {
    asked.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(100)).await;
    Ok("value".to_owned())
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_misses_at_once_on_three_nodes_one_goes_through() {
    let store: Arc<dyn Store> = Arc::new(Keyspace::default());
    let nodes: Vec<Cache> = (0..3).map(|_| Cache::new(store.clone(), HOUR)).collect();
    let asked = AtomicU64::new(0);
    let calls = (0..1000).map(|at| nodes[at % 3].get("key", Scope::Shared, origin(&asked)));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|(value, _)| value == "value")));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let from = |source| answers.iter().filter(|answer| answer.as_ref().is_ok_and(|answer| answer.1 == source)).count();
    assert_eq!((from(Source::Origin), from(Source::Cluster), from(Source::Node)), (1, 2, 997));
    assert!(nodes.iter().all(|node| node.flights.lock().expect("a lock").is_empty()));
}

#[tokio::test(start_paused = true)]
async fn what_is_private_stays_with_its_owner_and_its_node() {
    let store: Arc<dyn Store> = Arc::new(Keyspace::default());
    let (one, other) = (Cache::new(store.clone(), HOUR), Cache::new(store.clone(), HOUR));
    let asked = AtomicU64::new(0);
    let expectations = [
        (&one, Scope::Private("ada"), Source::Origin),
        (&one, Scope::Private("ada"), Source::Node),
        (&one, Scope::Private("bob"), Source::Origin),
        (&one, Scope::Shared, Source::Origin),
        (&other, Scope::Private("ada"), Source::Origin),
        (&other, Scope::Shared, Source::Cluster),
    ];
    for (node, scope, source) in expectations {
        assert_eq!(node.get("key", scope, origin(&asked)).await.map(|found| found.1), Ok(source), "{scope:?}");
    }
    assert_eq!(store.get("private:3:ada:key").await, Ok(None), "not in the store");
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_does_not_keep_the_others_waiting() {
    let store: Arc<dyn Store> = Arc::new(Keyspace::default());
    let nodes = [(); 2].map(|()| Cache::new(store.clone(), HOUR));
    for (other, key) in [(0, "here"), (1, "there")] {
        let asked = AtomicU64::new(0);
        let began = tokio::time::Instant::now();
        let first = nodes[0].get(key, Scope::Shared, origin(&asked));
        let first = tokio::time::timeout(Duration::from_millis(50), first);
        let (first, second) = tokio::join!(first, nodes[other].get(key, Scope::Shared, origin(&asked)));
        assert!(first.is_err());
        assert_eq!(second.map(|found| found.1), Ok(Source::Origin), "{key}");
        assert!(began.elapsed() < Duration::from_millis(250), "{key}: it was told: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_kept() {
    let cache = Cache::new(Arc::new(Keyspace::default()), HOUR);
    let failed = cache.get("key", Scope::Shared, async { Err("no") }).await;
    assert_eq!(failed, Err("no"));
    let answer = cache.get("key", Scope::Shared, async { Ok::<_, &str>("yes".to_owned()) }).await;
    assert_eq!(answer.map(|found| found.0), Ok("yes".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn values_end_and_not_all_at_once() -> Result<(), StoreError> {
    let store: Arc<dyn Store> = Arc::new(Keyspace::default());
    let cache = Cache::new(store.clone(), HOUR);
    for at in 0..200 {
        let _ = cache.get(&at.to_string(), Scope::Shared, async { Ok::<_, Infallible>(String::new()) }).await;
    }
    tokio::time::advance(HOUR.mul_f64(0.95)).await;
    let mut left = 0;
    for at in 0..200 {
        left += usize::from(store.get(&format!("cache:{at}")).await?.is_some());
    }
    assert!((20..180).contains(&left), "{left} of 200 are left");
    tokio::time::advance(HOUR).await;
    assert_eq!(store.get("cache:7").await?, None);
    Ok(())
}
