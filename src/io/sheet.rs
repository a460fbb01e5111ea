//! Workbooks: one sheet of them as a table, with what merged cells, formulas without a value and error cells leave open.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use calamine::{Data, Dimensions, Range, Reader, Sheets, Style, open_workbook};
use parcels::message;
use parcels::message::Message;
use parcels::table::{Table, Value, nearest};
use parcels::validate::{Issue, IssueKind, Severity};
use parcels::visible::heading as plain_heading;

use super::columns::{Columns, rows_named, tell_heading};
use super::content::{self, Content};
use super::file_issue;
use super::file_kind::cannot;
use super::heading::{self, LOOKED_AT, Merged};
use super::merged::{self, Marks};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::messages::as_said;

/// A sheet as read.
pub(super) struct ReadSheet {
    pub(super) table: Table,
    /// By column, the rows that a merged cell from above fills.
    pub(super) repeated: BTreeMap<String, Vec<usize>>,
}

type Book = Sheets<BufReader<File>>;

/// Reads the sheet named, or the only one that is not empty.
///
/// # Errors
/// A file that is no workbook, whatever its name says, one with a password, and a sheet that is not clear.
pub(super) fn read(file: &Path, asked: Option<&str>, issues: &mut Vec<Issue>) -> Result<ReadSheet> {
    let mut book = open(file)?;
    let name = choose(&mut book, file, asked)?;
    let range = book.worksheet_range(&name).context(ErrorKind::Unreadable, failed(file))?;
    let marks = marks(&mut book, &name, file)?;
    // Which cells have formulas matters only for those without a value: a workbook whose formulas cannot be read is read.
    let formulas = book.worksheet_formula(&name).unwrap_or_default();
    let mut sheet = Sheet { range: &range, marks: &marks, formulas: &formulas, unworked: false };
    // Programs that write workbooks and work nothing out store zeros, and ask for the work when the file is opened.
    sheet.unworked = asks_for_work(file) && sheet.every_formula_is_zero();
    sheet.table(file, &name, issues)
}

fn failed(file: &Path) -> Message {
    message!("no-workbook", file = file.display())
}

/// Opens the workbook by what it holds.
fn open(file: &Path) -> Result<Book> {
    let bytes = std::fs::read(file).context(ErrorKind::Unreadable, cannot(file))?;
    let content = content::of(&bytes);
    drop(bytes);
    let opened = match content {
        Some(Content::Xlsx) => open_workbook(file).map(Sheets::Xlsx).map_err(calamine::Error::Xlsx),
        Some(Content::Xlsb) => open_workbook(file).map(Sheets::Xlsb).map_err(calamine::Error::Xlsb),
        Some(Content::Ods) => open_workbook(file).map(Sheets::Ods).map_err(calamine::Error::Ods),
        Some(Content::Xls) => open_workbook(file).map(Sheets::Xls).map_err(calamine::Error::Xls),
        Some(other) => {
            let what = message!("workbook-holds", file = file.display(), content = other.name());
            return Err(Error::new(ErrorKind::Unreadable, what).try_this(other.way_out()));
        }
        None => {
            let what = message!("workbook-damaged", file = file.display());
            return Err(Error::new(ErrorKind::Unreadable, what).try_this(message!("save-as-xlsx")));
        }
    };
    opened.map_err(|why| {
        let locked = why.to_string().to_lowercase().contains("password")
            || matches!(&why, calamine::Error::Xls(calamine::XlsError::Password));
        if locked {
            let what = message!("file-is", file = file.display(), content = Content::Encrypted.name());
            return Error::new(ErrorKind::Unreadable, what).try_this(Content::Encrypted.way_out());
        }
        Error::new(ErrorKind::Unreadable, failed(file)).because(why).try_this(message!("save-as-xlsx"))
    })
}

fn choose(book: &mut Book, file: &Path, asked: Option<&str>) -> Result<String> {
    let bad = |what: Message| {
        Error::new(ErrorKind::Unreadable, message!("about-file", file = file.display(), what = what))
    };
    let names = book.sheet_names();
    let list = |error: Error, names: &[String]| {
        names.iter().take(30).fold(error, |e, name| e.try_this(as_said(format!("{}:{name}", file.display()))))
    };
    match asked {
        Some(asked) if names.iter().any(|n| n == asked) => Ok(asked.to_owned()),
        Some(asked) => {
            let hint = nearest(asked, names.iter().map(String::as_str));
            let hint = hint.map(|name| message!("did-you-mean", name = name));
            Err(list(bad(message!("no-such-sheet", sheet = asked, hint = hint)), &names))
        }
        None => {
            let mut filled = Vec::new();
            for name in &names {
                if !book.worksheet_range(name).context(ErrorKind::Unreadable, failed(file))?.is_empty() {
                    filled.push(name.clone());
                }
            }
            match filled.as_slice() {
                [one] => Ok(one.clone()),
                [] => Err(bad(message!("every-sheet-empty"))),
                _ => Err(list(bad(message!("several-sheets")), &filled)),
            }
        }
    }
}

/// The merged cells of a sheet, and which of its cells show a percentage (of `.xlsx` and `.ods`: the others do not tell).
fn marks(book: &mut Book, name: &str, file: &Path) -> Result<Marks> {
    let plain = |merged: Vec<Dimensions>| Marks { merged, ..Marks::default() };
    match book {
        Sheets::Xlsx(book) => {
            let merged = book.merge_cells_by_sheet_name(name).context(ErrorKind::Unreadable, failed(file))?;
            // A workbook whose styles cannot be read is read.
            let styles = book.worksheet_style(name).unwrap_or_default();
            Ok(Marks { merged, styles, ..Marks::default() })
        }
        Sheets::Xls(book) => {
            book.merge_cells_by_sheet_name(name).context(ErrorKind::Unreadable, failed(file)).map(plain)
        }
        Sheets::Xlsb(_) => merged::of_xlsb(file, name).map(plain),
        Sheets::Ods(_) => merged::of_ods(file, name),
    }
}

/// Whether numbers of this style are shown a hundred times as large, with a percent sign.
fn shows_percent(style: &Style) -> bool {
    let Some(format) = &style.number_format else { return false };
    // What stands in quotation marks is shown as it is.
    let plain: String = format.format_code.split('"').step_by(2).collect();
    plain.replace("\\%", "").contains('%') || matches!(format.format_id, Some(9 | 10))
}

struct Sheet<'a> {
    range: &'a Range<Data>,
    marks: &'a Marks,
    formulas: &'a Range<String>,
    /// Whether the zeros of formulas stand for nothing.
    unworked: bool,
}

/// What was found in the cells of one column.
#[derive(Default)]
struct Found {
    /// Rows whose formula has no value.
    unvalued: Vec<usize>,
    /// Rows that hold an error, and the first one.
    errors: Vec<usize>,
    error: Option<String>,
    repeated: Vec<usize>,
    /// Rows whose number is shown as a percentage, and how many are not. Zero is the same either way.
    percent: Vec<usize>,
    plain: usize,
}

impl Sheet<'_> {
    /// The value of a cell counted from the corner of what is filled.
    fn value(&self, row: usize, column: usize) -> Value {
        self.range.get((row, column)).map_or(Value::Missing, value)
    }

    /// Merged cells, counted from the corner of what is filled.
    fn merged(&self) -> Vec<Merged> {
        let (row, column) = self.range.start().unwrap_or_default();
        let from = |at: u32, corner: u32| at.saturating_sub(corner) as usize;
        self.marks
            .merged
            .iter()
            .filter(|m| m.start.0 >= row && m.start.1 >= column)
            .map(|m| Merged {
                rows: (from(m.start.0, row), from(m.end.0, row)),
                columns: (from(m.start.1, column), from(m.end.1, column)),
            })
            .collect()
    }

    /// A cell of what is filled, as the sheet counts it.
    fn at(&self, row: usize, column: usize) -> (u32, u32) {
        let (first_row, first_column) = self.range.start().unwrap_or_default();
        (first_row + row as u32, first_column + column as u32)
    }

    fn shows_percent(&self, row: usize, column: usize) -> bool {
        let at = self.at(row, column);
        self.marks.percent.contains(&at) || self.marks.styles.get(at).is_some_and(shows_percent)
    }

    fn has_formula(&self, row: usize, column: usize) -> bool {
        let at = self.at(row, column);
        self.formulas.get_value(at).is_some_and(|formula| !formula.is_empty())
    }

    fn table(&self, file: &Path, name: &str, issues: &mut Vec<Issue>) -> Result<ReadSheet> {
        let (height, width) = self.range.get_size();
        let merged = self.merged();
        let text =
            |row: usize, column: usize| plain_heading(&self.value(row, column).text().unwrap_or_default());
        let top: Vec<Vec<String>> =
            (0..height.min(LOOKED_AT)).map(|row| (0..width).map(|c| text(row, c)).collect()).collect();
        let Some(found) = heading::find(&top, &merged) else {
            let what = message!("sheet-empty", file = file.display(), name = name);
            return Err(Error::new(ErrorKind::Unreadable, what));
        };
        tell_heading(&found, &message!("the-sheet", name = name), issues);
        let first = found.above + found.rows;
        let mut names = found.names;
        names.resize(width, String::new());
        // Only downwards: a cell merged with those beside it is that of its first column.
        let mut from_above: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        // It may reach below the last row that states something of its own.
        for m in merged.iter().filter(|m| m.rows.0 >= first) {
            for row in m.rows.0 + 1..=m.rows.1.min(height.saturating_sub(1)) {
                from_above.insert((row, m.columns.0), m.rows.0);
            }
        }
        let mut columns = Columns::named(names.clone());
        let mut about: Vec<Found> = (0..width).map(|_| Found::default()).collect();
        let mut rows = 0;
        for row in first..height {
            let stated = (0..width).any(|c| self.value(row, c) != Value::Missing || self.has_formula(row, c));
            if !stated {
                continue;
            }
            columns.push((0..width).map(|column| {
                let about = &mut about[column];
                if let Some(Data::Error(error)) = self.range.get((row, column)) {
                    about.errors.push(rows);
                    about.error.get_or_insert_with(|| error.to_string());
                }
                if let Some(Data::Float(_) | Data::Int(_)) = self.range.get((row, column))
                    && !self.range.get((row, column)).is_some_and(is_zero)
                {
                    match self.shows_percent(row, column) {
                        true => about.percent.push(rows),
                        false => about.plain += 1,
                    }
                }
                let unvalued = self.without_value(row, column);
                let own = if unvalued { Value::Missing } else { self.value(row, column) };
                if unvalued {
                    about.unvalued.push(rows);
                }
                match from_above.get(&(row, column)) {
                    Some(above) if own == Value::Missing => {
                        about.repeated.push(rows);
                        self.value(*above, column)
                    }
                    _ => own,
                }
            }));
            rows += 1;
        }
        let mut repeated = BTreeMap::new();
        let table = columns.finish(issues);
        for (name, about) in names.iter().zip(about) {
            about.tell(name, issues);
            if !about.repeated.is_empty() && table.column(name).is_ok() {
                repeated.insert(name.clone(), about.repeated);
            }
        }
        Ok(ReadSheet { table, repeated })
    }

    /// Whether a formula stands in the cell and no program has stored what it comes to.
    fn without_value(&self, row: usize, column: usize) -> bool {
        let empty = match self.range.get((row, column)) {
            None | Some(Data::Empty) => true,
            Some(Data::String(text)) => text.is_empty(),
            Some(cell) => self.unworked && is_zero(cell),
        };
        empty && self.has_formula(row, column)
    }

    fn every_formula_is_zero(&self) -> bool {
        let (height, width) = self.range.get_size();
        let places = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
        let mut cells = places
            .filter(|(row, column)| self.has_formula(*row, *column))
            .filter_map(|at| self.range.get(at));
        cells.all(is_zero)
    }
}

fn is_zero(cell: &Data) -> bool {
    matches!(cell, Data::Int(0)) || matches!(cell, Data::Float(n) if *n == 0.0)
}

/// Whether a workbook says that its formulas have to be worked out when it is opened.
fn asks_for_work(file: &Path) -> bool {
    let Some(mut archive) = File::open(file).ok().and_then(|f| zip::ZipArchive::new(BufReader::new(f)).ok())
    else {
        return false;
    };
    let mut text = String::new();
    let read = archive.by_name("xl/workbook.xml").map(|mut entry| entry.read_to_string(&mut text));
    read.is_ok_and(|r| r.is_ok())
        && ["fullCalcOnLoad=\"1\"", "fullCalcOnLoad=\"true\""].iter().any(|said| text.contains(said))
}

impl Found {
    fn tell(&self, name: &str, issues: &mut Vec<Issue>) {
        let mut warn = |severity, found: Message, done: Message| {
            issues.push(file_issue(IssueKind::NotNumber, severity, found, done));
        };
        if !self.unvalued.is_empty() {
            let found = message!(
                "formulas-without-value",
                column = name,
                count = self.unvalued.len(),
                rows = rows_named(&self.unvalued)
            );
            let done = message!("missing-work-out");
            warn(Severity::Error, found, done);
        }
        if !self.errors.is_empty() {
            let found = message!(
                "formulas-with-error",
                column = name,
                count = self.errors.len(),
                error = self.error.as_deref().unwrap_or_default(),
                rows = rows_named(&self.errors)
            );
            warn(Severity::Warning, found, message!("missing-correct-formulas"));
        }
        if !self.percent.is_empty() && self.plain > 0 {
            let found = message!(
                "percentages-among-numbers",
                column = name,
                count = self.percent.len(),
                plain = self.plain,
                rows = rows_named(&self.percent)
            );
            let done = message!("percent-read-as-share");
            warn(Severity::Warning, found, done);
        }
        if !self.repeated.is_empty() {
            let found = message!(
                "merged-cells",
                column = name,
                count = self.repeated.len(),
                rows = rows_named(&self.repeated)
            );
            warn(Severity::Note, found, message!("merged-holds-for-all"));
        }
    }
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
