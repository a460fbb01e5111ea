//! What every vector format is written from: rows of named cells with a shape each, whatever the file looks like.

use std::borrow::Cow;

use geo::{LineString, MultiPolygon};

/// What a column holds; it decides the field type in each format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// Yes or no: true/false in GeoJSON, 1/0 elsewhere.
    Flag,
    /// A number; written in full, but with this many decimals where a format has fixed ones (DBF).
    Real {
        /// Decimals in DBF.
        decimals: u8,
    },
    /// A JSON value; GeoJSON alone holds it, the other formats leave the column out.
    Json,
}

/// One value. What is unknown is [`Cell::Null`], never 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Unknown or not applicable.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Whole(i64),
    /// Yes or no.
    Flag(bool),
    /// A number; what is not finite is written as unknown.
    Real(f64),
    /// JSON text.
    Json(String),
}

impl<'a> Cell<'a> {
    /// Text, or unknown.
    #[must_use]
    pub fn text(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, |t| Self::Text(Cow::Borrowed(t)))
    }

    /// A finite number, or unknown.
    #[must_use]
    pub fn real(value: Option<f64>) -> Self {
        value.filter(|n| n.is_finite()).map_or(Self::Null, Self::Real)
    }

    /// A whole number, or unknown.
    #[must_use]
    pub fn whole(value: Option<usize>) -> Self {
        value.and_then(|n| i64::try_from(n).ok()).map_or(Self::Null, Self::Whole)
    }
}

/// A named column: the value of any row on demand, so that a million rows are never copied.
pub struct Column<'a> {
    /// Its name.
    pub name: String,
    /// Its name where at most 10 bytes fit (DBF); cut from `name` unless set.
    pub short: String,
    /// What it holds.
    pub kind: Kind,
    cell: Box<dyn Fn(usize) -> Cell<'a> + Send + Sync + 'a>,
}

impl<'a> Column<'a> {
    /// A column whose value in row `i` is `cell(i)`.
    pub fn new(
        name: impl Into<String>,
        kind: Kind,
        cell: impl Fn(usize) -> Cell<'a> + Send + Sync + 'a,
    ) -> Self {
        let name = name.into();
        Self { short: name.clone(), name, kind, cell: Box::new(cell) }
    }

    /// The value in a row.
    #[must_use]
    pub fn cell(&self, row: usize) -> Cell<'a> {
        (self.cell)(row)
    }
}

/// The shapes of all rows, one kind a layer.
#[derive(Debug, Clone)]
pub enum Shapes<'a> {
    /// Polygons: exterior rings counter-clockwise, holes clockwise.
    Areas(Vec<Cow<'a, MultiPolygon<f64>>>),
    /// Lines.
    Lines(Vec<Cow<'a, LineString<f64>>>),
}

impl Shapes<'_> {
    /// Number of shapes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Areas(all) => all.len(),
            Self::Lines(all) => all.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A named layer to be written.
pub struct Features<'a> {
    /// The layer's name.
    pub name: String,
    /// Its columns, in the order written.
    pub columns: Vec<Column<'a>>,
    /// One shape a row.
    pub shapes: Shapes<'a>,
}

impl Features<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }
}

/// `names` cut to `max_bytes` on character boundaries and made unique without regard to case (as SQLite and DBF
/// compare them): the second of a name ends in `_2`.
#[must_use]
pub fn unique_names(names: &[&str], max_bytes: usize) -> Vec<String> {
    let mut taken = std::collections::BTreeSet::new();
    names
        .iter()
        .map(|name| {
            let mut unique = cut(name, max_bytes).to_owned();
            let mut copy = 2;
            while !taken.insert(unique.to_lowercase()) {
                let suffix = format!("_{copy}");
                unique = format!("{}{suffix}", cut(name, max_bytes.saturating_sub(suffix.len())));
                copy += 1;
            }
            unique
        })
        .collect()
}

/// The longest beginning of `text` of at most `max_bytes` bytes that ends between characters.
#[must_use]
pub fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_between_characters_and_stay_apart() {
        assert_eq!(
            unique_names(&["r01_研发投入", "R01_研发强度", "area_m2", "AREA_M2"], 10),
            ["r01_研发", "R01_研_2", "area_m2", "AREA_M2_2"]
        );
        assert_eq!(cut("研发", 5), "研");
    }

    #[test]
    fn what_is_unknown_is_never_zero() {
        assert_eq!(Cell::real(None), Cell::Null);
        assert_eq!(Cell::real(Some(f64::NAN)), Cell::Null);
        assert_eq!(Cell::real(Some(0.0)), Cell::Real(0.0));
    }
}
