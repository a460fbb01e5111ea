//! What goes into a layer.

use crate::mercator::Point;

/// A closed line; its last point joins the first and is not repeated.
pub type Ring = Vec<Point>;

/// The shape of a feature, in the unit square.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// Polygons, each an outer ring and its holes, in any winding.
    Polygons(Vec<Vec<Ring>>),
    /// Lines.
    Lines(Vec<Vec<Point>>),
}

/// A typed value.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
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
