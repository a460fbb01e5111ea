//! Looks into uploaded files before an import: columns with a guess at their meaning, defects with their place on the map, an
//! outline of the parcels, and the tables beside them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use geo::{
    Area as _, BoundingRect as _, Coord, CoordsIter as _, MapCoordsInPlace as _, MultiPolygon, Simplify as _,
};
use parcels::message;
use parcels::message::Told;
use parcels::parcel::{Geodesy as _, Layer, RawShape};
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::table::Column;
use parcels::units::AreaUnit;
use parcels::validate::{Columns, Issue, IssueKind, Severity, validate, without_lost_codes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::intake::draft::{Drafted, FoundParcels, drafted};
use crate::app::intake::file_meaning::suspicious;
use crate::app::intake::sandbox::MainFile;
use crate::app::planning::column_guess::{Profile, of_parcels, of_table};
use crate::app::planning::prepare::misfit;
use crate::app::schemas;
use crate::error::{ErrorKind, Result, ToldFailure};
use crate::io::crs::{Proj, axes};
use crate::io::read::read_layer;
use crate::io::table::read_table;
use crate::messages::{ToldShape, tell};

/// Issues listed one by one; all are counted.
const ISSUES_LISTED: usize = 2000;
/// Parcels drawn.
const DRAWN: usize = 5000;
/// Points drawn.
const POINTS_DRAWN: usize = 30_000;
/// Tables looked into.
const TABLES_MAX: usize = 8;
/// Endings of tables.
const TABLES: [&str; 9] = [".csv", ".tsv", ".csv.gz", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".dbf"];

/// Endings of layers.
const LAYERS: [&str; 6] = [".shp", ".gpkg", ".geojson", ".geojsonl", ".fgb", ".zip"];

/// What a check found. Lists and events leave it out, for its size; the job itself has it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Inspection {
    /// The layers in the file.
    pub layers: Vec<String>,
    /// The one that was read.
    pub layer: String,
    /// Its coordinate reference system.
    pub crs: System,
    /// The encoding of its text.
    pub encoding: String,
    /// Features in it.
    pub features: usize,
    /// Its columns.
    pub columns: Vec<Profile>,
    /// What they were taken to mean.
    #[schema(value_type = schemas::MeaningShape)]
    pub meaning: Columns,
    /// Parcels that can be used.
    pub parcels: usize,
    /// West, south, east and north of them, degrees; none on a local grid.
    #[schema(value_type = Option<schemas::Bounds>)]
    pub bounds: Option<[f64; 4]>,
    /// Their area on the ellipsoid.
    pub area_m2: f64,
    /// What is wrong, the worst first, as far as it is listed.
    pub issues: Vec<Listed>,
    /// How many there are of each kind.
    pub issue_counts: BTreeMap<String, usize>,
    /// The first parcels, simplified: GeoJSON.
    #[schema(value_type = schemas::Areas)]
    pub preview: Value,
    /// The tables beside the parcels.
    pub tables: Vec<TableFound>,
    /// The policy that would be written for these files, as `lianpian init` does.
    pub draft: Option<DraftFound>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ToldFailure)]
    pub draft_error: Option<ToldFailure>,
}

/// A policy as it would be written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DraftFound {
    /// Its text, TOML with comments.
    pub text: String,
    /// What was assumed, in the order of the policy.
    #[schema(value_type = Vec<ToldShape>)]
    pub assumed: Vec<Told>,
}

/// A coordinate reference system for people.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct System {
    /// Its code, such as `EPSG:4549`, where it has one.
    pub found: Option<String>,
    /// Whether the file states it itself.
    pub stated: bool,
    /// Its name.
    pub name: String,
    /// How its definition orders axes, where it has a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Order)]
    pub axes: Option<Order>,
}

/// An order of axes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Northing or latitude comes first.
    pub northing_first: bool,
    /// The unit is the degree.
    pub degrees: bool,
}

/// An issue with its place on the map.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Listed {
    /// What kind.
    #[schema(value_type = String)]
    pub kind: IssueKind,
    /// How much it matters.
    #[schema(value_type = schemas::Severity)]
    pub severity: Severity,
    /// The parcel.
    pub parcel: Option<String>,
    /// Its place in the layer, from 1, where it is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize)]
    pub fid: Option<usize>,
    /// Longitude and latitude.
    #[schema(value_type = Option<schemas::Place>)]
    pub place: Option<(f64, f64)>,
    /// What was found.
    #[schema(value_type = ToldShape)]
    pub what: Told,
    /// What was done about it.
    #[schema(value_type = ToldShape)]
    pub done: Told,
    /// By how much that changed the parcel's area.
    pub area_changed_m2: f64,
}

/// A table beside the parcels.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TableFound {
    /// The file, with the sheet where it has several.
    pub name: String,
    /// How many rows it has.
    pub rows: usize,
    /// The encoding of its text.
    pub encoding: String,
    /// Its columns.
    pub columns: Vec<Profile>,
    /// Why it cannot be read, where it cannot, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    pub error: Option<String>,
    /// The same as messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ToldFailure)]
    pub failure: Option<ToldFailure>,
}

/// Reads and checks what lies in the current folder: the parcels of `main`, and the tables among `names`.
///
/// # Errors
/// Parcels that cannot be read, and columns that are named but not there.
pub fn inspect(
    main: &MainFile,
    columns: Option<&Columns>,
    names: &[String],
    monitor: &dyn Monitor,
) -> Result<Inspection> {
    let mut read = read_layer(&main.source(Path::new("")), &main.options(), monitor)?;
    let features = read.raw.shapes.len();
    let profiles = of_parcels(read.raw.table.columns());
    let meaning = match columns {
        Some(said) => said.clone(),
        None => guessed(&profiles, &read.raw.shapes, read.raw.table.columns()),
    };
    let land_use = meaning.land_use.as_deref().and_then(|name| read.raw.table.column(name).ok());
    let uses = land_use.map(suspicious).unwrap_or_default();
    let geodesy = Proj::new(&read.raw.crs)?;
    read.issues.extend(without_lost_codes(&mut read.raw.table, &meaning));
    let policy = Policy::default();
    let (layer, found) =
        validate(read.raw, &meaning, &policy.eligible.not_parcels, &policy.checks, &geodesy, monitor)
            .map_err(|e| misfit(message!("checking-layer"), e))?;
    let mut issues = read.issues;
    issues.extend(found);
    let mut issue_counts: BTreeMap<String, usize> = BTreeMap::new();
    for issue in &issues {
        *issue_counts.entry(issue.kind.name().to_owned()).or_default() += 1;
    }
    let stated = !issues.iter().any(|i| i.kind == IssueKind::AssumedCrs && i.row.is_none());
    let epsg = read.input_crs.epsg;
    let order = epsg.and_then(|_| axes(&read.input_crs).ok());
    let codes: HashSet<String> =
        layer.parcels().iter().map(|p| p.code.clone().unwrap_or_else(|| p.id.0.clone())).collect();
    let (preview, bounds) = drawn(&layer, &geodesy);
    let found = FoundParcels {
        input: &main.source(Path::new("")),
        layers: &read.layers,
        layer: &layer,
        profiles: &profiles,
        columns: &meaning,
        uses: &uses,
    };
    let (draft, draft_error) = match drafted(&found, &others(names, main), None, monitor) {
        Ok(Drafted { text, assumed, .. }) => {
            (Some(DraftFound { text, assumed: assumed.iter().map(tell).collect() }), None)
        }
        Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
        // Some other file: the parcels can be brought in without it.
        Err(error) => (None, Some(error.failure().told())),
    };
    Ok(Inspection {
        layers: read.layers,
        layer: layer.name().to_owned(),
        crs: System {
            found: epsg.map(|code| format!("EPSG:{code}")),
            stated,
            name: read.input_crs.name,
            axes: order.map(|a| Order { northing_first: a.northing_first, degrees: a.degrees }),
        },
        encoding: read.encoding,
        features,
        columns: profiles,
        meaning,
        parcels: layer.len(),
        bounds,
        area_m2: layer.parcels().iter().map(|p| p.area.ellipsoidal.0).sum(),
        issues: listed(issues, &layer, &geodesy),
        issue_counts,
        preview,
        tables: tables(names, main, &codes),
        draft,
        draft_error,
    })
}

/// The columns that guesses name.
pub(super) fn guessed(profiles: &[Profile], shapes: &[RawShape], columns: &[Column]) -> Columns {
    let of =
        |meaning: &str| profiles.iter().find(|p| p.guess.as_deref() == Some(meaning)).map(|p| p.name.clone());
    let registered_area = of("registered_area");
    let values = registered_area.as_ref().and_then(|name| columns.iter().find(|c| c.name == *name));
    Columns {
        parcel_code: of("id").map(Into::into),
        in_zone: of("in_zone"),
        sub_park: of("sub_park"),
        registered_area_unit: values.map(|column| unit(shapes, column)).unwrap_or_default(),
        registered_area,
        land_use: of("land_use"),
        ..Columns::default()
    }
}

/// The unit in which most stated areas come nearest to the measured ones.
fn unit(shapes: &[RawShape], column: &Column) -> AreaUnit {
    let mut ratios: Vec<f64> = shapes
        .iter()
        .zip(&column.values)
        .filter_map(|(shape, value)| match (shape, value.number()) {
            (RawShape::Polygons { shape, .. }, Some(stated)) if stated > 0.0 => {
                Some(shape.unsigned_area() / stated)
            }
            _ => None,
        })
        .filter(|ratio| ratio.is_finite() && *ratio > 0.0)
        .collect();
    ratios.sort_by(f64::total_cmp);
    let Some(middle) = ratios.get(ratios.len() / 2) else { return AreaUnit::default() };
    let units = [AreaUnit::M2, AreaUnit::Ha, AreaUnit::Mu, AreaUnit::Km2];
    let off = |unit: &AreaUnit| (unit.to_m2(1.0).0 / middle).ln().abs();
    units.into_iter().min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or_default()
}

/// Issues, the worst first, with their places in degrees.
fn listed(mut issues: Vec<Issue>, layer: &Layer, geodesy: &Proj) -> Vec<Listed> {
    // Of equal weight, in the order they were found.
    issues.sort_by_key(|i| std::cmp::Reverse(i.severity));
    issues.truncate(ISSUES_LISTED);
    let fids: HashMap<&str, usize> =
        layer.parcels().iter().zip(1..).map(|(p, fid)| (p.id.0.as_str(), fid)).collect();
    // What has no place of its own lies where its parcel lies.
    let of_parcel = |issue: &Issue| {
        let fid = fids.get(issue.parcel.as_deref()?)?;
        let first = layer.parcels()[fid - 1].shape.0.first()?.exterior().0.first().copied()?;
        Some((first.x, first.y))
    };
    let places: Vec<Option<(f64, f64)>> = issues.iter().map(|i| i.place.or_else(|| of_parcel(i))).collect();
    let mut coords: Vec<Coord<f64>> = places
        .iter()
        .map(|p| p.map_or(Coord { x: f64::NAN, y: f64::NAN }, |(x, y)| Coord { x, y }))
        .collect();
    geodesy.to_lonlat(&mut coords);
    let one = |(issue, at): (Issue, Coord<f64>)| Listed {
        kind: issue.kind,
        severity: issue.severity,
        fid: issue.parcel.as_deref().and_then(|p| fids.get(p)).copied(),
        parcel: issue.parcel,
        place: (at.x.is_finite() && at.y.is_finite()).then(|| (rounded(at.x), rounded(at.y))),
        what: tell(&issue.found),
        done: tell(&issue.done),
        area_changed_m2: issue.area_changed_m2,
    };
    issues.into_iter().zip(coords).map(one).collect()
}

/// Seven decimals: a centimetre.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// The first outlines as GeoJSON, simplified to what a screen shows, and the bounds of all parcels.
fn drawn(layer: &Layer, geodesy: &Proj) -> (Value, Option<[f64; 4]>) {
    let nothing = || json!({ "type": "FeatureCollection", "features": [] });
    let boxes = layer.parcels().iter().filter_map(|p| p.shape.bounding_rect());
    let Some(all) = boxes.reduce(|a, b| {
        let min = Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) };
        geo::Rect::new(min, Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) })
    }) else {
        return (nothing(), None);
    };
    let mut outline = all.to_polygon().exterior().0.clone();
    geodesy.to_lonlat(&mut outline);
    if outline.iter().any(|c| !c.x.is_finite() || !c.y.is_finite()) {
        return (nothing(), None);
    }
    let least = |of: fn(&Coord<f64>) -> f64| outline.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&Coord<f64>) -> f64| outline.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let bounds = [least(|c| c.x), least(|c| c.y), most(|c| c.x), most(|c| c.y)].map(rounded);
    let within_m = all.width().max(all.height()) / 4000.0;
    let (mut features, mut points) = (Vec::new(), 0);
    for (parcel, fid) in layer.parcels().iter().zip(1..).take(DRAWN) {
        let mut shape: MultiPolygon<f64> = parcel.shape.simplify(within_m);
        points += shape.coords_count();
        if points > POINTS_DRAWN {
            break;
        }
        let mut coords: Vec<Coord<f64>> = shape.coords_iter().collect();
        geodesy.to_lonlat(&mut coords);
        let next = std::cell::RefCell::new(coords.into_iter());
        shape.map_coords_in_place(|c| next.borrow_mut().next().unwrap_or(c));
        let position = |c: &Coord<f64>| [(c.x * 1e6).round() / 1e6, (c.y * 1e6).round() / 1e6];
        let rings = |p: &geo::Polygon<f64>| -> Vec<Vec<[f64; 2]>> {
            let rings = std::iter::once(p.exterior()).chain(p.interiors());
            rings.map(|ring| ring.0.iter().map(position).collect()).collect()
        };
        let coordinates: Vec<_> = shape.0.iter().map(rings).collect();
        features.push(json!({
            "type": "Feature",
            "id": fid,
            "properties": { "parcel": parcel.id, "in_zone": parcel.in_zone, "sub_park": parcel.sub_park },
            "geometry": { "type": "MultiPolygon", "coordinates": coordinates },
        }));
    }
    (json!({ "type": "FeatureCollection", "features": features }), Some(bounds))
}

/// The tables among the files, without those that are parts of shapefiles.
fn tables_among<'a>(names: &'a [String], main: &MainFile) -> impl Iterator<Item = &'a String> {
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let shapes: BTreeSet<String> =
        names.iter().filter(|n| n.to_lowercase().ends_with(".shp")).map(|n| stem(n)).collect();
    let main = main.file.clone();
    names.iter().filter(move |name| {
        let lower = name.to_lowercase();
        let part = lower.ends_with(".dbf") && shapes.contains(&stem(name));
        **name != main && !part && TABLES.iter().any(|ending| lower.ends_with(ending))
    })
}

/// The tables and layers beside the parcels.
fn others(names: &[String], main: &MainFile) -> Vec<String> {
    let is_layer = |name: &&String| {
        let lower = name.to_lowercase();
        **name != main.file && LAYERS.iter().any(|ending| lower.ends_with(ending))
    };
    tables_among(names, main).take(TABLES_MAX).chain(names.iter().filter(is_layer)).cloned().collect()
}

/// What is in the tables among the files.
fn tables(names: &[String], main: &MainFile, codes: &HashSet<String>) -> Vec<TableFound> {
    let read = |name: &String| match read_table(name, None, Path::new("")) {
        Ok(read) => TableFound {
            name: name.clone(),
            rows: read.table.rows(),
            encoding: read.encoding,
            columns: of_table(read.table.columns(), codes),
            error: None,
            failure: None,
        },
        Err(why) => TableFound {
            name: name.clone(),
            rows: 0,
            encoding: String::new(),
            columns: Vec::new(),
            error: Some(why.for_people()),
            failure: Some(why.failure().told()),
        },
    };
    tables_among(names, main).take(TABLES_MAX).map(read).collect()
}
