//! The definition of facing, taken literally at dense points of every boundary, against the exact measurement.

use geo::{Contains, Coord, Intersects, Line, MultiPolygon, Point};
use proptest::prelude::*;

use super::fixture::{barrier, layer, mapped, polygon};
use super::{COINCIDENT_M, adjacency_by_gap};
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::long_outline::edges;
use crate::parcel::Barrier;

/// Distance between the points looked at, m.
const STEP_M: f64 = 0.05;

/// Sampled facing lengths (mean of both sides) and exposed lengths, m.
struct Sampled {
    facing_m: Vec<Vec<f64>>,
    exposed_m: Vec<f64>,
}

fn nearest_on(p: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> Coord<f64> {
    let (d, to_p) = (b - a, p - a);
    a + d * ((to_p.x * d.x + to_p.y * d.y) / (d.x * d.x + d.y * d.y)).clamp(0.0, 1.0)
}

fn distance(p: Coord<f64>, q: Coord<f64>) -> f64 {
    (p - q).x.hypot((p - q).y)
}

fn faces(
    shapes: &[MultiPolygon<f64>],
    barriers: &[Barrier],
    gap_m: f64,
    (p, along): (Coord<f64>, Coord<f64>),
    j: usize,
) -> bool {
    let segments = || barriers.iter().flat_map(|b| b.line.lines().map(move |line| (b.half_width_m, line)));
    let q = if shapes[j].contains(&Point(p)) {
        p
    } else {
        edges(&shapes[j].0)
            .map(|(a, b)| nearest_on(p, a, b))
            .min_by(|a, b| distance(p, *a).total_cmp(&distance(p, *b)))
            .unwrap()
    };
    let apart = distance(p, q);
    if apart <= COINCIDENT_M {
        return !segments().any(|(half_width_m, line)| {
            let d = line.delta();
            let parallel = (d.x * along.x + d.y * along.y).abs() + 1e-6 >= 0.5f64.sqrt() * d.x.hypot(d.y);
            parallel && distance(p, nearest_on(p, line.start, line.end)) <= half_width_m.max(COINCIDENT_M)
        });
    }
    let outwards = (q - p).x * along.y - (q - p).y * along.x;
    // Limits are included, however they are rounded: a grid's parcels meet them exactly.
    if apart > gap_m + 1e-6 || outwards + 1e-6 < 0.5f64.sqrt() * apart {
        return false;
    }
    let touch = (COINCIDENT_M / outwards).min(0.5);
    let sight = Line::new(p + (q - p) * touch, q - (q - p) * touch);
    let blocked = touch < 0.5 && (0..shapes.len()).any(|k| k != j && shapes[k].intersects(&sight));
    let touches = |line: Line, end| distance(end, nearest_on(end, line.start, line.end)) <= COINCIDENT_M;
    !blocked
        && !segments()
            .any(|(_, line)| line.intersects(&Line::new(p, q)) || touches(line, p) || touches(line, q))
}

fn sample(shapes: &[MultiPolygon<f64>], barriers: &[Barrier], gap_m: f64) -> Sampled {
    let count = shapes.len();
    let mut sampled = Sampled { facing_m: vec![vec![0.0; count]; count], exposed_m: vec![0.0; count] };
    for i in 0..count {
        for (a, b) in edges(&shapes[i].0) {
            let points = (distance(a, b) / STEP_M).ceil();
            let step = distance(a, b) / points;
            for at in 0..points as u32 {
                let p = a + (b - a) * ((f64::from(at) + 0.5) / points);
                let mut alone = true;
                for j in (0..count).filter(|j| *j != i) {
                    if faces(shapes, barriers, gap_m, (p, (b - a) / distance(a, b)), j) {
                        sampled.facing_m[i][j] += 0.5 * step;
                        sampled.facing_m[j][i] += 0.5 * step;
                        alone = false;
                    }
                }
                if alone {
                    sampled.exposed_m[i] += step;
                }
            }
        }
    }
    sampled
}

/// Measures and samples the same parcels and tells where they differ.
fn compare(shapes: &[MultiPolygon<f64>], barriers: &[Barrier], gaps_m: &[f64]) -> Result<(), String> {
    let layer = layer(shapes);
    let shapes: Vec<_> = layer.parcels().iter().map(|p| p.shape.clone()).collect();
    let index = SpatialIndex::new(&layer);
    let measured =
        adjacency_by_gap(&layer, &index, barriers, gaps_m, &vec![true; shapes.len()], &()).unwrap();
    for (gap_m, measured) in gaps_m.iter().zip(&measured) {
        let sampled = sample(&shapes, barriers, *gap_m);
        let agree = |a: f64, b: f64| (a - b).abs() <= 0.3 + 0.01 * a.max(b);
        for i in 0..shapes.len() {
            let row: Vec<_> = measured.of(ParcelIdx::from_at(i)).collect();
            for j in 0..shapes.len() {
                let w = row.iter().find(|(other, _)| other.at() == j).map_or(0.0, |(_, w)| *w);
                if !agree(w, sampled.facing_m[i][j]) {
                    let expected = sampled.facing_m[i][j];
                    return Err(format!("w of {i} and {j} at {gap_m} m: {w}, sampled {expected}"));
                }
            }
            let (e, expected) = (measured.exposed_m()[i], sampled.exposed_m[i]);
            if !agree(e, expected) {
                return Err(format!("e of {i} at {gap_m} m: {e}, sampled {expected}"));
            }
        }
    }
    Ok(())
}

/// How far a corner stays inside its cell of the grid, m: on it, a little beyond it, or well inside.
fn inset() -> impl Strategy<Value = f64> {
    prop_oneof![2 => Just(0.0), 1 => -0.3..0.3, 1 => Just(5.0), 2 => 0.0..9.0]
}

/// Three by three parcels of about 30 m: quadrangles, triangles, and U-shapes, touching, apart or overlapping a little.
fn parcels() -> impl Strategy<Value = Vec<MultiPolygon<f64>>> {
    let cell = (prop::array::uniform8(inset()), 0..8, prop::bool::weighted(0.85));
    (prop::collection::vec(cell, 9), prop_oneof![Just(0.0), 0.0..1.6]).prop_map(|(cells, turn)| {
        let (sin, cos) = f64::sin_cos(turn);
        cells
            .iter()
            .enumerate()
            .filter(|(_, (_, _, present))| *present)
            .map(|(at, (d, kind, _))| {
                let (x, y) = (f64::from(at as u32 % 3) * 30.0, f64::from(at as u32 / 3) * 30.0);
                let mut points = vec![
                    (x + d[0], y + d[1]),
                    (x + 30.0 - d[2], y + d[3]),
                    (x + 30.0 - d[4], y + 30.0 - d[5]),
                    (x + d[6], y + 30.0 - d[7]),
                ];
                match kind {
                    0 => {
                        points.remove(0);
                    }
                    1 => {
                        let notch = [(x + 18.0, y + 20.0), (x + 17.0, y + 11.0), (x + 13.0, y + 19.0)];
                        points.splice(3..3, notch);
                    }
                    _ => {}
                }
                mapped(&polygon(&points), |c| Coord { x: c.x * cos - c.y * sin, y: c.x * sin + c.y * cos })
            })
            .collect()
    })
}

fn barriers() -> impl Strategy<Value = Vec<Barrier>> {
    let place = || prop_oneof![Just(30.0), Just(62.0), -5.0..95.0];
    let line = (place(), place(), place(), place(), prop_oneof![Just(0.0), 0.5..8.0]);
    prop::collection::vec(line, 0..3).prop_map(|lines| {
        lines
            .iter()
            .filter(|(a, b, c, d, _)| (a, b) != (c, d))
            .map(|(a, b, c, d, r)| barrier(&[(*a, *b), (*c, *d)], *r))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn measured_as_defined(shapes in parcels(), barriers in barriers()) {
        let result = compare(&shapes, &barriers, &[12.0, 0.0, 30.0]);
        prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    }
}
