//! Numbers, codes and rows of text tables, generated with known right values.

use super::*;
use lianpian::messages::english;

use parcels::table::Value;
use proptest::prelude::*;

fn csv(folder: &Path, text: impl AsRef<[u8]>) -> Result<ReadTable> {
    std::fs::write(folder.join("t.csv"), text).unwrap();
    read_table("t.csv", None, folder)
}

fn numbers(read: &ReadTable, column: &str) -> Vec<Option<f64>> {
    read.table.column(column).unwrap().values.iter().map(Value::number).collect()
}

fn told(read: &ReadTable, part: &str) -> bool {
    read.issues.iter().any(|i| english(&i.found).contains(part) && i.severity != Severity::Note)
}

#[test]
fn separators_title_lines_and_line_ends() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let utf_16 = |text: &str, mark: bool, big: bool| {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let plain = "code,name,rd\nA,x,1.5\nB,y,2.5\n";
    for (what, bytes) in [
        ("plain", plain.into()),
        ("sep", "sep=;\r\ncode;name;rd\r\nA;x;1,5\r\nB;y;2,5\r\n".into()),
        ("sep quoted", "\"sep=;\"\ncode;name;rd\nA;x;1.5\nB;y;2.5\n".into()),
        ("title", "Firms of the zone 2025,,\n\ncode,name,rd\nA,x,1.5\nB,y,2.5\n".into()),
        ("titles", "Firms,,\nUnit: 10k yuan,,2025\ncode,name,rd\nA,x,1.5\nB,y,2.5\n".into()),
        ("returns", plain.replace('\n', "\r").into()),
        ("mixed ends", "code,name,rd\r\nA,x,1.5\rB,y,2.5\n".into()),
        ("trailing separators", "code,name,rd,\nA,x,1.5,\nB,y,2.5,\n".into()),
        ("trailing in rows", "code,name,rd\nA,x,1.5,\nB,y,2.5,\n".into()),
        ("bars", plain.replace(',', "|").into()),
        ("tabs", plain.replace(',', "\t").into()),
        ("mark", format!("\u{feff}{plain}").into_bytes()),
        ("invisible", "\u{200b}code,name\u{a0},rd\u{feff}\nA,x,1.5\u{a0}\nB,y,\u{200e}2.5\n".into()),
        ("utf-16", utf_16(plain, true, false)),
        ("utf-16 without a mark", utf_16(plain, false, false)),
        ("utf-16, big end first", utf_16(plain, false, true)),
        (
            "quoted",
            "\"code\",\"name\",\"rd\"\n\"A\",\"x, \"\"z\"\"\",\"1.5\"\n\"B\",\"y\ny\",\"2.5\"\n".into(),
        ),
    ] {
        let bytes: Vec<u8> = bytes;
        let read = csv(at, bytes).unwrap_or_else(|e| panic!("{what}: {}", e.for_people()));
        assert_eq!(numbers(&read, "rd"), [Some(1.5), Some(2.5)], "{what}");
        assert_eq!(read.table.columns().len(), 3, "{what}");
        assert!(read.issues.iter().all(|i| i.severity == Severity::Note), "{what}: {:?}", read.issues);
    }
}

#[test]
fn quotation_marks_never_swallow_rows() {
    let folder = tempfile::tempdir().unwrap();
    for (text, line) in [
        ("code,rd\nA,1\n\"B,2\nC,3\n", 3),
        ("sep=,\ncode,rd\nA,1\n\"B,2\nC,3\n", 4),
        ("code,rd\n\"A\"x,1\nB,2\n", 2),
        ("code,name,rd\nA, \"x, y\",1\nB,y,2\n", 2),
        ("code,rd\r\n\"A,1\r\n\"B,2\r\n", 2),
    ] {
        let failure = csv(folder.path(), text).map(|_| ()).unwrap_err();
        assert!(english(&failure.what).contains(&format!("line {line}:")), "{text:?}: {failure}");
    }
}

#[test]
fn a_row_that_is_too_long_is_not_read_askew() {
    let folder = tempfile::tempdir().unwrap();
    let read = csv(folder.path(), "code,rd,x\nA,1,2\nB,1,234,5\nC,3,4\n").unwrap();
    assert_eq!(numbers(&read, "rd"), [Some(1.0), Some(3.0)]);
    assert!(
        read.issues.iter().any(|i| i.severity == Severity::Error && english(&i.found).contains("line 3"))
    );
    let read = csv(folder.path(), "code,rd,x\nA,1\nC,3,4\n").unwrap();
    assert_eq!(numbers(&read, "x"), [None, Some(4.0)]);
    assert!(told(&read, "line 2"));
}

#[test]
fn what_is_no_text_table_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, name) in [
        (&b"PK\x03\x04 xl/workbook.xml"[..], "Excel workbook"),
        (b"<html><table><tr><td>code</td></tr></table></html>", "web page"),
        (b"%PDF-1.7 ...", "PDF"),
    ] {
        let failure = csv(folder.path(), bytes).map(|_| ()).unwrap_err();
        assert!(
            english(&failure.what).contains(name) && !failure.hints.is_empty(),
            "{}",
            failure.for_people()
        );
    }
}

#[test]
fn ambiguous_and_mixed_columns_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let read = csv(at, "code\trd\nA\t1,234\nB\t850\n").unwrap();
    assert_eq!(numbers(&read, "rd"), [None, Some(850.0)]);
    assert!(told(&read, "row 1"));
    let read = csv(at, "code\trd\nA\t12,5\nB\t12.5\nC\t1.234\n").unwrap();
    assert_eq!(numbers(&read, "rd"), [None, Some(12.5), None]);
    assert!(told(&read, "rows 1, 3"));
    let read = csv(at, "code,rd\nA,4.5%\nB,0.12\n").unwrap();
    assert_eq!(numbers(&read, "rd"), [Some(0.045), Some(0.12)]);
    assert!(told(&read, "percent sign"));
    // A code column keeps its texts whatever they look like.
    let read = csv(at, "code,rd\n0012,\"1,234\"\n0013,\"12,345\"\n").unwrap();
    assert_eq!(read.table.column("code").unwrap().values[0], Value::Text("0012".into()));
    assert_eq!(numbers(&read, "rd"), [Some(1234.0), Some(12345.0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_generated_table_reads_back_in_every_way_of_writing(
        thousandths in proptest::collection::vec(-1_000_000_000_i64..1_000_000_000, 2..30),
        way in 0_usize..6,
        quoted in any::<bool>(),
    ) {
        let (separator, decimal, group) =
            [(',', '.', ""), (',', '.', ","), (';', ',', ""), (';', ',', "."), ('\t', '.', " "), (';', '.', "'")][way];
        let quoted = quoted || group == ",";
        let write = |n: i64| {
            let whole = (n.abs() / 1000).to_string();
            let mut digits = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at).is_multiple_of(3) {
                    digits.push_str(group);
                }
                digits.push(digit);
            }
            // Two decimals, so that no value alone is ambiguous.
            let text = format!("{}{digits}{decimal}{:02}", if n < 0 { "-" } else { "" }, n.abs() % 1000 / 10);
            if quoted { format!("\"{text}\"") } else { text }
        };
        let rows: Vec<String> = thousandths
            .iter()
            .enumerate()
            .map(|(row, n)| format!("{row:05}{separator}{}{separator}x", write(*n)))
            .collect();
        let text = format!("code{separator}rd{separator}note\n{}\n", rows.join("\n"));
        let folder = tempfile::tempdir().unwrap();
        let read = csv(folder.path(), text).unwrap();
        let meant: Vec<Option<f64>> = thousandths
            .iter()
            .map(|n| Some((n.abs() / 10) as f64 / 100.0 * if *n < 0 { -1.0 } else { 1.0 }))
            .collect();
        prop_assert_eq!(numbers(&read, "rd"), meant);
        prop_assert_eq!(read.table.column("code").unwrap().values[1].clone(), Value::Text("00001".into()));
    }
}
