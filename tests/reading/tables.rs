//! Workbooks and text tables.

use super::*;
use lianpian::messages::english;

#[test]
fn workbooks_and_csv() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("企业").unwrap();
    sheet.write(0, 0, "2024年企业统计表").unwrap();
    for (column, name) in ["宗地代码", "研发投入(万元)", "成立日期", "备注"].into_iter().enumerate()
    {
        sheet.write(1, column as u16, name).unwrap();
    }
    sheet.write(2, 0, "310118001002GB00001").unwrap();
    sheet.write(2, 1, 1234.5).unwrap();
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2019, 3, 8).unwrap();
    sheet.write_with_format(2, 2, &day, &date).unwrap();
    sheet.write(3, 0, "0601").unwrap();
    book.add_worksheet().set_name("空").unwrap();
    book.save(at.join("t.xlsx")).unwrap();
    let texts = |read: &ReadTable, row: usize| -> Vec<Option<String>> {
        read.table.columns().iter().map(|c| c.values[row].text()).collect()
    };
    for path in ["t.xlsx", "t.xlsx:企业"] {
        let read = read_table(path, None, at).unwrap();
        assert_eq!(read.table.rows(), 2);
        assert_eq!(read.table.columns()[1].name, "研发投入(万元)");
        let first = ["310118001002GB00001", "1234.5", "2019-03-08"].map(|t| Some(t.to_owned()));
        assert_eq!(texts(&read, 0)[..3], first);
        assert_eq!(texts(&read, 1), [Some("0601".to_owned()), None, None, None]);
        assert!(read.issues.iter().any(|i| english(&i.found).contains("above its heading")));
    }
    let failure = read_table("t.xlsx:企", None, at).map(|_| ()).unwrap_err();
    assert!(english(&failure.what).contains("no sheet"), "{failure}");

    let csv = "代码;名称;名称\n0601;青浦区;a\n0602;NA\n\n0603;徐泾镇;b;c\n";
    for (name, bytes, encoding, assumed) in [
        ("utf8.csv", csv.as_bytes().to_vec(), "UTF-8", false),
        ("bom.csv", [b"\xEF\xBB\xBF", csv.as_bytes()].concat(), "UTF-8", false),
        ("gbk.csv", encoding_rs::GBK.encode(csv).0.into_owned(), "GBK", true),
        (
            "utf16.csv",
            csv.encode_utf16().fold(vec![0xFF, 0xFE], |mut b, u| {
                b.extend(u.to_le_bytes());
                b
            }),
            "UTF-16LE",
            false,
        ),
    ] {
        std::fs::write(at.join(name), bytes).unwrap();
        let read = read_table(name, None, at).unwrap();
        assert_eq!((read.table.rows(), read.encoding.as_str()), (2, encoding), "{name}");
        assert_eq!(texts(&read, 0)[..2], [Some("0601".to_owned()), Some("青浦区".to_owned())], "{name}");
        assert_eq!(texts(&read, 1), [Some("0602".to_owned()), None, None], "{name}");
        assert_eq!(read.table.columns()[2].name, "名称_2", "{name}");
        assert_eq!(read.issues.iter().any(|i| i.kind == IssueKind::AssumedEncoding), assumed, "{name}");
        let found = |text: &str| read.issues.iter().any(|i| english(&i.found) == text);
        assert!(found("1 rows have fewer cells than the heading: line 3"), "{name}: {:?}", read.issues);
        assert!(found("1 rows have more cells than the heading: line 5"), "{name}: {:?}", read.issues);
    }
    for (path, part) in [("none.csv", "no such file"), ("t.docx", "no such file"), ("", "folder")] {
        let failure = read_table(path, None, at).map(|_| ()).unwrap_err();
        assert!(english(&failure.what).contains(part), "{failure}");
    }
}
