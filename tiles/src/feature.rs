//! What goes into a layer.

use serde::{Deserialize, Serialize};

use crate::mercator::Point;

/// A closed line; its last point joins the first and is not repeated.
pub type Ring = Vec<Point>;

/// Twice the signed area of a ring in the unit square, from its own first corner so that little is rounded away.
#[must_use]
pub fn exact_double_area(ring: &[Point]) -> f64 {
    let Some(first) = ring.first() else { return 0.0 };
    let off = |p: &Point| [p[0] - first[0], p[1] - first[1]];
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs.map(|(a, b)| (off(a), off(b))).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

/// The shape of a feature, in the unit square.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Geometry {
    /// Polygons, each an outer ring and its holes, in any winding.
    Polygons(Vec<Vec<Ring>>),
    /// Lines.
    Lines(Vec<Vec<Point>>),
}

impl Geometry {
    fn points(&self) -> impl Iterator<Item = &Point> {
        let (polygons, lines): (&[Vec<Ring>], &[Vec<Point>]) = match self {
            Self::Polygons(polygons) => (polygons, &[]),
            Self::Lines(lines) => (&[], lines),
        };
        polygons.iter().flatten().chain(lines).flatten()
    }

    /// The first corner; none where there is none.
    #[must_use]
    pub fn first(&self) -> Option<Point> {
        self.points().next().copied()
    }

    /// West, north, east and south end; none where there is no place, or one that is no number.
    #[must_use]
    pub fn extent(&self) -> Option<[f64; 4]> {
        let first = self.first()?;
        let around = |all: [f64; 4], p: &Point| {
            let finite = p[0].is_finite() && p[1].is_finite();
            finite.then(|| [all[0].min(p[0]), all[1].min(p[1]), all[2].max(p[0]), all[3].max(p[1])])
        };
        self.points().try_fold([first[0], first[1], first[0], first[1]], around)
    }
}

/// A typed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Its id, the same at all zooms.
    pub id: u64,
    /// Its shape.
    pub geometry: Geometry,
    /// One value for each field of its layer; none where it has none.
    pub properties: Vec<Option<Value>>,
}

/// A property that features of a layer have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What TileJSON calls its type: `String`, `Number` or `Boolean`.
    pub kind: &'static str,
    /// Tiles of lesser zooms go without it.
    pub minzoom: u8,
}
