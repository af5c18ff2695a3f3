//! `explain_parameters`: what `generate` would apply, and why, without asking a model.

use mcp_support::serve::principal;
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
    SamplingServer,
    answer::{Applied, answer, clean},
    generate::MAX_PROMPT,
};
use crate::{
    error::Refusal,
    parameters::{TaskType, Wishes, detect::detect},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Explain {
    /// A prompt whose kind is to be found out.
    #[schemars(length(min = 1, max = 8000))]
    prompt: Option<String>,
    /// A kind of text; all when neither this nor a prompt is given.
    #[schemars(extend("enum" = ["creative", "factual", "code", "analytical", "conversational", null]))]
    task_type: Option<String>,
    /// Wishes, each from 1 to 10.
    #[serde(default)]
    preferences: Wishes,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Explained {
    /// What would be applied, for each kind that was asked about.
    kinds: Vec<Kind>,
    /// How loudly the prompt's words speak for each kind, if there is a prompt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scores: Vec<Score>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Kind {
    task_type: TaskType,
    /// What fits this kind of text.
    preset: Applied,
    /// The preset, changed by the wishes and by what your feedback has taught.
    applied: Applied,
    /// What your feedback adds to the temperature, from -0.3 to 0.3.
    temperature_offset: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Score {
    task_type: TaskType,
    score: u32,
}

#[tool_router(router = parameter_tools, vis = "pub(super)")]
impl SamplingServer {
    /// Shows which settings generate would apply to a prompt or a kind of text, and why; it asks no model.
    #[tool(
        title = "Explain settings",
        annotations(
            title = "Explain settings",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Explained>()
    )]
    fn explain_parameters(
        &self,
        Parameters(arguments): Parameters<Explain>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let caller = principal(&context);
        let prompt = arguments.prompt.as_deref().map(|prompt| clean("prompt", prompt, MAX_PROMPT)).transpose()?;
        let detected = prompt.as_deref().map(detect);
        let asked = match (&arguments.task_type, &detected) {
            (Some(name), _) => vec![name.parse()?],
            (None, Some((kind, _))) => vec![*kind],
            (None, None) => TaskType::ALL.to_vec(),
        };
        let mut kinds = Vec::new();
        let mut shown = String::new();
        for kind in asked {
            let learned = self.shared.feedback.learned(&caller, kind);
            let (preset, applied) = (kind.preset(), arguments.preferences.apply(kind, learned)?);
            shown.push_str(&format!("{kind}: {}\n", serde_json::to_string(&applied).unwrap_or_default()));
            kinds.push(Kind {
                task_type: kind,
                preset: Applied::from(&preset),
                applied: Applied::from(&applied),
                temperature_offset: learned,
            });
        }
        let scores = detected.into_iter().flat_map(|(_, scores)| scores);
        let scores = scores.map(|(task_type, score)| Score { task_type, score }).collect();
        answer(shown.trim_end(), &Explained { kinds, scores })
    }
}
