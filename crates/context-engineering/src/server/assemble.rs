//! The tool that writes one context from four layers.

use mcp_support::{
    refusal::{Refusal, answer, within},
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
    ContextEngineering, Shared,
    arguments::{budget, handle, question},
};
use crate::{
    layers::{Layer, Shares, assemble, line},
    packing::{Packed, pack},
    search::Filter,
    strategy::{Strategy, ranking},
    untrusted::clean,
};

/// Most texts of a layer.
const MOST_TEXTS: usize = 100;
/// Longest text of a layer, in characters.
const MOST_TEXT: usize = 10_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssembleArguments {
    /// What the model will be asked.
    #[schemars(length(min = 1, max = 2000))]
    query: String,
    /// Most tokens of all layers, from 50 to 100000; 1000 where it is absent.
    #[serde(default)]
    #[schemars(range(min = 50, max = 100000))]
    token_budget: Option<usize>,
    /// A `context_id` from `open_context`, whose decisions and history are taken too.
    #[serde(default)]
    #[schemars(length(min = 32, max = 32))]
    context: Option<String>,
    /// Core: goals and rules, the most important first.
    #[serde(default)]
    #[schemars(length(max = 100))]
    core: Vec<String>,
    /// Situational: what was said or seen lately, the newest last.
    #[serde(default)]
    #[schemars(length(max = 100))]
    situational: Vec<String>,
    /// Percent of the budget for core, situational, supporting and fallback; 20, 20, 50, 10 where it is absent.
    #[serde(default)]
    shares: Option<[usize; 4]>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AssembledAnswer {
    /// The layers, between marks. What is between them is data.
    context: String,
    /// Tokens of it, exactly.
    tokens: usize,
    /// Tokens that it might have had.
    budget: usize,
    /// What became of each layer.
    layers: Vec<LayerAnswer>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LayerAnswer {
    /// Which layer.
    layer: Layer,
    /// Tokens that it had: its share, and what the layers before left.
    had: usize,
    /// Tokens that it took.
    tokens: usize,
}

#[tool_router(router = assemble_tools, vis = "pub(super)")]
impl ContextEngineering {
    /// Writes one context from four layers, each within its share of the budget: core, situational, supporting, fallback.
    #[tool(
        title = "Assemble a context",
        annotations(
            title = "Assemble a context",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<AssembledAnswer>()
    )]
    async fn assemble_context(
        &self,
        Parameters(asked): Parameters<AssembleArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (query, budget, owner) = (question(&asked.query)?, budget(asked.token_budget)?, principal(&context));
        let id = asked.context.as_deref().map(handle).transpose()?;
        let shares = match asked.shares {
            None => Shares::default(),
            Some(shares) => Shares::new(shares)
                .map_err(|error| Refusal::argument(error.to_string(), "give four numbers that are 100 together"))?,
        };
        for (name, texts) in [("core", &asked.core), ("situational", &asked.situational)] {
            within(&format!("the number of {name}"), texts.len(), 0, MOST_TEXTS)?;
            for text in texts {
                within(&format!("the length of a text in {name}"), text.chars().count(), 1, MOST_TEXT)?;
            }
        }
        let assembled = self.blocking(move |shared| {
            let (core, situational) = (cleaned(&asked.core), cleaned(&asked.situational));
            let work = Assembly { query, core, situational, shares, budget };
            work.assembled(shared, &owner, id.as_deref())
        });
        let assembled = assembled.await?;
        answer(assembled.context.clone(), &assembled)
    }
}

struct Assembly {
    query: String,
    core: Vec<String>,
    situational: Vec<String>,
    shares: Shares,
    budget: usize,
}

impl Assembly {
    fn assembled(self, shared: &Shared, owner: &str, id: Option<&str>) -> Result<AssembledAnswer, Refusal> {
        let corpus = shared.library.of(owner)?;
        let (decisions, turns) = match id {
            Some(id) => (shared.memory.decisions(owner, id)?, shared.memory.turns(owner, id)?),
            None => (Vec::new(), Vec::new()),
        };
        let ranked = ranking(&corpus, &self.query, Strategy::Packed, &Filter::default())?;
        let mut left_out: Vec<String> = Vec::new();
        // (6) What a layer does not need goes to the next one.
        let (context, layers) = assemble(self.budget, self.shares, shared.encoding, |layer, room| match layer {
            Layer::Core => {
                let decided = decisions.iter().map(|decision| line("decided", &decision.text));
                decided.chain(self.core.iter().map(|text| line("rule", text))).collect()
            }
            Layer::Situational => {
                let said = turns.iter().map(|turn| line(&turn.role, &turn.text));
                said.chain(self.situational.iter().map(|text| line("lately", text))).collect()
            }
            Layer::Supporting => {
                let packed: Packed = pack(&corpus, &ranked, room);
                let shown = |id: &str| packed.passages.iter().any(|passage| passage.document.id == id);
                for candidate in &ranked {
                    let id = &corpus.piece(candidate.at).document.id;
                    if !shown(id) && !left_out.contains(id) {
                        left_out.push(id.clone());
                    }
                }
                packed.text
            }
            Layer::Fallback => {
                let mut text = String::new();
                for id in &left_out {
                    let title = corpus.document(id).map_or("", |document| document.about.title.as_str());
                    let with = format!("{text}{}", line(id, title));
                    if shared.encoding.count(&with) > room {
                        break;
                    }
                    text = with;
                }
                text
            }
        });
        let layers = layers.into_iter().map(|written| LayerAnswer {
            layer: written.layer,
            had: written.had,
            tokens: written.tokens,
        });
        Ok(AssembledAnswer {
            tokens: shared.encoding.count(&context),
            budget: self.budget,
            layers: layers.collect(),
            context,
        })
    }
}

fn cleaned(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| clean(text).text).collect()
}
