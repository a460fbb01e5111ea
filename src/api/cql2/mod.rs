//! Filters in CQL2, OGC 21-065r2, as text and as JSON: read once, then asked row by row of a collection.
//! Called by `api::ogc`.
//!
//! Our own, small, and of what parcels need. The crate `cql2` (0.6, alive) was looked at and left aside: it has no limit
//! on nesting, neither in its grammar nor in its JSON; it judges a record by copying the expression and reducing it over
//! a JSON value, where we have typed columns and shapes at hand; and it brings an SQL parser, a JSON Schema validator
//! and a second geometry reader with it.
//!
//! Text (`text`) and JSON (`json`) call the same `build::Builder`, which resolves names, checks types and keeps
//! the limits. What comes out cannot fail on a row.

// Names, types and limits.
mod build;

// The grammar of the text.
mod text;

// The encoding in JSON.
mod json;

// Words and marks of the text.
mod words;

// Shapes in a filter.
mod shape;

// Patterns.
mod like;

// Rows against a filter.
mod holds;

#[cfg(test)]
mod tests;

use geo::Geometry;
use parcels::message;
use parcels::message::Message;

pub(super) use build::GEOMETRY;

use crate::features::collection::Collection;
use crate::features::systems::System;

/// The longest filter, in bytes.
pub const LENGTH_MAX: usize = 16_384;
/// How deep a filter may be nested.
pub const DEPTH_MAX: usize = 32;
/// How many comparisons, and values in lists, a filter may have.
pub const TERMS_MAX: usize = 1_000;

/// How a filter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// As text.
    Text,
    /// As JSON.
    Json,
}

impl Language {
    /// The names of `filter-lang`.
    pub const NAMES: [&'static str; 2] = ["cql2-text", "cql2-json"];

    /// By its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "cql2-text" => Some(Self::Text),
            "cql2-json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Why a filter is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// For the one who wrote it.
    pub what: Message,
}

impl Refused {
    fn new(what: Message) -> Self {
        Self { what }
    }
}

type Result<T> = std::result::Result<T, Refused>;

/// A filter over one collection.
#[derive(Debug, Clone)]
pub struct Filter(Expr);

#[derive(Debug, Clone)]
enum Expr {
    Constant(bool),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Comparison, Scalar, Scalar),
    Between(Scalar, Scalar, Scalar),
    In(Scalar, Vec<Scalar>),
    Like(Scalar, like::Pattern),
    IsNull(Scalar),
    Spatial(Spatial),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn named(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "<>" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Scalar {
    /// A column, by position.
    Column(usize),
    Text(String),
    Number(f64),
    Flag(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Intersects,
    Disjoint,
    Within,
    Contains,
    Equals,
    Touches,
    Overlaps,
    Crosses,
}

/// The spatial functions, by name.
const RELATIONS: [(&str, Relation); 8] = [
    ("s_intersects", Relation::Intersects),
    ("s_disjoint", Relation::Disjoint),
    ("s_within", Relation::Within),
    ("s_contains", Relation::Contains),
    ("s_equals", Relation::Equals),
    ("s_touches", Relation::Touches),
    ("s_overlaps", Relation::Overlaps),
    ("s_crosses", Relation::Crosses),
];

impl Relation {
    fn named(name: &str) -> Option<Self> {
        RELATIONS.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, relation)| *relation)
    }
}

/// The feature's shape in relation to a given one.
#[derive(Debug, Clone)]
struct Spatial {
    relation: Relation,
    shape: Geometry<f64>,
    /// Of `shape`: west, south, east, north.
    bounds: [f64; 4],
    /// Whether `shape` is in the coordinates that features are kept in, and not in longitude and latitude.
    stored: bool,
    /// The given shape stands first.
    given_first: bool,
}

/// What of a filter's shape is the property, and what is given.
enum Place {
    Property,
    Given(Geometry<f64>),
}

impl Filter {
    /// Reads a filter over `collection`; its coordinates are in `system`.
    ///
    /// # Errors
    /// When it is malformed, too large, names what is not there, or compares what cannot be compared.
    pub fn read(text: &str, language: Language, collection: &Collection, system: &System) -> Result<Self> {
        if text.len() > LENGTH_MAX {
            return Err(Refused::new(message!("filter-too-long", most = LENGTH_MAX, bytes = text.len())));
        }
        let mut builder = build::Builder::new(collection, system);
        match language {
            Language::Text => text::read(text, &mut builder),
            Language::Json => json::read(text, &mut builder),
        }
        .map(Self)
    }

    /// A filter for features whose `column` has the value written as `value`.
    ///
    /// # Errors
    /// When it is no value of the column's type.
    pub fn equals(column: &str, value: &str, collection: &Collection, system: &System) -> Result<Self> {
        build::Builder::new(collection, system).equals(column, value).map(Self)
    }

    /// Whether the feature in `row` meets it. What is unknown does not.
    #[must_use]
    pub fn holds(&self, collection: &Collection, row: usize) -> bool {
        holds::holds(&self.0, collection, row) == Some(true)
    }
}
