//! Circles, stars, hearts and the like: on a table of their own, or floating in a landscape.

use std::f32::consts::TAU;

use tiny_skia::{Path, PathBuilder};

use super::super::colour::{Rgb, hsv};
use super::super::noise::SplitMix64;
use super::super::prompt::{Reading, Thing};
use super::super::vocabulary::{Kind, Shape};
use super::geometry::{band, ellipse, polygon, rectangle, star};
use super::{Material, Scene};

/// Lays every figure into a cell of its own, so that all of them can be counted.
pub(super) fn on_table(scene: &mut Scene, reading: &Reading, random: &mut SplitMix64) {
    place(scene, reading, (0.0, 1.0), random);
}

/// Figures in front of a landscape, in the upper part of the picture.
pub(super) fn floating(scene: &mut Scene, reading: &Reading, random: &mut SplitMix64) {
    place(scene, reading, (0.06, 0.62), random);
}

fn place(scene: &mut Scene, reading: &Reading, rows: (f32, f32), random: &mut SplitMix64) {
    let mut figures: Vec<(&Thing, Shape)> = Vec::new();
    for thing in &reading.things {
        if let Kind::Shape(shape) = thing.kind {
            figures.extend((0..thing.count.unwrap_or(3)).map(|_| (thing, shape)));
        }
    }
    // Largest first, so that a small figure in the same place stays visible.
    figures.sort_by(|a, b| b.0.size.total_cmp(&a.0.size));
    let mut cells = cells(scene, figures.len(), rows, random);
    for (thing, shape) in figures {
        let Some(cell) = take_cell(scene, &mut cells, thing.place) else {
            return;
        };
        let radius = cell.radius * thing.size.min(1.9) * random.range(0.9, 1.0);
        let colour = match &thing.colour {
            Some((_, colour)) => *colour,
            None => hsv(random.unit(), random.range(0.6, 0.8), random.range(0.75, 0.95)),
        };
        figure(scene, shape, (cell.x, cell.y), radius, colour, random.range(-0.16, 0.16));
    }
}

struct Cell {
    x: f32,
    y: f32,
    radius: f32,
}

/// Centres of a grid with at least `count` cells, shuffled a little within each.
fn cells(scene: &Scene, count: usize, rows: (f32, f32), random: &mut SplitMix64) -> Vec<Cell> {
    let (w, top, h) = (scene.w(), rows.0 * scene.h(), (rows.1 - rows.0) * scene.h());
    let columns = ((count as f32 * w / h.max(1.0)).sqrt().round() as usize).clamp(1, count.max(1));
    let lines = count.div_ceil(columns).max(1);
    let mut cells = Vec::with_capacity(count);
    for line in 0..lines {
        let in_line = columns.min(count - (line * columns).min(count));
        let (cell_w, cell_h) = (w / in_line.max(1) as f32, h / lines as f32);
        let radius = (w / columns as f32).min(cell_h) * 0.32;
        for column in 0..in_line {
            let (slack_x, slack_y) = ((cell_w / 2.0 - radius * 1.3).max(0.0), (cell_h / 2.0 - radius * 1.3).max(0.0));
            let x = (column as f32 + 0.5) * cell_w + random.range(-0.6, 0.6) * slack_x;
            let y = top + (line as f32 + 0.5) * cell_h + random.range(-0.6, 0.6) * slack_y;
            cells.push(Cell { x, y, radius });
        }
    }
    cells
}

/// The free cell nearest to the wanted place, moved there as far as the prompt says.
fn take_cell(scene: &Scene, cells: &mut Vec<Cell>, place: (Option<f32>, Option<f32>)) -> Option<Cell> {
    let (w, h) = (scene.w(), scene.h());
    let distance = |cell: &Cell| {
        let dx = place.0.map_or(0.0, |part| part * w - cell.x);
        let dy = place.1.map_or(0.0, |part| part * h - cell.y);
        dx.hypot(dy)
    };
    let nearest = (0..cells.len()).min_by(|&a, &b| distance(&cells[a]).total_cmp(&distance(&cells[b])))?;
    let mut cell = cells.remove(nearest);
    if let Some(part) = place.0 {
        cell.x = (part * w).clamp(cell.radius, (w - cell.radius).max(cell.radius));
    }
    if let Some(part) = place.1 {
        cell.y = (part * h).clamp(cell.radius, (h - cell.radius).max(cell.radius));
    }
    Some(cell)
}

fn figure(scene: &mut Scene, shape: Shape, (x, y): (f32, f32), radius: f32, colour: Rgb, turn: f32) {
    let material = if shape == Shape::Circle { Material::Ball } else { Material::Slab };
    let path = outline(shape, x, y, radius, turn);
    let (lx, ly) = scene.light.towards;
    let shift = radius * 0.22;
    if scene.haze_strength == 0.0 {
        let shadow = outline(shape, x - lx * shift, y - ly * shift, radius * 1.02, turn);
        scene.push_faint(shadow, [0.12, 0.1, 0.14], Material::Shadow, 0.0, 0.5);
    }
    scene.push(path, colour, material, 0.0);
}

fn outline(shape: Shape, x: f32, y: f32, r: f32, turn: f32) -> Option<Path> {
    let turned = |points: &[(f32, f32)]| {
        let (sin, cos) = turn.sin_cos();
        polygon(
            &points
                .iter()
                .map(|&(u, v)| (x + r * (u * cos - v * sin), y + r * (u * sin + v * cos)))
                .collect::<Vec<_>>(),
        )
    };
    match shape {
        Shape::Circle => ellipse(x, y, r, r),
        Shape::Ellipse => ellipse(x, y, r * 1.15, r * 0.7),
        Shape::Square => turned(&[(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)]),
        Shape::Rectangle if r < 0.5 => rectangle(x, y, r, r),
        Shape::Rectangle => turned(&[(-1.15, -0.66), (1.15, -0.66), (1.15, 0.66), (-1.15, 0.66)]),
        Shape::Triangle => star(x, y + r * 0.15, r * 1.1, 1.0, 3, turn),
        Shape::Diamond => turned(&[(0.0, -1.1), (0.72, 0.0), (0.0, 1.1), (-0.72, 0.0)]),
        Shape::Pentagon => star(x, y, r, 1.0, 5, turn),
        Shape::Hexagon => star(x, y, r, 1.0, 6, turn),
        Shape::Octagon => star(x, y, r, 1.0, 8, turn + TAU / 16.0),
        Shape::Star => star(x, y, r * 1.12, 0.46, 5, turn),
        Shape::Cross => {
            let (a, b) = (0.34, 1.0);
            turned(&[
                (-a, -b),
                (a, -b),
                (a, -a),
                (b, -a),
                (b, a),
                (a, a),
                (a, b),
                (-a, b),
                (-a, a),
                (-b, a),
                (-b, -a),
                (-a, -a),
            ])
        }
        Shape::Arrow => turned(&[
            (-1.0, -0.28),
            (0.15, -0.28),
            (0.15, -0.75),
            (1.05, 0.0),
            (0.15, 0.75),
            (0.15, 0.28),
            (-1.0, 0.28),
        ]),
        Shape::Heart => heart(x, y, r),
        Shape::Ring => ring(x, y, r),
        Shape::Crescent => crescent(x, y, r),
    }
    .or_else(|| band(&[(x, y, 0.5), (x, y + 1.0, 0.5)]))
}

fn heart(x: f32, y: f32, r: f32) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.move_to(x, y + r);
    builder.cubic_to(x - r * 0.35, y + r * 0.55, x - r * 1.1, y + r * 0.15, x - r * 1.05, y - r * 0.42);
    builder.cubic_to(x - r, y - r * 1.02, x - r * 0.22, y - r * 1.1, x, y - r * 0.45);
    builder.cubic_to(x + r * 0.22, y - r * 1.1, x + r, y - r * 1.02, x + r * 1.05, y - r * 0.42);
    builder.cubic_to(x + r * 1.1, y + r * 0.15, x + r * 0.35, y + r * 0.55, x, y + r);
    builder.close();
    builder.finish()
}

/// The inner circle runs the other way round, so that the nonzero rule leaves it open.
fn ring(x: f32, y: f32, r: f32) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (radius, direction) in [(r, 1.0), (r * 0.55, -1.0)] {
        for step in 0..48 {
            let angle = direction * TAU * step as f32 / 48.0;
            let point = (x + radius * angle.cos(), y + radius * angle.sin());
            if step == 0 { builder.move_to(point.0, point.1) } else { builder.line_to(point.0, point.1) }
        }
        builder.close();
    }
    builder.finish()
}

fn crescent(x: f32, y: f32, r: f32) -> Option<Path> {
    let arc = |bulge: f32| (0..=32).map(move |step| (bulge, TAU / 2.0 * step as f32 / 32.0 - TAU / 4.0));
    let outer = arc(1.0).map(|(b, angle)| (x - r * b * angle.cos() + r * 0.4, y + r * angle.sin()));
    let inner = arc(0.45).map(|(b, angle)| (x - r * b * angle.cos() + r * 0.4, y - r * angle.sin()));
    polygon(&outer.chain(inner).collect::<Vec<_>>())
}
