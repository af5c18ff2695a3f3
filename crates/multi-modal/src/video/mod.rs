//! Moving pictures in: GIF, APNG, animated WebP and Y4M, frame by frame. Only the selected frames are kept.

pub mod contact_sheet;
pub mod frames;
pub mod scenes;
pub mod y4m;

use image::RgbaImage;

use crate::error::MediaError;
use crate::video::frames::{Clip, Container};
use crate::video::scenes::{SceneChange, SceneDetector};
use crate::vision::rounded;
use crate::vision::scale::thumbnail;
use crate::watch::Watch;

/// Most frames that one call selects.
pub const MAX_SELECTED: u32 = 64;

/// Longest side of a selected frame, in pixels.
pub const FRAME_SIDE: u32 = 512;

/// Which frames to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// The frame that is shown at 0 ms, and each so many milliseconds later. A frame is kept once.
    EveryMs(u32),
    /// So many frames, each from the middle of one of as many equal parts; all frames when there are fewer.
    Count(u32),
}

/// A frame that was kept.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct SelectedFrame {
    /// Number of the frame, from 0.
    pub index: u32,
    /// When it appears, in milliseconds from the start.
    pub timestamp_ms: f64,
    /// Width of the copy that was kept, in pixels.
    pub width: u32,
    /// Height of the copy that was kept, in pixels.
    pub height: u32,
}

/// The result of [`extract`], without the pixels.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct VideoReport {
    /// `GIF`, `APNG`, `animated WebP`, `Y4M` or `still image`.
    pub container: String,
    /// MIME type by magic bytes.
    pub mime: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames in the file.
    pub frame_count: u32,
    /// Length in milliseconds; 0 for a still image.
    pub duration_ms: f64,
    /// Frames divided by length; 0 for a still image.
    pub mean_frames_per_second: f64,
    /// The frames that were kept, in order.
    pub selected: Vec<SelectedFrame>,
    /// Cuts, in order: frames whose colours differ much from the frame before.
    pub scene_changes: Vec<SceneChange>,
    /// What a reader should know about the result.
    pub note: String,
}

/// Report and pictures of one video.
#[derive(Debug, Clone)]
pub struct Extraction {
    /// What was found.
    pub report: VideoReport,
    /// The kept frames, in the order of `report.selected`, at most [`FRAME_SIDE`] pixels a side.
    pub frames: Vec<RgbaImage>,
    /// All kept frames in a grid with their times, at most [`contact_sheet::MAX_WIDTH`] pixels wide.
    pub contact_sheet: RgbaImage,
}

/// Decodes a video or animation and keeps the selected frames. A still image is one frame, and the note says so.
///
/// With [`Selection::Count`] the file is decoded twice, because only then is it known how many frames there are.
///
/// # Errors
/// `Invalid` for a selection of nothing or of more than [`MAX_SELECTED`] frames; `TooLarge` over
/// [`crate::limits::VIDEO_BYTES`], [`crate::limits::VIDEO_FRAMES`] or [`crate::limits::VIDEO_PIXELS`], which are
/// checked while decoding; `Unsupported` with a hint for other containers; `WrongType`, `Malformed`; `Cancelled`.
pub fn extract(
    bytes: &[u8],
    claimed_mime: Option<&str>,
    selection: Selection,
    watch: &dyn Watch,
) -> Result<Extraction, MediaError> {
    check(selection)?;
    let clip = Clip::open(bytes, claimed_mime)?;
    let mut wanted = match selection {
        Selection::EveryMs(step) => Wanted::Times { step: f64::from(step), next: 0.0 },
        Selection::Count(count) => Wanted::Middles { total: clip.count_frames(watch)?, count, kept: 0 },
    };
    let mut scenes = SceneDetector::default();
    let (mut selected, mut kept) = (Vec::new(), Vec::new());
    let (mut clock, mut index) = (0.0, 0);
    for frame in clip.frames()? {
        let frame = frame?;
        // Bytes are not known per frame, so progress counts frames against the most that are allowed.
        watch.step(u64::from(index), crate::limits::VIDEO_FRAMES as u64)?;
        scenes.look(index, clock, &frame.rgba);
        if wanted.takes(index, clock, frame.duration_ms) {
            if kept.len() >= MAX_SELECTED as usize {
                return Err(too_many());
            }
            let small = thumbnail(&frame.rgba, FRAME_SIDE);
            selected.push(SelectedFrame {
                index,
                timestamp_ms: rounded(clock, 1),
                width: small.width(),
                height: small.height(),
            });
            kept.push(small);
        }
        clock += frame.duration_ms;
        index += 1;
    }
    if index == 0 {
        return Err(MediaError::malformed("video", "it holds no frame"));
    }
    let fps = if clock > 0.0 { f64::from(index) / clock * 1000.0 } else { 0.0 };
    let report = VideoReport {
        container: clip.container().name().to_owned(),
        mime: clip.container().mime().to_owned(),
        width: clip.width(),
        height: clip.height(),
        frame_count: index,
        duration_ms: rounded(clock, 1),
        mean_frames_per_second: rounded(fps, 2),
        scene_changes: scenes.changes(),
        note: note(clip.container(), index),
        selected,
    };
    let times: Vec<f64> = report.selected.iter().map(|frame| frame.timestamp_ms).collect();
    let contact_sheet = contact_sheet::contact_sheet(&kept, &times);
    Ok(Extraction { report, frames: kept, contact_sheet })
}

fn check(selection: Selection) -> Result<(), MediaError> {
    match selection {
        Selection::EveryMs(0) => {
            Err(MediaError::Invalid { what: "every_ms is 0".to_owned(), hint: "give every_ms from 1".to_owned() })
        }
        Selection::Count(0) => Err(MediaError::Invalid {
            what: "count is 0".to_owned(),
            hint: format!("give a count from 1 to {MAX_SELECTED}"),
        }),
        Selection::Count(count) if count > MAX_SELECTED => Err(MediaError::Invalid {
            what: format!("count is {count}"),
            hint: format!("give a count from 1 to {MAX_SELECTED}"),
        }),
        _ => Ok(()),
    }
}

fn too_many() -> MediaError {
    MediaError::Invalid {
        what: format!("every_ms would select more than {MAX_SELECTED} frames"),
        hint: format!("give a larger every_ms, or a count from 1 to {MAX_SELECTED}"),
    }
}

fn note(container: &Container, frames: u32) -> String {
    match container {
        Container::Still(..) => "this is a still image, so there is one frame and no length".to_owned(),
        _ if frames == 1 => "the file holds one frame only".to_owned(),
        Container::Gif => "a frame without a delay counts as 100 ms, as browsers show it".to_owned(),
        _ => "times come from the file's own frame delays or frame rate".to_owned(),
    }
}

enum Wanted {
    Times { step: f64, next: f64 },
    Middles { total: u32, count: u32, kept: u32 },
}

impl Wanted {
    fn takes(&mut self, index: u32, start_ms: f64, duration_ms: f64) -> bool {
        match self {
            Self::Times { step, next } => {
                let end = start_ms + duration_ms;
                // The first frame is shown at 0 even if it has no duration. Sums of delays carry rounding errors.
                let hit = index == 0 || *next < end - 1e-6;
                if hit {
                    *next = (((end - 1e-6) / *step).floor() + 1.0).max(1.0) * *step;
                }
                hit
            }
            Self::Middles { total, count, kept } => {
                let parts = u64::from((*count).min(*total).max(1));
                let middle = (2 * u64::from(*kept) + 1) * u64::from(*total) / (2 * parts);
                let hit = u64::from(*kept) < parts && u64::from(index) == middle;
                *kept += u32::from(hit);
                hit
            }
        }
    }
}

#[cfg(test)]
mod tests;
