//! The concentration of a plan without one of its groups of moves, for every group.
//!
//! Counting blocks anew for each of k groups would cost k times the whole layer. Instead the parcels are put in one by
//! one, groups by halves: to leave out the left half's groups in turn, the right half goes in first, once for all of
//! them, and is taken back after. Every parcel thus goes in O(log k) times.

use super::forest::{Forest, Union};
use crate::adjacency::Adjacency;
use crate::id::{ParcelIdx, PartIdx};

/// For each of the disjoint `groups` the concentration index (0 to 100) of the zone `after` with the parcels of that
/// group back where they were in `before`. A group holds parcels whose side differs.
pub(super) fn index_without(
    adjacency: &Adjacency,
    area_m2: &[f64],
    before: &[bool],
    after: &[bool],
    groups: &[Vec<ParcelIdx>],
) -> Vec<f64> {
    let mut grouped = vec![false; after.len()];
    for parcel in groups.iter().flatten() {
        grouped[parcel.at()] = true;
    }
    let mut zone = Growing {
        adjacency,
        area_m2,
        inside: vec![false; adjacency.part_count()],
        forest: Forest::new(adjacency.part_count()),
        block_m2: vec![0.0; adjacency.part_count()],
        total_m2: 0.0,
        squares: 0.0,
        steps: Vec::new(),
    };
    for at in (0..after.len()).filter(|at| after[*at] && !grouped[*at]) {
        zone.add(ParcelIdx::from_at(at));
    }
    let mut index = Vec::with_capacity(groups.len());
    halve(&mut zone, before, groups, &mut index);
    index
}

/// Appends the index without each of `groups`; all other groups are in the zone as the plan has them.
fn halve(zone: &mut Growing<'_>, before: &[bool], groups: &[Vec<ParcelIdx>], index: &mut Vec<f64>) {
    let mark = zone.mark();
    match groups {
        [] => {}
        [group] => {
            zone.add_all(group, |p| before[p.at()]);
            index.push(zone.index());
        }
        _ => {
            let (left, right) = groups.split_at(groups.len() / 2);
            for (stay, leave_out) in [(right, left), (left, right)] {
                for group in stay {
                    zone.add_all(group, |p| !before[p.at()]);
                }
                halve(zone, before, leave_out, index);
                zone.back_to(mark);
            }
        }
    }
    zone.back_to(mark);
}

/// A zone that grows parcel by parcel and can go back.
struct Growing<'a> {
    adjacency: &'a Adjacency,
    area_m2: &'a [f64],
    /// Of every part.
    inside: Vec<bool>,
    forest: Forest,
    /// Area of each root's block.
    block_m2: Vec<f64>,
    total_m2: f64,
    /// Sum of the squares of the block areas.
    squares: f64,
    steps: Vec<Step>,
}

enum Step {
    Added(PartIdx),
    /// With the root's area before.
    Joined(Union, f64),
}

/// A state to go back to: steps taken, total, squares.
type Mark = (usize, f64, f64);

impl Growing<'_> {
    fn add_all(&mut self, group: &[ParcelIdx], wanted: impl Fn(ParcelIdx) -> bool) {
        for &parcel in group.iter().filter(|p| wanted(**p)) {
            self.add(parcel);
        }
    }

    fn add(&mut self, parcel: ParcelIdx) {
        self.adjacency.parts_of(parcel).for_each(|part| self.add_part(part));
    }

    fn add_part(&mut self, part: PartIdx) {
        let part_m2 = self.adjacency.part_area(self.area_m2, part);
        self.inside[part.at()] = true;
        self.block_m2[part.at()] = part_m2;
        self.total_m2 += part_m2;
        self.squares += part_m2 * part_m2;
        self.steps.push(Step::Added(part));
        for other in self.adjacency.contiguous_parts(part) {
            if self.inside[other.at()]
                && let Some(union) = self.forest.join(part.at(), other.at())
            {
                let root_m2 = self.block_m2[union.root];
                let hung_m2 = self.block_m2[union.hung];
                self.block_m2[union.root] = root_m2 + hung_m2;
                self.squares += 2.0 * root_m2 * hung_m2;
                self.steps.push(Step::Joined(union, root_m2));
            }
        }
    }

    fn mark(&self) -> Mark {
        (self.steps.len(), self.total_m2, self.squares)
    }

    fn back_to(&mut self, mark: Mark) {
        for step in self.steps.drain(mark.0..).rev() {
            match step {
                Step::Added(part) => self.inside[part.at()] = false,
                Step::Joined(union, root_m2) => {
                    self.forest.part(union);
                    self.block_m2[union.root] = root_m2;
                }
            }
        }
        (_, self.total_m2, self.squares) = mark;
    }

    fn index(&self) -> f64 {
        if self.total_m2 > 0.0 { 100.0 * self.squares / (self.total_m2 * self.total_m2) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Blocks;
    use crate::fixture::draw;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_counting_blocks_gives(
            cells in prop::collection::vec(prop::sample::select(vec!['k', 'o', 'i', 'x', '.']), 36),
            groups in 1usize..6,
            area in prop::collection::vec(1.0f64..9.0, 36),
            kinds in 3usize..60,
        ) {
            let map: Vec<String> = cells.chunks(6).map(|row| row.iter().collect()).collect();
            // Of so many kinds, squares of one kind are a parcel of several parts.
            let park = draw(&map.join("\n")).grouped(|at| at * 5 % kinds);
            let area = &area[..park.layer.len()];
            let mut split = vec![Vec::new(); groups];
            for at in (0..park.layer.len()).filter(|at| park.before[*at] != park.after[*at]) {
                split[at % groups].push(ParcelIdx::from_at(at));
            }
            let found = index_without(&park.adjacency, area, &park.before, &park.after, &split);
            for (group, found) in split.iter().zip(found) {
                let mut zone = park.after.clone();
                for p in group {
                    zone[p.at()] = park.before[p.at()];
                }
                let wanted = Blocks::new(&park.adjacency, &zone, area).concentration(0.0).index;
                prop_assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
            }
        }
    }
}
