//! What became of parcels from one year to another, as tables and layers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use parcels::id::ParcelIdx;
use parcels::message;
use parcels::message::Message;
use parcels::parcel::{Crs, Layer};
use parcels::progress::Monitor;
use parcels::revise::{Kind, Revision, Total};
use parcels::units::SquareCentimetres;

use super::csv_for_people::CsvForPeople;
use super::feature_layer::{Cell, Column, Features, Kind as Holds, Shapes};
use super::{geojson, gpkg};
use crate::error::{Context as _, ErrorKind, Result};
use crate::messages::{Language, Reader, render};

/// What the folder of a revision holds.
pub const REVISION_FILES: [&str; 7] = [
    "revision.json",
    "summary.csv",
    "changes.csv",
    "revision.gpkg",
    "revision.geojson",
    "issues_old.csv",
    "issues_new.csv",
];

/// Areas in layers, m².
const AREA: Holds = Holds::Real { decimals: 4 };

/// Both years and what became of their parcels. The layers are in one CRS.
#[derive(Clone, Copy)]
pub struct RevisionOutput<'a> {
    /// The old layer.
    pub old: &'a Layer,
    /// The new layer.
    pub new: &'a Layer,
    /// What became of them.
    pub revision: &'a Revision,
    /// The CRS that layers are written in.
    pub to: &'a Crs,
}

/// What a kind of change is called.
#[must_use]
pub fn name(kind: Kind) -> Message {
    match kind {
        Kind::Unchanged => message!("change-unchanged"),
        Kind::Recoded => message!("change-recoded"),
        Kind::Reshaped => message!("change-reshaped"),
        Kind::Split => message!("change-split"),
        Kind::Merged => message!("change-merged"),
        Kind::Rearranged => message!("change-rearranged"),
        Kind::Gone => message!("change-gone"),
        Kind::New => message!("change-new"),
    }
}

/// The same in Chinese; found once, for there are many rows.
fn zh(kind: Kind) -> &'static str {
    static NAMES: LazyLock<BTreeMap<Kind, String>> = LazyLock::new(|| {
        Kind::ALL.map(|kind| (kind, render(&name(kind), Language::Zh, Reader::Terminal))).into()
    });
    NAMES.get(&kind).map_or("", String::as_str)
}

/// Writes `summary.csv`, `changes.csv`, `revision.gpkg` and `revision.geojson` into the folder `to`.
///
/// # Errors
/// When a file cannot be written, or the monitor says stop.
pub fn write(to: &Path, out: &RevisionOutput<'_>, monitor: &dyn Monitor) -> Result<()> {
    put(&to.join("summary.csv"), &summary(out.revision)?)?;
    put(&to.join("changes.csv"), &changes(out)?)?;
    let sides = Sides::of(out.revision);
    let all =
        |side| (0..sides.of_side(side).len()).map(|at| (side, ParcelIdx::from_at(at))).collect::<Vec<_>>();
    let (old, new) = (all(Side::Old), all(Side::New));
    let new_layer = features("parcels_new", out, &sides, new.clone(), false);
    let old_layer = features("parcels_old", out, &sides, old.clone(), false);
    gpkg::write(&to.join("revision.gpkg"), &[&new_layer, &old_layer], out.old.crs(), out.to, monitor)?;
    // A map of the new year, and where parcels were that it has no more.
    let gone = |(_, idx): &(Side, ParcelIdx)| out.revision.changes[sides.old[idx.at()]].kind == Kind::Gone;
    let shown = new.into_iter().chain(old.into_iter().filter(gone)).collect();
    let map = features("revision", out, &sides, shown, true);
    geojson::write(&to.join("revision.geojson"), &map, out.old.crs(), monitor)
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes)
        .context(ErrorKind::Unwritable, message!("writing-file", file = path.display()))
}

/// A table as CSV.
fn table(mut rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut table = CsvForPeople::new(message!("putting-table-together"));
    rows.try_for_each(|row| table.row(row))?;
    table.bytes()
}

/// A row a kind, and one of all.
fn summary(revision: &Revision) -> Result<Vec<u8>> {
    let totals = revision.totals();
    let row = |name: &str, zh: &str, total: Total| {
        let Total { old, old_area, new, new_area } = total;
        [name, zh].map(str::to_owned).into_iter().chain([
            old.to_string(),
            old_area.to_string(),
            new.to_string(),
            new_area.to_string(),
        ])
    };
    let head = ["kind", "kind_zh", "old_parcels", "old_area_m2", "new_parcels", "new_area_m2"];
    let kinds = Kind::ALL
        .into_iter()
        .map(|kind| row(kind.name(), zh(kind), totals.get(&kind).copied().unwrap_or_default()).collect());
    let all = totals.values().fold(Total::default(), |all, t| Total {
        old: all.old + t.old,
        old_area: all.old_area + t.old_area,
        new: all.new + t.new,
        new_area: all.new_area + t.new_area,
    });
    let head = head.map(str::to_owned).to_vec();
    table(std::iter::once(head).chain(kinds).chain([row("total", "合计", all).collect()]))
}

/// A row a piece of land: common to an old and a new parcel, or of one alone. The rows of a parcel add up to its area, those
/// that name an old parcel to the old layer, those that name a new one to the new layer.
fn changes(out: &RevisionOutput<'_>) -> Result<Vec<u8>> {
    let RevisionOutput { old, new, revision, .. } = out;
    let head = ["change", "kind", "kind_zh", "old_parcel", "old_code", "new_parcel", "new_code", "area_m2"];
    let sides = Sides::of(revision);
    let names = |layer: &Layer, idx: Option<ParcelIdx>| {
        let parcel = idx.map(|idx| &layer[idx]);
        [
            parcel.map(|p| p.id.0.clone()).unwrap_or_default(),
            parcel.and_then(|p| p.code.clone()).unwrap_or_default(),
        ]
    };
    // By change; within it common land first, then what the old and the new parcels have besides.
    let mut pieces: Vec<(usize, Option<ParcelIdx>, Option<ParcelIdx>, SquareCentimetres)> = Vec::new();
    for o in &revision.overlaps {
        pieces.push((sides.old[o.old.at()], Some(o.old), Some(o.new), o.area));
    }
    let besides = |of: &[SquareCentimetres]| -> Vec<(ParcelIdx, SquareCentimetres)> {
        let all = of.iter().enumerate().map(|(at, area)| (ParcelIdx::from_at(at), *area));
        all.filter(|(_, area)| area.0 != 0).collect()
    };
    for (i, area) in besides(&revision.lost) {
        pieces.push((sides.old[i.at()], Some(i), None, area));
    }
    for (j, area) in besides(&revision.gained) {
        pieces.push((sides.new[j.at()], None, Some(j), area));
    }
    pieces.sort_by_key(|(change, i, j, _)| (*change, i.is_none(), j.is_none(), *i, *j));
    let rows = pieces.into_iter().map(|(change, i, j, area)| {
        let kind = revision.changes[change].kind;
        let mut row = vec![(change + 1).to_string(), kind.name().to_owned(), zh(kind).to_owned()];
        row.extend(names(old, i));
        row.extend(names(new, j));
        row.push(area.to_string());
        row
    });
    table(std::iter::once(head.map(str::to_owned).to_vec()).chain(rows))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// The change that every parcel is part of.
struct Sides {
    old: Vec<usize>,
    new: Vec<usize>,
}

impl Sides {
    fn of(revision: &Revision) -> Self {
        let (mut old, mut new) = (vec![0; revision.old_area.len()], vec![0; revision.new_area.len()]);
        for (at, change) in revision.changes.iter().enumerate() {
            change.old.iter().for_each(|i| old[i.at()] = at);
            change.new.iter().for_each(|j| new[j.at()] = at);
        }
        Self { old, new }
    }

    fn of_side(&self, side: Side) -> &[usize] {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }
}

/// Some parcels of both years as a layer; with their year where it holds both.
fn features<'a>(
    name: &str,
    out: &'a RevisionOutput<'a>,
    sides: &'a Sides,
    rows: Vec<(Side, ParcelIdx)>,
    with_year: bool,
) -> Features<'a> {
    let RevisionOutput { old, new, revision, .. } = *out;
    let rows = std::sync::Arc::new(rows);
    let shapes = rows.iter().map(|(side, idx)| match side {
        Side::Old => Cow::Borrowed(&old[*idx].shape),
        Side::New => Cow::Borrowed(&new[*idx].shape),
    });
    let shapes = Shapes::Areas(shapes.collect());
    let parcel = move |(side, idx): (Side, ParcelIdx)| match side {
        Side::Old => &old[idx],
        Side::New => &new[idx],
    };
    let change = move |(side, idx): (Side, ParcelIdx)| sides.of_side(side)[idx.at()];
    let column =
        |name: &str, holds: Holds, cell: Box<dyn Fn((Side, ParcelIdx)) -> Cell<'a> + Send + Sync + 'a>| {
            let rows = rows.clone();
            Column::new(name, holds, move |at| cell(rows[at]))
        };
    let area = |old_area: &'a [SquareCentimetres], new_area: &'a [SquareCentimetres]| {
        move |(side, idx): (Side, ParcelIdx)| match side {
            Side::Old => Cell::Real(old_area[idx.at()].m2()),
            Side::New => Cell::Real(new_area[idx.at()].m2()),
        }
    };
    let others = move |at: (Side, ParcelIdx)| {
        let change = &revision.changes[change(at)];
        let names: Vec<&str> = match at.0 {
            Side::Old => change.new.iter().map(|j| new[*j].id.0.as_str()).collect(),
            Side::New => change.old.iter().map(|i| old[*i].id.0.as_str()).collect(),
        };
        if names.is_empty() { Cell::Null } else { Cell::Text(names.join(", ").into()) }
    };
    let kind = move |at| revision.changes[change(at)].kind;
    let year = move |(side, _)| Cell::text(Some(if side == Side::Old { "old" } else { "new" }));
    let mut columns = vec![
        column("parcel", Holds::Text, Box::new(move |at| Cell::text(Some(&parcel(at).id.0)))),
        column("code", Holds::Text, Box::new(move |at| Cell::text(parcel(at).code.as_deref()))),
        column("kind", Holds::Text, Box::new(move |at| Cell::text(Some(kind(at).name())))),
        column("kind_zh", Holds::Text, Box::new(move |at| Cell::text(Some(zh(kind(at)))))),
        column("change", Holds::Whole, Box::new(move |at| Cell::whole(Some(change(at) + 1)))),
        column("counterpart", Holds::Text, Box::new(others)),
        column("area_m2", AREA, Box::new(area(&revision.old_area, &revision.new_area))),
        column("alone_m2", AREA, Box::new(area(&revision.lost, &revision.gained))),
    ];
    if with_year {
        columns.insert(0, column("year", Holds::Text, Box::new(year)));
    }
    Features { name: name.into(), columns, shapes }
}
