//! Tables without geometry: CSV, Excel sheets and dBASE files.

use std::collections::BTreeMap;
use std::path::Path;

use encoding_rs::Encoding;
use parcels::decimals::Decimals;
use parcels::message;
use parcels::message::Message;
use parcels::table::Table;
use parcels::validate::{Issue, IssueKind, Severity};

use super::columns::settled;
use super::content::{self, Content};
use super::dbf::Dbf;
use super::file_kind::cannot;
use super::repeated_names;
use super::source::Source;
use super::{delimited, encoding, file_issue, sheet, unpack};
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
    /// By column, the rows whose cell is part of a merged one that begins in a row above: they state nothing of their own.
    pub repeated: BTreeMap<String, Vec<usize>>,
    /// The hash of the file's bytes.
    pub sha256: String,
}

/// Reads `file.csv` (or `.tsv`, `.txt`, and any of them packed as `.gz`), `file.xlsx:SHEET` (or `.xls`, `.ods`) or
/// `file.dbf`; a relative path starts at `base`. The heading names the columns. CSV values stay text, so that a code keeps
/// its leading zeros, but for those whose meaning as a number the whole column decides.
///
/// # Errors
/// When the file is missing, of another kind, damaged or empty, or the sheet is not clear.
pub fn read_table(path: &str, encoding: Option<&str>, base: &Path) -> Result<ReadTable> {
    let Ok(source) = path.parse::<Source>();
    let source = source.relative_to(base);
    let given = encoding.map(encoding::named).transpose()?;
    let file = unpack::present(&source.path)?;
    if file.is_dir() {
        return Err(Error::new(ErrorKind::Unreadable, message!("folder-no-table", file = source)));
    }
    let sha256 = unpack::sha256(&file)?;
    let mut issues = Vec::new();
    let mut repeated = BTreeMap::new();
    let (table, used) = match unpack::extension(&file).as_str() {
        "csv" | "tsv" | "txt" => text(&file, &file, given, &mut issues)?,
        "gz" => {
            let folder =
                tempfile::tempdir().context(ErrorKind::Unreadable, message!("no-temporary-folder"))?;
            text(&file, &unpack::gunzip(&file, folder.path())?, given, &mut issues)?
        }
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" | "et" => {
            let read = sheet::read(&file, source.layer.as_deref(), &mut issues)?;
            repeated = read.repeated;
            (settled(read.table, Decimals::Unknown, &mut issues), encoding_rs::UTF_8)
        }
        "dbf" => {
            let (table, used) = dbase(&file, given, &mut issues)?;
            (settled(table, Decimals::Unknown, &mut issues), used)
        }
        _ => {
            return Err(Error::new(ErrorKind::Unreadable, message!("table-kind-not-read", file = source))
                .try_this(message!("try-table-formats")));
        }
    };
    if table.rows() == 0 {
        return Err(Error::new(ErrorKind::Unreadable, message!("table-without-rows", file = source)));
    }
    Ok(ReadTable { table, encoding: used.name().to_owned(), issues, repeated, sha256 })
}

/// The text table in `plain`, which people know as `file`.
fn text(
    file: &Path,
    plain: &Path,
    given: Option<&'static Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<(Table, &'static Encoding)> {
    let bytes = bytes_of(plain)?;
    if let Some(content) = content::of(&bytes).filter(|c| *c != Content::Text) {
        let what = message!("text-table-holds", file = file.display(), content = content.name());
        return Err(Error::new(ErrorKind::Unreadable, what).try_this(content.way_out()));
    }
    delimited::read(file, &bytes, given, issues)
}

fn bytes_of(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).context(ErrorKind::Unreadable, cannot(file))
}

fn dbase(
    file: &Path,
    given: Option<&'static Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<(Table, &'static Encoding)> {
    let dbf = Dbf::parse(bytes_of(file)?).map_err(|why| {
        Error::new(ErrorKind::Unreadable, message!("about-file", file = file.display(), what = why))
    })?;
    if dbf.records < dbf.promised {
        let found = message!("records-damaged", read = dbf.records, count = dbf.promised);
        issues.push(file_issue(
            IssueKind::File,
            Severity::Error,
            found,
            message!("others-missing-get-again"),
        ));
    }
    let rows: Vec<Option<usize>> = (0..dbf.records).filter(|r| !dbf.is_deleted(*r)).map(Some).collect();
    let cpg = std::fs::read(file.with_extension("cpg")).ok();
    let label = cpg.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let by_cpg = label.as_deref().and_then(encoding::by_label).map(|e| (e, message!("cpg-file")));
    let encoding = dbf_encoding(&dbf, given, by_cpg, issues);
    dbf.tell_asterisks(encoding, issues);
    Ok((dbf.table(&rows, encoding), encoding))
}

/// The encoding of a dBASE file: the one that was given, else stated, else likely.
pub(crate) fn dbf_encoding(
    dbf: &Dbf,
    given: Option<&'static Encoding>,
    by_cpg: Option<(&'static Encoding, Message)>,
    issues: &mut Vec<Issue>,
) -> &'static Encoding {
    let by_byte = encoding::by_language_byte(dbf.language).map(|e| (e, message!("dbf-language-byte")));
    let chosen = encoding::choose(given, by_cpg.or(by_byte), &dbf.texts_beyond_ascii(SAMPLES_MAX));
    issues.extend(chosen.issue);
    repeated_names(dbf.names(chosen.encoding).iter().map(String::as_str), issues);
    chosen.encoding
}
