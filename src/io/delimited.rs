//! Text tables: rows of cells with a comma, semicolon, tab or bar between.

use std::path::Path;

use encoding_rs::Encoding;
use parcels::decimals::Decimals;
use parcels::message;
use parcels::message::Message;
use parcels::table::{Table, Value};
use parcels::validate::{Issue, IssueKind, Severity};

use super::columns::{Columns, lines_named};
use super::{encoding, file_issue, heading};
use crate::error::{Context, Error, ErrorKind, Result};

/// Texts beyond ASCII that decide about an encoding are not looked at beyond this number.
const SAMPLES_MAX: usize = 100_000;
/// What may part cells, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads the bytes of a text table.
///
/// # Errors
/// What is no text or no table, and a quotation mark that swallows rows.
pub(super) fn read(
    file: &Path,
    bytes: &[u8],
    given: Option<&'static Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<(Table, &'static Encoding)> {
    let bad = |what: Message| {
        Error::new(ErrorKind::Unreadable, message!("about-file", file = file.display(), what = what))
    };
    let (text, used) = decode(bytes, given, issues);
    if text.contains('\0') {
        return Err(bad(message!("no-text")).try_this(message!("save-as-csv-utf-8")));
    }
    // Spreadsheets of the Macintosh part rows by a return alone, and files put together from several mix the ends.
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    let (separator, text, skipped) = match said_separator(&text) {
        Some((separator, rest)) => (separator, rest, 1),
        None => (separator_of(&text), text.as_str(), 0),
    };
    if let Err((line, what)) = quotes_close(text, separator) {
        let line = line + skipped;
        return Err(bad(message!("in-line", line = line, what = what))
            .try_this(message!("correct-quotes", line = line)));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut rest = reader.records();
    for record in rest.by_ref() {
        records.push(record.context(ErrorKind::Unreadable, message!("a-file", file = file.display()))?);
        if records.len() == heading::LOOKED_AT {
            break;
        }
    }
    let cells = |record: &csv::StringRecord| record.iter().map(plain).collect::<Vec<String>>();
    let top: Vec<Vec<String>> = records.iter().map(cells).collect();
    let Some(found) = heading::find(&top, &[]) else { return Err(bad(message!("file-empty"))) };
    super::columns::tell_heading(&found, &message!("the-file"), issues);
    let begin = found.above + found.rows;
    let least = found.names.iter().rposition(|name| !name.is_empty()).map_or(0, |at| at + 1);
    let mut columns = Columns::named(found.names);
    let (mut fewer, mut more) = (Vec::new(), Vec::new());
    let head = records.into_iter().skip(begin).map(Ok);
    for record in head.chain(rest) {
        let record = record.context(ErrorKind::Unreadable, message!("a-file", file = file.display()))?;
        let line = || record.position().map_or(0, |p| line_at(text, p.byte() as usize)) + skipped;
        let filled =
            (0..record.len()).rev().find(|at| !plain(&record[*at]).is_empty()).map_or(0, |at| at + 1);
        if filled == 0 {
            continue;
        }
        if filled > columns.len() {
            more.push(line());
            continue;
        }
        if record.len() < least {
            fewer.push(line());
        }
        columns.push((0..columns.len()).map(|c| record.get(c).map_or(Value::Missing, Value::from_text)));
    }
    let table = columns.finish(issues);
    if !fewer.is_empty() {
        issues.push(file_issue(
            IssueKind::File,
            Severity::Warning,
            message!("rows-with-fewer-cells", count = fewer.len(), lines = lines_named(&fewer)),
            message!("cells-missing"),
        ));
    }
    if !more.is_empty() {
        issues.push(file_issue(
            IssueKind::File,
            Severity::Error,
            message!("rows-with-more-cells", count = more.len(), lines = lines_named(&more)),
            message!("rows-not-read"),
        ));
    }
    let decimals = match separator {
        b';' => Decimals::Comma,
        b',' => Decimals::Point,
        _ => Decimals::Unknown,
    };
    Ok((super::columns::settled(table, decimals, issues), used))
}

/// The line of the first text at or after a byte, from 1.
fn line_at(text: &str, byte: usize) -> usize {
    let bytes = text.as_bytes();
    let begin = (byte..bytes.len()).find(|at| bytes[*at] != b'\n').unwrap_or(byte);
    1 + bytes[..begin.min(bytes.len())].iter().filter(|b| **b == b'\n').count()
}

fn plain(cell: &str) -> String {
    Value::from_text(cell).text().unwrap_or_default()
}

fn decode(
    bytes: &[u8],
    given: Option<&'static Encoding>,
    issues: &mut Vec<Issue>,
) -> (String, &'static Encoding) {
    if let Some((by_bom, length)) = Encoding::for_bom(bytes) {
        return (by_bom.decode_without_bom_handling(&bytes[length..]).0.into_owned(), by_bom);
    }
    if let Some(wide) = utf_16(bytes) {
        return (wide.decode_without_bom_handling(bytes).0.into_owned(), wide);
    }
    let lines = bytes.split(|b| matches!(b, b'\n' | b'\r'));
    let beyond: Vec<&[u8]> = lines.filter(|l| !l.is_ascii()).take(SAMPLES_MAX).collect();
    let chosen = encoding::choose(given, None, &beyond);
    issues.extend(chosen.issue);
    (encoding::decode_lossy(bytes, chosen.encoding), chosen.encoding)
}

/// UTF-16 without its mark: digits, separators and line ends have a zero byte on one side.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    let zeros = |side: usize| head.iter().skip(side).step_by(2).filter(|b| **b == 0).count();
    let many = |zeros: usize| zeros * 5 > head.len() / 2;
    match (many(zeros(0)), many(zeros(1))) {
        (false, true) => Some(encoding_rs::UTF_16LE),
        (true, false) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// The separator that a first line `sep=;` states for spreadsheets, and the text after that line.
fn said_separator(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let said = first.trim_matches(['"', ' ']).to_ascii_lowercase();
    let said = said.strip_prefix("sep=")?.to_owned();
    match said.trim_end_matches(['"', ',', ';']).as_bytes() {
        [one] => Some((*one, rest)),
        [] => said.bytes().next().map(|one| (one, rest)),
        _ => None,
    }
}

/// The separator by which most of the first lines fall into the same number of cells.
fn separator_of(text: &str) -> u8 {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(heading::LOOKED_AT).collect();
    let score = |separator: u8| {
        let counts: Vec<usize> = lines.iter().map(|line| separators(line, separator)).collect();
        let of = |count: usize| counts.iter().filter(|c| **c == count).count();
        counts.iter().filter(|c| **c > 0).map(|c| (of(*c), *c)).max().unwrap_or((0, 0))
    };
    SEPARATORS.into_iter().rev().max_by_key(|s| score(*s)).unwrap_or(b',')
}

/// How many separators stand outside quotation marks.
fn separators(line: &str, separator: u8) -> usize {
    let mut quoted = false;
    line.bytes()
        .filter(|b| {
            quoted ^= *b == b'"';
            !quoted && *b == separator
        })
        .count()
}

/// Whether every quotation mark that opens a cell closes it; the error is the line where it opens, and what is wrong.
fn quotes_close(text: &str, separator: u8) -> std::result::Result<(), (usize, Message)> {
    enum At {
        Start,
        Plain,
        Quoted(usize),
        Closed(usize),
    }
    let (mut at, mut line) = (At::Start, 1);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        at = match (at, byte) {
            (At::Start, b'"') => At::Quoted(line),
            // A mark after a space opens no cell, though it was meant to.
            (At::Start, b' ') => {
                let mut ahead = bytes.clone();
                match ahead.find(|b| *b != b' ') {
                    Some(b'"') => {
                        return Err((line, message!("quote-after-space")));
                    }
                    _ => At::Plain,
                }
            }
            (At::Quoted(from), b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
                At::Quoted(from)
            }
            (At::Quoted(from), b'"') => At::Closed(from),
            (At::Quoted(from), _) => At::Quoted(from),
            (_, b'\n') => At::Start,
            (_, b) if b == separator => At::Start,
            (At::Closed(from), b' ') => At::Closed(from),
            (At::Closed(from), _) if from == line => {
                return Err((from, message!("text-after-quote")));
            }
            (At::Closed(from), _) => {
                return Err((from, message!("quote-closed-late", line = line)));
            }
            (At::Start | At::Plain, _) => At::Plain,
        };
        line += usize::from(byte == b'\n');
    }
    match at {
        At::Quoted(from) => Err((from, message!("quote-never-closed"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotation_marks_that_swallow_rows_are_told_with_their_line() {
        for (text, line) in [
            ("a,b\n\"x\"\"y\",2\n", None),
            ("a,b\n\"x\ny\",2\n", None),
            ("a,b\n5\" pipe,2\n", None),
            ("a,b\n\"x\" ,2\n", None),
            ("a,b\nx,1\n\"y,2\nz,3\n", Some(3)),
            ("a,b\n\"y,2\nz,3\n\"q,4\n", Some(2)),
            ("a,b\n\"y\"z,2\n", Some(2)),
            ("a,b\nx, \"y, z\",2\n", Some(2)),
        ] {
            assert_eq!(quotes_close(text, b',').err().map(|e| e.0), line, "{text}");
        }
    }

    #[test]
    fn separators_are_found_or_said() {
        assert_eq!(separator_of("a;b;c\n1,5;2,5;3,5\n"), b';');
        assert_eq!(separator_of("Title, of a table\na;b\n1;2\n"), b';');
        assert_eq!(separator_of("a\tb\n\"x;y;z\"\t2\n"), b'\t');
        assert_eq!(separator_of("a|b\n1|2\n"), b'|');
        assert_eq!(separator_of("a\n1\n"), b',');
        for said in ["sep=;\na", "SEP=;\na", "\"sep=;\"\na"] {
            assert_eq!(said_separator(said), Some((b';', "a")), "{said}");
        }
        assert_eq!(said_separator("sep=\t\na"), Some((b'\t', "a")));
        assert_eq!(said_separator("sep=,\na"), Some((b',', "a")));
        assert_eq!(said_separator("separate=;\na"), None);
    }

    proptest! {
        #[test]
        fn what_a_writer_quotes_closes(
            cells in proptest::collection::vec(proptest::collection::vec("[a\"\n,;x ]{0,5}", 2..4), 1..6),
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            for row in &cells {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert!(quotes_close(&text, b',').is_ok());
        }
    }
}
