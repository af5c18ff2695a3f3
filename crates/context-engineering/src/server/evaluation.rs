//! Tools that measure.

use mcp_support::{
    progress::Progress,
    refusal::{Refusal, answer, counted, within},
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ContextEngineering,
    answers::ContradictionAnswer,
    arguments::{LEAST_TOKENS, budget, handle, question},
};
use crate::{
    bundled::{Question, questions},
    evaluate::{BUDGETS, Row, evaluate, table},
    packing::MOST_TOKENS,
    sharing::{Side, compare},
};

/// Most budgets of a call.
const MOST_BUDGETS: usize = 5;

/// Which of the bundled questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Set {
    /// Those by which the retrieval was tuned.
    #[default]
    Tuning,
    /// Those that were kept back.
    HeldOut,
    /// All.
    All,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvaluateArguments {
    /// Budgets in tokens, from 50 to 100000, at most 5; 500, 1000 and 2000 where it is absent.
    #[serde(default)]
    #[schemars(length(max = 5))]
    budgets: Option<Vec<usize>>,
    /// Which questions: `tuning` (the default), `held_out` or `all`.
    #[serde(default)]
    set: Set,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EvaluatedAnswer {
    /// Which questions.
    set: Set,
    /// How many.
    questions: usize,
    /// A row for each strategy.
    rows: Vec<Row>,
    /// What has made the vectors.
    embedder: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompareArguments {
    /// The parts of a task, from 2 to 8 questions.
    #[schemars(length(min = 2, max = 8))]
    queries: Vec<String>,
    /// Most tokens, for one shared context, or for all parts together.
    #[serde(default)]
    #[schemars(range(min = 400, max = 100000))]
    token_budget: Option<usize>,
    /// A `context_id` from `open_context`, whose decisions only a shared context carries.
    #[serde(default)]
    #[schemars(length(min = 32, max = 32))]
    context: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ComparedAnswer {
    /// One context that everybody sees.
    shared: SideAnswer,
    /// A context for each query, with its part of the budget.
    fragmented: SideAnswer,
    /// What has made the vectors.
    embedder: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SideAnswer {
    /// How many contexts.
    contexts: usize,
    /// Tokens of all of them.
    tokens: usize,
    /// Tokens that more than one of them has.
    repeated_tokens: usize,
    /// Share of the words of the queries that whoever has to answer them sees.
    relevance: f64,
    /// Decisions that everybody sees.
    decisions_seen: usize,
    /// Contradictions that somebody sees both sides of.
    contradictions_noticed: Vec<ContradictionAnswer>,
    /// Contradictions of which nobody sees both sides.
    contradictions_unnoticed: Vec<ContradictionAnswer>,
}

impl SideAnswer {
    fn new(side: &Side, decisions_seen: usize) -> Self {
        Self {
            contexts: side.contexts.len(),
            tokens: side.tokens,
            repeated_tokens: side.repeated_tokens,
            relevance: side.relevance,
            decisions_seen,
            contradictions_noticed: side.noticed.iter().map(ContradictionAnswer::new).collect(),
            contradictions_unnoticed: side.unnoticed.iter().map(ContradictionAnswer::new).collect(),
        }
    }
}

#[tool_router(router = evaluation_tools, vis = "pub(super)")]
impl ContextEngineering {
    /// Compares five ways to fill a window over judged questions on the bundled corpus: what covers the answers, and at what
    /// budget.
    #[tool(
        title = "Evaluate strategies",
        annotations(
            title = "Evaluate strategies",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<EvaluatedAnswer>()
    )]
    async fn evaluate_strategies(
        &self,
        Parameters(asked): Parameters<EvaluateArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let budgets = asked.budgets.unwrap_or_else(|| BUDGETS.to_vec());
        within("the number of budgets", budgets.len(), 1, MOST_BUDGETS)?;
        for tokens in &budgets {
            within("a budget", *tokens, LEAST_TOKENS, MOST_TOKENS)?;
        }
        let progress = Progress::new(&context);
        progress.report(0.0, 2.0, "indexing").await;
        let corpus = self.blocking(|shared| Ok(shared.library.bundled()?)).await?;
        progress.report(1.0, 2.0, "asking").await;
        let set = asked.set;
        let evaluated = self.blocking(move |_| {
            // (10) Measured before anything is claimed.
            let all = questions().map_err(|error| Refusal::internal("reading the questions", error))?;
            let wanted = |question: &&Question| match set {
                Set::Tuning => !question.held_out,
                Set::HeldOut => question.held_out,
                Set::All => true,
            };
            let chosen: Vec<&Question> = all.iter().filter(wanted).collect();
            let rows = evaluate(&corpus, &chosen, &budgets)?;
            Ok(EvaluatedAnswer { set, questions: chosen.len(), rows, embedder: corpus.embedder_name() })
        });
        let evaluated = evaluated.await?;
        answer(table(&evaluated.rows), &evaluated)
    }

    /// Compares one context that everybody who works on a task sees with one context for each part of it.
    #[tool(
        title = "Compare shared and fragmented contexts",
        annotations(
            title = "Compare shared and fragmented contexts",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<ComparedAnswer>()
    )]
    async fn compare_shared_and_fragmented(
        &self,
        Parameters(asked): Parameters<CompareArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("the number of queries", asked.queries.len(), 2, 8)?;
        let queries = asked.queries.iter().map(|query| question(query)).collect::<Result<Vec<_>, _>>()?;
        let tokens = within("token_budget", budget(asked.token_budget)?, 400, MOST_TOKENS)?;
        let id = asked.context.as_deref().map(handle).transpose()?;
        let owner = principal(&context);
        let compared = self.blocking(move |shared| {
            let corpus = shared.library.of(&owner)?;
            let decisions = id.map(|id| shared.memory.decisions(&owner, &id)).transpose()?.unwrap_or_default();
            let (one, each) = compare(&corpus, &queries, tokens)?;
            Ok(ComparedAnswer {
                shared: SideAnswer::new(&one, decisions.len()),
                fragmented: SideAnswer::new(&each, 0),
                embedder: corpus.embedder_name(),
            })
        });
        let compared = compared.await?;
        let told = |name: &str, side: &SideAnswer| {
            format!(
                "{name}: {}, {} tokens ({} of them repeated), relevance {:.2}, {} decisions seen, {} \
                 contradictions noticed and {} unnoticed",
                counted(side.contexts, "context", "contexts"),
                side.tokens,
                side.repeated_tokens,
                side.relevance,
                side.decisions_seen,
                side.contradictions_noticed.len(),
                side.contradictions_unnoticed.len()
            )
        };
        answer(format!("{}\n{}", told("shared", &compared.shared), told("fragmented", &compared.fragmented)), &compared)
    }
}
