//! Using everything that a server has, once.

use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, GetPromptRequestParams, JsonObject, Prompt, ReadResourceRequestParams, Tool},
    service::{RunningService, ServiceError},
};
use serde_json::{Map, Value, json};

use crate::{
    person::{Person, suggested},
    settings::Call,
};

/// Lists and calls the tools, reads the resources, gets the prompts. With `calls`, only those tools are called.
///
/// # Errors
/// The connection fails or the server asks for authorization. An error that the server answers with is an answer.
pub(crate) async fn everything(client: &RunningService<RoleClient, Person>, calls: &[Call]) -> anyhow::Result<()> {
    let tools = answered(client.list_all_tools().await)?.unwrap_or_default();
    let calls = if calls.is_empty() { tools.iter().map(|tool| call(tool, &tools)).collect() } else { calls.to_vec() };
    for Call { name, arguments } in calls {
        let mut params = CallToolRequestParams::new(name);
        params.arguments = arguments;
        answered(client.call_tool(params).await)?;
    }
    let offers = client.peer_info().map(|server| server.capabilities.clone()).unwrap_or_default();
    if offers.resources.is_some() {
        for resource in answered(client.list_all_resources().await)?.unwrap_or_default() {
            answered(client.read_resource(ReadResourceRequestParams::new(resource.uri.as_str())).await)?;
        }
    }
    if offers.prompts.is_some() {
        for prompt in answered(client.list_all_prompts().await)?.unwrap_or_default() {
            let mut params = GetPromptRequestParams::new(prompt.name.as_str());
            params.arguments = arguments_of_prompt(&prompt);
            answered(client.get_prompt(params).await)?;
        }
    }
    Ok(())
}

/// What a server refuses is its answer too.
fn answered<T>(result: Result<T, ServiceError>) -> Result<Option<T>, ServiceError> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(ServiceError::McpError(error)) => {
            eprintln!("the server refuses: {error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A call with arguments that fit. A tool that wants to hear a schema hears the first tool's.
fn call(tool: &Tool, tools: &[Tool]) -> Call {
    let schema = Value::Object(tool.input_schema.as_ref().clone());
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut arguments: JsonObject =
        required.map(|name| (name.to_owned(), suggested(&schema["properties"][name]))).collect();
    if arguments.get("schema").is_some_and(Value::is_object)
        && let Some(first) = tools.first()
    {
        arguments.insert("schema".to_owned(), Value::Object(first.input_schema.as_ref().clone()));
    }
    let has_properties = schema["properties"].as_object().is_some_and(|properties| !properties.is_empty());
    Call { name: tool.name.to_string(), arguments: has_properties.then_some(arguments) }
}

fn arguments_of_prompt(prompt: &Prompt) -> Option<JsonObject> {
    let required = prompt.arguments.iter().flatten().filter(|argument| argument.required == Some(true));
    let arguments: Map<String, Value> = required.map(|argument| (argument.name.clone(), json!("test"))).collect();
    (!arguments.is_empty()).then_some(arguments)
}
