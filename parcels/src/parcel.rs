//! Parcels as read ([`RawLayer`]) and as valid, immutable snapshots ([`Layer`]).

use std::collections::BTreeSet;

use geo::{Coord, LineString, MultiPolygon};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{LayerId, ParcelId, ParcelIdx};
use crate::table::{Table, Value};
use crate::units::Area;

/// The coordinate reference system of a layer, as a label: the shell does the transforming.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crs {
    /// Its name, for people.
    pub name: String,
    /// Its EPSG code, when it has one.
    pub epsg: Option<u32>,
    /// Its definition as WKT.
    pub wkt: String,
}

/// One feature's geometry as read, in the metric CRS of its layer.
#[derive(Debug, Clone, PartialEq)]
pub enum RawShape {
    /// The feature has no geometry.
    Null,
    /// It has one without a single point.
    Empty,
    /// Polygons, perhaps invalid, perhaps with coordinates that are not finite.
    Polygons {
        /// The rings as read, in two dimensions.
        shape: MultiPolygon<f64>,
        /// The input carried heights, which were left aside.
        had_z: bool,
        /// The input carried measures, which were left aside.
        had_m: bool,
        /// The input carried curves, which were replaced by chords.
        had_curves: bool,
    },
    /// Something that is no polygon (`"Point"`, `"LineString"`, …).
    Other(String),
}

/// A layer as read: nothing checked, nothing repaired.
#[derive(Debug, Clone)]
pub struct RawLayer {
    /// The layer's name in its file.
    pub name: String,
    /// The metric CRS of the shapes.
    pub crs: Crs,
    /// One geometry a feature, in m.
    pub shapes: Vec<RawShape>,
    /// One row of attributes a feature.
    pub table: Table,
}

/// Takes coordinates of a layer's CRS to longitude and latitude in degrees. The shell implements it with PROJ.
pub trait Geodesy: Sync {
    /// Replaces every (x, y) in m by (longitude, latitude) in degrees on [`Geodesy::ellipsoid`]; what cannot be
    /// transformed becomes NaN.
    fn to_lonlat(&self, coords: &mut [Coord<f64>]);

    /// Semi-major axis in m and flattening of the ellipsoid the degrees refer to. CGCS2000's by default.
    fn ellipsoid(&self) -> (f64, f64) {
        (6_378_137.0, 1.0 / 298.257_222_101)
    }
}

/// A valid parcel.
#[derive(Debug, Clone, PartialEq)]
pub struct Parcel {
    /// Unique within the layer.
    pub id: ParcelId,
    /// The code as the input states it, the key of joins; several parcels may share one. None when it states none.
    pub code: Option<String>,
    /// Valid polygons in the layer's CRS, m: exterior rings counter-clockwise, holes clockwise, no repeated points.
    pub shape: MultiPolygon<f64>,
    /// Its area on every basis known.
    pub area: Area,
    /// Whether it belongs to the zone now.
    pub in_zone: bool,
    /// The sub-park (子园) it belongs to or would belong to.
    pub sub_park: Option<String>,
    /// Position of its feature in the input, from 0.
    pub source_row: usize,
}

/// Valid parcels of one moment: immutable, ordered as the input, named by a hash of their content.
#[derive(Debug, Clone)]
pub struct Layer {
    id: LayerId,
    name: String,
    crs: Crs,
    parcels: Vec<Parcel>,
    table: Table,
}

impl Layer {
    /// Freezes parcels into a layer; `table` holds one row a parcel. Only [`crate::validate`] calls it, for the
    /// parcels have to be valid and their ids unique.
    pub(crate) fn new(name: String, crs: Crs, parcels: Vec<Parcel>, table: Table) -> Self {
        assert_eq!(parcels.len(), table.rows(), "one row of attributes a parcel");
        let id = content_hash(&crs, &parcels, &table);
        Self { id, name, crs, parcels, table }
    }

    /// A layer as it was frozen before and kept since, under the id it was given then: it stays readable under that when
    /// what is valid, or how content is hashed, is seen otherwise later. None where these parts make no layer: not one row a
    /// parcel, or two parcels of one id.
    #[must_use]
    pub fn restored(id: LayerId, name: String, crs: Crs, parcels: Vec<Parcel>, table: Table) -> Option<Self> {
        let ids: BTreeSet<&ParcelId> = parcels.iter().map(|parcel| &parcel.id).collect();
        let whole = parcels.len() == table.rows() && ids.len() == parcels.len();
        whole.then_some(Self { id, name, crs, parcels, table })
    }

    /// The same parcels with another present zone, by position.
    ///
    /// # Panics
    /// When `in_zone` holds not one answer a parcel.
    #[must_use]
    pub fn with_zone(mut self, in_zone: &[bool]) -> Self {
        assert_eq!(in_zone.len(), self.parcels.len(), "one answer a parcel");
        for (parcel, now) in self.parcels.iter_mut().zip(in_zone) {
            parcel.in_zone = *now;
        }
        self.id = content_hash(&self.crs, &self.parcels, &self.table);
        self
    }

    /// The hash of everything in the layer.
    #[must_use]
    pub fn id(&self) -> &LayerId {
        &self.id
    }

    /// The layer's name in its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The metric CRS of the shapes.
    #[must_use]
    pub fn crs(&self) -> &Crs {
        &self.crs
    }

    /// The parcels, in the input's order.
    #[must_use]
    pub fn parcels(&self) -> &[Parcel] {
        &self.parcels
    }

    /// The attributes, one row a parcel.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Number of parcels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parcels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// Positions with their parcels.
    pub fn iter(&self) -> impl Iterator<Item = (ParcelIdx, &Parcel)> {
        self.parcels.iter().enumerate().map(|(at, parcel)| (ParcelIdx::from_at(at), parcel))
    }
}

impl std::ops::Index<ParcelIdx> for Layer {
    type Output = Parcel;
    fn index(&self, idx: ParcelIdx) -> &Parcel {
        &self.parcels[idx.at()]
    }
}

/// A line that cuts contiguity where it runs between parcels: a road of some class, a railway, a river.
#[derive(Debug, Clone, PartialEq)]
pub struct Barrier {
    /// Its course in the layer's CRS, m.
    pub line: LineString<f64>,
    /// Half its width, m.
    pub half_width_m: f64,
    /// What it is, for people ("trunk", "river").
    pub kind: String,
}

fn content_hash(crs: &Crs, parcels: &[Parcel], table: &Table) -> LayerId {
    let mut hash = Sha256::new();
    let text = |hash: &mut Sha256, t: &str| {
        hash.update((t.len() as u64).to_le_bytes());
        hash.update(t.as_bytes());
    };
    text(&mut hash, "lianpian layer 1");
    text(&mut hash, &crs.wkt);
    for parcel in parcels {
        text(&mut hash, &parcel.id.0);
        text(&mut hash, parcel.code.as_deref().unwrap_or("\0"));
        text(&mut hash, parcel.sub_park.as_deref().unwrap_or("\0"));
        hash.update([u8::from(parcel.in_zone)]);
        hash.update(parcel.area.registered.map_or(f64::NAN, |a| a.0).to_bits().to_le_bytes());
        for polygon in &parcel.shape {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                hash.update((ring.0.len() as u64).to_le_bytes());
                for c in &ring.0 {
                    hash.update(c.x.to_bits().to_le_bytes());
                    hash.update(c.y.to_bits().to_le_bytes());
                }
            }
            hash.update(b"|");
        }
    }
    for column in table.columns() {
        text(&mut hash, &column.name);
        for value in &column.values {
            match value {
                Value::Missing => hash.update([0]),
                Value::Number(n) => {
                    hash.update([1]);
                    hash.update(n.to_bits().to_le_bytes());
                }
                Value::Text(t) => {
                    hash.update([2]);
                    text(&mut hash, t);
                }
            }
        }
    }
    use std::fmt::Write as _;
    let digest = hash.finalize();
    LayerId(digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
