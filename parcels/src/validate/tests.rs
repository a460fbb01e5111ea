//! Every kind of defect, one small case each.

use geo::{Coord, LineString, Polygon, Validation};
use proptest::prelude::*;

mod nothing_lost;

use super::*;
use crate::boolean_ops;
use crate::long_outline::{Land, LongOutline};
use crate::message;
use crate::parcel::Crs;
use crate::table::{Column, Table, Value};

const RADIUS_M: f64 = 6_371_007.2;

/// The cylindrical equal-area projection of a sphere at the equator: areas there are the planar ones.
struct Sphere;

impl Geodesy for Sphere {
    fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
        for c in coords {
            *c = Coord { x: (c.x / RADIUS_M).to_degrees(), y: (c.y / RADIUS_M).asin().to_degrees() };
        }
    }
    fn ellipsoid(&self) -> (f64, f64) {
        (RADIUS_M, 0.0)
    }
}

type Ring<'a> = &'a [(f64, f64)];

fn ring(points: Ring<'_>) -> LineString<f64> {
    LineString::from(points.to_vec())
}

fn polygon(exterior: Ring<'_>, holes: &[Ring<'_>]) -> Polygon<f64> {
    Polygon::new(ring(exterior), holes.iter().map(|h| ring(h)).collect())
}

fn shape(parts: Vec<Polygon<f64>>) -> RawShape {
    RawShape::Polygons { shape: MultiPolygon::new(parts), had_z: false, had_m: false, had_curves: false }
}

fn one(exterior: Ring<'_>) -> RawShape {
    shape(vec![polygon(exterior, &[])])
}

fn rect(x: f64, y: f64, width: f64, height: f64) -> [(f64, f64); 4] {
    [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
}

fn raw(shapes: Vec<RawShape>, columns: Vec<(&str, Vec<Value>)>) -> RawLayer {
    let columns = columns.into_iter().map(|(name, values)| Column { name: name.into(), values }).collect();
    let table = Table::new(shapes.len(), columns);
    RawLayer { name: "parcels".into(), crs: Crs::default(), shapes, table }
}

/// Validates features of codes A, B, C, ….
fn lettered(shapes: Vec<RawShape>) -> (Layer, Vec<Issue>) {
    let letters = ('A'..).take(shapes.len()).map(|c| Value::Text(c.into())).collect();
    let columns = Columns { parcel_code: Some("code".into()), ..Columns::default() };
    validate(raw(shapes, vec![("code", letters)]), &columns, &[], &Checks::default(), &Sphere, &()).unwrap()
}

/// One line an issue: parcel, kind, severity, place, area changed.
fn lines(issues: &[Issue]) -> Vec<String> {
    let line = |i: &Issue| {
        let place = i.place.map_or_else(|| "-".into(), |(x, y)| format!("{x:.2},{y:.2}"));
        let parcel = i.parcel.as_deref().unwrap_or("file");
        format!("{parcel} {} {:?} {place} {:.2}", i.kind.name(), i.severity, i.area_changed_m2)
    };
    issues.iter().map(line).collect()
}

#[track_caller]
fn check(shapes: Vec<RawShape>, expected: &[&str], areas_m2: &[f64]) {
    let (layer, issues) = lettered(shapes);
    assert_eq!(lines(&issues), expected);
    let areas: Vec<f64> = layer.parcels().iter().map(|p| p.area.planar.0).collect();
    assert_eq!(areas.len(), areas_m2.len(), "{areas:?}");
    for ((parcel, area), wanted) in layer.parcels().iter().zip(&areas).zip(areas_m2) {
        assert!((area - wanted).abs() < 1e-3, "{areas:?}");
        let on_sphere = parcel.area.ellipsoidal.0;
        assert!((on_sphere - wanted).abs() < 1e-3, "{on_sphere} on the sphere, {wanted} in the plane");
    }
}

#[test]
fn a_plain_parcel_has_no_issue_whatever_its_direction() {
    let mut clockwise = rect(0.0, 0.0, 10.0, 10.0);
    clockwise.reverse();
    check(vec![one(&clockwise)], &[], &[100.0]);
    let (layer, _) = lettered(vec![one(&clockwise)]);
    assert_eq!(ring_area(layer.parcels()[0].shape.0[0].exterior()), 100.0);
}

#[test]
fn what_is_no_polygon_is_set_aside() {
    let nan = [(0.0, 0.0), (10.0, 0.0), (f64::NAN, 5.0)];
    check(
        vec![
            RawShape::Null,
            RawShape::Empty,
            RawShape::Other("Point".into()),
            one(&nan),
            one(&[(3.0, 4.0), (5.0, 4.0), (5.0, 4.0)]),
            one(&[(0.0, 0.0), (5.0, 5.0), (9.0, 9.0)]),
            shape(vec![]),
        ],
        &[
            "A null_geometry Error - 0.00",
            "B empty_geometry Error - 0.00",
            "C not_polygon Error - 0.00",
            "D not_finite Error 0.00,0.00 0.00",
            "E too_few_points Error 3.00,4.00 0.00",
            "F empty_geometry Error 0.00,0.00 -0.00",
            "G empty_geometry Error - 0.00",
        ],
        &[],
    );
}

#[test]
fn a_bad_part_or_hole_goes_alone() {
    let good = polygon(&rect(0.0, 0.0, 10.0, 10.0), &[&[(2.0, 2.0), (3.0, 3.0), (2.0, 2.0)]]);
    let bad = polygon(&[(20.0, 0.0), (30.0, f64::INFINITY), (20.0, 10.0)], &[]);
    let (_, issues) = lettered(vec![shape(vec![good.clone(), bad.clone()])]);
    let part = message!("ring-part", part = 1_usize, parts = 2_usize);
    let hole = message!("ring-hole", hole = 1_usize, shell = part);
    assert_eq!(issues[1].done, message!("ring-dropped", ring = hole));
    check(
        vec![shape(vec![good, bad])],
        &["A not_finite Warning 20.00,0.00 0.00", "A too_few_points Warning 2.00,2.00 0.00"],
        &[100.0],
    );
}

#[test]
fn crossings_are_repaired_where_they_are() {
    check(
        vec![
            // A bow-tie of two equal halves: its shoelace area is nothing.
            one(&[(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)]),
            // A spike out and back.
            one(&[
                (20.0, 0.0),
                (30.0, 0.0),
                (30.0, 10.0),
                (25.0, 10.0),
                (25.0, 15.0),
                (25.0, 10.0),
                (20.0, 10.0),
            ]),
            // A ring that touches itself at a corner.
            one(&[(40.0, 0.0), (50.0, 0.0), (45.0, 5.0), (50.0, 10.0), (40.0, 10.0), (45.0, 5.0)]),
        ],
        &[
            "A self_crossing Warning 5.00,5.00 50.00",
            "A multipart Note - 0.00",
            "B self_crossing Warning 25.00,10.00 0.00",
            "C self_crossing Warning 45.00,5.00 0.00",
            "C multipart Note - 0.00",
        ],
        &[50.0, 100.0, 50.0],
    );
}

#[test]
fn a_corner_on_an_edge_loses_nothing() {
    // geo 0.33.1's MakeValid returns 1.571 m² of these three regions of 1.071, 0.571 and 0.5 m².
    let ring = [(7.0, 1.0), (1.0, 5.0), (0.0, 6.0), (4.0, 3.0), (2.0, 3.0), (7.0, 2.0)];
    let expected_m2 = 15.0 / 14.0 + 4.0 / 7.0 + 0.5;
    let (layer, _) = lettered(vec![one(&ring)]);
    assert!((layer.parcels()[0].area.planar.0 - expected_m2).abs() < 1e-6);
}

#[test]
fn holes_subtract_only_what_lies_within() {
    let shell = rect(0.0, 0.0, 10.0, 10.0);
    let half_out = rect(8.0, 2.0, 4.0, 2.0);
    let outside = rect(20.0, 0.0, 2.0, 2.0);
    check(vec![shape(vec![polygon(&shell, &[&half_out])])], &["A bad_hole Warning 10.00,4.00 4.00"], &[96.0]);
    check(vec![shape(vec![polygon(&shell, &[&outside])])], &["A bad_hole Warning 20.00,0.00 4.00"], &[100.0]);
    // Overlapping holes are one hole; a hole in a hole is none.
    check(
        vec![
            shape(vec![polygon(&shell, &[&rect(2.0, 2.0, 4.0, 4.0), &rect(4.0, 4.0, 4.0, 4.0)])]),
            shape(vec![polygon(
                &rect(20.0, 0.0, 10.0, 10.0),
                &[&rect(22.0, 2.0, 6.0, 6.0), &rect(24.0, 4.0, 2.0, 2.0)],
            )]),
        ],
        &[
            "A bad_hole Warning 4.00,6.00 4.00",
            "A holes Note - 0.00",
            "B bad_hole Warning 24.00,4.00 4.00",
            "B holes Note - 0.00",
        ],
        &[72.0, 64.0],
    );
}

#[test]
fn holes_and_parts_may_touch_at_a_point() {
    let touching = polygon(&rect(0.0, 0.0, 10.0, 10.0), &[&[(0.0, 5.0), (3.0, 3.0), (3.0, 7.0)]]);
    let corner = polygon(&rect(10.0, 10.0, 5.0, 5.0), &[]);
    check(vec![shape(vec![touching, corner])], &["A multipart Note - 0.00", "A holes Note - 0.00"], &[119.0]);
}

#[test]
fn parts_that_overlap_or_share_an_edge_become_one() {
    check(
        vec![
            shape(vec![polygon(&rect(0.0, 0.0, 10.0, 10.0), &[]), polygon(&rect(5.0, 0.0, 10.0, 10.0), &[])]),
            shape(vec![
                polygon(&rect(20.0, 0.0, 10.0, 10.0), &[]),
                polygon(&rect(30.0, 0.0, 10.0, 10.0), &[]),
            ]),
            shape(vec![polygon(&rect(50.0, 0.0, 10.0, 10.0), &[]), polygon(&rect(52.0, 2.0, 2.0, 2.0), &[])]),
        ],
        &[
            "A self_crossing Warning 5.00,0.00 -50.00",
            "B self_crossing Warning 30.00,0.00 0.00",
            "C self_crossing Warning 52.00,2.00 -4.00",
        ],
        &[150.0, 200.0, 100.0],
    );
}

#[test]
fn repeated_points_are_counted() {
    let twice = [(0.0, 0.0), (10.0, 0.0), (10.0, 1e-7), (10.0, 10.0), (10.0, 10.0), (0.0, 10.0)];
    check(vec![one(&twice)], &["A repeated_points Note 10.00,0.00 0.00"], &[100.0]);
    let (layer, issues) = lettered(vec![one(&twice)]);
    assert_eq!(issues[0].found, message!("repeated-points", count = 2_usize));
    assert_eq!(layer.parcels()[0].shape.0[0].exterior().0.len(), 5);
}

#[test]
fn heights_are_one_note_and_curves_one_each() {
    let with = |x, had_z, had_curves| RawShape::Polygons {
        shape: MultiPolygon::new(vec![polygon(&rect(x, 0.0, 10.0, 10.0), &[])]),
        had_z,
        had_m: false,
        had_curves,
    };
    let (_, issues) =
        lettered(vec![with(0.0, true, true), with(20.0, true, false), with(40.0, false, false)]);
    assert_eq!(lines(&issues), ["file z_or_m Note - 0.00", "A curves Warning - 0.00"]);
    assert_eq!(issues[0].found, message!("heights-or-measures", count = 2_usize, features = 3_usize));
}

#[test]
fn slivers_are_kept_and_shown() {
    // 4π · 100 / 202² = 0.0308
    check(vec![one(&rect(0.0, 0.0, 100.0, 1.0))], &["A sliver Warning 0.00,0.00 0.00"], &[100.0]);
}

#[test]
fn the_same_polygon_twice_counts_once() {
    let square = rect(0.0, 0.0, 10.0, 10.0);
    let mut turned = square;
    turned.rotate_left(2);
    turned.reverse();
    let (layer, issues) = lettered(vec![one(&square), one(&turned), one(&rect(10.0, 0.0, 10.0, 10.0))]);
    assert_eq!(lines(&issues), ["B duplicate Warning 10.00,0.00 -100.00"]);
    assert_eq!(issues[0].found, message!("same-polygon", parcel = "A"));
    assert_eq!(layer.parcels().iter().map(|p| p.source_row).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(layer.table().column("code").unwrap().values[1], Value::Text("C".into()));
}

#[test]
fn survey_noise_is_left_to_the_earlier_parcel() {
    let (layer, issues) =
        lettered(vec![one(&rect(0.0, 0.0, 100.0, 50.0)), one(&rect(99.8, 0.0, 100.2, 50.0))]);
    assert_eq!(lines(&issues), ["B overlap Warning 99.90,25.00 -10.00"]);
    assert_eq!(
        issues[0].found.to_string(),
        r#"parcels-overlap (area: 10.00, earlier: "A", later: "B", width: 0.20)"#
    );
    let b = &layer.parcels()[1].shape;
    let west = b.0[0].exterior().0.iter().map(|c| c.x).fold(f64::INFINITY, f64::min);
    assert_eq!(west, 100.0, "the new corner is the neighbour's, to the last digit");
    assert!((layer.parcels()[1].area.planar.0 - 5000.0).abs() < 1e-6);
}

#[test]
fn real_overlaps_are_listed_and_left() {
    let (a, b) = (rect(0.0, 0.0, 100.0, 50.0), rect(90.0, 0.0, 100.0, 50.0));
    check(vec![one(&a), one(&b)], &["B overlap Error 95.00,25.00 0.00"], &[5000.0, 5000.0]);
    // One within the other, with and without edges in common.
    check(
        vec![one(&a), one(&rect(0.0, 0.0, 20.0, 50.0))],
        &["B overlap Error 10.00,25.00 0.00"],
        &[5000.0, 1000.0],
    );
    check(
        vec![one(&rect(10.0, 10.0, 20.0, 20.0)), one(&a)],
        &["B overlap Error 20.00,20.00 0.00"],
        &[400.0, 5000.0],
    );
    // A corner cut off by an edge between two corners.
    check(
        vec![one(&a), one(&[(0.0, 0.0), (100.0, 0.0), (100.0, 50.0)])],
        &["B overlap Error 75.00,25.00 0.00"],
        &[5000.0, 2500.0],
    );
    // An island that fills its neighbour's hole overlaps nothing.
    let island = rect(10.0, 10.0, 20.0, 20.0);
    check(
        vec![shape(vec![polygon(&a, &[&island])]), one(&island)],
        &["A holes Note - 0.00"],
        &[4600.0, 400.0],
    );
}

#[test]
fn parcels_above_and_below_ground_cover_each_other_by_right() {
    let codes = ["310118001001GB00001", "310118001001GX00001", "310118001001GS00001", "310118001001GX00002"];
    let square = rect(0.0, 0.0, 10.0, 10.0);
    let values = codes.iter().map(|c| Value::Text((*c).into())).collect();
    let columns = Columns { parcel_code: Some("ZDDM".into()), ..Columns::default() };
    let layer = raw(vec![one(&square), one(&square), one(&square), one(&square)], vec![("ZDDM", values)]);
    let (layer, issues) = validate(layer, &columns, &[], &Checks::default(), &Sphere, &()).unwrap();
    assert_eq!(layer.len(), 3);
    assert_eq!(lines(&issues), ["310118001001GX00002 duplicate Warning 0.00,0.00 -100.00"]);
}

#[test]
fn attributes_are_read_or_listed() {
    let text = |t: &str| Value::Text(t.into());
    let shapes = (0..5).map(|i| one(&rect(20.0 * f64::from(i), 0.0, 10.0, 10.0))).collect();
    let layer = raw(
        shapes,
        vec![
            ("code", vec![text("K"), text("K"), Value::Missing, text("L"), text("M")]),
            ("zone", vec![text("是"), text("maybe"), Value::Missing, Value::Number(0.0), Value::Number(1.0)]),
            ("mu", vec![text("0.15"), text("0.2"), text("much"), Value::Missing, Value::Number(-1.0)]),
            ("kind", vec![text("06"), text("06"), text("06"), text("06"), text("1003")]),
        ],
    );
    let columns = Columns {
        parcel_code: Some("code".into()),
        in_zone: Some("zone".into()),
        in_zone_yes: Vec::new(),
        sub_park: Some("kind".into()),
        registered_area: Some("mu".into()),
        registered_area_unit: AreaUnit::Mu,
        land_use: None,
    };
    let roads: Filter = toml::from_str("column = 'kind'\nis = ['1003']").unwrap();
    let (layer, issues) = validate(layer, &columns, &[roads], &Checks::default(), &Sphere, &()).unwrap();
    assert_eq!(
        lines(&issues),
        [
            "file unclear_zone Error - 0.00",
            "K#2 duplicate_code Warning - 0.00",
            "K#2 area_mismatch Warning - 0.00",
            "K#2 unclear_zone Warning - 0.00",
            "row-3 missing_code Warning - 0.00",
            "row-3 unclear_zone Warning - 0.00",
            "row-3 not_number Warning - 0.00",
            "M not_parcel Note - 0.00",
        ]
    );
    // 0.2 mu are 133.33 m² on a parcel of 100.
    assert_eq!(
        issues[2].found.to_string(),
        "area-mismatch (apart: 33.3, measured: 100.00, registered: 133.33)"
    );
    let parcels = layer.parcels();
    assert_eq!(parcels.iter().map(|p| p.in_zone).collect::<Vec<_>>(), [true, false, false, false]);
    assert_eq!(parcels[0].area.registered, Some(AreaUnit::Mu.to_m2(0.15)));
    assert_eq!(parcels[1].code.as_deref(), Some("K"));
    assert_eq!(parcels[2].area.registered, None);
    assert_eq!(parcels[0].sub_park.as_deref(), Some("06"));
}

#[test]
fn what_is_no_yes_is_asked_for_and_answered() {
    let shapes = || (0..4).map(|i| one(&rect(20.0 * f64::from(i), 0.0, 10.0, 10.0))).collect::<Vec<_>>();
    let zone = || vec![Value::Number(2.0), Value::Text("张江".into()), Value::Missing, Value::Number(1.0)];
    let columns = |yes: &str| Columns {
        in_zone: Some("zone".into()),
        in_zone_yes: toml::from_str::<toml::Table>(&format!("yes = {yes}")).unwrap()["yes"]
            .clone()
            .try_into()
            .unwrap(),
        ..Columns::default()
    };
    let check = |columns: &Columns| {
        let (layer, issues) =
            validate(raw(shapes(), vec![("zone", zone())]), columns, &[], &Checks::default(), &Sphere, &())
                .unwrap();
        let inside: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
        (inside, issues.into_iter().filter(|i| i.kind == IssueKind::UnclearZone).collect::<Vec<_>>())
    };
    let (inside, issues) = check(&columns("[]"));
    assert_eq!(inside, [false, false, false, true]);
    assert_eq!(issues.len(), 4);
    let asked = issues.iter().find(|i| i.row.is_none()).unwrap();
    assert_eq!(asked.severity, Severity::Error);
    let count = |text: &str| message!("zone-flag-count", text = text, count = 1_usize);
    assert_eq!(asked.found.params["values"], message::list([count("2"), count("张江")]));
    assert_eq!(asked.done, message!("counted-outside-say-yes", value = "2"));
    let (inside, issues) = check(&columns("[2, '张江']"));
    assert_eq!((inside, issues.len()), (vec![true, true, false, false], 0));
}

#[test]
fn codes_that_lost_digits_are_taken_out_and_listed() {
    let text = |t: &str| Value::Text(t.into());
    let mut table = raw(
        vec![RawShape::Null; 3],
        vec![("code", vec![Value::Number(3.101_18e17), text("3.10118E+17"), text("A-1")])],
    )
    .table;
    let columns = Columns { parcel_code: Some("code".into()), ..Columns::default() };
    let issues = super::without_lost_codes(&mut table, &columns);
    assert_eq!(table.columns()[0].values, [Value::Missing, Value::Missing, text("A-1")]);
    assert_eq!((issues.len(), issues[0].severity), (1, Severity::Error));
    assert_eq!(issues[0].found.code, "codes-lost-digits");
    assert_eq!(issues[0].found.params["count"], message::Param::Count(2));
}

#[test]
fn a_column_that_is_not_there_is_an_error_with_the_nearest_name() {
    let layer = raw(vec![RawShape::Null], vec![("ZDDM", vec![Value::Missing])]);
    let columns = Columns { parcel_code: Some("ZDMD".into()), ..Columns::default() };
    let error = validate(layer, &columns, &[], &Checks::default(), &Sphere, &()).unwrap_err();
    let wanted = r#"no-such-column (column: "ZDMD", columns: ["ZDDM"], hint: did-you-mean (name: "ZDDM"))"#;
    assert!(error.to_string().contains(wanted), "{error}");
}

#[test]
fn a_request_to_stop_is_heard() {
    struct Stop;
    impl Monitor for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let layer = raw(vec![one(&rect(0.0, 0.0, 1.0, 1.0))], vec![]);
    let stopped = validate(layer, &Columns::default(), &[], &Checks::default(), &Sphere, &Stop);
    assert_eq!(stopped.unwrap_err(), ValidateError::Cancelled(Cancelled));
}

#[test]
fn parcels_beyond_the_crs_are_measured_in_the_plane() {
    struct Nowhere;
    impl Geodesy for Nowhere {
        fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
            coords.fill(Coord { x: f64::NAN, y: f64::NAN });
        }
    }
    let layer = raw(vec![one(&rect(0.0, 0.0, 10.0, 10.0))], vec![]);
    let (layer, issues) =
        validate(layer, &Columns::default(), &[], &Checks::default(), &Nowhere, &()).unwrap();
    assert_eq!(lines(&issues), ["file missing_code Note - 0.00", "file assumed_crs Warning 0.00,0.00 0.00"]);
    assert_eq!(layer.parcels()[0].area.ellipsoidal.0, 100.0);
}

/// Cells of 50 m whose corners and edge middles are moved by a rule that looks random, all edges shared.
fn patchwork(side: usize) -> Vec<RawShape> {
    let at = |x: usize, y: usize| {
        let shake = |seed: usize| (seed.wrapping_mul(2_654_435_761) % 1009) as f64 / 1009.0 * 15.0;
        (x as f64 * 25.0 + shake(x * 7919 + y), 3_400_000.0 + y as f64 * 25.0 + shake(y * 104_729 + x * 31))
    };
    let cell = |i: usize| {
        let (x, y) = (2 * (i % side), 2 * (i / side));
        let around = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)];
        let points: Vec<_> = around.iter().map(|(dx, dy)| at(x + dx, y + dy)).collect();
        one(&points)
    };
    (0..side * side).map(cell).collect()
}

#[test]
fn twenty_thousand_neighbours_do_not_overlap() {
    let shapes = patchwork(142);
    let layer = raw(shapes, vec![]);
    let (layer, issues) =
        validate(layer, &Columns::default(), &[], &Checks::default(), &Sphere, &()).unwrap();
    assert_eq!(layer.len(), 142 * 142);
    assert_eq!(lines(&issues), ["file missing_code Note - 0.00"]);
}

/// Rings on a small grid, where corners fall onto edges and edges onto each other all the time.
fn grid_ring() -> impl Strategy<Value = LineString<f64>> {
    prop::collection::vec((0..9_u8, 0..9_u8), 3..9)
        .prop_map(|points| points.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect())
}

fn grid_shape() -> impl Strategy<Value = MultiPolygon<f64>> {
    let part = (grid_ring(), prop::collection::vec(grid_ring(), 0..2)).prop_map(|(e, h)| Polygon::new(e, h));
    prop::collection::vec(part, 1..3).prop_map(MultiPolygon::new)
}

/// The same far from the origin and off the grid of floating point: corners fall beside edges by some 1e-9 m.
fn far(mut shape: MultiPolygon<f64>) -> MultiPolygon<f64> {
    use geo::MapCoordsInPlace;
    shape.map_coords_in_place(|c| Coord {
        x: 40_512_345.678 + c.x * 3.37 + c.y * 0.71,
        y: 3_451_234.567 + c.y * 3.37 - c.x * 0.71,
    });
    shape
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn repaired_shapes_are_valid_and_stay_as_they_are(shape in grid_shape()) {
        for shape in [shape.clone(), far(shape)] {
            if let Some(once) = valid_part(shape) {
                prop_assert!(once.is_valid(), "{:?}", once.validation_errors());
                prop_assert!(once.unsigned_area() > 0.0);
                prop_assert_eq!(valid_part(once.clone()), Some(once));
            }
        }
    }

    #[test]
    fn repair_gives_the_same_far_from_the_origin(shape in grid_shape()) {
        let area_m2 = |s| valid_part(s).map_or(0.0, |s| s.unsigned_area());
        let scale = 3.37 * 3.37 + 0.71 * 0.71;
        let (near_m2, far_m2) = (area_m2(shape.clone()) * scale, area_m2(far(shape)));
        // Parts below the minimum, which does not scale, may go in one and stay in the other.
        prop_assert!((near_m2 - far_m2).abs() < 0.5, "{near_m2} {far_m2}");
    }

    #[test]
    fn the_cheap_test_never_denies_an_overlap(
        one in grid_shape(),
        two in grid_shape(),
        is_far: bool,
        long: (bool, bool),
    ) {
        let place = |s| if is_far { far(s) } else { s };
        if let (Some(one), Some(two)) = (valid_part(place(one)), valid_part(place(two))) {
            let outlines = (LongOutline::new(&one.0), LongOutline::new(&two.0));
            let a = Land::new(&one, Some(&outlines.0).filter(|_| long.0)).unwrap();
            let b = Land::new(&two, Some(&outlines.1).filter(|_| long.1)).unwrap();
            let scratch = &mut overlap_prefilter::Scratch::default();
            let common_m2 = boolean_ops::intersection(&one, &two).unsigned_area();
            if !overlap_prefilter::may_overlap(a, b, scratch) {
                prop_assert!(common_m2 < 0.02);
            }
            // However they are cut to where they meet, what is common to both is the same.
            prop_assert!((coverage::common_land(a, b).unsigned_area() - common_m2).abs() < 1e-4);
        }
    }

    #[test]
    fn a_ring_encloses_after_repair_what_it_enclosed_an_odd_number_of_times(ring in grid_ring()) {
        // Large enough that no part is below the minimum.
        let ring: LineString<f64> = ring.0.iter().map(|c| *c * 100.0).collect();
        let repaired = valid_part(Polygon::new(ring.clone(), vec![]).into());
        let points = (0..8).flat_map(|x| (0..8).map(move |y| (100 * x, 100 * y)));
        for (x, y) in points.map(|(x, y)| (f64::from(x) + 37.7, f64::from(y) + 41.9)) {
            let crossed = ring.0.iter().zip(ring.0.iter().cycle().skip(1)).filter(|(a, b)| {
                (a.y > y) != (b.y > y) && x < a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x)
            });
            let inside = repaired.iter().flatten().any(|p| ring_validity::inside(Coord { x, y }, p));
            prop_assert_eq!(inside, crossed.count() % 2 == 1, "at {}, {}", x, y);
        }
    }
}
