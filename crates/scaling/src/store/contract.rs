//! What every store promises, as a program that finds out.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;

use super::{Store, StoreError};

const LONG: Duration = Duration::from_secs(60);

/// Tries an empty store. The tests run it on all of them; run it on one of your own before you trust it.
///
/// # Errors
/// It does not answer, or breaks a promise; the error says which.
pub async fn contract(store: Arc<dyn Store>) -> anyhow::Result<()> {
    ensure!(store.get("a").await?.is_none(), "an empty store has no key");
    store.set("a", "\u{e4}\r\n", LONG).await?;
    ensure!(store.get("a").await?.as_deref() == Some("\u{e4}\r\n"), "a value is what was written");
    ensure!(!store.set_new("a", "other", LONG).await?, "set_new does not write over a value");
    store.delete("a").await?;
    ensure!(store.set_new("a", "1", LONG).await?, "set_new writes where nothing is");

    for expected in 1..=3 {
        ensure!(store.increment("n", LONG).await? == expected, "a counter counts");
    }
    let refused = store.add_field("n", "f", "v", LONG).await;
    ensure!(matches!(refused, Err(StoreError::Refused(_))), "a counter is no hash: {refused:?}");

    ensure!(store.add_field("h", "f", "first", LONG).await?, "a new field is written");
    ensure!(!store.add_field("h", "f", "second", LONG).await?, "a field is written once");
    ensure!(store.add_field("h", "g", "", LONG).await?, "a field may be empty");
    ensure!(store.field("h", "f").await?.as_deref() == Some("first"), "the first write stays");
    let mut fields = store.fields("h").await?;
    fields.sort();
    let expected = [("f".to_owned(), "first".to_owned()), ("g".to_owned(), String::new())];
    ensure!(fields == expected, "all fields are there: {fields:?}");
    store.remove_field("h", "f").await?;
    ensure!(store.field("h", "f").await?.is_none(), "what was removed is gone");

    store.set("short", "x", Duration::from_millis(50)).await?;
    let gone = async {
        while store.get("short").await?.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, StoreError>(())
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await??;
    ensure!(store.set_new("short", "y", LONG).await?, "what has expired is not there");

    let tries = (0..100).map(|at| {
        let store = store.clone();
        async move { store.add_field("race", "f", &at.to_string(), LONG).await }
    });
    let written = futures::future::try_join_all(tries).await?;
    ensure!(written.iter().filter(|written| **written).count() == 1, "of a hundred at once one is first");
    Ok(())
}
