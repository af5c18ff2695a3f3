//! The guided tour: a real client, with a person in front of it, drives the real server through every feature.

mod ask;
pub mod person;
mod read;
mod tasks;
mod watch;
mod work;

use std::path::{Path, PathBuf};

use mcp_support::{
    cli::DemoArgs,
    client::{Recorder, Revision, call, structure, text},
    demo::Tour,
};
use rmcp::{RoleClient, model::CallToolResult, service::RunningService};
use serde_json::json;

type Client<H = Recorder> = RunningService<RoleClient, H>;

/// Runs the tour.
///
/// # Errors
/// The server cannot be started, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.16. Every feature of the protocol once, in both revisions.\n\
                 Every value below was just computed by the server, which runs as a process of its own.";
    let folder = Folder::new()?;
    let flags = ["--files".to_owned(), folder.files.display().to_string()];
    let mut tour = Tour::new("Protocol features", about, args).with_flags(flags);

    let client = tour.stdio(Revision::Modern, Recorder::default()).await?;
    work::reports_progress(&mut tour, &client, &folder).await?;
    work::can_be_cancelled(&mut tour, &client).await?;
    work::reads_the_database(&mut tour, &client).await?;
    work::fails_in_the_right_way(&mut tour, &client).await?;
    read::resources(&mut tour, &client).await?;
    read::prompts(&mut tour, &client).await?;
    client.cancel().await?;

    ask::in_a_form(&mut tour).await?;
    ask::on_a_page(&mut tour).await?;
    work::logs(&mut tour).await?;
    watch::changes(&mut tour).await?;
    tasks::outlast_their_process(&mut tour, folder.all.path()).await?;
    everywhere(&mut tour).await?;
    tour.finish()
}

/// Files for the tour, gone when it ends.
struct Folder {
    all: tempfile::TempDir,
    files: PathBuf,
}

/// Size of the large file, in bytes.
const LARGE: usize = 8 * 1024 * 1024;

impl Folder {
    fn new() -> std::io::Result<Self> {
        let all = tempfile::tempdir()?;
        let files = all.path().join("files");
        std::fs::create_dir(&files)?;
        std::fs::write(
            files.join("large.txt"),
            "one line of twelve words, over and over, until it is large enough\n".repeat(LARGE / 66),
        )?;
        std::fs::write(all.path().join("secret.txt"), "outside of the allowed folder")?;
        Ok(Self { all, files })
    }

    fn outside(&self) -> &Path {
        self.all.path()
    }
}

async fn everywhere(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("The same server on stdio and over HTTP, in both revisions");
    for revision in Revision::ALL {
        for http in [false, true] {
            let client = match http {
                true => tour.http(revision, Recorder::default()).await?,
                false => tour.stdio(revision, Recorder::default()).await?,
            };
            let status = call(&client, "render_status", json!({})).await?;
            let kinds: Vec<String> = status.content.iter().map(kind).collect();
            tour.show(&format!("{} {revision}", if http { "HTTP" } else { "stdio" }), kinds.join(", "));
            tour.check("text, an embedded resource, and a link", kinds == ["text", "resource", "resource_link"]);
            client.cancel().await?;
        }
    }
    Ok(())
}

fn kind(block: &rmcp::model::ContentBlock) -> String {
    let block = serde_json::to_value(block).unwrap_or_default();
    block["type"].as_str().unwrap_or("?").to_owned()
}

fn is_error(result: &CallToolResult) -> bool {
    result.is_error == Some(true)
}
