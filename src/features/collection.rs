//! Feature collections: named, immutable tables of features in memory.
//!
//! A [`Collection`] is built once and never changes; a source puts a new one in the place of the old. It keeps typed columns
//! and corners, some 600 bytes a parcel; a feature's JSON is written when it is asked for, within a few microseconds.

use std::io::Write as _;
use std::sync::Arc;

use geo::{BoundingRect as _, Coord, LineString, MultiPolygon, Rect};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use sha2::{Digest as _, Sha256};

use super::areas::Areas;
use super::columns::ColumnData;
use super::systems::{Projector, System};
use crate::digits::put_fixed;

/// The parts a [`Collection`] is built from.
pub struct Parts {
    /// Its name in addresses: letters, digits, `-` and `_`.
    pub id: String,
    /// Its title for people.
    pub title: String,
    /// What it holds, in a sentence or two.
    pub description: String,
    /// One a column, as long as there are features.
    pub columns: Vec<ColumnData>,
    /// One a feature, longitude before latitude, in degrees of CRS84.
    pub lonlat: Areas,
    /// The same in the CRS they are kept in, easting before northing; empty when that is CRS84 itself.
    pub stored: Areas,
    /// The systems it is served in; CRS84 is the first.
    pub systems: Vec<System>,
    /// Which of them it is kept in; none when that has no address of its own.
    pub storage: Option<usize>,
    /// The way from one system to another.
    pub projector: Arc<dyn Projector>,
}

type Box2 = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// An immutable table of features with their shapes.
pub struct Collection {
    parts: Parts,
    version: String,
    extent: Option<Rect<f64>>,
    /// Of each feature; empty (minimum above maximum) for one without a place.
    boxes: Vec<[f64; 4]>,
    index: RTree<Box2>,
    /// The names of the columns as members of a feature's properties begin.
    keys: Vec<String>,
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collection").field("id", &self.parts.id).field("features", &self.len()).finish()
    }
}

/// A box that holds nothing.
const NOWHERE: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

impl Collection {
    /// Indexes the features.
    ///
    /// # Panics
    /// When the parts differ in length: a mistake of the program.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let parts = Parts { lonlat: parts.lonlat.shrunk(), stored: parts.stored.shrunk(), ..parts };
        let count = parts.lonlat.len();
        assert!(parts.columns.iter().all(|c| c.len() == count), "every column has a value a feature");
        assert!(parts.stored.is_empty() || parts.stored.len() == count, "every feature has a shape kept");
        let boxes: Vec<[f64; 4]> =
            (0..count).into_par_iter().map(|row| box_of(&parts.lonlat.get(row))).collect();
        let extent = boxes.iter().filter(|b| b[0] <= b[2]).fold(None, |all: Option<[f64; 4]>, b| {
            let a = all.unwrap_or(NOWHERE);
            Some([a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
        });
        let rectangles = boxes.iter().enumerate().filter(|(_, b)| b[0] <= b[2]).map(|(row, b)| {
            Box2::new(
                Rectangle::from_corners([b[0], b[1]], [b[2], b[3]]),
                u32::try_from(row).unwrap_or(u32::MAX),
            )
        });
        let index = RTree::bulk_load(rectangles.collect());
        let extent = extent.map(|b| Rect::new(Coord { x: b[0], y: b[1] }, Coord { x: b[2], y: b[3] }));
        let keys = parts.columns.iter().map(|c| format!("{}:", json_text(&c.name))).collect();
        let mut made = Self { parts, version: String::new(), extent, boxes, index, keys };
        made.version = made.digest();
        made
    }

    /// A hash of all features as they are written.
    fn digest(&self) -> String {
        const CHUNK: usize = 4096;
        let starts: Vec<usize> = (0..self.len()).step_by(CHUNK).collect();
        let part = |start: &usize| {
            let mut text = Vec::new();
            for row in *start..self.len().min(start + CHUNK) {
                self.put_feature(&mut text, row);
            }
            Sha256::digest(&text)
        };
        let parts: Vec<_> = starts.par_iter().map(part).collect();
        let mut whole = Sha256::new();
        for part in parts {
            whole.update(part);
        }
        whole.finalize()[..8].iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Its name in addresses.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.parts.id
    }

    /// Its title for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.parts.title
    }

    /// What it holds.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.parts.description
    }

    /// A name for its content: another content has another.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Number of features. Their ids are 1 to this.
    #[must_use]
    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[ColumnData] {
        &self.parts.columns
    }

    /// The position of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.parts.columns.iter().position(|c| c.name == name)
    }

    /// The systems it is served in, CRS84 first.
    #[must_use]
    pub fn systems(&self) -> &[System] {
        &self.parts.systems
    }

    /// The system it is kept in, where that has an address.
    #[must_use]
    pub fn storage(&self) -> Option<&System> {
        self.parts.storage.map(|at| &self.parts.systems[at])
    }

    /// The way from one system to another.
    #[must_use]
    pub fn projector(&self) -> &dyn Projector {
        self.parts.projector.as_ref()
    }

    /// The bounds in longitude and latitude; none when no feature has a place.
    #[must_use]
    pub fn extent(&self) -> Option<Rect<f64>> {
        self.extent
    }

    /// The bounds of a row: west, south, east, north; west is above east when it has no place.
    #[must_use]
    pub fn bounds(&self, row: usize) -> [f64; 4] {
        self.boxes[row]
    }

    /// A row's shape in longitude and latitude.
    #[must_use]
    pub fn lonlat(&self, row: usize) -> MultiPolygon<f64> {
        self.parts.lonlat.get(row)
    }

    /// A row's shape in the CRS it is kept in.
    #[must_use]
    pub fn stored(&self, row: usize) -> MultiPolygon<f64> {
        if self.parts.stored.is_empty() { self.lonlat(row) } else { self.parts.stored.get(row) }
    }

    /// The rows from `first` on whose bounds meet one of `boxes`, in order.
    #[must_use]
    pub fn rows_near(&self, boxes: &[[f64; 4]], first: usize) -> Box<dyn Iterator<Item = usize> + Send + '_> {
        // A box over much of the layer has more rows than a page: looking at the bounds in order ends when the page is
        // full, and costs a nanosecond a row.
        const MANY: usize = 20_000;
        let envelopes: Vec<_> =
            boxes.iter().map(|b| AABB::from_corners([b[0], b[1]], [b[2], b[3]])).collect();
        let found =
            envelopes.iter().flat_map(|envelope| self.index.locate_in_envelope_intersecting(envelope));
        let mut rows: Vec<usize> = found.take(MANY + 1).map(|found| found.data as usize).collect();
        if rows.len() <= MANY {
            rows.retain(|row| *row >= first);
            rows.sort_unstable();
            rows.dedup();
            return Box::new(rows.into_iter());
        }
        let boxes = boxes.to_vec();
        Box::new((first..self.len()).filter(move |row| {
            let own = self.boxes[*row];
            boxes.iter().any(|b| own[0] <= b[2] && own[2] >= b[0] && own[1] <= b[3] && own[3] >= b[1])
        }))
    }

    /// Appends a row's whole JSON, in longitude and latitude.
    pub fn put_feature(&self, out: &mut Vec<u8>, row: usize) {
        self.put_until_geometry(out, row);
        put_geometry(out, &self.lonlat(row), &self.parts.systems[0]);
        out.push(b'}');
    }

    /// Appends a row's JSON up to its geometry, which is its last member.
    pub fn put_until_geometry(&self, out: &mut Vec<u8>, row: usize) {
        // Writing into memory cannot fail.
        let _ = write!(out, "{{\"type\":\"Feature\",\"id\":{},\"properties\":{{", row + 1);
        for (at, (column, key)) in self.parts.columns.iter().zip(&self.keys).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            column.put_json(out, row);
        }
        out.extend_from_slice(b"},\"geometry\":");
    }
}

fn box_of(shape: &MultiPolygon<f64>) -> [f64; 4] {
    match shape.bounding_rect() {
        Some(r) if located(shape) => [r.min().x, r.min().y, r.max().x, r.max().y],
        _ => NOWHERE,
    }
}

fn located(shape: &MultiPolygon<f64>) -> bool {
    rings(shape).flat_map(|ring| &ring.0).all(|c| c.x.is_finite() && c.y.is_finite())
}

fn rings(shape: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
}

/// A text as JSON.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// Appends a shape, whose x is the easting or longitude, in the axis order of `system`; null when it has no place.
/// Always a MultiPolygon, so that a client that looks at the first feature knows the type of all.
pub fn put_geometry(out: &mut Vec<u8>, shape: &MultiPolygon<f64>, system: &System) {
    if shape.0.is_empty() || !located(shape) {
        out.extend_from_slice(b"null");
        return;
    }
    out.extend_from_slice(b"{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (at, polygon) in shape.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
        for (at, ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
            out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
            for (at, c) in ring.0.iter().enumerate() {
                let (first, second) = system.in_order(c.x, c.y);
                out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
                put_fixed(out, first, system.decimals);
                out.push(b',');
                put_fixed(out, second, system.decimals);
                out.push(b']');
            }
            out.push(b']');
        }
        out.push(b']');
    }
    out.extend_from_slice(b"]}");
}
