//! (5) `generate` and `record_feedback`: from wishes to settings, and from scores to the next settings.

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::{
    llm::{Message, Part, Sampling, ToolChoice},
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::{CallToolResponse, CallToolResult},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    SamplingServer,
    answer::{Origin, answer, clean, within},
};
use crate::{
    completer::{Preferences, Request},
    error::{Refusal, quoted},
    parameters::{TaskType, Wishes, detect::detect},
    task::Task,
};

/// Longest prompt, in characters.
pub(super) const MAX_PROMPT: usize = 8_000;
/// Most tokens of one answer.
pub(super) const MAX_TOKENS: u32 = 1_000;
/// Largest picture or sound, in bytes.
const MAX_ATTACHMENT: usize = 1024 * 1024;
/// What a provider's models commonly read.
const MEDIA_TYPES: [&str; 6] = ["image/png", "image/jpeg", "image/webp", "image/gif", "audio/wav", "audio/mpeg"];

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Generate {
    /// What to write, or the beginning of it: the embedded model can only go on.
    #[schemars(length(min = 1, max = 8000))]
    prompt: String,
    /// What kind of text; found out from the prompt when absent.
    #[schemars(extend("enum" = ["creative", "factual", "code", "analytical", "conversational", null]))]
    task_type: Option<String>,
    /// Wishes, each from 1 to 10.
    #[serde(default)]
    preferences: Wishes,
    /// Equal seeds give equal text, where the model can.
    #[schemars(range(min = 0, max = 4294967295_u32))]
    seed: Option<u32>,
    /// Most tokens; the preset's when absent.
    #[schemars(range(min = 1, max = 1000))]
    max_tokens: Option<u32>,
    /// Texts that end the answer, each of at most 40 characters.
    #[serde(default)]
    #[schemars(length(max = 4))]
    stop: Vec<String>,
    /// Names of models or families, the best first: a wish to a client that has several.
    #[serde(default)]
    #[schemars(length(max = 5))]
    model_hints: Vec<String>,
    /// Pictures and sounds that belong to the prompt, for models that see and hear.
    #[serde(default)]
    #[schemars(length(max = 2))]
    attachments: Vec<Attachment>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Attachment {
    /// `image/png`, `image/jpeg`, `image/webp`, `image/gif`, `audio/wav` or `audio/mpeg`.
    media_type: String,
    /// The file in base64, at most 1 MiB.
    data: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Generated {
    /// What the model wrote.
    text: String,
    /// For `record_feedback`.
    generation_id: String,
    /// The kind of text.
    task_type: TaskType,
    /// Whether it was found out from the prompt.
    detected: bool,
    #[serde(flatten)]
    origin: Origin,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordFeedback {
    /// What `generate` returned with the answer.
    generation_id: String,
    /// From 0 (bad) to 1 (good).
    #[schemars(range(min = 0, max = 1))]
    score: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Learned {
    /// The kind of text that was rated.
    task_type: TaskType,
    /// What is added to the temperature of your next answers of this kind, from -0.3 to 0.3.
    temperature_offset: f64,
    /// The temperature that they will have, without other wishes.
    next_temperature: Option<f64>,
}

#[tool_router(router = generate_tools, vis = "pub(super)")]
impl SamplingServer {
    /// Writes a text with settings that fit its kind and your wishes; use it for anything that the other tools do not do.
    #[tool(
        title = "Write a text",
        annotations(
            title = "Write a text",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Generated>()
    )]
    async fn generate(
        &self,
        Parameters(arguments): Parameters<Generate>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = principal(&context);
        self.with_models("generate", &arguments, &context, async |chain| {
            let (kind, detected) = kind(&arguments.prompt, arguments.task_type.as_deref())?;
            let learned = self.shared.feedback.learned(&caller, kind);
            let request = request(&arguments, kind, arguments.preferences.apply(kind, learned)?)?;
            let Some(completion) = chain.complete("text", &request).await? else { return Ok(None) };
            let generation_id = self.shared.feedback.remember(&caller, kind);
            let origin = Origin::of(&completion, &chain.fallbacks);
            let shown = format!("{}\n\n{} {kind}, {generation_id}", completion.text, origin.line());
            let generated = Generated { text: completion.text, generation_id, task_type: kind, detected, origin };
            Ok(Some(answer(shown, &generated)?))
        })
        .await
    }

    /// Rates an answer of generate, once; your next answers of that kind become bolder or more careful.
    #[tool(
        title = "Rate an answer",
        annotations(
            title = "Rate an answer",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Learned>()
    )]
    fn record_feedback(
        &self,
        Parameters(arguments): Parameters<RecordFeedback>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (kind, offset) =
            self.shared.feedback.record(&principal(&context), &arguments.generation_id, arguments.score)?;
        let next = Wishes::default().apply(kind, offset)?.temperature;
        let text = format!("the temperature of your next {kind} answers is {}", next.unwrap_or_default());
        answer(text, &Learned { task_type: kind, temperature_offset: offset, next_temperature: next })
    }
}

/// The kind of text that the caller names, or that the prompt asks for.
pub(super) fn kind(prompt: &str, named: Option<&str>) -> Result<(TaskType, bool), Refusal> {
    match named {
        Some(name) => Ok((name.parse()?, false)),
        None => Ok((detect(prompt).0, true)),
    }
}

/// A request for a text, with settings that somebody has chosen.
pub(super) fn plain_request(prompt: &str, kind: TaskType, sampling: Sampling) -> Request {
    let (system, intelligence, speed) = match kind {
        TaskType::Creative => ("You write with imagination.", 0.6, 0.3),
        TaskType::Factual => ("You answer in few words, and say so when you do not know.", 0.7, 0.5),
        TaskType::Code => ("You write programs that compile, with few comments.", 0.9, 0.3),
        TaskType::Analytical => ("You weigh reasons, and come to a conclusion.", 0.9, 0.2),
        TaskType::Conversational => ("You are friendly, and brief.", 0.3, 0.8),
    };
    Request {
        task: Task::Continue,
        system: system.to_owned(),
        messages: vec![Message::user(prompt)],
        tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
        sampling,
        preferences: Preferences { hints: Vec::new(), cost: 0.3, speed, intelligence },
    }
}

fn request(arguments: &Generate, kind: TaskType, mut sampling: Sampling) -> Result<Request, Refusal> {
    let prompt = clean("prompt", &arguments.prompt, MAX_PROMPT)?;
    if let Some(max_tokens) = arguments.max_tokens {
        sampling.max_tokens = Some(within("max_tokens", max_tokens, 1, MAX_TOKENS)?);
    }
    sampling.seed = arguments.seed.map(u64::from);
    within("the number of stop texts", arguments.stop.len(), 0, 4)?;
    sampling.stop = arguments.stop.iter().map(|it| clean("a stop text", it, 40)).collect::<Result<_, _>>()?;
    sampling.check().map_err(|error| Refusal::argument(error.to_string(), "change this setting"))?;
    within("the number of attachments", arguments.attachments.len(), 0, 2)?;
    within("the number of model hints", arguments.model_hints.len(), 0, 5)?;
    let mut request = plain_request(&prompt, kind, sampling);
    request.preferences.hints =
        arguments.model_hints.iter().map(|it| clean("a model hint", it, 80)).collect::<Result<_, _>>()?;
    let attachments = arguments.attachments.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    if let Some(Message::User(parts)) = request.messages.last_mut() {
        parts.extend(attachments);
    }
    Ok(request)
}

fn part(attachment: &Attachment) -> Result<Part, Refusal> {
    let media_type = attachment.media_type.clone();
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        let what = format!("media_type is {}", quoted(&media_type));
        return Err(Refusal::argument(what, format!("use one of: {}", MEDIA_TYPES.join(", "))));
    }
    let data = STANDARD.decode(&attachment.data);
    let data = data.map_err(|_| Refusal::argument("an attachment is no base64", "send the file in standard base64"))?;
    within("the size of an attachment in bytes", data.len(), 1, MAX_ATTACHMENT)?;
    Ok(match media_type.starts_with("image/") {
        true => Part::Image { media_type, data: data.into() },
        false => Part::Audio { media_type, data: data.into() },
    })
}
