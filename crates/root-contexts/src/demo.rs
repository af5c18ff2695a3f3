//! The tour: a real client drives the real server on stdio and HTTP, in both revisions.

mod contexts;
pub mod roots;

use mcp_support::{cli::DemoArgs, demo::Tour};

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.4. Folders that the client names, and conversations that the server keeps.\n\
                 Every value below was just computed by the server, which runs as a process of its own.";
    let mut tour = Tour::new("Root contexts", about, args);
    roots::steps(&mut tour).await?;
    contexts::steps(&mut tour).await?;
    tour.finish()
}
