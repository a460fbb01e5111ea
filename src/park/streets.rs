//! The street grid: two families of slightly bent lines, some of them rivers, and the blocks of land between them.
//!
//! Lines live in a street plane (u, v) where a family runs along each axis, every line swaying a little on its own; the
//! plane is then bent and turned into the map. Streets and rivers are gaps: a block's land begins at their edge.

use super::chance::{Chance, Use, hash};
use super::field::{surface, wave};
use super::shape::{Point, Ring, add, chamfer, inset, scale};

/// What runs along a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// An expressway-like arterial.
    Trunk,
    /// A main road.
    Primary,
    /// A large collector.
    Secondary,
    /// A small collector.
    Tertiary,
    /// A lane inside a block.
    Lane,
    /// A river or canal.
    River,
}

impl Way {
    /// Its class as roads are classed by OpenStreetMap.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Trunk => "trunk",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Lane => "residential",
            Self::River => "river",
        }
    }
}

/// A street or river as drawn in the middle of its gap.
#[derive(Debug, Clone)]
pub struct Course {
    /// What it is.
    pub way: Way,
    /// Half the width of the gap, m.
    pub half_width_m: f64,
    /// An invented name.
    pub name: String,
    /// Its points, m from the park's origin (later in the map).
    pub line: Vec<Point>,
}

/// Half width of the lanes inside blocks, m: contiguity at 12 m and more bridges them.
pub(crate) const LANE_HALF_M: f64 = 5.5;
/// Land kept free along each bank of a river, m.
const BANK_M: f64 = 4.0;

struct Line {
    at: f64,
    sway_m: f64,
    sway_over_m: f64,
    way: Way,
    half_m: f64,
    key: i64,
}

impl Line {
    fn position(&self, seed: u64, along: f64) -> f64 {
        self.at + self.sway_m * wave(seed, Use::Line, self.key, along, self.sway_over_m)
    }

    /// Half of the gap that the blocks leave.
    fn gap_half_m(&self) -> f64 {
        self.half_m + if self.way == Way::River { BANK_M } else { 0.0 }
    }

    /// Points drawn between two crossings.
    fn bends(&self) -> usize {
        if self.way == Way::River { 5 } else { 1 }
    }
}

/// Land between four lines: columns `i.0..i.1`, rows `j.0..j.1` of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) i: (usize, usize),
    pub(crate) j: (usize, usize),
}

pub(crate) struct Grid {
    seed: u64,
    /// Cosine and sine of the turn.
    turn: (f64, f64),
    columns: Vec<Line>,
    rows: Vec<Line>,
    /// Crossings in the street plane, by column, then row.
    crossings: Vec<Point>,
}

fn family(seed: u64, axis: i64, count: usize) -> Vec<Line> {
    let mut chance = Chance::new(seed, Use::Streets, axis, 0);
    // 2 to 3 rivers a family in a town of 20 lines, and as dense beyond; never two side by side.
    let rivers = (count / 9).max(1);
    let mut is_river = vec![false; count];
    for k in 0..rivers {
        let slot = count / rivers;
        let at = k * slot + 1 + chance.below(slot.saturating_sub(3).max(1));
        if at > 0 && at + 1 < count {
            is_river[at] = true;
        }
    }
    let mut lines = Vec::with_capacity(count);
    let mut at = 0.0;
    let mut to_arterial = 1;
    for (k, river) in is_river.into_iter().enumerate() {
        at += chance.between(340.0, 640.0) + if river { 60.0 } else { 0.0 };
        let (way, half_m) = if river {
            (Way::River, chance.between(10.0, 28.0))
        } else if to_arterial == 0 {
            to_arterial = 2 + chance.below(2);
            if chance.happens(0.4) { (Way::Trunk, 20.0) } else { (Way::Primary, 17.0) }
        } else {
            to_arterial -= 1;
            if chance.happens(0.45) { (Way::Secondary, 14.0) } else { (Way::Tertiary, 9.0) }
        };
        let (sway_m, sway_over_m) =
            if river { (chance.between(45.0, 70.0), 420.0) } else { (chance.between(6.0, 22.0), 1_500.0) };
        lines.push(Line { at, sway_m, sway_over_m, way, half_m, key: 2 * k as i64 + axis });
    }
    let middle = at / 2.0;
    for line in &mut lines {
        line.at -= middle;
    }
    lines
}

impl Grid {
    /// A grid of `cells` × `cells` blocks around the origin.
    pub(crate) fn new(seed: u64, cells: usize) -> Self {
        let columns = family(seed, 0, cells + 1);
        let rows = family(seed, 1, cells + 1);
        // A turn of 4° to 12° either way, by the half-angle formulas.
        let mut chance = Chance::new(seed, Use::Warp, -1, -1);
        let half = chance.between(0.035, 0.105) * if chance.happens(0.5) { 1.0 } else { -1.0 };
        let turn = ((1.0 - half * half) / (1.0 + half * half), 2.0 * half / (1.0 + half * half));
        let mut crossings = Vec::with_capacity(columns.len() * rows.len());
        for column in &columns {
            for row in &rows {
                // Both lines are graphs with slopes well below 1, so this contracts.
                let (mut u, mut v) = (column.at, row.at);
                for _ in 0..14 {
                    u = column.position(seed, v);
                    v = row.position(seed, u);
                }
                crossings.push([u, v]);
            }
        }
        Self { seed, turn, columns, rows, crossings }
    }

    fn crossing(&self, i: usize, j: usize) -> Point {
        self.crossings[i * self.rows.len() + j]
    }

    /// From the street plane to metres from the park's origin.
    fn bend(&self, [u, v]: Point) -> Point {
        const FAR: f64 = 1e7;
        let [u, v] = [
            u + 120.0 * surface(self.seed, Use::Warp, u, v, 2_600.0)
                + 450.0 * surface(self.seed, Use::Bend, u, v, 8_000.0),
            v + 120.0 * surface(self.seed, Use::Warp, u + FAR, v, 2_600.0)
                + 450.0 * surface(self.seed, Use::Bend, u + FAR, v, 8_000.0),
        ];
        [self.turn.0 * u - self.turn.1 * v, self.turn.1 * u + self.turn.0 * v]
    }

    /// Points of column line `i` from row `j` to just before row `j + 1`.
    fn up(&self, i: usize, j: usize) -> Vec<Point> {
        let line = &self.columns[i];
        let ([u0, from], [_, to]) = (self.crossing(i, j), self.crossing(i, j + 1));
        let parts = line.bends() + 1;
        (0..parts)
            .map(|k| {
                let v = from + (to - from) * k as f64 / parts as f64;
                self.bend([if k == 0 { u0 } else { line.position(self.seed, v) }, v])
            })
            .collect()
    }

    /// Points of row line `j` from column `i` to just before column `i + 1`.
    fn across(&self, i: usize, j: usize) -> Vec<Point> {
        let line = &self.rows[j];
        let ([from, v0], [to, _]) = (self.crossing(i, j), self.crossing(i + 1, j));
        let parts = line.bends() + 1;
        (0..parts)
            .map(|k| {
                let u = from + (to - from) * k as f64 / parts as f64;
                self.bend([u, if k == 0 { v0 } else { line.position(self.seed, u) }])
            })
            .collect()
    }

    /// All blocks, nearest to the middle first. Where a small collector ends, two cells make one block.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let (wide, high) = (self.columns.len() - 1, self.rows.len() - 1);
        let mut taken = vec![false; wide * high];
        let mut blocks = Vec::new();
        for j in 0..high {
            for i in 0..wide {
                if taken[j * wide + i] {
                    continue;
                }
                taken[j * wide + i] = true;
                let mut block = Block { i: (i, i + 1), j: (j, j + 1) };
                let choice = hash(self.seed, Use::Streets, i as i64, j as i64) % 100;
                if choice < 16
                    && i + 1 < wide
                    && self.columns[i + 1].way == Way::Tertiary
                    && !taken[j * wide + i + 1]
                {
                    taken[j * wide + i + 1] = true;
                    block.i.1 = i + 2;
                } else if choice >= 84 && j + 1 < high && self.rows[j + 1].way == Way::Tertiary {
                    taken[(j + 1) * wide + i] = true;
                    block.j.1 = j + 2;
                }
                blocks.push(block);
            }
        }
        let distance = |b: &Block| {
            let [u, v] = scale(add(self.crossing(b.i.0, b.j.0), self.crossing(b.i.1, b.j.1)), 0.5);
            // An uneven outline, somewhat wider than high.
            let reach = 1.0 + 0.12 * surface(self.seed, Use::Bend, u, v + 5e6, 3_000.0);
            (u * u / 1.3 + v * v * 1.3).sqrt() * reach
        };
        let mut by_distance: Vec<(f64, Block)> = blocks.into_iter().map(|b| (distance(&b), b)).collect();
        by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
        by_distance.into_iter().map(|(_, b)| b).collect()
    }

    /// The boundary of a block along the middle of the streets, counter-clockwise, with the gap kept from each edge and the
    /// cut of each corner, m.
    fn outline(&self, block: Block) -> (Ring, Vec<f64>, Vec<f64>) {
        let (mut ring, mut gaps, mut corners) = (Ring::new(), Vec::new(), Vec::new());
        let mut chance = Chance::new(self.seed, Use::Streets, -1 - block.i.0 as i64, block.j.0 as i64);
        let mut side = |points: Vec<Point>, gap: f64, first: bool, chance: &mut Chance| {
            for (k, p) in points.into_iter().enumerate() {
                ring.push(p);
                gaps.push(gap);
                // Sight triangles at street corners (切角).
                let cut =
                    if first && k == 0 && chance.happens(0.6) { chance.between(6.0, 16.0) } else { 0.0 };
                corners.push(cut);
            }
        };
        let reversed = |points: Vec<Point>, end: Point| {
            let mut back = vec![end];
            back.extend(points.into_iter().skip(1).rev());
            back
        };
        let (i, j) = (block.i, block.j);
        for at in i.0..i.1 {
            side(self.across(at, j.0), self.rows[j.0].gap_half_m(), at == i.0, &mut chance);
        }
        for at in j.0..j.1 {
            side(self.up(i.1, at), self.columns[i.1].gap_half_m(), at == j.0, &mut chance);
        }
        for at in (i.0..i.1).rev() {
            let end = self.bend(self.crossing(at + 1, j.1));
            side(
                reversed(self.across(at, j.1), end),
                self.rows[j.1].gap_half_m(),
                at + 1 == i.1,
                &mut chance,
            );
        }
        for at in (j.0..j.1).rev() {
            let end = self.bend(self.crossing(i.0, at + 1));
            side(reversed(self.up(i.0, at), end), self.columns[i.0].gap_half_m(), at + 1 == j.1, &mut chance);
        }
        (ring, gaps, corners)
    }

    /// The land of a block, or none where the streets leave nothing sound.
    pub(crate) fn land(&self, block: Block) -> Option<Ring> {
        let (outline, gaps, corners) = self.outline(block);
        Some(chamfer(&inset(&outline, &gaps)?, &corners))
    }

    /// Whether a river runs along the block.
    pub(crate) fn by_river(&self, block: Block) -> bool {
        [&self.columns[block.i.0], &self.columns[block.i.1], &self.rows[block.j.0], &self.rows[block.j.1]]
            .iter()
            .any(|line| line.way == Way::River)
    }

    /// Streets and rivers along `used` blocks.
    pub(crate) fn courses(&self, used: &[Block]) -> Vec<Course> {
        let (wide, high) = (self.columns.len() - 1, self.rows.len() - 1);
        let mut up = vec![false; (wide + 1) * high];
        let mut across = vec![false; (high + 1) * wide];
        for block in used {
            for j in block.j.0..block.j.1 {
                up[block.i.0 * high + j] = true;
                up[block.i.1 * high + j] = true;
            }
            for i in block.i.0..block.i.1 {
                across[block.j.0 * wide + i] = true;
                across[block.j.1 * wide + i] = true;
            }
        }
        let mut courses = Vec::new();
        for (i, line) in self.columns.iter().enumerate() {
            let end = |j: usize| self.bend(self.crossing(i, j));
            trace(&mut courses, line, "纵", i, &up[i * high..(i + 1) * high], |j| self.up(i, j), end);
        }
        for (j, line) in self.rows.iter().enumerate() {
            let end = |i: usize| self.bend(self.crossing(i, j));
            trace(&mut courses, line, "横", j, &across[j * wide..(j + 1) * wide], |i| self.across(i, j), end);
        }
        courses
    }
}

/// Appends one course for every run of used segments of a line.
fn trace(
    courses: &mut Vec<Course>,
    line: &Line,
    family: &str,
    number: usize,
    used: &[bool],
    segment: impl Fn(usize) -> Vec<Point>,
    end: impl Fn(usize) -> Point,
) {
    let mut at = 0;
    while at < used.len() {
        if !used[at] {
            at += 1;
            continue;
        }
        let mut points = Vec::new();
        while at < used.len() && used[at] {
            points.extend(segment(at));
            at += 1;
        }
        points.push(end(at));
        let kind = if line.way == Way::River { "河" } else { "路" };
        courses.push(Course {
            way: line.way,
            half_width_m: line.half_m,
            name: format!("示意{family}{number}{kind}"),
            line: points,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::park::shape::{area, is_simple};

    #[test]
    fn nearly_every_block_has_sound_land() {
        let grid = Grid::new(5, 24);
        let blocks = grid.blocks();
        let land: Vec<Ring> = blocks.iter().filter_map(|b| grid.land(*b)).collect();
        assert!(land.len() * 100 >= blocks.len() * 98, "{} of {}", land.len(), blocks.len());
        assert!(land.iter().all(|ring| is_simple(ring) && area(ring) > 0.0));
        let mean_ha = land.iter().map(|r| area(r)).sum::<f64>() / 1e4 / land.len() as f64;
        assert!((15.0..35.0).contains(&mean_ha), "{mean_ha}");
    }

    #[test]
    fn blocks_cover_every_cell_once() {
        let grid = Grid::new(6, 15);
        let cells: usize = grid.blocks().iter().map(|b| (b.i.1 - b.i.0) * (b.j.1 - b.j.0)).sum();
        assert_eq!(cells, 225);
        let courses = grid.courses(&grid.blocks());
        let rivers = courses.iter().filter(|c| c.way == Way::River).count();
        assert!((2..=8).contains(&rivers), "{rivers}");
    }
}
