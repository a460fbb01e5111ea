//! The layers of a plan as feature collections, built once and kept in memory.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use geo::{Coord, MultiPolygon};
use parcels::message;
use parcels::parcel::Crs;
use parcels::progress::{Monitor, go_on};

use crate::app::layers::source::{Collections, untiled};
use crate::app::layers::tiles::content::{AT_ONCE, PARCELS};
use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::error::{Error, ErrorKind, Result};
use crate::features::areas::Areas;
use crate::features::collection::{Collection, Parts};
use crate::features::columns::{ColumnData, Values};
use crate::features::systems::{Projector, System};
use crate::io::feature_layer::{Cell, Column, Features, Kind, Shapes};
use crate::io::{crs, project, read_back};
use crate::threads::single_flight::SingleFlightCache;

/// What a layer is called: its name in a plan, its title, and what it holds.
const LAYERS: [(&str, &str, &str); 3] = [
    (
        "parcels",
        "地块 Parcels",
        "Every parcel with its score and its parts, in or out of the zone before and after. 全部地块：得分、调整前后是否入区。",
    ),
    (
        "transfers",
        "调整 Transfers",
        "The parcels that move in or out, with reasons and the price of a veto. 调入调出地块：理由与否决代价。",
    ),
    ("blocks", "片区 Blocks", "The contiguous blocks of the zone after the plan. 调整后的连片区块。"),
];

/// The layers of a written plan.
pub struct PlanLayers {
    all: Vec<Arc<Collection>>,
    tiles: SingleFlightCache<(), Arc<LayerTiles>>,
}

#[async_trait]
impl Collections for PlanLayers {
    fn list(&self) -> Vec<Arc<Collection>> {
        self.all.clone()
    }

    fn get(&self, id: &str) -> Option<Arc<Collection>> {
        self.all.iter().find(|c| c.id() == id).cloned()
    }

    fn tiled(&self, id: &str) -> bool {
        id == PARCELS && self.get(id).is_some()
    }

    async fn tiles(&self, id: &str) -> Result<Arc<LayerTiles>> {
        let parcels = self.get(id).filter(|_| self.tiled(id)).ok_or_else(|| untiled(id))?;
        self.tiles.get((), async { Ok(move || LayerTiles::of_collection(&parcels).map(Arc::new)) }).await
    }
}

impl PlanLayers {
    /// Of no plan at all, for a service of other things.
    #[must_use]
    pub fn none() -> Self {
        Self { all: Vec::new(), tiles: SingleFlightCache::new(1) }
    }

    /// Reads the folder that `plan` wrote.
    ///
    /// # Errors
    /// When it holds no plan, or one on a local grid, or the monitor says stop.
    pub fn read(plan_dir: &Path, monitor: &dyn Monitor) -> Result<Self> {
        monitor.step("read", 0);
        let plan = read_back::open(plan_dir)?;
        let crs = read_back::crs(&plan)?;
        let mut all = Vec::new();
        for (name, title, description) in LAYERS {
            let features = read_back::layer(&plan, name, None, monitor)?;
            all.push(Arc::new(collection(&features, name, title, description, &crs)?));
            go_on(monitor)?;
        }
        Ok(Self { all, tiles: SingleFlightCache::new(1) })
    }
}

/// Parcels, transfers and blocks of a plan, in `crs`, as collections.
///
/// # Errors
/// When they have no place on Earth.
pub fn of_plan(layers: [Features<'_>; 3], crs: &Crs) -> Result<Vec<Arc<Collection>>> {
    let named = layers.into_iter().zip(LAYERS);
    named
        .map(|(features, (name, title, description))| {
            collection(&features, name, title, description, crs).map(Arc::new)
        })
        .collect()
}

/// What is served of a layer that is not planned yet: its parcels, and the blocks of its zone where it has one.
const UNPLANNED: [(&str, &str, &str); 2] = [
    (
        "parcels",
        "地块 Parcels",
        "Every parcel with its score and its parts, in or out of the present zone. 全部地块：得分、现状是否入区。",
    ),
    ("zone", "现状范围 Zone", "The contiguous blocks of the present zone. 现状园区的连片区块。"),
];

/// Parcels, and zone where there is one, in `crs`, as collections.
///
/// # Errors
/// When they have no place on Earth.
pub fn of_layer<'a>(
    parcels: Features<'a>,
    zone: Option<Features<'a>>,
    crs: &Crs,
) -> Result<Vec<Arc<Collection>>> {
    let named = std::iter::once(parcels).chain(zone).zip(UNPLANNED);
    named
        .map(|(features, (name, title, description))| {
            collection(&features, name, title, description, crs).map(Arc::new)
        })
        .collect()
}

/// A layer of areas, in `crs`, as a collection.
///
/// # Errors
/// When its shapes cannot be placed on Earth.
pub fn collection(
    features: &Features<'_>,
    id: &str,
    title: &str,
    description: &str,
    crs: &Crs,
) -> Result<Collection> {
    let count = features.len();
    let columns = features.columns.iter().filter_map(|c| column(c, count)).collect();
    let wgs84 = project::wgs84();
    let mut lonlat = Areas::default();
    for part in areas(&features.shapes)?.chunks(AT_ONCE) {
        let part = Shapes::Areas(part.iter().map(|shape| Cow::Borrowed(shape.as_ref())).collect());
        let placed = project::as_needed(&part, crs, &wgs84).map_err(|why| {
            Error::new(ErrorKind::Usage, message!("layer-without-place", layer = id))
                .because(why)
                .try_this(message!("state-crs-when-planning"))
        })?;
        for shape in areas(&placed)? {
            lonlat.push(shape);
        }
    }
    let mut systems = vec![
        System::crs84(),
        System::epsg(4326, "WGS 84", true, true),
        System::epsg(3857, "WGS 84 / Pseudo-Mercator", false, false),
    ];
    let mut storage = None;
    for code in crs.epsg.into_iter().flat_map(|own| std::iter::once(own).chain(sister(own))) {
        let at = systems.iter().position(|s| s.crs.epsg == Some(code) && s.uri.ends_with(&code.to_string()));
        let at = match at {
            Some(at) => at,
            None => {
                let known = crs::parse(&format!("EPSG:{code}"))?;
                let axes = crs::axes(&known)?;
                systems.push(System::epsg(code, &known.name, axes.northing_first, axes.degrees));
                systems.len() - 1
            }
        };
        // The layer's own comes first.
        storage = storage.or(Some(at));
    }
    let kept = |shapes| areas(shapes).map(|all| all.iter().map(AsRef::as_ref).collect());
    let stored = if project::same(crs, &wgs84) { Areas::default() } else { kept(&features.shapes)? };
    Ok(Collection::new(Parts {
        id: id.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        columns,
        lonlat,
        stored,
        systems,
        storage,
        projector: Arc::new(Proj),
    }))
}

/// A 3-degree zone of CGCS2000 has two codes, with its number before the easting and without; bureaus ask for either.
fn sister(code: u32) -> Option<u32> {
    match code {
        4513..=4533 => Some(code + 21),
        4534..=4554 => Some(code - 21),
        _ => None,
    }
}

/// PROJ, as it comes with GDAL.
struct Proj;

impl Projector for Proj {
    fn project(&self, coords: &mut [Coord<f64>], from: &Crs, to: &Crs) -> Result<()> {
        crs::transform(coords, from, to)
    }
}

fn areas<'s, 'a>(shapes: &'s Shapes<'a>) -> Result<&'s [Cow<'a, MultiPolygon<f64>>]> {
    match shapes {
        Shapes::Areas(all) => Ok(all),
        Shapes::Lines(_) => Err(Error::new(ErrorKind::Usage, message!("only-areas-served"))),
    }
}

fn column(column: &Column<'_>, count: usize) -> Option<ColumnData> {
    let cells = (0..count).map(|row| column.cell(row));
    let values = match column.kind {
        Kind::Text => Values::Text(
            cells
                .map(|cell| match cell {
                    Cell::Text(text) => Some(text),
                    _ => None,
                })
                .collect(),
        ),
        Kind::Whole => Values::Whole(
            cells
                .map(|cell| match cell {
                    Cell::Whole(n) => Some(n),
                    _ => None,
                })
                .collect(),
        ),
        Kind::Flag => Values::Flag(
            cells
                .map(|cell| match cell {
                    Cell::Flag(yes) => Some(yes),
                    _ => None,
                })
                .collect(),
        ),
        Kind::Real { .. } => Values::Real(
            cells
                .map(|cell| match cell {
                    Cell::Real(n) => n,
                    _ => f64::NAN,
                })
                .collect(),
        ),
        // Nested values have no place in a table; the same is there as text.
        Kind::Json => return None,
    };
    Some(ColumnData { name: column.name.clone(), values })
}
