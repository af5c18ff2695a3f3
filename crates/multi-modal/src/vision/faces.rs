//! Faces, by a real detector: SeetaFace, whose model is part of this binary. It finds faces; it does not know whose.

use std::sync::OnceLock;

use image::{DynamicImage, GrayImage, Luma, RgbaImage};
use rustface::{ImageData, Model};

use crate::error::MediaError;
use crate::vision::scale::working_copy;
use crate::vision::{BoundingBox, rounded};
use crate::watch::Watch;

/// One face.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Face {
    /// Where it is, in pixels of the picture.
    pub bounding_box: BoundingBox,
    /// The detector's score: the larger the surer. Faces below 2.0 are not reported.
    pub score: f64,
}

/// The result of [`find_faces`].
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct FacesReport {
    /// The faces, highest score first.
    pub faces: Vec<Face>,
    /// What made this report.
    pub detector: String,
    /// What this analysis can and cannot say.
    pub note: String,
}

/// Finds upright frontal faces, on a copy of at most 960 pixels a side, so that time is bounded. Faces of fewer than
/// about 40 pixels on that copy are not seen; a picture whose longer side is below 320 pixels is enlarged first.
///
/// Source: S. Wu et al., Funnel-structured cascade for multi-view face detection with alignment-awareness (2016).
///
/// # Errors
/// [`MediaError::Cancelled`] when `watch` says so before the detector starts; it cannot be stopped in between.
/// `Engine` if the model cannot be parsed.
pub fn find_faces(image: &RgbaImage, watch: &dyn Watch) -> Result<FacesReport, MediaError> {
    watch.step(0, 2)?;
    let (padded, frame) = prepared(image);
    let mut detector = rustface::create_detector_with_model(model()?.clone());
    detector.set_score_thresh(SCORE_THRESHOLD);
    detector.set_pyramid_scale_factor(0.8);
    detector.set_slide_window_step(4, 4);
    watch.step(1, 2)?;
    let found = detector.detect(&ImageData::new(padded.as_raw(), padded.width(), padded.height()));
    let mut faces: Vec<Face> = found
        .iter()
        .filter_map(|face| {
            let area = face.bbox();
            let inside = frame.crop(area.x(), area.y(), area.width(), area.height())?;
            let bounding_box = inside.rescaled(frame.size, image.dimensions());
            Some(Face { bounding_box, score: rounded(face.score(), 2) })
        })
        .collect();
    faces.sort_by(|a, b| {
        let place = |face: &Face| (face.bounding_box.y, face.bounding_box.x);
        b.score.total_cmp(&a.score).then(place(a).cmp(&place(b)))
    });
    watch.step(2, 2)?;
    Ok(FacesReport {
        faces,
        detector: "SeetaFace frontal detector 1.0 (rustface 0.1.7)".to_owned(),
        note: "upright frontal faces only; the detector knows no names, ages or feelings, and can be wrong".to_owned(),
    })
}

const SCORE_THRESHOLD: f64 = 2.0;
const LONGEST_SIDE: u32 = 960;
const SHORT_PICTURE: u32 = 320;

/// Parsed once: it takes longer than a small picture.
fn model() -> Result<&'static Model, MediaError> {
    static MODEL: OnceLock<Result<Model, String>> = OnceLock::new();
    let parsed = MODEL.get_or_init(|| {
        let file: &[u8] = include_bytes!("../../models/seeta_fd_frontal_v1.0.bin");
        rustface::read_model(file).map_err(|error| error.to_string())
    });
    parsed.as_ref().map_err(|reason| MediaError::Engine {
        engine: "face detector".to_owned(),
        reason: reason.clone(),
        hint: "rebuild the server with an undamaged models/seeta_fd_frontal_v1.0.bin".to_owned(),
    })
}

/// Where the picture lies inside its padding.
struct Frame {
    margin: u32,
    size: (u32, u32),
}

impl Frame {
    /// The part of a detected square that lies in the picture, without the margin.
    fn crop(&self, x: i32, y: i32, width: u32, height: u32) -> Option<BoundingBox> {
        let span = |start: i32, length: u32, limit: u32| {
            let start = i64::from(start) - i64::from(self.margin);
            let end = (start + i64::from(length)).min(i64::from(limit));
            let start = start.max(0);
            Some((u32::try_from(start).ok()?, u32::try_from(end - start).ok().filter(|n| *n > 0)?))
        };
        let (x, width) = span(x, width, self.size.0)?;
        let (y, height) = span(y, height, self.size.1)?;
        Some(BoundingBox { x, y, width, height })
    }
}

/// Luma of a size that the detector takes, inside a plain margin. The detector moves its windows while it refines
/// them, and its own bounds checks are thin: the margin keeps the windows of every real face inside the buffer, finds
/// faces at the very edge, and makes the shorter side long enough for the 40 pixel window.
fn prepared(image: &RgbaImage) -> (GrayImage, Frame) {
    let small = DynamicImage::ImageRgb8(working_copy(image, LONGEST_SIDE));
    let longest = small.width().max(small.height());
    let enlarged = if longest < SHORT_PICTURE {
        small.resize(SHORT_PICTURE, SHORT_PICTURE, image::imageops::FilterType::Triangle)
    } else {
        small
    };
    let luma = enlarged.into_luma8();
    let margin = (luma.width().min(luma.height()) / 6).max(40);
    let mut padded = GrayImage::from_pixel(luma.width() + 2 * margin, luma.height() + 2 * margin, Luma([128]));
    image::imageops::replace(&mut padded, &luma, i64::from(margin), i64::from(margin));
    (padded, Frame { margin, size: luma.dimensions() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::decode::decode;
    use crate::watch::Unwatched;
    use image::Rgba;

    #[test]
    fn a_portrait_has_one_face_where_the_face_is() {
        let portrait = decode(include_bytes!("../../samples/portrait.jpg"), None).expect("the sample");
        let report = find_faces(&portrait.rgba, &Unwatched).expect("a report");
        let [face] = report.faces.as_slice() else { panic!("{report:?}") };
        let area = face.bounding_box;
        let middle = (area.x + area.width / 2, area.y + area.height / 2);
        assert!((190..260).contains(&middle.0) && (80..150).contains(&middle.1), "{area:?}");
        assert!((70..160).contains(&area.width), "{area:?}");
    }

    #[test]
    fn pictures_without_faces_of_any_size() {
        for (width, height) in [(1, 1), (1, 900), (30, 30), (64, 48)] {
            let image = RgbaImage::from_fn(width, height, |x, y| Rgba([(x * 7) as u8, (y * 5) as u8, 80, 255]));
            assert_eq!(find_faces(&image, &Unwatched).expect("a report").faces, [], "{width}x{height}");
        }
    }
}
