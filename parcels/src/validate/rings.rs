//! One feature: is it a polygon, and if it is no valid one, what became of it.

use geo::{Area, Coord, MultiPolygon, Polygon};

use super::make_valid::{make_valid, remove_repeated, same_point};
use super::ring_validity::Defects;
use super::{Issue, IssueKind, Severity};
use crate::message;
use crate::message::Message;
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
    let aside = |kind, place: Option<Coord<f64>>, found: Message| Issue {
        place: place.map(|c| (c.x, c.y)),
        ..issue(row, kind, Severity::Error, found, message!("set-aside"))
    };
    let (shape, had_curves) = match raw {
        RawShape::Null => {
            let found = message!("feature-without-geometry");
            out.issues.push(aside(IssueKind::NullGeometry, None, found));
            return out;
        }
        RawShape::Empty => {
            let found = message!("geometry-without-points");
            out.issues.push(aside(IssueKind::EmptyGeometry, None, found));
            return out;
        }
        RawShape::Other(kind) => {
            let found = message!("geometry-no-polygon", kind = kind);
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
                last.done = message!("set-aside-nothing-left");
            }
            None => {
                out.issues.push(aside(IssueKind::EmptyGeometry, None, message!("geometry-without-points")))
            }
        }
        return out;
    }
    if let (count @ 1.., Some(at)) = repeated {
        let found = message!("repeated-points", count = count);
        out.issues.push(Issue {
            place: Some((at.x, at.y)),
            ..issue(row, IssueKind::RepeatedPoints, Severity::Note, found, message!("removed"))
        });
    }
    let before_m2 = shape.unsigned_area();
    let first = shape.0[0].exterior().0[0];
    let (shape, wrong) = match make_valid(shape) {
        Ok(done) => done,
        Err(wrong) => {
            let unnamed = || (IssueKind::SelfCrossing, first, message!("boundary-invalid"));
            let (kind, place, found) = gravest(&wrong).unwrap_or_else(unnamed);
            let done = message!("set-aside-no-repair");
            out.issues.push(Issue { done, ..aside(kind, Some(place), found) });
            return out;
        }
    };
    let after_m2 = shape.unsigned_area();
    if after_m2 <= 0.0 {
        let found = message!("polygon-without-area");
        out.issues.push(Issue {
            area_changed_m2: -before_m2,
            ..aside(IssueKind::EmptyGeometry, Some(first), found)
        });
        return out;
    }
    if let Some((kind, place, found)) = gravest(&wrong) {
        let changed_m2 = after_m2 - before_m2;
        let parts = shape.0.len();
        out.issues.push(Issue {
            place: Some((place.x, place.y)),
            area_changed_m2: if changed_m2.abs() < NO_CHANGE_M2 { 0.0 } else { changed_m2 },
            ..issue(row, kind, Severity::Warning, found, message!("repaired-now-parts", parts = parts))
        });
    }
    if had_curves {
        let found = message!("boundary-has-curves");
        let done = message!("replaced-by-chords");
        out.issues.push(issue(row, IssueKind::Curves, Severity::Warning, found, done));
    }
    out.shape = Some(shape);
    out
}

/// An issue of the feature at `row`, without place or area.
pub(super) fn issue(row: usize, kind: IssueKind, severity: Severity, found: Message, done: Message) -> Issue {
    Issue { parcel: None, row: Some(row), kind, severity, place: None, found, done, area_changed_m2: 0.0 }
}

/// The gravest defect: its kind, its place, what it is.
fn gravest(wrong: &Defects) -> Option<(IssueKind, Coord<f64>, Message)> {
    let crossing = |c| (IssueKind::SelfCrossing, c, message!("boundary-crosses-itself"));
    let hole = |c| (IssueKind::BadHole, c, message!("hole-misplaced"));
    let parts = |c| (IssueKind::SelfCrossing, c, message!("parts-overlap"));
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
        // Names a ring, only when there is something to say of it.
        let shell = || match parts {
            1 => message!("ring-shell"),
            _ => message!("ring-part", part = at + 1, parts = parts),
        };
        let ring_name = |number: usize| match number {
            0 => shell(),
            hole => message!("ring-hole", hole = hole, shell = shell()),
        };
        let mut leave_out = |kind, at: Option<Coord<f64>>, ring: Message, found: Message| {
            issues.push(Issue {
                place: at.map(|c| (c.x, c.y)),
                ..issue(row, kind, Severity::Warning, found, message!("ring-dropped", ring = ring))
            });
        };
        let mut fit = Vec::with_capacity(1 + interiors.len());
        for (number, mut ring) in std::iter::once(exterior).chain(interiors).enumerate() {
            let finite = |c: &Coord<f64>| c.x.is_finite() && c.y.is_finite();
            if !ring.0.iter().all(finite) {
                // One broken number spoils a shell and its holes alike: the true outline is unknown.
                let at = ring.0.iter().copied().find(finite);
                leave_out(IssueKind::NotFinite, at, shell(), message!("ring-not-finite", ring = shell()));
                fit.clear();
                break;
            }
            let (points, first) = (ring.0.len(), ring.0.first().copied());
            let repeat = first_repeated(&ring.0);
            if points < 4 || repeat.is_some() {
                remove_repeated(&mut ring);
                if ring.0.len() < 4 {
                    let ring = ring_name(number);
                    let (kind, found) = match first {
                        None => {
                            (IssueKind::EmptyGeometry, message!("ring-without-points", ring = ring.clone()))
                        }
                        Some(_) => {
                            (IssueKind::TooFewPoints, message!("ring-too-few-points", ring = ring.clone()))
                        }
                    };
                    leave_out(kind, first, ring, found);
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
