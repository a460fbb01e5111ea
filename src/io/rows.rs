//! The attributes of a layer's features, read feature by feature; those of a shapefile from its dBASE part, byte by byte.

use gdal::vector::{Defn, Feature, Layer, LayerAccess as _, OGRFieldType};
use parcels::message;
use parcels::message::Message;
use parcels::table::{Column, Table, Value};
use parcels::validate::{Issue, IssueKind, Severity};
use parcels::visible::heading;

use super::dbf::Dbf;
use super::file_kind::{Kind, cannot};
use super::unpack::Dataset;
use super::{encoding, file_issue, repeated_names};
use crate::error::{Context as _, ErrorKind, Result};

/// The attributes of the features that are gone through.
pub(super) enum Rows {
    /// None are wanted: how many there were since they were last taken.
    None(usize),
    /// From GDAL.
    Columns { fields: Vec<Field>, columns: Vec<Vec<Value>>, ids: Option<Ids>, rows: usize, damaged: usize },
    /// From the dBASE part of a shapefile: its numbers of the features.
    Dbase { dbf: Dbf, encoding: &'static encoding_rs::Encoding, records: Vec<Option<usize>>, missing: usize },
}

impl Rows {
    /// Those of a layer, in the encoding that was given, else stated, else likely, with the features' own numbers in a column
    /// of the name `id` where that is given; `most` are expected before they are taken.
    ///
    /// # Errors
    /// A part of the file that cannot be read.
    pub(super) fn of(
        layer: &Layer<'_>,
        input: &Dataset,
        id: Option<String>,
        most: usize,
        given: Option<&'static encoding_rs::Encoding>,
        issues: &mut Vec<Issue>,
    ) -> Result<Self> {
        if input.kind != Kind::Shapefile {
            let fields = fields(layer.defn(), issues);
            let columns = fields.iter().map(|_| Vec::with_capacity(most)).collect();
            let ids = id.map(|name| Ids { name, values: Vec::with_capacity(most) });
            return Ok(Self::Columns { fields, columns, ids, rows: 0, damaged: 0 });
        }
        let Some(dbf) = attributes(input, issues)? else { return Ok(Self::None(0)) };
        let encoding = dbf_encoding(&dbf, input, given, issues)?;
        dbf.tell_asterisks(encoding, issues);
        Ok(Self::Dbase { dbf, encoding, records: Vec::new(), missing: 0 })
    }

    /// Reads those of the next feature.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn push(&mut self, feature: &Feature<'_>) -> Result<()> {
        match self {
            Self::None(rows) => *rows += 1,
            Self::Columns { fields, columns, ids, rows, damaged } => {
                for (field, column) in fields.iter().zip(columns) {
                    column.push(field.value(feature, damaged)?);
                }
                if let Some(ids) = ids {
                    ids.values.push(feature.fid().map_or(Value::Missing, |fid| whole(fid as i64)));
                }
                *rows += 1;
            }
            Self::Dbase { dbf, records, missing, .. } => {
                let record = feature.fid().map(|fid| fid as usize);
                *missing += usize::from(record.is_none_or(|r| r >= dbf.records));
                records.push(record);
            }
        }
        Ok(())
    }

    /// The table of the features since it was last taken.
    pub(super) fn take(&mut self) -> Table {
        match self {
            Self::None(rows) => Table::new(std::mem::take(rows), Vec::new()),
            Self::Columns { fields, columns, ids, rows, .. } => {
                let ids = ids
                    .iter_mut()
                    .map(|ids| Column { name: ids.name.clone(), values: std::mem::take(&mut ids.values) });
                let named = fields.iter().zip(columns).map(|(field, values)| Column {
                    name: field.name.clone(),
                    values: std::mem::take(values),
                });
                Table::new(std::mem::take(rows), named.chain(ids).collect())
            }
            Self::Dbase { dbf, encoding, records, .. } => dbf.table(&std::mem::take(records), encoding),
        }
    }

    /// Records that are there, but are no features.
    pub(super) fn deleted(&self) -> usize {
        match self {
            Self::Dbase { dbf, .. } => (0..dbf.records).filter(|r| dbf.is_deleted(*r)).count(),
            _ => 0,
        }
    }

    /// Tells what was wrong with `features`; the encoding of their texts.
    pub(super) fn finish(self, features: usize, issues: &mut Vec<Issue>) -> &'static encoding_rs::Encoding {
        let mut tell = |kind, severity, found: Message, done: Message| {
            issues.push(file_issue(kind, severity, found, done));
        };
        match self {
            Self::Columns { damaged: damaged @ 1.., .. } => {
                let found = message!("texts-not-utf-8", count = damaged);
                let done = message!("read-with-replacements");
                tell(IssueKind::AssumedEncoding, Severity::Warning, found, done);
                encoding_rs::UTF_8
            }
            Self::Dbase { dbf, encoding, missing, .. } => {
                if missing > 0 || dbf.records < dbf.promised {
                    let found = message!("dbf-too-few-records", missing = missing, features = features);
                    tell(IssueKind::File, Severity::Error, found, message!("attributes-missing"));
                }
                encoding
            }
            Self::None(_) | Self::Columns { .. } => encoding_rs::UTF_8,
        }
    }
}

/// The numbers that a file gives its features (GeoJSON's `id`, a GeoPackage's `fid`, a FileGDB's `OBJECTID`).
pub(super) struct Ids {
    name: String,
    values: Vec<Value>,
}

/// An attribute of a file that is not a shapefile.
pub(super) struct Field {
    name: String,
    position: usize,
    kind: FieldKind,
}

enum FieldKind {
    Integer,
    Integer64,
    Real,
    Moment,
    Text,
}

fn fields(defn: &Defn, issues: &mut Vec<Issue>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (position, field) in defn.fields().enumerate() {
        let kind = match field.field_type() {
            OGRFieldType::OFTInteger => FieldKind::Integer,
            OGRFieldType::OFTInteger64 => FieldKind::Integer64,
            OGRFieldType::OFTReal => FieldKind::Real,
            OGRFieldType::OFTDate | OGRFieldType::OFTDateTime => FieldKind::Moment,
            OGRFieldType::OFTBinary => {
                let found = message!("column-binary", column = field.name());
                issues.push(file_issue(IssueKind::File, Severity::Note, found, message!("left-aside")));
                continue;
            }
            _ => FieldKind::Text,
        };
        fields.push(Field { name: heading(&field.name()), position, kind });
    }
    repeated_names(fields.iter().map(|f| f.name.as_str()), issues);
    fields
}

impl Field {
    fn value(&self, feature: &Feature<'_>, damaged: &mut usize) -> Result<Value> {
        let at = self.position;
        let value = match self.kind {
            FieldKind::Integer => {
                feature.field_as_integer(at).map(|v| v.map(|n| Value::Number(f64::from(n))))
            }
            FieldKind::Integer64 => feature.field_as_integer64(at).map(|v| v.map(whole)),
            FieldKind::Real => feature.field_as_double(at).map(|v| v.map(Value::from_number)),
            FieldKind::Moment => {
                feature.field_as_string(at).map(|v| v.map(|t| Value::from_text(&iso_moment(&t))))
            }
            FieldKind::Text => feature.field_as_string(at).map(|v| {
                v.map(|text| {
                    *damaged += usize::from(text.contains('\u{fffd}'));
                    Value::from_text(&text)
                })
            }),
        };
        let value =
            value.context(ErrorKind::Unreadable, message!("column-unreadable", column = self.name))?;
        Ok(value.unwrap_or(Value::Missing))
    }
}

/// A whole number, as text where it is a code: a number of so many digits would be taken for one that has lost some.
fn whole(number: i64) -> Value {
    const CODE: u64 = 1_000_000_000_000_000;
    if number.unsigned_abs() < CODE { Value::Number(number as f64) } else { Value::Text(number.to_string()) }
}

/// GDAL's `2012/01/31 08:00:00+00` as ISO 8601.
fn iso_moment(text: &str) -> String {
    let text = text.replacen('/', "-", 2).replacen(' ', "T", 1);
    match text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) {
        Some((time, zone)) if time.contains('T') && zone.starts_with(['+', '-']) => format!("{text}:00"),
        _ => text,
    }
}

/// The dBASE part of a shapefile.
fn attributes(input: &Dataset, issues: &mut Vec<Issue>) -> Result<Option<Dbf>> {
    let Some(path) = &input.dbf else { return Ok(None) };
    let bytes = std::fs::read(path).context(ErrorKind::Unreadable, cannot(path))?;
    match Dbf::parse(bytes) {
        Ok(dbf) => Ok(Some(dbf)),
        Err(why) => {
            let found = message!("dbf-unreadable", why = why);
            issues.push(file_issue(
                IssueKind::File,
                Severity::Error,
                found,
                message!("read-without-attributes"),
            ));
            Ok(None)
        }
    }
}

/// The encoding that was given, else stated, else likely.
fn dbf_encoding(
    dbf: &Dbf,
    input: &Dataset,
    given: Option<&'static encoding_rs::Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<&'static encoding_rs::Encoding> {
    let label = match &input.cpg {
        Some(cpg) => Some(std::fs::read(cpg).context(ErrorKind::Unreadable, cannot(cpg))?),
        None => None,
    };
    let label = label.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let by_cpg = label.as_deref().and_then(encoding::by_label).map(|e| (e, message!("cpg-file")));
    Ok(super::table::dbf_encoding(dbf, given, by_cpg, issues))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_long_numbers() {
        assert_eq!(iso_moment("2012/01/31 08:00:00+00"), "2012-01-31T08:00:00+00:00");
        assert_eq!(iso_moment("2012/01/31 08:00:00.5+0530"), "2012-01-31T08:00:00.5+0530");
        assert_eq!(iso_moment("2012/01/31"), "2012-01-31");
        assert_eq!(iso_moment(""), "");
        assert_eq!(whole(999_999_999_999_999), Value::Number(999_999_999_999_999.0));
        assert_eq!(whole(1 << 53), Value::Text("9007199254740992".into()));
        assert_eq!(whole(3_101_180_010_020_030_004), Value::Text("3101180010020030004".into()));
    }
}
