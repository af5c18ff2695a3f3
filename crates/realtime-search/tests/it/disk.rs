//! A session outlasts its server, and is gone from the disk once it is forgotten.

use std::path::Path;

use mcp_realtime_search::demo::Person;
use mcp_support::{client::call, testing::Leg};
use serde_json::json;

use crate::fixture::{program, structure, text};

const QUERY: &str = "how to find titan with a telescope";

fn is_on_disk(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    let read = files.map(|file| std::fs::read(file.path()).expect("a file"));
    read.into_iter().any(|bytes| bytes.windows(QUERY.len()).any(|window| window == QUERY.as_bytes()))
}

#[tokio::test]
async fn what_is_forgotten_is_in_no_file() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = program().with_env("REALTIME_SEARCH_DATA", &folder.path().display().to_string());
    for leg in Leg::ALL {
        let client = program.client(leg, Person::who(true)).await?;
        let begun = call(&client, "web_search", json!({"query": QUERY, "session": "new"})).await?;
        let session = structure(&begun)["session"].clone();
        client.cancel().await?;
        assert!(is_on_disk(folder.path()), "{leg}: the search finds what is there");

        let client = program.client(leg, Person::who(true)).await?;
        let exported = call(&client, "export_session", json!({"session": session})).await?;
        assert!(text(&exported).contains(QUERY), "{leg}: another process knows it");
        call(&client, "set_preferences", json!({"session": session, "domain": "x".repeat(90)})).await?;
        call(&client, "forget_session", json!({"session": session})).await?;
        assert!(!is_on_disk(folder.path()), "{leg}");
        let again = call(&client, "get_context", json!({"session": session})).await?;
        assert_eq!(again.is_error, Some(true), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_a_folder_nothing_is_written() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = program().with_env("TMPDIR", &folder.path().display().to_string());
    for leg in Leg::ALL {
        let client = program.client(leg, Person::who(true)).await?;
        let begun = call(&client, "web_search", json!({"query": QUERY, "session": "new"})).await?;
        let session = json!({"session": structure(&begun)["session"]});
        assert!(text(&call(&client, "export_session", session).await?).contains(QUERY), "{leg}: it is remembered");
        // What is not there while the server runs is not left there when it is killed.
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "{leg}");
        client.cancel().await?;
    }
    Ok(())
}
