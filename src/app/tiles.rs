//! A layer of a project as vector tiles: its parcels, and what stays around them. Scores, plans and decisions are not in
//! them: they travel as arrays by the parcels' numbers, so that a new plan needs no new tile.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use geo::{LineString, MultiPolygon};
use parcels::adjacency::Adjacency;
use parcels::blocks::Blocks;
use parcels::id::LayerId;
use parcels::parcel::{Barrier, Crs, Layer as Parcels};
use parcels::regions;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tiles::coord::TileCoord;
use tiles::feature::{Feature, Field, Geometry, Ring, Value};
use tiles::layer::{Layer, Look};
use tiles::mercator::{from_degrees, to_degrees};
use tiles::pyramid::Tileset;

use super::prepare::{OverlayLayer, Prepared};
use super::workshop::{Workshop, blocking};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::feature_layer::Shapes;
use crate::io::{plan_features, project};
use crate::store::PolicyRef;

/// The deepest zoom that is cut; a map enlarges these beyond it. A cell is 1.5 cm on the equator there.
pub const ZOOM_MAX: u8 = 16;
/// Parcels are shown from the zoom on at which an average tile holds at most so many.
const PARCELS_A_TILE: f64 = 12_000.0;
/// What the compressed tiles of one layer may take in memory.
const CACHE_BYTES: u64 = 128 << 20;
/// What the layer of parcels is called in a tile.
pub(super) const PARCELS: &str = "parcels";
/// How many layers are kept ready.
const LAYERS: usize = 4;

/// A layer ready to be cut into tiles.
pub struct LayerTiles {
    layer: LayerId,
    policy: PolicyRef,
    tileset: Tileset,
    parcels_zoom_min: u8,
    cut: Cache<TileCoord, Option<Bytes>, Weight>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<TileCoord, Option<Bytes>> for Weight {
    fn weight(&self, _: &TileCoord, tile: &Option<Bytes>) -> u64 {
        64 + tile.as_ref().map_or(0, |bytes| bytes.len() as u64)
    }
}

/// One layer within the tiles, as TileJSON has it.
#[derive(Serialize)]
struct VectorLayer<'a> {
    id: &'a str,
    fields: BTreeMap<&'a str, &'static str>,
    minzoom: u8,
    maxzoom: u8,
}

impl LayerTiles {
    /// Projects a layer and what belongs to it.
    ///
    /// # Errors
    /// When it has no place on Earth.
    pub fn new(layer: LayerId, policy: PolicyRef, prepared: &Prepared) -> Result<Self> {
        let tileset = tileset(&Shown::from(prepared))?;
        let parcels = tileset.layers.iter().map(Layer::look).find(|look| look.name == PARCELS);
        let parcels_zoom_min = parcels.map_or(0, |look| look.minzoom);
        let cut = Cache::with_weighter(10_000, CACHE_BYTES, Weight);
        Ok(Self { layer, policy, tileset, parcels_zoom_min, cut })
    }

    /// Names what the tiles were made of, the layer and the policy that says what belongs to it, and by which version of
    /// the program: who keeps them for ever asks for others after an upgrade.
    #[must_use]
    pub fn version(&self) -> String {
        let program = env!("CARGO_PKG_VERSION");
        format!("{program} {} {} {}", self.layer.0, self.policy.name, self.policy.version)
    }

    /// TileJSON 3.0.0, with the tiles at this address.
    #[must_use]
    pub fn description(&self, tiles: &str) -> Json {
        json!({
            "tilejson": "3.0.0",
            "tiles": [tiles],
            "vector_layers": vector_layers(&self.tileset),
            "bounds": bounds(&self.tileset).unwrap_or([-180.0, -85.0, 180.0, 85.0]),
            "minzoom": 0,
            "maxzoom": ZOOM_MAX,
            "lianpian:parcels_minzoom": self.parcels_zoom_min,
        })
    }

    /// A tile, compressed by gzip; none where nothing is. It is cut and compressed once, as long as there is memory.
    ///
    /// # Errors
    /// None but those of the machine.
    pub fn tile(&self, at: TileCoord) -> Result<Option<Bytes>> {
        self.cut.get_or_insert_with(&at, || {
            let tile = self.tileset.tile(at);
            if tile.is_empty() {
                return Ok(None);
            }
            Ok(Some(compressed(&tile)?.into()))
        })
    }
}

/// A tile, compressed by gzip.
pub(super) fn compressed(tile: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(tile.len() / 2), Compression::new(6));
    let written = gzip.write_all(tile).and_then(|()| gzip.finish());
    written.context(ErrorKind::Unwritable, "compressing a tile")
}

/// West, south, east and north end, degrees; nothing where nothing is.
pub(super) fn bounds(tileset: &Tileset) -> Option<[f64; 4]> {
    let [west, north, east, south] = tileset.bounds()?;
    let ([west, north], [east, south]) = (to_degrees([west, north]), to_degrees([east, south]));
    Some([west, south, east, north])
}

/// What the layers of the tiles hold, as TileJSON has it.
pub(super) fn vector_layers(tileset: &Tileset) -> Json {
    let mut found = Vec::new();
    for look in tileset.layers.iter().map(Layer::look) {
        found.push(VectorLayer {
            id: &look.name,
            fields: look.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect(),
            minzoom: look.minzoom,
            maxzoom: look.maxzoom,
        });
        if let Some((land, above)) = look.land.as_deref().zip(look.minzoom.checked_sub(1)) {
            found.push(VectorLayer { id: land, fields: BTreeMap::new(), minzoom: 0, maxzoom: above });
        }
    }
    json!(found)
}

/// What there is to show.
pub(super) struct Shown<'a> {
    pub(super) parcels: &'a Parcels,
    /// Who faces whom, without which there are no blocks.
    pub(super) adjacency: Option<&'a Adjacency>,
    pub(super) overlays: &'a [OverlayLayer],
    pub(super) barriers: &'a [Barrier],
}

impl<'a> From<&'a Prepared> for Shown<'a> {
    fn from(prepared: &'a Prepared) -> Self {
        Self {
            parcels: &prepared.layer,
            adjacency: Some(&prepared.adjacency),
            overlays: &prepared.overlays,
            barriers: &prepared.barriers,
        }
    }
}

/// The layers of the tiles, in the order in which they are written.
pub(super) fn tileset(shown: &Shown<'_>) -> Result<Tileset> {
    let parcels = shown.parcels.parcels();
    let shapes = areas(parcels.iter().map(|p| &p.shape), shown.parcels.crs())?;
    let zoom_min = zoom_for(&shapes);
    let named = |text: &Option<String>| text.clone().map(Value::Text);
    let features = (1..).zip(shapes).zip(parcels).map(|((id, geometry), parcel)| Feature {
        id,
        geometry,
        properties: vec![Some(Value::Text(parcel.id.0.clone())), named(&parcel.sub_park)],
    });
    let mut layers = vec![overlays(shown)?];
    layers.push(made(PARCELS, &["code", "sub_park"], zoom_min, features.collect()));
    layers.push(sub_parks(shown)?);
    layers.extend(zone(shown)?);
    layers.push(barriers(shown)?);
    Ok(Tileset { layers })
}

/// A layer of these, shown from a zoom on.
fn made(name: &str, fields: &[&str], minzoom: u8, features: Vec<Feature>) -> Layer {
    let field = |name: &&str| Field { name: (*name).to_owned(), kind: "String", minzoom };
    let fields = fields.iter().map(field).collect();
    let name = name.to_owned();
    let look = Look { name, fields, minzoom, maxzoom: ZOOM_MAX, land: None, coarse: Vec::new() };
    Layer::new(look, features)
}

/// The least zoom at which an average tile holds few enough parcels.
fn zoom_for(shapes: &[Geometry]) -> u8 {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for shape in shapes {
        let Geometry::Polygons(polygons) = shape else { continue };
        for [x, y] in polygons.iter().flatten().flatten().filter(|p| p[0].is_finite() && p[1].is_finite()) {
            bounds = [bounds[0].min(*x), bounds[1].min(*y), bounds[2].max(*x), bounds[3].max(*y)];
        }
    }
    let (width, height) = ((bounds[2] - bounds[0]).max(0.0), (bounds[3] - bounds[1]).max(0.0));
    let a_tile = |zoom: u8| {
        let n = f64::from(1_u32 << zoom);
        shapes.len() as f64 / ((width * n).max(1.0) * (height * n).max(1.0))
    };
    (0..14).find(|zoom| a_tile(*zoom) <= PARCELS_A_TILE).unwrap_or(14)
}

fn overlays(shown: &Shown<'_>) -> Result<Layer> {
    let names = shown.overlays.iter().flat_map(|o| o.shapes.iter().map(|_| o.name.clone()));
    let shapes = areas(shown.overlays.iter().flat_map(|o| &o.shapes), shown.parcels.crs())?;
    Ok(made("overlays", &["name"], 0, with_text(shapes, names)))
}

/// Features with a text each.
fn with_text(shapes: Vec<Geometry>, texts: impl Iterator<Item = String>) -> Vec<Feature> {
    let each = (1..).zip(shapes).zip(texts);
    each.map(|((id, geometry), text)| Feature { id, geometry, properties: vec![Some(Value::Text(text))] })
        .collect()
}

/// The present zone as one, and its blocks where it is known who faces whom.
fn zone(shown: &Shown<'_>) -> Result<Vec<Layer>> {
    let layer = shown.parcels;
    let outlines = match shown.adjacency {
        Some(adjacency) => {
            let inside: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
            let area_m2: Vec<f64> = layer.parcels().iter().map(|p| p.area.planar.0).collect();
            plan_features::outlines(layer, &Blocks::new(adjacency, &inside, &area_m2))
        }
        None => {
            let inside = layer.parcels().iter().filter(|p| p.in_zone);
            vec![regions::union(inside.map(|p| &p.shape))]
        }
    };
    let outlines = areas(&outlines, layer.crs())?;
    let polygons = outlines.iter().flat_map(|outline| match outline {
        Geometry::Polygons(polygons) => polygons.clone(),
        Geometry::Lines(_) => Vec::new(),
    });
    let whole = Feature { id: 1, geometry: Geometry::Polygons(polygons.collect()), properties: Vec::new() };
    let mut layers = vec![made("zone", &[], 0, vec![whole])];
    if shown.adjacency.is_some() {
        let numbers = (1..=outlines.len()).map(|number| number.to_string());
        layers.push(made("blocks", &["block"], 0, with_text(outlines, numbers)));
    }
    Ok(layers)
}

fn sub_parks(shown: &Shown<'_>) -> Result<Layer> {
    let mut members: BTreeMap<&str, Vec<&MultiPolygon<f64>>> = BTreeMap::new();
    for parcel in shown.parcels.parcels() {
        if let Some(name) = &parcel.sub_park {
            members.entry(name).or_default().push(&parcel.shape);
        }
    }
    let outlines: Vec<MultiPolygon<f64>> =
        members.values().map(|shapes| regions::union(shapes.iter().copied())).collect();
    // The largest piece bears the name; a map would write it into every one.
    let mut features = Vec::new();
    for (name, outline) in members.keys().zip(areas(&outlines, shown.parcels.crs())?) {
        let Geometry::Polygons(mut pieces) = outline else { continue };
        let span = |piece: &Vec<Ring>| {
            let xs = || piece.iter().flatten().map(|p| p[0]);
            let ys = || piece.iter().flatten().map(|p| p[1]);
            let width = xs().fold(f64::NEG_INFINITY, f64::max) - xs().fold(f64::INFINITY, f64::min);
            width * (ys().fold(f64::NEG_INFINITY, f64::max) - ys().fold(f64::INFINITY, f64::min))
        };
        pieces.sort_by(|a, b| span(b).total_cmp(&span(a)));
        let rest = pieces.split_off(1.min(pieces.len()));
        for (pieces, name) in [(pieces, Some(Value::Text((*name).to_owned()))), (rest, None)] {
            let id = features.len() as u64 + 1;
            features.push(Feature { id, geometry: Geometry::Polygons(pieces), properties: vec![name] });
        }
    }
    Ok(made("sub_parks", &["name"], 0, features))
}

fn barriers(shown: &Shown<'_>) -> Result<Layer> {
    let lines: Vec<Cow<'_, LineString<f64>>> =
        shown.barriers.iter().map(|b| Cow::Borrowed(&b.line)).collect();
    let lines = Shapes::Lines(lines);
    let placed = project::as_needed(&lines, shown.parcels.crs(), &project::wgs84())?;
    let Shapes::Lines(placed) = placed.as_ref() else { return Err(mixed()) };
    let line = |line: &Cow<'_, LineString<f64>>| Geometry::Lines(vec![points(line)]);
    let kinds = shown.barriers.iter().map(|b| b.kind.clone());
    Ok(made("barriers", &["kind"], 8, with_text(placed.iter().map(line).collect(), kinds)))
}

/// Areas in the unit square.
fn areas<'a>(shapes: impl IntoIterator<Item = &'a MultiPolygon<f64>>, crs: &Crs) -> Result<Vec<Geometry>> {
    let shapes = Shapes::Areas(shapes.into_iter().map(Cow::Borrowed).collect());
    let placed = project::as_needed(&shapes, crs, &project::wgs84())?;
    let Shapes::Areas(placed) = placed.as_ref() else { return Err(mixed()) };
    let area = |shape: &Cow<'_, MultiPolygon<f64>>| {
        let rings =
            |p: &geo::Polygon<f64>| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect();
        Geometry::Polygons(shape.iter().map(rings).collect())
    };
    Ok(placed.iter().map(area).collect())
}

fn points(line: &LineString<f64>) -> Vec<[f64; 2]> {
    line.coords().map(|c| from_degrees(c.x, c.y)).collect()
}

/// Without the point that closes it, as tiles have them.
fn ring(line: &LineString<f64>) -> Ring {
    let mut ring = points(line);
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring
}

fn mixed() -> Error {
    Error::new(ErrorKind::Impossible, "shapes changed their kind on the way to the map")
}

impl Workshop {
    /// A layer as tiles, with what the policy of the newest scenario on it counts as belonging to it.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such layer, or no scenario on it yet; when it has no place on Earth.
    pub async fn tiles(&self, id: &LayerId) -> Result<Arc<LayerTiles>> {
        self.store().layer(id).await?;
        let of_layer = self.store().scenarios().await?.into_iter().filter(|s| s.layer == *id);
        let Some(policy) = of_layer.map(|s| s.policy).next_back() else {
            return Err(Error::new(ErrorKind::NotFound, "no scenario plans this layer yet")
                .try_this("make one: its policy says what belongs to the layer"));
        };
        {
            let mut ready = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = ready.iter().position(|t| t.layer == *id && t.policy == policy) {
                let found = ready.remove(at);
                ready.insert(0, found.clone());
                return Ok(found);
            }
        }
        let park = self.park(id, &policy).await?;
        let layer = id.clone();
        let made = blocking(move || LayerTiles::new(layer, policy, &park.prepared)).await?;
        let made = Arc::new(made);
        let mut ready = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        ready.insert(0, made.clone());
        ready.truncate(LAYERS);
        Ok(made)
    }
}
