//! Merged cells of `.ods` and `.xlsb`, which calamine reads of `.xlsx` and `.xls` alone (0.38), and the percentages of `.ods`:
//! found in the files themselves.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use calamine::{Dimensions, StyleRange};
use parcels::message;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::file_kind::cannot;
use crate::error::{Context as _, Error, ErrorKind, Result};

type Archive = zip::ZipArchive<BufReader<File>>;

fn archive(file: &Path) -> Result<Archive> {
    let opened = File::open(file).context(ErrorKind::Unreadable, cannot(file))?;
    zip::ZipArchive::new(BufReader::new(opened)).context(ErrorKind::Unreadable, cannot(file))
}

/// Rows that stand for many are looked at up to this number: an office fills a sheet to its end with one.
const REPEATED_MAX: u32 = 10_000;

/// What a sheet says beside its values.
#[derive(Default)]
pub(super) struct Marks {
    /// Merged cells.
    pub(super) merged: Vec<Dimensions>,
    /// Row and column of the cells that are percentages.
    pub(super) percent: HashSet<(u32, u32)>,
    /// How cells are shown, where the file says so by cell.
    pub(super) styles: StyleRange,
}

/// The merged cells and percentages of a sheet of an OpenDocument: ISO/IEC 26300, 9.1.4 and 19.385.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn of_ods(file: &Path, sheet: &str) -> Result<Marks> {
    let mut archive = archive(file)?;
    let content = archive.by_name("content.xml").context(ErrorKind::Unreadable, cannot(file))?;
    let mut reader = Reader::from_reader(BufReader::new(content));
    reader.config_mut().check_end_names = false;
    let (mut marks, mut buffer) = (Marks::default(), Vec::new());
    // How deep in tables: a cell may hold a table of its own.
    let (mut depth, mut ours) = (0_usize, false);
    let (mut row, mut column, mut rows) = (0_u32, 0_u32, 0_u32);
    loop {
        let event = reader.read_event_into(&mut buffer).context(ErrorKind::Unreadable, cannot(file))?;
        let (tag, empty) = match &event {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::End(tag) => {
                match tag.name().as_ref() {
                    "table:table" => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 && ours {
                            return Ok(marks);
                        }
                    }
                    "table:table-row" if ours && depth == 1 => row = row.saturating_add(rows),
                    _ => {}
                }
                buffer.clear();
                continue;
            }
            Event::Eof => return Ok(marks),
            _ => {
                buffer.clear();
                continue;
            }
        };
        let number = |name: &str| -> u32 {
            attribute(tag, name).and_then(|text| text.trim().parse().ok()).unwrap_or(1).max(1)
        };
        match tag.name().as_ref() {
            "table:table" if !empty => {
                depth += 1;
                if depth == 1 {
                    ours = attribute(tag, "table:name").as_deref() == Some(sheet);
                    (row, column) = (0, 0);
                }
            }
            "table:table-row" if ours && depth == 1 => {
                (column, rows) = (0, number("table:number-rows-repeated"));
                if empty {
                    row = row.saturating_add(rows);
                }
            }
            "table:table-cell" | "table:covered-table-cell" if ours && depth == 1 => {
                let (down, right) =
                    (number("table:number-rows-spanned"), number("table:number-columns-spanned"));
                if down > 1 || right > 1 {
                    let end = (row.saturating_add(down - 1), column.saturating_add(right - 1));
                    marks.merged.push(Dimensions { start: (row, column), end });
                }
                let columns = number("table:number-columns-repeated");
                let shown = columns.min(REPEATED_MAX / 10);
                if attribute(tag, "office:value-type").as_deref() == Some("percentage") {
                    let all = (0..rows.min(REPEATED_MAX)).flat_map(|r| (0..shown).map(move |c| (r, c)));
                    marks.percent.extend(all.map(|(r, c)| (row + r, column + c)));
                }
                column = column.saturating_add(columns);
            }
            _ => {}
        }
        buffer.clear();
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

/// The merged cells of a sheet of a binary workbook: [MS-XLSB] 2.4.701 (BrtMergeCell), 2.4.311 (BrtBundleSh).
///
/// # Errors
/// When the file cannot be read.
pub(super) fn of_xlsb(file: &Path, sheet: &str) -> Result<Vec<Dimensions>> {
    const MERGE_CELL: u32 = 176;
    const BUNDLE_SHEET: u32 = 156;
    let mut archive = archive(file)?;
    let mut part = |name: &str| -> Result<Vec<u8>> {
        // Names of parts are told apart without regard to case.
        let mut names = archive.file_names().flatten();
        let own = names.find(|n| n.eq_ignore_ascii_case(name)).map(|n| n.into_owned());
        drop(names);
        let damaged = || {
            Error::new(ErrorKind::Unreadable, message!("part-missing", file = file.display(), part = name))
        };
        let mut bytes = Vec::new();
        let mut entry =
            archive.by_name(&own.ok_or_else(damaged)?).context(ErrorKind::Unreadable, cannot(file))?;
        entry.read_to_end(&mut bytes).context(ErrorKind::Unreadable, cannot(file))?;
        Ok(bytes)
    };
    let workbook = part("xl/workbook.bin")?;
    let relation = records(&workbook).filter(|(kind, _)| *kind == BUNDLE_SHEET).find_map(|(_, body)| {
        let (relation, rest) = wide_text(body.get(8..)?)?;
        (wide_text(rest)?.0 == sheet).then_some(relation)
    });
    let Some(relation) = relation else { return Ok(Vec::new()) };
    let relations = part("xl/_rels/workbook.bin.rels")?;
    let Some(target) = target_of(&relations, &relation) else { return Ok(Vec::new()) };
    let target = match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    };
    let cells = part(&target)?;
    let word =
        |body: &[u8], at: usize| Some(u32::from_le_bytes(body.get(4 * at..4 * at + 4)?.try_into().ok()?));
    let merged = records(&cells).filter(|(kind, _)| *kind == MERGE_CELL).filter_map(|(_, body)| {
        let at = |n| word(body, n);
        Some(Dimensions { start: (at(0)?, at(2)?), end: (at(1)?, at(3)?) })
    });
    Ok(merged.collect())
}

/// The records of a part, each with its kind: kind and length are written in groups of seven bits.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    fn groups(bytes: &mut &[u8], most: usize) -> Option<u32> {
        let mut value = 0;
        for at in 0..most {
            let (&byte, rest) = bytes.split_first()?;
            *bytes = rest;
            value |= u32::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
    std::iter::from_fn(move || {
        let kind = groups(&mut bytes, 2)?;
        let length = groups(&mut bytes, 4)? as usize;
        let (body, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        Some((kind, body))
    })
}

/// Text in UTF-16 after its length, and what follows it.
fn wide_text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    // A text that is not there.
    if length == u32::MAX {
        return Some((String::new(), rest));
    }
    let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?.checked_mul(2)?)?;
    let units: Vec<u16> = text.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Some((String::from_utf16_lossy(&units), rest))
}

/// The target of a relation in a part of relations.
fn target_of(relations: &[u8], id: &str) -> Option<String> {
    let mut reader = Reader::from_reader(relations);
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(tag) | Event::Empty(tag) if attribute(&tag, "Id").as_deref() == Some(id) => {
                return attribute(&tag, "Target");
            }
            Event::Eof => return None,
            _ => {}
        }
        buffer.clear();
    }
}
