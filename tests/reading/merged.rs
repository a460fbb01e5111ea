//! Merged cells read the same from every form of workbook.

use super::*;
use lianpian::messages::english;

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

/// A sheet: texts row by row, empty ones without a cell, and merged cells as (top, left, bottom, right).
struct Grid {
    cells: Vec<Vec<String>>,
    merged: Vec<(usize, usize, usize, usize)>,
}

impl Grid {
    /// Whether a merged cell begins elsewhere and covers this place.
    fn covered(&self, row: usize, column: usize) -> bool {
        self.merged.iter().any(|&(top, left, bottom, right)| {
            (top..=bottom).contains(&row) && (left..=right).contains(&column) && (row, column) != (top, left)
        })
    }

    fn filled(&self) -> impl Iterator<Item = (usize, usize, &str)> {
        let rows = self.cells.iter().enumerate();
        rows.flat_map(|(row, cells)| cells.iter().enumerate().map(move |(c, text)| (row, c, text.as_str())))
            .filter(|(row, column, text)| !text.is_empty() && !self.covered(*row, *column))
    }

    fn xlsx(&self, to: &Path) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for &(top, left, bottom, right) in &self.merged {
            let (top, bottom, left, right) = (top as u32, bottom as u32, left as u16, right as u16);
            sheet.merge_range(top, left, bottom, right, "", &Format::new()).unwrap();
        }
        for (row, column, text) in self.filled() {
            match text.parse::<f64>() {
                Ok(number) => sheet.write_number(row as u32, column as u16, number).unwrap(),
                Err(_) => sheet.write_string(row as u32, column as u16, text).unwrap(),
            };
        }
        book.save(to).unwrap();
    }

    /// As an office writes OpenDocument: equal rows and cells once, with how often they repeat.
    fn ods(&self, to: &Path) {
        let mut content = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" \
             xmlns:text=\"x\"><office:body><office:spreadsheet><table:table table:name=\"empty\"/>\
             <table:table table:name=\"R&amp;D\"><table:table-column table:number-columns-repeated=\"9\"/>",
        );
        let (mut blank, mut header) = (0, true);
        for (row, cells) in self.cells.iter().enumerate() {
            let bare =
                |c: usize| cells[c].is_empty() && !self.merged.iter().any(|m| (m.0..=m.2).contains(&row));
            if (0..cells.len()).all(bare) {
                blank += 1;
                continue;
            }
            if blank > 0 {
                content.push_str(&format!(
                    "<table:table-row table:number-rows-repeated=\"{blank}\"><table:table-cell table:number-columns-repeated=\"9\"/></table:table-row>"
                ));
                blank = 0;
            }
            // The first rows may stand in a group of their own.
            if header {
                content.push_str("<table:table-header-rows>");
            }
            content.push_str("<table:table-row>");
            let mut empties = 0;
            for (column, text) in cells.iter().enumerate() {
                let merge = self.merged.iter().find(|m| (m.0, m.1) == (row, column));
                let covered = self.covered(row, column);
                if text.is_empty() && merge.is_none() && !covered {
                    empties += 1;
                    continue;
                }
                if empties > 0 {
                    content.push_str(&format!(
                        "<table:table-cell table:number-columns-repeated=\"{empties}\"/>"
                    ));
                    empties = 0;
                }
                if covered {
                    content.push_str("<table:covered-table-cell/>");
                    continue;
                }
                let span = merge.map_or_else(String::new, |m| {
                    format!(
                        " table:number-columns-spanned=\"{}\" table:number-rows-spanned=\"{}\"",
                        m.3 - m.1 + 1,
                        m.2 - m.0 + 1
                    )
                });
                content.push_str(&match text.parse::<f64>() {
                    _ if text.is_empty() => format!("<table:table-cell{span}/>"),
                    Ok(_) => format!("<table:table-cell{span} office:value-type=\"float\" office:value=\"{text}\"><text:p>{text}</text:p></table:table-cell>"),
                    Err(_) => format!("<table:table-cell{span} office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"),
                });
            }
            content.push_str("</table:table-row>");
            if header {
                content.push_str("</table:table-header-rows>");
                header = false;
            }
        }
        content.push_str("</table:table></office:spreadsheet></office:body></office:document-content>");
        let manifest = "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"m\"/>";
        zipped(
            to,
            &[
                ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
                ("content.xml", content.as_bytes()),
                ("META-INF/manifest.xml", manifest.as_bytes()),
            ],
        );
    }

    fn xlsb(&self, to: &Path) {
        let mut workbook = record(0x8f, &[]);
        let sheet = [&[0; 4][..], &1_u32.to_le_bytes(), &wide("rId7"), &wide("R&D")].concat();
        workbook.extend(record(0x9c, &sheet));
        workbook.extend(record(0x90, &[]));
        workbook.extend(record(0x9d, &[0; 26]));
        let mut cells = record(0x81, &[]);
        cells.extend(record(0x94, &[0; 16]));
        cells.extend(record(0x91, &[]));
        let mut open = None;
        for (row, column, text) in self.filled() {
            if open != Some(row) {
                cells.extend(record(0x00, &[&(row as u32).to_le_bytes()[..], &[0; 13]].concat()));
                open = Some(row);
            }
            let at = [&(column as u32).to_le_bytes()[..], &[0; 4]].concat();
            cells.extend(match text.parse::<f64>() {
                Ok(number) => record(0x05, &[&at[..], &number.to_le_bytes()].concat()),
                Err(_) => record(0x06, &[&at[..], &wide(text)].concat()),
            });
        }
        cells.extend(record(0x92, &[]));
        cells.extend(record(177, &(self.merged.len() as u32).to_le_bytes()));
        for &(top, left, bottom, right) in &self.merged {
            let corners = [top, bottom, left, right].map(|at| (at as u32).to_le_bytes()).concat();
            cells.extend(record(176, &corners));
        }
        cells.extend(record(178, &[]));
        cells.extend(record(0x82, &[]));
        let relations = "<?xml version=\"1.0\"?><Relationships><Relationship Id=\"rId7\" Type=\"worksheet\" \
                         Target=\"worksheets/sheet1.bin\"/></Relationships>";
        zipped(
            to,
            &[
                ("xl/workbook.bin", &workbook),
                ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
                ("xl/worksheets/sheet1.bin", &cells),
            ],
        );
    }

    /// What is read of each form.
    fn read(&self, folder: &Path) -> [ReadTable; 3] {
        self.xlsx(&folder.join("t.xlsx"));
        self.ods(&folder.join("t.ods"));
        self.xlsb(&folder.join("t.xlsb"));
        ["t.xlsx", "t.ods:R&D", "t.xlsb:R&D"].map(|name| read_table(name, None, folder).unwrap())
    }
}

fn zipped(to: &Path, parts: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(to).unwrap());
    for (name, bytes) in parts {
        let method = if *name == "mimetype" {
            zip::CompressionMethod::Stored
        } else {
            zip::CompressionMethod::Deflated
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

/// A record of a binary workbook.
fn record(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = match kind {
        0..0x80 => vec![kind as u8],
        _ => vec![(kind & 0x7f) as u8 | 0x80, (kind >> 7) as u8],
    };
    let mut length = body.len();
    loop {
        let more = length >> 7;
        bytes.push((length & 0x7f) as u8 | if more > 0 { 0x80 } else { 0 });
        length = more;
        if length == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = (units.len() as u32).to_le_bytes();
    length.into_iter().chain(units.into_iter().flat_map(u16::to_le_bytes)).collect()
}

fn grid(rows: &[&[&str]], merged: &[(usize, usize, usize, usize)]) -> Grid {
    let cells = rows.iter().map(|row| row.iter().map(|c| (*c).to_owned()).collect()).collect();
    Grid { cells, merged: merged.to_vec() }
}

fn columns(read: &ReadTable) -> Vec<(String, Vec<String>)> {
    let texts = |c: &parcels::table::Column| c.values.iter().map(|v| v.text().unwrap_or_default()).collect();
    read.table.columns().iter().map(|c| (c.name.clone(), texts(c))).collect()
}

#[test]
fn merged_cells_fill_their_rows_and_headings_of_two_rows_are_one_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let made = grid(
        &[
            &["", "", "", "", ""],
            &["2024 年企业统计", "", "", "", ""],
            &["code", "营收", "", "研发", ""],
            &["", "2023", "2024", "2023", "2024"],
            &["A", "1", "2", "3", "4"],
            &["", "5", "6", "7", "8"],
            &["", "9", "10", "", "12"],
            &["", "", "", "", ""],
            &["B", "13", "14", "15", "16"],
        ],
        &[(1, 0, 1, 4), (2, 0, 3, 0), (2, 1, 2, 2), (2, 3, 2, 4), (4, 0, 6, 0), (5, 3, 6, 3)],
    );
    let expected: Vec<(String, Vec<String>)> = [
        ("code", ["A", "A", "A", "B"]),
        ("营收 2023", ["1", "5", "9", "13"]),
        ("营收 2024", ["2", "6", "10", "14"]),
        ("研发 2023", ["3", "7", "7", "15"]),
        ("研发 2024", ["4", "8", "12", "16"]),
    ]
    .map(|(name, values)| (name.to_owned(), values.map(str::to_owned).to_vec()))
    .to_vec();
    for read in made.read(folder.path()) {
        assert_eq!(columns(&read), expected);
        assert_eq!(read.repeated.get("code"), Some(&vec![1, 2]));
        // A figure in a merged cell is one figure.
        assert_eq!(read.repeated.get("研发 2023"), Some(&vec![2]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_three_forms_read_alike(
        rows in prop::collection::vec(prop::collection::vec((0_u8..5, 1_u32..900), 4), 3..12),
        runs in prop::collection::vec((0_usize..12, 0_usize..4, 1_usize..4, 0_usize..2), 0..5),
        gap in 0_usize..3,
    ) {
        let mut cells = vec![vec![String::new(); 4]; gap];
        cells.push(["code", "name", "rd", "tax"].map(str::to_owned).to_vec());
        for row in &rows {
            // Most cells are filled, and the first of each row is.
            let text = |(c, (kind, n)): (usize, &(u8, u32))| match (c, kind) {
                (0, _) => format!("P{n}"),
                (_, 0) => String::new(),
                (1, _) => format!("name {n}"),
                _ => n.to_string(),
            };
            cells.push(row.iter().enumerate().map(text).collect());
        }
        let (first, last) = (gap + 1, gap + rows.len());
        let mut merged: Vec<(usize, usize, usize, usize)> = Vec::new();
        for (top, left, down, right) in runs {
            let (top, right) = (first + top % rows.len(), (left + right).min(3));
            let bottom = (top + down).min(last);
            let meets = merged.iter().any(|m| top <= m.2 && m.0 <= bottom && left <= m.3 && m.1 <= right);
            if !meets && (top, left) != (bottom, right) {
                merged.push((top, left, bottom, right));
            }
        }
        for &(top, left, bottom, right) in &merged {
            for (row, column) in (top..=bottom).flat_map(|r| (left..=right).map(move |c| (r, c))) {
                if (row, column) != (top, left) {
                    cells[row][column].clear();
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let made = Grid { cells, merged };
        let [xlsx, ods, xlsb] = made.read(folder.path());
        prop_assert_eq!(columns(&ods), columns(&xlsx));
        prop_assert_eq!(columns(&xlsb), columns(&xlsx));
        prop_assert_eq!(&ods.repeated, &xlsx.repeated);
        prop_assert_eq!(&xlsb.repeated, &xlsx.repeated);
        // A cell that is merged downwards states its value in every one of its rows.
        let name = |c: usize| ["code", "name", "rd", "tax"][c];
        let stated = |row: &Vec<String>| row.iter().any(|c| !c.is_empty());
        let at = |row: usize| made.cells[first..row].iter().filter(|r| stated(r)).count();
        for &(top, left, bottom, _) in &made.merged {
            for row in (top..=bottom).filter(|row| stated(&made.cells[*row])) {
                let found = xlsx.table.column(name(left)).unwrap().values[at(row)].text().unwrap_or_default();
                prop_assert_eq!(found, made.cells[top][left].clone());
            }
        }
    }
}

#[test]
fn percentages_of_an_opendocument_among_plain_numbers_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let made = grid(&[&["code", "rd"], &["A", "4.5"], &["B", "0.045"]], &[]);
    let path = folder.path().join("t.ods");
    let read = || read_table("t.ods:R&D", None, folder.path()).unwrap();
    made.ods(&path);
    assert!(read().issues.is_empty(), "{:?}", read().issues);
    let mut content = String::new();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    std::io::Read::read_to_string(&mut archive.by_name("content.xml").unwrap(), &mut content).unwrap();
    let content =
        content.replace("\"float\" office:value=\"0.045\"", "\"percentage\" office:value=\"0.045\"");
    zipped(
        &path,
        &[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("content.xml", content.as_bytes()),
            ("META-INF/manifest.xml", b"<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"m\"/>"),
        ],
    );
    let told: Vec<String> = read().issues.into_iter().map(|i| english(&i.found)).collect();
    assert_eq!(told, ["column \"rd\": 1 numbers are shown as percentages and 1 are not: row 2"]);
}
