//! The MCP surface: one tool, thin around [`greeting`].

use std::sync::Arc;

use mcp_support::schema;
use rmcp::{
    ErrorData, ServerHandler,
    handler::server::{common::schema_for_output, router::tool::ToolRouter, wrapper::Parameters},
    model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig},
    tool, tool_handler, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::greeting::{self, GreetingError, Language};

/// The server. A clone is cheap: one serves each session, and each request of a revision without sessions.
#[derive(Clone)]
pub struct ContextEngineering {
    tools: Arc<ToolRouter<Self>>,
    language: Language,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GreetArguments {
    /// Whom to greet, on one line.
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// Language of the greeting; the server's own when absent.
    #[schemars(extend("enum" = ["en", "de", "es", null]))]
    language: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Greeting {
    /// The greeting.
    text: String,
    /// Its language: `en`, `de` or `es`.
    language: &'static str,
}

#[tool_router]
impl ContextEngineering {
    /// A server that greets in `language` where a call names none.
    pub fn new(language: Language) -> Self {
        Self { tools: Arc::new(schema::portable(Self::tool_router())), language }
    }

    // (1) The arguments are bounded in the schema, and checked again in the domain: clients may ignore schemas.
    /// Greets one person by name; use it to try the connection, or to learn in which languages this server greets.
    #[tool(
        title = "Greet",
        annotations(
            title = "Greet",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Greeting>()
    )]
    fn greet(&self, Parameters(arguments): Parameters<GreetArguments>) -> Result<CallToolResult, ErrorData> {
        match self.greeting(&arguments) {
            Ok(greeting) => answer(&greeting.text, &greeting),
            // (2) What the model can mend is a result with a hint, not a protocol error.
            Err(error) => {
                let text = format!("{error}; hint: {}", error.hint());
                Ok(CallToolResult::error(vec![ContentBlock::text(text)]))
            }
        }
    }

    fn greeting(&self, arguments: &GreetArguments) -> Result<Greeting, GreetingError> {
        let language = match &arguments.language {
            Some(tag) => tag.parse()?,
            None => self.language,
        };
        Ok(Greeting { text: greeting::greet(&arguments.name, language)?, language: language.tag() })
    }
}

// (3) Structured content for programs, and a text that a person can read.
fn answer(text: &str, structured: &impl Serialize) -> Result<CallToolResult, ErrorData> {
    let structured = serde_json::to_value(structured)
        .map_err(|error| ErrorData::internal_error(format!("cannot write the answer: {error}"), None))?;
    let mut result = CallToolResult::structured(structured);
    result.content = vec![ContentBlock::text(text)];
    Ok(result)
}

#[tool_handler(router = self.tools)]
impl ServerHandler for ContextEngineering {
    fn get_info(&self) -> ServerConfig {
        let server =
            Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Context engineering");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions("Call greet with a name.")
    }
}
