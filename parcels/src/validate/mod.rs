//! [`RawLayer`] → ([`Layer`], issues): every feature is found valid, repaired where that is safe, or set aside, and
//! each finding is listed.
//! A file a concern: rings, validity, repair, overlaps, areas, codes. Nothing is dropped without an issue that says so.

pub(crate) mod areas;
pub(crate) mod codes;
pub(crate) mod coverage;
mod issue;
mod make_valid;
pub(crate) mod overlap_prefilter;
pub(crate) mod ring_validity;
mod rings;
#[cfg(test)]
mod tests;

pub use codes::without_lost_codes;
pub use issue::{Issue, IssueKind, Severity};

pub(crate) use rings::valid_part;

use geo::{Area as _, MultiPolygon};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boolean_ops::ring_area;
use crate::message;
use crate::message::Message;
use crate::parcel::{Geodesy, Layer, Parcel, RawLayer, RawShape};
use crate::progress::{Cancelled, Monitor, go_on};
use crate::table::{Filter, FilterValue, KeyColumns, NoSuchColumn};
use crate::units::{Area, AreaUnit, SquareMetres};
use areas::Measured;
use codes::{Attributes, Level};
use rings::{Examined, issue};

/// Which columns hold what every parcel has (policy section `[columns]`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The parcel's code (宗地代码): a column, or several that make one together (`["block", "number"]`). Without it
    /// parcels are named by their row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel_code: Option<KeyColumns>,
    /// Whether the parcel is in the zone now: yes and no, 1 and 0, true and false, 是 and 否.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_zone: Option<String>,
    /// What `in_zone` states of a parcel in the zone, where that is no plain yes: `["张江", 2]`. Everything else is no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_zone_yes: Vec<FilterValue>,
    /// The sub-park (子园).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_park: Option<String>,
    /// The registered area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_area: Option<String>,
    /// The unit of the registered area.
    #[serde(default)]
    pub registered_area_unit: AreaUnit,
    /// The land-use code, shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub land_use: Option<String>,
}

/// What to look for and how far repairs may go. Lengths in m, areas in m².
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Checks {
    /// Overlaps up to this area (m²), or thinner than `survey_noise_width_m`, are survey noise: the later parcel
    /// gives way. Larger ones are listed and left.
    pub survey_noise_m2: f64,
    /// Width (2 · area ÷ perimeter, m) up to which an overlap is survey noise.
    pub survey_noise_width_m: f64,
    /// Thinness 4πA/P² below which a polygon is called a sliver.
    pub sliver_thinness: f64,
    /// Relative difference of registered and measured area from which it is reported.
    pub area_mismatch: f64,
}

impl Default for Checks {
    fn default() -> Self {
        Self { survey_noise_m2: 1.0, survey_noise_width_m: 0.5, sliver_thinness: 0.05, area_mismatch: 0.05 }
    }
}

/// Why a layer could not be made at all.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ValidateError {
    /// The policy names a column that the layer lacks.
    #[error("{}", self.message())]
    Column {
        /// The layer's name.
        layer: String,
        /// The column and the nearest name.
        what: NoSuchColumn,
    },
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl ValidateError {
    /// For people.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Column { layer, what } => {
                message!("checking-layer-named", layer = layer, what = what.message())
            }
            Self::Cancelled(stop) => stop.message(),
        }
    }
}

/// Checks and repairs `raw`. `not_parcels`: features that meet any of these filters are set aside as no parcels
/// (roads, water). Areas on the ellipsoid come from `geodesy`.
///
/// # Errors
/// A column named in `columns` or `not_parcels` that is not there, or a request to stop. Bad data is no error: it is
/// in the list of issues.
pub fn validate(
    raw: RawLayer,
    columns: &Columns,
    not_parcels: &[Filter],
    checks: &Checks,
    geodesy: &dyn Geodesy,
    monitor: &dyn Monitor,
) -> Result<(Layer, Vec<Issue>), ValidateError> {
    let RawLayer { name, crs, mut shapes, table } = raw;
    let no_column = |what| ValidateError::Column { layer: name.clone(), what };
    let mut issues = Vec::new();
    let attributes = Attributes::find(columns, &table).map_err(no_column)?;
    attributes.list_unclear_zone(&mut issues);
    let not_parcel = Filter::any(not_parcels, &table).map_err(no_column)?;
    let features = shapes.len();

    let mut kept = ValidShapes::default();
    let mut with_z_or_m = 0;
    monitor.step("check", features as u64);
    for (stretch, shapes) in shapes.chunks_mut(STRETCH).enumerate() {
        go_on(monitor)?;
        let begin = stretch * STRETCH;
        let examined: Vec<Examined> = shapes
            .par_iter_mut()
            .enumerate()
            .map(|(at, shape)| {
                let (row, shape) = (begin + at, std::mem::replace(shape, RawShape::Null));
                // What comes of it then is thrown away.
                if monitor.cancelled() {
                    return Examined::default();
                }
                if not_parcel[row] { excluded(row) } else { rings::examine(shape, row) }
            })
            .collect();
        go_on(monitor)?;
        for (at, one) in examined.into_iter().enumerate() {
            issues.extend(one.issues);
            with_z_or_m += usize::from(one.had_z_or_m);
            if let Some(shape) = one.shape {
                kept.shapes.push(shape);
                kept.rows.push(begin + at);
            }
        }
        monitor.advance(shapes.len() as u64);
    }
    drop(shapes);
    if with_z_or_m > 0 {
        let found = message!("heights-or-measures", count = with_z_or_m, features = features);
        issues.push(of_file(IssueKind::ZOrM, Severity::Note, found, message!("left-aside")));
    }
    if !attributes.has_codes() && !kept.rows.is_empty() {
        let found = message!("no-code-column");
        issues.push(of_file(IssueKind::MissingCode, Severity::Note, found, message!("named-by-row")));
    }

    let (mut shapes, rows, duplicates) = kept.without_duplicates(&attributes);
    let codes: Vec<(Option<String>, usize)> = rows.iter().map(|&row| (attributes.code(row), row)).collect();
    let ids = codes::name_parcels(&codes, attributes.has_codes(), &mut issues);
    for (row, original, shape) in duplicates {
        let found = message!("same-polygon", parcel = &ids[original]);
        issues.push(Issue {
            place: first_point(&shape),
            area_changed_m2: -shape.unsigned_area(),
            ..issue(row, IssueKind::Duplicate, Severity::Warning, found, message!("set-aside"))
        });
    }

    let levels: Vec<Level> = codes.iter().map(|(code, _)| Level::of(code.as_deref())).collect();
    let overlaps = coverage::overlaps(&shapes, &levels, monitor)?;
    issues.extend(coverage::resolve(&mut shapes, &overlaps, &ids, &rows, checks, monitor)?);

    let measured = areas::measure(&shapes, geodesy, monitor)?;
    issues.extend(beyond_crs(&shapes, &measured));
    let mut at_row: Vec<Option<usize>> = vec![None; features];
    let mut parcels = Vec::with_capacity(rows.len());
    for (at, ((shape, id), (code, row))) in shapes.into_iter().zip(ids).zip(codes).enumerate() {
        at_row[row] = Some(at);
        list_shape(&shape, row, checks, &mut issues);
        let area = Area {
            ellipsoidal: SquareMetres(measured[at].ellipsoidal_m2.unwrap_or(measured[at].planar_m2)),
            planar: SquareMetres(measured[at].planar_m2),
            registered: attributes.registered_area(row, &mut issues),
        };
        issues.extend(area_mismatch(&area, row, checks));
        let in_zone = attributes.in_zone(row, &mut issues);
        let sub_park = attributes.sub_park(row);
        parcels.push(Parcel { id, code, shape, area, in_zone, sub_park, source_row: row });
    }

    for issue in &mut issues {
        issue.parcel = issue.row.map(|row| match at_row[row] {
            Some(at) => parcels[at].id.0.clone(),
            None => attributes.code(row).unwrap_or_else(|| format!("row {}", row + 1)),
        });
    }
    let place = |i: &Issue| i.place.unwrap_or((f64::NEG_INFINITY, f64::NEG_INFINITY));
    issues.sort_by(|p, q| {
        let by_place = || place(p).0.total_cmp(&place(q).0).then(place(p).1.total_cmp(&place(q).1));
        (p.row, p.kind).cmp(&(q.row, q.kind)).then_with(by_place)
    });
    let table = if rows.len() == features { table } else { table.select(&rows) };
    Ok((Layer::new(name, crs, parcels, table), issues))
}

/// The valid shape of one feature by itself, for who wants to see it and not to plan with it: repaired where that is safe, none
/// where it would be set aside. Nothing is known of its neighbours.
#[must_use]
pub fn usable(raw: RawShape) -> Option<MultiPolygon<f64>> {
    rings::examine(raw, 0).shape
}

/// Whether a shape is valid as it stands: closed rings without repeated points that cross nothing, holes within their shells,
/// exteriors counter-clockwise and holes clockwise.
#[must_use]
pub fn is_valid(shape: &MultiPolygon<f64>) -> bool {
    let whole = |ring: &geo::LineString<f64>| {
        ring.0.len() > 3 && ring.is_closed() && ring.0.windows(2).all(|ends| ends[0] != ends[1])
    };
    shape.iter().all(|p| {
        whole(p.exterior())
            && ring_area(p.exterior()) > 0.0
            && p.interiors().iter().all(|hole| whole(hole) && ring_area(hole) < 0.0)
    }) && ring_validity::defects(shape).none()
}

/// Features examined between two looks at the monitor.
const STRETCH: usize = 16_384;

/// Valid shapes with their rows in the input.
#[derive(Default)]
struct ValidShapes {
    shapes: Vec<MultiPolygon<f64>>,
    rows: Vec<usize>,
}

/// A duplicate: its row, the position of the parcel it repeats, its shape.
type DuplicateOf = (usize, usize, MultiPolygon<f64>);

impl ValidShapes {
    /// Shapes and rows without those that repeat an earlier one, and the repeated ones.
    fn without_duplicates(
        self,
        attributes: &Attributes<'_>,
    ) -> (Vec<MultiPolygon<f64>>, Vec<usize>, Vec<DuplicateOf>) {
        let level = |&row: &usize| Level::of(attributes.code(row).as_deref());
        let levels: Vec<Level> = self.rows.iter().map(level).collect();
        let first_of = coverage::duplicates(&self.shapes, &levels);
        let (mut shapes, mut rows, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        let mut moved_to = Vec::with_capacity(self.rows.len());
        for ((shape, row), original) in self.shapes.into_iter().zip(self.rows).zip(first_of) {
            moved_to.push(rows.len());
            match original {
                Some(original) => repeated.push((row, moved_to[original], shape)),
                None => {
                    shapes.push(shape);
                    rows.push(row);
                }
            }
        }
        (shapes, rows, repeated)
    }
}

/// A feature that the policy excludes.
fn excluded(row: usize) -> Examined {
    let found = message!("no-parcel-by-policy");
    let note = issue(row, IssueKind::NotParcel, Severity::Note, found, message!("set-aside"));
    Examined { issues: vec![note], ..Examined::default() }
}

/// An issue of the whole file.
fn of_file(kind: IssueKind, severity: Severity, found: Message, done: Message) -> Issue {
    Issue { row: None, ..issue(0, kind, severity, found, done) }
}

fn first_point(shape: &MultiPolygon<f64>) -> Option<(f64, f64)> {
    shape.0.first().and_then(|p| p.exterior().0.first()).map(|c| (c.x, c.y))
}

/// One issue when the CRS does not reach some of the parcels.
fn beyond_crs(shapes: &[MultiPolygon<f64>], measured: &[Measured]) -> Option<Issue> {
    let mut beyond =
        shapes.iter().zip(measured).filter(|(_, m)| m.ellipsoidal_m2.is_none()).map(|(shape, _)| shape);
    let place = first_point(beyond.next()?);
    let found = message!("beyond-crs", count = 1 + beyond.count());
    let done = message!("measured-in-plane");
    Some(Issue { place, ..of_file(IssueKind::AssumedCrs, Severity::Warning, found, done) })
}

/// Lists what is odd but valid about a shape: several parts, holes, a sliver.
fn list_shape(shape: &MultiPolygon<f64>, row: usize, checks: &Checks, issues: &mut Vec<Issue>) {
    let parts = shape.0.len();
    if parts > 1 {
        let found = message!("parcel-has-parts", parts = parts);
        issues.push(issue(row, IssueKind::Multipart, Severity::Note, found, message!("kept")));
    }
    let holes: usize = shape.iter().map(|p| p.interiors().len()).sum();
    if holes > 0 {
        let found = message!("parcel-has-holes", count = holes);
        issues.push(issue(row, IssueKind::Holes, Severity::Note, found, message!("kept")));
    }
    // The outline alone: a hole makes no parcel thin.
    let thin = shape.iter().map(|p| (p.exterior().0[0], thinness(p.exterior())));
    if let Some((at, thinness)) = thin.into_iter().find(|(_, t)| *t < checks.sliver_thinness) {
        let found =
            message!("thinness-low", thinness = message::number(thinness, 4), least = checks.sliver_thinness);
        let done = message!("kept-maybe-remnant");
        issues.push(Issue {
            place: Some((at.x, at.y)),
            ..issue(row, IssueKind::Sliver, Severity::Warning, found, done)
        });
    }
}

/// 4πA/P² of a closed ring: 1 for a circle, towards 0 for a line.
fn thinness(ring: &geo::LineString<f64>) -> f64 {
    let perimeter_m: f64 = ring.0.windows(2).map(|e| (e[1].x - e[0].x).hypot(e[1].y - e[0].y)).sum();
    4.0 * std::f64::consts::PI * ring_area(ring).abs() / (perimeter_m * perimeter_m)
}

/// An issue when the registered area is further from the measured one than the checks allow.
fn area_mismatch(area: &Area, row: usize, checks: &Checks) -> Option<Issue> {
    let (registered_m2, measured_m2) = (area.registered?.0, area.ellipsoidal.0);
    let apart = (registered_m2 - measured_m2).abs() / measured_m2;
    (apart > checks.area_mismatch).then(|| {
        let found = message!(
            "area-mismatch",
            registered = message::number(registered_m2, 2),
            measured = message::number(measured_m2, 2),
            apart = message::number(100.0 * apart, 1)
        );
        let done = message!("both-areas-kept");
        issue(row, IssueKind::AreaMismatch, Severity::Warning, found, done)
    })
}
