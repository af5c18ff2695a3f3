//! One contract for every store: in this process, and Redis' protocol against the stand-in.

use std::future::pending;

use tokio::net::TcpListener;

use super::*;

const LONG: Duration = Duration::from_secs(60);

async fn stand_in() -> (Arc<dyn Store>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let served = tokio::spawn(serve(listener, pending()));
    (open(Some(&url.into())).expect("a store"), served)
}

async fn keeps_its_contract(store: Arc<dyn Store>) -> Result<(), StoreError> {
    assert_eq!(store.get("a").await?, None);
    store.set("a", "ä\r\n", LONG).await?;
    assert_eq!(store.get("a").await?.as_deref(), Some("ä\r\n"));
    assert!(!store.set_new("a", "other", LONG).await?);
    store.delete("a").await?;
    assert!(store.set_new("a", "1", LONG).await?);

    for expected in 1..=3 {
        assert_eq!(store.increment("n", LONG).await?, expected);
    }
    assert!(matches!(store.add_field("n", "f", "v", LONG).await, Err(StoreError::Refused(_))));

    assert!(store.add_field("h", "f", "first", LONG).await?);
    assert!(!store.add_field("h", "f", "second", LONG).await?);
    assert!(store.add_field("h", "g", "", LONG).await?);
    assert_eq!(store.field("h", "f").await?.as_deref(), Some("first"));
    let mut fields = store.fields("h").await?;
    fields.sort();
    assert_eq!(fields, [("f".to_owned(), "first".to_owned()), ("g".to_owned(), String::new())]);
    store.remove_field("h", "f").await?;
    assert_eq!(store.field("h", "f").await?, None);

    store.set("short", "x", Duration::from_millis(20)).await?;
    let gone = async {
        while store.get("short").await.is_ok_and(|value| value.is_some()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("it expires");
    assert!(store.set_new("short", "y", LONG).await?, "what has expired is not there");

    // Whoever writes a field first has written it, however many try.
    let tries = (0..100).map(|at| {
        let store = store.clone();
        async move { store.add_field("race", "f", &at.to_string(), LONG).await }
    });
    let written = futures::future::join_all(tries).await;
    assert_eq!(written.iter().filter(|written| **written == Ok(true)).count(), 1, "{written:?}");
    Ok(())
}

#[tokio::test]
async fn in_this_process() {
    assert_eq!(keeps_its_contract(Arc::new(Keyspace::default())).await, Ok(()));
}

#[tokio::test]
async fn over_redis_protocol_against_the_stand_in() {
    let (store, _served) = stand_in().await;
    assert_eq!(keeps_its_contract(store).await, Ok(()));
}

#[tokio::test]
async fn a_store_that_is_not_there_says_so_in_time() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let store = open(Some(&format!("redis://{free}").into())).expect("opened without a connection");
    let began = std::time::Instant::now();
    assert_eq!(store.get("a").await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < 3 * COMMAND_DEADLINE);
    // It comes back by itself.
    let listener = TcpListener::bind(free).await.expect("the same port");
    let _served = tokio::spawn(serve(listener, pending()));
    let back = async {
        while store.set("a", "b", LONG).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it is back");
}

#[tokio::test]
async fn a_url_with_a_password_stays_out_of_errors() {
    let error = open(Some(&"http://:hunter2@host".into())).err().expect("no URL of Redis");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
