//! The MCP surface: the union of what is mounted, and the gateway's own tools.

mod handler;
mod operate;

use std::sync::Arc;

use mcp_support::{
    refusal::{Refusal, answer, quoted, within},
    schema,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{
        common::schema_for_output, router::tool::ToolRouter, tool::IntoCallToolResult, wrapper::Parameters,
    },
    model::{CallToolRequestParams, CallToolResponse, CallToolResult},
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    content::{Classification, Classifier, MAX_TEXT},
    context::Need,
    gateway::{Gateway, NodeReport, select::Reasons},
};

/// The server. A clone is cheap.
#[derive(Clone)]
pub struct Routing {
    tools: Arc<ToolRouter<Self>>,
    gateway: Gateway,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TextArguments {
    /// What somebody asks for, in their own words.
    #[schemars(length(min = 1, max = 8192))]
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExplainArguments {
    /// A text that `route_request` would get: explains its category.
    #[serde(default)]
    #[schemars(length(max = 8192))]
    text: Option<String>,
    /// A tool of this gateway, such as `weather__get_forecast`: explains which node would get it.
    #[serde(default)]
    #[schemars(length(max = 128))]
    tool: Option<String>,
    /// Where the caller is: us, eu or asia.
    #[serde(default)]
    #[schemars(length(max = 10))]
    region: Option<String>,
    /// Which version, such as v2, ^1.2 or beta.
    #[serde(default)]
    #[schemars(length(max = 100))]
    version: Option<String>,
    /// Where data has to stay.
    #[serde(default)]
    #[schemars(length(max = 40))]
    residency: Option<String>,
    /// What consistent hashing goes by.
    #[serde(default)]
    #[schemars(length(max = 200))]
    key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NodeArguments {
    /// Id of a node, as `list_nodes` shows it.
    #[schemars(length(min = 1, max = 40))]
    node: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

#[derive(Debug, Serialize, JsonSchema)]
struct Nodes {
    /// In the order of the routes.
    nodes: Vec<NodeReport>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Explanation {
    /// What the text is; absent where there was none.
    content: Option<Classification>,
    /// Which node would get the call; absent where no tool was named.
    node: Option<Reasons>,
    /// Why no node would.
    refused: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Routed {
    /// What the text is.
    content: Classification,
    /// The tool that it went to.
    tool: String,
    /// What that tool has answered.
    answer: serde_json::Value,
}

#[tool_router(router = looking_tools)]
impl Routing {
    /// The surface of a gateway.
    pub fn new(gateway: Gateway) -> Self {
        Self { tools: Arc::new(schema::portable(Self::looking_tools() + Self::operating_tools())), gateway }
    }

    /// Sends a text to the server that is for its kind: code, creative, scientific or general. Use it when you do not know
    /// which tool to call.
    #[tool(
        title = "Route a request",
        annotations(
            title = "Route a request",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Routed>()
    )]
    async fn route_request(
        &self,
        Parameters(TextArguments { text }): Parameters<TextArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let content = match classified(&text) {
            Ok(content) => content,
            Err(refusal) => return refusal.into_call_tool_result(),
        };
        let Some((tool, argument)) = self.gateway.tool_for(content.category) else {
            let why = format!("no mounted server takes texts that are {}", content.category.name());
            return Refusal::argument(why, "give a mount that category and a text_tool in routes.toml")
                .into_call_tool_result();
        };
        let mut params = CallToolRequestParams::new(tool.clone());
        params.arguments = json!({ argument: text }).as_object().cloned();
        match self.gateway.call_tool(params, &context).await? {
            CallToolResponse::Complete(result) if result.is_error != Some(true) => {
                let shown = result.content.first().and_then(|block| block.as_text()).map(|text| text.text.clone());
                let text = format!("{} ({tool}): {}", content.category.name(), shown.unwrap_or_default());
                let answered = result.structured_content.unwrap_or(serde_json::Value::Null);
                let routed = Routed { content, tool, answer: answered };
                answer(text, &routed).map_or_else(Refusal::into_call_tool_result, |result| Ok(result.into()))
            }
            other => Ok(other),
        }
    }

    /// Says why a text or a call would go where, without sending anything.
    #[tool(
        title = "Explain a route",
        annotations(
            title = "Explain a route",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Explanation>()
    )]
    fn route_explain(&self, Parameters(asked): Parameters<ExplainArguments>) -> Result<CallToolResult, Refusal> {
        if asked.text.is_none() && asked.tool.is_none() {
            return Err(Refusal::argument("there is nothing to explain", "give a text, a tool, or both"));
        }
        for (name, value, most) in [
            ("tool", &asked.tool, 128),
            ("region", &asked.region, 10),
            ("version", &asked.version, 100),
            ("residency", &asked.residency, 40),
            ("key", &asked.key, 200),
        ] {
            within(&format!("the length of {name}"), value.as_ref().map_or(0, String::len), 0, most)?;
        }
        let content = asked.text.as_deref().map(classified).transpose()?;
        let hint = "use us, eu or asia, and a version such as v2, ^1.2 or beta";
        let region = asked.region.as_deref().map(str::parse).transpose();
        let version = asked.version.as_deref().map(str::parse).transpose();
        let need = Need {
            residency: asked.residency,
            version: version
                .map_err(|error: crate::context::VersionError| Refusal::argument(error.to_string(), hint))?
                .unwrap_or_default(),
            region: region.map_err(|error: String| Refusal::argument(error, hint))?,
            caller: String::new(),
        };
        let explained = asked.tool.as_deref().map(|tool| {
            let unknown = || match self.tools.has_route(tool) {
                true => {
                    Refusal::argument(format!("{tool} is answered by the gateway itself"), "name a tool of a mount")
                }
                false => Refusal::argument(format!("no node has a tool {}", quoted(tool)), "tools/list names them all"),
            };
            self.gateway.explain(tool, &need, asked.key.as_deref()).ok_or_else(unknown)
        });
        let (node, refused) = explained.transpose()?.map_or((None, None), |(reasons, error)| (Some(reasons), error));
        let refused = refused.map(|error| error.to_string());
        let mut text = Vec::new();
        if let Some(content) = &content {
            text.push(format!("{} (leads by {:.2})", content.category.name(), content.margin));
        }
        if let Some(reasons) = &node {
            text.push(match (&reasons.node, &refused) {
                (Some(node), _) => format!("{node}, by {} among {}", reasons.strategy, reasons.candidates.join(", ")),
                (None, Some(why)) => format!("no node: {why}"),
                (None, None) => "no node".to_owned(),
            });
        }
        answer(text.join("; "), &Explanation { content, node, refused })
    }

    /// Lists all nodes with their health, version, region and load.
    #[tool(
        title = "List nodes",
        annotations(
            title = "List nodes",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Nodes>()
    )]
    fn list_nodes(&self, Parameters(NoArguments {}): Parameters<NoArguments>) -> Result<CallToolResult, Refusal> {
        let nodes = self.gateway.nodes();
        let lines: Vec<String> = nodes.iter().map(line).collect();
        answer(lines.join("\n"), &Nodes { nodes })
    }

    /// Shows one node: calls, failures, latency, and why its last connection was lost.
    #[tool(
        title = "Show a node",
        annotations(
            title = "Show a node",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<NodeReport>()
    )]
    fn node_stats(
        &self,
        Parameters(NodeArguments { node }): Parameters<NodeArguments>,
    ) -> Result<CallToolResult, Refusal> {
        let report = self.gateway.node(&node).ok_or_else(|| self.no_node(&node))?;
        answer(line(&report), &report)
    }

    fn no_node(&self, node: &str) -> Refusal {
        let known: Vec<String> = self.gateway.nodes().into_iter().map(|node| node.id).collect();
        Refusal::argument(format!("no node {}", quoted(node)), format!("use one of: {}", known.join(", ")))
    }
}

fn classified(text: &str) -> Result<Classification, Refusal> {
    within("the length of text", text.len(), 1, MAX_TEXT)?;
    Ok(Classifier::bundled().classify(text))
}

/// `weather-us-2: healthy, 2.0.0 in us, 2026-07-28, 3 calls, 12.5 ms`
fn line(node: &NodeReport) -> String {
    let state = match (node.drained, &node.revision) {
        (true, _) => "drained".to_owned(),
        (false, None) => "not connected".to_owned(),
        (false, Some(_)) => format!("{:?}", node.state).to_lowercase(),
    };
    let revision = node.revision.as_deref().unwrap_or("no revision");
    let latency = node.latency_ms.map(|millis| format!(", {millis} ms")).unwrap_or_default();
    let (id, version, region, calls) = (&node.id, &node.version, node.region.name(), node.calls);
    format!("{id}: {state}, {version} in {region}, {revision}, {calls} calls{latency}")
}
