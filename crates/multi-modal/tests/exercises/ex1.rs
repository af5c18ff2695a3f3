//! A picture of a picture's colours.

use image::RgbImage;
use mcp_multi_modal::vision::palette::{Swatch, cluster};

use crate::ex1_palette_strip::{ink_on, palette_strip};

const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [20, 40, 160];
const CREAM: [u8; 3] = [250, 240, 210];

/// The colours of a picture that is mostly red.
fn colours() -> Vec<Swatch> {
    let samples = [vec![RED; 60], vec![BLUE; 30], vec![CREAM; 10]].concat();
    cluster(&samples, 5, 8.0)
}

/// Columns whose top pixel has a colour.
fn columns(strip: &RgbImage, colour: [u8; 3]) -> usize {
    (0..strip.width()).filter(|x| strip.get_pixel(*x, 0).0 == colour).count()
}

#[test]
fn each_colour_is_as_wide_as_its_share() {
    let strip = palette_strip(&colours(), 200, 40);
    let widths = [RED, BLUE, CREAM].map(|colour| columns(&strip, colour));
    assert_eq!(widths, [120, 60, 20], "columns of red, blue and cream, for shares of 60, 30 and 10 % of 200");
}

#[test]
fn the_largest_colour_is_on_the_left() {
    let strip = palette_strip(&colours(), 200, 40);
    let seen = [0, 130, 199].map(|x| strip.get_pixel(x, 0).0);
    assert_eq!(seen, [RED, BLUE, CREAM], "the colours at the left, at two thirds, and at the right");
}

#[test]
fn no_width_leaves_a_gap() {
    // Thirds never add up to 1.
    let mut thirds = colours();
    thirds.iter_mut().for_each(|swatch| swatch.share = 0.333);
    for width in 1..150 {
        let strip = palette_strip(&thirds, width, 8);
        assert_eq!(strip.dimensions(), (width, 8), "the size of the strip");
        let widths = [RED, BLUE, CREAM].map(|colour| columns(&strip, colour));
        assert_eq!(widths.iter().sum::<usize>(), width as usize, "coloured columns of {width}");
        let fair = |columns: &usize| (*columns as f64 - f64::from(width) / 3.0).abs() <= 1.5;
        assert!(widths.iter().all(fair), "thirds of {width} columns became {widths:?}");
    }
}

#[test]
fn the_bottom_quarter_is_ink() {
    let strip = palette_strip(&colours(), 100, 40);
    let seen = [(0, 29), (0, 30), (99, 29), (99, 39)].map(|(x, y)| strip.get_pixel(x, y).0);
    let expected = [RED, [255, 255, 255], CREAM, [0, 0, 0]];
    assert_eq!(seen, expected, "above and in the bar of ink: at the left on red, at the right on cream");
}

#[test]
fn ink_can_be_read_on_its_colour() {
    for (colour, name, ink) in [
        ([255, 255, 0], "yellow", 0),
        ([255, 255, 255], "white", 0),
        ([0, 0, 128], "navy", 255),
        ([112, 112, 112], "dark grey", 255),
        ([124, 124, 124], "grey", 0),
        ([0, 160, 0], "green", 0),
        ([255, 0, 255], "magenta", 0),
    ] {
        assert_eq!(ink_on(colour), [ink; 3], "the ink on {name}");
    }
}

#[test]
fn no_colours_are_no_accident() {
    assert_eq!(palette_strip(&[], 10, 4).dimensions(), (10, 4), "the size of a strip without colours");
}
