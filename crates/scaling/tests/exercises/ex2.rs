//! One rate limit for the whole cluster.

use mcp_scaling::store::{Keyspace, StoreError};

use crate::ex2_rate_limit::allow;

const WINDOW: u64 = 1000;

#[tokio::test]
async fn a_limit_holds_for_all_nodes_together() -> Result<(), StoreError> {
    // Nodes are nothing but the store: every call could come from another.
    let store = Keyspace::default();
    let calls = (0..50).map(|_| allow(&store, "ada", 10, WINDOW, 5000));
    let allowed = futures::future::try_join_all(calls).await?;
    assert_eq!(allowed.iter().filter(|allowed| **allowed).count(), 10);
    assert!(allow(&store, "bob", 10, WINDOW, 5000).await?, "another tenant has another limit");
    Ok(())
}

#[tokio::test]
async fn a_new_window_does_not_begin_empty() -> Result<(), StoreError> {
    let store = Keyspace::default();
    for _ in 0..10 {
        assert!(allow(&store, "ada", 10, WINDOW, 5999).await?);
    }
    assert!(!allow(&store, "ada", 10, WINDOW, 6000).await?, "a millisecond later");
    let mut allowed = 0;
    for _ in 0..10 {
        allowed += u32::from(allow(&store, "ada", 10, WINDOW, 6500).await?);
    }
    assert!((3..=5).contains(&allowed), "half of the window before still counts: {allowed}");
    Ok(())
}

#[tokio::test]
async fn whoever_was_turned_away_may_come_back() -> Result<(), StoreError> {
    let store = Keyspace::default();
    for _ in 0..1000 {
        allow(&store, "ada", 10, WINDOW, 5000).await?;
    }
    assert!(allow(&store, "ada", 10, WINDOW, 7000).await?, "two windows later");
    assert!(allow(&store, "ada", 10, WINDOW, 8999).await?);
    Ok(())
}
