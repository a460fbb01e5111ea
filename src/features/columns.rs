//! Columns of a collection: typed values, so that a filter compares numbers with numbers and need not read JSON.

use serde_json::{Value, json};

/// Texts one after the other, some of them unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    text: String,
    /// Where each ends, and whether it is known.
    ends: Vec<(usize, bool)>,
}

impl Texts {
    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before].0);
        let (end, known) = self.ends[row];
        known.then(|| &self.text[start..end])
    }
}

impl<S: AsRef<str>> FromIterator<Option<S>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<S>>>(texts: I) -> Self {
        let mut all = Self::default();
        for text in texts {
            if let Some(text) = &text {
                all.text.push_str(text.as_ref());
            }
            all.ends.push((all.text.len(), text.is_some()));
        }
        all.text.shrink_to_fit();
        all
    }
}

/// The values of a column, one a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Texts.
    Text(Texts),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Yes or no.
    Flag(Vec<Option<bool>>),
    /// Numbers; NaN where unknown.
    Real(Vec<f64>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Numbers, whole or not.
    Number,
    /// Yes or no.
    Flag,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnData {
    /// Its name, which is also the property's.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// One value, as filters see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Datum<'a> {
    /// Unknown.
    Null,
    /// Text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl ColumnData {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Text(all) => all.len(),
            Values::Whole(all) => all.len(),
            Values::Flag(all) => all.len(),
            Values::Real(all) => all.len(),
        }
    }

    /// Whether it has no value at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        match &self.values {
            Values::Text(_) => ColumnKind::Text,
            Values::Flag(_) => ColumnKind::Flag,
            Values::Whole(_) | Values::Real(_) => ColumnKind::Number,
        }
    }

    /// The value of a row.
    #[must_use]
    pub fn at(&self, row: usize) -> Datum<'_> {
        match &self.values {
            Values::Text(all) => all.get(row).map_or(Datum::Null, Datum::Text),
            // Ids and counts: far below 2⁵³.
            Values::Whole(all) => all[row].map_or(Datum::Null, |n| Datum::Number(n as f64)),
            Values::Flag(all) => all[row].map_or(Datum::Null, Datum::Flag),
            Values::Real(all) if all[row].is_finite() => Datum::Number(all[row]),
            Values::Real(_) => Datum::Null,
        }
    }

    /// Appends the value of a row as JSON.
    pub(crate) fn put_json(&self, out: &mut Vec<u8>, row: usize) {
        // Writing into memory cannot fail.
        let _ = match &self.values {
            Values::Text(all) => serde_json::to_writer(out, &all.get(row)),
            Values::Whole(all) => serde_json::to_writer(out, &all[row]),
            Values::Flag(all) => serde_json::to_writer(out, &all[row]),
            // What is not finite becomes null.
            Values::Real(all) => serde_json::to_writer(out, &all[row]),
        };
    }

    /// Its JSON Schema.
    #[must_use]
    pub fn schema(&self) -> Value {
        let kind = match &self.values {
            Values::Text(_) => "string",
            Values::Whole(_) => "integer",
            Values::Flag(_) => "boolean",
            Values::Real(_) => "number",
        };
        json!({ "title": self.name, "type": kind })
    }
}
