//! What a store promises, on disk and without one.

use super::*;
use crate::session::Asked;

const SECRET: &str = "a query that nobody else should read";

/// Whether any file of the folder contains the words.
fn is_on_disk(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    files
        .map(|file| std::fs::read(file.path()).expect("a file"))
        .any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

#[tokio::test]
async fn what_is_forgotten_is_gone_from_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = Sessions::open(folder.path(), 60).expect("a store");
    let begin = |session: &mut Session| session.history.push(Asked { query: SECRET.to_owned(), at: 0 });
    let (id, _) = sessions.create("ann", 0, begin).await.expect("a session");
    let (other, _) = sessions.create("ann", 0, |_| {}).await.expect("another");
    assert!(is_on_disk(folder.path()), "the search finds what is there");
    // An old version of a row is as forgotten as the row.
    sessions.change("ann", &id, 1, |session| session.domain = Some("x".repeat(9000))).await.expect("changed");
    sessions.forget("ann", &id).await.expect("forgotten");
    assert!(!is_on_disk(folder.path()));
    assert!(matches!(sessions.get("ann", &id, 2).await, Err(StoreError::Unknown(_))));
    assert!(sessions.get("ann", &other, 2).await.is_ok());
    assert_eq!(sessions.list("ann", 2).await.expect("a list"), [other]);
}

#[tokio::test]
async fn what_is_damaged_is_forgotten_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = Sessions::open(folder.path(), 60).expect("a store");
    for damage in ["'{\"history\": [' || ?1", "CAST(x'ff7b' || ?1 AS TEXT)"] {
        let (id, _) = sessions.create("ann", 0, |_| {}).await.expect("a session");
        let damaged = sessions.run(move |connection| {
            Ok(connection.execute(&format!("UPDATE sessions SET body = {damage}"), params![SECRET])?)
        });
        assert_eq!(damaged.await.expect("damaged"), 1);
        assert!(is_on_disk(folder.path()) && sessions.get("ann", &id, 1).await.is_err(), "{damage}");
        assert!(matches!(sessions.forget("bob", &id).await, Err(StoreError::Unknown(_))), "{damage}");
        assert_eq!(sessions.forget("ann", &id).await.expect("forgotten"), None, "{damage}");
        assert!(!is_on_disk(folder.path()), "{damage}");
    }
}

#[tokio::test]
async fn without_a_folder_no_file_holds_a_session() {
    let sessions = Sessions::in_memory(60).expect("a store");
    let (id, _) = sessions.create("ann", 0, |_| {}).await.expect("a session");
    let file: String = {
        let connection = sessions.connection.lock().expect("nobody has panicked");
        connection.path().unwrap_or_default().to_owned()
    };
    assert_eq!(file, "", "SQLite has opened no file");
    sessions.change("ann", &id, 1, |session| session.domain = Some("x".to_owned())).await.expect("changed");
    assert!(sessions.clone().get("ann", &id, 2).await.is_ok(), "clones share it");
    sessions.forget("ann", &id).await.expect("forgotten");
    assert!(matches!(sessions.get("ann", &id, 2).await, Err(StoreError::Unknown(_))));
}

#[tokio::test]
async fn a_session_is_its_owners_and_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = Sessions::open(folder.path(), 60).expect("a store");
    let begin = |session: &mut Session| session.history.push(Asked { query: SECRET.to_owned(), at: 0 });
    let (id, _) = sessions.create("ann", 0, begin).await.expect("a session");
    assert!(matches!(sessions.get("bob", &id, 1).await, Err(StoreError::Unknown(_))));
    assert!(matches!(sessions.forget("bob", &id).await, Err(StoreError::Unknown(_))));
    sessions.change("ann", &id, 50, |_| ()).await.expect("its end moves on");
    assert!(sessions.get("ann", &id, 100).await.is_ok());
    assert!(matches!(sessions.get("ann", &id, 110).await, Err(StoreError::Unknown(_))));
    assert_eq!(sessions.sweep(110).await.expect("swept"), 1);
    assert!(!is_on_disk(folder.path()));
}

#[tokio::test]
async fn nobody_has_more_than_the_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = Sessions::open(folder.path(), 60).expect("a store");
    for _ in 0..MAX_SESSIONS {
        sessions.create("ann", 0, |_| {}).await.expect("a session");
    }
    assert!(matches!(sessions.create("ann", 0, |_| {}).await, Err(StoreError::TooMany)));
    assert!(sessions.create("bob", 0, |_| {}).await.is_ok());
    assert!(sessions.create("ann", 61, |_| {}).await.is_ok(), "those that have ended do not count");
}
