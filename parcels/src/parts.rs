//! Units that consist of several parts, and which parts hang together there. A unit is a parcel; this module knows nothing of
//! polygons.
//!
//! A parcel whose shape is several polygons is decided on as a whole, but it joins only what each of its parts adjoins: blocks
//! are made of parts. Cutting it into its parts changes no block.
//!
//! Parts are numbered so that a layer without such parcels pays nothing: the first part of a unit has the unit's own number, and
//! the further parts of all units come after the last unit, by their units. What a single unit without such neighbours is
//! contiguous with stands where it always does; rows of their own have only parts of units with several, and those beside them.

use crate::graph::Rows;

/// The parts of units with several; the default is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// Number of units.
    units: usize,
    /// The units with several parts, ascending.
    several: Vec<u32>,
    /// The share that each of their parts has of the unit's area.
    shares: Rows<f64>,
    /// The unit of each part that is not the first of its unit, ascending.
    further: Vec<u32>,
    /// Parts with a row of their own, ascending.
    listed: Vec<u32>,
    /// The parts contiguous with each of these, ascending.
    beside: Rows<u32>,
}

impl Parts {
    /// Of so many units those with several parts, ascending, with each part's share of the unit's area; the shares of a unit
    /// add up to 1. Nothing is contiguous yet.
    ///
    /// # Panics
    /// When a unit is not there or has fewer than two parts, or they do not ascend.
    #[must_use]
    pub fn new(units: usize, several: impl IntoIterator<Item = (u32, Vec<f64>)>) -> Self {
        let mut parts = Self { units, ..Self::default() };
        for (unit, shares) in several {
            assert!((unit as usize) < units && shares.len() > 1, "a unit with several parts");
            assert!(parts.several.last().is_none_or(|last| *last < unit), "units ascend");
            parts.several.push(unit);
            parts.further.extend(std::iter::repeat_n(unit, shares.len() - 1));
            shares.into_iter().for_each(|share| parts.shares.push(share));
            parts.shares.end_row();
        }
        parts
    }

    /// The same with what is contiguous: every pair of contiguous parts once, in any order, those of single units too.
    #[must_use]
    pub fn with_contiguous(mut self, pairs: &[(u32, u32)]) -> Self {
        if self.is_empty() {
            return self;
        }
        let mut is_listed = vec![false; self.count(self.units)];
        let of_several = |part: u32| part as usize >= self.units || self.several.binary_search(&part).is_ok();
        for (a, b) in pairs {
            if of_several(*a) || of_several(*b) {
                is_listed[*a as usize] = true;
                is_listed[*b as usize] = true;
            }
        }
        for unit in &self.several {
            self.of(*unit).for_each(|part| is_listed[part as usize] = true);
        }
        self.listed =
            (0_u32..).zip(&is_listed).filter(|(_, listed)| **listed).map(|(part, _)| part).collect();
        let row = |part: u32| self.listed.binary_search(&part).ok().map(|row| row as u32);
        let both = pairs.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
        let mut rows: Vec<(u32, u32)> = both.filter_map(|(from, to)| Some((row(from)?, to))).collect();
        rows.sort_unstable();
        self.beside = Rows::from_pairs(self.listed.len(), rows.into_iter());
        self
    }

    /// Whether no unit has several parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.several.is_empty()
    }

    /// Number of parts where there are so many units.
    #[must_use]
    pub fn count(&self, units: usize) -> usize {
        units + self.further.len()
    }

    /// The units with several parts, ascending.
    #[must_use]
    pub fn several(&self) -> &[u32] {
        &self.several
    }

    /// Whether the unit has several parts.
    #[must_use]
    pub fn has_several(&self, unit: u32) -> bool {
        !self.is_empty() && self.several.binary_search(&unit).is_ok()
    }

    /// The parts of a unit, in their order.
    pub fn of(&self, unit: u32) -> impl ExactSizeIterator<Item = u32> + Clone + use<> {
        let (first, count) = match self.several.binary_search(&unit) {
            // Each unit before it has one part that is not a further one.
            Ok(at) => {
                let range = self.shares.range(at);
                (self.units + range.start - at, range.len())
            }
            Err(_) => (0, 1),
        };
        (0..count).map(move |nth| if nth == 0 { unit } else { (first + nth - 1) as u32 })
    }

    /// The unit that a part belongs to.
    #[must_use]
    pub fn unit_of(&self, part: u32) -> u32 {
        let further = (part as usize).checked_sub(self.units).and_then(|at| self.further.get(at));
        further.copied().unwrap_or(part)
    }

    /// Which part of its unit a part is, from 0.
    #[must_use]
    pub fn place(&self, part: u32) -> u32 {
        let unit = self.unit_of(part);
        if unit == part {
            return 0;
        }
        let first = self.further.partition_point(|other| *other < unit);
        (part as usize - self.units - first) as u32 + 1
    }

    /// The share that a part has of its unit's area; 1 of a unit with one part.
    #[must_use]
    pub fn share(&self, part: u32) -> f64 {
        if self.is_empty() {
            return 1.0;
        }
        match self.several.binary_search(&self.unit_of(part)) {
            Ok(at) => self.shares.row(at)[self.place(part) as usize],
            Err(_) => 1.0,
        }
    }

    /// The parts contiguous with a part, ascending; none where those of its unit say it: where neither it nor one of them
    /// belongs to a unit with several parts.
    #[must_use]
    pub fn beside(&self, part: u32) -> Option<&[u32]> {
        if self.is_empty() {
            return None;
        }
        self.listed.binary_search(&part).ok().map(|row| self.beside.row(row))
    }

    /// The parts with a row of their own in [`Parts::beside`], ascending.
    #[must_use]
    pub fn listed(&self) -> &[u32] {
        &self.listed
    }

    /// The row of the so manyth of these.
    #[must_use]
    pub fn row(&self, nth: usize) -> &[u32] {
        self.beside.row(nth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units 0 to 4, of which 1 has two parts and 3 has three.
    fn parts() -> Parts {
        Parts::new(5, [(1, vec![0.25, 0.75]), (3, vec![0.5, 0.3, 0.2])])
    }

    #[test]
    fn the_first_part_has_the_number_of_its_unit() {
        let parts = parts();
        assert_eq!(parts.count(5), 8);
        let of: Vec<Vec<u32>> = (0..5).map(|unit| parts.of(unit).collect()).collect();
        assert_eq!(of, [vec![0], vec![1, 5], vec![2], vec![3, 6, 7], vec![4]]);
        for (unit, own) in of.iter().enumerate() {
            for (place, part) in own.iter().enumerate() {
                assert_eq!((parts.unit_of(*part), parts.place(*part)), (unit as u32, place as u32));
            }
        }
        let shares: Vec<f64> = (0..8).map(|part| parts.share(part)).collect();
        assert_eq!(shares, [1.0, 0.25, 1.0, 0.5, 1.0, 0.75, 0.3, 0.2]);
    }

    #[test]
    fn what_touches_several_parts_has_its_own_row() {
        // 0 beside the second part of 1, the third part of 3 beside 2, and 2 beside 4.
        let parts = parts().with_contiguous(&[(5, 0), (2, 7), (2, 4)]);
        assert_eq!(parts.beside(0), Some(&[5][..]));
        assert_eq!(parts.beside(5), Some(&[0][..]));
        assert_eq!(parts.beside(1), Some(&[][..]));
        assert_eq!(parts.beside(2), Some(&[4, 7][..]));
        assert_eq!(parts.beside(4), None, "it touches single units only");
    }

    #[test]
    fn without_several_parts_there_is_nothing_to_say() {
        let parts = Parts::default();
        assert_eq!((parts.count(3), parts.unit_of(2), parts.share(2)), (3, 2, 1.0));
        assert!(parts.is_empty() && parts.beside(0).is_none() && !parts.has_several(1));
        assert_eq!(parts.of(2).collect::<Vec<_>>(), [2]);
    }
}
