//! CSV tables that people open in a spreadsheet: UTF-8 with a byte order mark, without which Excel takes Chinese for another
//! encoding, and no cell that a spreadsheet would compute. A code or a name from somebody's file may begin with `=` and call
//! programs or addresses; such a cell gets an apostrophe before it, which spreadsheets do not show.

use std::borrow::Cow;

use parcels::message::Message;

use crate::error::{Context as _, ErrorKind, Result};

/// A table in the making.
pub(crate) struct CsvForPeople {
    csv: csv::Writer<Vec<u8>>,
    /// What is said to have failed.
    making: Message,
}

impl CsvForPeople {
    /// An empty table; errors say that `making` failed.
    pub(crate) fn new(making: Message) -> Self {
        Self { csv: csv::Writer::from_writer("\u{feff}".as_bytes().to_vec()), making }
    }

    /// Adds a row, the heading being the first.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> Result<()> {
        for cell in cells {
            let written = self.csv.write_field(inert(cell.as_ref()).as_bytes());
            written.context(ErrorKind::Unwritable, &self.making)?;
        }
        self.csv.write_record(None::<&[u8]>).context(ErrorKind::Unwritable, &self.making)
    }

    /// The bytes of the table.
    pub(crate) fn bytes(self) -> Result<Vec<u8>> {
        let bytes = self.csv.into_inner().map_err(csv::IntoInnerError::into_error);
        bytes.context(ErrorKind::Unwritable, &self.making)
    }
}

/// The text as a spreadsheet shows it and does not compute it. Numbers stay numbers, whatever their sign.
fn inert(text: &str) -> Cow<'_, str> {
    let computed = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if computed && text.parse::<f64>().is_err() { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcels::message;

    #[test]
    fn what_a_spreadsheet_would_compute_is_text_and_numbers_stay_numbers() {
        for text in ["=1+1", "+A1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "＝1", "-2+3"] {
            assert_eq!(inert(text), format!("'{text}"), "{text}");
        }
        for text in ["", "-3.25", "+1e3", "310118001001GB00001", "a=b", "园区-1", "1-2"] {
            assert_eq!(inert(text), text);
        }
    }

    #[test]
    fn a_table_reads_back_row_by_row() {
        let mut table = CsvForPeople::new(message!("putting-table-together"));
        table.row(["parcel", "what"]).unwrap();
        table.row(["=HYPERLINK(\"x\")", "两个, \"引号\""]).unwrap();
        let text = String::from_utf8(table.bytes().unwrap()).unwrap();
        assert_eq!(text, "\u{feff}parcel,what\n\"'=HYPERLINK(\"\"x\"\")\",\"两个, \"\"引号\"\"\"\n");
    }
}
