//! (5) `qna`: one question, one answer, and how sure it is.

use std::fmt::Write as _;

use mcp_support::{
    refusal::answer,
    search::{
        clean,
        provider::{ProviderRequest, Vertical},
    },
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    WebSearch,
    arguments::{USUAL_COUNT, query},
    output::{DATA, Failure},
};
use crate::answer::{Answer, cascade};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QnaArguments {
    /// A question that has a short answer.
    #[schemars(length(min = 1, max = 400))]
    question: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answered {
    /// The question.
    question: String,
    /// The answer, from the surest rung that has one; missing, if none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    /// What the rungs below say.
    others: Vec<Answer>,
    /// Who was asked; `embedded` is a collection bundled with this server, not the web.
    provider: String,
    /// `live`, `cached` or `stale`.
    served: &'static str,
    /// The whole search: `search://result/{id}`.
    search_id: String,
}

#[tool_router(router = question_tools, vis = "pub(super)")]
impl WebSearch {
    /// Answers a question in a sentence or two, with source and confidence; use it for facts, not for topics.
    #[tool(
        title = "Answer a question",
        annotations(
            title = "Answer a question",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Answered>()
    )]
    async fn qna(
        &self,
        Parameters(arguments): Parameters<QnaArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        let question = query("question", &arguments.question)?;
        let request = ProviderRequest { count: USUAL_COUNT, ..ProviderRequest::new(Vertical::Web, question.clone()) };
        let (found, output) = self.searched("qna", &request, &context).await?;
        let mut rungs = cascade(&question, &found.answer).into_iter();
        let answered = Answered {
            question,
            answer: rungs.next(),
            others: rungs.collect(),
            provider: output.provider,
            served: output.served,
            search_id: output.id,
        };
        Ok(answer(text(&answered), &answered)?)
    }
}

fn text(answered: &Answered) -> String {
    let Some(best) = &answered.answer else {
        return format!("No answer from {} ({}).", answered.provider, answered.served);
    };
    let mut text = format!("{DATA}\n\n{}\n", clean::markdown(&best.text));
    let source = best.title.as_deref().map_or_else(String::new, |title| format!(", {}", clean::markdown(title)));
    let link = best.url.as_deref().map_or_else(String::new, |url| format!(" <{url}>"));
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\nFrom {} ({}), {}, confidence {:.2}{source}{link}",
        answered.provider, answered.served, best.rung, best.confidence
    );
    text
}
