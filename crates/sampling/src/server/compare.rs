//! (6) `compare_parameters`: the same prompt under several settings and seeds, side by side.

use std::collections::BTreeSet;

use mcp_support::{llm::Sampling, progress::Progress};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResponse,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    SamplingServer,
    answer::{Origin, answer, clean, within},
    generate::{MAX_PROMPT, kind, plain_request},
};
use crate::error::Refusal;

/// Most answers of one comparison. In 2026-07-28 a client answers them all in one round.
const MAX_RUNS: usize = 12;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Compare {
    /// What to write, or the beginning of it.
    #[schemars(length(min = 1, max = 8000))]
    prompt: String,
    /// The settings, 1 to 6; three temperatures when absent. With the seeds at most 12 answers.
    #[schemars(length(min = 1, max = 6))]
    settings: Option<Vec<Settings>>,
    /// The seeds, 1 to 5; 1 and 2 when absent.
    #[schemars(length(min = 1, max = 5))]
    seeds: Option<Vec<u32>>,
    /// Most tokens of each answer; 40 when absent.
    #[schemars(range(min = 1, max = 200))]
    max_tokens: Option<u32>,
}

/// Settings of a model. What is absent is the model's own default.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// 0 (always the likeliest) to 2.
    #[schemars(range(min = 0, max = 2))]
    temperature: Option<f64>,
    /// Over 0, at most 1.
    #[schemars(range(min = 0, max = 1))]
    top_p: Option<f64>,
    /// At least 1.
    #[schemars(range(min = 1))]
    top_k: Option<u32>,
    /// -2 to 2.
    #[schemars(range(min = -2, max = 2))]
    frequency_penalty: Option<f64>,
    /// -2 to 2.
    #[schemars(range(min = -2, max = 2))]
    presence_penalty: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Compared {
    /// An answer for each of the settings and each seed, in the order in which they were given.
    runs: Vec<Run>,
    /// How many different texts there are among them.
    different_texts: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Run {
    /// Which of the settings, from 0.
    settings: usize,
    /// The seed.
    seed: u32,
    /// What the model wrote.
    text: String,
    #[serde(flatten)]
    origin: Origin,
}

#[tool_router(router = compare_tools, vis = "pub(super)")]
impl SamplingServer {
    /// Writes to one prompt under several settings and seeds; use it to see what a setting does before you choose it.
    #[tool(
        title = "Compare settings",
        annotations(
            title = "Compare settings",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Compared>()
    )]
    async fn compare_parameters(
        &self,
        Parameters(arguments): Parameters<Compare>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let progress = Progress::new(&context);
        self.with_models("compare_parameters", &arguments, &context, async |chain| {
            let prompt = clean("prompt", &arguments.prompt, MAX_PROMPT)?;
            let plan = plan(&arguments)?;
            let (kind, _) = kind(&prompt, None)?;
            let (mut runs, mut is_waiting) = (Vec::new(), false);
            for (place, (settings, seed, sampling)) in plan.iter().enumerate() {
                let request = plain_request(&prompt, kind, sampling.clone());
                // In 2026-07-28 all of them are asked for in one round.
                let Some(completion) = chain.complete(&format!("run-{place}"), &request).await? else {
                    is_waiting = true;
                    continue;
                };
                let origin = Origin::of(&completion, &chain.fallbacks);
                runs.push(Run { settings: *settings, seed: *seed, text: completion.text, origin });
                let message = format!("answer {} of {}", place + 1, plan.len());
                progress.report((place + 1) as f64, plan.len() as f64, message).await;
            }
            if is_waiting {
                return Ok(None);
            }
            let different_texts = runs.iter().map(|run| &run.text).collect::<BTreeSet<_>>().len();
            let mut shown = format!("{different_texts} different texts in {} answers\n", runs.len());
            for (run, (_, _, sampling)) in runs.iter().zip(&plan) {
                let applied = serde_json::to_string(sampling).unwrap_or_default();
                shown.push_str(&format!("\n{applied}\n{}\n{}\n", run.text, run.origin.line()));
            }
            Ok(Some(answer(shown, &Compared { runs, different_texts })?))
        })
        .await
    }
}

/// Each of the settings with each seed.
fn plan(arguments: &Compare) -> Result<Vec<(usize, u32, Sampling)>, Refusal> {
    let temperatures = [0.0, 0.7, 1.3].map(|value| Settings { temperature: Some(value), ..Settings::default() });
    let all = arguments.settings.clone().unwrap_or_else(|| temperatures.to_vec());
    let seeds = arguments.seeds.clone().unwrap_or_else(|| vec![1, 2]);
    within("the number of settings", all.len(), 1, 6)?;
    within("the number of seeds", seeds.len(), 1, 5)?;
    within("the number of answers", all.len() * seeds.len(), 1, MAX_RUNS)?;
    let max_tokens = within("max_tokens", arguments.max_tokens.unwrap_or(40), 1, 200)?;
    let mut plan = Vec::new();
    for (place, settings) in all.iter().enumerate() {
        for seed in &seeds {
            let sampling = Sampling {
                temperature: settings.temperature,
                top_p: settings.top_p,
                top_k: settings.top_k,
                frequency_penalty: settings.frequency_penalty,
                presence_penalty: settings.presence_penalty,
                stop: Vec::new(),
                max_tokens: Some(max_tokens),
                seed: Some((*seed).into()),
            };
            sampling
                .check()
                .map_err(|error| Refusal::argument(format!("settings {place}: {error}"), "change this setting"))?;
            plan.push((place, *seed, sampling));
        }
    }
    Ok(plan)
}
