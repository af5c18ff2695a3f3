//! From parts of one colour to things: a shaded disc with an outline, a highlight and a shadow is one disc.

use super::{BoundingBox, color};

/// A connected part of one colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shade {
    /// Where it is.
    pub(crate) bounding_box: BoundingBox,
    /// Its mean colour.
    pub(crate) rgb: [u8; 3],
    /// Number of the connected area of foreground that it belongs to.
    pub(crate) island: u32,
}

/// Groups parts, given from large to small: the first of each group is the largest, which names its colour. A part joins
/// a larger one on the same island when most of its box lies in the other's. Gray rims that reach beyond it, such as
/// shadows and outlines, join too but do not count as its area: they come back in the second list of a group.
pub(crate) fn group(parts: &[Shade]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let home = groups.iter_mut().find(|group| {
            let leader = &parts[group.members[0]];
            leader.island == part.island
                && part.bounding_box.overlap(leader.bounding_box) * 10 >= part.bounding_box.area() * 6
        });
        match home {
            Some(group) if is_rim(part, &parts[group.members[0]]) => group.rims.push(index),
            Some(group) => group.members.push(index),
            None => groups.push(Group { members: vec![index], rims: Vec::new() }),
        }
    }
    groups
}

/// Indices into the parts that were grouped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// What the thing consists of, the largest first.
    pub(crate) members: Vec<usize>,
    /// What it casts or is drawn with.
    pub(crate) rims: Vec<usize>,
}

/// Darker than the leader, and reaching beyond its box.
fn is_rim(part: &Shade, leader: &Shade) -> bool {
    let inside = part.bounding_box.overlap(leader.bounding_box) == part.bounding_box.area();
    !inside
        && u16::from(color::luma(part.rgb)) < u16::from(color::luma(leader.rgb)) + 80
        && chroma(part.rgb) * 2.0 < chroma(leader.rgb)
}

fn chroma(rgb: [u8; 3]) -> f32 {
    let lab = color::to_lab(rgb);
    lab[1].hypot(lab[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shade(at: [u32; 4], rgb: [u8; 3], island: u32) -> Shade {
        let [x, y, width, height] = at;
        Shade { bounding_box: BoundingBox { x, y, width, height }, rgb, island }
    }

    #[test]
    fn a_shaded_disc_is_one_thing_and_its_neighbour_another() {
        let parts = [
            shade([10, 10, 50, 50], [230, 20, 20], 1),
            shade([80, 10, 40, 40], [20, 60, 230], 1),
            shade([14, 14, 50, 50], [130, 128, 126], 1),
            shade([12, 30, 48, 30], [170, 20, 30], 1),
            shade([20, 15, 10, 8], [250, 200, 200], 1),
            shade([20, 15, 10, 8], [250, 200, 200], 2),
        ];
        let groups = group(&parts);
        assert_eq!(
            groups,
            [
                Group { members: vec![0, 3, 4], rims: vec![2] },
                Group { members: vec![1], rims: vec![] },
                Group { members: vec![5], rims: vec![] },
            ]
        );
    }
}
