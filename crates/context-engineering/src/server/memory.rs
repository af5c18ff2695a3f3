//! Tools around what was said and decided.

use mcp_support::{
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
    answers::DroppedAnswer,
    arguments::{budget, handle},
};
use crate::{
    memory::{Decision, MOST_DECISION, Turn},
    untrusted::within_marks,
};

/// Most turns of a call.
const MOST_TURNS: usize = 100;
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordArguments {
    /// A `context_id` from `open_context`.
    #[schemars(length(min = 32, max = 32))]
    context: String,
    /// What was decided, in one or two sentences.
    #[schemars(length(min = 1, max = 1000))]
    decision: String,
    /// Why.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    reason: Option<String>,
    /// Number of the decision whose place this one takes. It stays, and says so.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    supersedes: Option<i64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListArguments {
    /// A `context_id` from `open_context`.
    #[schemars(length(min = 32, max = 32))]
    context: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompactArguments {
    /// A `context_id` from `open_context`.
    #[schemars(length(min = 32, max = 32))]
    context: String,
    /// What was said since the last time, the oldest first.
    #[serde(default)]
    #[schemars(length(max = 100))]
    turns: Vec<TurnArgument>,
    /// Most tokens of decisions and history, from 50 to 100000; 1000 where it is absent.
    #[serde(default)]
    #[schemars(range(min = 50, max = 100000))]
    token_budget: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct TurnArgument {
    /// Who has said it. `tool` is for all that a tool has returned: decisions are never taken from it.
    role: RoleArgument,
    /// What.
    #[schemars(length(min = 1, max = 20000))]
    text: String,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum RoleArgument {
    User,
    Assistant,
    Tool,
}

/// A decision.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DecisionAnswer {
    /// From 1, in its context.
    number: i64,
    /// What was decided.
    decision: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    /// The decision whose place it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<i64>,
    /// Seconds since 1970.
    recorded: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RecordedAnswer {
    /// The decision as it was stored.
    recorded: DecisionAnswer,
    /// Secrets that were taken out of it before.
    secrets_removed: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DecisionsAnswer {
    /// All decisions, in their order.
    decisions: Vec<DecisionAnswer>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CompactedAnswer {
    /// Decisions, then what is left of what was said, each sentence with who said it.
    text: String,
    /// Tokens of it, exactly.
    tokens: usize,
    /// Tokens before.
    from_tokens: usize,
    /// All decisions; each of them is in the text.
    decisions: Vec<DecisionAnswer>,
    /// How many of them were found in the turns just now.
    found: usize,
    /// Numbers and names that are no longer there.
    dropped: DroppedAnswer,
    /// Secrets that were taken out of the turns.
    secrets_removed: usize,
}

impl From<Decision> for DecisionAnswer {
    fn from(decision: Decision) -> Self {
        Self {
            number: decision.number,
            decision: within_marks(&decision.text),
            reason: within_marks(&decision.reason),
            supersedes: decision.supersedes,
            recorded: decision.recorded,
        }
    }
}

#[tool_router(router = memory_tools, vis = "pub(super)")]
impl ContextEngineering {
    /// Records a decision in a context; it is never changed and never compacted away, but a later one may supersede it.
    #[tool(
        title = "Record a decision",
        annotations(
            title = "Record a decision",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<RecordedAnswer>()
    )]
    async fn record_decision(
        &self,
        Parameters(asked): Parameters<RecordArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (id, owner) = (handle(&asked.context)?, principal(&context));
        within("the length of decision", asked.decision.chars().count(), 1, MOST_DECISION)?;
        let reason = asked.reason.unwrap_or_default();
        within("the length of reason", reason.chars().count(), 0, MOST_DECISION)?;
        let recorded = self.blocking(move |shared| {
            // (8) Decisions are append-only, and hold no secrets.
            Ok(shared.memory.record(&owner, &id, &asked.decision, &reason, asked.supersedes)?)
        });
        let (decision, secrets_removed) = recorded.await?;
        let secrets = counted(secrets_removed, "secret was", "secrets were");
        let text = format!("decision {} is recorded; {secrets} taken out", decision.number);
        answer(text, &RecordedAnswer { recorded: decision.into(), secrets_removed })
    }

    /// Lists all decisions of a context, in the order in which they were made.
    #[tool(
        title = "List decisions",
        annotations(
            title = "List decisions",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<DecisionsAnswer>()
    )]
    async fn list_decisions(
        &self,
        Parameters(asked): Parameters<ListArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (id, owner) = (handle(&asked.context)?, principal(&context));
        let decisions = self.blocking(move |shared| Ok(shared.memory.decisions(&owner, &id)?)).await?;
        let decisions: Vec<DecisionAnswer> = decisions.into_iter().map(Into::into).collect();
        let lines = decisions
            .iter()
            .map(|decision| format!("<decision n=\"{}\">{}</decision>\n", decision.number, decision.decision));
        let text = format!("{}\n{}", counted(decisions.len(), "decision", "decisions"), lines.collect::<String>());
        answer(text, &DecisionsAnswer { decisions })
    }

    /// Adds turns and makes a context's history fit a budget; decisions, taken from no `tool` turn, stay word for word.
    #[tool(
        title = "Compact a history",
        annotations(
            title = "Compact a history",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<CompactedAnswer>()
    )]
    async fn compact_history(
        &self,
        Parameters(asked): Parameters<CompactArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (id, owner, budget) = (handle(&asked.context)?, principal(&context), budget(asked.token_budget)?);
        within("the number of turns", asked.turns.len(), 0, MOST_TURNS)?;
        for turn in &asked.turns {
            within("the length of a turn", turn.text.chars().count(), 1, 20_000)?;
        }
        let compacted = self.blocking(move |shared| {
            let turns: Vec<Turn> = asked.turns.into_iter().map(turn).collect();
            Ok(shared.memory.compact(&owner, &id, &turns, budget, shared.encoding)?)
        });
        let compacted = compacted.await?;
        let told = CompactedAnswer {
            text: compacted.text,
            tokens: compacted.tokens,
            from_tokens: compacted.from_tokens,
            decisions: compacted.decisions.into_iter().map(Into::into).collect(),
            found: compacted.found,
            dropped: DroppedAnswer::new(&compacted.dropped),
            secrets_removed: compacted.secrets,
        };
        let decisions = counted(told.decisions.len(), "decision", "decisions");
        let note = format!("{} of {} tokens; {decisions}", told.tokens, told.from_tokens);
        answer(format!("{}\n{note}", told.text), &told)
    }
}

fn turn(given: TurnArgument) -> Turn {
    let role = match given.role {
        RoleArgument::User => "user",
        RoleArgument::Assistant => "assistant",
        RoleArgument::Tool => "tool",
    };
    Turn { role: role.to_owned(), text: given.text }
}
