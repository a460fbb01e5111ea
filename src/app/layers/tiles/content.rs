//! What tiles contain: parcels, zone, blocks, sub-parks, barriers and overlays as layers of shapes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use geo::{LineString, MultiPolygon};
use parcels::adjacency::Adjacency;
use parcels::blocks::Blocks;
use parcels::boolean_ops;
use parcels::message;
use parcels::parcel::{Barrier, Crs, Layer as Parcels, Parcel};
use parcels::validate::Checks;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tiles::feature::{Feature, Field, Geometry, Ring, Value};
use tiles::layer::{Layer, LayerSpec};
use tiles::mercator::{from_degrees, rejoin, to_degrees};
use tiles::pyramid::Tileset;

use crate::app::planning::prepare::{OverlayLayer, Prepared};
use crate::error::{Error, ErrorKind, Result};
use crate::features::collection::Collection;
use crate::features::columns::Datum;
use crate::io::feature_layer::Shapes;
use crate::io::{plan_features, project};

/// The deepest zoom that is cut; a map enlarges these beyond it. A cell is 1.5 cm on the equator there.
pub(crate) const ZOOM_MAX: u8 = 16;
/// What the layer of parcels is called in a tile.
pub(crate) const PARCELS: &str = "parcels";

/// Shapes that are projected at a time, so that a million of them are not there twice.
pub(crate) const AT_ONCE: usize = 1 << 15;

/// One layer within the tiles, as TileJSON has it.
#[derive(Serialize)]
struct VectorLayer<'a> {
    id: &'a str,
    fields: BTreeMap<&'a str, &'static str>,
    minzoom: u8,
    maxzoom: u8,
}

/// West, south, east and north end, degrees, of west, north, east and south end in the unit square. What crosses the antimeridian
/// is around the world, for maps look for no tiles beyond it.
pub(crate) fn degrees([west, north, east, south]: [f64; 4]) -> [f64; 4] {
    let (west, east) = if west < 0.0 || east > 1.0 { (0.0, 1.0) } else { (west, east) };
    let ([west, north], [east, south]) = (to_degrees([west, north]), to_degrees([east, south]));
    [west, south, east, north]
}

/// What the layers of the tiles hold, as TileJSON has it.
pub(crate) fn vector_layers<'a>(looks: impl IntoIterator<Item = &'a LayerSpec>) -> Json {
    let mut found = Vec::new();
    for look in looks {
        found.push(VectorLayer {
            id: &look.name,
            fields: look.fields.iter().map(|field| (field.name.as_str(), field.kind)).collect(),
            minzoom: look.minzoom,
            maxzoom: look.maxzoom,
        });
        if let Some((land, above)) = look.dissolved.as_deref().zip(look.minzoom.checked_sub(1)) {
            found.push(VectorLayer { id: land, fields: BTreeMap::new(), minzoom: 0, maxzoom: above });
        }
    }
    json!(found)
}

/// What goes into the tiles of a layer.
pub(crate) struct TileContent<'a> {
    pub(crate) parcels: &'a Parcels,
    /// Who faces whom.
    pub(crate) adjacency: &'a Adjacency,
    pub(crate) overlays: &'a [OverlayLayer],
    pub(crate) barriers: &'a [Barrier],
}

impl<'a> From<&'a Prepared> for TileContent<'a> {
    fn from(prepared: &'a Prepared) -> Self {
        Self {
            parcels: &prepared.layer,
            adjacency: &prepared.adjacency,
            overlays: &prepared.overlays,
            barriers: &prepared.barriers,
        }
    }
}

/// The layers of the tiles, in the order in which they are written.
pub(crate) fn tileset(shown: &TileContent<'_>) -> Result<Tileset> {
    // Parcels come first, for some clients read no other layer of a tile.
    let mut layers = vec![parcels(shown.parcels)?];
    layers.extend(around(shown)?);
    Ok(Tileset { layers })
}

/// The layers beside that of parcels.
pub(crate) fn around(shown: &TileContent<'_>) -> Result<Vec<Layer>> {
    let mut layers = vec![overlays(shown)?, sub_parks(shown)?];
    layers.extend(zone(shown)?);
    layers.push(barriers(shown)?);
    Ok(layers)
}

fn parcels(layer: &Parcels) -> Result<Layer> {
    let all = layer.parcels().chunks(AT_ONCE).flat_map(|part| match features(part, layer.crs()) {
        Ok(features) => features.into_iter().map(Ok).collect(),
        Err(why) => vec![Err(why)],
    });
    let numbered = (1..).zip(all).map(|(id, feature)| Ok(Feature { id, ..feature? }));
    Layer::try_new(parcels_look(), numbered)
}

/// How parcels look.
pub(crate) fn parcels_look() -> LayerSpec {
    look(PARCELS, &["code", "sub_park"], 0)
}

/// Some parcels, numbered from 1.
pub(crate) fn features(parcels: &[Parcel], crs: &Crs) -> Result<Vec<Feature>> {
    let named = |text: &Option<String>| text.clone().map(Value::Text);
    let feature = |((id, geometry), parcel): ((u64, Geometry), &Parcel)| Feature {
        id,
        geometry,
        properties: vec![Some(Value::Text(parcel.id.0.clone())), named(&parcel.sub_park)],
    };
    let shapes = areas(parcels.iter().map(|p| &p.shape), crs)?;
    Ok((1..).zip(shapes).zip(parcels).map(feature).collect())
}

/// A layer of these, shown from a zoom on.
fn made(name: &str, fields: &[&str], minzoom: u8, features: impl IntoIterator<Item = Feature>) -> Layer {
    Layer::new(look(name, fields, minzoom), features)
}

/// How a layer of this name looks, with these texts, from a zoom on.
fn look(name: &str, fields: &[&str], minzoom: u8) -> LayerSpec {
    let field = |name: &&str| Field { name: (*name).to_owned(), kind: "String", minzoom };
    let fields = fields.iter().map(field).collect();
    LayerSpec {
        name: name.to_owned(),
        fields,
        minzoom,
        maxzoom: ZOOM_MAX,
        dissolved: None,
        coarse: Vec::new(),
    }
}

/// The parcels of a written plan, of which nothing else is known.
pub(crate) fn of_collection(collection: &Collection) -> Tileset {
    let column = |name: &str| collection.column(name).map(|at| &collection.columns()[at]);
    let named = [column("parcel"), column("sub_park")];
    let features = (0..collection.len()).map(|row| Feature {
        id: row as u64 + 1,
        geometry: area(&collection.lonlat(row)),
        properties: named
            .iter()
            .map(|column| match column.map(|column| column.at(row)) {
                Some(Datum::Text(text)) => Some(Value::Text(text.to_owned())),
                _ => None,
            })
            .collect(),
    });
    Tileset { layers: vec![made(PARCELS, &["code", "sub_park"], 0, features)] }
}

fn overlays(shown: &TileContent<'_>) -> Result<Layer> {
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

/// The land of some parcels, without the slits that surveys leave between them.
fn outline(shapes: &[&MultiPolygon<f64>]) -> MultiPolygon<f64> {
    let land = boolean_ops::union(shapes.iter().copied());
    boolean_ops::without_slits(&land, Checks::default().survey_noise_width_m)
}

/// The present zone as one, and its blocks.
fn zone(shown: &TileContent<'_>) -> Result<[Layer; 2]> {
    let layer = shown.parcels;
    let inside: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
    let area_m2: Vec<f64> = layer.parcels().iter().map(|p| p.area.planar.0).collect();
    let blocks = Blocks::new(shown.adjacency, &inside, &area_m2);
    let outlines = plan_features::outlines(layer, &blocks, &Checks::default());
    let outlines = areas(&outlines, layer.crs())?;
    let polygons = outlines.iter().flat_map(|outline| match outline {
        Geometry::Polygons(polygons) => polygons.clone(),
        Geometry::Lines(_) => Vec::new(),
    });
    let whole = zone_of(polygons.collect());
    let numbers = (1..=outlines.len()).map(|number| number.to_string());
    Ok([whole, made("blocks", &["block"], 0, with_text(outlines, numbers))])
}

/// The present zone, given its polygons.
pub(crate) fn zone_of(polygons: Vec<Vec<Ring>>) -> Layer {
    let whole = Feature { id: 1, geometry: Geometry::Polygons(polygons), properties: Vec::new() };
    made("zone", &[], 0, vec![whole])
}

fn sub_parks(shown: &TileContent<'_>) -> Result<Layer> {
    let mut members: BTreeMap<&str, Vec<&MultiPolygon<f64>>> = BTreeMap::new();
    for parcel in shown.parcels.parcels() {
        if let Some(name) = &parcel.sub_park {
            members.entry(name).or_default().push(&parcel.shape);
        }
    }
    let outlines: Vec<MultiPolygon<f64>> = members.values().map(|shapes| outline(shapes)).collect();
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

fn barriers(shown: &TileContent<'_>) -> Result<Layer> {
    let lines: Vec<Cow<'_, LineString<f64>>> =
        shown.barriers.iter().map(|b| Cow::Borrowed(&b.line)).collect();
    let lines = Shapes::Lines(lines);
    let placed = project::as_needed(&lines, shown.parcels.crs(), &project::wgs84())?;
    let Shapes::Lines(placed) = placed.as_ref() else { return Err(mixed()) };
    let line = |line: &Cow<'_, LineString<f64>>| {
        let mut lines = vec![points(line)];
        rejoin(&mut lines, false);
        Geometry::Lines(lines)
    };
    let kinds = shown.barriers.iter().map(|b| b.kind.clone());
    Ok(made("barriers", &["kind"], 8, with_text(placed.iter().map(line).collect(), kinds)))
}

/// Areas in the unit square.
pub(crate) fn areas<'a>(
    shapes: impl IntoIterator<Item = &'a MultiPolygon<f64>>,
    crs: &Crs,
) -> Result<Vec<Geometry>> {
    let shapes = Shapes::Areas(shapes.into_iter().map(Cow::Borrowed).collect());
    let placed = project::as_needed(&shapes, crs, &project::wgs84())?;
    let Shapes::Areas(placed) = placed.as_ref() else { return Err(mixed()) };
    Ok(placed.iter().map(|shape| area(shape)).collect())
}

/// An area, given in degrees.
fn area(shape: &MultiPolygon<f64>) -> Geometry {
    let rings = |p: &geo::Polygon<f64>| {
        let mut rings: Vec<Ring> = std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect();
        rejoin(&mut rings, true);
        rings
    };
    Geometry::Polygons(shape.iter().map(rings).collect())
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
    Error::new(ErrorKind::Impossible, message!("shapes-changed-kind"))
}
