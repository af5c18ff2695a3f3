//! The few colours that a picture is made of, by k-means clustering in CIE L\*a\*b\*.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::vision::color::{Lab, delta_e, squared_distance, to_lab};

/// One cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swatch {
    /// Mean colour of the members.
    pub rgb: [u8; 3],
    /// The same in L\*a\*b\*.
    pub lab: Lab,
    /// Members divided by all samples, 0..1.
    pub share: f64,
}

/// Clusters `samples` into at most `k` colours, largest share first. Clusters closer than `merge_below` (ΔE\*ab) become
/// one, so that a plain picture has one colour and not `k` shades of it. The same samples give the same palette.
///
/// Lloyd's algorithm with k-means++ seeding (Arthur and Vassilvitskii, 2007), seeded with a constant.
pub fn cluster(samples: &[[u8; 3]], k: usize, merge_below: f32) -> Vec<Swatch> {
    let labs: Vec<Lab> = samples.iter().map(|rgb| to_lab(*rgb)).collect();
    let mut centers = seeds(&labs, k);
    let mut member_of = vec![0; labs.len()];
    for _ in 0..ROUNDS {
        let mut moved = false;
        for (lab, current) in labs.iter().zip(&mut member_of) {
            let nearest = nearest(&centers, *lab);
            moved |= nearest != *current;
            *current = nearest;
        }
        for (index, center) in centers.iter_mut().enumerate() {
            if let Some(mean) = mean_lab(labs.iter().zip(&member_of).filter(|(_, m)| **m == index)) {
                *center = mean;
            }
        }
        if !moved {
            break;
        }
    }
    let swatches = (0..centers.len()).filter_map(|index| swatch(samples, &member_of, index)).collect();
    merged(swatches, merge_below)
}

/// Index of the centre nearest to `lab`; the first of equals, and 0 when there is none.
pub fn nearest(centers: &[Lab], lab: Lab) -> usize {
    let mut best = (0, f32::INFINITY);
    for (index, center) in centers.iter().enumerate() {
        let distance = squared_distance(*center, lab);
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best.0
}

const ROUNDS: usize = 20;

fn seeds(labs: &[Lab], k: usize) -> Vec<Lab> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    let Some(first) = labs.get(labs.len() / 2) else {
        return Vec::new();
    };
    let mut centers = vec![*first];
    let mut distances: Vec<f32> = labs.iter().map(|lab| squared_distance(*lab, *first)).collect();
    while centers.len() < k {
        let total: f64 = distances.iter().copied().map(f64::from).sum();
        if total <= 0.0 {
            break;
        }
        let mut mark = random.random_range(0.0..total);
        let chosen = distances.iter().position(|distance| {
            mark -= f64::from(*distance);
            mark < 0.0
        });
        // Rounding may run past the end by a hair: then the last sample is as good as any.
        let Some(center) = chosen.and_then(|at| labs.get(at)).or(labs.last()) else {
            break;
        };
        centers.push(*center);
        for (distance, lab) in distances.iter_mut().zip(labs) {
            *distance = distance.min(squared_distance(*lab, *center));
        }
    }
    centers
}

fn mean_lab<'a>(members: impl Iterator<Item = (&'a Lab, &'a usize)>) -> Option<Lab> {
    let mut sum = [0.0f64; 3];
    let mut count = 0.0;
    for (lab, _) in members {
        for (total, value) in sum.iter_mut().zip(lab) {
            *total += f64::from(*value);
        }
        count += 1.0;
    }
    (count > 0.0).then(|| sum.map(|total| (total / count) as f32))
}

fn swatch(samples: &[[u8; 3]], member_of: &[usize], index: usize) -> Option<Swatch> {
    let mut sum = [0u64; 3];
    let mut count = 0u64;
    for (rgb, _) in samples.iter().zip(member_of).filter(|(_, member)| **member == index) {
        for (total, value) in sum.iter_mut().zip(rgb) {
            *total += u64::from(*value);
        }
        count += 1;
    }
    if count == 0 {
        return None;
    }
    let rgb = sum.map(|total| u8::try_from((total + count / 2) / count).unwrap_or(u8::MAX));
    Some(Swatch { rgb, lab: to_lab(rgb), share: count as f64 / samples.len() as f64 })
}

fn merged(mut swatches: Vec<Swatch>, merge_below: f32) -> Vec<Swatch> {
    swatches.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.rgb.cmp(&b.rgb)));
    let mut kept: Vec<Swatch> = Vec::new();
    for swatch in swatches {
        match kept.iter_mut().find(|other| delta_e(other.lab, swatch.lab) < merge_below) {
            Some(larger) => larger.share += swatch.share,
            None => kept.push(swatch),
        }
    }
    kept.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.rgb.cmp(&b.rgb)));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_colours_are_exact() {
        let samples = [vec![[255, 0, 0]; 60], vec![[0, 0, 255]; 30], vec![[255, 255, 255]; 10]].concat();
        let palette = cluster(&samples, 5, 8.0);
        let found: Vec<_> = palette.iter().map(|swatch| (swatch.rgb, swatch.share)).collect();
        assert_eq!(found, [([255, 0, 0], 0.6), ([0, 0, 255], 0.3), ([255, 255, 255], 0.1)]);
    }

    #[test]
    fn shades_of_one_colour_are_one_colour() {
        let samples: Vec<_> = (0..100).map(|n| [200 + n % 3, 100, 50 + n % 2]).collect();
        assert_eq!(cluster(&samples, 5, 8.0).len(), 1);
    }

    #[test]
    fn no_samples_give_no_colours() {
        assert_eq!(cluster(&[], 5, 8.0), []);
        assert_eq!(cluster(&[[1, 2, 3]], 5, 8.0).len(), 1);
    }

    #[test]
    fn the_same_samples_give_the_same_palette() {
        let samples: Vec<_> =
            (0..500u32).map(|n| [(n * 7 % 256) as u8, (n * 13 % 256) as u8, (n % 256) as u8]).collect();
        assert_eq!(cluster(&samples, 5, 8.0), cluster(&samples, 5, 8.0));
    }
}
