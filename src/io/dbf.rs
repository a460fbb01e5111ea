//! dBASE tables, byte by byte. GDAL reads them too, but hands text out only after recoding, where a wrong guess is
//! lost for good, and turns long numeric codes into floating point.

use encoding_rs::Encoding;
use parcels::message;
use parcels::message::Message;
use parcels::table::{Column, Table, Value};
use parcels::validate::{Issue, IssueKind, Severity};
use parcels::visible::heading;

use super::columns::records_named;
use super::encoding::decode_lossy;
use super::file_issue;

/// A dBASE file in memory.
pub(crate) struct Dbf {
    bytes: Vec<u8>,
    header: usize,
    record: usize,
    fields: Vec<Field>,
    /// Records that are there whole, deleted ones included.
    pub(crate) records: usize,
    /// Records the header promises.
    pub(crate) promised: usize,
    /// Byte 29, which may tell the encoding.
    pub(crate) language: u8,
}

struct Field {
    name: Vec<u8>,
    kind: u8,
    start: usize,
    length: usize,
    /// Digits after the point, as the header has it.
    decimals: usize,
}

impl Dbf {
    /// Reads the header.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, Message> {
        let word = |at: usize| bytes.get(at..at + 2).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])));
        let (Some(header), Some(record)) = (word(8), word(10)) else {
            return Err(message!("dbf-too-short"));
        };
        let promised = bytes[4..8].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
        if header < 33 || header > bytes.len() || record < 1 {
            return Err(message!("dbf-no-header"));
        }
        let language = bytes.get(29).copied().unwrap_or(0);
        let descriptors: Vec<&[u8]> =
            bytes[32..header].chunks_exact(32).take_while(|d| d[0] != 0x0D && d[0] != 0).collect();
        // Some writers keep the high byte of a long text field's width where others keep decimals.
        let width = |long: bool, d: &[u8]| {
            usize::from(d[16]) + if long && d[11] == b'C' { usize::from(d[17]) << 8 } else { 0 }
        };
        let long = 1 + descriptors.iter().map(|d| width(false, d)).sum::<usize>() != record
            && 1 + descriptors.iter().map(|d| width(true, d)).sum::<usize>() == record;
        let mut start = 1;
        let mut fields = Vec::with_capacity(descriptors.len());
        for d in descriptors {
            let name = d[..11].split(|b| *b == 0).next().unwrap_or_default().to_vec();
            let length = width(long, d);
            if start + length > record {
                return Err(message!("dbf-fields-too-wide"));
            }
            fields.push(Field { name, kind: d[11], start, length, decimals: usize::from(d[17]) });
            start += length;
        }
        let records = promised.min((bytes.len() - header) / record);
        Ok(Self { header, record, fields, records, promised, language, bytes })
    }

    /// Whether the record is marked as deleted.
    pub(crate) fn is_deleted(&self, record: usize) -> bool {
        self.bytes.get(self.header + record * self.record) == Some(&b'*')
    }

    fn cell(&self, record: usize, field: &Field) -> &[u8] {
        let start = self.header + record * self.record + field.start;
        &self.bytes[start..start + field.length]
    }

    /// The first `most` texts with a byte beyond ASCII, field names first.
    pub(crate) fn texts_beyond_ascii(&self, most: usize) -> Vec<&[u8]> {
        let names = self.fields.iter().map(|f| f.name.as_slice());
        let cells = (0..self.records)
            .flat_map(|r| self.fields.iter().filter(|f| f.kind == b'C').map(move |f| trim(self.cell(r, f))));
        names.chain(cells).filter(|text| !text.is_ascii()).take(most).collect()
    }

    /// The names of the columns as they stand; those without one are numbered.
    pub(crate) fn names(&self, encoding: &'static Encoding) -> Vec<String> {
        let name = |(at, field): (usize, &Field)| match heading(&decode_lossy(&field.name, encoding)).as_str()
        {
            "" => format!("column_{}", at + 1),
            name => name.to_owned(),
        };
        self.fields.iter().enumerate().map(name).collect()
    }

    /// Tells of numbers that did not fit their cells, by column.
    pub(crate) fn tell_asterisks(&self, encoding: &'static Encoding, issues: &mut Vec<Issue>) {
        for (field, name) in self.fields.iter().zip(self.names(encoding)) {
            if !matches!(field.kind, b'N' | b'F' | b'D' | b'L' | b'I') {
                continue;
            }
            let starred = |r: &usize| !self.is_deleted(*r) && trim(self.cell(*r, field)).starts_with(b"*");
            let rows: Vec<usize> = (0..self.records).filter(starred).map(|r| r + 1).collect();
            if rows.is_empty() {
                continue;
            }
            let found = message!(
                "cells-with-asterisks",
                column = name,
                count = rows.len(),
                rows = records_named(&rows)
            );
            let done = message!("missing-wider-column");
            issues.push(file_issue(IssueKind::NotNumber, Severity::Warning, found, done));
        }
    }

    /// The table of the given records, a row each; none and records that are not there give missing values. Bytes that
    /// are no text in that encoding become replacement characters.
    pub(crate) fn table(&self, rows: &[Option<usize>], encoding: &'static Encoding) -> Table {
        let column = |(field, name): (&Field, String)| {
            let cell = |row: &Option<usize>| match row.filter(|r| *r < self.records) {
                Some(r) => value(field, self.cell(r, field), encoding),
                None => Value::Missing,
            };
            Column { name, values: rows.iter().map(cell).collect() }
        };
        Table::new(rows.len(), self.fields.iter().zip(self.names(encoding)).map(column).collect())
    }
}

fn trim(cell: &[u8]) -> &[u8] {
    let text = cell.split(|b| *b == 0).next().unwrap_or_default();
    text.trim_ascii()
}

fn value(field: &Field, cell: &[u8], encoding: &'static Encoding) -> Value {
    let eight = || <[u8; 8]>::try_from(cell).ok();
    match field.kind {
        // Binary whole numbers and doubles of Visual FoxPro and dBASE 7.
        b'I' | b'+' if cell.len() == 4 => <[u8; 4]>::try_from(cell)
            .map_or(Value::Missing, |b| Value::Number(f64::from(i32::from_le_bytes(b)))),
        b'B' | b'O' if cell.len() == 8 => {
            eight().map_or(Value::Missing, |b| Value::from_number(f64::from_le_bytes(b)))
        }
        // The number of a block in another file.
        b'M' | b'G' | b'P' => Value::Missing,
        b'N' | b'F' => number(&String::from_utf8_lossy(trim(cell)), field.decimals),
        b'D' => {
            let text = String::from_utf8_lossy(trim(cell));
            match (text.len(), text.is_ascii()) {
                (8, true) if text != "00000000" => {
                    Value::Text(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
                }
                (8, true) => Value::Missing,
                _ => Value::from_text(&text),
            }
        }
        b'L' => match trim(cell) {
            b"T" | b"t" | b"Y" | b"y" => Value::Number(1.0),
            b"F" | b"f" | b"N" | b"n" => Value::Number(0.0),
            _ => Value::Missing,
        },
        _ => Value::from_text(&decode_lossy(trim(cell), encoding)),
    }
}

/// A numeric cell. A comma before the decimals that the header promises is a decimal comma, for the format has no others;
/// what else has one stays text until its column decides; whole numbers of more digits than a double holds
/// stay text too, for they are codes; a cell of asterisks is a number that did not fit.
fn number(text: &str, decimals: usize) -> Value {
    if text.is_empty() || text.starts_with('*') {
        return Value::Missing;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits == text.len() && digits > 15 {
        return Value::Text(text.to_owned());
    }
    let comma = text.split_once(',').filter(|(_, rest)| decimals > 0 && rest.len() <= decimals);
    match comma.map_or_else(|| text.parse::<f64>(), |(whole, rest)| format!("{whole}.{rest}").parse()) {
        Ok(number) => Value::from_number(number),
        Err(_) => Value::from_text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::GBK;

    /// A table of one record from (name, kind, cell).
    fn table(fields: &[(&str, u8, &[u8])]) -> Vec<u8> {
        let width = 1 + fields.iter().map(|f| f.2.len()).sum::<usize>();
        let header = 33 + 32 * fields.len();
        let mut bytes = vec![3, 0, 0, 0, 1, 0, 0, 0];
        bytes.extend((header as u16).to_le_bytes());
        bytes.extend((width as u16).to_le_bytes());
        bytes.resize(32, 0);
        for (name, kind, cell) in fields {
            let mut d = [0; 32];
            d[..name.len()].copy_from_slice(name.as_bytes());
            d[11] = *kind;
            d[16] = cell.len() as u8;
            bytes.extend(d);
        }
        bytes.extend([0x0D, b' ']);
        for (_, _, cell) in fields {
            bytes.extend(*cell);
        }
        bytes
    }

    #[test]
    fn every_kind_of_field() {
        let double = 2.5_f64.to_le_bytes();
        let bytes = table(&[
            ("NAME", b'C', &[0xC7, 0xE0, b' ']),
            ("CODE", b'C', b"0601"),
            ("AREA", b'N', b"  1,5"),
            ("BSM", b'N', b"3101180010020030004"),
            ("WIDE", b'N', b"*****"),
            ("DAY", b'D', b"20250131"),
            ("NODAY", b'D', b"        "),
            ("YES", b'L', b"T"),
            ("INT", b'I', &[255, 255, 255, 255]),
            ("DBL", b'B', &double),
            ("NAME", b'C', b"\0\0\0"),
        ]);
        let table = Dbf::parse(bytes).unwrap().table(&[Some(0), None, Some(7)], GBK);
        let row: Vec<Value> = table.columns().iter().map(|c| c.values[0].clone()).collect();
        let text = |t: &str| Value::Text(t.into());
        let n = Value::Number;
        let expected = [
            text("青"),
            text("0601"),
            text("1,5"),
            text("3101180010020030004"),
            Value::Missing,
            text("2025-01-31"),
            Value::Missing,
            n(1.0),
            n(-1.0),
            n(2.5),
            Value::Missing,
        ];
        assert_eq!(row, expected);
        assert_eq!(table.columns()[10].name, "NAME_2");
        assert!(table.columns().iter().all(|c| c.values[1..] == [Value::Missing, Value::Missing]));
    }

    #[test]
    fn damage_is_told() {
        let bytes = table(&[("A", b'C', &[0xC7, 0xE0, b' ', b'x'])]);
        let dbf = Dbf::parse(bytes.clone()).unwrap();
        assert_eq!(dbf.texts_beyond_ascii(9), [&[0xC7, 0xE0, b' ', b'x']]);
        let cut = Dbf::parse(bytes[..bytes.len() - 1].to_vec()).unwrap();
        assert_eq!((cut.records, cut.promised), (0, 1));
        assert!(Dbf::parse(vec![3; 20]).is_err());
        assert!(
            Dbf::parse(b"PK\x03\x04 and something that is no table at all, though long".to_vec()).is_err()
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(0_u8.., 0..400), header in 33_u16..120, record in 0_u16..60) {
            if bytes.len() > 12 {
                bytes[8..10].copy_from_slice(&header.to_le_bytes());
                bytes[10..12].copy_from_slice(&record.to_le_bytes());
            }
            if let Ok(dbf) = Dbf::parse(bytes) {
                let rows: Vec<_> = (0..dbf.records + 1).map(Some).collect();
                let table = dbf.table(&rows, GBK);
                proptest::prop_assert_eq!(table.rows(), rows.len());
            }
        }
    }
}
