//! Several processes on one folder, a process that is killed, and what stands in the files.

use std::{collections::BTreeSet, path::Path};

use mcp_support::{
    client::{Recorder, Revision, call},
    testing::{Leg, Program, RawStdio, request},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::contexts::{Client, program, structure, text};

fn on(folder: &Path) -> Program {
    program().with_env("ROOT_CONTEXTS_DATA", &folder.display().to_string())
}

const MODERN: Leg = Leg { http: false, revision: Revision::Modern };

async fn create(client: &Client, arguments: Value) -> anyhow::Result<String> {
    let made = call(client, "create_context", arguments).await?;
    Ok(structure(&made)["context"]["context_id"].as_str().unwrap_or_else(|| panic!("{}", text(&made))).to_owned())
}

async fn append_many(client: &Client, id: &str, who: &str, count: u32) -> anyhow::Result<Vec<u64>> {
    let mut positions = Vec::new();
    for number in 0..count {
        let content = format!("{who} says {number}");
        let arguments = json!({"context_id": id, "role": "user", "content": content, "store_insights": false});
        let appended = call(client, "append_message", arguments).await?;
        positions.push(structure(&appended)["position"].as_u64().unwrap_or_else(|| panic!("{}", text(&appended))));
    }
    Ok(positions)
}

/// All messages, by the resource.
async fn messages(client: &Client, id: &str) -> anyhow::Result<Vec<Value>> {
    let uri = format!("context://{id}/messages");
    let read = client.read_resource(rmcp::model::ReadResourceRequestParams::new(uri)).await?;
    let json: Value = serde_json::to_value(&read.contents[0])?;
    let all: Value = serde_json::from_str(json["text"].as_str().expect("a text"))?;
    Ok(all["messages"].as_array().expect("messages").clone())
}

fn check_integrity(folder: &Path) -> anyhow::Result<()> {
    let connection = Connection::open(folder.join(mcp_root_contexts::contexts::FILE))?;
    let verdict: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    assert_eq!(verdict, "ok");
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')", [])?;
    Ok(())
}

#[tokio::test]
async fn two_processes_on_one_file_lose_no_message() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (one, two) = (on(folder.path()), on(folder.path()));
    let one = one.client(MODERN, Recorder::default()).await?;
    let two = two.client(MODERN, Recorder::default()).await?;
    let id = create(&one, json!({"name": "both", "compact_after": 2000})).await?;
    let (first, second) = tokio::try_join!(append_many(&one, &id, "one", 500), append_many(&two, &id, "two", 500))?;

    let acknowledged: BTreeSet<u64> = first.iter().chain(&second).copied().collect();
    assert_eq!(acknowledged, (1..=1000).collect(), "each position was given once, and none was left out");
    let all = messages(&one, &id).await?;
    let positions: Vec<u64> = all.iter().filter_map(|message| message["position"].as_u64()).collect();
    assert_eq!(positions, (1..=1000).collect::<Vec<u64>>());
    for (who, positions) in [("one", &first), ("two", &second)] {
        for (number, position) in positions.iter().enumerate() {
            let message = &all[usize::try_from(*position)? - 1];
            assert_eq!(message["content"], format!("{who} says {number}"), "what was acknowledged stands there");
        }
    }
    let interleaved = first.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    assert!(interleaved > 0, "they did write at the same time");
    check_integrity(folder.path())
}

#[tokio::test]
async fn two_processes_that_condense_at_once_lose_no_message() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (one, two) = (on(folder.path()), on(folder.path()));
    let one = one.client(MODERN, Recorder::default()).await?;
    let two = two.client(MODERN, Recorder::default()).await?;
    let id = create(&one, json!({"name": "both", "compact_after": 10})).await?;
    tokio::try_join!(append_many(&one, &id, "one", 60), append_many(&two, &id, "two", 60))?;
    let all = messages(&two, &id).await?;
    let covers = &all[0]["covers"];
    assert_eq!(covers["messages"].as_u64().unwrap_or(0) + all.len() as u64 - 1, 120, "{covers}");
    assert_eq!(covers["last_position"].as_u64().unwrap_or(0) + all.len() as u64 - 1, 120, "no gap: {covers}");
    check_integrity(folder.path())
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() -> anyhow::Result<()> {
    const ALL: usize = 1000;
    let folder = tempfile::tempdir()?;
    let data = folder.path().display().to_string();
    let setup = on(folder.path()).client(MODERN, Recorder::default()).await?;
    let id = create(&setup, json!({"name": "killed", "compact_after": 2000})).await?;
    setup.cancel().await?;

    let mut acknowledged = Vec::new();
    {
        let mut server = RawStdio::start_with(program().path(), &[("ROOT_CONTEXTS_DATA", &data)])?;
        // All at once, so that the kill comes in the middle of writes.
        let mut lines = String::new();
        for number in 0..ALL {
            let arguments = json!({"context_id": id, "role": "user", "content": format!("number {number}")});
            let params = json!({"name": "append_message", "arguments": arguments});
            lines.push_str(&format!("{}\n", request(Revision::Modern, number, "tools/call", params)));
        }
        server.send_bytes(lines.as_bytes()).await?;
        while acknowledged.len() < ALL / 5 {
            let answer = server.receive().await?;
            if let (Some(number), Some(position)) =
                (answer["id"].as_u64(), answer["result"]["structuredContent"]["position"].as_u64())
            {
                acknowledged.push((number, position));
            }
        }
        // Dropped: SIGKILL.
    }
    let after = on(folder.path()).client(MODERN, Recorder::default()).await?;
    let all = messages(&after, &id).await?;
    assert!(all.len() >= acknowledged.len() && all.len() < ALL, "killed in the middle: {}", all.len());
    for (number, position) in acknowledged {
        let message = &all[usize::try_from(position)? - 1];
        assert_eq!(message["content"], format!("number {number}"), "acknowledged at {position}");
        assert_eq!(message["position"], position);
    }
    assert_eq!(append_many(&after, &id, "next", 1).await?, [all.len() as u64 + 1], "and it goes on");
    check_integrity(folder.path())
}

/// Names of the files in the folder whose bytes hold the text.
fn files_with(folder: &Path, text: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let bytes = std::fs::read(entry.path())?;
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

#[tokio::test]
async fn secrets_are_in_no_file_and_what_is_deleted_is_gone() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let client = on(folder.path()).client(MODERN, Recorder::default()).await?;
    let arguments = json!({"name": "case", "metadata": {"tier": "plainly-visible"},
                           "secret_metadata": {"iban": "secret-DE02120300000000202051"}});
    let id = create(&client, arguments).await?;
    let content = "Something spoken-aloud in the open.";
    call(&client, "append_message", json!({"context_id": id, "role": "user", "content": content})).await?;
    let update = json!({"context_id": id, "version": 1, "set_secret": {"pin": "secret-4711-0815"}});
    assert_ne!(call(&client, "update_context_metadata", update).await?.is_error, Some(true));

    // The same search finds what is not secret, in the log if not in the file yet.
    for open in ["plainly-visible", "spoken-aloud"] {
        assert!(!files_with(folder.path(), open)?.is_empty(), "{open}");
    }
    for secret in ["secret-DE02", "02120300000000202051", "secret-4711"] {
        assert_eq!(files_with(folder.path(), secret)?, Vec::<String>::new(), "{secret}");
    }
    let shown = call(&client, "get_context", json!({"context_id": id, "include_secrets": true})).await?;
    assert_eq!(structure(&shown)["secret_metadata"]["iban"], "secret-DE02120300000000202051");
    for (tool, arguments) in [
        ("get_context", json!({"context_id": id})),
        ("list_contexts", json!({})),
        ("search_contexts", json!({"query": "secret"})),
        ("export_context", json!({"context_id": id, "format": "json"})),
    ] {
        let shown = serde_json::to_string(&call(&client, tool, arguments).await?)?;
        assert!(!shown.contains("secret-"), "{tool}: {shown}");
    }

    call(&client, "delete_context", json!({"context_id": id})).await?;
    for gone in ["plainly-visible", "spoken-aloud", "aloud"] {
        assert_eq!(files_with(folder.path(), gone)?, Vec::<String>::new(), "{gone} was deleted");
    }
    client.cancel().await?;
    check_integrity(folder.path())
}

#[tokio::test]
async fn a_wrong_key_is_told_and_loses_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let with_key = |key: &str| on(folder.path()).with_env("ROOT_CONTEXTS_SECRET_KEY", key);
    let other = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    let client = on(folder.path()).client(MODERN, Recorder::default()).await?;
    let id = create(&client, json!({"name": "case", "secret_metadata": {"iban": "DE02"}})).await?;
    client.cancel().await?;
    let get = json!({"context_id": id, "include_secrets": true});
    let client = with_key(other).client(MODERN, Recorder::default()).await?;
    let refused = call(&client, "get_context", get.clone()).await?;
    assert_eq!(refused.is_error, Some(true));
    assert!(text(&refused).contains("nothing is lost"), "{}", text(&refused));
    client.cancel().await?;
    let both = format!("{other},{}", crate::contexts::KEY);
    let client = with_key(&both).client(MODERN, Recorder::default()).await?;
    assert_eq!(structure(&call(&client, "get_context", get).await?)["secret_metadata"]["iban"], "DE02");
    client.cancel().await?;

    let none = Program::new(program().path()).client(MODERN, Recorder::default()).await?;
    let refused = call(&none, "create_context", json!({"name": "x", "secret_metadata": {"a": "b"}})).await?;
    assert!(text(&refused).contains("ROOT_CONTEXTS_SECRET_KEY"), "{}", text(&refused));
    let bad = std::process::Command::new(program().path())
        .arg("stdio")
        .env("ROOT_CONTEXTS_SECRET_KEY", "c2hvcnQ=")
        .output()?;
    let said = String::from_utf8_lossy(&bad.stderr);
    assert!(
        bad.status.code() == Some(2) && said.contains("32 bytes in base64") && !said.contains("c2hvcnQ="),
        "{said}"
    );
    Ok(())
}

/// One line that says what is wrong, without a path of this computer.
#[tokio::test]
async fn a_folder_that_cannot_be_used_is_told_in_one_line() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let newer = folder.path().join("newer");
    std::fs::create_dir(&newer)?;
    Connection::open(newer.join(mcp_root_contexts::contexts::FILE))?.pragma_update(None, "user_version", 99)?;
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder")?;
    for (data, code, says) in [(&newer, 1, "has schema 99"), (&file, 2, "the data folder cannot be used")] {
        let ended =
            std::process::Command::new(program().path()).arg("stdio").env("ROOT_CONTEXTS_DATA", data).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{said}");
        assert!(said.contains(says) && said.lines().count() == 1, "{said}");
        assert!(!said.contains(&*folder.path().to_string_lossy()), "{said}");
    }
    Ok(())
}
