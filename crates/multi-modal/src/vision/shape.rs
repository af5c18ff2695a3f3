//! The shape of a region by its geometry: hull, smallest rectangle, roundness, corners.

use image::{GrayImage, Luma};
use imageproc::contours::{BorderType, find_contours};
use imageproc::geometry::{approximate_polygon_dp, contour_area};
use imageproc::point::Point;

use crate::vision::geometry::{convex_hull, distance_from_ellipse, perimeter, smallest_rectangle};

/// A class of shapes. A side ratio (shorter by longer side of the smallest rectangle around) of 0.88 or more counts as
/// equal sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// An ellipse with equal axes.
    Circle,
    /// Every border point lies on one ellipse, within a few percent.
    Ellipse,
    /// A rectangle with equal sides, at any angle.
    Square,
    /// The region fills the smallest rectangle around it, at any angle.
    Rectangle,
    /// Three straight sides.
    Triangle,
    /// Straight sides, four to twelve corners.
    Polygon,
    /// At least eight times as long as wide.
    Line,
    /// None of these.
    Irregular,
}

/// Classifies the region of non-zero pixels in `mask`, which must be one connected region. Holes do not count: a ring
/// is a circle.
pub fn classify(mask: &GrayImage) -> Shape {
    let outline = outline(mask);
    let hull = convex_hull(&outline);
    if hull.is_empty() {
        return Shape::Irregular;
    }
    // Contours run through pixel centres, so each side of the region is one pixel longer than its contour.
    let area = contour_area(&outline) + perimeter(&outline) / 2.0 + 1.0;
    let hull_area = contour_area(&hull) + perimeter(&hull) / 2.0 + 1.0;
    let (long, short) = smallest_rectangle(&hull);
    let side_ratio = short / long;
    let filled = area / (long * short);
    let solidity = area / hull_area;

    if side_ratio <= 1.0 / 8.0 && filled > 0.5 {
        return Shape::Line;
    }
    if solidity > 0.9 {
        let corners = corners(&hull, 0.03);
        if filled > 0.92 - 0.8 / short {
            return if side_ratio >= EQUAL { Shape::Square } else { Shape::Rectangle };
        }
        if corners == 3 && (filled - 0.5).abs() < 0.12 {
            return Shape::Triangle;
        }
        // A pixel is a larger part of a small shape.
        let off = distance_from_ellipse(&hull);
        if off < 0.018 + 0.15 / short {
            return if side_ratio >= EQUAL { Shape::Circle } else { Shape::Ellipse };
        }
    }
    let tolerance = 0.012;
    let simplified = simplify(&outline, tolerance);
    let straight = (contour_area(&simplified) + perimeter(&simplified) / 2.0 + 1.0) / area;
    match simplified.len() {
        3 if (straight - 1.0).abs() < 0.06 => Shape::Triangle,
        4..=12 if (straight - 1.0).abs() < 0.06 => Shape::Polygon,
        _ => Shape::Irregular,
    }
}

/// Sides this close to equal are called equal: small shapes are off by a pixel or two.
const EQUAL: f64 = 0.88;

/// The outer contour in drawing order.
fn outline(mask: &GrayImage) -> Vec<Point<i32>> {
    // `find_contours` misses a border that coincides with the edge of the picture.
    let mut framed = GrayImage::new(mask.width() + 2, mask.height() + 2);
    for (x, y, _) in mask.enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 0) {
        framed.put_pixel(x + 1, y + 1, Luma([255]));
    }
    find_contours::<i32>(&framed)
        .into_iter()
        .filter(|contour| contour.border_type == BorderType::Outer)
        .max_by_key(|contour| contour.points.len())
        .map(|contour| contour.points)
        .unwrap_or_default()
}

fn corners(closed: &[Point<i32>], tolerance: f64) -> usize {
    simplify(closed, tolerance).len()
}

/// The closed curve with only its corners, by Douglas and Peucker (1973): no point is further off than `tolerance`
/// times the perimeter. The two ends of the open halves are the points farthest from each other, which are corners.
fn simplify(closed: &[Point<i32>], tolerance: f64) -> Vec<Point<i32>> {
    if closed.len() < 4 {
        return closed.to_vec();
    }
    let epsilon = (perimeter(closed) * tolerance).max(1.0);
    let start = farthest(closed, closed[0]);
    let mut curve = closed.to_vec();
    curve.rotate_left(start);
    let opposite = farthest(&curve, curve[0]);
    curve.push(curve[0]);
    let mut simple = approximate_polygon_dp(&curve[..=opposite], epsilon, false);
    simple.pop();
    simple.extend(approximate_polygon_dp(&curve[opposite..], epsilon, false));
    simple.pop();
    simple
}

fn farthest(points: &[Point<i32>], from: Point<i32>) -> usize {
    let distance = |point: &Point<i32>| i64::from(point.x - from.x).pow(2) + i64::from(point.y - from.y).pow(2);
    let mut best = (0, 0);
    for (index, point) in points.iter().enumerate() {
        if distance(point) > best.1 {
            best = (index, distance(point));
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: i32 = 120;

    fn drawn(inside: impl Fn(f64, f64) -> bool) -> GrayImage {
        GrayImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
            let (x, y) = (f64::from(x) - 60.0, f64::from(y) - 60.0);
            Luma([if inside(x, y) { 255 } else { 0 }])
        })
    }

    /// A regular polygon: inside all half planes.
    fn regular(sides: u32, radius: f64, turn: f64) -> GrayImage {
        drawn(|x, y| {
            (0..sides).all(|side| {
                let angle = turn + std::f64::consts::TAU * f64::from(side) / f64::from(sides);
                x * angle.cos() + y * angle.sin() <= radius * (std::f64::consts::PI / f64::from(sides)).cos()
            })
        })
    }

    #[test]
    fn shapes_are_told_apart_at_any_angle_and_size() {
        for degrees in [0.0f64, 10.0, 30.0, 45.0, 77.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let turned = |half_u: f64, half_v: f64| {
                drawn(move |x, y| (x * cos + y * sin).abs() <= half_u && (y * cos - x * sin).abs() <= half_v)
            };
            let oval = |u: f64, v: f64| {
                drawn(move |x, y| ((x * cos + y * sin) / u).powi(2) + ((y * cos - x * sin) / v).powi(2) <= 1.0)
            };
            for scale in [0.3, 0.6, 1.0] {
                let cases = [
                    (oval(50.0 * scale, 50.0 * scale), Shape::Circle),
                    (oval(50.0 * scale, 30.0 * scale), Shape::Ellipse),
                    (turned(38.0 * scale, 38.0 * scale), Shape::Square),
                    (turned(50.0 * scale, 25.0 * scale), Shape::Rectangle),
                    (regular(3, 50.0 * scale, degrees.to_radians()), Shape::Triangle),
                ];
                for (mask, expected) in cases {
                    assert_eq!(classify(&mask), expected, "at {degrees} degrees, scale {scale}");
                }
            }
            assert_eq!(classify(&turned(55.0, 3.0)), Shape::Line, "at {degrees} degrees");
            assert_eq!(classify(&regular(6, 50.0, degrees.to_radians())), Shape::Polygon, "hexagon {degrees}");
            assert_eq!(classify(&regular(5, 50.0, degrees.to_radians())), Shape::Polygon, "pentagon {degrees}");
        }
    }

    #[test]
    fn concave_shapes() {
        let letter_l = drawn(|x, y| x.abs() < 40.0 && y.abs() < 40.0 && (x < -10.0 || y > 10.0));
        assert_eq!(classify(&letter_l), Shape::Polygon);
        let spiral = drawn(|x, y| {
            let (angle, radius) = (y.atan2(x), x.hypot(y));
            radius < 58.0 && (radius / 8.0 - angle / std::f64::consts::TAU).rem_euclid(1.0) < 0.6
        });
        assert_eq!(classify(&spiral), Shape::Irregular);
        let ring = drawn(|x, y| (30.0..50.0).contains(&x.hypot(y)));
        assert_eq!(classify(&ring), Shape::Circle);
    }

    #[test]
    fn the_smallest_masks_do_no_harm() {
        for size in 0..4 {
            classify(&GrayImage::new(size, size));
            classify(&GrayImage::from_pixel(size, size, Luma([255])));
            classify(&GrayImage::from_pixel(size, 1, Luma([255])));
        }
    }
}
