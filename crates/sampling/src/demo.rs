//! The tour: a real client, with a model of its own, drives the real server.

pub mod client;
mod migration;
mod model;
mod settings;

use mcp_support::client::{structure, text};
use mcp_support::{cli::DemoArgs, demo::Tour};

/// Something to work on.
const REPORT: &str = "The checkout failed at noon because the database had no disk space left. Nobody was told, since \
    the alarm was still set to the old database. The team found the full disk at one, and freed space by deleting old \
    logs. Customers saw an error page for an hour, and 214 orders were lost. Lunch was good. The alarm now watches the \
    new database, and the disk is twice as large.";

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.6. A server needs a model: the client's, a provider's, or a small one of its own.\n\
                 DEPRECATED: Sampling is on its way out of the protocol since 2026-07-28 (SEP-2577). It is shown here as\n\
                 it still works, and beside it what replaces it: the server calls a provider itself.\n\
                 Every value below was just computed by the server, which runs as a process of its own.";
    let mut tour = Tour::new("Sampling", about, args);
    model::learns_and_answers(&mut tour).await?;
    client_steps(&mut tour).await?;
    settings::are_chosen_and_compared(&mut tour).await?;
    settings::learn(&mut tour).await?;
    migration::changes_one_line(&mut tour).await?;
    tour.finish()
}

async fn client_steps(tour: &mut Tour) -> anyhow::Result<()> {
    model::of_the_client(tour).await?;
    model::uses_tools(tour).await?;
    model::may_be_refused(tour).await
}
