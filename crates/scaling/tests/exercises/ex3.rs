//! A fenced lock.

use std::time::Duration;

use mcp_scaling::store::{Keyspace, StoreError};

use crate::ex3_fenced_lock::{lock, read, write};

const TTL: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn one_has_the_lock_until_it_ends() -> Result<(), StoreError> {
    let store = Keyspace::default();
    let first = lock(&store, "a", TTL).await?.expect("it is free");
    assert_eq!(lock(&store, "a", TTL).await?, None);
    assert!(lock(&store, "b", TTL).await?.is_some(), "another lock");
    tokio::time::advance(2 * TTL).await;
    let second = lock(&store, "a", TTL).await?.expect("it has ended");
    assert!(second > first, "{second} after {first}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_sleeper_writes_is_seen_by_nobody() -> Result<(), StoreError> {
    let store = Keyspace::default();
    assert_eq!(read(&store, "a").await?, None);
    let sleeper = lock(&store, "a", TTL).await?.expect("it is free");
    tokio::time::advance(2 * TTL).await;
    let holder = lock(&store, "a", TTL).await?.expect("it has ended");
    write(&store, "a", holder, "new").await?;
    write(&store, "a", sleeper, "old").await?;
    assert_eq!(read(&store, "a").await?.as_deref(), Some("new"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_order_is_that_of_numbers() -> Result<(), StoreError> {
    let store = Keyspace::default();
    for round in 1..=12 {
        let token = lock(&store, "a", TTL).await?.expect("it is free");
        write(&store, "a", token, &format!("round {round}")).await?;
        tokio::time::advance(2 * TTL).await;
    }
    assert_eq!(read(&store, "a").await?.as_deref(), Some("round 12"));
    Ok(())
}
