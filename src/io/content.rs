//! What the bytes of a table are, whatever its name says: web pages and text tables are handed on as `.xls`, workbooks as
//! `.csv`.

use parcels::message;
use parcels::message::Message;

/// What a table file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Excel's XML in a zip archive: `.xlsx`.
    Xlsx,
    /// Its binary form: `.xlsb`.
    Xlsb,
    /// OpenDocument: `.ods`.
    Ods,
    /// Excel 97–2003: `.xls`.
    Xls,
    /// A workbook with a password.
    Encrypted,
    /// Excel of the early nineties, one stream without folders.
    OldXls,
    /// Another document of Office before 2007.
    Office,
    /// Another archive.
    Zip,
    /// A web page.
    Html,
    /// Excel's XML of 2003.
    Xml2003,
    /// Other XML.
    Xml,
    /// A web page packed with its parts.
    Mhtml,
    /// PDF.
    Pdf,
    /// Text in rows.
    Text,
}

/// What the bytes are; none where nothing tells.
pub(super) fn of(bytes: &[u8]) -> Option<Content> {
    let head = &bytes[..bytes.len().min(4096)];
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    if head.starts_with(b"PK\x03\x04") {
        let kinds: [(&[u8], Content); 3] = [
            (b"xl/workbook.xml", Content::Xlsx),
            (b"xl/workbook.bin", Content::Xlsb),
            (b"opendocument.spreadsheet", Content::Ods),
        ];
        return Some(kinds.into_iter().find(|(part, _)| has(part)).map_or(Content::Zip, |(_, kind)| kind));
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        // The names of the streams within.
        let kinds =
            [("EncryptedPackage", Content::Encrypted), ("Workbook", Content::Xls), ("Book", Content::Xls)];
        let found = kinds.into_iter().find(|(stream, _)| has(&wide(stream)));
        return Some(found.map_or(Content::Office, |(_, kind)| kind));
    }
    // The first record of BIFF 2, 3 and 4, which no folder of streams holds.
    if matches!(head, [0x09, 0x00 | 0x02 | 0x04, 0x04 | 0x06, 0x00, ..]) {
        return Some(Content::OldXls);
    }
    if head.starts_with(b"%PDF") {
        return Some(Content::Pdf);
    }
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if text.starts_with("mime-version:") {
        return Some(Content::Mhtml);
    }
    if text.starts_with('<') {
        let html = ["<html", "<!doctype html", "<table", "<body"].iter().any(|tag| text.contains(tag));
        return Some(if text.contains("urn:schemas-microsoft-com:office:spreadsheet") {
            Content::Xml2003
        } else if html {
            Content::Html
        } else {
            Content::Xml
        });
    }
    let zeros = head.iter().filter(|b| **b == 0).count();
    let wide = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || zeros * 3 > head.len();
    (zeros == 0 || wide).then_some(Content::Text)
}

impl Content {
    /// What it is called.
    pub(super) fn name(self) -> Message {
        match self {
            Self::Xlsx => message!("content-xlsx"),
            Self::Xlsb => message!("content-xlsb"),
            Self::Ods => message!("content-ods"),
            Self::Xls => message!("content-xls"),
            Self::Encrypted => message!("content-encrypted"),
            Self::OldXls => message!("content-old-xls"),
            Self::Office => message!("content-office"),
            Self::Zip => message!("content-other-zip"),
            Self::Html => message!("content-html"),
            Self::Xml2003 => message!("content-xml-2003"),
            Self::Xml => message!("content-xml"),
            Self::Mhtml => message!("content-mhtml"),
            Self::Pdf => message!("content-pdf"),
            Self::Text => message!("content-text"),
        }
    }

    /// What its user can do about it.
    pub(super) fn way_out(self) -> Message {
        match self {
            Self::Xlsx | Self::Xlsb | Self::Ods | Self::Xls => {
                message!("give-right-ending")
            }
            Self::Encrypted => {
                message!("save-without-password")
            }
            Self::Text => {
                message!("rename-to-csv")
            }
            Self::Pdf => message!("ask-for-table"),
            Self::Zip => message!("unpack-table"),
            Self::Office => message!("save-table-in-it"),
            Self::Html | Self::Mhtml | Self::Xml | Self::Xml2003 | Self::OldXls => {
                message!("save-as-xlsx-codes")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_what_a_file_is() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let compound =
            |stream: &str| [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], &[0; 100], &wide(stream)].concat();
        for (bytes, content) in [
            (b"PK\x03\x04 xl/workbook.xml".to_vec(), Some(Content::Xlsx)),
            (b"PK\x03\x04 word/document.xml".to_vec(), Some(Content::Zip)),
            (compound("Workbook"), Some(Content::Xls)),
            (compound("Book"), Some(Content::Xls)),
            (compound("WordDocument"), Some(Content::Office)),
            (compound("EncryptedPackage"), Some(Content::Encrypted)),
            (vec![0x09, 0x04, 0x06, 0x00, 0x00, 0x00], Some(Content::OldXls)),
            (b"\xEF\xBB\xBF \n<HTML><body>".to_vec(), Some(Content::Html)),
            (b"<table><tr><td>a".to_vec(), Some(Content::Html)),
            (
                b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"
                    .to_vec(),
                Some(Content::Xml2003),
            ),
            (b"<?xml version=\"1.0\"?><gml:x/>".to_vec(), Some(Content::Xml)),
            (b"MIME-Version: 1.0\n".to_vec(), Some(Content::Mhtml)),
            (b"%PDF-1.7".to_vec(), Some(Content::Pdf)),
            (b"code\trd\n".to_vec(), Some(Content::Text)),
            (wide("code\trd\n"), Some(Content::Text)),
            (vec![1, 0, 2, 3, 4, 5, 6, 7], None),
        ] {
            assert_eq!(of(&bytes), content, "{bytes:?}");
        }
    }
}
