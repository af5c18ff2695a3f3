//! Resources, completion and prompts.

use mcp_support::demo::Tour;
use rmcp::{
    ServiceError,
    model::{GetPromptRequestParams, PaginatedRequestParams, ReadResourceRequestParams, ResourceContents},
};
use serde_json::json;

use super::{Client, kind};

pub(super) async fn resources(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("Resources: a paged list, templates with typed variables, completion");
    let first = client.list_resources(None).await?;
    let cursor = first.next_cursor.clone().unwrap_or_default();
    tour.show("the first page", format!("{} resources, cursor {:.24}...", first.resources.len(), cursor));
    let all = client.list_all_resources().await?;
    tour.show("all pages", format!("{} resources", all.len()));
    tour.check("250 numbers and the status of the server", all.len() == 251);
    let mut forged = PaginatedRequestParams::default();
    forged.cursor = Some(format!("{cursor}x"));
    let refused = client.list_resources(Some(forged)).await;
    tour.check("a cursor that was tampered with is -32602", code(&refused) == Some(-32602));
    for uri in [
        "catalog://numbers/1729",
        "db://users/7",
        "db://tables/products/rows/3",
        "file:///large.txt",
        "api://weather/reykjavik/2026-06-21",
        "github://repos/local/workspace/issues/1",
    ] {
        match client.read_resource(ReadResourceRequestParams::new(uri)).await {
            Ok(read) => {
                let content = read.contents.first();
                let text =
                    if let Some(ResourceContents::TextResourceContents { text, .. }) = content { text } else { "" };
                tour.show(uri, short(text));
                tour.check("read", !text.is_empty());
            }
            // A file of 8 MiB is too large for one message, and the error says what to use.
            Err(ServiceError::McpError(error)) => {
                tour.show(uri, &error.message);
                tour.check("refused with a hint", error.message.contains("process_large_file"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for uri in ["db://users/999", "file:///../secret.txt", "api://weather/atlantis/2026-06-21", "none://such"] {
        let refused = client.read_resource(ReadResourceRequestParams::new(uri)).await;
        let error =
            if let Err(ServiceError::McpError(error)) = &refused { error.message.to_string() } else { String::new() };
        tour.show(uri, short(&error));
        tour.check("-32602", code(&refused) == Some(-32602));
    }
    let template = "api://weather/{city}/{date}";
    let cities = client.complete_resource_simple(template, "city", "s").await?;
    tour.show("cities with s", cities.join(", "));
    tour.check("completed", cities.iter().any(|city| city == "sao-paulo"));
    Ok(())
}

pub(super) async fn prompts(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("Prompts: arguments, completion, and a picture");
    let values = client.complete_prompt_simple("explain_sales", "group_by", "").await?;
    tour.show("group_by", values.join(", "));
    let arguments = json!({"group_by": "month"}).as_object().cloned();
    let mut request = GetPromptRequestParams::new("explain_sales");
    request.arguments = arguments;
    let prompt = client.get_prompt(request).await?;
    let kinds: Vec<String> = prompt.messages.iter().map(|message| kind(&message.content)).collect();
    tour.show("explain_sales", kinds.join(", "));
    tour.check("a picture and a text", kinds == ["image", "text"]);
    Ok(())
}

fn code<T>(result: &Result<T, ServiceError>) -> Option<i32> {
    if let Err(ServiceError::McpError(error)) = result { Some(error.code.0) } else { None }
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 100 { line.chars().take(97).collect::<String>() + "..." } else { line }
}
