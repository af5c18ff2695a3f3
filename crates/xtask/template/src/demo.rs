//! The tour: a real client drives the real server on stdio and HTTP, in both revisions.

use mcp_support::{
    cli::DemoArgs,
    client::{text, Recorder, Revision, call},
    demo::Tour,
};
use rmcp::{RoleClient, model::CallToolResult, service::RunningService};
use serde_json::json;

/// Runs the tour.
///
/// # Errors
/// The server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson {{number}}. One tool, called by a real client over each transport and in each revision.\n\
                 Every value below was just computed by the server, which runs as a process of its own.";
    let mut tour = Tour::new("{{title}}", about, args);
    for revision in Revision::ALL {
        tour.step(&format!("The server answers on stdio, in {revision}"));
        let client = tour.stdio(revision, Recorder::default()).await?;
        visit(&mut tour, &client).await?;
        client.cancel().await?;
    }
    for revision in Revision::ALL {
        tour.step(&format!("The same server answers over HTTP, in {revision}"));
        let client = tour.http(revision, Recorder::default()).await?;
        visit(&mut tour, &client).await?;
        client.cancel().await?;
    }
    tour.finish()
}

/// One success and one error that the caller can mend.
async fn visit(tour: &mut Tour, client: &RunningService<RoleClient, Recorder>) -> anyhow::Result<()> {
    let tools = client.list_all_tools().await?;
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    tour.show("tools", names.join(", "));
    tour.check("the list is what this lesson offers", names == ["greet"]);

    let greeting = call(client, "greet", json!({"name": "Ada", "language": "es"})).await?;
    tour.show("greet Ada in es", text(&greeting));
    let structured = Some(json!({"text": "Hola, Ada!", "language": "es"}));
    tour.check("a text to read and a structure to work with", greeting.structured_content == structured);

    let refused = call(client, "greet", json!({"name": "Ada", "language": "fr"})).await?;
    tour.show("greet Ada in fr", text(&refused));
    let mendable = refused.is_error == Some(true) && text(&refused).contains("use one of: en, de, es");
    tour.check("an error that says how to mend the call", mendable);
    Ok(())
}
