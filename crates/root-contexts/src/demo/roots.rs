//! Roots in the tour: a client names its folders, the operator's permission holds, and what takes their place.

pub mod folder_client;

use std::{fs, path::Path};

use anyhow::Context as _;
use mcp_support::{
    client::{HttpServer, Recorder, Revision, Target, call, connect, structure, text},
    demo::Tour,
};
use rmcp::{
    ClientHandler, RoleClient,
    model::{CallToolResult, ReadResourceRequestParams, ResourceContents},
    service::RunningService,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use self::folder_client::FolderClient;

/// The steps about roots.
///
/// # Errors
/// The server cannot be started or reached.
pub async fn steps(tour: &mut Tour) -> anyhow::Result<()> {
    tour.note("Roots are deprecated in 2026-07-28 (SEP-2577). They still work, and this is how; what replaces them");
    tour.note("is shown beside them: a tool's argument, a resource template, and the server's configuration.");
    let folders = Folders::new()?;
    let server = folders.server().await?;
    let target = Target::Url(server.url.clone());
    names_its_roots(tour, &target, &folders).await?;
    outside_is_refused(tour, &target, &folders).await?;
    roots_change(tour, &folders.stdio()?, &folders).await?;
    migrates(tour, &target, &folders).await
}

/// What the tour works on, gone when it ends: a folder that the operator allows, with two projects in it, and a secret
/// beside it.
struct Folders {
    all: TempDir,
}

impl Folders {
    fn new() -> anyhow::Result<Self> {
        let all = tempfile::tempdir()?;
        for (path, content) in [
            ("projects/shop/.gitignore", "/build/\n"),
            ("projects/shop/src/main.rs", "fn main() {\n    // TODO(ada): take orders\n}\n"),
            ("projects/shop/tools/stock.py", "# FIXME: counts twice\nprint(\"stock\")\n"),
            ("projects/shop/build/main.o", "TODO: made by a build, and ignored\n"),
            ("projects/notes/ideas.md", "# Ideas\n\nTODO: a second shop\n"),
            ("secret.txt", "TODO: the operator has not allowed this\n"),
        ] {
            let path = all.path().join(path);
            fs::create_dir_all(path.parent().context("a parent")?)?;
            fs::write(path, content)?;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(all.path().join("secret.txt"), all.path().join("projects/shop/link.txt"))?;
        Ok(Self { all })
    }

    /// This very program, allowed to read the folder `projects`.
    async fn server(&self) -> anyhow::Result<HttpServer> {
        let allowed = self.path("projects").display().to_string();
        HttpServer::start(&std::env::current_exe()?, &["--allow-dir", &allowed, "--data", &self.data()]).await
    }

    /// The same on stdio, where most clients with folders are.
    fn stdio(&self) -> anyhow::Result<Target> {
        let arguments = ["--allow-dir", &self.path("projects").display().to_string(), "--data", &self.data(), "stdio"]
            .map(str::to_owned)
            .into();
        Ok(Target::Program { program: std::env::current_exe()?, arguments, environment: Vec::new() })
    }

    /// A folder that goes with the tour: its servers are killed in the end, and leave what is their own.
    fn data(&self) -> String {
        self.path("data").display().to_string()
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.all.path().join(path)
    }

    fn uri(&self, path: &str) -> String {
        uri(&self.path(path))
    }
}

/// A reason, if there is one.
fn behind_colon(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

/// The `file:` URI of a path.
fn uri(path: &Path) -> String {
    Url::from_file_path(path).map(Into::into).unwrap_or_default()
}

async fn client<H: ClientHandler>(
    tour: &Tour,
    target: &Target,
    revision: Revision,
    handler: H,
) -> anyhow::Result<RunningService<RoleClient, H>> {
    connect(target, revision, handler, tour.tap()).await
}

async fn names_its_roots(tour: &mut Tour, target: &Target, folders: &Folders) -> anyhow::Result<()> {
    tour.step("A client names its folders: asked by a request in 2025-11-25, by a result in 2026-07-28");
    for revision in Revision::ALL {
        let handler = FolderClient::with([folders.uri("projects/shop"), folders.uri("elsewhere")]);
        let client = client(tour, target, revision, handler.clone()).await?;
        let roots = call(&client, "list_workspace_roots", json!({})).await?;
        let verdicts: Vec<String> = (structure(&roots)["roots"].as_array().into_iter().flatten())
            .map(|root| {
                let [uri, readable, reason] =
                    ["uri", "readable", "reason"].map(|it| root[it].as_str().unwrap_or_default());
                let folder = uri.rsplit('/').find(|name| !name.is_empty()).unwrap_or_default();
                format!("the root {folder}: {readable} of it can be read{}", behind_colon(reason))
            })
            .collect();
        tour.show(&revision.to_string(), verdicts.join("\n"));
        let analysis = call(&client, "analyze_project", json!({})).await?;
        tour.show("analyze_project", text(&analysis));
        let found = structure(&analysis);
        tour.check(
            "the root that the operator allows, and no other",
            structure(&roots)["readable"][0] == folders.uri("projects/shop"),
        );
        tour.check("two languages and two marks; what .gitignore names is left out", is_the_shop(found));
        tour.check("asked once for each call: nothing is kept between them", handler.asked() == 2);
        client.cancel().await?;
    }
    Ok(())
}

async fn outside_is_refused(tour: &mut Tour, target: &Target, folders: &Folders) -> anyhow::Result<()> {
    tour.step("Roots are hints, not permission: a client may name any folder, and reads what the operator allows");
    let everything = FolderClient::with(["file:///".to_owned()]);
    let client = client(tour, target, Revision::Modern, everything).await?;
    let found = call(&client, "search_workspace", json!({"query": "todo"})).await?;
    tour.show("with the root file:///", text(&found).lines().next().unwrap_or_default());
    let hits = structure(&found)["hits"].as_array().cloned().unwrap_or_default();
    let allowed = folders.uri("projects");
    tour.check(
        "all hits are below the allowed folder",
        hits.len() == 2 && hits.iter().all(|hit| hit["uri"].as_str().is_some_and(|uri| uri.starts_with(&allowed))),
    );
    for (label, uri) in [
        ("beside it", folders.uri("secret.txt")),
        ("upwards", format!("{allowed}/../secret.txt")),
        ("upwards, encoded", format!("{allowed}/%2e%2e/secret.txt")),
        ("a separator, encoded", format!("{allowed}/..%2Fsecret.txt")),
        ("a link that leads out", format!("{allowed}/shop/link.txt")),
        ("another host", "file://server/share/x.txt".to_owned()),
    ] {
        let refused = call(&client, "read_workspace_file", json!({"uri": uri})).await?;
        let message = text(&refused);
        // Without the URI, which this client has sent itself.
        tour.show(label, message.rsplit("': ").next().unwrap_or_default());
        tour.check("refused", refused.is_error == Some(true));
    }
    client.cancel().await?;
    Ok(())
}

async fn roots_change(tour: &mut Tour, target: &Target, folders: &Folders) -> anyhow::Result<()> {
    tour.step("The person opens another folder: the next call knows, with or without a notification");
    for revision in Revision::ALL {
        let handler = FolderClient::with([folders.uri("projects/shop")]);
        let client = client(tour, target, revision, handler.clone()).await?;
        let mut marks = Vec::new();
        for next in [Some("projects/notes"), None] {
            let found = call(&client, "search_workspace", json!({"query": "TODO", "case_sensitive": true})).await?;
            marks.push(structure(&found)["hits"][0]["excerpt"].as_str().unwrap_or_default().trim().to_owned());
            if let Some(next) = next {
                handler.open([folders.uri(next)]);
                // Spec(2026-07-28, roots): there is no notification any more, for the server asks each time.
                if revision == Revision::Legacy {
                    client.notify_roots_list_changed().await?;
                }
            }
        }
        tour.show(&revision.to_string(), marks.join("\n"));
        tour.check("first the shop, then the notes", marks == ["// TODO(ada): take orders", "TODO: a second shop"]);
        client.cancel().await?;
    }
    Ok(())
}

async fn migrates(tour: &mut Tour, target: &Target, folders: &Folders) -> anyhow::Result<()> {
    tour.step("The migration: the same analysis without roots, in three ways");
    let client = client(tour, target, Revision::Modern, Recorder::default()).await?;
    let shop = folders.uri("projects/shop");
    let argument = call(&client, "analyze_project", json!({"project_directory": shop})).await?;
    tour.show("a tool's argument", first_line(&argument));
    let read = client.read_resource(ReadResourceRequestParams::new(shop.clone())).await?;
    let resource: Value = match read.contents.first() {
        Some(ResourceContents::TextResourceContents { text, .. }) => serde_json::from_str(text)?,
        _ => Value::Null,
    };
    tour.show("a resource", format!("file://{{+path}} with the path of the project: {} files", resource["files"]));
    let completed = client.complete_resource_simple("file://{+path}", "path", "/projects/s").await?;
    tour.show("its completion", completed.join(", "));

    let configured = HttpServer::start(
        &std::env::current_exe()?,
        &["--allow-dir", &folders.path("projects/shop").display().to_string()],
    )
    .await?;
    let other =
        connect(&Target::Url(configured.url.clone()), Revision::Modern, Recorder::default(), tour.tap()).await?;
    let configuration = call(&other, "analyze_project", json!({})).await?;
    tour.show("configuration", format!("--allow-dir shop: {}", first_line(&configuration)));
    tour.check("the argument and the resource give the same, to the byte", *structure(&argument) == resource);
    // Without a path from the client the files go by the folder's label: the operator's paths stay with the operator.
    let relabelled: Value =
        serde_json::from_str(&structure(&configuration).to_string().replace("file:///shop", &shop))?;
    tour.check("and so does configuration, which names the folder by its label", relabelled == resource);
    tour.check("it is the shop in each", is_the_shop(&resource));
    other.cancel().await?;
    client.cancel().await?;
    Ok(())
}

/// Two languages besides the `.gitignore`, and a mark in each.
fn is_the_shop(analysis: &Value) -> bool {
    let languages: Vec<&str> = (analysis["languages"].as_array().into_iter().flatten())
        .filter_map(|language| language["language"].as_str())
        .collect();
    analysis["todo_count"] == 2 && languages == ["Rust", "Python", "Other"] && analysis["skipped"]["ignored"] == 1
}

fn first_line(result: &CallToolResult) -> &str {
    text(result).lines().next().unwrap_or_default()
}
