//! Frames out of videos and animations.

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
    MultiModal,
    answer::{Answer, Picture},
};
use crate::{
    error::MediaError,
    source::{Kind, Source},
    video::{self, Selection, VideoReport},
    vision::decode::encode_png,
};

const MAX_COUNT: u32 = 64;
const MAX_EVERY_MS: u32 = 60_000;
const DEFAULT_COUNT: u32 = 8;

/// Arguments of `extract_video_frames`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExtractVideoFrames {
    /// A GIF, APNG, animated WebP or Y4M.
    source: Source,
    /// One frame for each period of this many milliseconds. Not together with count.
    #[serde(default)]
    #[schemars(range(min = 1, max = 60_000))]
    every_ms: Option<u32>,
    /// This many frames, evenly spread; 8 by default. Not together with every_ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 64))]
    count: Option<u32>,
    /// Keep each frame as media and link it.
    #[serde(default)]
    keep_frames: bool,
}

/// What `extract_video_frames` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct VideoFrames {
    /// The video and the chosen frames.
    video: VideoReport,
    /// Handles of the frames, in order, when they are kept.
    frames: Vec<String>,
}

#[tool_router(router = video_tools, vis = "pub(super)")]
impl MultiModal {
    /// Extracts frames of an animation or raw video, with scene changes and a contact sheet. Use it to look at a video.
    #[tool(
        title = "Extract video frames",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true),
        output_schema = schema_for_output::<VideoFrames>()
    )]
    async fn extract_video_frames(
        &self,
        Parameters(arguments): Parameters<ExtractVideoFrames>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let selection = selection(arguments.every_ms, arguments.count)?;
        let loaded = self.load(&arguments.source, Kind::Video, &context).await?;
        let keep = arguments.keep_frames;
        let (report, sheet, frames) = self
            .shared
            .workers
            .run(&context, "decoding frames", move |watch| {
                let extraction = video::extract(&loaded.bytes, loaded.claimed.as_deref(), selection, watch)?;
                let sheet = Picture::of(&extraction.contact_sheet)?;
                let kept = if keep { extraction.frames.as_slice() } else { &[] };
                let frames = kept.iter().map(encode_png).collect::<Result<Vec<_>, _>>()?;
                Ok((extraction.report, sheet, frames))
            })
            .await?;
        let text = format!(
            "{}, {}x{}, {} frames in {:.1} s; {} chosen; {}",
            report.container,
            report.width,
            report.height,
            report.frame_count,
            report.duration_ms / 1000.0,
            report.selected.len(),
            match report.scene_changes.len() {
                0 => "no scene change".to_owned(),
                1 => "1 scene change".to_owned(),
                changes => format!("{changes} scene changes"),
            },
        );
        let mut answer = Answer::new(self, &context, "extract_video_frames", text);
        answer.picture("contact sheet", sheet)?;
        let mut handles = Vec::new();
        for (frame, chosen) in frames.into_iter().zip(&report.selected) {
            let name = format!("frame {} at {} ms", chosen.index, chosen.timestamp_ms);
            handles.push(answer.kept(&name, "image/png", frame)?.uri());
        }
        answer.with(&VideoFrames { video: report, frames: handles })
    }
}

fn selection(every_ms: Option<u32>, count: Option<u32>) -> Result<Selection, MediaError> {
    let invalid = |what: String, hint: String| Err(MediaError::Invalid { what, hint });
    match (every_ms, count) {
        (Some(_), Some(_)) => {
            invalid("every_ms and count exclude each other".to_owned(), "give one of them".to_owned())
        }
        (Some(every), None) if !(1..=MAX_EVERY_MS).contains(&every) => {
            invalid(format!("every_ms is {every}"), format!("give 1 to {MAX_EVERY_MS}"))
        }
        (None, Some(count)) if !(1..=MAX_COUNT).contains(&count) => {
            invalid(format!("count is {count}"), format!("give 1 to {MAX_COUNT}"))
        }
        (Some(every), None) => Ok(Selection::EveryMs(every)),
        (None, count) => Ok(Selection::Count(count.unwrap_or(DEFAULT_COUNT))),
    }
}
