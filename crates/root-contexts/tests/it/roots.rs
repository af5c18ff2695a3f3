//! The four tools over the wire: each succeeds, fails in a way that can be mended, and fails as a protocol error.

pub(crate) use mcp_support::client::{structure, text};
use std::{fs, path::Path};

use mcp_root_contexts::demo::roots::folder_client::FolderClient;
use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    testing::{Leg, Program},
};
use rmcp::ServiceError;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The four, with arguments that are fine.
pub(crate) fn tools(uri: &str) -> [(&'static str, Value); 4] {
    [
        ("list_workspace_roots", json!({})),
        ("analyze_project", json!({})),
        ("search_workspace", json!({"query": "needle"})),
        ("read_workspace_file", json!({"uri": uri})),
    ]
}

/// `allowed` with two projects in it, and `secret.txt` beside it.
pub(crate) struct Place {
    pub(crate) all: TempDir,
}

impl Place {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let all = tempfile::tempdir()?;
        for (path, content) in [
            ("allowed/one/a.rs", "fn a() {}\n// TODO needle\n"),
            ("allowed/one/größe 1.txt", "needle\n"),
            ("allowed/one/latin.txt", ""),
            ("allowed/two/b.py", "# FIXME needle\n"),
            ("secret.txt", "needle outside\n"),
        ] {
            let path = all.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
            fs::write(path, content)?;
        }
        fs::write(all.path().join("allowed/one/latin.txt"), b"gr\xfc\xdfe\n")?;
        Ok(Self { all })
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        url::Url::from_file_path(self.all.path().join(path)).map(Into::into).unwrap_or_default()
    }

    /// The lesson's binary, allowed to read the folder.
    pub(crate) fn program(&self) -> Program {
        let allowed = self.all.path().join("allowed").display().to_string();
        Program::new(env!("CARGO_BIN_EXE_mcp-root-contexts")).with_env("ROOT_CONTEXTS_ALLOW_DIRS", &allowed)
    }
}

fn code<T>(result: Result<T, anyhow::Error>) -> Option<i32> {
    match result.err()?.downcast::<ServiceError>() {
        Ok(ServiceError::McpError(error)) => Some(error.code.0),
        _ => None,
    }
}

#[tokio::test]
async fn each_tool_works_in_the_clients_roots() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    let one = place.uri("allowed/one");
    for leg in Leg::ALL {
        let handler = FolderClient::with([format!("{one}/"), place.uri("nowhere")]);
        let client = program.client(leg, handler.clone()).await?;

        let roots = call(&client, "list_workspace_roots", json!({})).await?;
        let roots = structure(&roots);
        assert_eq!(roots["readable"], json!([one]), "{leg}");
        assert_eq!((&roots["roots"][0]["readable"], &roots["roots"][0]["name"]), (&json!("all"), &json!("a folder")));
        assert_eq!(roots["roots"][1]["readable"], "nothing", "{leg}");
        assert_eq!(roots["roots"][1]["reason"], "outside of what may be read", "{leg}");

        let analysis = call(&client, "analyze_project", json!({})).await?;
        let analysis = structure(&analysis);
        assert_eq!((&analysis["files"], &analysis["todo_count"]), (&json!(3), &json!(1)), "{leg}: {analysis}");
        assert_eq!(analysis["todos"][0]["uri"], format!("{one}/a.rs"), "{leg}");
        assert_eq!(analysis["todos"][0]["line"], 2, "{leg}");

        let found = call(&client, "search_workspace", json!({"query": "NEEDLE", "glob": "*.{rs,txt,py}"})).await?;
        let hits = structure(&found)["hits"].as_array().cloned().unwrap_or_default();
        assert_eq!(hits.len(), 2, "{leg}: {hits:?}");
        assert_eq!(
            (&hits[0]["line"], &hits[0]["column"], &hits[0]["excerpt"]),
            (&json!(2), &json!(9), &json!("// TODO needle"))
        );

        // A URI that one tool has named can be given to another.
        let uri = hits[1]["uri"].as_str().unwrap_or_default();
        assert_eq!(uri, format!("{one}/gr%C3%B6%C3%9Fe%201.txt"), "{leg}");
        let read = call(&client, "read_workspace_file", json!({"uri": uri})).await?;
        assert_eq!((text(&read), &structure(&read)["uri"]), ("needle\n", &json!(uri)), "{leg}");
        let part = json!({"uri": format!("{one}/a.rs"), "start_line": 2, "end_line": 2});
        let read = call(&client, "read_workspace_file", part).await?;
        assert_eq!((text(&read), &structure(&read)["start_line"]), ("// TODO needle\n", &json!(2)), "{leg}");
        let part = json!({"uri": format!("{one}/a.rs"), "offset": 3, "length": 6});
        let read = call(&client, "read_workspace_file", part).await?;
        assert_eq!((text(&read), &structure(&read)["next_offset"]), ("a() {}", &json!(9)), "{leg}");

        assert_eq!(handler.asked(), 6, "{leg}: once for each call");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_can_be_mended_comes_with_a_hint() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    let (one, path) = (place.uri("allowed/one"), place.all.path().display().to_string());
    let cases = [
        ("read_workspace_file", json!({"uri": place.uri("secret.txt")}), "outside of what may be read"),
        ("read_workspace_file", json!({"uri": place.uri("allowed/two/b.py")}), "outside of what may be read"),
        ("read_workspace_file", json!({"uri": format!("{one}/none")}), "there is no such file"),
        ("read_workspace_file", json!({"uri": one}), "not a regular file"),
        ("read_workspace_file", json!({"uri": format!("{one}/latin.txt")}), "not UTF-8 text: byte 2"),
        ("read_workspace_file", json!({"uri": format!("{one}/../two/b.py")}), "a path with '..'"),
        ("read_workspace_file", json!({"uri": "file:///C:/x"}), "a path of Windows"),
        ("read_workspace_file", json!({"uri": "file://server/x"}), "files of another host"),
        ("read_workspace_file", json!({"uri": format!("{one}/a.rs"), "start_line": 9}), "it has 2 lines"),
        ("read_workspace_file", json!({"uri": "file:///a", "start_line": 1, "offset": 0}), "both lines and bytes"),
        ("read_workspace_file", json!({"uri": "file:///a", "start_line": 2, "end_line": 1}), "end_line must be from 2"),
        ("read_workspace_file", json!({"uri": "file:///a", "length": 1}), "length must be from 4 to 65536"),
        ("search_workspace", json!({"query": ""}), "the length of query must be from 1 to 500"),
        ("search_workspace", json!({"query": "(", "regex": true}), "not a regular expression"),
        ("search_workspace", json!({"query": "x", "glob": "["}), "not a glob"),
        ("search_workspace", json!({"query": "x", "max_hits": 501}), "max_hits must be from 1 to 500"),
        ("search_workspace", json!({"query": "x", "project_directory": "/etc"}), "outside of what may be read"),
        ("analyze_project", json!({"project_directory": "../two"}), "a path with '..'"),
        ("analyze_project", json!({"project_directory": "none"}), "there is no such file or folder"),
        ("analyze_project", json!({"project_directory": "a.rs"}), "not a folder"),
        ("analyze_project", json!({"projectDirectory": "x"}), "unknown field"),
        ("list_workspace_roots", json!({"x": 1}), "unknown field"),
    ];
    for leg in Leg::ALL {
        let client = program.client(leg, FolderClient::with([one.clone()])).await?;
        for (tool, arguments, says) in &cases {
            let result = call(&client, tool, arguments.clone()).await?;
            let said = text(&result);
            assert_eq!(result.is_error, Some(true), "{leg} {tool} {arguments}: {said}");
            assert!(said.contains(says), "{leg} {tool} {arguments}: {said}");
            assert!(said.contains("hint: ") || said.contains("unknown field"), "{leg} {tool} {arguments}: {said}");
            let own = arguments.to_string().contains(&path);
            assert!(own || !said.contains(&path), "a path that the client has not sent: {said}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_without_roots_gets_what_is_sensible() -> anyhow::Result<()> {
    let place = Place::new()?;
    let (program, path) = (place.program(), place.all.path().display().to_string());
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        assert_eq!(code(call(&client, "list_workspace_roots", json!({})).await), Some(-32021), "{leg}");

        let analysis = call(&client, "analyze_project", json!({})).await?;
        assert_eq!(structure(&analysis)["folders"], json!(["file:///allowed"]), "{leg}");
        assert_eq!(structure(&analysis)["files"], 4, "{leg}");
        let two = call(&client, "analyze_project", json!({"project_directory": "two"})).await?;
        assert_eq!(structure(&two)["folders"], json!(["file:///allowed/two"]), "{leg}");
        let found = call(&client, "search_workspace", json!({"query": "needle", "project_directory": "one"})).await?;
        let uri = structure(&found)["hits"][0]["uri"].clone();
        assert_eq!(uri, "file:///allowed/one/a.rs", "{leg}");
        let read = call(&client, "read_workspace_file", json!({ "uri": uri })).await?;
        assert!(text(&read).contains("needle"), "{leg}");
        for result in [analysis, two, found, read] {
            let all = serde_json::to_string(&result)?;
            assert!(!all.contains(&path), "{leg}: the operator's path in {all}");
        }

        // Who knows the path may say it, and gets it back.
        let known = place.uri("allowed/two");
        let two = call(&client, "analyze_project", json!({ "project_directory": known })).await?;
        assert_eq!(structure(&two)["todos"][0]["uri"], format!("{known}/b.py"), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_refuses_or_names_nothing_gets_nothing() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    let uri = place.uri("allowed/one/a.rs");
    for leg in Leg::ALL {
        let client = program.client(leg, FolderClient::that_refuses()).await?;
        for (tool, arguments) in tools(&uri) {
            let result = call(&client, tool, arguments).await;
            match leg.revision {
                // Its refusal reaches the server, which says so.
                Revision::Legacy => {
                    let result = result?;
                    assert_eq!(result.is_error, Some(true), "{leg} {tool}");
                    assert!(text(&result).contains("the person does not share folders"), "{}", text(&result));
                }
                // Its refusal stays where it is: the call is not sent again.
                Revision::Modern => assert!(result.is_err(), "{leg} {tool}"),
            }
        }
        client.cancel().await?;

        for (roots, says) in [(vec![], "named no roots"), (vec![place.uri("secret")], "none of the 1 roots")] {
            let client = program.client(leg, FolderClient::with(roots)).await?;
            for (tool, arguments) in tools(&uri).into_iter().skip(1) {
                let result = call(&client, tool, arguments).await?;
                assert!(result.is_error == Some(true) && text(&result).contains(says), "{leg} {}", text(&result));
            }
            let roots = call(&client, "list_workspace_roots", json!({})).await?;
            assert_eq!(structure(&roots)["readable"], json!([]), "{leg}");
            client.cancel().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn roots_that_change_are_seen_by_the_next_call() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    for leg in Leg::ALL {
        let handler = FolderClient::with([place.uri("allowed/one")]);
        let client = program.client(leg, handler.clone()).await?;
        let read = |file: &str| json!({"uri": place.uri(file)});
        let (one, two) = (read("allowed/one/a.rs"), read("allowed/two/b.py"));
        assert_ne!(call(&client, "read_workspace_file", one.clone()).await?.is_error, Some(true), "{leg}");
        assert_eq!(call(&client, "read_workspace_file", two.clone()).await?.is_error, Some(true), "{leg}");
        handler.open([place.uri("allowed/two")]);
        if leg.revision == Revision::Legacy {
            client.notify_roots_list_changed().await?;
        }
        assert_eq!(call(&client, "read_workspace_file", one).await?.is_error, Some(true), "{leg}");
        assert_ne!(call(&client, "read_workspace_file", two).await?.is_error, Some(true), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn hostile_roots_are_bounded() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program().with_env("RUST_LOG", "info,rmcp=warn");
    let good = place.uri("allowed/one");
    for leg in Leg::ALL {
        for (roots, left_out) in [
            (vec![good.clone(); 5000], 4900),
            (std::iter::once(good.clone()).chain((0..3000).map(|n| format!("file:///nowhere/{n}"))).collect(), 2901),
            (vec!["http://example.com/".to_owned(), format!("file:///{}", "x".repeat(100_000)), good.clone()], 0),
            (vec!["file:///".to_owned(), good.clone(), format!("{good}/../.."), "\0\n".to_owned()], 0),
        ] {
            let client = program.client(leg, FolderClient::with(roots)).await?;
            let listed = call(&client, "list_workspace_roots", json!({})).await?;
            let size = serde_json::to_string(&listed)?.len();
            assert!(size < 100_000, "{leg}: {size} bytes");
            assert_eq!(structure(&listed)["left_out"], left_out, "{leg}");
            assert!(structure(&listed)["roots"].as_array().is_some_and(|roots| roots.len() <= 100), "{leg}");
            let found = call(&client, "search_workspace", json!({"query": "needle"})).await?;
            assert!(found.is_error != Some(true) && !text(&found).contains("outside"), "{leg}: {}", text(&found));
            client.cancel().await?;
        }
    }
    let log = program.http().await?.log();
    assert!(!log.contains(&place.all.path().display().to_string()), "a path in the log: {log}");
    Ok(())
}

#[tokio::test]
async fn progress_is_reported() -> anyhow::Result<()> {
    let place = Place::new()?;
    let program = place.program();
    for leg in Leg::ALL {
        let handler = FolderClient::with([place.uri("allowed")]);
        let client = program.client(leg, handler.clone()).await?;
        call(&client, "analyze_project", json!({})).await?;
        let last =
            |heard: &Heard| matches!(heard, Heard::Progress(done, total, _) if *done == 4.0 && *total == Some(4.0));
        assert!(handler.recorder.wait_for(last).await.is_some(), "{leg}: {:?}", handler.recorder.heard());
        client.cancel().await?;
    }
    Ok(())
}
