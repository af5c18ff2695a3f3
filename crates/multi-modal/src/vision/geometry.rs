//! Plane geometry on pixel positions: hull, perimeter, smallest rectangle, and distance from an ellipse.

use imageproc::point::Point;

/// Andrew's monotone chain (1979), counter-clockwise, without collinear points.
pub(crate) fn convex_hull(points: &[Point<i32>]) -> Vec<Point<i32>> {
    let mut sorted = points.to_vec();
    sorted.sort_by_key(|point| (point.x, point.y));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let half = |ordered: &mut dyn Iterator<Item = &Point<i32>>| {
        let mut chain: Vec<Point<i32>> = Vec::new();
        for point in ordered {
            while let [.., a, b] = chain.as_slice() {
                let turn =
                    i64::from(b.x - a.x) * i64::from(point.y - a.y) - i64::from(b.y - a.y) * i64::from(point.x - a.x);
                if turn > 0 {
                    break;
                }
                chain.pop();
            }
            chain.push(*point);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut sorted.iter());
    hull.extend(half(&mut sorted.iter().rev()));
    hull
}

/// Length of a closed curve, in pixels.
pub(crate) fn perimeter(closed: &[Point<i32>]) -> f64 {
    let next = closed.iter().cycle().skip(1);
    closed.iter().zip(next).map(|(a, b)| f64::from(b.x - a.x).hypot(f64::from(b.y - a.y))).sum()
}

/// Root mean square of how far the hull's border lies off the ellipse with the hull's own centre and second moments, in
/// parts of the ellipse's radius: 0.003 for a large circle or ellipse, 0.023 for a regular octagon, 0.043 for a hexagon.
pub(crate) fn distance_from_ellipse(hull: &[Point<i32>]) -> f64 {
    let Some(ellipse) = equivalent_ellipse(hull) else {
        return f64::INFINITY;
    };
    let next = hull.iter().cycle().skip(1);
    let (mut sum, mut count) = (0.0, 0.0);
    for (a, b) in hull.iter().zip(next) {
        let length = f64::from(b.x - a.x).hypot(f64::from(b.y - a.y));
        let steps = (length.ceil() as u32).clamp(1, 4096);
        for step in 0..steps {
            let t = f64::from(step) / f64::from(steps);
            let x = f64::from(a.x) + t * f64::from(b.x - a.x) - ellipse.center.0;
            let y = f64::from(a.y) + t * f64::from(b.y - a.y) - ellipse.center.1;
            let u = (x * ellipse.axis.0 + y * ellipse.axis.1) / ellipse.half_long;
            let v = (y * ellipse.axis.0 - x * ellipse.axis.1) / ellipse.half_short;
            sum += (u.hypot(v) - 1.0).powi(2);
            count += 1.0;
        }
    }
    f64::sqrt(sum / f64::max(count, 1.0))
}

struct Ellipse {
    center: (f64, f64),
    /// Unit vector along the long axis.
    axis: (f64, f64),
    half_long: f64,
    half_short: f64,
}

/// The ellipse with the same centre and second moments as the polygon, by Green's theorem. `None` without area.
fn equivalent_ellipse(hull: &[Point<i32>]) -> Option<Ellipse> {
    // Relative to the first point, to keep the numbers small.
    let origin = hull.first()?;
    let relative = |p: &Point<i32>| (f64::from(p.x - origin.x), f64::from(p.y - origin.y));
    let next = hull.iter().cycle().skip(1);
    let (mut area, mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (a, b) in hull.iter().zip(next) {
        let ((ax, ay), (bx, by)) = (relative(a), relative(b));
        let cross = ax * by - bx * ay;
        area += cross / 2.0;
        x += (ax + bx) * cross / 6.0;
        y += (ay + by) * cross / 6.0;
        xx += (ax * ax + ax * bx + bx * bx) * cross / 12.0;
        yy += (ay * ay + ay * by + by * by) * cross / 12.0;
        xy += (ax * by + 2.0 * ax * ay + 2.0 * bx * by + bx * ay) * cross / 24.0;
    }
    if area.abs() < 1.0 {
        return None;
    }
    let (x, y) = (x / area, y / area);
    let (xx, yy, xy) = (xx / area - x * x, yy / area - y * y, xy / area - x * y);
    let (mean, half_difference) = ((xx + yy) / 2.0, ((xx - yy) / 2.0).hypot(xy));
    let angle = (2.0 * xy).atan2(xx - yy) / 2.0;
    let half_short = 2.0 * (mean - half_difference).max(0.0).sqrt();
    (half_short > 0.0).then(|| Ellipse {
        center: (x + f64::from(origin.x), y + f64::from(origin.y)),
        axis: (angle.cos(), angle.sin()),
        half_long: 2.0 * (mean + half_difference).sqrt(),
        half_short,
    })
}

/// Longer and shorter side, in pixels, of the smallest rectangle at any angle around a convex hull. One of its sides
/// lies on one of the hull's edges (Freeman and Shapira, 1975).
pub(crate) fn smallest_rectangle(hull: &[Point<i32>]) -> (f64, f64) {
    let next = hull.iter().cycle().skip(1);
    let mut best = (f64::INFINITY, 1.0);
    for (a, b) in hull.iter().zip(next) {
        let (dx, dy) = (f64::from(b.x - a.x), f64::from(b.y - a.y));
        let length = dx.hypot(dy);
        let axis = if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) };
        let (mut u_range, mut v_range) = (Range::EMPTY, Range::EMPTY);
        for point in hull {
            let (x, y) = (f64::from(point.x), f64::from(point.y));
            u_range.include(x * axis.0 + y * axis.1);
            v_range.include(y * axis.0 - x * axis.1);
        }
        // The hull runs through pixel centres; the pixels reach half a pixel further on both sides.
        let (u, v) = (u_range.length() + 1.0, v_range.length() + 1.0);
        if u * v < best.0 * best.1 {
            best = (u.max(v), u.min(v));
        }
    }
    best
}

struct Range {
    low: f64,
    high: f64,
}

impl Range {
    const EMPTY: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    fn include(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    fn length(&self) -> f64 {
        self.high - self.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(list: &[(i32, i32)]) -> Vec<Point<i32>> {
        list.iter().map(|(x, y)| Point::new(*x, *y)).collect()
    }

    #[test]
    fn the_hull_has_only_corners() {
        let square = points(&[(0, 0), (4, 4), (2, 0), (4, 0), (2, 2), (0, 4), (0, 0), (0, 2)]);
        assert_eq!(convex_hull(&square), points(&[(0, 0), (4, 0), (4, 4), (0, 4)]));
        assert_eq!(convex_hull(&points(&[(1, 1), (1, 1)])), points(&[(1, 1)]));
        assert_eq!(convex_hull(&[]), []);
    }

    #[test]
    fn a_turned_square_has_its_own_sides() {
        let diamond = points(&[(0, 10), (10, 0), (20, 10), (10, 20)]);
        let (long, short) = smallest_rectangle(&diamond);
        assert!((long - short).abs() < 1e-9 && (long - 10.0 * 2f64.sqrt() - 1.0).abs() < 1e-9);
        assert!((perimeter(&diamond) - 40.0 * 2f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn what_has_no_area_is_no_ellipse() {
        assert_eq!(distance_from_ellipse(&points(&[(0, 0), (9, 0)])), f64::INFINITY);
    }
}
