//! Workbooks as offices keep them: merged cells, headings of two rows, formulas without a value, other files called .xls.

use super::*;
use lianpian::messages::english;

use parcels::table::Value;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

fn made(folder: &Path, make: impl Fn(&mut Worksheet)) -> ReadTable {
    let mut book = Workbook::new();
    make(book.add_worksheet());
    book.save(folder.join("t.xlsx")).unwrap();
    read_table("t.xlsx", None, folder).unwrap()
}

fn texts(read: &ReadTable, column: &str) -> Vec<String> {
    read.table.column(column).unwrap().values.iter().map(|v| v.text().unwrap_or_default()).collect()
}

fn row(sheet: &mut Worksheet, at: u32, cells: &[&str]) {
    for (column, cell) in cells.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        match cell.parse::<f64>() {
            Ok(number) => sheet.write_number(at, column as u16, number).unwrap(),
            Err(_) => sheet.write_string(at, column as u16, *cell).unwrap(),
        };
    }
}

fn merge(sheet: &mut Worksheet, from: (u32, u16), to: (u32, u16), text: &str) {
    sheet.merge_range(from.0, from.1, to.0, to.1, text, &Format::new()).unwrap();
}

#[test]
fn merged_cells_fill_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let read = made(folder.path(), |sheet| {
        row(sheet, 0, &["code", "name", "rd"]);
        for (at, cells) in [["", "a", "1"], ["", "b", "2"], ["", "c", "3"], ["B", "d", "4"], ["", "e", "5"]]
            .iter()
            .enumerate()
        {
            row(sheet, at as u32 + 1, cells);
        }
        merge(sheet, (1, 0), (3, 0), "A");
    });
    // The last row's code is missing, not merged.
    assert_eq!(texts(&read, "code"), ["A", "A", "A", "B", ""]);
    assert_eq!(texts(&read, "rd"), ["1", "2", "3", "4", "5"]);
    assert_eq!(read.repeated.get("code"), Some(&vec![1, 2]));
    assert_eq!(read.repeated.len(), 1);
}

#[test]
fn headings_of_two_rows_have_a_name_for_every_column() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let merged = made(at, |sheet| {
        merge(sheet, (0, 0), (0, 4), "2024 年企业统计");
        merge(sheet, (1, 0), (2, 0), "code");
        merge(sheet, (1, 1), (1, 2), "营收");
        merge(sheet, (1, 3), (1, 4), "研发");
        row(sheet, 2, &["", "2023", "2024", "2023", "2024"]);
        row(sheet, 3, &["A", "1", "2", "3", "4"]);
    });
    let names: Vec<&str> = merged.table.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["code", "营收 2023", "营收 2024", "研发 2023", "研发 2024"]);
    assert_eq!(texts(&merged, "研发 2023"), ["3"]);
    assert!(merged.issues.iter().any(|i| english(&i.found).contains("2 rows")));
    let plain = made(at, |sheet| {
        row(sheet, 0, &["code", "rd", "tax"]);
        row(sheet, 1, &["A", "1", "2"]);
    });
    assert!(plain.issues.is_empty(), "{:?}", plain.issues);
}

#[test]
fn formulas_without_a_value_and_errors_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let read = made(folder.path(), |sheet| {
        row(sheet, 0, &["code", "rd", "tax"]);
        for (at, code) in ["A", "B", "C", "D"].iter().enumerate() {
            row(sheet, at as u32 + 1, &[code, "1"]);
        }
        // Zeros that the writer stores for what nobody has worked out.
        sheet.write_formula(2, 1, Formula::new("=1+1")).unwrap();
    });
    assert_eq!(texts(&read, "rd"), ["1", "", "1", "1"]);
    let found = |read: &ReadTable, part: &str| read.issues.iter().any(|i| english(&i.found).contains(part));
    assert!(
        found(&read, "column \"rd\": 1 cells hold a formula without a stored value: row 2"),
        "{:?}",
        read.issues
    );
    let read = made(folder.path(), |sheet| {
        row(sheet, 0, &["code", "rd", "tax"]);
        for (at, code) in ["A", "B", "C", "D"].iter().enumerate() {
            row(sheet, at as u32 + 1, &[code, "1"]);
        }
        sheet.write_formula(2, 1, Formula::new("=1-1")).unwrap();
        sheet.write_formula(4, 1, Formula::new("=1+1").set_result("2")).unwrap();
        sheet.write_formula(1, 2, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    });
    // One that was worked out vouches for the others.
    assert_eq!(texts(&read, "rd"), ["1", "0", "1", "2"]);
    assert!(
        found(&read, "column \"tax\": 1 cells hold an error such as #DIV/0!: row 1"),
        "{:?}",
        read.issues
    );
}

#[test]
fn what_is_called_xls_is_named_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let compound =
        |stream: &str| [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], &[0; 512], &wide(stream)].concat();
    for (bytes, name) in [
        (b"<html><body><table><tr><td>code</td></tr></table></body></html>".to_vec(), "web page"),
        (
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>"
                .to_vec(),
            "Excel 2003",
        ),
        (b"code\trd\nA\t1\n".to_vec(), "text table"),
        (compound("EncryptedPackage"), "password"),
        (compound("WordDocument"), "no workbook"),
        (vec![0x09, 0x02, 0x06, 0x00, 0x00, 0x00, 0x10, 0x00], "Excel before 95"),
        (vec![1, 2, 3, 0, 5], "damaged"),
    ] {
        for ending in ["xls", "xlsx"] {
            std::fs::write(at.join(format!("t.{ending}")), &bytes).unwrap();
            let failure = read_table(&format!("t.{ending}"), None, at).map(|_| ()).unwrap_err();
            assert!(english(&failure.what).contains(name), "{}", failure.for_people());
            assert_eq!(failure.hints.len(), 1, "{}", failure.for_people());
        }
    }
    // A workbook under another's ending is read.
    made(at, |sheet| {
        row(sheet, 0, &["code", "rd"]);
        row(sheet, 1, &["A", "1"]);
    });
    std::fs::rename(at.join("t.xlsx"), at.join("u.xls")).unwrap();
    assert_eq!(texts(&read_table("u.xls", None, at).unwrap(), "code"), ["A"]);
}

#[test]
fn codes_of_a_workbook_keep_what_they_have() {
    let folder = tempfile::tempdir().unwrap();
    let read = made(folder.path(), |sheet| {
        row(sheet, 0, &["code", "rd"]);
        sheet.write_string(1, 0, "\u{feff}0012\u{200b}").unwrap();
        sheet.write_string(2, 0, "0013").unwrap();
        sheet.write_string(1, 1, "12,5").unwrap();
        sheet.write_string(2, 1, "1.234,5").unwrap();
    });
    assert_eq!(texts(&read, "code"), ["0012", "0013"]);
    assert_eq!(read.table.column("rd").unwrap().values, [Value::Number(12.5), Value::Number(1234.5)]);
}

#[test]
fn a_column_that_shows_some_numbers_as_percentages_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (format, mixed) in
        [("0.0%", true), ("0%;[Red]-0%", true), ("0.0\"%\"", false), ("0.0\\%", false), ("0.00", false)]
    {
        let read = made(folder.path(), |sheet| {
            row(sheet, 0, &["code", "rd", "tax"]);
            for (at, code) in ["A", "B", "C"].iter().enumerate() {
                row(sheet, at as u32 + 1, &[code, "4.5", "0.1"]);
            }
            let shown = Format::new().set_num_format(format);
            sheet.write_number_with_format(2, 1, 0.045, &shown).unwrap();
            // All of a column are one way of writing it.
            for at in 1..=3 {
                sheet.write_number_with_format(at, 2, 0.1, &shown).unwrap();
            }
        });
        assert_eq!(texts(&read, "rd"), ["4.5", "0.045", "4.5"]);
        let told: Vec<String> = read.issues.iter().map(|i| english(&i.found)).collect();
        let expected = "column \"rd\": 1 numbers are shown as percentages and 2 are not: row 2";
        assert_eq!(told, if mixed { vec![expected] } else { vec![] }, "{format}");
    }
}
