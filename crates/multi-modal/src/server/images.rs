//! Images in and out.

use image::imageops;
use rmcp::{
    RoleServer,
    handler::server::{tool::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    MultiModal, allow_for_engine,
    answer::{Answer, Picture},
};
use crate::{
    analysis::{self, Analysis, ImageAnalysis},
    error::MediaError,
    imagegen::{self, ImageRequest, SIDE_MAX, SIDE_MIN, Style, Understood},
    source::{Kind, Source},
    vision::{annotate::annotate, decode::encode_png, scale::thumbnail},
};

const MAX_PROMPTS: usize = 4;
const RESPONSE_SIDE: u32 = 384;

/// Arguments of `analyze_image`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnalyzeImage {
    /// A PNG, JPEG, GIF, WebP or BMP.
    source: Source,
    /// What to look for.
    #[serde(default)]
    analysis: Analysis,
    /// Language of the text, as BCP 47 (such as "en"), for text analysis.
    #[serde(default)]
    #[schemars(length(min = 2, max = 35))]
    language: Option<String>,
}

/// Arguments of `generate_image`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GenerateImage {
    /// What is to be seen, in English, such as "three red circles over a blue sea at sunset".
    #[schemars(length(min = 1, max = 2_000))]
    prompt: String,
    /// How it is painted.
    #[serde(default)]
    style: Style,
    /// Width in pixels.
    #[serde(default = "default_side")]
    #[schemars(range(min = 16, max = 2048))]
    width: u32,
    /// Height in pixels.
    #[serde(default = "default_side")]
    #[schemars(range(min = 16, max = 2048))]
    height: u32,
    /// Decides the composition; by default it comes from the prompt.
    #[serde(default)]
    seed: Option<u64>,
}

fn default_side() -> u32 {
    512
}

/// What `generate_image` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Generated {
    /// Width in pixels.
    width: u32,
    /// Height in pixels.
    height: u32,
    /// How it was painted.
    style: Style,
    /// What painted it.
    made_by: String,
    /// What the procedural painter understood of the prompt; absent when a model painted.
    #[serde(skip_serializing_if = "Option::is_none")]
    understood: Option<Understood>,
}

/// Arguments of `create_multi_modal_response`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateResponse {
    /// The text of the answer.
    #[schemars(length(min = 1, max = 20_000))]
    text: String,
    /// A picture for each prompt.
    #[serde(default)]
    #[schemars(length(max = 4))]
    image_prompts: Vec<String>,
}

/// What `create_multi_modal_response` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Response {
    /// The text.
    text: String,
    /// What was understood of each prompt, in order.
    images: Vec<Understood>,
}

#[tool_router(router = image_tools, vis = "pub(super)")]
impl MultiModal {
    /// Analyses an image: its general properties, the objects, the text or the faces in it. Returns an annotated copy.
    #[tool(
        title = "Analyse an image",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true),
        output_schema = schema_for_output::<ImageAnalysis>()
    )]
    async fn analyze_image(
        &self,
        Parameters(arguments): Parameters<AnalyzeImage>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let loaded = self.load(&arguments.source, Kind::Image, &context).await?;
        let kind = arguments.analysis;
        // (3) Computed beside the protocol, a few at a time, with progress and cancellation.
        let engines = &self.shared.engines;
        let shown = match kind {
            Analysis::General if engines.vision.is_some() => Some(analysis::VISION_SIDE),
            Analysis::Text if engines.text.is_some() => Some(analysis::TEXT_SIDE),
            _ => None,
        };
        let (mut found, annotated, png) = self
            .shared
            .workers
            .run(&context, "analysing", move |watch| {
                // In one go: decoded pixels are large, and must not wait for another turn.
                let (found, picture) = analysis::analyze(&loaded.bytes, loaded.claimed.as_deref(), kind, watch)?;
                let annotated = Picture::of(&annotate(&picture, &found.labels))?;
                let png = shown.map(|side| encode_png(&thumbnail(&picture, side))).transpose()?.unwrap_or_default();
                Ok((found, annotated, png))
            })
            .await?;
        allow_for_engine(&context);
        if let (Analysis::General, Some(vision)) = (kind, &engines.vision) {
            analysis::describe(&mut found, &png, vision).await?;
        }
        if kind == Analysis::Text {
            let language = arguments.language.as_deref();
            analysis::read_text(&mut found, &png, engines.text.as_deref(), language).await?;
        }
        let mut answer = Answer::new(self, &context, "analyze_image", found.summary);
        answer.picture("annotated image", annotated)?;
        answer.with(&found.report)
    }

    /// Paints a picture from words: procedurally, or with a model where one is configured. Use it for illustrations and test images.
    #[tool(
        title = "Generate an image",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true),
        output_schema = schema_for_output::<Generated>()
    )]
    async fn generate_image(
        &self,
        Parameters(arguments): Parameters<GenerateImage>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        for (name, side) in [("width", arguments.width), ("height", arguments.height)] {
            if !(SIDE_MIN..=SIDE_MAX).contains(&side) {
                return Err(MediaError::Invalid {
                    what: format!("{name} is {side}"),
                    hint: format!("give {SIDE_MIN} to {SIDE_MAX}"),
                });
            }
        }
        let GenerateImage { prompt, style, width, height, seed } = arguments;
        let (picture, text, made_by, understood) = match &self.shared.engines.painter {
            None => {
                let request = ImageRequest { prompt: prompt.clone(), style, width, height, seed };
                let (picture, understood) = self
                    .shared
                    .workers
                    .run(&context, "painting", move |watch| {
                        let generated = imagegen::generate(&request, watch)?;
                        Ok((Picture::of(&generated.image)?, generated.understood))
                    })
                    .await?;
                (picture, describe(&understood, width, height), understood.made_by.clone(), Some(understood))
            }
            Some(painter) => {
                let styled = format!("{prompt}, {} style", style_name(style));
                let painted = painter.generate(&styled, width, height).await?;
                let picture = self
                    .shared
                    .workers
                    .run(&context, "scaling", move |_| {
                        let image = crate::vision::decode::decode(&painted.encoded, None)?.rgba;
                        Picture::of(&imageops::resize(&image, width, height, imageops::FilterType::Lanczos3))
                    })
                    .await?;
                (picture, format!("{width}x{height} by {}", painted.engine), painted.engine, None)
            }
        };
        let mut answer = Answer::new(self, &context, "generate_image", text);
        answer.picture(&prompt, picture)?;
        answer.with(&Generated { width, height, style, made_by, understood })
    }

    /// Answers with text and up to four painted pictures in one result. Use it to illustrate an explanation.
    #[tool(
        title = "Create a multi-modal response",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = false),
        output_schema = schema_for_output::<Response>()
    )]
    async fn create_multi_modal_response(
        &self,
        Parameters(arguments): Parameters<CreateResponse>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let prompts = arguments.image_prompts;
        if prompts.len() > MAX_PROMPTS {
            return Err(MediaError::Invalid {
                what: format!("there are {} image prompts", prompts.len()),
                hint: format!("give at most {MAX_PROMPTS}"),
            });
        }
        if arguments.text.trim().is_empty() || arguments.text.chars().count() > 20_000 {
            return Err(MediaError::Invalid {
                what: "the text is empty or too long".to_owned(),
                hint: "give 1 to 20000 characters".to_owned(),
            });
        }
        let painted = self
            .shared
            .workers
            .run(&context, "painting", move |watch| {
                let paint = |prompt: &String| {
                    let request = ImageRequest {
                        prompt: prompt.clone(),
                        style: Style::Cartoon,
                        width: RESPONSE_SIDE,
                        height: RESPONSE_SIDE,
                        seed: None,
                    };
                    let generated = imagegen::generate(&request, watch)?;
                    Ok((prompt.clone(), Picture::of(&generated.image)?, generated.understood))
                };
                prompts.iter().map(paint).collect::<Result<Vec<_>, MediaError>>()
            })
            .await?;
        let mut answer = Answer::new(self, &context, "create_multi_modal_response", arguments.text.clone());
        let mut images = Vec::with_capacity(painted.len());
        for (prompt, picture, understood) in painted {
            answer.text(&prompt);
            answer.picture(&prompt, picture)?;
            images.push(understood);
        }
        answer.with(&Response { text: arguments.text, images })
    }
}

fn style_name(style: Style) -> &'static str {
    match style {
        Style::Realistic => "photorealistic",
        Style::Artistic => "oil painting",
        Style::Cartoon => "cartoon",
        Style::Sketch => "pencil sketch",
    }
}

fn describe(understood: &Understood, width: u32, height: u32) -> String {
    let things: Vec<String> = understood.things.iter().map(|thing| thing.painted_as.clone()).collect();
    let mut text = format!("{width}x{height} by {}", understood.made_by);
    if !things.is_empty() {
        text.push_str(&format!("; painted: {}", things.join(", ")));
    }
    if !understood.not_understood.is_empty() {
        text.push_str(&format!(
            "; not understood, so only the composition depends on it: {}",
            understood.not_understood.join(", ")
        ));
    }
    text
}
