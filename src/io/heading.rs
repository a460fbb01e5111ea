//! Which rows at the top of a table name its columns: under titles, in one row or in several that stand over each other.

use parcels::number::is_number;
use parcels::visible::heading;

/// Rows looked at to find the heading.
pub(super) const LOOKED_AT: usize = 60;

/// Cells that are one: their rows and columns, both ends included, as they are counted in the rows looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) rows: (usize, usize),
    pub(super) columns: (usize, usize),
}

/// The heading of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// Rows above it.
    pub(super) above: usize,
    /// Its rows.
    pub(super) rows: usize,
    /// The columns' names; empty where a column has none.
    pub(super) names: Vec<String>,
}

/// Finds the heading in the first rows of a table, whose empty cells are empty texts; none where every row is empty.
pub(super) fn find(rows: &[Vec<String>], merged: &[Merged]) -> Option<Heading> {
    let top = Top { rows, merged };
    let width = (0..rows.len()).map(|row| top.filled(row)).max().filter(|width| *width > 0)?;
    let wide = |row: &usize| top.filled(*row) >= if width == 1 { 1 } else { width.div_ceil(2).max(2) };
    let mut candidates = (0..rows.len()).filter(wide);
    let mut at = candidates.next()?;
    while let Some(next) = candidates.next().filter(|next| top.stands_over(at, *next, width)) {
        at = next;
    }
    let last = top.last_row(at);
    let columns = top.columns(at, last);
    let parts: Vec<Vec<String>> = (0..columns).map(|column| top.parts(at, last, column)).collect();
    let short = |parts: &[String]| parts.last().cloned().unwrap_or_default();
    let names = parts.iter().map(|own| {
        let alike = parts.iter().filter(|other| short(other) == short(own)).count();
        if alike > 1 { own.join(" ") } else { short(own) }
    });
    Some(Heading { above: at, rows: last - at + 1, names: names.collect() })
}

struct Top<'a> {
    rows: &'a [Vec<String>],
    merged: &'a [Merged],
}

impl Top<'_> {
    fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|r| r.get(column)).map_or("", String::as_str)
    }

    /// How many columns the heading names. Where most rows under it are wider, those beyond it have no name.
    fn columns(&self, at: usize, last: usize) -> usize {
        let end = |row: usize| self.rows[row].iter().rposition(|c| !c.is_empty()).map_or(0, |c| c + 1);
        let over = self.merged.iter().filter(|m| (at..=last).contains(&m.rows.0)).map(|m| m.columns.1 + 1);
        let named = (at..=last).map(end).chain(over).max().unwrap_or(0);
        let under: Vec<usize> = (last + 1..self.rows.len()).map(end).filter(|end| *end > 0).collect();
        let wider = under.iter().filter(|end| **end > named).count();
        if 2 * wider > under.len() { under.into_iter().max().unwrap_or(named) } else { named }
    }

    /// Cells of a row that state something, those that a merged one stands over included.
    fn filled(&self, row: usize) -> usize {
        let own = self.rows[row].iter().filter(|cell| !cell.is_empty()).count();
        // A title over the whole table is one cell, however many it is made of.
        if own <= 1 { own } else { own + self.covered(row) }
    }

    fn covered(&self, row: usize) -> usize {
        let over = |m: &&Merged| m.rows.0 == row && !self.cell(row, m.columns.0).is_empty();
        self.merged.iter().filter(over).map(|m| m.columns.1 - m.columns.0).sum()
    }

    /// Whether the row `at` is a title of several cells over the heading in row `next`: that row alone is full of words, and
    /// figures stand under it.
    fn stands_over(&self, at: usize, next: usize, width: usize) -> bool {
        let words = |row: usize| self.rows[row].iter().all(|cell| cell.is_empty() || !is_number(cell));
        let figures = |row: usize| self.rows[row].iter().any(|cell| is_number(cell));
        let first_under = (next + 1..self.rows.len()).find(|row| self.filled(*row) > 0);
        self.filled(at) < width
            && self.last_row(at) == at
            && self.filled(next) == width
            && words(next)
            && first_under.is_some_and(figures)
    }

    /// The last row of the heading that begins in row `at`.
    fn last_row(&self, at: usize) -> usize {
        let mut last = at;
        // Names that reach down over the rows of the heading, beside names that stand over others.
        for m in self.merged.iter().filter(|m| m.rows.0 == at && !self.cell(at, m.columns.0).is_empty()) {
            if m.rows.1 > at && m.rows.1 < at + 4 && self.goes_on(at, m.rows.1) {
                last = last.max(m.rows.1);
            }
        }
        let over = |row: usize| self.merged.iter().any(|m| m.rows.0 == row && m.columns.1 > m.columns.0);
        while last + 1 < self.rows.len() && last < at + 3 && over(last) && self.words_under(last) {
            last += 1;
        }
        if last == at && self.completes(at) {
            last = at + 1;
        }
        last
    }

    /// Whether the rows after `at` up to `last` are words or years, as in a heading.
    fn goes_on(&self, at: usize, last: usize) -> bool {
        (at + 1..=last)
            .all(|row| self.rows.get(row).is_some_and(|r| r.iter().all(|c| c.is_empty() || is_name(c))))
    }

    /// Whether every cell under a name that stands over several is a name.
    fn words_under(&self, row: usize) -> bool {
        let under = |m: &Merged| (m.columns.0..=m.columns.1).all(|c| is_name(self.cell(row + 1, c)));
        let mut wide = self.merged.iter().filter(|m| m.rows.0 == row && m.columns.1 > m.columns.0);
        wide.all(under) && self.goes_on(row, row + 1)
    }

    /// Whether the row after `at` names just the columns that it leaves open, beside some that it names.
    fn completes(&self, at: usize) -> bool {
        let Some(next) = self.rows.get(at + 1) else { return false };
        let columns = self.rows[at].len().max(next.len());
        let (mut above, mut below) = (0, 0);
        for column in 0..columns {
            match (self.cell(at, column).is_empty(), self.cell(at + 1, column)) {
                (true, "") => return false,
                (true, name) if is_name(name) => below += 1,
                (false, "") => above += 1,
                (false, name) if is_name(name) => {}
                _ => return false,
            }
        }
        above > 0 && below > 0
    }

    /// What the rows of the heading say over a column, from above.
    fn parts(&self, at: usize, last: usize, column: usize) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for row in at..=last {
            let covers = |m: &&Merged| {
                (m.rows.0..=m.rows.1).contains(&row) && (m.columns.0..=m.columns.1).contains(&column)
            };
            let text = match self.merged.iter().find(covers) {
                Some(m) => self.cell(m.rows.0, m.columns.0),
                // Without a merged cell, a name stands over what follows it as far as that has names of its own.
                None if row < last
                    && self.cell(row, column).is_empty()
                    && !self.cell(row + 1, column).is_empty() =>
                {
                    let before = (0..column).rev().find(|c| !self.cell(row, *c).is_empty());
                    before.filter(|c| !self.cell(row + 1, *c).is_empty()).map_or("", |c| self.cell(row, c))
                }
                None => self.cell(row, column),
            };
            let text = heading(text);
            if !text.is_empty() && parts.last() != Some(&text) {
                parts.push(text);
            }
        }
        parts
    }
}

/// Whether a cell may name a column: words, or a year.
fn is_name(cell: &str) -> bool {
    let year = cell.parse::<u16>().is_ok_and(|n| (1900..=2100).contains(&n));
    !cell.is_empty() && (year || !is_number(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split('|').map(|c| c.trim().to_owned()).collect()).collect()
    }

    fn merged(rows: (usize, usize), columns: (usize, usize)) -> Merged {
        Merged { rows, columns }
    }

    #[test]
    fn headings_of_all_kinds() {
        for (text, merges, above, height, names) in [
            ("code|rd\n1|2", vec![], 0, 1, vec!["code", "rd"]),
            // Titles, with and without company.
            ("Firms 2025||\n||\ncode|name|rd\na|b|3", vec![], 2, 1, vec!["code", "name", "rd"]),
            ("Firms 2025||unit: 万元\ncode|name|rd\na|b|3", vec![], 1, 1, vec!["code", "name", "rd"]),
            (
                "Firms 2025|||\ncode|name|rd|x\na|b|3|4",
                vec![merged((0, 0), (0, 3))],
                1,
                1,
                vec!["code", "name", "rd", "x"],
            ),
            // An index without a name.
            ("|a|b\n0|x|1", vec![], 0, 1, vec!["", "a", "b"]),
            // Two rows: merged, not merged, the same names under two.
            (
                "code|name|rd|\n||y2023|y2024\nx|y|1|2",
                vec![merged((0, 1), (0, 0)), merged((0, 1), (1, 1)), merged((0, 0), (2, 3))],
                0,
                2,
                vec!["code", "name", "y2023", "y2024"],
            ),
            ("code|name|rd|\n||2023|2024\nx|y|1|2", vec![], 0, 2, vec!["code", "name", "2023", "2024"]),
            (
                "code|营收||研发|\n|2023|2024|2023|2024\nx|1|2|3|4",
                vec![merged((0, 1), (0, 0)), merged((0, 0), (1, 2)), merged((0, 0), (3, 4))],
                0,
                2,
                vec!["code", "营收 2023", "营收 2024", "研发 2023", "研发 2024"],
            ),
            (
                "code|营收||研发|\n|2023|2024|2023|2024\nx|1|2|3|4",
                vec![],
                0,
                2,
                vec!["code", "营收 2023", "营收 2024", "研发 2023", "研发 2024"],
            ),
            // A first row of data with an empty cell is no heading.
            ("code|name|rd\n0601||5\n0602|b|6", vec![], 0, 1, vec!["code", "name", "rd"]),
            // A row that is too long is out of place; many are a heading that ends early.
            ("code|rd\n1|2\n1|2|3\n1|2", vec![], 0, 1, vec!["code", "rd"]),
            ("code|rd\n1|2|3\n1|2|3\n1|2", vec![], 0, 1, vec!["code", "rd", ""]),
            ("only\n1\n2", vec![], 0, 1, vec!["only"]),
        ] {
            let found = find(&rows(text), &merges).unwrap();
            assert_eq!((found.above, found.rows), (above, height), "{text}");
            assert_eq!(found.names, names, "{text}");
        }
        assert_eq!(find(&rows("|\n|"), &[]), None);
    }
}
