//! Tiny polygons: some of the features too small to be seen are still shown, so that no area is lost.
//!
//! One is shown as a square of the grid whenever the area lost so far, in [Morton order](crate::morton), comes to that. Where
//! neighbours gain what a feature loses, none is.

use std::ops::RangeInclusive;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clip::areas;
use crate::feature::Feature;
use crate::shapes::Shapes;

/// Zooms that there are.
pub(crate) const ZOOMS: usize = crate::coord::MAX_ZOOM as usize + 1;

/// A set of zooms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zooms(u32);

impl Zooms {
    /// Whether a zoom is in it.
    #[must_use]
    pub fn has(self, z: u8) -> bool {
        1_u32.checked_shl(z.into()).is_some_and(|bit| self.0 & bit != 0)
    }

    fn put(&mut self, z: u8) {
        self.0 |= 1_u32.checked_shl(z.into()).unwrap_or(0);
    }
}

/// Area lost so far in Morton order at one zoom, cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LostArea {
    square: f64,
    lost: f64,
}

impl LostArea {
    /// On a grid whose lines are so many cells apart.
    pub(crate) fn new(step: u16) -> Self {
        Self { square: f64::from(step) * f64::from(step), lost: 0.0 }
    }

    /// Whether the next feature, too small to be seen, is shown nevertheless; given its exact area and its area on the grid.
    pub(crate) fn shows(&mut self, (exact, on_grid): (f64, f64)) -> bool {
        self.lost += exact - on_grid;
        let shows = on_grid == 0.0 && exact > 0.0 && self.lost >= self.square;
        if shows {
            self.lost -= self.square;
        }
        shows
    }
}

/// A feature's area at a zoom, cells: as it is, and on the grid. Lines have none.
pub(crate) fn area_at(shapes: &Shapes, feature: usize, z: u8, step: u16) -> (f64, f64) {
    if shapes.lines(feature) {
        return (0.0, 0.0);
    }
    let each = shapes.parts(feature).map(|part| areas(shapes.paths(part), z, step));
    each.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// Finds the zooms at which features are shown though they are too small, for features that come in Morton order, some at
/// a time.
#[derive(Debug)]
pub struct TinyPolygons {
    by_zoom: Vec<(u8, LostArea)>,
}

impl TinyPolygons {
    /// At these zooms, on the grid of their tiles.
    #[must_use]
    pub fn new(zooms: RangeInclusive<u8>) -> Self {
        Self { by_zoom: zooms.map(|z| (z, LostArea::new(1))).collect() }
    }

    /// The zooms of the features that come next.
    pub fn next(&mut self, features: &[Feature]) -> Vec<Zooms> {
        let mut shapes = Shapes::default();
        features.iter().for_each(|feature| shapes.push(&feature.geometry));
        let zooms: Vec<u8> = self.by_zoom.iter().map(|(z, _)| *z).collect();
        let areas = |at| -> Vec<_> { zooms.iter().map(|z| area_at(&shapes, at, *z, 1)).collect() };
        let areas: Vec<Vec<(f64, f64)>> = (0..features.len()).into_par_iter().map(areas).collect();
        let one = |areas: Vec<(f64, f64)>| {
            let mut shown = Zooms::default();
            for ((z, lost), area) in self.by_zoom.iter_mut().zip(areas) {
                if lost.shows(area) {
                    shown.put(*z);
                }
            }
            shown
        };
        areas.into_iter().map(one).collect()
    }
}
