//! Tables for people at a terminal: every column as wide as its widest cell, Chinese characters counted as two columns.

use unicode_width::UnicodeWidthStr as _;

/// The rows as lines, with two spaces between columns. From column `right_from` on cells stand at the right.
#[must_use]
pub fn columns(rows: &[Vec<String>], right_from: usize) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..count).map(|at| width_of(at).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, widest))| {
            let space = " ".repeat(widest - cell.width());
            if at >= right_from { format!("{space}{cell}") } else { format!("{cell}{space}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_in_either_language() {
        let rows = [["年", "ha", "x"], ["today", "1", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows, 9), "年     ha  x\ntoday  1");
        assert_eq!(columns(&rows, 1), "年     ha  x\ntoday   1");
        assert_eq!(columns(&[], 1), "");
    }
}
