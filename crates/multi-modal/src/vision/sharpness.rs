//! Is the picture in focus?

use image::GrayImage;
use imageproc::filter::laplacian_filter;

/// A plain word for the measured sharpness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sharpness {
    /// A plain surface or a smooth gradient: there is nothing to be sharp. Variance below 1, or RMS contrast below 0.02.
    NoDetail,
    /// Variance of the Laplacian from 1 to below 60.
    Blurred,
    /// Variance of the Laplacian from 60 to below 200.
    Soft,
    /// Variance of the Laplacian of 200 and more.
    Sharp,
}

impl Sharpness {
    /// Judges a variance of the Laplacian, given the RMS contrast (0..1) of the same copy: edges that are not there
    /// cannot be out of focus.
    pub fn judge(variance: f64, contrast: f64) -> Self {
        match variance {
            v if v >= 200.0 => Self::Sharp,
            v if v < 1.0 || contrast < 0.02 => Self::NoDetail,
            v if v >= 60.0 => Self::Soft,
            _ => Self::Blurred,
        }
    }

    /// As in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoDetail => "without detail",
            Self::Blurred => "blurred",
            Self::Soft => "soft",
            Self::Sharp => "sharp",
        }
    }
}

/// Variance of the Laplacian of an 8-bit luma image; 0 for an image of fewer than 3x3 pixels.
///
/// Source: J. L. Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy (ICPR 2000), measure LAPV.
pub fn variance_of_laplacian(luma: &GrayImage) -> f64 {
    if luma.width() < 3 || luma.height() < 3 {
        return 0.0;
    }
    let laplacian = laplacian_filter(luma);
    let count = f64::from(luma.width()) * f64::from(luma.height());
    let (sum, squares) = laplacian.pixels().fold((0.0, 0.0), |(sum, squares), pixel| {
        let value = f64::from(pixel[0]);
        (sum + value, squares + value * value)
    });
    (squares / count - (sum / count).powi(2)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn blur_lowers_the_measure() {
        let crisp = GrayImage::from_fn(64, 64, |x, y| Luma([if (x / 8 + y / 8) % 2 == 0 { 40 } else { 200 }]));
        let blurred = imageproc::filter::gaussian_blur_f32(&crisp, 3.0);
        let measured = [&crisp, &blurred].map(variance_of_laplacian);
        assert_eq!(Sharpness::judge(measured[0], 0.3), Sharpness::Sharp);
        assert_eq!(Sharpness::judge(measured[1], 0.2), Sharpness::Blurred);
    }

    #[test]
    fn nothing_to_see_is_not_called_blurred() {
        assert_eq!(variance_of_laplacian(&GrayImage::new(1, 1)), 0.0);
        let plain = variance_of_laplacian(&GrayImage::from_pixel(50, 50, Luma([7])));
        assert_eq!((plain, Sharpness::judge(plain, 0.0)), (0.0, Sharpness::NoDetail));
    }
}
