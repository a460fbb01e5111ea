//! Hand-made layers for tests, drawn as text.
//!
//! Every letter is a square of 100 m, one column and one line apart: `k` stays in the zone, `o` stays outside, `i`
//! comes in, `x` leaves; anything else is no parcel. The first two lines are sub-park `north`, the rest `south`. Squares side by side face each other over 100 m, also on a map
//! where they belong to different kinds.

use geo::{MultiPolygon, Rect, coord};

use crate::adjacency::{Adjacency, Facing};
use crate::id::{ParcelId, ParcelIdx, PartIdx};
use crate::parcel::{Crs, Layer, Parcel};
use crate::parts::Parts;
use crate::table::Table;
use crate::units::{Area, SquareMetres};

/// A drawn park. Parcels are named by line and column: `a1`, `a2`, …, `b1`.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) layer: Layer,
    pub(crate) adjacency: Adjacency,
    pub(crate) area_m2: Vec<f64>,
    pub(crate) before: Vec<bool>,
    pub(crate) after: Vec<bool>,
}

pub(crate) fn draw(map: &str) -> Drawn {
    let cells: Vec<(usize, usize, char)> = map
        .lines()
        .enumerate()
        .flat_map(|(row, line)| line.chars().enumerate().map(move |(column, c)| (row, column, c)))
        .filter(|(_, _, c)| "koix".contains(*c))
        .collect();
    let at = |row: usize, column: usize| cells.iter().position(|c| (c.0, c.1) == (row, column));
    let mut pairs = Vec::new();
    let mut exposed = vec![400.0; cells.len()];
    for (here, &(row, column, _)) in cells.iter().enumerate() {
        for there in [at(row, column + 1), at(row + 1, column)].into_iter().flatten() {
            pairs.push(Facing { a: ParcelIdx::from_at(here), b: ParcelIdx::from_at(there), facing_m: 100.0 });
            exposed[here] -= 100.0;
            exposed[there] -= 100.0;
        }
    }
    let before: Vec<bool> = cells.iter().map(|c| "kx".contains(c.2)).collect();
    let parcels: Vec<Parcel> = cells
        .iter()
        .enumerate()
        .map(|(n, &(row, column, _))| {
            let (x, y) = (100.0 * column as f64, -100.0 * row as f64);
            let square = Rect::new(coord! { x: x, y: y }, coord! { x: x + 100.0, y: y + 100.0 });
            let area = SquareMetres(1e4);
            let name = format!("{}{}", char::from(b'a' + row as u8), column + 1);
            Parcel {
                id: ParcelId(name.clone()),
                code: Some(name),
                shape: MultiPolygon(vec![square.to_polygon()]),
                area: Area { ellipsoidal: area, planar: area, registered: None },
                in_zone: before[n],
                sub_park: Some(if row < 2 { "north" } else { "south" }.into()),
                source_row: n,
            }
        })
        .collect();
    let table = Table::new(parcels.len(), Vec::new());
    Drawn {
        area_m2: vec![1e4; parcels.len()],
        layer: Layer::new("drawn".into(), Crs::default(), parcels, table),
        adjacency: Adjacency::from_pairs(pairs, exposed),
        after: cells.iter().map(|c| "ki".contains(c.2)).collect(),
        before,
    }
}

impl Drawn {
    /// The same land with some squares in one parcel of several parts: those of one group that are on the same sides. A parcel
    /// has the name of its first square.
    pub(crate) fn grouped(&self, group: impl Fn(usize) -> usize) -> Self {
        let key = |at: usize| (self.before[at], self.after[at], group(at));
        let mut squares: Vec<Vec<usize>> = Vec::new();
        for at in 0..self.layer.len() {
            match squares.iter_mut().find(|own| key(own[0]) == key(at)) {
                Some(own) => own.push(at),
                None => squares.push(vec![at]),
            }
        }
        let several = (0_u32..).zip(&squares).filter(|(_, own)| own.len() > 1);
        let shares = |own: &Vec<usize>| vec![1.0 / own.len() as f64; own.len()];
        let parts = Parts::new(squares.len(), several.map(|(parcel, own)| (parcel, shares(own))));
        let mut part_of = vec![0; self.layer.len()];
        for (parcel, own) in (0_u32..).zip(&squares) {
            own.iter().zip(parts.of(parcel)).for_each(|(at, part)| part_of[*at] = part);
        }
        let part = |idx: ParcelIdx| PartIdx(part_of[idx.at()]);
        let pairs = self.adjacency.pairs().map(|pair| {
            let (a, b) = (part(pair.a), part(pair.b));
            Facing { a: a.min(b), b: a.max(b), facing_m: pair.facing_m }
        });
        let mut exposed_m = vec![0.0; part_of.len()];
        for (at, part) in part_of.iter().enumerate() {
            exposed_m[*part as usize] = self.adjacency.exposed_m()[at];
        }
        let adjacency = Adjacency::from_parts(parts, pairs.collect(), exposed_m);
        let area_m2: Vec<f64> = squares.iter().map(|own| 1e4 * own.len() as f64).collect();
        let parcels = squares.iter().zip(&area_m2).enumerate().map(|(row, (own, area_m2))| {
            let area = SquareMetres(*area_m2);
            let shapes = own.iter().flat_map(|at| self.layer.parcels()[*at].shape.0.clone());
            Parcel {
                shape: MultiPolygon(shapes.collect()),
                area: Area { ellipsoidal: area, planar: area, registered: None },
                source_row: row,
                ..self.layer.parcels()[own[0]].clone()
            }
        });
        let parcels: Vec<Parcel> = parcels.collect();
        let table = Table::new(parcels.len(), Vec::new());
        let side = |sides: &[bool]| squares.iter().map(|own| sides[own[0]]).collect();
        Self {
            layer: Layer::new("drawn".into(), Crs::default(), parcels, table),
            adjacency,
            area_m2,
            before: side(&self.before),
            after: side(&self.after),
        }
    }

    /// The position of the parcel of that name.
    pub(crate) fn at(&self, name: &str) -> usize {
        self.layer.parcels().iter().position(|p| p.id.0 == name).unwrap()
    }
}
