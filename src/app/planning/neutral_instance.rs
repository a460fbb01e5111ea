//! A neutral instance of the bare problem, read from CSV.

use std::path::Path;

use parcels::message;
use parcels::message::Message;
use parcels::optimise::{Link, Lock, Problem};
use parcels::parts::Parts;
use serde::Deserialize;

use crate::app::planning::unit_names::Names;
use crate::error::{Context as _, Error, ErrorKind, Result};

/// Units and edges as read; every list holds one value a unit, in the file's order.
pub struct Instance {
    units: Units,
    area: Vec<f64>,
    in_zone: Vec<bool>,
    exposed: Vec<f64>,
    links: Vec<Link>,
}

/// What a problem does not hold of its units.
pub(crate) struct Units {
    pub(crate) names: Names,
    /// NaN where it is unknown.
    pub(crate) score: Vec<f64>,
    /// The lock as stated, without what an unknown score asks.
    pub(crate) stated: Vec<Lock>,
}

/// The parameters of one solve; areas and lengths in the instance's own units.
#[derive(Debug, Clone, Copy)]
pub struct SolveParameters {
    /// λ.
    pub lambda: f64,
    /// κ.
    pub kappa: f64,
    /// Share of the present area.
    pub area_tolerance: f64,
    /// Least area of a block without a locked-in unit.
    pub min_block: f64,
    /// η.
    pub edge_factor: f64,
}

#[derive(Deserialize)]
struct UnitRow<'a> {
    id: &'a str,
    area: f64,
    score: Option<f64>,
    in_zone: u8,
    #[serde(default)]
    lock: Option<i8>,
    #[serde(default)]
    exposed: Option<f64>,
}

#[derive(Deserialize)]
struct EdgeRow<'a> {
    i: &'a str,
    j: &'a str,
    w: f64,
}

/// A table, read row by row.
pub(crate) struct Rows<'a> {
    path: &'a Path,
    reader: csv::Reader<std::fs::File>,
    headers: csv::StringRecord,
    record: csv::StringRecord,
}

impl<'a> Rows<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self> {
        let reading = || message!("reading-file", file = path.display());
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .context(ErrorKind::Unreadable, reading())?;
        let headers = reader.headers().context(ErrorKind::Unreadable, reading())?.clone();
        Ok(Self { path, reader, headers, record: csv::StringRecord::new() })
    }

    /// The next row, which borrows its texts; none at the end.
    pub(crate) fn next<'r, T: Deserialize<'r>>(&'r mut self) -> Result<Option<T>> {
        let reading = || message!("reading-file", file = self.path.display());
        if !self.reader.read_record(&mut self.record).context(ErrorKind::Unreadable, reading())? {
            return Ok(None);
        }
        self.record.deserialize(Some(&self.headers)).map(Some).context(ErrorKind::Unreadable, reading())
    }
}

pub(crate) fn wrong(path: &Path, row: usize, what: &Message) -> Error {
    Error::new(ErrorKind::Unreadable, message!("data-row", file = path.display(), row = row + 1, what = what))
}

pub(crate) fn lock_of(number: i8) -> std::result::Result<Lock, Message> {
    match number {
        1 => Ok(Lock::In),
        0 => Ok(Lock::Free),
        -1 => Ok(Lock::Out),
        other => Err(message!("lock-unknown", lock = other.to_string())),
    }
}

/// A missing score leaves the unit where it is, as for a parcel.
pub(crate) fn held(stated: Lock, score: f64, in_zone: bool) -> Lock {
    match (stated, score.is_nan(), in_zone) {
        (Lock::Free, true, true) => Lock::In,
        (Lock::Free, true, false) => Lock::Out,
        (stated, _, _) => stated,
    }
}

/// Worth of holding each unit: area × (score − area-weighted mean score); 0 without a score.
pub(crate) fn values(area: &[f64], score: &[f64]) -> Vec<f64> {
    let known = || area.iter().zip(score).filter(|(_, s)| !s.is_nan());
    let tau = known().map(|(a, s)| a * s).sum::<f64>() / known().map(|(a, _)| a).sum::<f64>();
    let value = |(a, s): (&f64, &f64)| if s.is_nan() { 0.0 } else { a * (s - tau) };
    area.iter().zip(score).map(value).collect()
}

/// Total area of the units in `x`.
pub(crate) fn sum(area: &[f64], x: &[bool]) -> f64 {
    area.iter().zip(x).filter(|(_, x)| **x).map(|(a, _)| a).sum()
}

impl Instance {
    /// Reads units and edges. A missing score leaves the unit where it is, as for a parcel.
    ///
    /// # Errors
    /// A file that cannot be read, a number that makes no sense, an edge to a unit that is not there.
    pub fn read(units: &Path, edges: &Path) -> Result<Self> {
        let mut instance = Self::read_units(units)?;
        let names = &instance.units.names;
        let positions = names
            .positions()
            .map_err(|at| wrong(units, at, &message!("unit-twice", unit = names.get(at))))?;
        let mut rows = Rows::open(edges)?;
        let mut at = 0;
        while let Some(row) = rows.next::<EdgeRow<'_>>()? {
            let find = |id: &str| {
                positions
                    .get(id)
                    .copied()
                    .ok_or_else(|| wrong(edges, at, &message!("no-such-unit", unit = id)))
            };
            let (a, b) = (find(row.i)?, find(row.j)?);
            if !(row.w >= 0.0 && row.w.is_finite()) {
                return Err(wrong(edges, at, &message!("edge-length-wrong", w = row.w)));
            }
            if a != b && row.w > 0.0 {
                instance.links.push(Link { a: a.min(b), b: a.max(b), length: row.w, contiguous: true });
            }
            at += 1;
        }
        // A list that grows keeps up to as much again in reserve.
        instance.links.shrink_to_fit();
        Ok(instance)
    }

    fn read_units(units: &Path) -> Result<Self> {
        let mut instance = Self {
            units: Units { names: Names::default(), score: Vec::new(), stated: Vec::new() },
            area: Vec::new(),
            in_zone: Vec::new(),
            exposed: Vec::new(),
            links: Vec::new(),
        };
        let mut rows = Rows::open(units)?;
        let mut at = 0;
        while let Some(row) = rows.next::<UnitRow<'_>>()? {
            if !(row.area > 0.0 && row.area.is_finite()) {
                return Err(wrong(units, at, &message!("unit-area-wrong", area = row.area, unit = row.id)));
            }
            let lock = lock_of(row.lock.unwrap_or(0))
                .map_err(|what| wrong(units, at, &message!("of-unit", what = what, unit = row.id)))?;
            if row.in_zone > 1 {
                return Err(wrong(
                    units,
                    at,
                    &message!("unit-in-zone-wrong", in_zone = row.in_zone, unit = row.id),
                ));
            }
            if row.score.is_some_and(|s| !s.is_finite())
                || row.exposed.is_some_and(|e| !(e >= 0.0 && e.is_finite()))
            {
                return Err(wrong(units, at, &message!("unit-score-wrong", unit = row.id)));
            }
            instance.units.names.push(row.id);
            instance.units.score.push(row.score.unwrap_or(f64::NAN));
            instance.units.stated.push(lock);
            instance.area.push(row.area);
            instance.in_zone.push(row.in_zone == 1);
            instance.exposed.push(row.exposed.unwrap_or(0.0));
            at += 1;
        }
        if at == 0 {
            return Err(Error::new(ErrorKind::Unreadable, message!("no-units", file = units.display())));
        }
        Ok(instance)
    }

    /// The problem, and what it does not hold of the units.
    pub(crate) fn into_problem(self, limits: &SolveParameters) -> (Units, Problem) {
        let Self { units, area, in_zone, exposed, links } = self;
        let before = sum(&area, &in_zone);
        let lock = units
            .stated
            .iter()
            .zip(units.score.iter().zip(&in_zone))
            .map(|(stated, (score, in_zone))| held(*stated, *score, *in_zone))
            .collect();
        let problem = Problem {
            value: values(&area, &units.score),
            area,
            in_zone,
            lock,
            exposed,
            links,
            parts: Parts::default(),
            lambda: limits.lambda,
            edge_factor: limits.edge_factor,
            kappa: limits.kappa,
            area_min: before * (1.0 - limits.area_tolerance),
            area_max: before * (1.0 + limits.area_tolerance),
            moved_area_max: f64::INFINITY,
            moved_units_max: usize::MAX,
            min_block: limits.min_block,
            small_block_price: f64::INFINITY,
            no_new_small: false,
            new_block: 0.0,
            blocks_max: usize::MAX,
            concentration_min: 0.0,
            concentration_price: f64::INFINITY,
            limits: Vec::new(),
            holes: None,
        };
        (units, problem)
    }
}
