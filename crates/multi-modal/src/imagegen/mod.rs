//! Pictures from words, without a neural network: the prompt is read for the words that a vocabulary knows, these
//! are composed into a scene of vector shapes, and one of four renderers paints it.
//!
//! Reading order: [`generate`], `prompt`, `scene`, then the renderers `realistic`, `artistic`, `cartoon`, `sketch`.

mod artistic;
mod canvas;
mod cartoon;
mod colour;
mod noise;
mod prompt;
mod realistic;
mod scene;
mod sketch;
mod stamp;
mod understood;
mod vocabulary;

use image::RgbaImage;
use image::imageops::{self, FilterType};

pub use understood::{Understood, UnderstoodThing};

use crate::error::MediaError;
use crate::limits::PROMPT_CHARS;
use crate::watch::Watch;

/// Shortest side of a generated picture, in pixels.
pub const SIDE_MIN: u32 = 16;
/// Longest side of a generated picture, in pixels.
pub const SIDE_MAX: u32 = 2048;

/// Which renderer paints the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Light, texture, haze and film grain, pixel by pixel.
    #[default]
    Realistic,
    /// Brush strokes on canvas.
    Artistic,
    /// Flat colours with dark outlines.
    Cartoon,
    /// Pencil contours and hatching on paper.
    Sketch,
}

/// What to paint.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageRequest {
    /// What is to be seen, in English; 1 to [`PROMPT_CHARS`] characters.
    pub prompt: String,
    /// How it is painted.
    pub style: Style,
    /// Columns, [`SIDE_MIN`] to [`SIDE_MAX`].
    pub width: u32,
    /// Rows, [`SIDE_MIN`] to [`SIDE_MAX`].
    pub height: u32,
    /// Decides the composition; by default a hash of the prompt.
    pub seed: Option<u64>,
}

/// A painted picture.
#[derive(Debug, Clone)]
pub struct GeneratedImage {
    /// `height` rows of `width` opaque pixels.
    pub image: RgbaImage,
    /// What was understood of the prompt.
    pub understood: Understood,
}

/// Paints a picture of `width` x `height` pixels. The same request gives the same bytes; the four styles of one
/// prompt show the same composition.
///
/// Returns [`MediaError::Invalid`] for an empty prompt or a side out of range, [`MediaError::TooLarge`] for a long
/// prompt, and [`MediaError::Cancelled`] when `watch` says so.
pub fn generate(request: &ImageRequest, watch: &dyn Watch) -> Result<GeneratedImage, MediaError> {
    check(request)?;
    watch.step(0, 100)?;
    let reading = prompt::read(&request.prompt);
    let words = request.prompt.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    // 53 bits, so that a JSON reader which counts in doubles can hand the seed back.
    let seed = request.seed.unwrap_or(noise::fnv1a(words.as_bytes()) & ((1 << 53) - 1));
    // Words without a meaning here still count: another unknown word is another picture, also with a seed given.
    let composition = seed ^ noise::fnv1a(reading.unknown.join(" ").as_bytes());
    let (width, height) = match request.style {
        Style::Artistic => artistic::easel(request.width, request.height),
        _ => (request.width, request.height),
    };
    let scene = scene::compose(&reading, width, height, composition);
    let canvas = match request.style {
        Style::Realistic => realistic::paint(&scene, watch)?,
        Style::Artistic => artistic::paint(&scene, watch)?,
        Style::Cartoon => cartoon::paint(&scene, watch)?,
        Style::Sketch => sketch::paint(&scene, watch)?,
    };
    let understood = Understood::new(reading, &scene, seed);
    let mut image = canvas.into_image();
    if image.dimensions() != (request.width, request.height) {
        image = imageops::resize(&image, request.width, request.height, FilterType::CatmullRom);
    }
    watch.step(100, 100)?;
    Ok(GeneratedImage { image, understood })
}

fn check(request: &ImageRequest) -> Result<(), MediaError> {
    let length = request.prompt.chars().count();
    if length > PROMPT_CHARS {
        return Err(MediaError::TooLarge {
            what: "prompt",
            actual: format!("{length} characters"),
            limit: format!("{PROMPT_CHARS} characters"),
        });
    }
    if !request.prompt.chars().any(char::is_alphanumeric) {
        let hint = "say what is to be seen, such as \"three red circles\" or \"sunset over the sea\"".to_owned();
        return Err(MediaError::Invalid { what: "the prompt has no words".to_owned(), hint });
    }
    for (name, side) in [("width", request.width), ("height", request.height)] {
        if !(SIDE_MIN..=SIDE_MAX).contains(&side) {
            let hint = format!("width and height are {SIDE_MIN} to {SIDE_MAX} pixels");
            return Err(MediaError::Invalid { what: format!("the {name} is {side} pixels"), hint });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    const STYLES: [Style; 4] = [Style::Realistic, Style::Artistic, Style::Cartoon, Style::Sketch];

    fn request(prompt: &str, style: Style) -> ImageRequest {
        ImageRequest { prompt: prompt.to_owned(), style, width: 64, height: 48, seed: None }
    }

    fn bytes(request: &ImageRequest) -> Vec<u8> {
        generate(request, &Unwatched).expect("a picture").image.into_raw()
    }

    #[test]
    fn the_same_request_gives_the_same_bytes_and_another_one_others() {
        for style in STYLES {
            let first = request("a house by the sea at sunset", style);
            assert_eq!(bytes(&first), bytes(&first), "{style:?}");
            assert_ne!(bytes(&first), bytes(&ImageRequest { seed: Some(5), ..first.clone() }), "{style:?}");
            assert_ne!(bytes(&first), bytes(&request("a house by the sea at night", style)), "{style:?}");
        }
    }

    #[test]
    fn unknown_words_change_the_composition_even_with_a_seed() {
        let seeded = |prompt: &str| bytes(&ImageRequest { seed: Some(1), ..request(prompt, Style::Cartoon) });
        assert_ne!(seeded("banana philosophy"), seeded("banana politics"));
    }

    #[test]
    fn styles_differ_in_technique() {
        let colours = |style| {
            let big = ImageRequest { width: 160, height: 120, ..request("a red circle", style) };
            let image = generate(&big, &Unwatched).expect("a picture").image;
            image.pixels().map(|p| p.0).collect::<std::collections::HashSet<_>>().len()
        };
        assert!(colours(Style::Cartoon) * 5 < colours(Style::Realistic));
        let sketch = generate(&request("a red circle", Style::Sketch), &Unwatched).expect("a picture").image;
        assert!(sketch.pixels().all(|p| p.0[0].abs_diff(p.0[2]) < 40), "a pencil has no colour");
    }

    #[test]
    fn a_red_circle_is_red_where_it_was_asked_for() {
        let wanted = ImageRequest { width: 200, height: 100, ..request("a red circle on the left", Style::Realistic) };
        let image = generate(&wanted, &Unwatched).expect("a picture").image;
        let red = |x| image.get_pixel(x, 50).0[0] as i32 - image.get_pixel(x, 50).0[2] as i32;
        assert!(red(44) > 80 && red(160) < 60, "{} {}", red(44), red(160));
    }

    #[test]
    fn extreme_sides_are_painted() {
        for style in STYLES {
            for (width, height) in [(16, 16), (16, 300), (1500, 16)] {
                let wanted = ImageRequest { width, height, ..request("city in the rain with boats and a moon", style) };
                assert_eq!(generate(&wanted, &Unwatched).expect("a picture").image.dimensions(), (width, height));
            }
        }
    }

    #[test]
    fn bad_requests_are_refused_with_the_allowed_range() {
        let long = "a".repeat(PROMPT_CHARS + 1);
        assert!(matches!(generate(&request(&long, Style::Sketch), &Unwatched), Err(MediaError::TooLarge { .. })));
        assert!(matches!(generate(&request(" ?! ", Style::Sketch), &Unwatched), Err(MediaError::Invalid { .. })));
        let narrow = ImageRequest { width: 15, ..request("sun", Style::Sketch) };
        let error = generate(&narrow, &Unwatched).expect_err("too narrow");
        assert!(error.hint().contains("16 to 2048"));
    }

    struct Impatient;
    impl Watch for Impatient {
        fn step(&self, done: u64, _total: u64) -> Result<(), MediaError> {
            if done > 0 { Err(MediaError::Cancelled) } else { Ok(()) }
        }
    }

    #[test]
    fn cancelled_work_stops() {
        for style in STYLES {
            assert_eq!(generate(&request("forest", style), &Impatient).err(), Some(MediaError::Cancelled));
        }
    }
}
