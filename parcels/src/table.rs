//! Attribute tables: typed columns of equal length, with the filters a policy states over them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One attribute value as read. An empty cell, SQL NULL, or text such as "NA" counts as [`Value::Missing`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing was stated. Never the same as zero.
    Missing,
    /// A finite number.
    Number(f64),
    /// Text, trimmed.
    Text(String),
}

impl Value {
    /// Text from a file: trimmed; empty, `NA`, `N/A`, `NULL`, `null`, `-`, `--`, `NaN` and `#N/A` are missing.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.trim();
        match text {
            "" | "NA" | "N/A" | "n/a" | "NULL" | "null" | "-" | "--" | "NaN" | "nan" | "#N/A" => {
                Self::Missing
            }
            _ => Self::Text(text.to_owned()),
        }
    }

    /// A number; what is not finite is missing.
    #[must_use]
    pub fn from_number(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Missing }
    }

    /// The value as a number. Text is read as a decimal number, with thousands separators allowed
    /// (`1,234.5`) and one trailing `%` ignored; anything else is none.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Number(n) => Some(*n),
            Self::Text(t) => {
                let t = t.trim().trim_end_matches(['%', '％']).trim_end();
                let plain = if t.contains(',') { t.replace(',', "") } else { t.to_owned() };
                plain.parse::<f64>().ok().filter(|n| n.is_finite())
            }
        }
    }

    /// The value as a key or label: text as it is, whole numbers without a decimal point (`404`, not `404.0`).
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Missing => None,
            Self::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Some(format!("{n:.0}")),
            Self::Number(n) => Some(n.to_string()),
            Self::Text(t) => Some(t.clone()),
        }
    }

    /// Whether the value says yes: non-zero numbers, `true`, `yes`, `y`, `t`, `in`, `是`, `内`, `调入`. None when missing
    /// or neither yes nor no (`0`, `false`, `no`, `n`, `f`, `out`, `否`, `外`).
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        if let Some(n) = self.number() {
            return Some(n != 0.0);
        }
        match self.text()?.to_lowercase().as_str() {
            "true" | "yes" | "y" | "t" | "in" | "是" | "内" | "区内" => Some(true),
            "false" | "no" | "n" | "f" | "out" | "否" | "外" | "区外" => Some(false),
            _ => None,
        }
    }
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name as in the input, made unique within its table.
    pub name: String,
    /// One value a row.
    pub values: Vec<Value>,
}

/// Columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

/// A column asked for that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no column \"{asked}\"{}; the columns are: {}", hint(.nearest.as_deref()), .present.join(", "))]
pub struct NoSuchColumn {
    /// The name asked for.
    pub asked: String,
    /// The nearest name present, if any resembles it.
    pub nearest: Option<String>,
    /// All names present.
    pub present: Vec<String>,
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|n| format!(" (did you mean \"{n}\"?)")).unwrap_or_default()
}

/// The name among `known` that most resembles `asked`, if one is close enough to be a slip of the pen.
#[must_use]
pub fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&asked.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k.to_owned())
}

impl Table {
    /// A table of `rows` rows from columns of that length. A name that is there already gets `_2`, `_3`, … appended.
    ///
    /// # Panics
    /// When a column's length is not `rows`: a mistake of the caller, not of the data.
    #[must_use]
    pub fn new(rows: usize, columns: Vec<Column>) -> Self {
        let mut table = Self { columns: Vec::with_capacity(columns.len()), rows };
        for column in columns {
            table.push(column);
        }
        table
    }

    /// Adds a column; its name is made unique as in [`Table::new`].
    ///
    /// # Panics
    /// When its length is not the table's.
    pub fn push(&mut self, mut column: Column) {
        assert_eq!(
            column.values.len(),
            self.rows,
            "column {} has another length than its table",
            column.name
        );
        let wanted = column.name.clone();
        let mut copy = 2;
        while self.columns.iter().any(|c| c.name == column.name) {
            column.name = format!("{wanted}_{copy}");
            copy += 1;
        }
        self.columns.push(column);
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name: exactly, or, when none is, the only one that differs by case alone.
    ///
    /// # Errors
    /// [`NoSuchColumn`], with the nearest name.
    pub fn column(&self, name: &str) -> Result<&Column, NoSuchColumn> {
        if let Some(found) = self.columns.iter().find(|c| c.name == name) {
            return Ok(found);
        }
        let mut by_case = self.columns.iter().filter(|c| c.name.to_lowercase() == name.to_lowercase());
        if let (Some(found), None) = (by_case.next(), by_case.next()) {
            return Ok(found);
        }
        Err(NoSuchColumn {
            asked: name.to_owned(),
            nearest: nearest(name, self.columns.iter().map(|c| c.name.as_str())),
            present: self.columns.iter().map(|c| c.name.clone()).collect(),
        })
    }

    /// The rows at `keep`, in that order.
    ///
    /// # Panics
    /// When a position is beyond the last row.
    #[must_use]
    pub fn select(&self, keep: &[usize]) -> Self {
        Self {
            rows: keep.len(),
            columns: self
                .columns
                .iter()
                .map(|c| Column {
                    name: c.name.clone(),
                    values: keep.iter().map(|&r| c.values[r].clone()).collect(),
                })
                .collect(),
        }
    }
}

/// One condition on a column. Every key that is given must hold; `not` turns the whole condition round.
/// A missing value meets only `missing = true` (or, by `not`, fails only that).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The column it looks at.
    pub column: String,
    /// One of these values; numbers compare as numbers, everything else as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<FilterValue>,
    /// Text begins with one of these (land-use codes: `"06"` takes 0601, 0602, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Whether the value must be missing (`true`) or present (`false`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<bool>,
    /// Turns the condition round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
}

/// A value written in a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FilterValue {
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// Yes or no; compares by [`Value::truth`].
    Truth(bool),
}

impl Filter {
    /// Whether `value` meets the condition.
    #[must_use]
    pub fn meets(&self, value: &Value) -> bool {
        let mut holds = self.missing.is_none_or(|m| m == matches!(value, Value::Missing));
        if !self.is.is_empty() {
            holds &= self.is.iter().any(|wanted| match wanted {
                FilterValue::Number(n) => value.number() == Some(*n),
                FilterValue::Text(t) => value.text().as_deref() == Some(t.trim()),
                FilterValue::Truth(t) => value.truth() == Some(*t),
            });
        }
        if !self.starts_with.is_empty() {
            holds &= value.text().is_some_and(|t| self.starts_with.iter().any(|p| t.starts_with(p.as_str())));
        }
        if self.min.is_some() || self.max.is_some() {
            holds &= value
                .number()
                .is_some_and(|n| self.min.is_none_or(|min| n >= min) && self.max.is_none_or(|max| n <= max));
        }
        holds != self.not
    }

    /// One answer a row: whether every filter holds there. No filters: every row.
    ///
    /// # Errors
    /// [`NoSuchColumn`] when a filter names a column that is not there.
    pub fn all(filters: &[Self], table: &Table) -> Result<Vec<bool>, NoSuchColumn> {
        Self::all_over(filters, &[table], table.rows())
    }

    /// As [`Filter::all`] over several tables of `rows` rows side by side; the first that has a column gives it.
    ///
    /// # Errors
    /// [`NoSuchColumn`] when a filter names a column that none of them has.
    pub fn all_over(filters: &[Self], tables: &[&Table], rows: usize) -> Result<Vec<bool>, NoSuchColumn> {
        let mut holds = vec![true; rows];
        for filter in filters {
            let column = column_of(tables, &filter.column)?;
            for (hold, value) in holds.iter_mut().zip(&column.values) {
                *hold &= filter.meets(value);
            }
        }
        Ok(holds)
    }

    /// One answer a row: whether any filter holds there. No filters: no row.
    ///
    /// # Errors
    /// [`NoSuchColumn`] when a filter names a column that is not there.
    pub fn any(filters: &[Self], table: &Table) -> Result<Vec<bool>, NoSuchColumn> {
        let mut holds = vec![false; table.rows()];
        for filter in filters {
            let column = table.column(&filter.column)?;
            for (hold, value) in holds.iter_mut().zip(&column.values) {
                *hold |= filter.meets(value);
            }
        }
        Ok(holds)
    }
}

/// The column of that name in the first of `tables` that has it.
///
/// # Errors
/// [`NoSuchColumn`] when none has it; the nearest name and the names present are those of all tables.
pub fn column_of<'t>(tables: &[&'t Table], name: &str) -> Result<&'t Column, NoSuchColumn> {
    tables.iter().find_map(|t| t.column(name).ok()).ok_or_else(|| {
        let present: Vec<String> = tables.iter().flat_map(|t| t.columns()).map(|c| c.name.clone()).collect();
        NoSuchColumn {
            asked: name.to_owned(),
            nearest: nearest(name, present.iter().map(String::as_str)),
            present,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(toml: &str) -> Filter {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn text_reads_as_a_number_only_when_it_is_one() {
        for (text, number) in [
            ("1,234.5", Some(1234.5)),
            ("3.02%", Some(3.02)),
            ("12a", None),
            ("1e3", Some(1000.0)),
            ("inf", None),
        ] {
            assert_eq!(Value::from_text(text).number(), number, "{text}");
        }
        assert_eq!(Value::from_text(" NA "), Value::Missing);
        assert_eq!(Value::Number(404.0).text().as_deref(), Some("404"));
    }

    #[test]
    fn filters_meet_what_they_say() {
        let code = filter("column = 'UseCode'\nis = [404, 'R&D']");
        assert!(code.meets(&Value::Text("404.0".into())));
        assert!(code.meets(&Value::Text("R&D".into())));
        assert!(!code.meets(&Value::Missing));
        let industrial = filter("column = 'DLBM'\nstarts_with = ['06']\nnot = true");
        assert!(!industrial.meets(&Value::Text("0601".into())));
        assert!(industrial.meets(&Value::Missing));
        assert!(filter("column = 'a'\nmin = 2\nmax = 3").meets(&Value::Number(3.0)));
        assert!(filter("column = 'a'\nmissing = true").meets(&Value::Missing));
        assert!(filter("column = 'a'\nis = [true]").meets(&Value::Text("是".into())));
    }

    #[test]
    fn repeated_names_stay_apart_and_slips_are_named() {
        let column = |name: &str| Column { name: name.into(), values: vec![Value::Missing] };
        let table = Table::new(1, vec![column("NAME"), column("NAME"), column("score")]);
        assert_eq!(table.columns()[1].name, "NAME_2");
        assert_eq!(table.column("Score").unwrap().name, "score");
        let slip = table.column("scroe").unwrap_err();
        assert_eq!(slip.nearest.as_deref(), Some("score"));
    }
}
