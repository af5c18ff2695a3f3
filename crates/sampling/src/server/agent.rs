//! (7) `agent_answer`: a model with tools, which it uses one after another until it can answer.

use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResponse,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    SamplingServer,
    answer::{Origin, answer, clean},
};
use crate::{agent, ask_for, completer::Completion};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The question. The model can calculate, convert units, count days, and look up terms of the protocol.
    #[schemars(length(min = 1, max = 2000))]
    question: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answered {
    /// The answer.
    text: String,
    /// How often the model was asked, at most 5.
    turns: usize,
    /// The tools that it used, in order.
    tool_uses: Vec<Used>,
    #[serde(flatten)]
    origin: Origin,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Used {
    /// The tool.
    tool: String,
    /// What the model gave it.
    arguments: Value,
    /// What it said.
    result: String,
    /// Whether it failed.
    is_error: bool,
}

#[tool_router(router = agent_tools, vis = "pub(super)")]
impl SamplingServer {
    /// Answers a question with a model that may use a calculator, a unit converter, a calendar and a glossary.
    #[tool(
        title = "Answer with tools",
        annotations(
            title = "Answer with tools",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Answered>()
    )]
    async fn agent_answer(
        &self,
        Parameters(arguments): Parameters<Question>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.with_models("agent_answer", &arguments, &context, async |chain| {
            let question = clean("question", &arguments.question, 2000)?;
            let Some(done) = agent::answer(chain, ask_for::answer(&question)).await? else { return Ok(None) };
            let tool_uses: Vec<Used> = done
                .uses
                .into_iter()
                .map(|it| Used {
                    tool: it.call.name,
                    arguments: it.call.arguments,
                    is_error: it.result.is_err(),
                    result: it.result.unwrap_or_else(|error| error),
                })
                .collect();
            let mut usage = done.last.usage;
            (usage.input_tokens, usage.output_tokens) = done.tokens;
            let last = Completion { usage, ..done.last };
            let origin = Origin::of(&last, &chain.fallbacks);
            let used: String = tool_uses.iter().map(|it| format!("{}: {}\n", it.tool, it.result)).collect();
            let shown = format!("{}\n\n{used}{}", last.text, origin.line());
            let answered = Answered { text: last.text, turns: done.turns, tool_uses, origin };
            Ok(Some(answer(shown, &answered)?))
        })
        .await
    }
}
