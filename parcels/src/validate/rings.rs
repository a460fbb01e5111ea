//! One feature: is it a polygon, and if it is no valid one, what became of it.

use geo::{Area, Coord, MultiPolygon, Polygon};

use super::make_valid::{make_valid, remove_repeated, same_point};
use super::ring_validity::Defects;
use super::{Issue, IssueKind, Severity};
use crate::parcel::RawShape;

/// Smaller changes of area are rounding, m².
const NO_CHANGE_M2: f64 = 1e-6;
/// What became of one feature: its valid shape, or none when it is set aside; what was found (parcels not yet named);
/// whether it had heights or measures.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) shape: Option<MultiPolygon<f64>>,
    pub(super) issues: Vec<Issue>,
    pub(super) had_z_or_m: bool,
}

/// Checks and repairs the feature at `row`.
pub(super) fn examine(raw: RawShape, row: usize) -> Examined {
    let mut out = Examined::default();
    let aside = |kind, place: Option<Coord<f64>>, found: String| Issue {
        place: place.map(|c| (c.x, c.y)),
        ..issue(row, kind, Severity::Error, found, "set aside".into())
    };
    let (shape, had_curves) = match raw {
        RawShape::Null => {
            let found = "the feature has no geometry".into();
            out.issues.push(aside(IssueKind::NullGeometry, None, found));
            return out;
        }
        RawShape::Empty => {
            let found = "the geometry has no points".into();
            out.issues.push(aside(IssueKind::EmptyGeometry, None, found));
            return out;
        }
        RawShape::Other(kind) => {
            let found = format!("the geometry is a {kind}, not a polygon");
            out.issues.push(aside(IssueKind::NotPolygon, None, found));
            return out;
        }
        RawShape::Polygons { shape, had_z, had_m, had_curves } => {
            out.had_z_or_m = had_z || had_m;
            (shape, had_curves)
        }
    };
    let (shape, repeated) = usable_parts(shape, row, &mut out.issues);
    if shape.0.is_empty() {
        // The last part takes the whole feature with it.
        match out.issues.last_mut() {
            Some(last) => {
                last.severity = Severity::Error;
                last.done = "set aside: nothing usable is left".into();
            }
            None => {
                out.issues.push(aside(IssueKind::EmptyGeometry, None, "the geometry has no points".into()))
            }
        }
        return out;
    }
    if let (count @ 1.., Some(at)) = repeated {
        let found = format!("{count} repeated {} along the boundary", plural(count, "point", "points"));
        out.issues.push(Issue {
            place: Some((at.x, at.y)),
            ..issue(row, IssueKind::RepeatedPoints, Severity::Note, found, "removed".into())
        });
    }
    let before_m2 = shape.unsigned_area();
    let first = shape.0[0].exterior().0[0];
    let (shape, wrong) = match make_valid(shape) {
        Ok(done) => done,
        Err(wrong) => {
            let (kind, place, found) = worded(&wrong).unwrap_or((IssueKind::SelfCrossing, first, ""));
            let done = "set aside: no repair makes it valid; redraw it".into();
            out.issues.push(Issue { done, ..aside(kind, Some(place), found.into()) });
            return out;
        }
    };
    let after_m2 = shape.unsigned_area();
    if after_m2 <= 0.0 {
        let found = "the polygon has no area".into();
        out.issues.push(Issue {
            area_changed_m2: -before_m2,
            ..aside(IssueKind::EmptyGeometry, Some(first), found)
        });
        return out;
    }
    if let Some((kind, place, found)) = worded(&wrong) {
        let changed_m2 = after_m2 - before_m2;
        let parts = shape.0.len();
        out.issues.push(Issue {
            place: Some((place.x, place.y)),
            area_changed_m2: if changed_m2.abs() < NO_CHANGE_M2 { 0.0 } else { changed_m2 },
            ..issue(
                row,
                kind,
                Severity::Warning,
                found.into(),
                format!("repaired: now {parts} valid {}", plural(parts, "part", "parts")),
            )
        });
    }
    if had_curves {
        let found = "the boundary has curves".into();
        let done = "replaced by chords".into();
        out.issues.push(issue(row, IssueKind::Curves, Severity::Warning, found, done));
    }
    out.shape = Some(shape);
    out
}

/// An issue of the feature at `row`, without place or area.
pub(super) fn issue(row: usize, kind: IssueKind, severity: Severity, found: String, done: String) -> Issue {
    Issue { parcel: None, row: Some(row), kind, severity, place: None, found, done, area_changed_m2: 0.0 }
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// The kind, place and words of the gravest defect.
fn worded(wrong: &Defects) -> Option<(IssueKind, Coord<f64>, &'static str)> {
    let crossing =
        |c| (IssueKind::SelfCrossing, c, "the boundary crosses, touches or doubles back on itself");
    let hole = |c| (IssueKind::BadHole, c, "a hole crosses or lies outside its shell, or meets another hole");
    let parts = |c| (IssueKind::SelfCrossing, c, "parts of the parcel overlap or share an edge");
    wrong.self_crossing.map(crossing).or(wrong.bad_hole.map(hole)).or(wrong.parts.map(parts))
}

/// The parts that have at least three distinct, finite points, with repeated points removed; how many points were
/// repeated and where the first is. Parts and holes left out are listed.
fn usable_parts(
    shape: MultiPolygon<f64>,
    row: usize,
    issues: &mut Vec<Issue>,
) -> (MultiPolygon<f64>, (usize, Option<Coord<f64>>)) {
    let parts = shape.0.len();
    let mut repeated = (0, None);
    let mut kept = Vec::with_capacity(parts);
    for (at, polygon) in shape.0.into_iter().enumerate() {
        let (exterior, interiors) = polygon.into_inner();
        // Names a ring in words, only when there is something to say of it.
        let shell =
            || if parts == 1 { "the shell".to_owned() } else { format!("part {} of {parts}", at + 1) };
        let ring_name = |number: usize| match number {
            0 => shell(),
            hole => format!("hole {hole} of {}", shell()),
        };
        let mut leave_out = |kind, at: Option<Coord<f64>>, what: String, found: &str| {
            issues.push(Issue {
                place: at.map(|c| (c.x, c.y)),
                ..issue(row, kind, Severity::Warning, format!("{what} {found}"), format!("{what} dropped"))
            });
        };
        let mut fit = Vec::with_capacity(1 + interiors.len());
        for (number, mut ring) in std::iter::once(exterior).chain(interiors).enumerate() {
            let finite = |c: &Coord<f64>| c.x.is_finite() && c.y.is_finite();
            if !ring.0.iter().all(finite) {
                // One broken number spoils a shell and its holes alike: the true outline is unknown.
                let at = ring.0.iter().copied().find(finite);
                leave_out(IssueKind::NotFinite, at, shell(), "has a coordinate that is not a finite number");
                fit.clear();
                break;
            }
            let (points, first) = (ring.0.len(), ring.0.first().copied());
            let repeat = first_repeated(&ring.0);
            if points < 4 || repeat.is_some() {
                remove_repeated(&mut ring);
                if ring.0.len() < 4 {
                    let (kind, found) = match first {
                        None => (IssueKind::EmptyGeometry, "has no points"),
                        Some(_) => (IssueKind::TooFewPoints, "has fewer than three distinct points"),
                    };
                    leave_out(kind, first, ring_name(number), found);
                    if number == 0 {
                        break;
                    }
                    continue;
                }
                repeated.0 += points - ring.0.len();
                repeated.1 = repeated.1.or(repeat);
            }
            fit.push(ring);
        }
        let mut rings = fit.into_iter();
        if let Some(exterior) = rings.next() {
            kept.push(Polygon::new(exterior, rings.collect()));
        }
    }
    (MultiPolygon::new(kept), repeated)
}

fn first_repeated(ring: &[Coord<f64>]) -> Option<Coord<f64>> {
    ring.windows(2).find(|ends| same_point(ends[0], ends[1])).map(|ends| ends[1])
}

/// The valid part of a shape that nothing is known of; none when there is none.
pub(crate) fn valid_part(shape: MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let (usable, _) = usable_parts(shape, 0, &mut Vec::new());
    let (valid, _) = make_valid(usable).ok()?;
    (!valid.0.is_empty()).then_some(valid)
}
