//! Tables without geometry: CSV, Excel sheets and dBASE files.

use std::path::Path;

use calamine::{Data, Reader};
use encoding_rs::Encoding;
use parcels::table::{Column, Table, Value, nearest};
use parcels::validate::{Issue, IssueKind, Severity};

use super::dbf::Dbf;
use super::source::Source;
use super::{encoding, file_issue, repeated_names, unpack};
use crate::error::{Context, Error, ErrorKind, Result};

/// Texts beyond ASCII that decide about an encoding are not looked at beyond this number.
const SAMPLES_MAX: usize = 100_000;

/// A table as read.
#[derive(Debug, Clone)]
pub struct ReadTable {
    /// Its rows.
    pub table: Table,
    /// The encoding its text was read in.
    pub encoding: String,
    /// What was found about the file.
    pub issues: Vec<Issue>,
    /// The hash of the file's bytes.
    pub sha256: String,
}

/// Reads `file.csv` (or `.tsv`, `.txt`, and any of them packed as `.gz`), `file.xlsx:SHEET` (or `.xls`, `.ods`) or
/// `file.dbf`; a relative path starts at `base`. The first row names the columns. CSV values stay text, so that a code
/// keeps its leading zeros.
///
/// # Errors
/// When the file is missing, of another kind, damaged or empty, or the sheet is not clear.
pub fn read_table(path: &str, encoding: Option<&str>, base: &Path) -> Result<ReadTable> {
    let Ok(source) = path.parse::<Source>();
    let source = source.relative_to(base);
    let given = encoding.map(encoding::named).transpose()?;
    let file = unpack::present(&source.path)?;
    if file.is_dir() {
        return Err(Error::new(ErrorKind::Unreadable, format!("{source}: this is a folder, not a table")));
    }
    let sha256 = unpack::sha256(&file)?;
    let mut issues = Vec::new();
    let (table, used) = match unpack::extension(&file).as_str() {
        "csv" | "tsv" | "txt" => delimited(&file, given, &mut issues)?,
        "gz" => {
            let folder = tempfile::tempdir()
                .context(ErrorKind::Unreadable, "a temporary folder to unpack into cannot be made")?;
            delimited(&unpack::gunzip(&file, folder.path())?, given, &mut issues)?
        }
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => {
            (sheet(&file, source.layer.as_deref(), &mut issues)?, encoding_rs::UTF_8)
        }
        "dbf" => dbase(&file, given, &mut issues)?,
        _ => {
            return Err(Error::new(
                ErrorKind::Unreadable,
                format!("{source}: this kind of table is not read"),
            )
            .try_this("a .csv (also .csv.gz), .xlsx or .dbf file"));
        }
    };
    if table.rows() == 0 {
        return Err(Error::new(ErrorKind::Unreadable, format!("{source}: the table has no rows")));
    }
    Ok(ReadTable { table, encoding: used.name().to_owned(), issues, sha256 })
}

fn bytes_of(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).context(ErrorKind::Unreadable, unpack::cannot(file))
}

fn dbase(
    file: &Path,
    given: Option<&'static Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<(Table, &'static Encoding)> {
    let dbf = Dbf::parse(bytes_of(file)?)
        .map_err(|why| Error::new(ErrorKind::Unreadable, format!("{}: {why}", file.display())))?;
    if dbf.records < dbf.promised {
        let found = format!("the file is damaged: {} of {} records are there", dbf.records, dbf.promised);
        issues.push(file_issue(
            IssueKind::File,
            Severity::Error,
            found,
            "the others are missing; get the file again",
        ));
    }
    let rows: Vec<Option<usize>> = (0..dbf.records).filter(|r| !dbf.is_deleted(*r)).map(Some).collect();
    let cpg = std::fs::read(file.with_extension("cpg")).ok();
    let label = cpg.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let by_cpg = label.as_deref().and_then(encoding::by_label).map(|e| (e, "the .cpg file"));
    let encoding = dbf_encoding(&dbf, given, by_cpg, issues);
    Ok((dbf.table(&rows, encoding), encoding))
}

/// The encoding of a dBASE file: the one that was given, else stated, else likely.
pub(crate) fn dbf_encoding(
    dbf: &Dbf,
    given: Option<&'static Encoding>,
    by_cpg: Option<(&'static Encoding, &str)>,
    issues: &mut Vec<Issue>,
) -> &'static Encoding {
    let by_byte = encoding::by_language_byte(dbf.language).map(|e| (e, "the .dbf file's language byte"));
    let chosen = encoding::choose(given, by_cpg.or(by_byte), &dbf.texts_beyond_ascii(SAMPLES_MAX));
    issues.extend(chosen.issue);
    repeated_names(dbf.names(chosen.encoding).iter().map(String::as_str), issues);
    chosen.encoding
}

/// A text file of rows and cells.
fn delimited(
    file: &Path,
    given: Option<&'static Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<(Table, &'static Encoding)> {
    let bytes = bytes_of(file)?;
    let (text, used) = match Encoding::for_bom(&bytes) {
        Some((by_bom, length)) => {
            (by_bom.decode_without_bom_handling(&bytes[length..]).0.into_owned(), by_bom)
        }
        None => {
            let lines = bytes.split(|b| matches!(b, b'\n' | b'\r'));
            let beyond: Vec<&[u8]> = lines.filter(|l| !l.is_ascii()).take(SAMPLES_MAX).collect();
            let chosen = encoding::choose(given, None, &beyond);
            issues.extend(chosen.issue);
            (encoding::decode_lossy(&bytes, chosen.encoding), chosen.encoding)
        }
    };
    let first = text.lines().next().unwrap_or_default();
    // The separator that parts the header most often; a comma when none does.
    let separator =
        [b',', b';', b'\t'].into_iter().rev().max_by_key(|s| first.bytes().filter(|b| b == s).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let damaged = |at: usize| format!("{}: row {at} cannot be read", file.display());
    let mut records = reader.records().enumerate();
    let header = match records.next() {
        Some((at, header)) => header.context(ErrorKind::Unreadable, damaged(at + 1))?,
        None => {
            return Err(Error::new(ErrorKind::Unreadable, format!("{}: the file is empty", file.display())));
        }
    };
    let names: Vec<String> = header.iter().enumerate().map(|(at, name)| column_name(name, at)).collect();
    let mut values: Vec<Vec<Value>> = vec![Vec::new(); names.len()];
    let mut uneven: Vec<usize> = Vec::new();
    for (at, record) in records {
        let record = record.context(ErrorKind::Unreadable, damaged(at + 1))?;
        if record.len() != names.len() {
            uneven.push(at + 1);
        }
        for (column, cells) in values.iter_mut().enumerate() {
            cells.push(record.get(column).map_or(Value::Missing, Value::from_text));
        }
    }
    if let Some(first) = uneven.first() {
        issues.push(file_issue(
            IssueKind::File,
            Severity::Warning,
            format!(
                "{} rows have more or fewer cells than the header; the first is row {first}",
                uneven.len()
            ),
            "missing cells are missing values; cells beyond the header were left away",
        ));
    }
    Ok((columns(names, values, issues), used))
}

fn column_name(name: &str, at: usize) -> String {
    match name.trim() {
        "" => format!("column_{}", at + 1),
        name => name.to_owned(),
    }
}

fn columns(names: Vec<String>, values: Vec<Vec<Value>>, issues: &mut Vec<Issue>) -> Table {
    repeated_names(names.iter().map(String::as_str), issues);
    let rows = values.first().map_or(0, Vec::len);
    Table::new(rows, names.into_iter().zip(values).map(|(name, values)| Column { name, values }).collect())
}

/// A sheet of a workbook: the named one, or the only one that is not empty.
fn sheet(file: &Path, asked: Option<&str>, issues: &mut Vec<Issue>) -> Result<Table> {
    let bad = |what: String| Error::new(ErrorKind::Unreadable, format!("{}: {what}", file.display()));
    let failed = || format!("{} cannot be read as a workbook", file.display());
    let mut book = calamine::open_workbook_auto(file).context(ErrorKind::Unreadable, failed())?;
    let names = book.sheet_names();
    let list = |error: Error, names: &[String]| {
        names.iter().take(30).fold(error, |e, name| e.try_this(format!("{}:{name}", file.display())))
    };
    let chosen = match asked {
        Some(asked) if names.iter().any(|n| n == asked) => asked.to_owned(),
        Some(asked) => {
            let hint = nearest(asked, names.iter().map(String::as_str));
            let hint = hint.map(|n| format!(" (did you mean \"{n}\"?)")).unwrap_or_default();
            return Err(list(bad(format!("there is no sheet \"{asked}\"{hint}")), &names));
        }
        None => {
            let mut filled = Vec::new();
            for name in &names {
                if !book.worksheet_range(name).context(ErrorKind::Unreadable, failed())?.is_empty() {
                    filled.push(name.clone());
                }
            }
            match filled.as_slice() {
                [one] => one.clone(),
                [] => return Err(bad("every sheet is empty".into())),
                _ => return Err(list(bad("it has several sheets; say which as PATH:SHEET".into()), &filled)),
            }
        }
    };
    let range = book.worksheet_range(&chosen).context(ErrorKind::Unreadable, failed())?;
    let mut rows = range.rows().enumerate().filter(|(_, row)| row.iter().any(|c| *c != Data::Empty));
    let filled = |row: &[Data]| row.iter().filter(|c| **c != Data::Empty).count();
    // A title over the table stands alone in its row.
    let wide = range.rows().any(|row| filled(row) > 1);
    let header = rows.find(|(_, row)| !wide || filled(row) > 1);
    let Some((at, header)) = header else { return Err(bad(format!("the sheet {chosen} is empty"))) };
    if at > 0 {
        let found = format!("the sheet {chosen} has {at} rows above its header");
        issues.push(file_issue(IssueKind::File, Severity::Note, found, "left aside as a title"));
    }
    let names: Vec<String> = header
        .iter()
        .enumerate()
        .map(|(at, cell)| column_name(&value(cell).text().unwrap_or_default(), at))
        .collect();
    let mut values: Vec<Vec<Value>> = vec![Vec::new(); names.len()];
    for (_, row) in rows {
        for (column, cells) in values.iter_mut().enumerate() {
            cells.push(row.get(column).map_or(Value::Missing, value));
        }
    }
    Ok(columns(names, values, issues))
}

/// A cell; dates as ISO 8601, formula errors as missing.
fn value(cell: &Data) -> Value {
    match cell {
        Data::Int(n) => Value::from_number(*n as f64),
        Data::Float(n) => Value::from_number(*n),
        Data::Bool(b) => Value::Number(f64::from(u8::from(*b))),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Value::from_text(text),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let time = if (hour, minute, second) == (0, 0, 0) {
                String::new()
            } else {
                format!("T{hour:02}:{minute:02}:{second:02}")
            };
            Value::Text(date + &time)
        }
        Data::DateTime(duration) => Value::from_number(duration.as_f64()),
        Data::Error(_) | Data::Empty => Value::Missing,
    }
}
