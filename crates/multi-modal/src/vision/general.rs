//! What can be said about any picture: the file, the camera, the light, the colours.

use image::{DynamicImage, GrayImage, RgbaImage};

use crate::error::MediaError;
use crate::vision::decode::DecodedImage;
use crate::vision::metadata::ExifReport;
use crate::vision::perceptual_hash::perceptual_hash;
use crate::vision::scale::working_copy;
use crate::vision::sharpness::{Sharpness, variance_of_laplacian};
use crate::vision::{color, palette, rounded};
use crate::watch::Watch;

/// One of the colours that a picture is made of.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct DominantColor {
    /// Mean colour of the cluster, as `#rrggbb` in sRGB.
    pub hex: String,
    /// Plain English name of the nearest reference colour.
    pub name: String,
    /// Share of the picture's visible pixels, 0..1.
    pub share: f64,
}

/// The result of [`general`].
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct GeneralReport {
    /// Container format, such as `PNG` or `JPEG`.
    pub format: String,
    /// MIME type by magic bytes.
    pub mime: String,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// Width times height in millions of pixels.
    pub megapixels: f64,
    /// What the file stores, such as `16-bit RGBA`.
    pub color: String,
    /// Whether some pixel is not fully opaque.
    pub has_transparency: bool,
    /// Whether the file holds more than one frame. Only the first is analysed here.
    pub animated: bool,
    /// EXIF orientation 1..8 that was applied to the pixels; 1 means that nothing had to be turned.
    pub orientation_applied: u32,
    /// Camera settings, if the file has them.
    pub exif: Option<ExifReport>,
    /// Up to five colours by k-means in CIE L*a*b*, largest share first; colours that look alike are one, and what covers less
    /// than half a percent is left out.
    pub dominant_colors: Vec<DominantColor>,
    /// Mean luma (ITU-R BT.709) 0..1, 0 black, 1 white, on a copy of at most 512 pixels a side.
    pub brightness: f64,
    /// RMS contrast: standard deviation of the luma, 0..0.5, on the same copy.
    pub contrast: f64,
    /// Variance of the Laplacian of the luma (0..255) on a copy of at most 1024 pixels a side.
    pub sharpness: f64,
    /// Plain word for the sharpness: below 60 blurred, below 200 soft, else sharp; no_detail on a plain surface.
    pub sharpness_verdict: Sharpness,
    /// 64-bit pHash (DCT) as 16 hexadecimal digits. Two pictures that differ in about 10 bits or fewer look alike.
    pub perceptual_hash: String,
    /// All of this in one sentence.
    pub summary: String,
}

/// Measures a picture. `file_bytes` is the encoded size, `exif` comes from [`crate::vision::metadata::read_exif`].
///
/// # Errors
/// [`MediaError::Cancelled`] when `watch` says so.
pub fn general(
    image: &DecodedImage,
    file_bytes: usize,
    exif: Option<ExifReport>,
    watch: &dyn Watch,
) -> Result<GeneralReport, MediaError> {
    let (width, height) = image.rgba.dimensions();
    watch.step(0, 4)?;
    let fine = luma_of(&image.rgba, 1024);
    watch.step(1, 4)?;
    let coarse = luma_of(&image.rgba, 512);
    let (brightness, contrast) = light(&coarse);
    let sharpness = variance_of_laplacian(&fine);
    watch.step(2, 4)?;
    let dominant_colors = dominant_colors(&image.rgba);
    watch.step(3, 4)?;
    let hash = perceptual_hash(&working_copy(&image.rgba, 512));
    let mut report = GeneralReport {
        format: format!("{:?}", image.format).to_uppercase(),
        mime: image.mime.to_owned(),
        file_bytes: file_bytes as u64,
        width,
        height,
        megapixels: rounded(f64::from(width) * f64::from(height) / 1e6, 3),
        color: image.color.clone(),
        has_transparency: image.rgba.pixels().any(|pixel| pixel[3] < 255),
        animated: image.animated,
        orientation_applied: u32::from(image.orientation.to_exif()),
        exif,
        dominant_colors,
        brightness: rounded(brightness, 3),
        contrast: rounded(contrast, 3),
        sharpness: rounded(sharpness, 1),
        sharpness_verdict: Sharpness::judge(sharpness, contrast),
        perceptual_hash: format!("{hash:016x}"),
        summary: String::new(),
    };
    report.summary = summary(&report);
    watch.step(4, 4)?;
    Ok(report)
}

/// Luma on a copy of at most `max_side` pixels.
fn luma_of(image: &RgbaImage, max_side: u32) -> GrayImage {
    DynamicImage::ImageRgb8(working_copy(image, max_side)).into_luma8()
}

/// Mean and standard deviation of the luma, both as parts of 1.
fn light(luma: &GrayImage) -> (f64, f64) {
    let count = luma.pixels().len().max(1) as f64;
    let (sum, squares) = luma.pixels().fold((0.0, 0.0), |(sum, squares), pixel| {
        let value = f64::from(pixel[0]) / 255.0;
        (sum + value, squares + value * value)
    });
    let mean = sum / count;
    (mean, (squares / count - mean * mean).max(0.0).sqrt())
}

fn dominant_colors(image: &RgbaImage) -> Vec<DominantColor> {
    palette::cluster(&visible_samples(image), 5, 8.0)
        .into_iter()
        .filter(|swatch| swatch.share >= 0.005)
        .map(|swatch| DominantColor {
            hex: color::hex(swatch.rgb),
            name: color::name(swatch.rgb).to_owned(),
            share: rounded(swatch.share, 3),
        })
        .collect()
}

/// Up to about 10 000 pixels on an even grid, without those that cannot be seen. Samples and not a scaled copy: scaling
/// mixes colours along edges into ones that the picture does not have.
fn visible_samples(image: &RgbaImage) -> Vec<[u8; 3]> {
    let pixels = u64::from(image.width()) * u64::from(image.height());
    let stride = usize::try_from((pixels / 10_000).isqrt()).unwrap_or(1).max(1);
    image
        .rows()
        .skip(stride / 2)
        .step_by(stride)
        .flat_map(|row| row.skip(stride / 2).step_by(stride))
        .filter(|pixel| pixel[3] >= 128)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect()
}

fn summary(report: &GeneralReport) -> String {
    let light = match report.brightness {
        b if b < 0.25 => "dark",
        b if b > 0.75 => "bright",
        _ => "medium bright",
    };
    let colors = match report.dominant_colors.as_slice() {
        [] => "fully transparent".to_owned(),
        [only] => format!("plain {}", only.name),
        [first, others @ ..] => match others.iter().find(|color| color.name != first.name) {
            Some(second) => format!("mostly {} and {}", first.name, second.name),
            None => format!("shades of {}", first.name),
        },
    };
    let frames = if report.animated { "animated " } else { "" };
    format!(
        "A {}x{} {frames}{} image ({}), {light}, {}, {colors}.",
        report.width,
        report.height,
        report.format,
        report.color,
        report.sharpness_verdict.word(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::decode::{decode, encode_png};
    use crate::watch::Unwatched;
    use image::Rgba;

    fn report(image: &RgbaImage) -> GeneralReport {
        let png = encode_png(image).expect("a PNG");
        let decoded = decode(&png, None).expect("our own PNG");
        general(&decoded, png.len(), None, &Unwatched).expect("nobody cancels")
    }

    #[test]
    fn colours_and_light_are_measured() {
        let image =
            RgbaImage::from_fn(
                300,
                200,
                |x, _| {
                    if x < 225 { Rgba([255, 0, 0, 255]) } else { Rgba([255, 255, 255, 255]) }
                },
            );
        let report = report(&image);
        let [red, white] = report.dominant_colors.as_slice() else { panic!("{report:?}") };
        assert_eq!((red.hex.as_str(), red.name.as_str()), ("#ff0000", "red"));
        assert_eq!((white.hex.as_str(), white.name.as_str()), ("#ffffff", "white"));
        assert!((red.share - 0.75).abs() < 0.01 && (white.share - 0.25).abs() < 0.01);
        assert!((report.brightness - (0.75 * 0.2126 + 0.25)).abs() < 0.01, "{}", report.brightness);
        assert!(!report.has_transparency && !report.animated);
        assert_eq!(report.perceptual_hash.len(), 16);
        assert!(report.summary.contains("mostly red and white"), "{}", report.summary);
    }

    #[test]
    fn extremes_are_described_and_finite() {
        for image in [
            RgbaImage::from_pixel(1, 1, Rgba([0, 0, 0, 255])),
            RgbaImage::from_pixel(2000, 1, Rgba([9, 9, 9, 255])),
            RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0])),
        ] {
            let report = report(&image);
            assert_eq!(report.contrast, 0.0);
            assert_eq!(report.sharpness_verdict, Sharpness::NoDetail);
            assert_eq!(report.dominant_colors.is_empty(), report.has_transparency);
        }
    }

    #[test]
    fn a_cancelled_call_stops() {
        struct Impatient;
        impl Watch for Impatient {
            fn step(&self, _: u64, _: u64) -> Result<(), MediaError> {
                Err(MediaError::Cancelled)
            }
        }
        let png = encode_png(&RgbaImage::new(4, 4)).expect("a PNG");
        let decoded = decode(&png, None).expect("our own PNG");
        assert_eq!(general(&decoded, 0, None, &Impatient), Err(MediaError::Cancelled));
    }
}
