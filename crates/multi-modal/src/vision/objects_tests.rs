//! Tests of [`super`].

use super::*;
use crate::watch::Unwatched;
use image::Rgba;
use imageproc::drawing::{draw_antialiased_polygon_mut, draw_filled_circle_mut, draw_filled_rect_mut};
use imageproc::pixelops::interpolate;
use imageproc::point::Point;
use imageproc::rect::Rect;

fn three_shapes(background: Rgba<u8>) -> RgbaImage {
    let mut image = RgbaImage::from_pixel(600, 300, background);
    draw_filled_circle_mut(&mut image, (100, 150), 60, Rgba([255, 0, 0, 255]));
    draw_filled_rect_mut(&mut image, Rect::at(250, 100).of_size(100, 100), Rgba([0, 0, 255, 255]));
    let triangle = [Point::new(500, 100), Point::new(560, 200), Point::new(440, 200)];
    draw_antialiased_polygon_mut(&mut image, &triangle, Rgba([0, 160, 0, 255]), interpolate);
    image
}

fn found(image: &RgbaImage) -> ObjectsReport {
    find_objects(image, &Unwatched).expect("nobody cancels")
}

#[test]
fn circle_square_and_triangle_on_any_background() {
    for background in
        [Rgba([255, 255, 255, 255]), Rgba([20, 20, 25, 255]), Rgba([0, 0, 0, 0]), Rgba([240, 220, 130, 255])]
    {
        let report = found(&three_shapes(background));
        let shapes: Vec<_> = report.regions.iter().map(|r| (r.color_name.as_str(), r.shape)).collect();
        assert_eq!(
            shapes,
            [("red", Shape::Circle), ("blue", Shape::Square), ("green", Shape::Triangle)],
            "on {background:?}"
        );
        let square = report.regions[1].bounding_box;
        for (value, expected) in [(square.x, 250), (square.y, 100), (square.width, 100), (square.height, 100)] {
            assert!(value.abs_diff(expected) <= 2, "{square:?}");
        }
    }
}

#[test]
fn touching_colours_are_two_regions() {
    let image = RgbaImage::from_fn(200, 100, |x, y| match (x, y) {
        (50..100, 20..80) => Rgba([255, 0, 0, 255]),
        (100..150, 20..80) => Rgba([0, 0, 255, 255]),
        _ => Rgba([255, 255, 255, 255]),
    });
    assert_eq!(found(&image).regions.len(), 2);
}

#[test]
fn plain_tiny_and_crowded_pictures() {
    assert_eq!(found(&RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 255]))).regions, []);
    assert_eq!(found(&RgbaImage::from_pixel(300, 2, Rgba([1, 2, 3, 255]))).regions, []);
    let crowd = RgbaImage::from_fn(500, 500, |x, y| {
        let on = x % 50 > 10 && y % 50 > 10;
        Rgba(if on { [200, 30, 30, 255] } else { [255, 255, 255, 255] })
    });
    let report = found(&crowd);
    assert_eq!((report.regions.len(), report.over_limit), (MAX_REGIONS, 50));
    let dots = RgbaImage::from_fn(400, 400, |x, y| {
        Rgba(if x % 40 == 20 && y % 40 == 20 { [0, 0, 0, 255] } else { [255, 255, 255, 255] })
    });
    assert_eq!(found(&dots).too_small, 100);
}
