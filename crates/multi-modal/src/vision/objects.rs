//! Regions of one colour that stand out from the background. It is segmentation, not recognition, and says so.

use image::{GrayImage, ImageBuffer, Luma, RgbImage, RgbaImage};
use imageproc::region_labelling::{Connectivity, connected_components};

use crate::error::MediaError;
use crate::vision::color::{self, Lab, squared_distance, to_lab};
use crate::vision::grouping::{Shade, group};
use crate::vision::scale::{on_white, thumbnail};
use crate::vision::shape::{self, Shape};
use crate::vision::{BoundingBox, palette, rounded};
use crate::watch::Watch;

/// Most regions in a report.
pub const MAX_REGIONS: usize = 50;

/// One region.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct ColorRegion {
    /// Where it is, in pixels of the picture.
    pub bounding_box: BoundingBox,
    /// Its area as a share of the picture, 0..1.
    pub area_share: f64,
    /// Plain English name of its colour.
    pub color_name: String,
    /// Mean colour, as `#rrggbb` in sRGB.
    pub hex: String,
    /// What its outline looks like.
    pub shape: Shape,
}

/// The result of [`find_objects`].
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct ObjectsReport {
    /// Background colour as `#rrggbb`, estimated from the border of the picture; `transparent` if that is see-through.
    pub background: String,
    /// The regions, largest area first, at most 50.
    pub regions: Vec<ColorRegion>,
    /// Regions left out because they are smaller than 0.05 percent of the picture.
    pub too_small: u32,
    /// Regions left out because 50 larger ones are listed.
    pub over_limit: u32,
    /// What this analysis can and cannot say.
    pub note: String,
}

/// Finds regions that differ from the background, on a copy of at most 512 pixels a side: the background is the median
/// border colour in L\*a\*b\*; what differs from it is clustered by colour, and connected parts of
/// one colour are grouped into things.
///
/// # Errors
/// [`MediaError::Cancelled`] when `watch` says so.
pub fn find_objects(image: &RgbaImage, watch: &dyn Watch) -> Result<ObjectsReport, MediaError> {
    watch.step(0, 10)?;
    let small = thumbnail(image, 512);
    let opaque = on_white(&small);
    let background = Background::estimate(&small, &opaque);
    watch.step(2, 10)?;
    let labels = color_labels(&small, &opaque, &background);
    watch.step(4, 10)?;
    let component = connected_components(&labels, Connectivity::Eight, Luma([0]));
    let islands = islands(&labels);
    let mut parts = connected_parts(&component, &islands, &opaque);
    watch.step(6, 10)?;

    let pixels = f64::from(small.width()) * f64::from(small.height());
    let smallest = ((pixels * 0.0005) as u64).max(12);
    let found = parts.len();
    parts.retain(|part| part.area >= smallest);
    let too_small = found - parts.len();
    parts.sort_by_key(|part| (std::cmp::Reverse(part.area), part.top, part.left));
    let shades: Vec<Shade> = parts.iter().map(Part::shade).collect();
    let groups = group(&shades);
    let over_limit = groups.len().saturating_sub(MAX_REGIONS);

    let mut regions = Vec::with_capacity(groups.len().min(MAX_REGIONS));
    for things in groups.iter().take(MAX_REGIONS) {
        watch.step(6 + 4 * regions.len() as u64 / groups.len().max(1) as u64, 10)?;
        let members: Vec<&Part> = things.members.iter().map(|&index| &parts[index]).collect();
        let inside = members.iter().map(|part| part.bounding_box()).reduce(BoundingBox::around).unwrap_or_default();
        let mask = GrayImage::from_fn(inside.width, inside.height, |x, y| {
            let label = component.get_pixel(inside.x + x, inside.y + y)[0];
            Luma([if members.iter().any(|part| part.label == label) { 255 } else { 0 }])
        });
        let rgb = members.first().map_or([0; 3], |part| part.mean_color());
        let area: u64 = members.iter().map(|part| part.area).sum();
        regions.push(ColorRegion {
            bounding_box: inside.rescaled(small.dimensions(), image.dimensions()),
            area_share: rounded(area as f64 / pixels.max(1.0), 4),
            color_name: color::name(rgb).to_owned(),
            hex: color::hex(rgb),
            shape: shape::classify(&mask),
        });
    }
    watch.step(10, 10)?;
    Ok(ObjectsReport {
        background: background.name(),
        note: note(regions.len()),
        regions,
        too_small: u32::try_from(too_small).unwrap_or(u32::MAX),
        over_limit: u32::try_from(over_limit).unwrap_or(u32::MAX),
    })
}

enum Background {
    Transparent,
    Color { rgb: [u8; 3], lab: Lab, tolerance: f32 },
}

impl Background {
    /// The median colour of the border, and how much the border itself varies around it.
    fn estimate(image: &RgbaImage, opaque: &RgbImage) -> Self {
        let (width, height) = image.dimensions();
        let border: Vec<(u32, u32)> = (0..width)
            .flat_map(|x| [(x, 0), (x, height.saturating_sub(1))])
            .chain((0..height).flat_map(|y| [(0, y), (width.saturating_sub(1), y)]))
            .collect();
        let see_through = border.iter().filter(|(x, y)| image.get_pixel(*x, *y)[3] < 128).count();
        if see_through * 2 > border.len() {
            return Self::Transparent;
        }
        let colors: Vec<[u8; 3]> = border.iter().map(|(x, y)| opaque.get_pixel(*x, *y).0).collect();
        let median = |channel: usize| {
            let mut values: Vec<u8> = colors.iter().map(|rgb| rgb[channel]).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(255)
        };
        let rgb = [median(0), median(1), median(2)];
        let lab = to_lab(rgb);
        let mut off: Vec<f32> = colors.iter().map(|rgb| color::delta_e(to_lab(*rgb), lab)).collect();
        off.sort_by(f32::total_cmp);
        let spread = off.get(off.len() * 3 / 4).copied().unwrap_or(0.0);
        Self::Color { rgb, lab, tolerance: (spread * 2.0).clamp(10.0, 35.0) }
    }

    fn holds(&self, lab: Lab, alpha: u8) -> bool {
        match self {
            Self::Transparent => alpha < 128,
            Self::Color { lab: own, tolerance, .. } => squared_distance(*own, lab) < tolerance * tolerance,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Transparent => "transparent".to_owned(),
            Self::Color { rgb, .. } => color::hex(*rgb),
        }
    }
}

/// 0 for background, else 1 plus the index of the pixel's colour cluster.
fn color_labels(image: &RgbaImage, opaque: &RgbImage, background: &Background) -> GrayImage {
    let (width, height) = opaque.dimensions();
    let labs: Vec<Lab> = opaque.pixels().map(|pixel| to_lab(pixel.0)).collect();
    let foreground: Vec<bool> =
        labs.iter().zip(image.pixels()).map(|(lab, pixel)| !background.holds(*lab, pixel[3])).collect();
    let at = |x: u32, y: u32| (y as usize) * (width as usize) + x as usize;
    // Anti-aliased edges are mixtures of two colours. They belong to a region, but must not make a colour of their own.
    let calm = |x: u32, y: u32| {
        let here = labs[at(x, y)];
        [(2, 0), (0, 2)].into_iter().all(|(dx, dy)| {
            let before = labs[at(x.saturating_sub(dx), y.saturating_sub(dy))];
            let after = labs[at((x + dx).min(width - 1), (y + dy).min(height - 1))];
            squared_distance(here, before) < 36.0 && squared_distance(here, after) < 36.0
        })
    };
    let chosen = |calm_only: bool| {
        let all = opaque
            .enumerate_pixels()
            .filter(|(x, y, _)| foreground[at(*x, *y)] && (!calm_only || calm(*x, *y)))
            .map(|(_, _, pixel)| pixel.0)
            .collect::<Vec<_>>();
        let stride = (all.len() / 8_000).max(1);
        all.into_iter().step_by(stride).collect::<Vec<_>>()
    };
    let mut samples = chosen(true);
    if samples.len() < 30 {
        samples = chosen(false);
    }
    let centers: Vec<Lab> = palette::cluster(&samples, 8, 28.0).iter().map(|swatch| swatch.lab).collect();
    GrayImage::from_fn(width, height, |x, y| {
        let index = at(x, y);
        let label = if foreground[index] { 1 + palette::nearest(&centers, labs[index]) } else { 0 };
        Luma([u8::try_from(label).unwrap_or(u8::MAX)])
    })
}

/// One connected part: what is summed up over its pixels.
struct Part {
    label: u32,
    island: u32,
    area: u64,
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    sum: [u64; 3],
}

impl Part {
    fn bounding_box(&self) -> BoundingBox {
        BoundingBox { x: self.left, y: self.top, width: self.right - self.left + 1, height: self.bottom - self.top + 1 }
    }

    fn shade(&self) -> Shade {
        Shade { bounding_box: self.bounding_box(), rgb: self.mean_color(), island: self.island }
    }

    fn mean_color(&self) -> [u8; 3] {
        self.sum.map(|total| u8::try_from(total / self.area.max(1)).unwrap_or(u8::MAX))
    }
}

/// Connected areas of foreground, whatever their colours.
fn islands(labels: &GrayImage) -> ImageBuffer<Luma<u32>, Vec<u32>> {
    let foreground =
        GrayImage::from_fn(labels.width(), labels.height(), |x, y| Luma([u8::from(labels.get_pixel(x, y)[0] > 0)]));
    connected_components(&foreground, Connectivity::Eight, Luma([0]))
}

fn connected_parts(
    component: &ImageBuffer<Luma<u32>, Vec<u32>>,
    islands: &ImageBuffer<Luma<u32>, Vec<u32>>,
    opaque: &RgbImage,
) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for ((x, y, label), pixel) in component.enumerate_pixels().zip(opaque.pixels()) {
        let Some(index) = label[0].checked_sub(1) else {
            continue;
        };
        let index = index as usize;
        while parts.len() <= index {
            parts.push(Part {
                label: parts.len() as u32 + 1,
                island: 0,
                area: 0,
                left: u32::MAX,
                top: u32::MAX,
                right: 0,
                bottom: 0,
                sum: [0; 3],
            });
        }
        let part = &mut parts[index];
        part.area += 1;
        part.island = islands.get_pixel(x, y)[0];
        (part.left, part.top) = (part.left.min(x), part.top.min(y));
        (part.right, part.bottom) = (part.right.max(x), part.bottom.max(y));
        for (total, value) in part.sum.iter_mut().zip(pixel.0) {
            *total += u64::from(value);
        }
    }
    parts.retain(|part| part.area > 0);
    parts
}

fn note(found: usize) -> String {
    let what = "regions are connected areas that differ from the border colour, with their shades; \
                nothing here knows what they are";
    match found {
        0 => format!("nothing stands out from the background; {what}"),
        _ => what.to_owned(),
    }
}

#[cfg(test)]
#[path = "objects_tests.rs"]
mod tests;
