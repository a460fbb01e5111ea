//! Attribute tables: typed columns of equal length, with the filters a policy states over them.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message;
use crate::message::Message;
use crate::number;
use crate::visible::{code, heading, visible};

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
    /// Text from a file: trimmed, without characters that nobody sees; empty, `NA`, `N/A`, `NULL`, `null`, `-`, `--`, `NaN` and `#N/A` are missing.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = visible(text);
        match text.as_ref() {
            "" | "NA" | "N/A" | "n/a" | "NULL" | "null" | "-" | "--" | "NaN" | "nan" | "#N/A" => {
                Self::Missing
            }
            _ => Self::Text(text.into_owned()),
        }
    }

    /// A number; what is not finite is missing.
    #[must_use]
    pub fn from_number(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Missing }
    }

    /// The value as a number. Text is read as [`number::by_itself`] reads it; what depends on the other values of its column
    /// was made a number when the column was read ([`crate::decimals::settle`]).
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Number(n) => Some(*n),
            Self::Text(t) => number::by_itself(t),
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

    /// The value as a code or key: as [`Value::text`], without the spaces and joiners that nobody sees.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let text = self.text()?;
        let code = code(&text);
        (!code.is_empty()).then(|| code.into_owned())
    }

    /// Whether the value says yes: 1, or a word for it; no: 0, or a word for that. None when missing or anything else, be it
    /// another number: whether 2 means yes is not for this program to say.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        if let Some(n) = self.number() {
            return match n {
                1.0 => Some(true),
                0.0 => Some(false),
                _ => None,
            };
        }
        match self.text()?.to_lowercase().as_str() {
            "true" | "yes" | "y" | "t" | "in" | "inside" | "是" | "真" | "有" | "内" | "在" | "区内"
            | "园内" | "园区内" | "在园区内" | "在区内" | "调入" | "√" | "✓" | "✔" => {
                Some(true)
            }
            "false" | "no" | "n" | "f" | "out" | "outside" | "否" | "假" | "无" | "外" | "不在" | "区外"
            | "园外" | "园区外" | "不在园区内" | "不在区内" | "调出" | "×" | "✗" | "✘" => {
                Some(false)
            }
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
#[error("{}", self.message())]
pub struct NoSuchColumn {
    /// The name asked for.
    pub asked: String,
    /// The nearest name present, if any resembles it.
    pub nearest: Option<String>,
    /// All names present.
    pub present: Vec<String>,
}

impl NoSuchColumn {
    /// For people.
    #[must_use]
    pub fn message(&self) -> Message {
        let hint = self.nearest.as_ref().map(|name| message!("did-you-mean", name = name));
        let columns = message::list(&self.present);
        message!("no-such-column", column = self.asked, hint = hint, columns = columns)
    }
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

    /// The column of that name: exactly, or, when none is, the only one that differs by case, spaces and characters that
    /// nobody sees alone.
    ///
    /// # Errors
    /// [`NoSuchColumn`], with the nearest name.
    pub fn column(&self, name: &str) -> Result<&Column, NoSuchColumn> {
        if let Some(found) = self.columns.iter().find(|c| c.name == name) {
            return Ok(found);
        }
        let alike = |a: &str| heading(a).to_lowercase().split_whitespace().collect::<String>();
        let asked = alike(name);
        let mut resembling = self.columns.iter().filter(|c| alike(&c.name) == asked);
        if let (Some(found), None) = (resembling.next(), resembling.next()) {
            return Ok(found);
        }
        Err(NoSuchColumn {
            asked: name.to_owned(),
            nearest: nearest(name, self.columns.iter().map(|c| c.name.as_str())),
            present: self.columns.iter().map(|c| c.name.clone()).collect(),
        })
    }

    /// Makes the values of the column `name` missing at `rows`.
    pub fn forget(&mut self, name: &str, rows: &[usize]) {
        for column in self.columns.iter_mut().filter(|c| c.name == name) {
            for row in rows {
                column.values[*row] = Value::Missing;
            }
        }
    }

    /// The columns, their values to be changed.
    pub(crate) fn columns_mut(&mut self) -> &mut [Column] {
        &mut self.columns
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

/// The column that holds a code, or the columns that make one together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum KeyColumns {
    /// One column.
    One(String),
    /// Several: the code is what they state, with `-` between.
    Several(Vec<String>),
}

impl From<&str> for KeyColumns {
    fn from(name: &str) -> Self {
        Self::One(name.to_owned())
    }
}

impl From<String> for KeyColumns {
    fn from(name: String) -> Self {
        Self::One(name)
    }
}

impl fmt::Display for KeyColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" + "))
    }
}

impl KeyColumns {
    /// What parts the columns' values in the code.
    const BETWEEN: &str = "-";

    /// The columns' names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    /// The column of codes: the one itself, or one made of several. Where one of them states nothing, there is no code.
    ///
    /// # Errors
    /// The first column that is not there.
    pub fn of<'t>(&self, table: &'t Table) -> Result<Cow<'t, Column>, NoSuchColumn> {
        let columns: Vec<&Column> =
            self.names().iter().map(|name| table.column(name)).collect::<Result<_, _>>()?;
        if let [one] = columns.as_slice() {
            return Ok(Cow::Borrowed(one));
        }
        let joined = |row: usize| {
            let parts: Option<Vec<String>> = columns.iter().map(|c| c.values[row].code()).collect();
            parts.filter(|p| !p.is_empty()).map_or(Value::Missing, |p| Value::Text(p.join(Self::BETWEEN)))
        };
        let values = (0..table.rows()).map(joined).collect();
        Ok(Cow::Owned(Column { name: self.to_string(), values }))
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
            ("1,234", None),
            ("3.02%", Some(0.0302)),
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
    fn yes_and_no_are_words_and_nothing_else_is() {
        for (text, truth) in [
            ("1", Some(true)),
            ("1.0", Some(true)),
            ("0", Some(false)),
            ("2", None),
            ("-1", None),
            ("调入", Some(true)),
            ("调出", Some(false)),
            ("Yes", Some(true)),
            ("不在园区内", Some(false)),
            ("A", None),
            ("", None),
        ] {
            assert_eq!(Value::from_text(text).truth(), truth, "{text}");
        }
        assert_eq!(Value::Number(2.0).truth(), None);
    }

    #[test]
    fn several_columns_make_one_code() {
        let column = |name: &str, values: Vec<Value>| Column { name: name.into(), values };
        let text = |t: &str| Value::Text(t.into());
        let table = Table::new(
            2,
            vec![
                column("block", vec![Value::Number(7.0), text("8")]),
                column("lot", vec![text("003\u{200b}"), Value::Missing]),
            ],
        );
        let key: KeyColumns = toml::from_str::<toml::Table>("key = ['block', 'lot']").unwrap()["key"]
            .clone()
            .try_into()
            .unwrap();
        assert_eq!(key.of(&table).unwrap().values, [text("7-003"), Value::Missing]);
        assert_eq!(KeyColumns::from("lot").of(&table).unwrap().name, "lot");
        assert!(KeyColumns::Several(vec!["lot".into(), "no".into()]).of(&table).is_err());
    }

    #[test]
    fn headings_are_found_without_what_nobody_sees() {
        let column = |name: &str| Column { name: name.into(), values: vec![] };
        let table = Table::new(0, vec![column("\u{feff}code"), column("R&D\u{a0}cost")]);
        assert_eq!(table.column("code").unwrap().name, "\u{feff}code");
        assert_eq!(table.column("R&D cost\u{200b}").unwrap().name, "R&D\u{a0}cost");
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
