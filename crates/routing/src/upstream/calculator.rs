//! Arithmetic.

use std::sync::Arc;

use mcp_support::{
    refusal::{Refusal, answer, within},
    schema,
};
use rmcp::{
    handler::server::{common::schema_for_output, router::tool::ToolRouter, wrapper::Parameters},
    model::CallToolResult,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Small,
    expression::{MAX_EXPRESSION, evaluate},
    handler,
};

#[derive(Clone)]
pub(super) struct Calculator {
    about: About,
    tools: Arc<ToolRouter<Self>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvaluateArguments {
    /// Numbers, + - * / % ^ and brackets, such as `2 * (3 + 4)`.
    #[schemars(length(min = 1, max = 500))]
    expression: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Value {
    /// The value.
    value: f64,
    /// Which server has answered.
    served_by: String,
}

#[tool_router]
impl Calculator {
    pub(super) fn new(about: About) -> Self {
        Self { about, tools: Arc::new(schema::portable(Self::tool_router())) }
    }

    /// Evaluates an arithmetic expression exactly as far as 64-bit floating point goes.
    #[tool(
        title = "Evaluate an expression",
        annotations(
            title = "Evaluate an expression",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Value>()
    )]
    fn evaluate(
        &self,
        Parameters(EvaluateArguments { expression }): Parameters<EvaluateArguments>,
    ) -> Result<CallToolResult, Refusal> {
        within("the length of expression", expression.len(), 1, MAX_EXPRESSION)?;
        let value = evaluate(&expression)
            .map_err(|error| Refusal::argument(error.to_string(), "use numbers, + - * / % ^ and brackets"))?;
        let served_by = format!("{} {}", self.about.region.name(), self.about.version);
        answer(value.to_string(), &Value { value, served_by })
    }
}

impl Small for Calculator {
    fn about(&self) -> &About {
        &self.about
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }
}

handler!(Calculator);
